// Shows structured answers: a comparison as a matrix, paths as a list, recommendations with the reasons for their scores.
import "./answer-views.css";
import { h } from "../dom";
import { comparisonMatrix } from "./comparison-matrix";
import { pathList } from "./path-list";
import { recommendationScores } from "./recommendation-scores";
import type { SelectClaim } from "./stance-label";
import type { StructuredAnswer } from "./structured-answers";

export function answerViews(answers: readonly StructuredAnswer[], selectClaim: SelectClaim): HTMLElement {
  return h("div", { class: "answers" }, ...answers.map((answer) => answerView(answer, selectClaim)));
}

function answerView(answer: StructuredAnswer, selectClaim: SelectClaim): HTMLElement {
  const title = h("h2", {}, answer.key);
  switch (answer.type) {
    case "Comparison":
      return h("section", { class: "comparison" }, title, comparisonMatrix(answer.comparison, selectClaim));
    case "Path":
      return h("section", { class: "paths" }, title, pathList(answer.paths, selectClaim));
    case "Recommendations":
      return h("section", { class: "scores" }, title, recommendationScores(answer.recommendations, selectClaim));
  }
}
