// What is drawn: entities and the claims between them, gathered from answers, up to a number that stays usable.
import type { Shaped } from "../answers/shapes";
import { ask, headersFor, post } from "../api";
import type { Asked } from "../fetcher";
import { idOf } from "../kinds";

export const MOST = 2000;
const PAGE = 1000;
const NEIGHBOURS = 200;

export type Stance = "HAS" | "LACKS" | "DISPUTED";

export interface Thing {
  id: string;
  kind: string;
  name: string;
}

export interface Claim {
  id: string;
  relation: string;
  stance: Stance;
  confidence: number;
  subject: string;
  object: string;
}

export interface Source {
  name: string;
  publisher: string | null;
  published: string | null;
  url: string | null;
}

export interface ClaimDetails {
  firstSeen: string | null;
  lastSeen: string | null;
  evidence: { supports: boolean; note: string; term: string | null; locator: string | null; source: Source }[];
}

export interface ThingDetails {
  summary: string | null;
  homepage: string | null;
  aliases: string[];
  url?: string | null;
}

// The names under which `collect` finds what to draw in any answer; `extend` adds them to any query.
export const THING = "atlasKind: __typename atlasId: id atlasName: name";
export const CLAIM = `atlasClaim: id atlasRelation: relation atlasStance: stance atlasConfidence: confidence
  atlasSubject: subject { ${THING} } atlasObject: object { ${THING} }`;

/** Where a picture comes from; it is what the address holds. */
export interface View {
  show: string[]; // keys such as Framework:django, whose surroundings are shown
  query?: Pick<Asked, "query" | "operationName" | "variables"> & { headers?: Record<string, unknown> };
  /** As a network even where the answer has a shape of its own. */
  network?: boolean;
}

export class Model {
  /** What everything is asked with: the token of the explorer's own headers, where there is one. */
  headers: Record<string, unknown> = {};
  readonly things = new Map<string, Thing>();
  readonly claims = new Map<string, Claim>();
  /** What would have been too much to draw; it can be told of all the same. */
  readonly leftOut = new Map<string, Thing>();
  readonly #undrawn = new Map<string, Claim>();
  /** How many claims there are that were not even asked for. */
  notAsked = 0;

  /** Take in all that an answer names; returns whether there was anything new. */
  collect(answer: unknown): boolean {
    const before = this.things.size + this.claims.size;
    const visit = (value: unknown): void => {
      if (Array.isArray(value)) value.forEach(visit);
      else if (value !== null && typeof value === "object") {
        const row = value as Record<string, unknown>;
        if (typeof row.atlasId === "string") this.#add(row);
        Object.values(row).forEach(visit);
        if (typeof row.atlasClaim === "string") this.#join(row);
      }
    };
    visit(answer);
    return this.things.size + this.claims.size > before;
  }

  #add(row: Record<string, unknown>): void {
    const id = row.atlasId as string;
    if (this.things.has(id)) return;
    const room = this.things.size < MOST ? this.things : this.leftOut;
    room.set(id, { id, kind: String(row.atlasKind), name: String(row.atlasName) });
  }

  #join(row: Record<string, unknown>): void {
    const subject = (row.atlasSubject as { atlasId: string }).atlasId;
    const object = (row.atlasObject as { atlasId: string }).atlasId;
    const id = row.atlasClaim as string;
    const room = this.things.has(subject) && this.things.has(object) ? this.claims : this.#undrawn;
    room.set(id, {
      id,
      relation: String(row.atlasRelation),
      stance: row.atlasStance as Stance,
      confidence: Number(row.atlasConfidence),
      subject,
      object,
    });
  }

  thing(id: string): Thing | undefined {
    return this.things.get(id) ?? this.leftOut.get(id);
  }

  claim(id: string): Claim | undefined {
    return this.claims.get(id) ?? this.#undrawn.get(id);
  }

  claimsOf(id: string): Claim[] {
    return [...this.claims.values()].filter((claim) => claim.subject === id || claim.object === id);
  }
}

/** The whole graph, or as much of it as can be drawn. */
export async function everything(model: Model): Promise<void> {
  let after: string | null = null;
  for (let more = true; more; ) {
    type Page = { claims: { totalCount: number; nodes: unknown[]; pageInfo: { hasNextPage: boolean; endCursor: string } } };
    const { claims }: Page = await ask<Page>(
      `query Everything($after: String) { claims(first: ${PAGE}, after: $after) {
        totalCount pageInfo { hasNextPage endCursor } nodes { ${CLAIM} } } }`,
      { after },
      model.headers,
    );
    const fresh = model.collect(claims.nodes);
    model.notAsked = Math.max(0, model.notAsked || claims.totalCount) - claims.nodes.length;
    after = claims.pageInfo.endCursor;
    more = claims.pageInfo.hasNextPage && fresh && model.things.size < MOST;
  }
}

/** What is said of an entity, and with it its neighbours; of a source, what it says. Returns how many there are beyond. */
export async function surroundings(model: Model, key: string): Promise<number> {
  const id = idOf(key);
  const ends = key.startsWith("Source:") ? ["source"] : ["subject", "object"];
  const lists = ends.map(
    (end) => `${end}: claims(first: ${NEIGHBOURS}, where: { ${end}: $id }) { totalCount nodes { ${CLAIM} } }`,
  );
  const found = await ask<Record<string, { totalCount: number; nodes: unknown[] }>>(
    `query Surroundings($id: ID!) { here: node(id: $id) { ... on Entity { ${THING} } } ${lists.join(" ")} }`,
    { id },
    model.headers,
  );
  model.collect(key.startsWith("Source:") ? ends.map((end) => found[end]) : found);
  return ends.reduce((beyond, end) => beyond + Math.max(0, (found[end]?.totalCount ?? 0) - NEIGHBOURS), 0);
}

/** What a query answers, asked again with the names of things and the claims that lead to them; returns what has a shape. */
export async function answered(model: Model, asked: NonNullable<View["query"]>): Promise<Shaped[]> {
  const [{ extend }, { shaped }] = await Promise.all([import("./extend"), import("../answers/shapes")]);
  const headers = headersFor(asked.headers);
  model.headers = headers;
  const { query, roots } = await extend(asked.query, asked.operationName ?? null, headers);
  const variables = asked.variables ?? undefined;
  const answer = await post<object>({ query, variables, operationName: asked.operationName ?? undefined }, headers);
  if (answer.data == null) throw new Error(answer.errors?.[0]?.message ?? "The answer is empty.");
  model.collect(answer.data);
  return shaped(roots, answer.data);
}

export async function claimDetails(model: Model, id: string): Promise<ClaimDetails | null> {
  const { node } = await ask<{ node: ClaimDetails | null }>(
    `query Claim($id: ID!) { node(id: $id) { ... on Claim { firstSeen lastSeen
      evidence { supports note term locator source { name publisher published url } } } } }`,
    { id },
    model.headers,
  );
  return node;
}

export async function thingDetails(model: Model, id: string): Promise<ThingDetails | null> {
  const { node } = await ask<{ node: ThingDetails | null }>(
    `query Thing($id: ID!) { node(id: $id) { ... on Entity { summary homepage aliases } ... on Source { url } } }`,
    { id },
    model.headers,
  );
  return node;
}

export async function search(model: Model, text: string): Promise<Thing[]> {
  type Found = { search: { nodes: { __typename: string; id: string; name: string }[] } };
  const found = await ask<Found>(
    "query Find($text: String!) { search(text: $text, first: 8) { nodes { __typename id name } } }",
    { text },
    model.headers,
  );
  return found.search.nodes.map(({ __typename, id, name }) => ({ id, kind: __typename, name }));
}
