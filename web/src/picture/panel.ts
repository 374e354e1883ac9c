// The picture with all that belongs to it: search, legend, what is chosen, what was left out.
import "./panel.css";
import { h, linked } from "../dom";
import { badge, idOf, KINDS, keyOf, look, words } from "../kinds";
import { Drawing } from "./drawing";
import {
  answered,
  type Claim,
  claimDetails,
  everything,
  Model,
  MOST,
  type Stance,
  search,
  surroundings,
  type Thing,
  thingDetails,
  type View,
} from "./model";

export interface Options {
  /** Told what is shown and chosen, for the address. */
  onView?(view: View, chosen: string | null): void;
  /** What an answer that holds nothing to draw is told as. */
  chosen?: string | null;
}

const STANCES: Record<Stance, string> = {
  HAS: "Its sources say so",
  LACKS: "Denied: its sources say the contrary",
  DISPUTED: "Disputed: its sources disagree",
};

export class Panel {
  readonly #root: HTMLElement;
  readonly #canvas = h("div", { class: "canvas", role: "img", "aria-label": "The graph as a network; the list beside it has the same" });
  readonly #status = h("p", { class: "status", role: "status" });
  readonly #side = h("aside", { class: "side", "aria-label": "What is chosen" });
  readonly #drawing: Drawing;
  #model = new Model();
  #view: View = { show: [] };
  #chosen: string | null = null;

  constructor(
    root: HTMLElement,
    private readonly options: Options = {},
  ) {
    this.#root = root;
    root.classList.add("picture");
    root.replaceChildren(this.#bar(), h("div", { class: "stage" }, h("div", { class: "paper" }, this.#canvas, legend()), this.#side), this.#status);
    this.#drawing = new Drawing(this.#canvas, {
      chooseThing: (id) => this.choose(id),
      chooseClaim: (id) => this.choose(id),
      chooseNothing: () => this.choose(null),
      grow: (id) => void this.grow(id),
    });
    Object.assign(this.#canvas, { drawing: this.#drawing }); // what is on a canvas can only be pointed at by who knows where
  }

  /** Show a view from the start. */
  async open(view: View, chosen: string | null = null): Promise<void> {
    this.#view = { ...view, show: [...view.show] };
    await this.#work("Reading the graph.", async () => {
      if (view.query) await answered(this.#model, view.query);
      for (const key of view.show) this.#model.notAsked += await surroundings(this.#model, key);
      if (!view.query && view.show.length === 0) await everything(this.#model);
      this.#tell();
      this.choose(chosen);
      await this.#drawing.show(this.#model);
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
      this.choose(this.#model.things.has(id) ? id : null);
      this.#tell(`${this.#model.things.size - before} more.`);
      await this.#drawing.show(this.#model, id);
    });
  }

  choose(id: string | null, center = false): void {
    const thing = id === null ? undefined : this.#model.things.get(id);
    const claim = id === null ? undefined : this.#model.claims.get(id);
    this.#chosen = thing || claim ? id : null;
    this.#drawing.choose(this.#chosen, center);
    if (thing) this.#showThing(thing);
    else if (claim) void this.#showClaim(claim);
    else this.#showList();
    this.options.onView?.(this.#view, this.#chosen);
  }

  destroy(): void {
    this.#drawing.destroy();
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
      const found = text ? await search(text).catch(() => []) : [];
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
    const button = (name: string, does: () => void) => h("button", { type: "button", onclick: does }, name);
    return h(
      "div",
      { class: "bar" },
      h("div", { class: "find" }, input, results),
      button("Fit", () => this.#drawing.fit()),
      h("button", { type: "button", "aria-label": "Closer", onclick: () => this.#drawing.zoom(1.4) }, "+"),
      h("button", { type: "button", "aria-label": "Farther", onclick: () => this.#drawing.zoom(1 / 1.4) }, "−"),
      button("Save as PNG", () => void this.#save()),
    );
  }

  async #save(): Promise<void> {
    const href = URL.createObjectURL(await this.#drawing.png());
    h("a", { href, download: "framework-atlas.png" }).click();
    setTimeout(() => URL.revokeObjectURL(href), 10_000);
  }

  /** Everything that is drawn, for who does not point at it. */
  #showList(): void {
    const things = [...this.#model.things.values()].sort((one, other) => one.name.localeCompare(other.name));
    const groups = KINDS.map((kind) => [kind, things.filter((thing) => thing.kind === kind)] as const).filter(([, all]) => all.length > 0);
    this.#side.replaceChildren(
      h("h2", {}, "What is drawn"),
      h("p", { class: "quiet" }, "Click a thing or a line to see who says so; double-click a thing to grow the picture."),
      ...groups.map(([kind, all]) => {
        const list = h("ul", {});
        return h(
          "details",
          {
            ontoggle: () => {
              if (list.childElementCount === 0) list.append(...all.map((thing) => h("li", {}, this.#thingButton(thing))));
            },
          },
          h("summary", {}, badge(kind), ` ${all.length} ${all.length === 1 ? look(kind).one : look(kind).many}`),
          list,
        );
      }),
    );
  }

  #thingButton(thing: Thing): HTMLElement {
    return h("button", { type: "button", class: "link", onclick: () => this.choose(thing.id, true) }, thing.name);
  }

  #showThing(thing: Thing): void {
    const about = h("div", {});
    const claims = this.#model.claimsOf(thing.id).sort((one, other) => other.confidence - one.confidence);
    this.#side.replaceChildren(
      this.#back(),
      h("h2", {}, badge(thing.kind), ` ${thing.name}`),
      h("p", { class: "quiet" }, look(thing.kind).one),
      about,
      h("button", { type: "button", onclick: () => void this.grow(thing.id) }, "Grow the picture from here"),
      h("h3", {}, `${claims.length} claims in the picture`),
      h(
        "ul",
        {},
        ...claims.map((claim) =>
          h("li", {}, h("button", { type: "button", class: `link ${claim.stance.toLowerCase()}`, onclick: () => this.choose(claim.id) }, this.#sentence(claim))),
        ),
      ),
    );
    void thingDetails(thing.id)
      .then((found) => {
        if (!found) return;
        const address = found.url ?? found.homepage;
        about.append(
          ...(found.summary ? [h("p", {}, found.summary)] : []),
          ...(found.aliases.length > 0 ? [h("p", { class: "quiet" }, `Also: ${found.aliases.join(", ")}`)] : []),
          ...(address ? [h("p", {}, linked(address, address))] : []),
        );
      })
      .catch(() => undefined);
  }

  async #showClaim(claim: Claim): Promise<void> {
    const body = h("div", {}, h("p", { class: "quiet" }, "Reading who says so."));
    const ends = [claim.subject, claim.object].map((id) => this.#model.things.get(id)!);
    this.#side.replaceChildren(
      this.#back(),
      h("h2", {}, this.#sentence(claim)),
      h("p", { class: claim.stance.toLowerCase() }, `${STANCES[claim.stance]}. Confidence ${claim.confidence}.`),
      h("p", {}, "Between ", this.#thingButton(ends[0]!), " and ", this.#thingButton(ends[1]!), "."),
      body,
    );
    try {
      const found = await claimDetails(claim.id);
      body.replaceChildren(
        h("h3", {}, `${found?.evidence.length ?? 0} ${found?.evidence.length === 1 ? "source" : "sources"}`),
        h(
          "ul",
          { class: "evidence" },
          ...(found?.evidence ?? []).map(({ locator, note, source, supports }) =>
            h(
              "li",
              {},
              h("p", {}, h("b", { class: supports ? "has" : "lacks" }, supports ? "Says so: " : "Denies it: "), note),
              h("p", { class: "quiet" }, linked(source.name, source.url), [source.publisher, source.published, locator].filter(Boolean).map((text) => `, ${text}`).join("")),
            ),
          ),
        ),
      );
    } catch (error) {
      body.replaceChildren(h("p", { role: "alert" }, error instanceof Error ? error.message : String(error)));
    }
  }

  #sentence({ object, relation, stance, subject }: Claim): string {
    const name = (id: string) => this.#model.things.get(id)?.name ?? keyOf(id);
    const said = `${name(subject)} ${words(relation)} ${name(object)}`;
    return stance === "HAS" ? said : `${said} (${stance === "LACKS" ? "denied" : "disputed"})`;
  }

  #back(): HTMLElement {
    return h("button", { type: "button", class: "link", onclick: () => this.choose(null) }, "← All that is drawn");
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
  if (chosen) given.set("choose", keyOf(chosen));
  const text = given.toString().replaceAll("%3A", ":").replaceAll("%2C", ",").replaceAll("%2F", "/");
  return text ? `#${text}` : "";
}
