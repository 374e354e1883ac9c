// Light, dark, or as the system has it: one choice for all pages, kept where GraphiQL keeps its own.
import { h } from "./dom";

export type Theme = "light" | "dark" | "system";

export const THEMES: readonly Theme[] = ["system", "light", "dark"];

const KEY = "graphiql:theme";
const CHANGED = "atlas-theme";
const system = matchMedia("(prefers-color-scheme: dark)");

let chosen: Theme = kept();
show();
system.addEventListener("change", show);
addEventListener("storage", ({ key }) => {
  if (key === KEY || key === null) choose(kept());
});

export function theme(): Theme {
  return chosen;
}

export function isDark(): boolean {
  return document.documentElement.dataset.theme === "dark";
}

/** Show a theme; the explorer's is kept by GraphiQL, the others' by `keep`. */
export function choose(theme: Theme): void {
  chosen = theme;
  show();
}

/** Called whenever the pages turn light or dark, or the choice is another one; returns what ends it. */
export function onTheme(listener: () => void): () => void {
  document.addEventListener(CHANGED, listener);
  return () => document.removeEventListener(CHANGED, listener);
}

/** The switch, for the pages that are not GraphiQL's. */
export function themeSwitch(): HTMLElement {
  const select = h("select", { onchange: () => keep(select.value as Theme) }, ...THEMES.map((name) => h("option", { value: name }, name)));
  const follow = () => void (select.value = chosen);
  follow();
  onTheme(follow);
  return h("label", { class: "theme" }, "Theme ", select);
}

function keep(theme: Theme): void {
  try {
    localStorage.setItem(KEY, theme === "system" ? "" : theme);
  } catch {
    // storage is switched off: the choice holds for this page
  }
  choose(theme);
}

function kept(): Theme {
  try {
    const found = localStorage.getItem(KEY);
    return found === "light" || found === "dark" ? found : "system";
  } catch {
    return "system"; // storage is switched off
  }
}

function show(): void {
  const dark = chosen === "dark" || (chosen === "system" && system.matches);
  document.documentElement.dataset.theme = dark ? "dark" : "light";
  document.dispatchEvent(new Event(CHANGED));
}
