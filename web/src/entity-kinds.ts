// How each kind of entity is labelled and displayed. Kinds differ by color and by shape, so that either is sufficient.
import type { AtlasEntityFragment } from "./api/operations";

export interface KindStyle {
  singular: string;
  plural: string;
  lightColor: string;
  darkColor: string;
  /** The shape in the network diagram. */
  shape: "ellipse" | "round-rectangle" | "diamond" | "hexagon" | "triangle" | "star" | "pentagon" | "octagon";
  /** The same shape as an SVG path in a square of 24 by 24. */
  path: string;
}

type BuiltInKind = AtlasEntityFragment["atlasKind"];

const SVG = "http://www.w3.org/2000/svg";
const WORD_START = /(?:^|_)(?<letter>\w)/gu;

const STYLES: Readonly<Record<BuiltInKind, KindStyle>> = {
  Framework: {
    singular: "framework",
    plural: "frameworks",
    lightColor: "#3557d6",
    darkColor: "#8ea4ff",
    shape: "ellipse",
    path: "M12 3a9 9 0 1 1 0 18 9 9 0 0 1 0-18z",
  },
  FrameworkType: {
    singular: "framework type",
    plural: "framework types",
    lightColor: "#7a3db8",
    darkColor: "#c79bf2",
    shape: "hexagon",
    path: "M7 4h10l5 8-5 8H7l-5-8z",
  },
  Feature: {
    singular: "feature",
    plural: "features",
    lightColor: "#19764a",
    darkColor: "#6fd3a0",
    shape: "round-rectangle",
    path: "M6 4h12a2 2 0 0 1 2 2v12a2 2 0 0 1-2 2H6a2 2 0 0 1-2-2V6a2 2 0 0 1 2-2z",
  },
  Application: {
    singular: "application",
    plural: "applications",
    lightColor: "#a8480f",
    darkColor: "#f2a66e",
    shape: "diamond",
    path: "m12 2 10 10-10 10L2 12z",
  },
  Technology: {
    singular: "technology",
    plural: "technologies",
    lightColor: "#0b7285",
    darkColor: "#66cfe0",
    shape: "triangle",
    path: "m12 3 10 18H2z",
  },
  Company: {
    singular: "company",
    plural: "companies",
    lightColor: "#a61e4d",
    darkColor: "#f58fb1",
    shape: "pentagon",
    path: "m12 2 10 7-4 12H6L2 9z",
  },
  Source: {
    singular: "source",
    plural: "sources",
    lightColor: "#5c5f66",
    darkColor: "#b9bdc6",
    shape: "octagon",
    path: "M8 2h8l6 6v8l-6 6H8l-6-6V8z",
  },
};

/** The style of a kind that a deployment adds with an ontology of its own. */
const OTHER_STYLE: Readonly<KindStyle> = {
  singular: "entity",
  plural: "entities",
  lightColor: "#444444",
  darkColor: "#cccccc",
  shape: "star",
  path: "m12 2 3 7 7 1-5 5 1 7-6-4-6 4 1-7-5-5 7-1z",
};

export const BUILT_IN_KINDS: readonly string[] = Object.keys(STYLES);

/** The style of a kind, by the name of its type or by its enum value. */
export function kindStyle(kind: string): KindStyle {
  const styles: Readonly<Partial<Record<string, KindStyle>>> = STYLES;
  return styles[kind] ?? styles[typeName(kind)] ?? OTHER_STYLE;
}

/** `1 framework`, `2 frameworks` without the number. */
export function kindLabel(kind: string, count: number): string {
  return count === 1 ? kindStyle(kind).singular : kindStyle(kind).plural;
}

/** `HAS_FEATURE` -> `has feature` */
export function relationLabel(relation: string): string {
  return relation.toLowerCase().replaceAll("_", " ");
}

/** The shape of a kind in its color. Screen readers skip it: the text next to it has the same information. */
export function kindBadge(kind: string): SVGSVGElement {
  const { darkColor, lightColor, path, shape } = kindStyle(kind);
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("class", `badge kind-${shape}`);
  svg.setAttribute("aria-hidden", "true");
  svg.style.setProperty("--light-color", lightColor);
  svg.style.setProperty("--dark-color", darkColor);
  const outline = document.createElementNS(SVG, "path");
  outline.setAttribute("d", path);
  svg.append(outline);
  return svg;
}

/** `FRAMEWORK_TYPE` -> `FrameworkType` */
function typeName(kind: string): string {
  return kind.toLowerCase().replace(WORD_START, (_, letter: string) => letter.toUpperCase());
}
