// Reads the operation in GraphiQL's editors, for features that send it themselves.
import { tryParseJSONC, useGraphiQL } from "@graphiql/react";
import { getOperationAST, Kind, type OperationDefinitionNode, parse } from "graphql";
import type { RequestHeaders } from "../api/authorization";
import type { GraphQLRequest } from "../api/client";
import { errorMessage } from "../dom";

export interface CurrentOperation {
  request: GraphQLRequest;
  headers: RequestHeaders;
  /** The name of the operation, or of its first field. */
  name: string;
}

/** A function that reads the editors when it is called. It throws an error if they do not contain a valid query. */
export function useCurrentOperation(): () => CurrentOperation {
  const queryEditor = useGraphiQL((state) => state.queryEditor);
  const variableEditor = useGraphiQL((state) => state.variableEditor);
  const headerEditor = useGraphiQL((state) => state.headerEditor);
  const operationName = useGraphiQL((state) => state.overrideOperationName ?? state.operationName);
  return () => {
    const query = queryEditor?.getValue() ?? "";
    const operation = parseOperation(query, operationName);
    // A mutation would write twice, and a subscription does not end.
    if (operation.operation !== "query") {
      throw new Error(`Only queries are supported here; this operation is a ${operation.operation}.`);
    }
    return {
      request: {
        query,
        variables: parseJson(variableEditor?.getValue(), "variables"),
        operationName: operation.name?.value,
      },
      headers: parseJson(headerEditor?.getValue(), "headers") ?? {},
      name: operation.name?.value ?? firstField(operation) ?? "result",
    };
  };
}

function parseOperation(query: string, operationName: string | null | undefined): OperationDefinitionNode {
  const document = parseDocument(query);
  const operation = getOperationAST(document, operationName) ?? getOperationAST(document);
  if (!operation) throw new Error("The document has several operations: place the cursor in one of them.");
  return operation;
}

function parseDocument(query: string): ReturnType<typeof parse> {
  try {
    return parse(query);
  } catch (error) {
    const message = query.trim() ? `The query is invalid: ${errorMessage(error)}` : "The query editor is empty.";
    throw new Error(message, { cause: error });
  }
}

function firstField({ selectionSet }: OperationDefinitionNode): string | undefined {
  const [first] = selectionSet.selections;
  return first?.kind === Kind.FIELD ? (first.alias ?? first.name).value : undefined;
}

function parseJson(text: string | undefined, subject: string): Record<string, unknown> | undefined {
  try {
    return tryParseJSONC(text);
  } catch (error) {
    throw new Error(`The ${subject} ${errorMessage(error)}`, { cause: error });
  }
}
