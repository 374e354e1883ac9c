// Entry of the start page.
import "./theme.css";
import "./index.css";
import { ApiClient } from "./api/client";
import { pageElement } from "./dom";
import { StartPage } from "./start-page/start-page";
import { ThemeController } from "./theme";

const theme = new ThemeController();
const api = new ApiClient(new URL("graphql", document.baseURI));
const startPage = new StartPage(pageElement("page"), api, theme);
void startPage.load();
