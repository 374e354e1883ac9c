// The theme selector of the explorer. GraphiQL stores the theme; this component passes it on to the rest of the page.
import { useGraphiQL, useGraphiQLActions } from "@graphiql/react";
import { useEffect } from "react";
import { THEMES, type Theme } from "../theme";
import { useExplorer } from "./explorer-context";

export function ThemeSelect() {
  const { theme: controller } = useExplorer();
  const theme: Theme = useGraphiQL((state) => state.theme) ?? "system";
  const { setTheme } = useGraphiQLActions();

  useEffect(() => controller.show(theme), [controller, theme]);

  // Another tab may change the theme, and the system may change its colors: Monaco follows only setTheme.
  useEffect(() => {
    let { isDark } = controller;
    return controller.subscribe(() => {
      const hasNewColors = controller.isDark !== isDark;
      ({ isDark } = controller);
      if (hasNewColors || controller.theme !== theme) setTheme(toGraphiQl(controller.theme));
    });
  }, [controller, theme, setTheme]);

  return (
    <label className="atlas-theme">
      Theme{" "}
      <select value={theme} onChange={(event) => setTheme(toGraphiQl(event.target.value as Theme))}>
        {THEMES.map((name) => (
          <option key={name} value={name}>
            {name}
          </option>
        ))}
      </select>
    </label>
  );
}

function toGraphiQl(theme: Theme): "light" | "dark" | null {
  return theme === "system" ? null : theme;
}
