// The entities and claims of a graph view, collected from responses, up to a number that a browser can display.
import type { AtlasClaimFragment, AtlasEntityFragment, Stance } from "../api/operations";

export const MAX_ENTITIES = 2000;

export interface GraphEntity {
  id: string;
  kind: string;
  name: string;
}

export interface GraphClaim {
  id: string;
  relation: string;
  stance: Stance;
  confidence: number;
  /** The ID of an entity. */
  subject: string;
  /** The ID of an entity. */
  object: string;
}

export class GraphModel {
  readonly entities = new Map<string, GraphEntity>();
  readonly claims = new Map<string, GraphClaim>();
  /** Entities beyond the maximum. They are not displayed, but have details. */
  readonly omittedEntities = new Map<string, GraphEntity>();
  readonly #omittedClaims = new Map<string, GraphClaim>();
  /** The number of claims that were not requested because the lists were too long. */
  unreadClaims = 0;

  /** Add every entity and claim fragment that a response contains, at any depth. Returns whether one of them is new. */
  collect(response: unknown): boolean {
    const sizeBefore = this.entities.size + this.claims.size;
    this.#visit(response);
    return this.entities.size + this.claims.size > sizeBefore;
  }

  /** An entity of the view, displayed or omitted. */
  entity(id: string): GraphEntity | undefined {
    return this.entities.get(id) ?? this.omittedEntities.get(id);
  }

  /** A claim of the view, displayed or omitted. */
  claim(id: string): GraphClaim | undefined {
    return this.claims.get(id) ?? this.#omittedClaims.get(id);
  }

  /** Whether the view displays an entity or a claim, which it does up to its maximum. */
  isDisplayed(id: string | null): boolean {
    return id !== null && (this.entities.has(id) || this.claims.has(id));
  }

  /** The displayed claims about an entity. */
  claimsAbout(id: string): GraphClaim[] {
    return [...this.claims.values()].filter((claim) => claim.subject === id || claim.object === id);
  }

  #visit(value: unknown): void {
    if (value === null || typeof value !== "object") return;
    if (isEntity(value)) this.#addEntity(value);
    for (const item of Object.values(value)) this.#visit(item);
    if (isClaim(value)) this.#addClaim(value); // after its entities
  }

  #addEntity({ atlasId, atlasKind, atlasName }: AtlasEntityFragment): void {
    if (this.entities.has(atlasId)) return;
    const target = this.entities.size < MAX_ENTITIES ? this.entities : this.omittedEntities;
    target.set(atlasId, { id: atlasId, kind: atlasKind, name: atlasName });
  }

  #addClaim(claim: AtlasClaimFragment): void {
    const subject = claim.atlasSubject.atlasId;
    const object = claim.atlasObject.atlasId;
    const target = this.entities.has(subject) && this.entities.has(object) ? this.claims : this.#omittedClaims;
    target.set(claim.atlasClaim, {
      id: claim.atlasClaim,
      relation: claim.atlasRelation,
      stance: claim.atlasStance,
      confidence: claim.atlasConfidence,
      subject,
      object,
    });
  }
}

function isEntity(value: object): value is AtlasEntityFragment {
  return "atlasId" in value;
}

function isClaim(value: object): value is AtlasClaimFragment {
  return "atlasClaim" in value;
}
