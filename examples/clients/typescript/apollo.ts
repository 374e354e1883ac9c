// Apollo Client: a query and a mutation over HTTP, and a subscription over a WebSocket.
import { ApolloClient, ApolloLink, HttpLink, InMemoryCache } from '@apollo/client'
import { GraphQLWsLink } from '@apollo/client/link/subscriptions'
import { OperationTypeNode } from 'graphql'
import { createClient } from 'graphql-ws'
import { firstValueFrom } from 'rxjs'
import { credentials, fetchWithBookmark, url } from './atlas.ts'
import {
  ChangesDocument,
  FrameworksDocument,
  type FrameworksQueryVariables,
  VersionDocument,
  WriteDocument,
} from './operations.ts'

const socket = createClient({ url: url.replace(/^http/, 'ws'), connectionParams: credentials })

const client = new ApolloClient({
  // IDs are unique across all kinds, so the cache needs no configuration. Edges contain claims and belong to their list.
  cache: new InMemoryCache(),
  link: ApolloLink.split(
    ({ operationType }) => operationType === OperationTypeNode.SUBSCRIPTION,
    new GraphQLWsLink(socket),
    new HttpLink({ uri: url, headers: credentials, fetch: fetchWithBookmark }),
  ),
})

const variables: FrameworksQueryVariables = {
  where: { features: { some: { slug: { eq: 'security' } } } },
  orderBy: [{ usedBy: { count: 'DESC' } }],
  first: 1,
}
const { data } = await client.query({ query: FrameworksDocument, variables })
for (const framework of data?.frameworks.nodes ?? []) {
  const best = framework.features.edges[0]
  console.log(`query: ${framework.name} ${best?.claim?.stance} ${best?.node.name} (${best?.claim?.confidence})`)
}
const cached = await client.query({ query: FrameworksDocument, variables, fetchPolicy: 'cache-only' })
console.log(`cache: ${cached.data?.frameworks.nodes[0]?.name}`)

// Subscribe to changes after a known version, so that none is lost while the socket opens.
const start = await client.query({ query: VersionDocument, fetchPolicy: 'network-only' })
const after = start.data?.graph.version ?? null
const nextChange = firstValueFrom(client.subscribe({ query: ChangesDocument, variables: { after } }))

const input = { slug: 'an-example-of-apollo', name: `Example of ${new Date().toISOString()}` }
const result = await client.mutate({ mutation: WriteDocument, variables: { input } })
const payload = result.data?.upsertFramework
if (payload?.__typename === 'UpsertedFramework') console.log(`mutation: ${payload.framework.id}`)
else throw new Error(payload?.message)

const change = (await nextChange).data?.changes
console.log(`subscription: ${change?.action} ${change?.slug}`)

client.stop()
await socket.dispose()
