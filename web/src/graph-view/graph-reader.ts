// Reads the graph for a graph view: entities and claims into its model, details and search results for its panels.
import type { StructuredAnswer } from "../answer-views/structured-answers";
import type { RequestHeaders } from "../api/authorization";
import type { ApiClient } from "../api/client";
import {
  AllClaimsDocument,
  type AllClaimsQueryVariables,
  ClaimDetailsDocument,
  type ClaimDetailsQuery,
  type ClaimPageFragment,
  EntityClaimsDocument,
  EntityDetailsDocument,
  type EntityDetailsQuery,
  SourceClaimsDocument,
} from "../api/operations";
import { globalId } from "../global-id";
import { type SearchMatch, searchEntities } from "../search-field";
import { type GraphModel, MAX_ENTITIES } from "./graph-model";
import type { SchemaCache } from "./schema-cache";
import type { ViewQuery } from "./view-state";

const CLAIMS_PER_PAGE = 1000;
const MAX_CLAIMS_OF_ENTITY = 200; // as subject, and as many as object

export type Evidence = Extract<ClaimDetailsQuery["node"], { __typename: "Claim" }>["evidence"];
export type EntityDetails = Exclude<NonNullable<EntityDetailsQuery["node"]>, { __typename: "Claim" }>;

export class GraphReader {
  readonly #api: ApiClient;
  readonly #schemas: SchemaCache;
  readonly #model: GraphModel;
  /** The headers of every request, for example with a token from the explorer's header editor. */
  readonly #headers: RequestHeaders;

  constructor(api: ApiClient, schemas: SchemaCache, model: GraphModel, headers: RequestHeaders) {
    this.#api = api;
    this.#schemas = schemas;
    this.#model = model;
    this.#headers = headers;
  }

  /** Read the entire graph, up to the maximum of the model. */
  async readAll(): Promise<void> {
    let after: string | null = null;
    let count = 0;
    let hasMore = true;
    while (hasMore) {
      const variables: AllClaimsQueryVariables = { first: CLAIMS_PER_PAGE, after };
      // biome-ignore lint/performance/noAwaitInLoops: the cursor of a page is in the page before it
      const { claims } = await this.#api.execute(AllClaimsDocument, variables, this.#headers);
      const hasNews = this.#model.collect(claims.nodes);
      count += claims.nodes.length;
      this.#model.unreadClaims = Math.max(0, claims.totalCount - count);
      after = claims.pageInfo.endCursor;
      hasMore = claims.pageInfo.hasNextPage && hasNews && this.#model.entities.size < MAX_ENTITIES;
    }
  }

  /** Read the claims about an entity, and the entities at their other ends. For a source, read the claims it states. */
  async readNeighbours(key: string): Promise<void> {
    const variables = { id: globalId(key), first: MAX_CLAIMS_OF_ENTITY };
    const lists = key.startsWith("Source:")
      ? Object.values(await this.#api.execute(SourceClaimsDocument, variables, this.#headers))
      : await this.#readEntityClaims(variables);
    for (const { totalCount } of lists) this.#model.unreadClaims += Math.max(0, totalCount - MAX_CLAIMS_OF_ENTITY);
    this.#model.collect(lists);
  }

  /** Execute a query together with all fields that the view needs. Returns the answers that have a view of their own. */
  async readResult({ operationName = null, query, variables }: ViewQuery): Promise<StructuredAnswer[]> {
    const [schema, { extendQuery }, { structuredAnswers }] = await Promise.all([
      this.#schemas.get(this.#headers),
      import("./extend-query"),
      import("../answer-views/structured-answers"),
    ]);
    const extended = extendQuery(schema, query, operationName);
    const request = {
      query: extended.query,
      variables: variables ?? undefined,
      operationName: operationName ?? undefined,
    };
    const { data, errors } = await this.#api.post<Record<string, unknown>>(request, this.#headers);
    if (!data) throw new Error(errors?.[0]?.message ?? "The response is empty.");
    this.#model.collect(data);
    return structuredAnswers(extended.rootFields, data);
  }

  async readEvidence(claimId: string): Promise<Evidence> {
    const { node } = await this.#api.execute(ClaimDetailsDocument, { id: claimId }, this.#headers);
    return node?.__typename === "Claim" ? node.evidence : [];
  }

  async readEntityDetails(id: string): Promise<EntityDetails | null> {
    const { node } = await this.#api.execute(EntityDetailsDocument, { id }, this.#headers);
    return node?.__typename === "Claim" ? null : node;
  }

  search(text: string): Promise<SearchMatch[]> {
    return searchEntities(this.#api, text, this.#headers);
  }

  async #readEntityClaims(variables: { id: string; first: number }): Promise<ClaimPageFragment[]> {
    const { asObject, asSubject, node } = await this.#api.execute(EntityClaimsDocument, variables, this.#headers);
    this.#model.collect(node); // the entity itself may have no claims
    return [asSubject, asObject];
  }
}
