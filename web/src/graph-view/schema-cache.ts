// The schema of the service, read once for all graph views of a page. A failed request is repeated the next time.
import type { GraphQLSchema } from "graphql";
import type { RequestHeaders } from "../api/authorization";
import type { ApiClient } from "../api/client";

export class SchemaCache {
  readonly #api: ApiClient;
  #schema: Promise<GraphQLSchema> | undefined;

  constructor(api: ApiClient) {
    this.#api = api;
  }

  get(headers: RequestHeaders): Promise<GraphQLSchema> {
    this.#schema ??= this.#read(headers);
    return this.#schema;
  }

  async #read(headers: RequestHeaders): Promise<GraphQLSchema> {
    try {
      const { introspect } = await import("./introspection"); // which loads graphql-js
      return await introspect(this.#api, headers);
    } catch (error) {
      this.#schema = undefined;
      throw error;
    }
  }
}
