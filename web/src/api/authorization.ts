// The authorization of requests: the token of this tab, unless the headers of a request have another.
import { readToken } from "./session-token";

export type RequestHeaders = Record<string, unknown>;

/** The headers with lower-case names and an authorization, if there is one. */
export function authorize(headers: RequestHeaders): Record<string, string> {
  const authorized = Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name.toLowerCase(), String(value)]),
  );
  const token = readToken();
  return token && !authorized.authorization ? { ...authorized, authorization: `Bearer ${token}` } : authorized;
}
