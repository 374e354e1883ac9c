// The cytoscape.js stylesheet of a network diagram, in the colors of theme.css.
import type { NodeSingular, StylesheetJsonBlock } from "cytoscape";
import { kindStyle } from "../entity-kinds";

/** Properties of the diagram and of the page that determine the style. */
export interface StyleContext {
  nodeCount: number;
  edgeCount: number;
  isDark: boolean;
  /** The current value of a custom property of theme.css. */
  color: (property: string) => string;
}

const LARGE_NODE_COUNT = 400; // from here on, edges are straight and have no arrows
const CROWDED_EDGE_COUNT = 60; // from here on, edges are paler, and have labels only when zoomed in

export function isLarge(nodeCount: number): boolean {
  return nodeCount > LARGE_NODE_COUNT;
}

export function networkStyle(context: StyleContext): StylesheetJsonBlock[] {
  return [nodeStyle(context), edgeStyle(context), ...stanceStyles(context), ...selectionStyles(context)];
}

function nodeStyle({ color, isDark }: StyleContext): StylesheetJsonBlock {
  return {
    selector: "node",
    style: {
      "background-color": (node: NodeSingular) => kindStyle(node.data("kind"))[isDark ? "darkColor" : "lightColor"],
      shape: (node: NodeSingular) => kindStyle(node.data("kind")).shape,
      width: "data(size)",
      height: "data(size)",
      label: "data(name)",
      color: color("--text"),
      "font-size": 12,
      "min-zoomed-font-size": 7,
      "text-valign": "bottom",
      "text-margin-y": 4,
      "text-wrap": "wrap",
      "text-max-width": "120px",
      "text-outline-color": color("--background"),
      "text-outline-width": 2,
    },
  };
}

function edgeStyle({ color, edgeCount, nodeCount }: StyleContext): StylesheetJsonBlock {
  const large = isLarge(nodeCount);
  const crowded = isCrowded(edgeCount);
  return {
    selector: "edge",
    style: {
      width: "mapData(confidence, 0.3, 1, 1, 7)",
      "line-color": color("--has"),
      "line-opacity": crowded ? 0.35 : 0.55,
      "target-arrow-color": color("--has"),
      "target-arrow-shape": large ? "none" : "triangle",
      "curve-style": large ? "haystack" : "bezier",
      label: "data(label)",
      color: color("--text"),
      "font-size": 10,
      "min-zoomed-font-size": crowded ? 13 : 7,
      "text-rotation": "autorotate",
      "text-background-color": color("--background"),
      "text-background-opacity": 0.85,
      "text-background-padding": "2px",
    },
  };
}

function stanceStyles({ color, nodeCount }: StyleContext): StylesheetJsonBlock[] {
  return [
    {
      selector: 'edge[stance = "DISPUTED"]',
      style: {
        "line-style": "dashed",
        "line-dash-pattern": [9, 6],
        "line-color": color("--disputed"),
        "target-arrow-color": color("--disputed"),
        "line-opacity": 1,
      },
    },
    {
      selector: 'edge[stance = "LACKS"]',
      style: {
        "line-style": "dashed", // as dots: the dots of cytoscape.js are as long as the line is wide
        "line-dash-pattern": [1, 8],
        "line-cap": "round",
        "line-color": color("--lacks"),
        "target-arrow-color": color("--lacks"),
        "target-arrow-shape": isLarge(nodeCount) ? "none" : "tee",
        "line-opacity": 1,
      },
    },
  ];
}

function selectionStyles({ color, edgeCount }: StyleContext): StylesheetJsonBlock[] {
  return [
    { selector: "edge.neighbour", style: { "min-zoomed-font-size": isCrowded(edgeCount) ? 10 : 7 } },
    { selector: ".faded", style: { opacity: 0.18 } },
    { selector: "node.selected", style: { "border-width": 4, "border-color": color("--text") } },
    {
      selector: "edge.selected",
      style: {
        "line-opacity": 1,
        "min-zoomed-font-size": 0,
        "underlay-color": color("--accent"),
        "underlay-opacity": 0.35,
        "underlay-padding": 6,
      },
    },
  ];
}

function isCrowded(edgeCount: number): boolean {
  return edgeCount > CROWDED_EDGE_COUNT;
}
