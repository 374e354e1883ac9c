// The picture on a page of its own; its address says what it shows.
import "./theme.css";
import "./graph.css";
import { h } from "./dom";
import { Panel, readHash, writeHash } from "./picture/panel";
import { themeSwitch } from "./theme";

const page = document.getElementById("page")!;
let panel: Panel | undefined;

function open(): void {
  panel?.destroy();
  const place = h("div", {});
  page.replaceChildren(
    h(
      "header",
      {},
      h("h1", {}, "Picture"),
      h("a", { href: "./" }, "Framework Atlas"),
      h("a", { href: "graphql" }, "Explorer"),
      h("a", { href: "graph" }, "The whole graph"),
      themeSwitch(),
    ),
    place,
  );
  panel = new Panel(place, {
    onView: (view, chosen) => {
      history.replaceState(null, "", `${location.pathname}${location.search}${writeHash(view, chosen)}`);
    },
  });
  const { view, chosen } = readHash(location.hash);
  void panel.open(view, chosen);
}

addEventListener("hashchange", open);
open();
