// The color theme of the pages: light, dark, or the system's. All pages share one choice, stored where GraphiQL stores it.

export type Theme = "light" | "dark" | "system";

export const THEMES: readonly Theme[] = ["system", "light", "dark"];

const KEY = "graphiql:theme";

/** Applies the theme of a page and tells its listeners about changes. A page's entry module creates one. */
export class ThemeController {
  readonly #listeners = new Set<() => void>();
  readonly #systemDark = matchMedia("(prefers-color-scheme: dark)");
  #theme: Theme = readTheme();

  constructor() {
    this.#apply();
    this.#systemDark.addEventListener("change", () => this.#apply());
    addEventListener("storage", ({ key }) => {
      if (key === KEY || key === null) this.show(readTheme()); // another tab has changed it
    });
  }

  get theme(): Theme {
    return this.#theme;
  }

  get isDark(): boolean {
    return this.#theme === "dark" || (this.#theme === "system" && this.#systemDark.matches);
  }

  /** Show a theme without storing it. In the explorer, GraphiQL stores the theme. */
  show(theme: Theme): void {
    this.#theme = theme;
    this.#apply();
  }

  /** Show a theme and store it for all pages. */
  choose(theme: Theme): void {
    storeTheme(theme);
    this.show(theme);
  }

  /** Call a listener after each change of the theme or of the system's colors. Returns a function that removes it. */
  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #apply(): void {
    document.documentElement.dataset.theme = this.isDark ? "dark" : "light";
    for (const listener of this.#listeners) listener();
  }
}

function readTheme(): Theme {
  try {
    const stored = localStorage.getItem(KEY);
    return stored === "light" || stored === "dark" ? stored : "system";
  } catch {
    return "system"; // the browser blocks storage
  }
}

function storeTheme(theme: Theme): void {
  try {
    localStorage.setItem(KEY, theme === "system" ? "" : theme);
  } catch {
    // The browser blocks storage: the choice applies to this page only.
  }
}
