// Answers that have a shape of their own: what is asked for in addition, and where it then stands in an answer.
import { CLAIM, THING } from "../picture/model";

export interface End {
  atlasId: string;
  atlasKind: string;
  atlasName: string;
}

export interface Proof {
  atlasClaim: string;
  atlasStance: "HAS" | "LACKS" | "DISPUTED";
  atlasConfidence: number;
  atlasSubject: End;
}

export type Value = "HAS" | "LACKS" | "DISPUTED" | "UNKNOWN";

export interface Comparison {
  atlasFrameworks: End[];
  atlasRows: { relation: string; target: End; cells: { value: Value; claim: Proof | null }[] }[];
}

export interface Path {
  atlasCertainty: number;
  atlasSteps: { from: End; relation: string; to: End; claim: Proof }[];
}

export interface Recommendation {
  framework: End;
  score: number;
  reasons: { requirement: string; target: End | null; answer: Value; weight: number; claim: Proof | null }[];
}

export interface Recommendations {
  atlasBest: Recommendation[];
  atlasNearMisses: Recommendation[];
}

/** One root field of an operation: the name it has in the answer, and what is there. */
export type Shaped =
  | { key: string; shape: "matrix"; found: Comparison }
  | { key: string; shape: "chains"; found: Path[] }
  | { key: string; shape: "bars"; found: Recommendations };

/** Where a shape is to be found: said by the query and the schema, since an empty list says nothing of itself. */
export interface Root {
  key: string;
  type: string;
}

const RECOMMENDATION = `framework { ${THING} } score reasons { requirement target { ${THING} } answer weight claim { ${CLAIM} } }`;

/** What has to be known of a type to show it in its shape; whatever else was selected does not matter then. */
export const ADDED: Record<string, string> = {
  Comparison: `atlasFrameworks: frameworks { ${THING} }
    atlasRows: rows { relation target { ${THING} } cells { value claim { ${CLAIM} } } }`,
  Path: `atlasCertainty: confidence atlasSteps: steps { from { ${THING} } relation to { ${THING} } claim { ${CLAIM} } }`,
  Recommendations: `atlasBest: best { ${RECOMMENDATION} } atlasNearMisses: nearMisses { ${RECOMMENDATION} }`,
};

/** What of an answer has a shape, in the order of the answer. */
export function shaped(roots: readonly Root[], data: object): Shaped[] {
  const types = new Map(roots.map(({ key, type }) => [key, type]));
  return Object.entries(data).flatMap(([key, found]): Shaped[] => {
    if (found == null) return [];
    switch (types.get(key)) {
      case "Comparison":
        return [{ key, shape: "matrix", found }];
      case "Path":
        return [{ key, shape: "chains", found }];
      case "Recommendations":
        return [{ key, shape: "bars", found }];
      default:
        return [];
    }
  });
}
