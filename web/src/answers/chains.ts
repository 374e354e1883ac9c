// Paths as chains: each a line of things, and between them the relation with its direction and its confidence.
import { h } from "../dom";
import { badge, words } from "../kinds";
import type { End, Path } from "./shapes";
import type { Choose } from "./view";

export function chains(paths: readonly Path[], choose: Choose): HTMLElement {
  if (paths.length === 0) return h("p", {}, "No path leads from one to the other.");
  return h("ol", {}, ...paths.map((path) => chain(path, choose)));
}

function chain({ atlasCertainty, atlasSteps: steps }: Path, choose: Choose): HTMLElement {
  const [first] = steps;
  return h(
    "li",
    {},
    h("p", { class: "quiet" }, `${steps.length} ${steps.length === 1 ? "step" : "steps"}, confidence ${atlasCertainty}`),
    h("div", { class: "chain" }, first && thing(first.from), ...steps.map((step) => h("span", { class: "hop" }, link(step, choose), thing(step.to)))),
  );
}

function thing({ atlasKind, atlasName }: End): HTMLElement {
  return h("span", { class: "thing" }, badge(atlasKind), ` ${atlasName}`);
}

/** `— has feature (0.75) →`, or the arrow at the other end where the claim is told from there. */
function link({ claim, from, relation, to }: Path["atlasSteps"][number], choose: Choose): HTMLElement {
  const forward = claim.atlasSubject.atlasId === from.atlasId;
  const disputed = claim.atlasStance === "DISPUTED";
  const text = `${disputed ? "? disputed: " : ""}${words(relation)} (${claim.atlasConfidence})`;
  const [subject, object] = forward ? [from, to] : [to, from];
  return h(
    "button",
    {
      type: "button",
      class: `step ${claim.atlasStance.toLowerCase()}`,
      "aria-label": `${text}: ${subject.atlasName} ${words(relation)} ${object.atlasName}, who says so`,
      onclick: () => choose(claim.atlasClaim),
    },
    h("span", { class: "stroke", "aria-hidden": true }, forward ? "" : "◀"),
    h("span", {}, text),
    h("span", { class: "stroke", "aria-hidden": true }, forward ? "▶" : ""),
  );
}
