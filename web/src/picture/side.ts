// What stands beside a picture: all that is drawn, or what is chosen, and who says so.
import { h, linked } from "../dom";
import { badge, KINDS, keyOf, look, words } from "../kinds";
import { type Claim, claimDetails, type Model, type Stance, type Thing, thingDetails } from "./model";

export interface Reader {
  choose(id: string | null): void;
  grow(id: string): void;
}

const STANCES: Record<Stance, string> = {
  HAS: "Its sources say so",
  LACKS: "Denied: its sources say the contrary",
  DISPUTED: "Disputed: its sources disagree",
};

export class Side {
  readonly element = h("aside", { class: "side", "aria-label": "What is chosen" });

  constructor(
    private readonly model: Model,
    private readonly reader: Reader,
  ) {}

  /** Everything that is drawn, for who does not point at it. */
  list(hint: string): void {
    const things = [...this.model.things.values()].sort((one, other) => one.name.localeCompare(other.name));
    const groups = KINDS.map((kind) => [kind, things.filter((thing) => thing.kind === kind)] as const).filter(([, all]) => all.length > 0);
    this.element.replaceChildren(
      h("h2", {}, "What is drawn"),
      h("p", { class: "quiet" }, hint),
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

  thing(thing: Thing): void {
    const about = h("div", {});
    const claims = this.model.claimsOf(thing.id).sort((one, other) => other.confidence - one.confidence);
    this.element.replaceChildren(
      this.#back(),
      h("h2", {}, badge(thing.kind), ` ${thing.name}`),
      h("p", { class: "quiet" }, look(thing.kind).one),
      about,
      h("button", { type: "button", onclick: () => this.reader.grow(thing.id) }, "Grow the picture from here"),
      h("h3", {}, `${claims.length} claims in the picture`),
      h(
        "ul",
        {},
        ...claims.map((claim) =>
          h("li", {}, h("button", { type: "button", class: `link ${claim.stance.toLowerCase()}`, onclick: () => this.reader.choose(claim.id) }, this.sentence(claim))),
        ),
      ),
    );
    void thingDetails(this.model, thing.id)
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

  async claim(claim: Claim): Promise<void> {
    const body = h("div", {}, h("p", { class: "quiet" }, "Reading who says so."));
    const ends = [claim.subject, claim.object].map((id) => this.model.thing(id)!);
    this.element.replaceChildren(
      this.#back(),
      h("h2", {}, this.sentence(claim)),
      h("p", { class: claim.stance.toLowerCase() }, `${STANCES[claim.stance]}. Confidence ${claim.confidence}.`),
      h("p", {}, "Between ", this.#thingButton(ends[0]!), " and ", this.#thingButton(ends[1]!), "."),
      body,
    );
    try {
      const found = await claimDetails(this.model, claim.id);
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

  sentence({ object, relation, stance, subject }: Claim): string {
    const name = (id: string) => this.model.thing(id)?.name ?? keyOf(id);
    const said = `${name(subject)} ${words(relation)} ${name(object)}`;
    return stance === "HAS" ? said : `${said} (${stance === "LACKS" ? "denied" : "disputed"})`;
  }

  #thingButton(thing: Thing): HTMLElement {
    return h("button", { type: "button", class: "link", onclick: () => this.reader.choose(thing.id) }, thing.name);
  }

  #back(): HTMLElement {
    return h("button", { type: "button", class: "link", onclick: () => this.reader.choose(null) }, "← All that is drawn");
  }
}
