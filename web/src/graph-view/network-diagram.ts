// The network diagram of a graph model: cytoscape.js draws it, d3-force computes the layout.
import cytoscape, {
  type Core,
  type EdgeDataDefinition,
  type ElementDefinition,
  type EventObject,
  type NodeDataDefinition,
} from "cytoscape";
import { relationLabel } from "../entity-kinds";
import type { ThemeController } from "../theme";
import { type Body, ForceLayout, startPosition } from "./force-layout";
import type { GraphClaim, GraphEntity, GraphModel } from "./graph-model";
import { networkStyle } from "./network-style";

export interface DiagramActions {
  /** Called with the ID of an entity or a claim, or with null for the background. */
  select: (id: string | null) => void;
  /** Called with the ID of an entity. */
  addNeighbours: (id: string) => void;
}

const STANCE_SIGNS = { HAS: "", LACKS: "✗ ", DISPUTED: "? " } as const;
const DOUBLE_CLICK_MS = 500; // the default of desktop systems; the default of cytoscape.js is 250
const MAX_AUTOMATIC_ZOOM = 1.6;
const MIN_ZOOM = 0.03;
const MAX_ZOOM = 4;
const FIT_PADDING = 30;
const ANIMATION_MS = 250;
const PNG_OPTIONS = { full: true, scale: 2, maxWidth: 6000, maxHeight: 6000 } as const;
const MIN_NODE_SIZE = 22;
const MAX_NODE_GROWTH = 38;

export class NetworkDiagram {
  readonly #container: HTMLElement;
  readonly #theme: ThemeController;
  readonly #core: Core;
  readonly #bodies = new Map<string, Body>();
  readonly #layout = new ForceLayout();
  readonly #unsubscribe: () => void;

  constructor(container: HTMLElement, theme: ThemeController, actions: DiagramActions) {
    this.#container = container;
    this.#theme = theme;
    this.#core = cytoscape({
      container,
      minZoom: MIN_ZOOM,
      maxZoom: MAX_ZOOM,
      boxSelectionEnabled: false,
      hideEdgesOnViewport: false,
      pixelRatio: "auto",
      multiClickDebounceTime: DOUBLE_CLICK_MS,
    });
    this.#core.on("tap", (event) => actions.select(event.target === this.#core ? null : targetId(event)));
    this.#core.on("dbltap", "node", (event) => actions.addNeighbours(targetId(event)));
    this.#core.on("drag", "node", ({ target }) => {
      const body = this.#bodies.get(target.id());
      if (body) Object.assign(body, target.position());
    });
    this.#unsubscribe = theme.subscribe(() => this.#updateStyle());
    new ResizeObserver(() => this.#core.resize()).observe(container);
  }

  /** Show the model. Entities that are already shown stay near their places; new ones start next to an entity. */
  async show(model: GraphModel, newEntitiesNear?: string): Promise<void> {
    const nodes = this.#newNodes(model, newEntitiesNear);
    const edges = [...model.claims.values()].filter(({ id }) => this.#core.getElementById(id).empty()).map(toEdge);
    this.#core.batch(() => {
      this.#core.add([...nodes, ...edges]);
      for (const node of this.#core.nodes()) node.data("size", nodeSize(node.degree(false)));
    });
    this.#updateStyle();
    const hasNews = nodes.length + edges.length > 0;
    await this.#layout.run([...this.#bodies.values()], model.claims.values(), () => {
      this.#moveNodes();
      if (hasNews) this.fit();
    });
  }

  /** Highlight an entity or a claim and its neighbours. */
  select(id: string | null, center = false): void {
    this.#core.batch(() => {
      this.#core.elements().removeClass("selected neighbour faded");
      if (id === null) return;
      const selected = this.#core.getElementById(id);
      const neighbours = selected.union(selected.neighborhood()).union(selected.connectedNodes());
      this.#core.elements().addClass("faded");
      neighbours.removeClass("faded").addClass("neighbour");
      selected.addClass("selected");
    });
    if (!center || id === null) return;
    const duration = prefersReducedMotion() ? 0 : ANIMATION_MS;
    this.#core.animate({ center: { eles: this.#core.getElementById(id) }, duration });
  }

  /** Show the entire network, without enlarging a small one beyond a readable size. */
  fit(): void {
    this.#core.fit(undefined, FIT_PADDING);
    if (this.#core.zoom() > MAX_AUTOMATIC_ZOOM) {
      this.#core.zoom(MAX_AUTOMATIC_ZOOM);
      this.#core.center();
    }
  }

  zoom(factor: number): void {
    const center = { x: this.#core.width() / 2, y: this.#core.height() / 2 };
    this.#core.zoom({ level: this.#core.zoom() * factor, renderedPosition: center });
  }

  toPng(): Promise<Blob> {
    return this.#core.png({ ...PNG_OPTIONS, output: "blob-promise", bg: this.#color("--background") });
  }

  /** The position of an entity in the container, for tests that click it. */
  positionOf(id: string): { x: number; y: number } | null {
    const node = this.#core.getElementById(id);
    return node.nonempty() && node.isNode() ? node.renderedPosition() : null;
  }

  destroy(): void {
    this.#layout.stop();
    this.#unsubscribe();
    this.#core.destroy();
  }

  #newNodes({ entities }: GraphModel, near?: string): ElementDefinition[] {
    const center = near ? this.#bodies.get(near) : undefined;
    const added = [...entities.values()].filter(({ id }) => !this.#bodies.has(id));
    return added.map((entity, index) => {
      const position = startPosition(this.#bodies.size, index, center);
      this.#bodies.set(entity.id, { id: entity.id, ...position });
      return { group: "nodes", data: nodeData(entity), position };
    });
  }

  #moveNodes(): void {
    this.#core.batch(() => {
      for (const { id, x = 0, y = 0 } of this.#bodies.values()) this.#core.getElementById(id).position({ x, y });
    });
  }

  #updateStyle(): void {
    const style = networkStyle({
      nodeCount: this.#core.nodes().length,
      edgeCount: this.#core.edges().length,
      isDark: this.#theme.isDark,
      color: (property) => this.#color(property),
    });
    this.#core.style().fromJson(style).update();
  }

  /** The current value of a color in theme.css: a canvas cannot use custom properties. */
  #color(property: string): string {
    this.#container.style.color = `var(${property})`;
    return getComputedStyle(this.#container).color;
  }
}

function targetId({ target }: EventObject): string {
  return target.id();
}

function nodeData({ id, kind, name }: GraphEntity): NodeDataDefinition {
  return { id, kind, name, size: MIN_NODE_SIZE };
}

function nodeSize(degree: number): number {
  return MIN_NODE_SIZE + Math.min(MAX_NODE_GROWTH, 5 * Math.sqrt(degree));
}

function toEdge({ confidence, id, object, relation, stance, subject }: GraphClaim): ElementDefinition {
  const label = STANCE_SIGNS[stance] + relationLabel(relation);
  const data: EdgeDataDefinition = { id, source: subject, target: object, stance, confidence, label };
  return { group: "edges", data };
}

function prefersReducedMotion(): boolean {
  return matchMedia("(prefers-reduced-motion: reduce)").matches;
}
