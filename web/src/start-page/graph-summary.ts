// The number of entities of each kind, and of claims of each relation.
import type { StartPageQuery } from "../api/operations";
import { h } from "../dom";
import { kindBadge, kindLabel, relationLabel } from "../entity-kinds";

export function graphSummary({ kinds, relations }: StartPageQuery["graph"]): HTMLElement[] {
  const number = new Intl.NumberFormat();
  const claims = relations.reduce((sum, { count }) => sum + count, 0);
  const byRelation = relations.map(({ relation, count }) => `${relationLabel(relation)} (${number.format(count)})`);
  return [
    h("h2", { id: "summary" }, "Contents"),
    h(
      "ul",
      { class: "counts" },
      ...kinds.map(({ kind, count }) =>
        h("li", {}, kindBadge(kind), h("b", {}, number.format(count)), " ", kindLabel(kind, count)),
      ),
    ),
    h("p", {}, `${number.format(claims)} claims connect them: ${byRelation.join(", ")}.`),
  ];
}
