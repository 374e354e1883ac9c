// Recommendations as tables: each reason has a bar from the score before it to the score after it.
import "./recommendation-scores.css";
import type { AtlasRecommendationFragment, AtlasRecommendationsFragment } from "../api/operations";
import { h } from "../dom";
import { kindBadge } from "../entity-kinds";
import { type SelectClaim, stanceLabel } from "./stance-label";

type Reason = AtlasRecommendationFragment["reasons"][number];

/** The range of all bars, so that they can be compared. */
interface Scale {
  min: number;
  max: number;
}

/** A range of scores. */
interface Interval {
  start: number;
  end: number;
}

const SMALLEST_MAX = 0.001; // a scale must not be empty
const PERCENT = 100;

/** The fields of the input type Need, in words. */
const REQUIREMENTS: Readonly<Partial<Record<string, string>>> = {
  applications: "suits",
  must: "must have",
  types: "is of type",
  technologies: "works with",
  prefer: "better with",
  avoid: "better without",
  usedBy: "users",
  usedByAtLeast: "enough users",
};

export function recommendationScores(
  { atlasBest: best, atlasNearMisses: nearMisses }: AtlasRecommendationsFragment,
  selectClaim: SelectClaim,
): HTMLElement {
  const scale = scaleOf([...best, ...nearMisses]);
  const list = (recommendations: readonly AtlasRecommendationFragment[], isNearMiss: boolean) => {
    const tables = recommendations.map((item) => scoreTable(item, isNearMiss, scale, selectClaim));
    return h("ol", {}, ...tables.map((table) => h("li", {}, table)));
  };
  return h(
    "div",
    {},
    h("h3", {}, "Meets the requirements"),
    best.length > 0 ? list(best, false) : h("p", {}, "No framework is known to meet the requirements."),
    nearMisses.length > 0 && h("h3", {}, "Near misses"),
    nearMisses.length > 0 && list(nearMisses, true),
  );
}

function scoreTable(
  { framework, reasons, score }: AtlasRecommendationFragment,
  isNearMiss: boolean,
  scale: Scale,
  selectClaim: SelectClaim,
): HTMLElement {
  const intervals = runningScores(reasons);
  const rows = reasons.map((reason, index) => {
    const { answer, claim, requirement, target, weight } = reason;
    const isMissed = isNearMiss && isUnmet(reason);
    const text = [REQUIREMENTS[requirement] ?? requirement, target?.atlasName].filter(Boolean).join(" ");
    const style = `${answer.toLowerCase()} ${weight < 0 ? "negative" : ""}`;
    return h(
      "tr",
      { class: isMissed ? "missed" : "" },
      h("th", { scope: "row" }, text, isMissed && h("span", { class: "mark" }, " ✗ missed")),
      h("td", {}, stanceLabel(answer, claim, `${framework.atlasName}, ${text}`, selectClaim)),
      h("td", { class: "number" }, signed(weight)),
      h("td", { class: "track" }, bar(intervals[index] ?? { start: 0, end: 0 }, style, scale)),
    );
  });
  const headings = ["Requirement", "Answer", "Weight"].map((name) => h("th", { scope: "col" }, name));
  return h(
    "table",
    {},
    h("caption", {}, kindBadge(framework.atlasKind), ` ${framework.atlasName}`),
    h("thead", {}, h("tr", {}, ...headings, h("td", {}))),
    h("tbody", {}, ...rows),
    h(
      "tfoot",
      {},
      h(
        "tr",
        {},
        h("th", { scope: "row", colspan: 2 }, "Score, the sum of the weights"),
        h("td", { class: "number" }, String(score)),
        h("td", { class: "track" }, bar({ start: 0, end: score }, "score", scale)),
      ),
    ),
  );
}

/** The score before and after each reason. */
function runningScores(reasons: readonly Reason[]): Interval[] {
  let score = 0;
  return reasons.map(({ weight }) => {
    const start = score;
    score += weight;
    return { start, end: score };
  });
}

function scaleOf(recommendations: readonly AtlasRecommendationFragment[]): Scale {
  const scores = recommendations.flatMap(({ reasons }) => runningScores(reasons)).map(({ end }) => end);
  return { min: Math.min(0, ...scores), max: Math.max(SMALLEST_MAX, ...scores) };
}

/** A bar on the scale. A reason without weight is a mark at the current score. */
function bar({ end, start }: Interval, style: string, { max, min }: Scale): HTMLElement {
  const percent = (value: number) => `${(PERCENT * value) / (max - min)}%`;
  const zero = h("i", { class: "zero" });
  zero.style.left = percent(-min);
  const part = h("i", { class: style });
  part.style.left = percent(Math.min(start, end) - min);
  part.style.width = percent(Math.abs(end - start));
  return h("div", { class: "bar-track", "aria-hidden": true }, zero, part);
}

/** Whether a requirement makes a framework a near miss, by the rules of the service: only some requirements do. */
function isUnmet({ answer, requirement }: Reason): boolean {
  if (requirement === "prefer" || requirement === "usedBy") return false;
  const has = answer === "HAS" || answer === "DISPUTED";
  return (requirement === "avoid") === has;
}

function signed(weight: number): string {
  return weight > 0 ? `+${weight}` : String(weight).replace("-", "−");
}
