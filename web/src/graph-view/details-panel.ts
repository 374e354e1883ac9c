// The panel next to a graph view: a list of its entities, or the selected entity or claim with its evidence.
import type { Stance } from "../api/operations";
import { errorMessage, externalLink, h } from "../dom";
import { BUILT_IN_KINDS, kindBadge, kindLabel, kindStyle, relationLabel } from "../entity-kinds";
import { entityKey } from "../global-id";
import type { GraphClaim, GraphEntity, GraphModel } from "./graph-model";
import type { EntityDetails, Evidence, GraphReader } from "./graph-reader";

export interface DetailsActions {
  /** Select an entity or a claim, or nothing. */
  select: (id: string | null) => void;
  addNeighbours: (id: string) => void;
}

const STANCES: Readonly<Record<Stance, string>> = {
  HAS: "Supported by its sources",
  LACKS: "Denied by its sources",
  DISPUTED: "Disputed: its sources disagree",
};

export class DetailsPanel {
  readonly element = h("aside", { class: "details", "aria-label": "Details" });
  readonly #model: GraphModel;
  readonly #reader: GraphReader;
  readonly #actions: DetailsActions;

  constructor(model: GraphModel, reader: GraphReader, actions: DetailsActions) {
    this.#model = model;
    this.#reader = reader;
    this.#actions = actions;
  }

  /** List the displayed entities by kind: what a canvas shows, accessible by keyboard and screen reader. */
  showList(hint: string): void {
    const entities = [...this.#model.entities.values()].sort((one, other) => one.name.localeCompare(other.name));
    const groups = BUILT_IN_KINDS.map((kind) =>
      this.#group(
        kind,
        entities.filter((entity) => entity.kind === kind),
      ),
    );
    this.element.replaceChildren(h("h2", {}, "Entities"), h("p", { class: "quiet" }, hint), ...groups.flat());
  }

  async showEntity(entity: GraphEntity): Promise<void> {
    const about = h("div", {});
    const claims = this.#model.claimsAbout(entity.id).sort((one, other) => other.confidence - one.confidence);
    this.element.replaceChildren(
      this.#backButton(),
      h("h2", {}, kindBadge(entity.kind), ` ${entity.name}`),
      h("p", { class: "quiet" }, kindStyle(entity.kind).singular),
      about,
      h("button", { type: "button", onclick: () => this.#actions.addNeighbours(entity.id) }, "Add neighbours"),
      h("h3", {}, `${claims.length} ${claims.length === 1 ? "claim" : "claims"} in this view`),
      h("ul", {}, ...claims.map((claim) => h("li", {}, this.#claimButton(claim)))),
    );
    const details = await this.#reader.readEntityDetails(entity.id).catch(() => null);
    if (details) about.append(...entityDetails(details));
  }

  async showClaim(claim: GraphClaim): Promise<void> {
    const evidence = h("div", {}, h("p", { class: "quiet" }, "Loading the evidence."));
    this.element.replaceChildren(
      this.#backButton(),
      h("h2", {}, this.sentence(claim)),
      h("p", { class: claim.stance.toLowerCase() }, `${STANCES[claim.stance]}. Confidence ${claim.confidence}.`),
      h("p", {}, "Between ", this.#entityButton(claim.subject), " and ", this.#entityButton(claim.object), "."),
      evidence,
    );
    try {
      evidence.replaceChildren(...evidenceList(await this.#reader.readEvidence(claim.id)));
    } catch (error) {
      evidence.replaceChildren(h("p", { role: "alert" }, errorMessage(error)));
    }
  }

  /** `Django has feature ORM`, followed by the stance unless it is HAS. */
  sentence({ object, relation, stance, subject }: GraphClaim): string {
    const sentence = `${this.#name(subject)} ${relationLabel(relation)} ${this.#name(object)}`;
    return stance === "HAS" ? sentence : `${sentence} (${stance === "LACKS" ? "denied" : "disputed"})`;
  }

  /** The entities of a kind, listed when the group is opened. */
  #group(kind: string, entities: readonly GraphEntity[]): HTMLElement[] {
    if (entities.length === 0) return [];
    const list = h("ul", {});
    const fillList = () => {
      if (list.childElementCount === 0) list.append(...entities.map(({ id }) => h("li", {}, this.#entityButton(id))));
    };
    const summary = h("summary", {}, kindBadge(kind), ` ${entities.length} ${kindLabel(kind, entities.length)}`);
    return [h("details", { ontoggle: fillList }, summary, list)];
  }

  #entityButton(id: string): HTMLElement {
    const select = () => this.#actions.select(id);
    return h("button", { type: "button", class: "link", onclick: select }, this.#name(id));
  }

  #claimButton(claim: GraphClaim): HTMLElement {
    const select = () => this.#actions.select(claim.id);
    const style = `link ${claim.stance.toLowerCase()}`;
    return h("button", { type: "button", class: style, onclick: select }, this.sentence(claim));
  }

  #backButton(): HTMLElement {
    return h("button", { type: "button", class: "link", onclick: () => this.#actions.select(null) }, "← All entities");
  }

  #name(id: string): string {
    return this.#model.entity(id)?.name ?? entityKey(id);
  }
}

function entityDetails(details: EntityDetails): HTMLElement[] {
  const { aliases, homepage, summary } = details;
  const address = ("url" in details ? details.url : null) ?? homepage;
  return [
    ...(summary ? [h("p", {}, summary)] : []),
    ...(aliases.length > 0 ? [h("p", { class: "quiet" }, `Also known as: ${aliases.join(", ")}`)] : []),
    ...(address ? [h("p", {}, externalLink(address, address))] : []),
  ];
}

function evidenceList(evidence: Evidence): HTMLElement[] {
  return [
    h("h3", {}, `${evidence.length} ${evidence.length === 1 ? "source" : "sources"}`),
    h("ul", { class: "evidence" }, ...evidence.map(evidenceItem)),
  ];
}

function evidenceItem({ locator, note, source, supports }: Evidence[number]): HTMLElement {
  const publication = [source.publisher, source.published, locator].filter(Boolean).map((text) => `, ${text}`);
  return h(
    "li",
    {},
    h("p", {}, h("b", { class: supports ? "has" : "lacks" }, supports ? "Supports: " : "Denies: "), note),
    h("p", { class: "quiet" }, externalLink(source.name, source.url), publication.join("")),
  );
}
