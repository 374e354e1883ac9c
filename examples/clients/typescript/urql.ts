// urql: a query and a mutation over HTTP, and a subscription over server-sent events.
import { cacheExchange, Client, fetchExchange, subscriptionExchange } from '@urql/core'
import { createClient } from 'graphql-sse'
import { credentials, fetchWithBookmark, url } from './atlas.ts'
import {
  ChangesDocument,
  FrameworksDocument,
  type FrameworksQueryVariables,
  VersionDocument,
  WriteDocument,
} from './operations.ts'

const events = createClient({ url, headers: credentials })

const client = new Client({
  url,
  preferGetMethod: false,
  fetch: fetchWithBookmark,
  fetchOptions: { headers: credentials },
  exchanges: [
    cacheExchange,
    fetchExchange,
    subscriptionExchange({
      forwardSubscription: ({ query = '', variables }) => ({
        subscribe: ({ next, error, complete }) => ({
          unsubscribe: events.subscribe<never, never>({ query, variables }, { next, error, complete }),
        }),
      }),
    }),
  ],
})

const variables: FrameworksQueryVariables = {
  where: { features: { some: { slug: { eq: 'security' } } } },
  orderBy: [{ usedBy: { count: 'DESC' } }],
  first: 1,
}
const result = await client.query(FrameworksDocument, variables)
if (result.error) throw result.error
for (const framework of result.data?.frameworks.nodes ?? []) {
  const best = framework.features.edges[0]
  console.log(`query: ${framework.name} ${best?.claim?.stance} ${best?.node.name} (${best?.claim?.confidence})`)
}

// Subscribe to changes after a known version, so that none is lost while the connection opens.
const start = await client.query(VersionDocument, {}, { requestPolicy: 'network-only' })
const after = start.data?.graph.version ?? null
const nextChange = new Promise<string>((resolve, reject) => {
  const { unsubscribe } = client.subscription(ChangesDocument, { after }).subscribe(({ data, error }) => {
    if (error) reject(error)
    else if (data) resolve(`${data.changes.action} ${data.changes.slug}`)
    queueMicrotask(() => unsubscribe())
  })
})

const input = { slug: 'an-example-of-urql', name: `Example of ${new Date().toISOString()}` }
const mutation = await client.mutation(WriteDocument, { input })
const payload = mutation.data?.upsertFramework
if (payload?.__typename === 'UpsertedFramework') console.log(`mutation: ${payload.framework.id}`)
else throw mutation.error ?? new Error(payload?.message)

console.log(`subscription: ${await nextChange}`)
events.dispose()
