// What sources say of something, as a sign and a word: never by colour alone.
import { h } from "../dom";
import type { Proof, Value } from "./shapes";

const SIGNS: Record<Value, string> = { HAS: "✓", LACKS: "✗", DISPUTED: "?", UNKNOWN: "·" };

/** `✓ has 0.75`, which opens its claim where there is one; `about` is what a screen reader says with it. */
export function said(value: Value, claim: Proof | null, about: string, choose: (claim: string) => void): HTMLElement {
  const sign = h("span", { class: "sign", "aria-hidden": true }, SIGNS[value]);
  const word = ` ${value.toLowerCase()}`;
  const kind = `said ${value.toLowerCase()}`;
  if (!claim) return h("span", { class: kind }, sign, word);
  const confidence = ` ${claim.atlasConfidence}`;
  return h(
    "button",
    {
      type: "button",
      class: kind,
      "aria-label": `${word.trim()}${confidence}: ${about}, who says so`,
      onclick: () => choose(claim.atlasClaim),
    },
    sign,
    word,
    h("span", { class: "quiet" }, confidence),
  );
}
