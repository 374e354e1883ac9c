// The picture with all that belongs to it: search, legend, what is chosen, what was left out. An answer that has a shape of
// its own is shown in that first; what draws a network is loaded where a network is wanted.
import "./panel.css";
import type { Shaped } from "../answers/shapes";
import { h } from "../dom";
import { badge, idOf, KINDS, keyOf, look } from "../kinds";
import type { Drawing } from "./drawing";
import { answered, everything, Model, MOST, search, surroundings, type Thing, type View } from "./model";
import { Side } from "./side";

export interface Options {
  /** Told what is shown and chosen, for the address. */
  onView?(view: View, chosen: string | null): void;
}

const NAMES = { matrix: "Matrix", chains: "Chains", bars: "Reasons" };

export class Panel {
  readonly #root: HTMLElement;
  readonly #canvas = h("div", { class: "canvas", role: "img", "aria-label": "The graph as a network; the list beside it has the same" });
  readonly #paper = h("div", { class: "paper" }, this.#canvas, legend());
  readonly #answers = h("div", { class: "shapes", hidden: true });
  readonly #ways = h("div", { class: "ways", role: "group", "aria-label": "How to show it", hidden: true });
  readonly #tools = this.#bar();
  readonly #status = h("p", { class: "status", role: "status" });
  readonly #model = new Model();
  readonly #side = new Side(this.#model, { choose: (id) => this.choose(id, true), grow: (id) => void this.grow(id) });
  #drawing: Promise<Drawing> | undefined;
  #view: View = { show: [] };
  #chosen: string | null = null;

  constructor(
    root: HTMLElement,
    private readonly options: Options = {},
  ) {
    this.#root = root;
    root.classList.add("picture");
    root.replaceChildren(
      h("div", { class: "bar" }, this.#ways, this.#tools),
      h("div", { class: "stage" }, this.#answers, this.#paper, this.#side.element),
      this.#status,
    );
  }

  /** Show a view from the start. */
  async open(view: View, chosen: string | null = null): Promise<void> {
    this.#view = { ...view, show: [...view.show] };
    await this.#work("Reading the graph.", async () => {
      if (!view.query || view.network) void import("./drawing"); // while the graph is read
      const answers = view.query ? await answered(this.#model, view.query) : [];
      for (const key of view.show) this.#model.notAsked += await surroundings(this.#model, key);
      if (!view.query && view.show.length === 0) await everything(this.#model);
      if (answers.length > 0) await this.#offer(answers);
      this.#tell();
      this.choose(chosen);
      await this.#show();
      if (chosen) this.choose(chosen, true);
    });
  }

  /** Add what an entity is joined to. */
  async grow(id: string): Promise<void> {
    const key = keyOf(id);
    await this.#work("Growing.", async () => {
      const before = this.#model.things.size;
      this.#model.notAsked += await surroundings(this.#model, key);
      if (!this.#view.show.includes(key)) this.#view.show.push(key);
      this.#view.network = this.#inShape || this.#view.network;
      this.choose(this.#model.things.has(id) ? id : null);
      this.#tell(`${this.#model.things.size - before} more.`);
      await this.#show(id);
    });
  }

  choose(id: string | null, center = false): void {
    const thing = id === null ? undefined : this.#model.thing(id);
    const claim = id === null ? undefined : this.#model.claim(id);
    this.#chosen = thing || claim ? id : null;
    const drawn = this.#chosen !== null && (this.#model.things.has(this.#chosen) || this.#model.claims.has(this.#chosen));
    void this.#drawing?.then((drawing) => drawing.choose(drawn ? this.#chosen : null, center));
    if (thing) this.#side.thing(thing);
    else if (claim) void this.#side.claim(claim);
    else this.#side.list(this.#inShape ? "Choose what is said to see who says so." : "Click a thing or a line to see who says so; double-click a thing to grow the picture.");
    this.options.onView?.(this.#view, this.#chosen);
  }

  destroy(): void {
    void this.#drawing?.then((drawing) => drawing.destroy());
  }

  /** Whether an answer's own shape is what is seen. */
  get #inShape(): boolean {
    return this.#answers.childElementCount > 0 && !this.#view.network;
  }

  /** Let an answer be seen in its own shape, or as a network. */
  async #offer(answers: readonly Shaped[]): Promise<void> {
    const { view } = await import("../answers/view");
    const choose = (claim: string) => {
      this.choose(claim);
      const chosen = this.#model.claim(claim);
      if (chosen) this.#status.textContent = `${this.#side.sentence(chosen)}: who says so is told beside.`;
    };
    this.#answers.replaceChildren(view(answers, choose));
    const shapes = new Set(answers.map(({ shape }) => NAMES[shape]));
    const way = (name: string, network: boolean) =>
      h("button", { type: "button", "aria-pressed": String(Boolean(this.#view.network) === network), onclick: () => void this.#turn(network) }, name);
    this.#ways.replaceChildren(way(shapes.size === 1 ? [...shapes][0]! : "Answers", false), way("Network", true));
  }

  async #turn(network: boolean): Promise<void> {
    this.#view.network = network;
    await this.#work("Drawing.", async () => {
      await this.#show();
      this.#tell();
    });
    this.choose(this.#chosen, true);
  }

  /** Bring what is wanted before the eyes; a network is drawn only when it is. */
  async #show(near?: string): Promise<void> {
    const shape = this.#inShape;
    [...this.#ways.children].forEach((way, place) => void way.setAttribute("aria-pressed", String((place === 0) === shape)));
    this.#ways.hidden = this.#answers.childElementCount === 0;
    this.#answers.hidden = !shape;
    this.#paper.hidden = shape;
    this.#tools.hidden = shape;
    if (shape) return;
    const drawing = await this.#network();
    await drawing.show(this.#model, near);
  }

  #network(): Promise<Drawing> {
    this.#drawing ??= import("./drawing").then(({ Drawing }) => {
      const drawing = new Drawing(this.#canvas, {
        chooseThing: (id) => this.choose(id),
        chooseClaim: (id) => this.choose(id),
        chooseNothing: () => this.choose(null),
        grow: (id) => void this.grow(id),
      });
      // What is on a canvas can only be pointed at by who knows where.
      return Object.assign(this.#canvas, { drawing }).drawing;
    });
    return this.#drawing;
  }

  async #work(what: string, does: () => Promise<void>): Promise<void> {
    this.#root.setAttribute("aria-busy", "true");
    this.#status.textContent = what;
    try {
      await does();
    } catch (error) {
      this.#status.textContent = error instanceof Error ? error.message : String(error);
    }
    this.#root.removeAttribute("aria-busy");
  }

  #tell(news = ""): void {
    const { claims, leftOut, notAsked, things } = this.#model;
    const number = (count: number) => count.toLocaleString();
    const told = [news, `${number(things.size)} things, ${number(claims.size)} claims.`];
    if (things.size === 0) told.push("There is nothing to draw in this.");
    if (leftOut.size > 0) told.push(`Left out beyond ${number(MOST)}: ${number(leftOut.size)} things.`);
    if (notAsked > 0) told.push(`${number(notAsked)} claims were not read; search for what is missing.`);
    this.#status.textContent = told.filter(Boolean).join(" ");
  }

  #bar(): HTMLElement {
    const results = h("ul", { class: "results", "aria-label": "Found" });
    let waiting: ReturnType<typeof setTimeout> | undefined;
    const pick = (thing: Thing) => {
      input.value = "";
      results.replaceChildren();
      if (this.#model.things.has(thing.id)) this.choose(thing.id, true);
      else void this.grow(thing.id);
    };
    const find = async (text: string) => {
      const found = text ? await search(this.#model, text).catch(() => []) : [];
      if (input.value.trim() !== text) return;
      const row = (thing: Thing) =>
        h("li", {}, h("button", { type: "button", onclick: () => pick(thing) }, badge(thing.kind), ` ${thing.name} `, h("span", { class: "quiet" }, look(thing.kind).one)));
      results.replaceChildren(...found.map(row));
      if (text && found.length === 0) results.append(h("li", { class: "quiet" }, "Nothing of that name."));
    };
    const input = h("input", {
      type: "search",
      "aria-label": "Find in the graph",
      placeholder: "Find",
      autocomplete: "off",
      oninput: () => {
        clearTimeout(waiting);
        waiting = setTimeout(() => void find(input.value.trim()), 150);
      },
      onkeydown: (event) => {
        const { key } = event as KeyboardEvent;
        if (key === "Escape") results.replaceChildren();
        if (key === "Enter") results.querySelector("button")?.click();
        if (key === "ArrowDown") results.querySelector("button")?.focus();
      },
    });
    const withDrawing = (does: (drawing: Drawing) => void) => void this.#drawing?.then(does);
    const button = (name: string, does: () => void) => h("button", { type: "button", onclick: does }, name);
    return h(
      "div",
      { class: "tools" },
      h("div", { class: "find" }, input, results),
      button("Fit", () => withDrawing((drawing) => drawing.fit())),
      h("button", { type: "button", "aria-label": "Closer", onclick: () => withDrawing((drawing) => drawing.zoom(1.4)) }, "+"),
      h("button", { type: "button", "aria-label": "Farther", onclick: () => withDrawing((drawing) => drawing.zoom(1 / 1.4)) }, "−"),
      button("Save as PNG", () => void this.#save()),
    );
  }

  async #save(): Promise<void> {
    const drawing = await this.#network();
    const href = URL.createObjectURL(await drawing.png());
    h("a", { href, download: "framework-atlas.png" }).click();
    setTimeout(() => URL.revokeObjectURL(href), 10_000);
  }
}

function legend(): HTMLElement {
  return h(
    "ul",
    { class: "legend", "aria-label": "How it is drawn" },
    ...KINDS.map((kind) => h("li", {}, badge(kind), ` ${look(kind).one}`)),
    h("li", {}, h("i", { class: "line" }), " said; the wider, the more confident"),
    h("li", {}, h("i", { class: "line disputed" }), " ? disputed"),
    h("li", {}, h("i", { class: "line lacks" }), " ✗ denied"),
  );
}

/** What an address holds: `#show=Framework:django,Company:uber&choose=Framework:django`, or a query. */
export function readHash(hash: string): { view: View; chosen: string | null } {
  const given = new URLSearchParams(hash.replace(/^#/, ""));
  const query = given.get("query");
  const choose = given.get("choose");
  const variables = given.get("variables");
  return {
    view: {
      network: given.get("as") === "network",
      show: (given.get("show") ?? "").split(",").filter(Boolean),
      query: query ? { query, operationName: given.get("operation"), variables: variables ? JSON.parse(variables) : undefined } : undefined,
    },
    chosen: choose ? idOf(choose) : null,
  };
}

export function writeHash(view: View, chosen: string | null): string {
  const given = new URLSearchParams();
  if (view.query) {
    given.set("query", view.query.query);
    if (view.query.operationName) given.set("operation", view.query.operationName);
    if (view.query.variables) given.set("variables", JSON.stringify(view.query.variables));
  }
  if (view.show.length > 0) given.set("show", view.show.join(","));
  if (view.query && view.network) given.set("as", "network");
  if (chosen) given.set("choose", keyOf(chosen));
  const text = given.toString().replaceAll("%3A", ":").replaceAll("%2C", ",").replaceAll("%2F", "/");
  return text ? `#${text}` : "";
}
