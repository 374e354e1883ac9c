// The theme selector of the pages without React. The explorer has its own in explorer/theme-select.tsx.
import { h } from "./dom";
import { THEMES, type Theme, type ThemeController } from "./theme";

export function themeSelect(controller: ThemeController): HTMLElement {
  const options = THEMES.map((name) => h("option", { value: name }, name));
  const select = h("select", { onchange: () => controller.choose(select.value as Theme) }, ...options);
  const showTheme = () => {
    select.value = controller.theme;
  };
  showTheme();
  controller.subscribe(showTheme);
  return h("label", { class: "theme" }, "Theme ", select);
}
