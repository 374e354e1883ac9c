// Sends GraphiQL's operations: queries and mutations by POST, subscriptions over a WebSocket, both with the headers of
// its header editor.
import type { Fetcher, FetcherParams } from "@graphiql/toolkit";
import { getOperationAST, type OperationTypeNode, parse } from "graphql";
import { createClient } from "graphql-ws";
import { authorize, type RequestHeaders } from "../api/authorization";
import type { ApiClient } from "../api/client";
import type { LatestResult } from "./latest-result";

/** The introspection query waits for the editor: a user who wants to type does not need the schema first. */
export function createFetcher(api: ApiClient, latestResult: LatestResult, editorReady: Promise<void>): Fetcher {
  return (params, options) => {
    const request = withValidOperationName(params);
    const headers = options?.headers ?? {};
    const type = operationType(request.query, request.operationName);
    if (type === "subscription") return subscribe(api, request, headers);
    return execute(request, headers, type);
  };

  async function execute(request: FetcherParams, headers: RequestHeaders, type: OperationTypeNode | undefined) {
    const isIntrospection = request.operationName === "IntrospectionQuery";
    if (isIntrospection) await editorReady;
    const response = await api.post<unknown>(request, headers);
    if (type === "query" && response.data && !isIntrospection) latestResult.setQuery({ ...request, headers });
    return response as never; // GraphiQL requires a mutable copy of the same type
  }
}

function subscribe(api: ApiClient, request: FetcherParams, headers: RequestHeaders): ReturnType<Fetcher> {
  const url = new URL(api.endpoint);
  url.protocol = url.protocol.replace("http", "ws");
  const { authorization } = authorize(headers);
  const client = createClient({
    url: url.href,
    connectionParams: authorization ? { Authorization: authorization } : {},
    retryAttempts: 0,
  });
  return client.iterate(request as Parameters<typeof client.iterate>[0]) as ReturnType<Fetcher>;
}

/** After another document was opened, GraphiQL still sends the operation name of the one before. */
function withValidOperationName(params: FetcherParams): FetcherParams {
  if (operationType(params.query, params.operationName)) return params;
  return { ...params, operationName: undefined };
}

function operationType(query: string, operationName: string | null | undefined): OperationTypeNode | undefined {
  try {
    return getOperationAST(parse(query), operationName)?.operation;
  } catch {
    return undefined; // the service reports the syntax error
  }
}
