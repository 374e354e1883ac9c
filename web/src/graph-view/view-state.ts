// What a graph view shows, and its form in the fragment of an address:
// `#show=Framework:django,Company:uber&choose=Framework:django`, or `#query=...`.
import type { RequestHeaders } from "../api/authorization";
import type { GraphQLRequest } from "../api/client";
import { entityKey, globalId } from "../global-id";

export type ViewQuery = Pick<GraphQLRequest, "query" | "operationName" | "variables"> & { headers?: RequestHeaders };

/** Without a query and without keys, the view shows the entire graph. */
export interface ViewState {
  /** Keys of entities that are shown with their neighbours. */
  keys: readonly string[];
  /** A query whose result is shown. */
  query?: ViewQuery | undefined;
  /** Whether the result is shown as a network although it has a view of its own. */
  asNetwork?: boolean;
}

/** The state in an address, and the ID of the selected entity or claim. */
export function readHash(hash: string): { view: ViewState; selected: string | null } {
  const parameters = new URLSearchParams(hash.replace("#", ""));
  const query = parameters.get("query");
  const variables = parameters.get("variables");
  const selected = parameters.get("choose");
  return {
    view: {
      keys: (parameters.get("show") ?? "").split(",").filter(Boolean),
      query: query
        ? {
            query,
            operationName: parameters.get("operation"),
            variables: variables ? JSON.parse(variables) : undefined,
          }
        : undefined,
      asNetwork: parameters.get("as") === "network",
    },
    selected: selected ? globalId(selected) : null,
  };
}

/** The address fragment of a state. It never contains headers. */
export function writeHash({ asNetwork, keys, query }: ViewState, selected: string | null): string {
  const parameters = new URLSearchParams();
  if (query) {
    parameters.set("query", query.query);
    if (query.operationName) parameters.set("operation", query.operationName);
    if (query.variables) parameters.set("variables", JSON.stringify(query.variables));
  }
  if (keys.length > 0) parameters.set("show", keys.join(","));
  if (query && asNetwork) parameters.set("as", "network");
  if (selected) parameters.set("choose", entityKey(selected));
  const text = parameters.toString().replaceAll("%3A", ":").replaceAll("%2C", ",").replaceAll("%2F", "/");
  return text ? `#${text}` : "";
}
