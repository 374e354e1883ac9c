// The example queries as links into the explorer.
import { h } from "../dom";
import { EXAMPLES } from "../examples";

export function exampleList(): HTMLElement {
  return h(
    "section",
    { "aria-labelledby": "examples" },
    h("h2", { id: "examples" }, "Examples"),
    h("p", { class: "quiet" }, "Each example opens in the explorer, where you can edit and run it."),
    h(
      "ol",
      { class: "examples" },
      ...EXAMPLES.map(({ name, title, description }) =>
        h(
          "li",
          {},
          h(
            "a",
            { href: `graphql#example=${name}`, class: "card" },
            h("strong", {}, title),
            h("span", {}, description),
          ),
        ),
      ),
    ),
  );
}
