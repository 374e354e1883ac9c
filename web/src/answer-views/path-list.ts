// Paths between two entities: each a line of entities, with the relation, its direction and its confidence in between.
import "./path-list.css";
import type { AtlasEntityFragment, AtlasPathFragment } from "../api/operations";
import { h } from "../dom";
import { kindBadge, relationLabel } from "../entity-kinds";
import type { SelectClaim } from "./stance-label";

type Step = AtlasPathFragment["atlasSteps"][number];

export function pathList(paths: readonly AtlasPathFragment[], selectClaim: SelectClaim): HTMLElement {
  if (paths.length === 0) return h("p", {}, "No path connects the two entities.");
  return h("ol", {}, ...paths.map((path) => pathItem(path, selectClaim)));
}

function pathItem({ atlasCertainty, atlasSteps: steps }: AtlasPathFragment, selectClaim: SelectClaim): HTMLElement {
  const [first] = steps;
  const length = `${steps.length} ${steps.length === 1 ? "step" : "steps"}`;
  return h(
    "li",
    {},
    h("p", { class: "quiet" }, `${length}, confidence ${atlasCertainty}`),
    h(
      "div",
      { class: "path" },
      first && entityBox(first.from),
      ...steps.map((step) => h("span", { class: "hop" }, stepButton(step, selectClaim), entityBox(step.to))),
    ),
  );
}

function entityBox({ atlasKind, atlasName }: AtlasEntityFragment): HTMLElement {
  return h("span", { class: "entity" }, kindBadge(atlasKind), ` ${atlasName}`);
}

/** `— has feature (0.75) ▶`; the arrow points from the subject of the claim to its object. */
function stepButton({ claim, from, relation, to }: Step, selectClaim: SelectClaim): HTMLElement {
  const isForward = claim.atlasSubject.atlasId === from.atlasId;
  const [subject, object] = isForward ? [from, to] : [to, from];
  const disputed = claim.atlasStance === "DISPUTED" ? "? disputed: " : "";
  const text = `${disputed}${relationLabel(relation)} (${claim.atlasConfidence})`;
  const sentence = `${subject.atlasName} ${relationLabel(relation)} ${object.atlasName}`;
  return h(
    "button",
    {
      type: "button",
      class: `step ${claim.atlasStance.toLowerCase()}`,
      "aria-label": `${text}: ${sentence}, show evidence`,
      onclick: () => selectClaim(claim.atlasClaim),
    },
    h("span", { class: "stroke", "aria-hidden": true }, isForward ? "" : "◀"),
    h("span", {}, text),
    h("span", { class: "stroke", "aria-hidden": true }, isForward ? "▶" : ""),
  );
}
