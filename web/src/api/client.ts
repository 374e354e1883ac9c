// Sends GraphQL requests to the service that served the page, under whatever path it is mounted.
import type { FormattedExecutionResult } from "graphql";
import { authorize, type RequestHeaders } from "./authorization";
import { ApiError } from "./error";
import type { TypedDocumentString } from "./operations";

/** The body of a GraphQL request over HTTP. */
export interface GraphQLRequest {
  query: string;
  operationName?: string | null | undefined;
  variables?: unknown;
  extensions?: Record<string, unknown>;
}

export class ApiClient {
  readonly endpoint: URL;

  constructor(endpoint: URL) {
    this.endpoint = endpoint;
  }

  /** Execute an operation. Throws ApiError if the response has no data. */
  async execute<Data, Variables>(
    document: TypedDocumentString<Data, Variables>,
    variables: Variables,
    headers: RequestHeaders = {},
  ): Promise<Data> {
    const { data, errors } = await this.post<Data>({ query: document.toString(), variables }, headers);
    if (data) return data;
    const code = errors?.[0]?.extensions?.code;
    throw new ApiError(errors?.[0]?.message ?? "The response is empty.", {
      needsToken: code === "UNAUTHENTICATED" || code === "FORBIDDEN",
    });
  }

  /** Send a request and return the response with its errors and extensions. */
  async post<Data>(request: GraphQLRequest, headers: RequestHeaders = {}): Promise<FormattedExecutionResult<Data>> {
    const response = await this.#fetch(request, { accept: "application/json", ...headers });
    return parseResponse(response, await response.text());
  }

  /** Request the result in another format than JSON. Throws ApiError if the service does not return that format. */
  async download(request: GraphQLRequest, mediaType: string, headers: RequestHeaders = {}): Promise<Blob> {
    const response = await this.#fetch(request, { ...headers, accept: mediaType });
    const content = await response.blob();
    if (response.ok && response.headers.get("content-type")?.startsWith(mediaType)) return content;
    const { errors } = parseResponse(response, await content.text());
    throw new ApiError(errors?.[0]?.message ?? `The service does not return ${mediaType}.`);
  }

  async #fetch(request: GraphQLRequest, headers: RequestHeaders): Promise<Response> {
    try {
      return await fetch(this.endpoint, {
        method: "POST",
        headers: { ...authorize(headers), "content-type": "application/json" },
        body: JSON.stringify(request),
      });
    } catch (error) {
      throw new ApiError("The service does not respond.", { cause: error });
    }
  }
}

function parseResponse<Data>(response: Response, text: string): FormattedExecutionResult<Data> {
  try {
    return JSON.parse(text) as FormattedExecutionResult<Data>;
  } catch (error) {
    throw new ApiError(`The service responded with status ${response.status} and no JSON.`, { cause: error });
  }
}
