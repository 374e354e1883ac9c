// An answer in its own shape: a comparison as a matrix, paths as chains, a recommendation as bars.
import "./view.css";
import { h } from "../dom";
import { bars } from "./bars";
import { chains } from "./chains";
import { matrix } from "./matrix";
import type { Shaped } from "./shapes";

/** Told which claim somebody wants to know more of. */
export type Choose = (claim: string) => void;

export function view(answers: readonly Shaped[], choose: Choose): HTMLElement {
  return h("div", { class: "answers" }, ...answers.map((answer) => section(answer, choose)));
}

function section(answer: Shaped, choose: Choose): HTMLElement {
  const title = h("h2", {}, answer.key);
  switch (answer.shape) {
    case "matrix":
      return h("section", { class: "matrix" }, title, matrix(answer.found, choose));
    case "chains":
      return h("section", { class: "chains" }, title, chains(answer.found, choose));
    case "bars":
      return h("section", { class: "bars" }, title, bars(answer.found, choose));
  }
}
