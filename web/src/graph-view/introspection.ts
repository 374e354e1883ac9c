// Reads the schema by introspection.
import { buildClientSchema, type GraphQLSchema, getIntrospectionQuery, type IntrospectionQuery } from "graphql";
import type { RequestHeaders } from "../api/authorization";
import type { ApiClient } from "../api/client";

export async function introspect(api: ApiClient, headers: RequestHeaders): Promise<GraphQLSchema> {
  const { data } = await api.post<IntrospectionQuery>({ query: getIntrospectionQuery() }, headers);
  if (!data) throw new Error("The schema cannot be read.");
  return buildClientSchema(data);
}
