// The start page: what the graph contains, its recent changes and sources, a search, and links to the other pages.
import type { ApiClient } from "../api/client";
import { ApiError } from "../api/error";
import { StartPageDocument } from "../api/operations";
import { readToken, storeToken } from "../api/session-token";
import { errorMessage, h } from "../dom";
import type { ThemeController } from "../theme";
import { themeSelect } from "../theme-select";
import { exampleList } from "./example-list";
import { graphSummary } from "./graph-summary";
import { readRecentChanges, recentChanges } from "./recent-changes";
import { searchForm } from "./search-form";
import { sourceList } from "./source-list";

export class StartPage {
  readonly #api: ApiClient;
  readonly #summary = h("section", { "aria-labelledby": "summary" }, h("p", { class: "quiet" }, "Loading."));
  readonly #changes = h("section", { "aria-labelledby": "changes" });
  readonly #sources = h("section", { "aria-labelledby": "sources" });

  constructor(root: HTMLElement, api: ApiClient, theme: ThemeController) {
    this.#api = api;
    root.replaceChildren(
      pageHeader(theme),
      searchForm(api),
      this.#summary,
      this.#changes,
      this.#sources,
      exampleList(),
    );
  }

  async load(): Promise<void> {
    try {
      const { graph, sources } = await this.#api.execute(StartPageDocument, {});
      this.#summary.replaceChildren(...graphSummary(graph));
      this.#sources.replaceChildren(...sourceList(sources));
      const changes = await readRecentChanges(this.#api, graph.version);
      this.#changes.replaceChildren(...recentChanges(changes, graph.lastChange));
    } catch (error) {
      this.#showError(error);
    }
  }

  #showError(error: unknown): void {
    const needsToken = error instanceof ApiError && error.needsToken;
    this.#summary.replaceChildren(
      h("h2", { id: "summary" }, needsToken ? "This service requires a token" : "The graph could not be loaded"),
      h("p", { role: "alert" }, errorMessage(error)),
      needsToken ? this.#tokenForm() : h("button", { onclick: () => void this.load() }, "Try again"),
    );
  }

  #tokenForm(): HTMLElement {
    const input = h("input", {
      id: "token",
      type: "password",
      autocomplete: "off",
      required: true,
      value: readToken(),
    });
    const submit = (event: Event) => {
      event.preventDefault();
      storeToken(input.value.trim());
      void this.load();
    };
    return h(
      "form",
      { onsubmit: submit },
      h("label", { for: "token" }, "Token, stored until you close this tab"),
      input,
      h("button", {}, "Continue"),
    );
  }
}

function pageHeader(theme: ThemeController): HTMLElement {
  return h(
    "header",
    {},
    themeSelect(theme),
    h("h1", {}, "Framework Atlas"),
    h("p", { class: "lead" }, "A knowledge graph of software frameworks. Every relation cites its sources."),
    h(
      "nav",
      { "aria-label": "Pages" },
      pageCard("graphql", "Explorer", "Write GraphQL queries, build them by clicking, or start from an example."),
      pageCard("graph", "Graph", "See how entities are connected, and the evidence for each claim."),
      pageCard("schema.graphql", "Schema", "The GraphQL schema as text (SDL)."),
    ),
  );
}

function pageCard(href: string, name: string, description: string): HTMLElement {
  return h("a", { href, class: "card" }, h("strong", {}, name), h("span", {}, description));
}
