// The search of the start page. A match links to the graph page.
import type { ApiClient } from "../api/client";
import { h } from "../dom";
import { kindBadge, kindStyle } from "../entity-kinds";
import { graphPageLink } from "../global-id";
import { type SearchMatch, searchAsYouType, searchEntities } from "../search-field";

export function searchForm(api: ApiClient): HTMLElement {
  const input = h("input", {
    id: "search",
    type: "search",
    placeholder: "Django, orm, chat, Netflix",
    autocomplete: "off",
  });
  const results = h("ul", { class: "plain results", "aria-live": "polite" });
  searchAsYouType(input, results, (text) => searchEntities(api, text), resultItem);
  return h("section", { class: "search" }, h("label", { for: "search" }, "Search the graph"), input, results);
}

function resultItem({ __typename, id, name }: SearchMatch): HTMLElement {
  return h(
    "li",
    {},
    kindBadge(__typename),
    h("a", { href: graphPageLink(id) }, name),
    h("span", { class: "quiet" }, ` ${kindStyle(__typename).singular}`),
  );
}
