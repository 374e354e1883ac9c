// Asking the service that the page came from, wherever it is mounted.

export const ENDPOINT = new URL("graphql", document.baseURI);

const TOKEN = "atlas-token";

export interface Answer<Data> {
  data?: Data | null;
  errors?: { message: string; extensions?: { code?: string } }[];
  extensions?: Record<string, unknown>;
}

/** What went wrong, in words for a person; `refused` where a token is needed or does not hold. */
export class AskError extends Error {
  constructor(
    message: string,
    readonly refused = false,
  ) {
    super(message);
  }
}

/** The token that all pages of this tab ask with; forgotten when the tab is closed. */
export function token(): string {
  try {
    return sessionStorage.getItem(TOKEN) ?? "";
  } catch {
    return ""; // storage is switched off
  }
}

export function keepToken(value: string): void {
  try {
    sessionStorage.setItem(TOKEN, value);
  } catch {
    // storage is switched off: the token holds for nothing then
  }
}

/** The headers to ask with: those that are given, and the kept token where they have none of their own. */
export function headersFor(given: Record<string, unknown> = {}): Record<string, string> {
  const headers = Object.fromEntries(Object.entries(given).map(([name, value]) => [name.toLowerCase(), String(value)]));
  return token() && !headers.authorization ? { ...headers, authorization: `Bearer ${token()}` } : headers;
}

export async function post<Data>(body: object, headers: Record<string, unknown> = {}): Promise<Answer<Data>> {
  const response = await send(body, { accept: "application/json", ...headers });
  return read(response, await response.text());
}

/** An answer in another format than JSON, as it is sent; throws AskError where the service refuses. */
export async function download(body: object, type: string, headers: Record<string, unknown> = {}): Promise<Blob> {
  const response = await send(body, { ...headers, accept: type });
  const content = await response.blob();
  if (response.ok && response.headers.get("content-type")?.startsWith(type)) return content;
  const [first] = read(response, await content.text()).errors ?? [];
  throw new AskError(first?.message ?? `The service does not answer as ${type}.`);
}

function send(body: object, headers: Record<string, unknown>): Promise<Response> {
  return fetch(ENDPOINT, {
    method: "POST",
    headers: { ...headersFor(headers), "content-type": "application/json" },
    body: JSON.stringify(body),
  });
}

function read<Data>(response: Response, text: string): Answer<Data> {
  try {
    return JSON.parse(text) as Answer<Data>;
  } catch {
    throw new AskError(`The service answered with status ${response.status} and no JSON.`);
  }
}

/** Ask one operation; throws AskError where there are errors and no data. */
export async function ask<Data>(query: string, variables: object = {}, headers: Record<string, unknown> = {}): Promise<Data> {
  const answer = await post<Data>({ query, variables }, headers).catch((error: unknown) => {
    throw error instanceof AskError ? error : new AskError("The service does not answer.");
  });
  if (answer.data == null) {
    const [first] = answer.errors ?? [];
    const code = first?.extensions?.code;
    throw new AskError(first?.message ?? "The answer is empty.", code === "UNAUTHENTICATED" || code === "FORBIDDEN");
  }
  return answer.data;
}
