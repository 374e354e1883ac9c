// Search as you type: fills a list with the entities that match the text of an input.
import type { RequestHeaders } from "./api/authorization";
import type { ApiClient } from "./api/client";
import { SearchDocument, type SearchQuery } from "./api/operations";
import { h } from "./dom";

export type SearchMatch = SearchQuery["search"]["nodes"][number];

const TYPING_PAUSE_MS = 150;

export async function searchEntities(api: ApiClient, text: string, headers?: RequestHeaders): Promise<SearchMatch[]> {
  const { search } = await api.execute(SearchDocument, { text }, headers);
  return search.nodes;
}

/** Search after each pause in typing, and show a row for each match. The list stays empty if the search fails. */
export function searchAsYouType(
  input: HTMLInputElement,
  list: HTMLElement,
  search: (text: string) => Promise<SearchMatch[]>,
  row: (match: SearchMatch) => HTMLElement,
): void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const run = async (text: string) => {
    const matches = text ? await search(text).catch(() => null) : [];
    if (input.value.trim() !== text) return; // an outdated response
    list.replaceChildren(...(matches ?? []).map(row));
    if (text && matches?.length === 0) list.append(h("li", { class: "quiet" }, "No matches."));
  };
  input.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(() => void run(input.value.trim()), TYPING_PAUSE_MS);
  });
}
