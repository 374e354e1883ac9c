// The search and the buttons above a network diagram.
import { h } from "../dom";
import { kindBadge, kindStyle } from "../entity-kinds";
import { type SearchMatch, searchAsYouType } from "../search-field";

export interface ToolbarActions {
  search: (text: string) => Promise<SearchMatch[]>;
  /** Called with the ID of the search result that was picked. */
  pick: (id: string) => void;
  fit: () => void;
  zoom: (factor: number) => void;
  savePng: () => void;
}

const ZOOM_FACTOR = 1.4;

export function toolbar(actions: ToolbarActions): HTMLElement {
  return h(
    "div",
    { class: "tools" },
    searchField(actions),
    button("Fit", () => actions.fit()),
    button("+", () => actions.zoom(ZOOM_FACTOR), "Zoom in"),
    button("−", () => actions.zoom(1 / ZOOM_FACTOR), "Zoom out"),
    button("Save as PNG", () => actions.savePng()),
  );
}

function searchField({ pick, search }: ToolbarActions): HTMLElement {
  const results = h("ul", { class: "results", "aria-label": "Search results" });
  const input = h("input", {
    type: "search",
    "aria-label": "Search the graph",
    placeholder: "Search",
    autocomplete: "off",
    onkeydown: (event) => {
      const { key } = event as KeyboardEvent;
      if (key === "Escape") results.replaceChildren();
      if (key === "Enter") results.querySelector("button")?.click();
      if (key === "ArrowDown") results.querySelector("button")?.focus();
    },
  });
  const resultRow = ({ __typename, id, name }: SearchMatch) => {
    const pickResult = () => {
      input.value = "";
      results.replaceChildren();
      pick(id);
    };
    const kind = h("span", { class: "quiet" }, kindStyle(__typename).singular);
    return h("li", {}, h("button", { type: "button", onclick: pickResult }, kindBadge(__typename), ` ${name} `, kind));
  };
  searchAsYouType(input, results, search, resultRow);
  return h("div", { class: "search" }, input, results);
}

function button(text: string, onclick: () => void, label?: string): HTMLElement {
  return h("button", { type: "button", "aria-label": label, onclick }, text);
}
