/** Internal type. DO NOT USE DIRECTLY. */
type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
/** Internal type. DO NOT USE DIRECTLY. */
export type Incremental<T> = T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
import type { TypedDocumentNode as DocumentNode } from '@graphql-typed-document-node/core';
/** What was done. */
export type Action =
  /** An entity was made or changed. */
  | 'UPSERT'
  /** An entity was removed, and all claims about it. */
  | 'DELETE'
  /** A source said something. */
  | 'CLAIM'
  /** A source took something back. */
  | 'RETRACT'
  /** A batch of entities and claims was loaded at once. */
  | 'LOAD';

/** What sort of application it is. */
export type ApplicationCategory =
  | 'USE_CASE'
  | 'INDUSTRY'
  | 'PROJECT_SIZE'
  | 'AUDIENCE';

/** All that is given must hold. */
export type ApplicationFilter = {
  slug?: TextFilter | null | undefined;
  name?: TextFilter | null | undefined;
  summary?: TextFilter | null | undefined;
  category?: Array<ApplicationCategory> | null | undefined;
  frameworks?: FrameworkRelation | null | undefined;
  frameworkTypes?: FrameworkTypeRelation | null | undefined;
  technologies?: TechnologyRelation | null | undefined;
  and?: Array<ApplicationFilter> | null | undefined;
  or?: Array<ApplicationFilter> | null | undefined;
  not?: ApplicationFilter | null | undefined;
};

/** All that is given must hold; with neither some, none, all nor count: at least one is known. `none` means: none known. */
export type ApplicationRelation = {
  /** At least one matches. */
  some?: ApplicationFilter | null | undefined;
  /** None known matches; not a no, since what no source says is unknown. */
  none?: ApplicationFilter | null | undefined;
  /** Every one known matches; so it holds where none is known. */
  all?: ApplicationFilter | null | undefined;
  /** How many are known. */
  count?: IntFilter | null | undefined;
  /** Look only at claims of at least this confidence, 0 to 1. */
  minConfidence?: number | null | undefined;
  /** Look only at claims of these stances. */
  stance?: Array<Stance> | null | undefined;
};

/** By one thing about the claim that led there. */
export type ClaimSort =
  {   confidence: Sort; firstSeen?: never; lastSeen?: never; }
  |  { confidence?: never;   firstSeen: Sort; lastSeen?: never; }
  |  { confidence?: never; firstSeen?: never;   lastSeen: Sort; };

/** All that is given must hold. */
export type CompanyFilter = {
  slug?: TextFilter | null | undefined;
  name?: TextFilter | null | undefined;
  summary?: TextFilter | null | undefined;
  uses?: FrameworkRelation | null | undefined;
  and?: Array<CompanyFilter> | null | undefined;
  or?: Array<CompanyFilter> | null | undefined;
  not?: CompanyFilter | null | undefined;
};

/** All that is given must hold; with neither some, none, all nor count: at least one is known. `none` means: none known. */
export type CompanyRelation = {
  /** At least one matches. */
  some?: CompanyFilter | null | undefined;
  /** None known matches; not a no, since what no source says is unknown. */
  none?: CompanyFilter | null | undefined;
  /** Every one known matches; so it holds where none is known. */
  all?: CompanyFilter | null | undefined;
  /** How many are known. */
  count?: IntFilter | null | undefined;
  /** Look only at claims of at least this confidence, 0 to 1. */
  minConfidence?: number | null | undefined;
  /** Look only at claims of these stances. */
  stance?: Array<Stance> | null | undefined;
};

/** By how many there are. */
export type CountSort = {
  count: Sort;
};

/** What sort of feature it is. */
export type FeatureCategory =
  | 'CAPABILITY'
  | 'QUALITY'
  | 'PRINCIPLE'
  | 'SECURITY'
  | 'STATUS';

/** All that is given must hold. */
export type FeatureFilter = {
  slug?: TextFilter | null | undefined;
  name?: TextFilter | null | undefined;
  summary?: TextFilter | null | undefined;
  category?: Array<FeatureCategory> | null | undefined;
  frameworks?: FrameworkRelation | null | undefined;
  frameworkTypes?: FrameworkTypeRelation | null | undefined;
  technologies?: TechnologyRelation | null | undefined;
  and?: Array<FeatureFilter> | null | undefined;
  or?: Array<FeatureFilter> | null | undefined;
  not?: FeatureFilter | null | undefined;
};

/** All that is given must hold; with neither some, none, all nor count: at least one is known. `none` means: none known. */
export type FeatureRelation = {
  /** At least one matches. */
  some?: FeatureFilter | null | undefined;
  /** None known matches; not a no, since what no source says is unknown. */
  none?: FeatureFilter | null | undefined;
  /** Every one known matches; so it holds where none is known. */
  all?: FeatureFilter | null | undefined;
  /** How many are known. */
  count?: IntFilter | null | undefined;
  /** Look only at claims of at least this confidence, 0 to 1. */
  minConfidence?: number | null | undefined;
  /** Look only at claims of these stances. */
  stance?: Array<Stance> | null | undefined;
};

/** All that is given must hold. */
export type FrameworkFilter = {
  slug?: TextFilter | null | undefined;
  name?: TextFilter | null | undefined;
  summary?: TextFilter | null | undefined;
  types?: FrameworkTypeRelation | null | undefined;
  features?: FeatureRelation | null | undefined;
  applications?: ApplicationRelation | null | undefined;
  technologies?: TechnologyRelation | null | undefined;
  extends?: FrameworkRelation | null | undefined;
  extendedBy?: FrameworkRelation | null | undefined;
  usedBy?: CompanyRelation | null | undefined;
  and?: Array<FrameworkFilter> | null | undefined;
  or?: Array<FrameworkFilter> | null | undefined;
  not?: FrameworkFilter | null | undefined;
};

/** Partial: what is left out stays as it is; null takes away. */
export type FrameworkInput = {
  /** Which one; it is made where there is none. */
  slug: string;
  /** Needed where it is made. */
  name?: string | null | undefined;
  aliases?: Array<string> | null | undefined;
  summary?: string | null | undefined;
  homepage?: string | null | undefined;
  /** A version that was read before the entity was: Conflict when somebody changed it since. */
  expectedVersion?: string | null | undefined;
};

/** The first list item sorts first; slug breaks every tie; nulls come last. */
export type FrameworkOrder =
  {   slug: Sort; name?: never; types?: never; features?: never; applications?: never; technologies?: never; extends?: never; extendedBy?: never; usedBy?: never; claim?: never; }
  |  { slug?: never;   name: Sort; types?: never; features?: never; applications?: never; technologies?: never; extends?: never; extendedBy?: never; usedBy?: never; claim?: never; }
  |  { slug?: never; name?: never;   types: CountSort; features?: never; applications?: never; technologies?: never; extends?: never; extendedBy?: never; usedBy?: never; claim?: never; }
  |  { slug?: never; name?: never; types?: never;   features: CountSort; applications?: never; technologies?: never; extends?: never; extendedBy?: never; usedBy?: never; claim?: never; }
  |  { slug?: never; name?: never; types?: never; features?: never;   applications: CountSort; technologies?: never; extends?: never; extendedBy?: never; usedBy?: never; claim?: never; }
  |  { slug?: never; name?: never; types?: never; features?: never; applications?: never;   technologies: CountSort; extends?: never; extendedBy?: never; usedBy?: never; claim?: never; }
  |  { slug?: never; name?: never; types?: never; features?: never; applications?: never; technologies?: never;   extends: CountSort; extendedBy?: never; usedBy?: never; claim?: never; }
  |  { slug?: never; name?: never; types?: never; features?: never; applications?: never; technologies?: never; extends?: never;   extendedBy: CountSort; usedBy?: never; claim?: never; }
  |  { slug?: never; name?: never; types?: never; features?: never; applications?: never; technologies?: never; extends?: never; extendedBy?: never;   usedBy: CountSort; claim?: never; }
  |  { slug?: never; name?: never; types?: never; features?: never; applications?: never; technologies?: never; extends?: never; extendedBy?: never; usedBy?: never;   /** Within a relation: by the claim that led there. */
  claim: ClaimSort; };

/** All that is given must hold; with neither some, none, all nor count: at least one is known. `none` means: none known. */
export type FrameworkRelation = {
  /** At least one matches. */
  some?: FrameworkFilter | null | undefined;
  /** None known matches; not a no, since what no source says is unknown. */
  none?: FrameworkFilter | null | undefined;
  /** Every one known matches; so it holds where none is known. */
  all?: FrameworkFilter | null | undefined;
  /** How many are known. */
  count?: IntFilter | null | undefined;
  /** Look only at claims of at least this confidence, 0 to 1. */
  minConfidence?: number | null | undefined;
  /** Look only at claims of these stances. */
  stance?: Array<Stance> | null | undefined;
};

/** All that is given must hold. */
export type FrameworkTypeFilter = {
  slug?: TextFilter | null | undefined;
  name?: TextFilter | null | undefined;
  summary?: TextFilter | null | undefined;
  features?: FeatureRelation | null | undefined;
  applications?: ApplicationRelation | null | undefined;
  technologies?: TechnologyRelation | null | undefined;
  narrows?: FrameworkTypeRelation | null | undefined;
  frameworks?: FrameworkRelation | null | undefined;
  narrowedBy?: FrameworkTypeRelation | null | undefined;
  and?: Array<FrameworkTypeFilter> | null | undefined;
  or?: Array<FrameworkTypeFilter> | null | undefined;
  not?: FrameworkTypeFilter | null | undefined;
};

/** All that is given must hold; with neither some, none, all nor count: at least one is known. `none` means: none known. */
export type FrameworkTypeRelation = {
  /** At least one matches. */
  some?: FrameworkTypeFilter | null | undefined;
  /** None known matches; not a no, since what no source says is unknown. */
  none?: FrameworkTypeFilter | null | undefined;
  /** Every one known matches; so it holds where none is known. */
  all?: FrameworkTypeFilter | null | undefined;
  /** How many are known. */
  count?: IntFilter | null | undefined;
  /** Look only at claims of at least this confidence, 0 to 1. */
  minConfidence?: number | null | undefined;
  /** Look only at claims of these stances. */
  stance?: Array<Stance> | null | undefined;
};

/** All that is given must hold. `eq: null` finds what has no value, `ne: null` what has one; any other null counts as left out. */
export type IntFilter = {
  eq?: number | null | undefined;
  ne?: number | null | undefined;
  lt?: number | null | undefined;
  lte?: number | null | undefined;
  gt?: number | null | undefined;
  gte?: number | null | undefined;
  in?: Array<number> | null | undefined;
};

/** Which way a list is ordered. */
export type Sort =
  | 'ASC'
  | 'DESC';

/** What the sources say, all in all. */
export type Stance =
  /** They say so. */
  | 'HAS'
  /** They say the contrary. */
  | 'LACKS'
  /** They disagree. */
  | 'DISPUTED';

/** What sort of technology it is. */
export type TechnologyCategory =
  | 'LANGUAGE'
  | 'LIBRARY'
  | 'DATABASE'
  | 'CACHE'
  | 'STANDARD'
  | 'PROTOCOL'
  | 'TOOL';

/** All that is given must hold. */
export type TechnologyFilter = {
  slug?: TextFilter | null | undefined;
  name?: TextFilter | null | undefined;
  summary?: TextFilter | null | undefined;
  category?: Array<TechnologyCategory> | null | undefined;
  features?: FeatureRelation | null | undefined;
  applications?: ApplicationRelation | null | undefined;
  technologies?: TechnologyRelation | null | undefined;
  frameworks?: FrameworkRelation | null | undefined;
  frameworkTypes?: FrameworkTypeRelation | null | undefined;
  workedWithBy?: TechnologyRelation | null | undefined;
  and?: Array<TechnologyFilter> | null | undefined;
  or?: Array<TechnologyFilter> | null | undefined;
  not?: TechnologyFilter | null | undefined;
};

/** All that is given must hold; with neither some, none, all nor count: at least one is known. `none` means: none known. */
export type TechnologyRelation = {
  /** At least one matches. */
  some?: TechnologyFilter | null | undefined;
  /** None known matches; not a no, since what no source says is unknown. */
  none?: TechnologyFilter | null | undefined;
  /** Every one known matches; so it holds where none is known. */
  all?: TechnologyFilter | null | undefined;
  /** How many are known. */
  count?: IntFilter | null | undefined;
  /** Look only at claims of at least this confidence, 0 to 1. */
  minConfidence?: number | null | undefined;
  /** Look only at claims of these stances. */
  stance?: Array<Stance> | null | undefined;
};

/** Case- and accent-insensitive; on `name` it matches aliases too. All that is given must hold. `eq: null` finds what has no value, `ne: null` what has one; any other null counts as left out. */
export type TextFilter = {
  eq?: string | null | undefined;
  ne?: string | null | undefined;
  in?: Array<string> | null | undefined;
  notIn?: Array<string> | null | undefined;
  contains?: string | null | undefined;
  startsWith?: string | null | undefined;
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