// Computes positions by forces: connected entities attract each other, all others repel.
import {
  forceCollide,
  forceLink,
  forceManyBody,
  forceSimulation,
  forceX,
  forceY,
  type Simulation,
  type SimulationNodeDatum,
} from "d3-force";
import type { GraphClaim } from "./graph-model";
import { isLarge } from "./network-style";

export interface Body extends SimulationNodeDatum {
  id: string;
}

interface Position {
  x: number;
  y: number;
}

const GOLDEN_ANGLE = 2.4; // radians; positions on a spiral with this angle do not overlap
const SLICE_MS = 30; // the page stays responsive between two slices

/** Where the next entity starts: on a spiral around the origin, or around another entity. */
export function startPosition(bodyCount: number, index: number, center: Body | undefined): Position {
  const angle = bodyCount * GOLDEN_ANGLE;
  const radius = center ? 60 + 2 * index : 14 * Math.sqrt(bodyCount + 1);
  return { x: (center?.x ?? 0) + radius * Math.cos(angle), y: (center?.y ?? 0) + radius * Math.sin(angle) };
}

/** Moves bodies until they come to rest. A new run, or `stop`, ends the run before it. */
export class ForceLayout {
  #run = 0;

  /** Calls `onMove` from time to time, and at the end. */
  async run(bodies: Body[], claims: Iterable<GraphClaim>, onMove: () => void): Promise<void> {
    this.#run += 1;
    const run = this.#run;
    const simulation = createSimulation(bodies, claims);
    const isAnimated = !matchMedia("(prefers-reduced-motion: reduce)").matches;
    const framePause = isLarge(bodies.length) ? 600 : 60;
    let lastFrame = performance.now();
    while (isMoving(simulation)) {
      simulate(simulation, SLICE_MS);
      // biome-ignore lint/performance/noAwaitInLoops: gives the browser time to handle events
      await nextTask();
      if (run !== this.#run) return;
      if (isAnimated && performance.now() - lastFrame > framePause) {
        onMove();
        lastFrame = performance.now();
      }
    }
    onMove();
  }

  stop(): void {
    this.#run += 1;
  }
}

function createSimulation(bodies: Body[], claims: Iterable<GraphClaim>): Simulation<Body, undefined> {
  const large = isLarge(bodies.length);
  const links = [...claims].map(({ subject, object }) => ({ source: subject, target: object }));
  const link = forceLink<Body, { source: string; target: string }>(links).id(({ id }) => id);
  return forceSimulation(bodies)
    .force("links", link.distance(large ? 70 : 110))
    .force(
      "charge",
      forceManyBody()
        .strength(large ? -180 : -420)
        .distanceMax(900),
    )
    .force("x", forceX(0).strength(0.04))
    .force("y", forceY(0).strength(0.05))
    .force("collide", forceCollide(large ? 18 : 34))
    .alphaDecay(large ? 0.05 : 0.025)
    .stop();
}

function isMoving(simulation: Simulation<Body, undefined>): boolean {
  return simulation.alpha() > simulation.alphaMin();
}

function simulate(simulation: Simulation<Body, undefined>, duration: number): void {
  const end = performance.now() + duration;
  while (performance.now() < end && isMoving(simulation)) simulation.tick();
}

function nextTask(): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve);
  });
}
