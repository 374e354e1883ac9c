// How a kind looks, by colour and by shape, so that either is enough; and what relations are called.

export interface Look {
  one: string;
  many: string;
  light: string;
  dark: string;
  shape: "ellipse" | "round-rectangle" | "diamond" | "hexagon" | "triangle" | "star" | "pentagon" | "octagon";
  /** The same shape in a square of 24. */
  path: string;
}

const CIRCLE = "M12 3a9 9 0 1 1 0 18 9 9 0 0 1 0-18z";
const LOOKS: Record<string, Look> = {
  Framework: { one: "framework", many: "frameworks", light: "#3557d6", dark: "#8ea4ff", shape: "ellipse", path: CIRCLE },
  FrameworkType: { one: "type of framework", many: "types of framework", light: "#7a3db8", dark: "#c79bf2", shape: "hexagon", path: "M7 4h10l5 8-5 8H7l-5-8z" },
  Feature: { one: "feature", many: "features", light: "#19764a", dark: "#6fd3a0", shape: "round-rectangle", path: "M6 4h12a2 2 0 0 1 2 2v12a2 2 0 0 1-2 2H6a2 2 0 0 1-2-2V6a2 2 0 0 1 2-2z" },
  Application: { one: "application", many: "applications", light: "#a8480f", dark: "#f2a66e", shape: "diamond", path: "m12 2 10 10-10 10L2 12z" },
  Technology: { one: "technology", many: "technologies", light: "#0b7285", dark: "#66cfe0", shape: "triangle", path: "m12 3 10 18H2z" },
  Company: { one: "company", many: "companies", light: "#a61e4d", dark: "#f58fb1", shape: "pentagon", path: "m12 2 10 7-4 12H6L2 9z" },
  Source: { one: "source", many: "sources", light: "#5c5f66", dark: "#b9bdc6", shape: "octagon", path: "M8 2h8l6 6v8l-6 6H8l-6-6V8z" },
};
const OTHER: Look = { one: "thing", many: "things", light: "#444", dark: "#ccc", shape: "star", path: "m12 2 3 7 7 1-5 5 1 7-6-4-6 4 1-7-5-5 7-1z" };

export const KINDS = Object.keys(LOOKS);

/** Of a type's name, or of the enum value that stands for it. */
export function look(kind: string): Look {
  return LOOKS[kind] ?? LOOKS[typeOf(kind)] ?? OTHER;
}

/** `FRAMEWORK_TYPE` -> `FrameworkType` */
export function typeOf(kind: string): string {
  return kind.toLowerCase().replace(/(?:^|_)(\w)/g, (_, letter: string) => letter.toUpperCase());
}

/** `HAS_FEATURE` -> `has feature` */
export function words(relation: string): string {
  return relation.toLowerCase().replaceAll("_", " ");
}

/** The shape of a kind in its colour, as a picture that says nothing by itself. */
export function badge(kind: string): SVGSVGElement {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("class", `badge kind-${look(kind).shape}`);
  svg.setAttribute("aria-hidden", "true");
  svg.style.setProperty("--light", look(kind).light);
  svg.style.setProperty("--dark", look(kind).dark);
  path.setAttribute("d", look(kind).path);
  svg.append(path);
  return svg;
}

/** The global ID of `Framework:django`, and back. */
export function idOf(key: string): string {
  return btoa(String.fromCharCode(...new TextEncoder().encode(key)));
}

export function keyOf(id: string): string {
  try {
    return new TextDecoder().decode(Uint8Array.from(atob(id), (letter) => letter.charCodeAt(0)));
  } catch {
    return id;
  }
}
