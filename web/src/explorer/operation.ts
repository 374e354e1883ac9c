// The operation that the editors hold, as it would be sent, for those who send it in another way than GraphiQL does.
import { tryParseJSONC, useGraphiQL } from "@graphiql/react";
import { getOperationAST, Kind, type OperationDefinitionNode, parse } from "graphql";

export interface Operation {
  body: { query: string; variables?: unknown; operationName?: string };
  headers: Record<string, unknown>;
  /** What it is called: its own name, or that of the first thing it asks for. */
  name: string;
}

/** A function that reads the editors when it is called; it throws, in a sentence, where they hold no query that can be sent. */
export function useOperation(): () => Operation {
  const query = useGraphiQL((state) => state.queryEditor);
  const variables = useGraphiQL((state) => state.variableEditor);
  const headers = useGraphiQL((state) => state.headerEditor);
  const chosen = useGraphiQL((state) => state.overrideOperationName ?? state.operationName);
  return () => {
    const text = query?.getValue() ?? "";
    const operation = operationOf(text, chosen);
    // Neither is done twice without harm: a mutation would write, a subscription does not end.
    if (operation.operation !== "query") throw new Error(`This is for queries; the operation here is a ${operation.operation}.`);
    return {
      body: {
        query: text,
        variables: json(variables?.getValue(), "variables"),
        operationName: operation.name?.value,
      },
      headers: json(headers?.getValue(), "headers") ?? {},
      name: operation.name?.value ?? firstField(operation) ?? "answer",
    };
  };
}

function operationOf(text: string, chosen: string | null | undefined): OperationDefinitionNode {
  let document: ReturnType<typeof parse>;
  try {
    document = parse(text);
  } catch (error) {
    throw new Error(text.trim() ? `The query cannot be read: ${(error as Error).message}` : "There is no query yet.");
  }
  const operation = getOperationAST(document, chosen) ?? getOperationAST(document);
  if (!operation) throw new Error("There are several operations: put the cursor into the one that is meant.");
  return operation;
}

function firstField({ selectionSet }: OperationDefinitionNode): string | undefined {
  const [first] = selectionSet.selections;
  return first?.kind === Kind.FIELD ? (first.alias ?? first.name).value : undefined;
}

function json(text: string | undefined, what: string): Record<string, unknown> | undefined {
  try {
    return tryParseJSONC(text);
  } catch (error) {
    throw new Error(`The ${what} ${(error as Error).message}`);
  }
}
