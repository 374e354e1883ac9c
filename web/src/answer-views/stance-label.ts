// Whether a claim is supported, as a sign and a word: color is never the only difference.
import type { Answer, AtlasClaimFragment } from "../api/operations";
import { h } from "../dom";

/** Called with the ID of the claim whose details to show. */
export type SelectClaim = (id: string) => void;

const SIGNS: Readonly<Record<Answer, string>> = { HAS: "✓", LACKS: "✗", DISPUTED: "?", UNKNOWN: "·" };

/** `✓ has 0.75`: a button if there is a claim to select. Screen readers also read the topic. */
export function stanceLabel(
  answer: Answer,
  claim: AtlasClaimFragment | null,
  topic: string,
  selectClaim: SelectClaim,
): HTMLElement {
  const word = answer.toLowerCase();
  const style = `stance ${word}`;
  const sign = h("span", { class: "sign", "aria-hidden": true }, SIGNS[answer]);
  if (!claim) return h("span", { class: style }, sign, ` ${word}`);
  const { atlasClaim: id, atlasConfidence: confidence } = claim;
  const label = `${word} ${confidence}: ${topic}, show evidence`;
  return h(
    "button",
    { type: "button", class: style, "aria-label": label, onclick: () => selectClaim(id) },
    sign,
    ` ${word}`,
    h("span", { class: "quiet" }, ` ${confidence}`),
  );
}
