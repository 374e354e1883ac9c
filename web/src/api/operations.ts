/** Internal type. DO NOT USE DIRECTLY. */
type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
/** Internal type. DO NOT USE DIRECTLY. */
export type Incremental<T> = T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
import type { DocumentTypeDecoration } from '@graphql-typed-document-node/core';
export type Action =
  | 'UPSERT'
  | 'DELETE'
  | 'CLAIM'
  | 'RETRACT'
  | 'LOAD';

export type Answer =
  | 'HAS'
  | 'LACKS'
  | 'DISPUTED'
  | 'UNKNOWN';

export type Kind =
  | 'FRAMEWORK'
  | 'FRAMEWORK_TYPE'
  | 'FEATURE'
  | 'APPLICATION'
  | 'TECHNOLOGY'
  | 'COMPANY'
  | 'SOURCE';

export type Stance =
  | 'HAS'
  | 'LACKS'
  | 'DISPUTED';

export type StartPageQueryVariables = Exact<{ [key: string]: never; }>;


export type StartPageQuery = { graph: { version: string, lastChange: string | null, kinds: Array<{ kind: Kind, count: number }>, relations: Array<{ relation: string, count: number }> }, sources: { totalCount: number, nodes: Array<{ id: string, name: string, publisher: string | null, published: string | null, url: string | null, homepage: string | null, claims: { totalCount: number } }> } };

export type RecentChangesQueryVariables = Exact<{
  after?: string | null | undefined;
  first: number;
}>;


export type RecentChangesQuery = { changes: { nodes: Array<{ at: string, action: Action, kind: Kind | null, slug: string, count: number, entity:
        | { id: string, name: string }
        | { id: string, name: string }
        | { id: string, name: string }
        | { id: string, name: string }
        | { id: string, name: string }
        | { id: string, name: string }
        | { id: string, name: string }
       | null, claim: { relation: string, object:
          | { name: string }
          | { name: string }
          | { name: string }
          | { name: string }
          | { name: string }
          | { name: string }
          | { name: string }
         } | null }> } };

export type SearchQueryVariables = Exact<{
  text: string;
}>;


export type SearchQuery = { search: { nodes: Array<
      | { __typename: 'Application', id: string, name: string }
      | { __typename: 'Company', id: string, name: string }
      | { __typename: 'Feature', id: string, name: string }
      | { __typename: 'Framework', id: string, name: string }
      | { __typename: 'FrameworkType', id: string, name: string }
      | { __typename: 'Source', id: string, name: string }
      | { __typename: 'Technology', id: string, name: string }
    > } };

export type AllClaimsQueryVariables = Exact<{
  first: number;
  after?: string | null | undefined;
}>;


export type AllClaimsQuery = { claims: { totalCount: number, pageInfo: { hasNextPage: boolean, endCursor: string | null }, nodes: Array<AtlasClaimFragment> } };

export type EntityClaimsQueryVariables = Exact<{
  id: string | number;
  first: number;
}>;


export type EntityClaimsQuery = { node:
    | AtlasEntity_Application_Fragment
    | AtlasEntity_Company_Fragment
    | AtlasEntity_Feature_Fragment
    | AtlasEntity_Framework_Fragment
    | AtlasEntity_FrameworkType_Fragment
    | AtlasEntity_Source_Fragment
    | AtlasEntity_Technology_Fragment
    | Record<PropertyKey, never>
   | null, asSubject: ClaimPageFragment, asObject: ClaimPageFragment };

export type SourceClaimsQueryVariables = Exact<{
  id: string | number;
  first: number;
}>;


export type SourceClaimsQuery = { claims: ClaimPageFragment };

export type ClaimDetailsQueryVariables = Exact<{
  id: string | number;
}>;


export type ClaimDetailsQuery = { node:
    | { __typename: 'Application' }
    | { __typename: 'Claim', evidence: Array<{ supports: boolean, note: string, locator: string | null, source: { name: string, publisher: string | null, published: string | null, url: string | null } }> }
    | { __typename: 'Company' }
    | { __typename: 'Feature' }
    | { __typename: 'Framework' }
    | { __typename: 'FrameworkType' }
    | { __typename: 'Source' }
    | { __typename: 'Technology' }
   | null };

export type EntityDetailsQueryVariables = Exact<{
  id: string | number;
}>;


export type EntityDetailsQuery = { node:
    | { __typename: 'Application', summary: string | null, homepage: string | null, aliases: Array<string> }
    | { __typename: 'Claim' }
    | { __typename: 'Company', summary: string | null, homepage: string | null, aliases: Array<string> }
    | { __typename: 'Feature', summary: string | null, homepage: string | null, aliases: Array<string> }
    | { __typename: 'Framework', summary: string | null, homepage: string | null, aliases: Array<string> }
    | { __typename: 'FrameworkType', summary: string | null, homepage: string | null, aliases: Array<string> }
    | { __typename: 'Source', summary: string | null, homepage: string | null, aliases: Array<string>, url: string | null }
    | { __typename: 'Technology', summary: string | null, homepage: string | null, aliases: Array<string> }
   | null };

export type ClaimPageFragment = { totalCount: number, nodes: Array<AtlasClaimFragment> };

type AtlasEntity_Application_Fragment = { atlasKind: 'Application', atlasId: string, atlasName: string };

type AtlasEntity_Company_Fragment = { atlasKind: 'Company', atlasId: string, atlasName: string };

type AtlasEntity_Feature_Fragment = { atlasKind: 'Feature', atlasId: string, atlasName: string };

type AtlasEntity_Framework_Fragment = { atlasKind: 'Framework', atlasId: string, atlasName: string };

type AtlasEntity_FrameworkType_Fragment = { atlasKind: 'FrameworkType', atlasId: string, atlasName: string };

type AtlasEntity_Source_Fragment = { atlasKind: 'Source', atlasId: string, atlasName: string };

type AtlasEntity_Technology_Fragment = { atlasKind: 'Technology', atlasId: string, atlasName: string };

export type AtlasEntityFragment =
  | AtlasEntity_Application_Fragment
  | AtlasEntity_Company_Fragment
  | AtlasEntity_Feature_Fragment
  | AtlasEntity_Framework_Fragment
  | AtlasEntity_FrameworkType_Fragment
  | AtlasEntity_Source_Fragment
  | AtlasEntity_Technology_Fragment
;

export type AtlasClaimFragment = { atlasClaim: string, atlasRelation: string, atlasStance: Stance, atlasConfidence: number, atlasSubject:
    | AtlasEntity_Application_Fragment
    | AtlasEntity_Company_Fragment
    | AtlasEntity_Feature_Fragment
    | AtlasEntity_Framework_Fragment
    | AtlasEntity_FrameworkType_Fragment
    | AtlasEntity_Source_Fragment
    | AtlasEntity_Technology_Fragment
  , atlasObject:
    | AtlasEntity_Application_Fragment
    | AtlasEntity_Company_Fragment
    | AtlasEntity_Feature_Fragment
    | AtlasEntity_Framework_Fragment
    | AtlasEntity_FrameworkType_Fragment
    | AtlasEntity_Source_Fragment
    | AtlasEntity_Technology_Fragment
   };

export type AtlasComparisonFragment = { atlasFrameworks: Array<AtlasEntity_Framework_Fragment>, atlasRows: Array<{ relation: string, target:
      | AtlasEntity_Application_Fragment
      | AtlasEntity_Company_Fragment
      | AtlasEntity_Feature_Fragment
      | AtlasEntity_Framework_Fragment
      | AtlasEntity_FrameworkType_Fragment
      | AtlasEntity_Source_Fragment
      | AtlasEntity_Technology_Fragment
    , cells: Array<{ value: Answer, claim: AtlasClaimFragment | null }> }> };

export type AtlasPathFragment = { atlasCertainty: number, atlasSteps: Array<{ relation: string, from:
      | AtlasEntity_Application_Fragment
      | AtlasEntity_Company_Fragment
      | AtlasEntity_Feature_Fragment
      | AtlasEntity_Framework_Fragment
      | AtlasEntity_FrameworkType_Fragment
      | AtlasEntity_Source_Fragment
      | AtlasEntity_Technology_Fragment
    , to:
      | AtlasEntity_Application_Fragment
      | AtlasEntity_Company_Fragment
      | AtlasEntity_Feature_Fragment
      | AtlasEntity_Framework_Fragment
      | AtlasEntity_FrameworkType_Fragment
      | AtlasEntity_Source_Fragment
      | AtlasEntity_Technology_Fragment
    , claim: AtlasClaimFragment }> };

export type AtlasRecommendationFragment = { score: number, framework: AtlasEntity_Framework_Fragment, reasons: Array<{ requirement: string, answer: Answer, weight: number, target:
      | AtlasEntity_Application_Fragment
      | AtlasEntity_Company_Fragment
      | AtlasEntity_Feature_Fragment
      | AtlasEntity_Framework_Fragment
      | AtlasEntity_FrameworkType_Fragment
      | AtlasEntity_Source_Fragment
      | AtlasEntity_Technology_Fragment
     | null, claim: AtlasClaimFragment | null }> };

export type AtlasRecommendationsFragment = { atlasBest: Array<AtlasRecommendationFragment>, atlasNearMisses: Array<AtlasRecommendationFragment> };

export class TypedDocumentString<TResult, TVariables>
  extends String
  implements DocumentTypeDecoration<TResult, TVariables>
{
  __apiType?: NonNullable<DocumentTypeDecoration<TResult, TVariables>['__apiType']>;
  private value: string;
  public __meta__?: Record<string, any> | undefined;

  constructor(value: string, __meta__?: Record<string, any> | undefined) {
    super(value);
    this.value = value;
    this.__meta__ = __meta__;
  }

  override toString(): string & DocumentTypeDecoration<TResult, TVariables> {
    return this.value;
  }
}
export const AtlasEntityFragmentDoc = /*#__PURE__*/ new TypedDocumentString(`
    fragment AtlasEntity on Entity {
  atlasKind: __typename
  atlasId: id
  atlasName: name
}
    `, {"fragmentName":"AtlasEntity"}) as unknown as TypedDocumentString<AtlasEntityFragment, unknown>;
export const AtlasClaimFragmentDoc = /*#__PURE__*/ new TypedDocumentString(`
    fragment AtlasClaim on Claim {
  atlasClaim: id
  atlasRelation: relation
  atlasStance: stance
  atlasConfidence: confidence
  atlasSubject: subject {
    ...AtlasEntity
  }
  atlasObject: object {
    ...AtlasEntity
  }
}
    fragment AtlasEntity on Entity {
  atlasKind: __typename
  atlasId: id
  atlasName: name
}`, {"fragmentName":"AtlasClaim"}) as unknown as TypedDocumentString<AtlasClaimFragment, unknown>;
export const ClaimPageFragmentDoc = /*#__PURE__*/ new TypedDocumentString(`
    fragment ClaimPage on ClaimConnection {
  totalCount
  nodes {
    ...AtlasClaim
  }
}
    fragment AtlasEntity on Entity {
  atlasKind: __typename
  atlasId: id
  atlasName: name
}
fragment AtlasClaim on Claim {
  atlasClaim: id
  atlasRelation: relation
  atlasStance: stance
  atlasConfidence: confidence
  atlasSubject: subject {
    ...AtlasEntity
  }
  atlasObject: object {
    ...AtlasEntity
  }
}`, {"fragmentName":"ClaimPage"}) as unknown as TypedDocumentString<ClaimPageFragment, unknown>;
export const AtlasComparisonFragmentDoc = /*#__PURE__*/ new TypedDocumentString(`
    fragment AtlasComparison on Comparison {
  atlasFrameworks: frameworks {
    ...AtlasEntity
  }
  atlasRows: rows {
    relation
    target {
      ...AtlasEntity
    }
    cells {
      value
      claim {
        ...AtlasClaim
      }
    }
  }
}
    fragment AtlasEntity on Entity {
  atlasKind: __typename
  atlasId: id
  atlasName: name
}
fragment AtlasClaim on Claim {
  atlasClaim: id
  atlasRelation: relation
  atlasStance: stance
  atlasConfidence: confidence
  atlasSubject: subject {
    ...AtlasEntity
  }
  atlasObject: object {
    ...AtlasEntity
  }
}`, {"fragmentName":"AtlasComparison"}) as unknown as TypedDocumentString<AtlasComparisonFragment, unknown>;
export const AtlasPathFragmentDoc = /*#__PURE__*/ new TypedDocumentString(`
    fragment AtlasPath on Path {
  atlasCertainty: confidence
  atlasSteps: steps {
    from {
      ...AtlasEntity
    }
    relation
    to {
      ...AtlasEntity
    }
    claim {
      ...AtlasClaim
    }
  }
}
    fragment AtlasEntity on Entity {
  atlasKind: __typename
  atlasId: id
  atlasName: name
}
fragment AtlasClaim on Claim {
  atlasClaim: id
  atlasRelation: relation
  atlasStance: stance
  atlasConfidence: confidence
  atlasSubject: subject {
    ...AtlasEntity
  }
  atlasObject: object {
    ...AtlasEntity
  }
}`, {"fragmentName":"AtlasPath"}) as unknown as TypedDocumentString<AtlasPathFragment, unknown>;
export const AtlasRecommendationFragmentDoc = /*#__PURE__*/ new TypedDocumentString(`
    fragment AtlasRecommendation on Recommendation {
  framework {
    ...AtlasEntity
  }
  score
  reasons {
    requirement
    target {
      ...AtlasEntity
    }
    answer
    weight
    claim {
      ...AtlasClaim
    }
  }
}
    fragment AtlasEntity on Entity {
  atlasKind: __typename
  atlasId: id
  atlasName: name
}
fragment AtlasClaim on Claim {
  atlasClaim: id
  atlasRelation: relation
  atlasStance: stance
  atlasConfidence: confidence
  atlasSubject: subject {
    ...AtlasEntity
  }
  atlasObject: object {
    ...AtlasEntity
  }
}`, {"fragmentName":"AtlasRecommendation"}) as unknown as TypedDocumentString<AtlasRecommendationFragment, unknown>;
export const AtlasRecommendationsFragmentDoc = /*#__PURE__*/ new TypedDocumentString(`
    fragment AtlasRecommendations on Recommendations {
  atlasBest: best {
    ...AtlasRecommendation
  }
  atlasNearMisses: nearMisses {
    ...AtlasRecommendation
  }
}
    fragment AtlasEntity on Entity {
  atlasKind: __typename
  atlasId: id
  atlasName: name
}
fragment AtlasClaim on Claim {
  atlasClaim: id
  atlasRelation: relation
  atlasStance: stance
  atlasConfidence: confidence
  atlasSubject: subject {
    ...AtlasEntity
  }
  atlasObject: object {
    ...AtlasEntity
  }
}
fragment AtlasRecommendation on Recommendation {
  framework {
    ...AtlasEntity
  }
  score
  reasons {
    requirement
    target {
      ...AtlasEntity
    }
    answer
    weight
    claim {
      ...AtlasClaim
    }
  }
}`, {"fragmentName":"AtlasRecommendations"}) as unknown as TypedDocumentString<AtlasRecommendationsFragment, unknown>;
export const StartPageDocument = /*#__PURE__*/ new TypedDocumentString(`
    query StartPage {
  graph {
    version
    lastChange
    kinds {
      kind
      count
    }
    relations {
      relation
      count
    }
  }
  sources(first: 50) {
    totalCount
    nodes {
      id
      name
      publisher
      published
      url
      homepage
      claims {
        totalCount
      }
    }
  }
}
    `) as unknown as TypedDocumentString<StartPageQuery, StartPageQueryVariables>;
export const RecentChangesDocument = /*#__PURE__*/ new TypedDocumentString(`
    query RecentChanges($after: String, $first: Int!) {
  changes(after: $after, first: $first) {
    nodes {
      at
      action
      kind
      slug
      count
      entity {
        id
        name
      }
      claim {
        relation
        object {
          name
        }
      }
    }
  }
}
    `) as unknown as TypedDocumentString<RecentChangesQuery, RecentChangesQueryVariables>;
export const SearchDocument = /*#__PURE__*/ new TypedDocumentString(`
    query Search($text: String!) {
  search(text: $text, first: 8) {
    nodes {
      __typename
      id
      name
    }
  }
}
    `) as unknown as TypedDocumentString<SearchQuery, SearchQueryVariables>;
export const AllClaimsDocument = /*#__PURE__*/ new TypedDocumentString(`
    query AllClaims($first: Int!, $after: String) {
  claims(first: $first, after: $after) {
    totalCount
    pageInfo {
      hasNextPage
      endCursor
    }
    nodes {
      ...AtlasClaim
    }
  }
}
    fragment AtlasEntity on Entity {
  atlasKind: __typename
  atlasId: id
  atlasName: name
}
fragment AtlasClaim on Claim {
  atlasClaim: id
  atlasRelation: relation
  atlasStance: stance
  atlasConfidence: confidence
  atlasSubject: subject {
    ...AtlasEntity
  }
  atlasObject: object {
    ...AtlasEntity
  }
}`) as unknown as TypedDocumentString<AllClaimsQuery, AllClaimsQueryVariables>;
export const EntityClaimsDocument = /*#__PURE__*/ new TypedDocumentString(`
    query EntityClaims($id: ID!, $first: Int!) {
  node(id: $id) {
    ...AtlasEntity
  }
  asSubject: claims(first: $first, where: {subject: $id}) {
    ...ClaimPage
  }
  asObject: claims(first: $first, where: {object: $id}) {
    ...ClaimPage
  }
}
    fragment ClaimPage on ClaimConnection {
  totalCount
  nodes {
    ...AtlasClaim
  }
}
fragment AtlasEntity on Entity {
  atlasKind: __typename
  atlasId: id
  atlasName: name
}
fragment AtlasClaim on Claim {
  atlasClaim: id
  atlasRelation: relation
  atlasStance: stance
  atlasConfidence: confidence
  atlasSubject: subject {
    ...AtlasEntity
  }
  atlasObject: object {
    ...AtlasEntity
  }
}`) as unknown as TypedDocumentString<EntityClaimsQuery, EntityClaimsQueryVariables>;
export const SourceClaimsDocument = /*#__PURE__*/ new TypedDocumentString(`
    query SourceClaims($id: ID!, $first: Int!) {
  claims(first: $first, where: {source: $id}) {
    ...ClaimPage
  }
}
    fragment ClaimPage on ClaimConnection {
  totalCount
  nodes {
    ...AtlasClaim
  }
}
fragment AtlasEntity on Entity {
  atlasKind: __typename
  atlasId: id
  atlasName: name
}
fragment AtlasClaim on Claim {
  atlasClaim: id
  atlasRelation: relation
  atlasStance: stance
  atlasConfidence: confidence
  atlasSubject: subject {
    ...AtlasEntity
  }
  atlasObject: object {
    ...AtlasEntity
  }
}`) as unknown as TypedDocumentString<SourceClaimsQuery, SourceClaimsQueryVariables>;
export const ClaimDetailsDocument = /*#__PURE__*/ new TypedDocumentString(`
    query ClaimDetails($id: ID!) {
  node(id: $id) {
    __typename
    ... on Claim {
      evidence {
        supports
        note
        locator
        source {
          name
          publisher
          published
          url
        }
      }
    }
  }
}
    `) as unknown as TypedDocumentString<ClaimDetailsQuery, ClaimDetailsQueryVariables>;
export const EntityDetailsDocument = /*#__PURE__*/ new TypedDocumentString(`
    query EntityDetails($id: ID!) {
  node(id: $id) {
    __typename
    ... on Entity {
      summary
      homepage
      aliases
    }
    ... on Source {
      url
    }
  }
}
    `) as unknown as TypedDocumentString<EntityDetailsQuery, EntityDetailsQueryVariables>;