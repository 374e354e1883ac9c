// Asking the service that the page came from, wherever it is mounted.

export const ENDPOINT = new URL("graphql", document.baseURI);

const TOKEN = "atlas-token";

export interface Answer<Data> {
  data?: Data | null;
  errors?: { message: string; extensions?: { code?: string } }[];
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
  const response = await fetch(ENDPOINT, {
    method: "POST",
    headers: { accept: "application/json", ...headersFor(headers), "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  const text = await response.text();
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
