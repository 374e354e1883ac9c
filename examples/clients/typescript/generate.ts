// Generate operations.ts, the types of variables and results, from the schema and operations.graphql:
// `npm run generate [FILE]`. A running service provides the schema at /schema.graphql.
import { readFileSync, writeFileSync } from 'node:fs'
import { codegen } from '@graphql-codegen/core'
import * as documents from '@graphql-codegen/typed-document-node'
import * as operations from '@graphql-codegen/typescript-operations'
import { parse } from 'graphql'

const read = (path: string) => parse(readFileSync(new URL(path, import.meta.url), 'utf8'))

const generated = await codegen({
  filename: 'operations.ts',
  schema: read('../../../schema/schema.graphql'),
  documents: [{ document: read('operations.graphql') }],
  config: { useTypeImports: true, enumType: 'string-literal', scalars: { Date: 'string', DateTime: 'string' } },
  plugins: [{ operations: {} }, { documents: {} }],
  pluginMap: { operations, documents },
})

writeFileSync(process.argv[2] ?? new URL('operations.ts', import.meta.url), generated)
