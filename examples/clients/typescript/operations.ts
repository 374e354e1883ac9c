/** Internal type. DO NOT USE DIRECTLY. */
type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
/** Internal type. DO NOT USE DIRECTLY. */
export type Incremental<T> = T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
import type { TypedDocumentNode as DocumentNode } from '@graphql-typed-document-node/core';
/** The type of a change. */
export type Action =
  /** An entity was created or updated. */
  | 'UPSERT'
  /** An entity was deleted, together with its claims. */
  | 'DELETE'
  /** Evidence of a source was added or replaced. */
  | 'CLAIM'
  /** Evidence of a source was removed. */
  | 'RETRACT'
  /** A batch of entities and claims was loaded. */
  | 'LOAD';

/** The category of an application. */
export type ApplicationCategory =
  /** A use case, such as API development. */
  | 'USE_CASE'
  /** An industry, such as e-commerce. */
  | 'INDUSTRY'
  /** A project size, such as small projects. */
  | 'PROJECT_SIZE'
  /** A target group, such as beginners or startups. */
  | 'AUDIENCE';

/** Conditions on applications. An entity must match all of them. */
export type ApplicationFilter = {
  /** Condition on `slug`. */
  slug?: TextFilter | null | undefined;
  /** Condition on the name or one of the aliases. */
  name?: TextFilter | null | undefined;
  /** Condition on `summary`. */
  summary?: TextFilter | null | undefined;
  /** The value of `category` must be one of these. */
  category?: Array<ApplicationCategory> | null | undefined;
  /** Condition on the entities in `frameworks`. */
  frameworks?: FrameworkRelation | null | undefined;
  /** Condition on the entities in `frameworkTypes`. */
  frameworkTypes?: FrameworkTypeRelation | null | undefined;
  /** Condition on the entities in `technologies`. */
  technologies?: TechnologyRelation | null | undefined;
  /** All of these filters must match. */
  and?: Array<ApplicationFilter> | null | undefined;
  /** At least one of these filters must match. */
  or?: Array<ApplicationFilter> | null | undefined;
  /** This filter must not match. */
  not?: ApplicationFilter | null | undefined;
};

/** Conditions on related applications. All of them must match. Without `some`, `none`, `all` and `count`, at least one must be known. */
export type ApplicationRelation = {
  /** At least one of the applications matches. */
  some?: ApplicationFilter | null | undefined;
  /** None of the known applications match. This does not mean that a source denies the relation. */
  none?: ApplicationFilter | null | undefined;
  /** All known applications match; also true if none are known. */
  all?: ApplicationFilter | null | undefined;
  /** Condition on the number of known applications. */
  count?: IntFilter | null | undefined;
  /** Ignore claims with a lower confidence than this, 0 to 1. */
  minConfidence?: number | null | undefined;
  /** Ignore claims with other stances than these. */
  stance?: Array<Stance> | null | undefined;
};

/** Sort by a field of the claim that relates an entity to its parent. Give exactly one field. */
export type ClaimSort =
  {   /** Sort by the confidence of the claim. */
  confidence: Sort; firstSeen?: never; lastSeen?: never; }
  |  { confidence?: never;   /** Sort by the date of the oldest source. */
  firstSeen: Sort; lastSeen?: never; }
  |  { confidence?: never; firstSeen?: never;   /** Sort by the date of the latest source. */
  lastSeen: Sort; };

/** Conditions on companies. An entity must match all of them. */
export type CompanyFilter = {
  /** Condition on `slug`. */
  slug?: TextFilter | null | undefined;
  /** Condition on the name or one of the aliases. */
  name?: TextFilter | null | undefined;
  /** Condition on `summary`. */
  summary?: TextFilter | null | undefined;
  /** Condition on the entities in `uses`. */
  uses?: FrameworkRelation | null | undefined;
  /** All of these filters must match. */
  and?: Array<CompanyFilter> | null | undefined;
  /** At least one of these filters must match. */
  or?: Array<CompanyFilter> | null | undefined;
  /** This filter must not match. */
  not?: CompanyFilter | null | undefined;
};

/** Conditions on related companies. All of them must match. Without `some`, `none`, `all` and `count`, at least one must be known. */
export type CompanyRelation = {
  /** At least one of the companies matches. */
  some?: CompanyFilter | null | undefined;
  /** None of the known companies match. This does not mean that a source denies the relation. */
  none?: CompanyFilter | null | undefined;
  /** All known companies match; also true if none are known. */
  all?: CompanyFilter | null | undefined;
  /** Condition on the number of known companies. */
  count?: IntFilter | null | undefined;
  /** Ignore claims with a lower confidence than this, 0 to 1. */
  minConfidence?: number | null | undefined;
  /** Ignore claims with other stances than these. */
  stance?: Array<Stance> | null | undefined;
};

/** Sort by the number of related entities. */
export type CountSort = {
  /** Direction in which to sort by the number. */
  count: Sort;
};

/** The category of a feature. */
export type FeatureCategory =
  /** A function, such as asynchronous programming. */
  | 'CAPABILITY'
  /** A quality, such as scalability or clean syntax. */
  | 'QUALITY'
  /** A design principle, such as modularity. */
  | 'PRINCIPLE'
  /** A security function, such as CSRF protection. */
  | 'SECURITY'
  /** The status of the project, such as open source or popularity. */
  | 'STATUS';

/** Conditions on features. An entity must match all of them. */
export type FeatureFilter = {
  /** Condition on `slug`. */
  slug?: TextFilter | null | undefined;
  /** Condition on the name or one of the aliases. */
  name?: TextFilter | null | undefined;
  /** Condition on `summary`. */
  summary?: TextFilter | null | undefined;
  /** The value of `category` must be one of these. */
  category?: Array<FeatureCategory> | null | undefined;
  /** Condition on the entities in `frameworks`. */
  frameworks?: FrameworkRelation | null | undefined;
  /** Condition on the entities in `frameworkTypes`. */
  frameworkTypes?: FrameworkTypeRelation | null | undefined;
  /** Condition on the entities in `technologies`. */
  technologies?: TechnologyRelation | null | undefined;
  /** All of these filters must match. */
  and?: Array<FeatureFilter> | null | undefined;
  /** At least one of these filters must match. */
  or?: Array<FeatureFilter> | null | undefined;
  /** This filter must not match. */
  not?: FeatureFilter | null | undefined;
};

/** Conditions on related features. All of them must match. Without `some`, `none`, `all` and `count`, at least one must be known. */
export type FeatureRelation = {
  /** At least one of the features matches. */
  some?: FeatureFilter | null | undefined;
  /** None of the known features match. This does not mean that a source denies the relation. */
  none?: FeatureFilter | null | undefined;
  /** All known features match; also true if none are known. */
  all?: FeatureFilter | null | undefined;
  /** Condition on the number of known features. */
  count?: IntFilter | null | undefined;
  /** Ignore claims with a lower confidence than this, 0 to 1. */
  minConfidence?: number | null | undefined;
  /** Ignore claims with other stances than these. */
  stance?: Array<Stance> | null | undefined;
};

/** Conditions on frameworks. An entity must match all of them. */
export type FrameworkFilter = {
  /** Condition on `slug`. */
  slug?: TextFilter | null | undefined;
  /** Condition on the name or one of the aliases. */
  name?: TextFilter | null | undefined;
  /** Condition on `summary`. */
  summary?: TextFilter | null | undefined;
  /** Condition on the entities in `types`. */
  types?: FrameworkTypeRelation | null | undefined;
  /** Condition on the entities in `features`. */
  features?: FeatureRelation | null | undefined;
  /** Condition on the entities in `applications`. */
  applications?: ApplicationRelation | null | undefined;
  /** Condition on the entities in `technologies`. */
  technologies?: TechnologyRelation | null | undefined;
  /** Condition on the entities in `extends`. */
  extends?: FrameworkRelation | null | undefined;
  /** Condition on the entities in `extendedBy`. */
  extendedBy?: FrameworkRelation | null | undefined;
  /** Condition on the entities in `usedBy`. */
  usedBy?: CompanyRelation | null | undefined;
  /** All of these filters must match. */
  and?: Array<FrameworkFilter> | null | undefined;
  /** At least one of these filters must match. */
  or?: Array<FrameworkFilter> | null | undefined;
  /** This filter must not match. */
  not?: FrameworkFilter | null | undefined;
};

/** The framework to create or update. Omitted fields keep their values; null removes a value. */
export type FrameworkInput = {
  /** Slug of the framework; it is created if it does not exist. */
  slug: string;
  /** Canonical name. Required to create the entity. */
  name?: string | null | undefined;
  /** Other spellings and abbreviations; unique within the kind. Name filters, search and lookups by slug match them. */
  aliases?: Array<string> | null | undefined;
  /** Description in one sentence. */
  summary?: string | null | undefined;
  /** URL of the home page. */
  homepage?: string | null | undefined;
  /** Version of the graph at which the framework was read. The result is a Conflict if it has changed since. */
  expectedVersion?: string | null | undefined;
};

/** A sort criterion; give exactly one field. Entities that compare equal are sorted by slug, null values last. */
export type FrameworkOrder =
  {   /** Sort by `slug`. */
  slug: Sort; name?: never; types?: never; features?: never; applications?: never; technologies?: never; extends?: never; extendedBy?: never; usedBy?: never; claim?: never; }
  |  { slug?: never;   /** Sort by `name`. */
  name: Sort; types?: never; features?: never; applications?: never; technologies?: never; extends?: never; extendedBy?: never; usedBy?: never; claim?: never; }
  |  { slug?: never; name?: never;   /** Sort by the number of entities in `types`. */
  types: CountSort; features?: never; applications?: never; technologies?: never; extends?: never; extendedBy?: never; usedBy?: never; claim?: never; }
  |  { slug?: never; name?: never; types?: never;   /** Sort by the number of entities in `features`. */
  features: CountSort; applications?: never; technologies?: never; extends?: never; extendedBy?: never; usedBy?: never; claim?: never; }
  |  { slug?: never; name?: never; types?: never; features?: never;   /** Sort by the number of entities in `applications`. */
  applications: CountSort; technologies?: never; extends?: never; extendedBy?: never; usedBy?: never; claim?: never; }
  |  { slug?: never; name?: never; types?: never; features?: never; applications?: never;   /** Sort by the number of entities in `technologies`. */
  technologies: CountSort; extends?: never; extendedBy?: never; usedBy?: never; claim?: never; }
  |  { slug?: never; name?: never; types?: never; features?: never; applications?: never; technologies?: never;   /** Sort by the number of entities in `extends`. */
  extends: CountSort; extendedBy?: never; usedBy?: never; claim?: never; }
  |  { slug?: never; name?: never; types?: never; features?: never; applications?: never; technologies?: never; extends?: never;   /** Sort by the number of entities in `extendedBy`. */
  extendedBy: CountSort; usedBy?: never; claim?: never; }
  |  { slug?: never; name?: never; types?: never; features?: never; applications?: never; technologies?: never; extends?: never; extendedBy?: never;   /** Sort by the number of entities in `usedBy`. */
  usedBy: CountSort; claim?: never; }
  |  { slug?: never; name?: never; types?: never; features?: never; applications?: never; technologies?: never; extends?: never; extendedBy?: never; usedBy?: never;   /** Sort by the claim that relates the entity to its parent; not available in root lists. */
  claim: ClaimSort; };

/** Conditions on related frameworks. All of them must match. Without `some`, `none`, `all` and `count`, at least one must be known. */
export type FrameworkRelation = {
  /** At least one of the frameworks matches. */
  some?: FrameworkFilter | null | undefined;
  /** None of the known frameworks match. This does not mean that a source denies the relation. */
  none?: FrameworkFilter | null | undefined;
  /** All known frameworks match; also true if none are known. */
  all?: FrameworkFilter | null | undefined;
  /** Condition on the number of known frameworks. */
  count?: IntFilter | null | undefined;
  /** Ignore claims with a lower confidence than this, 0 to 1. */
  minConfidence?: number | null | undefined;
  /** Ignore claims with other stances than these. */
  stance?: Array<Stance> | null | undefined;
};

/** Conditions on framework types. An entity must match all of them. */
export type FrameworkTypeFilter = {
  /** Condition on `slug`. */
  slug?: TextFilter | null | undefined;
  /** Condition on the name or one of the aliases. */
  name?: TextFilter | null | undefined;
  /** Condition on `summary`. */
  summary?: TextFilter | null | undefined;
  /** Condition on the entities in `features`. */
  features?: FeatureRelation | null | undefined;
  /** Condition on the entities in `applications`. */
  applications?: ApplicationRelation | null | undefined;
  /** Condition on the entities in `technologies`. */
  technologies?: TechnologyRelation | null | undefined;
  /** Condition on the entities in `narrows`. */
  narrows?: FrameworkTypeRelation | null | undefined;
  /** Condition on the entities in `frameworks`. */
  frameworks?: FrameworkRelation | null | undefined;
  /** Condition on the entities in `narrowedBy`. */
  narrowedBy?: FrameworkTypeRelation | null | undefined;
  /** All of these filters must match. */
  and?: Array<FrameworkTypeFilter> | null | undefined;
  /** At least one of these filters must match. */
  or?: Array<FrameworkTypeFilter> | null | undefined;
  /** This filter must not match. */
  not?: FrameworkTypeFilter | null | undefined;
};

/** Conditions on related framework types. All of them must match. Without `some`, `none`, `all` and `count`, at least one must be known. */
export type FrameworkTypeRelation = {
  /** At least one of the framework types matches. */
  some?: FrameworkTypeFilter | null | undefined;
  /** None of the known framework types match. This does not mean that a source denies the relation. */
  none?: FrameworkTypeFilter | null | undefined;
  /** All known framework types match; also true if none are known. */
  all?: FrameworkTypeFilter | null | undefined;
  /** Condition on the number of known framework types. */
  count?: IntFilter | null | undefined;
  /** Ignore claims with a lower confidence than this, 0 to 1. */
  minConfidence?: number | null | undefined;
  /** Ignore claims with other stances than these. */
  stance?: Array<Stance> | null | undefined;
};

/** Conditions on an integer. A value must match all of them. `eq: null` matches missing values, `ne: null` matches present ones; any other null is ignored. */
export type IntFilter = {
  /** Equal to this value. */
  eq?: number | null | undefined;
  /** Not equal to this value. */
  ne?: number | null | undefined;
  /** Less than this value. */
  lt?: number | null | undefined;
  /** Less than or equal to this value. */
  lte?: number | null | undefined;
  /** Greater than this value. */
  gt?: number | null | undefined;
  /** Greater than or equal to this value. */
  gte?: number | null | undefined;
  /** Equal to one of these values. */
  in?: Array<number> | null | undefined;
};

/** The direction of a sort order. */
export type Sort =
  /** Ascending. */
  | 'ASC'
  /** Descending. */
  | 'DESC';

/** The combined position of all sources on a claim. */
export type Stance =
  /** All sources confirm the relation. */
  | 'HAS'
  /** All sources deny the relation. */
  | 'LACKS'
  /** Some sources confirm the relation, others deny it. */
  | 'DISPUTED';

/** The category of a technology. */
export type TechnologyCategory =
  /** A programming language, such as Python. */
  | 'LANGUAGE'
  /** A library, such as NumPy. */
  | 'LIBRARY'
  /** A database, such as PostgreSQL. */
  | 'DATABASE'
  /** A cache, such as Redis. */
  | 'CACHE'
  /** A standard or specification, such as GraphQL or WSGI. */
  | 'STANDARD'
  /** A network protocol, such as HTTP. */
  | 'PROTOCOL'
  /** A tool or field of technology, such as machine learning. */
  | 'TOOL';

/** Conditions on technologies. An entity must match all of them. */
export type TechnologyFilter = {
  /** Condition on `slug`. */
  slug?: TextFilter | null | undefined;
  /** Condition on the name or one of the aliases. */
  name?: TextFilter | null | undefined;
  /** Condition on `summary`. */
  summary?: TextFilter | null | undefined;
  /** The value of `category` must be one of these. */
  category?: Array<TechnologyCategory> | null | undefined;
  /** Condition on the entities in `features`. */
  features?: FeatureRelation | null | undefined;
  /** Condition on the entities in `applications`. */
  applications?: ApplicationRelation | null | undefined;
  /** Condition on the entities in `technologies`. */
  technologies?: TechnologyRelation | null | undefined;
  /** Condition on the entities in `frameworks`. */
  frameworks?: FrameworkRelation | null | undefined;
  /** Condition on the entities in `frameworkTypes`. */
  frameworkTypes?: FrameworkTypeRelation | null | undefined;
  /** Condition on the entities in `workedWithBy`. */
  workedWithBy?: TechnologyRelation | null | undefined;
  /** All of these filters must match. */
  and?: Array<TechnologyFilter> | null | undefined;
  /** At least one of these filters must match. */
  or?: Array<TechnologyFilter> | null | undefined;
  /** This filter must not match. */
  not?: TechnologyFilter | null | undefined;
};

/** Conditions on related technologies. All of them must match. Without `some`, `none`, `all` and `count`, at least one must be known. */
export type TechnologyRelation = {
  /** At least one of the technologies matches. */
  some?: TechnologyFilter | null | undefined;
  /** None of the known technologies match. This does not mean that a source denies the relation. */
  none?: TechnologyFilter | null | undefined;
  /** All known technologies match; also true if none are known. */
  all?: TechnologyFilter | null | undefined;
  /** Condition on the number of known technologies. */
  count?: IntFilter | null | undefined;
  /** Ignore claims with a lower confidence than this, 0 to 1. */
  minConfidence?: number | null | undefined;
  /** Ignore claims with other stances than these. */
  stance?: Array<Stance> | null | undefined;
};

/** Conditions on a text, without regard to case and accents. A value must match all of them. `eq: null` matches missing values, `ne: null` matches present ones; any other null is ignored. */
export type TextFilter = {
  /** Equal to this value. */
  eq?: string | null | undefined;
  /** Not equal to this value. */
  ne?: string | null | undefined;
  /** Equal to one of these values. */
  in?: Array<string> | null | undefined;
  /** Equal to none of these values. */
  notIn?: Array<string> | null | undefined;
  /** Contains this text. */
  contains?: string | null | undefined;
  /** Starts with this text. */
  startsWith?: string | null | undefined;
  /** Ends with this text. */
  endsWith?: string | null | undefined;
};

export type FrameworksQueryVariables = Exact<{
  where?: FrameworkFilter | null | undefined;
  orderBy?: Array<FrameworkOrder> | FrameworkOrder | null | undefined;
  first?: number | null | undefined;
}>;


export type FrameworksQuery = { frameworks: { totalCount: number, nodes: Array<{ id: string, name: string, features: { edges: Array<{ node: { id: string, name: string }, claim: { stance: Stance, confidence: number } | null }> } }> } };

export type VersionQueryVariables = Exact<{ [key: string]: never; }>;


export type VersionQuery = { graph: { version: string } };

export type WriteMutationVariables = Exact<{
  input: FrameworkInput;
}>;


export type WriteMutation = { upsertFramework:
    | { __typename: 'UpsertedFramework', version: string, framework: { id: string, name: string } }
    | { __typename: 'Conflict', message: string }
    | { __typename: 'InvalidInput', message: string }
    | { __typename: 'NotAuthorized', message: string }
   };

export type ChangesSubscriptionVariables = Exact<{
  after?: string | null | undefined;
}>;


export type ChangesSubscription = { changes: { cursor: string, action: Action, slug: string } };


export const FrameworksDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"Frameworks"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"where"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"FrameworkFilter"}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"orderBy"}},"type":{"kind":"ListType","type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"FrameworkOrder"}}}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"first"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"Int"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"frameworks"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"where"},"value":{"kind":"Variable","name":{"kind":"Name","value":"where"}}},{"kind":"Argument","name":{"kind":"Name","value":"orderBy"},"value":{"kind":"Variable","name":{"kind":"Name","value":"orderBy"}}},{"kind":"Argument","name":{"kind":"Name","value":"first"},"value":{"kind":"Variable","name":{"kind":"Name","value":"first"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"totalCount"}},{"kind":"Field","name":{"kind":"Name","value":"nodes"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"name"}},{"kind":"Field","name":{"kind":"Name","value":"features"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"first"},"value":{"kind":"IntValue","value":"1"}},{"kind":"Argument","name":{"kind":"Name","value":"orderBy"},"value":{"kind":"ListValue","values":[{"kind":"ObjectValue","fields":[{"kind":"ObjectField","name":{"kind":"Name","value":"claim"},"value":{"kind":"ObjectValue","fields":[{"kind":"ObjectField","name":{"kind":"Name","value":"confidence"},"value":{"kind":"EnumValue","value":"DESC"}}]}}]}]}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"edges"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"node"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"name"}}]}},{"kind":"Field","name":{"kind":"Name","value":"claim"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"stance"}},{"kind":"Field","name":{"kind":"Name","value":"confidence"}}]}}]}}]}}]}}]}}]}}]} as unknown as DocumentNode<FrameworksQuery, FrameworksQueryVariables>;
export const VersionDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"Version"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"graph"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"version"}}]}}]}}]} as unknown as DocumentNode<VersionQuery, VersionQueryVariables>;
export const WriteDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"Write"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"input"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"FrameworkInput"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"upsertFramework"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"Variable","name":{"kind":"Name","value":"input"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"__typename"}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"UpsertedFramework"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"version"}},{"kind":"Field","name":{"kind":"Name","value":"framework"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"name"}}]}}]}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"Problem"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"message"}}]}}]}}]}}]} as unknown as DocumentNode<WriteMutation, WriteMutationVariables>;
export const ChangesDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"subscription","name":{"kind":"Name","value":"Changes"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"after"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"String"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"changes"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"after"},"value":{"kind":"Variable","name":{"kind":"Name","value":"after"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"cursor"}},{"kind":"Field","name":{"kind":"Name","value":"action"}},{"kind":"Field","name":{"kind":"Name","value":"slug"}}]}}]}}]} as unknown as DocumentNode<ChangesSubscription, ChangesSubscriptionVariables>;