// Creates DOM elements without a framework. Text is always text, never markup.

type Child = Node | string | null | undefined | false;
type EventListener = (event: Event) => void;
type Attributes = Record<string, string | number | boolean | EventListener | undefined>;

const WEB_ADDRESS = /^https?:\/\//iu;
const DOWNLOAD_START_MS = 10_000; // the time that a browser has to start a download

/** Create an element. A function is an event listener (`onclick`), `true` is an attribute without a value. */
export function h<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  attributes: Attributes = {},
  ...children: Child[]
): HTMLElementTagNameMap[Name] {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(key.slice("on".length), value);
    else if (value !== undefined && value !== false) element.setAttribute(key, value === true ? "" : String(value));
  }
  element.append(
    ...children.filter((child): child is Node | string => child !== null && child !== undefined && child !== false),
  );
  return element;
}

/** The element of the page's HTML with this ID. */
export function pageElement(id: string): HTMLElement {
  const element = document.getElementById(id);
  if (!element) throw new Error(`The page has no element with the ID ${id}.`);
  return element;
}

/** A link that opens in a new tab if the address is an HTTP URL; plain text otherwise. */
export function externalLink(text: string, address: string | null | undefined): Node | string {
  if (!(address && WEB_ADDRESS.test(address))) return text;
  return h("a", { href: address, target: "_blank", rel: "noopener noreferrer" }, text);
}

/** Offer content as a file for the browser to save. */
export function saveFile(content: Blob, name: string): void {
  const href = URL.createObjectURL(content);
  h("a", { href, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(href), DOWNLOAD_START_MS);
}

/** The message of whatever was thrown. */
export function errorMessage(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
