// Draws a model: cytoscape.js shows it, d3-force finds the places. Nobody else knows of either.
import cytoscape, { type CollectionReturnValue, type Core, type EdgeSingular, type ElementDefinition, type NodeSingular } from "cytoscape";
import { forceCollide, forceLink, forceManyBody, forceSimulation, forceX, forceY, type SimulationNodeDatum } from "d3-force";
import { look, words } from "../kinds";
import { isDark, onTheme } from "../theme";
import type { Claim, Model, Thing } from "./model";

export interface Listener {
  chooseThing(id: string): void;
  chooseClaim(id: string): void;
  chooseNothing(): void;
  grow(id: string): void;
}

interface Body extends SimulationNodeDatum {
  id: string;
}

const SIGNS = { HAS: "", LACKS: "✗ ", DISPUTED: "? " };
const DOUBLE_CLICK = 500; // milliseconds between its two clicks, as systems have it; cytoscape.js has half of that
const MANY = 400; // from here on lines are straight and without arrows
const CLOSE = 1.6; // as near as it comes by itself
const CROWDED = 60; // from here on lines are silent until one looks closer

export class Drawing {
  readonly #core: Core;
  readonly #bodies = new Map<string, Body>();
  #moving = 0;
  readonly #element: HTMLElement;
  readonly #forget: () => void;

  constructor(element: HTMLElement, listener: Listener) {
    this.#element = element;
    this.#core = cytoscape({
      container: element,
      minZoom: 0.03,
      maxZoom: 4,
      boxSelectionEnabled: false,
      hideEdgesOnViewport: false,
      pixelRatio: "auto",
      multiClickDebounceTime: DOUBLE_CLICK,
    });
    this.#core.on("tap", "node", (event) => listener.chooseThing((event.target as NodeSingular).id()));
    this.#core.on("tap", "edge", (event) => listener.chooseClaim((event.target as EdgeSingular).id()));
    this.#core.on("dbltap", "node", (event) => listener.grow((event.target as NodeSingular).id()));
    this.#core.on("tap", (event) => {
      if (event.target === this.#core) listener.chooseNothing();
    });
    this.#core.on("drag", "node", (event) => {
      const node = event.target as NodeSingular;
      Object.assign(this.#bodies.get(node.id())!, node.position());
    });
    this.#forget = onTheme(() => this.#restyle());
    new ResizeObserver(() => this.#core.resize()).observe(element);
  }

  /** Show what the model holds by now; what is there already stays about where it is. */
  async show(model: Model, near?: string): Promise<void> {
    const { claims, things } = model;
    const start = near ? this.#bodies.get(near) : undefined;
    const added: ElementDefinition[] = [];
    for (const thing of things.values()) {
      if (this.#bodies.has(thing.id)) continue;
      const angle = this.#bodies.size * 2.4; // a sunflower: nobody begins on top of another
      const radius = start ? 60 + 2 * added.length : 14 * Math.sqrt(this.#bodies.size + 1);
      const body = {
        id: thing.id,
        x: (start?.x ?? 0) + radius * Math.cos(angle),
        y: (start?.y ?? 0) + radius * Math.sin(angle),
      };
      this.#bodies.set(thing.id, body);
      added.push({ group: "nodes", data: data(thing), position: { x: body.x, y: body.y } });
    }
    for (const claim of claims.values()) {
      if (this.#core.getElementById(claim.id).empty()) added.push({ group: "edges", data: line(claim) });
    }
    this.#core.batch(() => {
      this.#core.add(added);
      this.#core.nodes().forEach((node) => void node.data("size", 22 + Math.min(38, 5 * Math.sqrt(node.degree(false)))));
    });
    this.#restyle();
    await this.#settle(model, added.length > 0);
  }

  choose(id: string | null, center = false): void {
    this.#core.batch(() => {
      this.#core.elements().removeClass("chosen beside apart");
      if (id === null) return;
      const chosen: CollectionReturnValue = this.#core.getElementById(id);
      const around = chosen.union(chosen.neighborhood()).union(chosen.connectedNodes());
      this.#core.elements().addClass("apart");
      around.removeClass("apart").addClass("beside");
      chosen.addClass("chosen");
    });
    if (center && id !== null) this.#core.animate({ center: { eles: this.#core.getElementById(id) }, duration: quick() });
  }

  /** All of it within sight; a few things are not blown up. */
  fit(): void {
    this.#core.fit(undefined, 30);
    if (this.#core.zoom() > CLOSE) {
      this.#core.zoom(CLOSE);
      this.#core.center();
    }
  }

  zoom(by: number): void {
    this.#core.zoom({ level: this.#core.zoom() * by, renderedPosition: { x: this.#core.width() / 2, y: this.#core.height() / 2 } });
  }

  async png(): Promise<Blob> {
    const bg = this.#colour("--back");
    return this.#core.png({ output: "blob-promise", full: true, scale: 2, maxWidth: 6000, maxHeight: 6000, bg });
  }

  /** Where a thing is on the page, for tests that point at it. */
  place(id: string): { x: number; y: number } | null {
    const node = this.#core.getElementById(id);
    return node.nonempty() && node.isNode() ? node.renderedPosition() : null;
  }

  destroy(): void {
    this.#moving += 1;
    this.#forget();
    this.#core.destroy();
  }

  /** Let the bodies move apart, in slices, so that the page stays alive. */
  async #settle(model: Model, fit: boolean): Promise<void> {
    const turn = ++this.#moving;
    const bodies = [...this.#bodies.values()];
    const links = [...model.claims.values()].map(({ subject, object }) => ({ source: subject, target: object }));
    const large = bodies.length > MANY;
    const simulation = forceSimulation(bodies)
      .force("links", forceLink<Body, { source: string; target: string }>(links).id(({ id }) => id).distance(large ? 70 : 110))
      .force("apart", forceManyBody().strength(large ? -180 : -420).distanceMax(900))
      .force("x", forceX(0).strength(0.04))
      .force("y", forceY(0).strength(0.05))
      .force("room", forceCollide(large ? 18 : 34))
      .alphaDecay(large ? 0.05 : 0.025)
      .stop();
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    let painted = performance.now();
    while (simulation.alpha() > simulation.alphaMin()) {
      const until = performance.now() + 30;
      while (performance.now() < until && simulation.alpha() > simulation.alphaMin()) simulation.tick();
      await new Promise((resolve) => setTimeout(resolve));
      if (turn !== this.#moving) return;
      if (!still && performance.now() - painted > (large ? 600 : 60)) {
        this.#place();
        if (fit) this.fit();
        painted = performance.now();
      }
    }
    this.#place();
    if (fit) this.fit();
  }

  #place(): void {
    this.#core.batch(() => {
      for (const { id, x, y } of this.#bodies.values()) this.#core.getElementById(id).position({ x: x ?? 0, y: y ?? 0 });
    });
  }

  /** A colour of theme.css as it is just now: which of its two it is, is only told where it is used. */
  #colour(name: string): string {
    this.#element.style.color = `var(${name})`;
    return getComputedStyle(this.#element).color;
  }

  #restyle(): void {
    const large = this.#core.nodes().length > MANY;
    const crowded = this.#core.edges().length > CROWDED;
    const colour = (name: string) => this.#colour(name);
    const dark = isDark();
    const back = colour("--back");
    const text = colour("--text");
    this.#core
      .style()
      .resetToDefault()
      .selector("node")
      .style({
        "background-color": (node: NodeSingular) => look(String(node.data("kind")))[dark ? "dark" : "light"],
        shape: (node: NodeSingular) => look(String(node.data("kind"))).shape,
        width: "data(size)",
        height: "data(size)",
        label: "data(name)",
        color: text,
        "font-size": 12,
        "min-zoomed-font-size": 7,
        "text-valign": "bottom",
        "text-margin-y": 4,
        "text-wrap": "wrap",
        "text-max-width": "120px",
        "text-outline-color": back,
        "text-outline-width": 2,
      })
      .selector("edge")
      .style({
        width: "mapData(confidence, 0.3, 1, 1, 7)",
        "line-color": colour("--has"),
        "line-opacity": crowded ? 0.35 : 0.55,
        "target-arrow-color": colour("--has"),
        "target-arrow-shape": large ? "none" : "triangle",
        "curve-style": large ? "haystack" : "bezier",
        label: "data(label)",
        color: text,
        "font-size": 10,
        "min-zoomed-font-size": crowded ? 13 : 7,
        "text-rotation": "autorotate",
        "text-background-color": back,
        "text-background-opacity": 0.85,
        "text-background-padding": "2px",
      })
      .selector('edge[stance = "DISPUTED"]')
      .style({
        "line-style": "dashed",
        "line-dash-pattern": [9, 6],
        "line-color": colour("--disputed"),
        "target-arrow-color": colour("--disputed"),
        "line-opacity": 1,
      })
      .selector('edge[stance = "LACKS"]')
      .style({
        "line-style": "dashed", // dots of its own: cytoscape's are as long as the line is wide
        "line-dash-pattern": [1, 8],
        "line-cap": "round",
        "line-color": colour("--lacks"),
        "target-arrow-color": colour("--lacks"),
        "target-arrow-shape": large ? "none" : "tee",
        "line-opacity": 1,
      })
      .selector("edge.beside")
      .style({ "min-zoomed-font-size": crowded ? 10 : 7 })
      .selector(".apart")
      .style({ opacity: 0.18 })
      .selector("node.chosen")
      .style({ "border-width": 4, "border-color": text })
      .selector("edge.chosen")
      .style({ "line-opacity": 1, "min-zoomed-font-size": 0, "underlay-color": colour("--accent"), "underlay-opacity": 0.35, "underlay-padding": 6 })
      .update();
  }
}

function data(thing: Thing): Record<string, unknown> {
  return { id: thing.id, name: thing.name, kind: thing.kind, size: 22 };
}

function line({ confidence, id, object, relation, stance, subject }: Claim): Record<string, unknown> {
  return { id, source: subject, target: object, stance, confidence, label: SIGNS[stance] + words(relation) };
}

function quick(): number {
  return matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : 250;
}
