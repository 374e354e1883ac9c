// The switch between light and dark, in agreement with GraphiQL's own setting: that one is kept and told to the rest of the page.
import { useGraphiQL, useGraphiQLActions } from "@graphiql/react";
import { useEffect } from "react";
import { choose, onTheme, THEMES, type Theme, theme } from "../theme";

export function ThemeSwitch() {
  const set = useGraphiQL((state) => state.theme);
  const { setTheme } = useGraphiQLActions();
  const shown: Theme = set ?? "system";

  useEffect(() => choose(shown), [shown]);

  // Another page may choose, and the system may turn dark while it is followed: Monaco has to be told of both.
  useEffect(() => {
    let dark = document.documentElement.dataset.theme;
    return onTheme(() => {
      const turned = document.documentElement.dataset.theme !== dark;
      dark = document.documentElement.dataset.theme;
      if (turned || theme() !== shown) setTheme(ofGraphiQL(theme()));
    });
  }, [shown, setTheme]);

  return (
    <label className="atlas-theme">
      Theme{" "}
      <select value={shown} onChange={(event) => setTheme(ofGraphiQL(event.target.value as Theme))}>
        {THEMES.map((name) => (
          <option key={name} value={name}>
            {name}
          </option>
        ))}
      </select>
    </label>
  );
}

function ofGraphiQL(theme: Theme): "light" | "dark" | null {
  return theme === "system" ? null : theme;
}
