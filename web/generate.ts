// Writes src/api/operations.ts: the types and texts of the operations in src/api/operations.graphql, checked against
// the schema. Run in a clone: `npm run generate`, or `node generate.ts FILE` to write to another file.
import { readFileSync, writeFileSync } from "node:fs";
import process from "node:process";
import { codegen } from "@graphql-codegen/core";
import * as documents from "@graphql-codegen/typed-document-node";
import * as operations from "@graphql-codegen/typescript-operations";
import { parse } from "graphql";

const read = (path: string) => parse(readFileSync(new URL(path, import.meta.url), "utf8"));

const code = await codegen({
  filename: "operations.ts",
  schema: read("../schema/schema.graphql"),
  documents: [{ document: read("src/api/operations.graphql") }],
  config: {
    documentMode: "string",
    disableDescriptions: true,
    enumType: "string-literal",
    inlineFragmentTypes: "combine",
    pureMagicComment: true,
    scalars: { Date: "string", DateTime: "string" },
    skipTypename: true,
    useTypeImports: true,
  },
  plugins: [{ operations: {} }, { documents: {} }],
  pluginMap: { operations, documents },
});

writeFileSync(process.argv[2] ?? new URL("src/api/operations.ts", import.meta.url), code);
