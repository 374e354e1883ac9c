// A comparison as a table: a row for each target of a relation, a column for each framework.
import "./comparison-matrix.css";
import type { AtlasComparisonFragment } from "../api/operations";
import { h } from "../dom";
import { kindBadge, relationLabel } from "../entity-kinds";
import { type SelectClaim, stanceLabel } from "./stance-label";

type Row = AtlasComparisonFragment["atlasRows"][number];

const ARROW_KEYS: Readonly<Partial<Record<string, readonly [rows: number, columns: number]>>> = {
  ArrowUp: [-1, 0],
  ArrowDown: [1, 0],
  ArrowLeft: [0, -1],
  ArrowRight: [0, 1],
};

export function comparisonMatrix(comparison: AtlasComparisonFragment, selectClaim: SelectClaim): HTMLElement {
  const { atlasRows: rows } = comparison;
  const differing = rows.filter(isDifferent).length;
  const table = matrixTable(comparison, differing, selectClaim);
  // A wide table scrolls in a region that has the focus, so that the keyboard can scroll it.
  const region = h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": "Comparison" }, table);
  if (differing === 0 || differing === rows.length) return region;
  const checkbox = h("input", {
    type: "checkbox",
    onchange: () => table.classList.toggle("only-differences", checkbox.checked),
  });
  return h("div", {}, h("label", { class: "filter" }, checkbox, " Only differences"), region);
}

function matrixTable(comparison: AtlasComparisonFragment, differing: number, selectClaim: SelectClaim): HTMLElement {
  const { atlasFrameworks: frameworks, atlasRows: rows } = comparison;
  const names = frameworks.map(({ atlasName }) => atlasName);
  const relations = [...new Set(rows.map(({ relation }) => relation))];
  const marksDifferences = differing < rows.length;
  const count = differing === rows.length ? "all" : differing;
  return h(
    "table",
    { onkeydown: (event) => moveFocus(event as KeyboardEvent) },
    h("caption", {}, `${rows.length} rows. The frameworks differ in ${count} of them.`),
    h(
      "thead",
      {},
      h(
        "tr",
        {},
        h("th", { scope: "col" }, "Topic"),
        ...frameworks.map(({ atlasKind, atlasName }) =>
          h("th", { scope: "col" }, kindBadge(atlasKind), ` ${atlasName}`),
        ),
      ),
    ),
    ...relations.map((relation) =>
      h(
        "tbody",
        {},
        h("tr", {}, h("th", { scope: "rowgroup", colspan: names.length + 1 }, h("span", {}, relationLabel(relation)))),
        ...rows
          .filter((row) => row.relation === relation)
          .map((row) => matrixRow(row, names, marksDifferences, selectClaim)),
      ),
    ),
  );
}

function matrixRow(
  row: Row,
  names: readonly string[],
  marksDifference: boolean,
  selectClaim: SelectClaim,
): HTMLElement {
  const { cells, target } = row;
  const differs = isDifferent(row);
  const mark = marksDifference && differs && h("span", { class: "mark" }, " ≠ differs");
  return h(
    "tr",
    { class: differs ? "different" : "same" },
    h("th", { scope: "row" }, kindBadge(target.atlasKind), ` ${target.atlasName}`, mark),
    ...cells.map(({ claim, value }, column) => {
      const label = stanceLabel(value, claim, `${names[column]}, ${target.atlasName}`, selectClaim);
      return h("td", { class: value.toLowerCase() }, label);
    }),
  );
}

function isDifferent({ cells }: Row): boolean {
  return cells.some(({ value }) => value !== cells[0]?.value);
}

/** Move the focus with an arrow key to the next visible button in that direction. */
function moveFocus(event: KeyboardEvent): void {
  const step = ARROW_KEYS[event.key];
  const cell = (event.target as HTMLElement).closest("td");
  const table = cell?.closest("table");
  if (!(step && cell && table)) return;
  event.preventDefault();
  const [rowStep, columnStep] = step;
  let row = cell.closest("tr")?.rowIndex ?? 0;
  let column = cell.cellIndex;
  do {
    row += rowStep;
    column += columnStep;
    const button = table.rows[row]?.cells[column]?.querySelector("button");
    if (button?.checkVisibility()) {
      button.focus();
      return;
    }
  } while (table.rows[row] && column > 0 && column < (cell.closest("tr")?.cells.length ?? 0));
}
