// The graph view on a page of its own. The address of the page always states what the view shows.
import type { ApiClient } from "./api/client";
import { h } from "./dom";
import { GraphView, type GraphViewServices } from "./graph-view/graph-view";
import { SchemaCache } from "./graph-view/schema-cache";
import { readHash, type ViewState, writeHash } from "./graph-view/view-state";
import type { ThemeController } from "./theme";
import { themeSelect } from "./theme-select";

export class GraphPage {
  readonly #root: HTMLElement;
  readonly #header: HTMLElement;
  readonly #services: GraphViewServices;
  #graphView: GraphView | undefined;

  constructor(root: HTMLElement, api: ApiClient, theme: ThemeController) {
    this.#services = { api, schemas: new SchemaCache(api), theme };
    this.#root = root;
    this.#header = h(
      "header",
      {},
      h("h1", {}, "Graph"),
      h("a", { href: "./" }, "Framework Atlas"),
      h("a", { href: "graphql" }, "Explorer"),
      h("a", { href: "graph" }, "Entire graph"),
      themeSelect(theme),
    );
  }

  /** Load the view that the address states. */
  open(): void {
    this.#graphView?.destroy();
    const { selected, view } = readHash(location.hash);
    this.#graphView = new GraphView(this.#services, view, writeAddress);
    this.#root.replaceChildren(this.#header, this.#graphView.element);
    void this.#graphView.load(selected);
  }
}

function writeAddress(view: ViewState, selected: string | null): void {
  history.replaceState(null, "", `${location.pathname}${location.search}${writeHash(view, selected)}`);
}
