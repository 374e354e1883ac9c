// How GraphiQL asks: queries by POST, subscriptions over a WebSocket, both with the headers of its editor.
import type { Fetcher } from "@graphiql/toolkit";
import { getOperationAST, parse } from "graphql";
import { createClient } from "graphql-ws";
import { ENDPOINT, headersFor, post } from "./api";

export interface Asked {
  query: string;
  operationName?: string | null;
  variables?: unknown;
  headers: Record<string, unknown>;
  data: unknown;
}

/** The last query that was answered, for whoever draws it. */
export const latest = {
  asked: null as Asked | null,
  listeners: new Set<() => void>(),
  subscribe: (listener: () => void) => {
    latest.listeners.add(listener);
    return () => latest.listeners.delete(listener);
  },
  get: () => latest.asked,
};

export const fetcher: Fetcher = (asked, options) => {
  // Where another document has just been opened, GraphiQL still gives the name of the operation before.
  const given = kindOf(asked.query, asked.operationName) ? asked : { ...asked, operationName: undefined };
  const headers = options?.headers ?? {};
  const kind = kindOf(given.query, given.operationName);
  if (kind === "subscription") {
    const url = new URL(ENDPOINT);
    url.protocol = url.protocol.replace("http", "ws");
    const { authorization } = headersFor(headers);
    const client = createClient({
      url: url.href,
      connectionParams: authorization ? { Authorization: authorization } : {},
      retryAttempts: 0,
    });
    return client.iterate(given as Parameters<typeof client.iterate>[0]) as ReturnType<Fetcher>;
  }
  return answered(given, headers, kind);
};

/** What the schema waits for: who comes to write waits for the editor, nobody for the schema. */
export const editor = { ready: () => {} };
const editing = new Promise<void>((resolve) => {
  editor.ready = resolve;
});

async function answered(given: Parameters<Fetcher>[0], headers: Record<string, unknown>, kind: string | undefined) {
  if (given.operationName === "IntrospectionQuery") await editing;
  const answer = await post<unknown>(given, headers);
  if (kind === "query" && answer.data && given.operationName !== "IntrospectionQuery") {
    latest.asked = { ...given, headers, data: answer.data };
    for (const listener of latest.listeners) listener();
  }
  return answer as never;
}

function kindOf(query: string, operationName: string | null | undefined): string | undefined {
  try {
    return getOperationAST(parse(query), operationName)?.operation;
  } catch {
    return undefined; // the service says what is wrong with it
  }
}
