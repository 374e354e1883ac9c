// A comparison as a table: a row for each target, a column for each framework, a cell for what is known.
import { h } from "../dom";
import { badge, words } from "../kinds";
import { said } from "./said";
import type { Comparison } from "./shapes";
import type { Choose } from "./view";

type Row = Comparison["atlasRows"][number];

export function matrix({ atlasFrameworks: frameworks, atlasRows: rows }: Comparison, choose: Choose): HTMLElement {
  const names = frameworks.map(({ atlasName }) => atlasName);
  const differing = rows.filter(differs).length;
  const table = h(
    "table",
    { onkeydown: (event) => move(event as KeyboardEvent) },
    h("caption", {}, `${rows.length} rows; in ${differing === rows.length ? "all" : differing} of them the frameworks differ.`),
    h(
      "thead",
      {},
      h("tr", {}, h("th", { scope: "col" }, "What it is about"), ...frameworks.map((one) => h("th", { scope: "col" }, badge(one.atlasKind), ` ${one.atlasName}`))),
    ),
    ...[...new Set(rows.map(({ relation }) => relation))].map((relation) =>
      h(
        "tbody",
        {},
        h("tr", {}, h("th", { scope: "rowgroup", colspan: frameworks.length + 1 }, h("span", {}, words(relation)))),
        ...rows.filter((row) => row.relation === relation).map((row) => line(row, names, choose, differing < rows.length)),
      ),
    ),
  );
  // A table that is wider than its place is scrolled, by the keyboard as well.
  const place = h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": "Comparison" }, table);
  if (differing === 0 || differing === rows.length) return place;
  const only = h("input", {
    type: "checkbox",
    onchange: () => void table.classList.toggle("differing", only.checked),
  });
  return h("div", {}, h("label", { class: "only" }, only, " Only what differs"), place);
}

function line(row: Row, names: readonly string[], choose: Choose, mark: boolean): HTMLElement {
  const { cells, target } = row;
  const differing = differs(row);
  return h(
    "tr",
    { class: differing ? "differs" : "same" },
    h("th", { scope: "row" }, badge(target.atlasKind), ` ${target.atlasName}`, mark && differing && h("span", { class: "mark" }, " ≠ differs")),
    ...cells.map(({ claim, value }, place) => h("td", { class: value.toLowerCase() }, said(value, claim, `${names[place]}, ${target.atlasName}`, choose))),
  );
}

function differs({ cells }: Row): boolean {
  return cells.some(({ value }) => value !== cells[0]?.value);
}

const STEPS: Record<string, readonly [number, number]> = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };

/** The arrows go from a cell that opens something to the next one that does. */
function move(event: KeyboardEvent): void {
  const step = STEPS[event.key];
  const cell = (event.target as HTMLElement).closest("td");
  if (!step || !cell) return;
  event.preventDefault();
  const rows = [...cell.closest("table")!.rows];
  let [row, column] = [rows.indexOf(cell.closest("tr")!), cell.cellIndex];
  do {
    row += step[0];
    column += step[1];
    const found = rows[row]?.cells[column]?.querySelector<HTMLElement>("button");
    if (found?.checkVisibility()) {
      found.focus();
      return;
    }
  } while (rows[row] && column > 0 && column < cell.closest("tr")!.cells.length);
}
