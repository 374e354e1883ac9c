// Explains the shapes and lines of a network diagram.
import { h } from "../dom";
import { BUILT_IN_KINDS, kindBadge, kindStyle } from "../entity-kinds";

export function legend(): HTMLElement {
  return h(
    "ul",
    { class: "legend", "aria-label": "Legend" },
    ...BUILT_IN_KINDS.map((kind) => h("li", {}, kindBadge(kind), ` ${kindStyle(kind).singular}`)),
    h("li", {}, h("i", { class: "line" }), " supported; a wider line means a higher confidence"),
    h("li", {}, h("i", { class: "line disputed" }), " ? disputed"),
    h("li", {}, h("i", { class: "line lacks" }), " ✗ denied"),
  );
}
