// The answers in a result that have a view of their own. extend-query.ts adds the fragments that these views need.
import type { AtlasComparisonFragment, AtlasPathFragment, AtlasRecommendationsFragment } from "../api/operations";

/** A root field of an operation: its key in the result, and its type. An empty list does not tell its type. */
export interface RootField {
  key: string;
  type: string;
}

export type StructuredAnswer =
  | { type: "Comparison"; key: string; comparison: AtlasComparisonFragment }
  | { type: "Path"; key: string; paths: AtlasPathFragment[] }
  | { type: "Recommendations"; key: string; recommendations: AtlasRecommendationsFragment };

/** The structured answers of a result, in its order. */
export function structuredAnswers(rootFields: readonly RootField[], data: Record<string, unknown>): StructuredAnswer[] {
  const types = new Map(rootFields.map(({ key, type }) => [key, type]));
  return Object.entries(data).flatMap(([key, value]) => structuredAnswer(key, types.get(key), value) ?? []);
}

function structuredAnswer(key: string, type: string | undefined, value: unknown): StructuredAnswer | undefined {
  if (!value) return undefined;
  switch (type) {
    case "Comparison":
      return { type, key, comparison: value as AtlasComparisonFragment };
    case "Path":
      return { type, key, paths: value as AtlasPathFragment[] };
    case "Recommendations":
      return { type, key, recommendations: value as AtlasRecommendationsFragment };
    default:
      return undefined;
  }
}
