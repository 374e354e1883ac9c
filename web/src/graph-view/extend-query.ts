// Extends a query with the fields that a graph view needs, so that it can show every result, whatever was selected.
//
// Before: { framework(slug: "django") { features { nodes { slug } } } }
// After:  { framework(slug: "django") { features {
//             nodes { slug ...AtlasEntity } atlasEdges: edges { node { ...AtlasEntity } claim { ...AtlasClaim } }
//           } ...AtlasEntity } }
//         and the fragments AtlasEntity and AtlasClaim
import {
  type DocumentNode,
  type FragmentDefinitionNode,
  type GraphQLInterfaceType,
  type GraphQLNamedType,
  type GraphQLObjectType,
  type GraphQLSchema,
  getNamedType,
  isInterfaceType,
  isObjectType,
  Kind,
  parse,
  print,
  type SelectionNode,
  TypeInfo,
  visit,
  visitWithTypeInfo,
} from "graphql";
import type { RootField } from "../answer-views/structured-answers";
import {
  AtlasClaimFragmentDoc,
  AtlasComparisonFragmentDoc,
  AtlasEntityFragmentDoc,
  AtlasPathFragmentDoc,
  AtlasRecommendationsFragmentDoc,
  type TypedDocumentString,
} from "../api/operations";

/** Selections that are added to a type, and the document with the fragments that they spread. */
interface Addition {
  selections: string;
  fragments: TypedDocumentString<unknown, unknown>;
}

export interface ExtendedQuery {
  query: string;
  /** The root fields of all operations. */
  rootFields: RootField[];
}

const ENTITY: Addition = { selections: "...AtlasEntity", fragments: AtlasEntityFragmentDoc };
const CLAIM: Addition = { selections: "...AtlasClaim", fragments: AtlasClaimFragmentDoc };
const NODE: Addition = { selections: "...AtlasEntity ...AtlasClaim", fragments: AtlasClaimFragmentDoc };
const EDGES: Addition = {
  selections: "atlasEdges: edges { node { ...AtlasEntity } claim { ...AtlasClaim } }",
  fragments: AtlasClaimFragmentDoc,
};
const BY_TYPE: Readonly<Partial<Record<string, Addition>>> = {
  Claim: CLAIM,
  Comparison: { selections: "...AtlasComparison", fragments: AtlasComparisonFragmentDoc },
  Entity: ENTITY,
  Node: NODE,
  Path: { selections: "...AtlasPath", fragments: AtlasPathFragmentDoc },
  Recommendations: { selections: "...AtlasRecommendations", fragments: AtlasRecommendationsFragmentDoc },
};

/** Throws an error if the operation is not a query. */
export function extendQuery(schema: GraphQLSchema, query: string, operationName: string | null): ExtendedQuery {
  const document = parse(query);
  requireQuery(document, operationName);
  const types = new TypeInfo(schema);
  const rootFields: RootField[] = [];
  const fragments = new Map<string, FragmentDefinitionNode>();
  let evidenceDepth = 0; // the source of a piece of evidence is not an entity of the view
  const extended = visit(
    document,
    visitWithTypeInfo(types, {
      Field: {
        enter({ alias, name }) {
          const parent = types.getParentType();
          const type = getNamedType(types.getType());
          if (parent?.name === "Evidence") evidenceDepth += 1;
          if (type && parent === schema.getQueryType())
            rootFields.push({ key: (alias ?? name).value, type: type.name });
        },
        leave() {
          if (types.getParentType()?.name === "Evidence") evidenceDepth -= 1;
        },
      },
      SelectionSet: {
        leave(node) {
          const type = types.getParentType();
          const addition = type && evidenceDepth === 0 ? additionFor(type) : undefined;
          if (!addition) return;
          for (const fragment of parseFragments(addition.fragments)) fragments.set(fragment.name.value, fragment);
          return { ...node, selections: [...node.selections, ...parseSelections(addition.selections)] };
        },
      },
    }),
  );
  const definitions = [...extended.definitions, ...fragments.values()];
  return { query: print({ ...extended, definitions }), rootFields };
}

function requireQuery(document: DocumentNode, operationName: string | null): void {
  const operations = document.definitions.filter((definition) => definition.kind === Kind.OPERATION_DEFINITION);
  const operation = operations.find(({ name }) => !operationName || name?.value === operationName);
  if (operation?.operation !== "query") throw new Error("Only the result of a query can be shown as a graph.");
}

function additionFor(type: GraphQLNamedType): Addition | undefined {
  if (!(isObjectType(type) || isInterfaceType(type))) return undefined;
  const isEntity = type.getInterfaces().some(({ name }) => name === "Entity");
  return BY_TYPE[type.name] ?? (isEntity ? ENTITY : additionForConnection(type));
}

/** The edges of a connection, if they have claims. */
function additionForConnection(type: GraphQLObjectType | GraphQLInterfaceType): Addition | undefined {
  if (!type.name.endsWith("Connection")) return undefined;
  const edge = getNamedType(type.getFields().edges?.type);
  return isObjectType(edge) && edge.getFields().claim ? EDGES : undefined;
}

function parseSelections(text: string): readonly SelectionNode[] {
  const [operation] = parse(`{ ${text} }`).definitions;
  return operation?.kind === Kind.OPERATION_DEFINITION ? operation.selectionSet.selections : [];
}

function parseFragments(text: TypedDocumentString<unknown, unknown>): FragmentDefinitionNode[] {
  return parse(text.toString()).definitions.filter((definition) => definition.kind === Kind.FRAGMENT_DEFINITION);
}
