// The bearer token that all pages of a browser tab share. The browser deletes it when the tab is closed.

const KEY = "atlas-token";

/** The stored token, or an empty string. */
export function readToken(): string {
  try {
    return sessionStorage.getItem(KEY) ?? "";
  } catch {
    return ""; // the browser blocks storage
  }
}

export function storeToken(token: string): void {
  try {
    sessionStorage.setItem(KEY, token);
  } catch {
    // The browser blocks storage: the token cannot be kept.
  }
}
