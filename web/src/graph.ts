// Entry of the graph page. The fragment of its address states what it shows.
import "./theme.css";
import "./graph.css";
import { ApiClient } from "./api/client";
import { pageElement } from "./dom";
import { GraphPage } from "./graph-page";
import { ThemeController } from "./theme";

const theme = new ThemeController();
const api = new ApiClient(new URL("graphql", document.baseURI));
const graphPage = new GraphPage(pageElement("page"), api, theme);
addEventListener("hashchange", () => graphPage.open());
graphPage.open();
