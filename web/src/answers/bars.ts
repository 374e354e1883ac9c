// Recommendations as bars: the score is as long as its reasons together, and each reason stands where it adds to it.
import { h } from "../dom";
import { badge } from "../kinds";
import { said } from "./said";
import type { Recommendation, Recommendations } from "./shapes";
import type { Choose } from "./view";

type Reason = Recommendation["reasons"][number];

/** What all bars are drawn between, so that they can be compared. */
interface Scale {
  from: number;
  to: number;
}

// The fields of Need, as one says them.
const REQUIREMENTS: Record<string, string> = {
  applications: "suits",
  must: "must have",
  types: "is of type",
  technologies: "works with",
  prefer: "better with",
  avoid: "better without",
  usedBy: "users",
  usedByAtLeast: "enough users",
};

export function bars({ atlasBest, atlasNearMisses }: Recommendations, choose: Choose): HTMLElement {
  const scale = scaleOf([...atlasBest, ...atlasNearMisses]);
  const list = (found: readonly Recommendation[], missed: boolean) =>
    h("ol", {}, ...found.map((one) => h("li", {}, recommendation(one, scale, missed, choose))));
  return h(
    "div",
    {},
    h("h3", {}, "Meets the need"),
    atlasBest.length > 0 ? list(atlasBest, false) : h("p", {}, "Nothing that is known to."),
    atlasNearMisses.length > 0 && h("h3", {}, "Nearly does"),
    atlasNearMisses.length > 0 && list(atlasNearMisses, true),
  );
}

function recommendation({ framework, reasons, score }: Recommendation, scale: Scale, missed: boolean, choose: Choose): HTMLElement {
  let sum = 0;
  const rows = reasons.map((reason) => {
    const start = sum;
    sum += reason.weight;
    const fails = missed && failed(reason);
    const what = [REQUIREMENTS[reason.requirement] ?? reason.requirement, reason.target?.atlasName].filter(Boolean).join(" ");
    return h(
      "tr",
      { class: fails ? "fails" : "" },
      h("th", { scope: "row" }, what, fails && h("span", { class: "mark" }, " ✗ missed")),
      h("td", {}, said(reason.answer, reason.claim, `${framework.atlasName}, ${what}`, choose)),
      h("td", { class: "number" }, signed(reason.weight)),
      h("td", { class: "track" }, part(start, sum, reason, scale)),
    );
  });
  return h(
    "table",
    {},
    h("caption", {}, badge(framework.atlasKind), ` ${framework.atlasName}`),
    h("thead", {}, h("tr", {}, ...["Asked for", "Answer", "Weight"].map((name) => h("th", { scope: "col" }, name)), h("td", {}))),
    h("tbody", {}, ...rows),
    h(
      "tfoot",
      {},
      h(
        "tr",
        {},
        h("th", { scope: "row", colspan: 2 }, "Score, the sum of its reasons"),
        h("td", { class: "number" }, String(score)),
        h("td", { class: "track" }, bar(0, score, "score", scale)),
      ),
    ),
  );
}

/** Where a reason takes the sum from and to; one without weight is a mark where it stands. */
function part(start: number, end: number, { answer, weight }: Reason, scale: Scale): HTMLElement {
  return bar(start, end, `${answer.toLowerCase()} ${weight < 0 ? "less" : ""}`, scale);
}

function bar(start: number, end: number, kind: string, { from, to }: Scale): HTMLElement {
  const share = (value: number) => `${(100 * value) / (to - from)}%`;
  const drawn = h("i", { class: kind });
  drawn.style.left = share(Math.min(start, end) - from);
  drawn.style.width = share(Math.abs(end - start));
  const zero = h("i", { class: "zero" });
  zero.style.left = share(-from);
  return h("div", { class: "gauge", "aria-hidden": true }, zero, drawn);
}

function scaleOf(all: readonly Recommendation[]): Scale {
  const scale = { from: 0, to: 0.001 };
  for (const { reasons } of all) {
    let sum = 0;
    for (const { weight } of reasons) {
      sum += weight;
      scale.from = Math.min(scale.from, sum);
      scale.to = Math.max(scale.to, sum);
    }
  }
  return scale;
}

/** As the service counts it: what must hold and is neither said nor disputed, what is to be avoided and is there. */
function failed({ answer, requirement }: Reason): boolean {
  if (requirement === "prefer" || requirement === "usedBy") return false;
  return (requirement === "avoid") === (answer === "HAS" || answer === "DISPUTED");
}

function signed(weight: number): string {
  return weight > 0 ? `+${weight}` : String(weight).replace("-", "−");
}
