// A query that also says what the things in its answer are and which claims join them, so that it can be drawn, and
// all that the shape of an answer consists of.
import {
  buildClientSchema,
  getIntrospectionQuery,
  getNamedType,
  type GraphQLNamedType,
  type GraphQLSchema,
  type IntrospectionQuery,
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
import { ADDED, type Root } from "../answers/shapes";
import { post } from "../api";
import { CLAIM, THING } from "./model";

let reading: Promise<GraphQLSchema> | undefined;

export interface Extended {
  query: string;
  /** What may be in the answer, of all its operations. */
  roots: Root[];
}

export async function extend(query: string, operationName: string | null, headers: Record<string, string>): Promise<Extended> {
  reading ??= post<IntrospectionQuery>({ query: getIntrospectionQuery() }, headers).then(({ data }) => {
    if (!data) throw new Error("The schema cannot be read.");
    return buildClientSchema(data);
  });
  const schema = await reading.catch((error: unknown) => {
    reading = undefined;
    throw error;
  });
  const document = parse(query);
  const operations = document.definitions.filter((one) => one.kind === Kind.OPERATION_DEFINITION);
  const operation = operations.find((one) => !operationName || one.name?.value === operationName);
  if (operation?.operation !== "query") throw new Error("Only what a query answers can be drawn.");
  const types = new TypeInfo(schema);
  const roots: Root[] = [];
  let evidence = 0; // who says so is told with a claim, it is no end of one
  const extended = visit(
    document,
    visitWithTypeInfo(types, {
      Field: {
        enter({ alias, name }) {
          const parent = types.getParentType();
          const type = getNamedType(types.getType());
          if (parent?.name === "Evidence") evidence++;
          if (parent && type && parent === schema.getQueryType()) roots.push({ key: (alias ?? name).value, type: type.name });
        },
        leave: () => void (types.getParentType()?.name === "Evidence" && evidence--),
      },
      SelectionSet: {
        leave(node) {
          const type = types.getParentType();
          const more = type && evidence === 0 ? additions(type) : "";
          return more ? { ...node, selections: [...node.selections, ...selections(more)] } : undefined;
        },
      },
    }),
  );
  return { query: print(extended), roots };
}

function additions(type: GraphQLNamedType): string {
  if (!isObjectType(type) && !isInterfaceType(type)) return "";
  const interfaces = type.getInterfaces().map(({ name }) => name);
  if (type.name === "Claim") return CLAIM;
  if (ADDED[type.name]) return ADDED[type.name]!;
  if (type.name === "Entity" || interfaces.includes("Entity")) return THING;
  if (type.name === "Node") return `... on Entity { ${THING} } ... on Claim { ${CLAIM} }`;
  const edges = type.getFields().edges;
  const edge = edges && getNamedType(edges.type);
  const walks = type.name.endsWith("Connection") && isObjectType(edge) && edge.getFields().claim;
  return walks ? `atlasEdges: edges { node { ${THING} } claim { ${CLAIM} } }` : "";
}

function selections(text: string): readonly SelectionNode[] {
  const [definition] = parse(`{ ${text} }`).definitions;
  return definition?.kind === Kind.OPERATION_DEFINITION ? definition.selectionSet.selections : [];
}
