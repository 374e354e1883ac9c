// urql: ask, write and listen, the last by server-sent events.
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
const found = await client.query(FrameworksDocument, variables)
if (found.error) throw found.error
for (const framework of found.data?.frameworks.nodes ?? []) {
  const best = framework.features.edges[0]
  console.log(`asked: ${framework.name} ${best?.claim?.stance} ${best?.node.name} (${best?.claim?.confidence})`)
}

// From a version on that was read before, so that nothing is missed while the connection opens.
const begin = await client.query(VersionDocument, {}, { requestPolicy: 'network-only' })
const after = begin.data?.graph.version ?? null
const heard = new Promise<string>((resolve, reject) => {
  const { unsubscribe } = client.subscription(ChangesDocument, { after }).subscribe(({ data, error }) => {
    if (error) reject(error)
    else if (data) resolve(`${data.changes.action} ${data.changes.slug}`)
    queueMicrotask(() => unsubscribe())
  })
})

const input = { slug: 'an-example-of-urql', name: `Example of ${new Date().toISOString()}` }
const written = await client.mutation(WriteDocument, { input })
const payload = written.data?.upsertFramework
if (payload?.__typename === 'UpsertedFramework') console.log(`written: ${payload.framework.id}`)
else throw written.error ?? new Error(payload?.message)

console.log(`heard: ${await heard}`)
events.dispose()
