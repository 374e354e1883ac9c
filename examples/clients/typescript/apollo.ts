// Apollo Client: ask, write and listen, the last over a WebSocket.
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
  // IDs are unique over all kinds, so the cache needs to be told nothing; edges hold claims and belong to their list.
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
  console.log(`asked: ${framework.name} ${best?.claim?.stance} ${best?.node.name} (${best?.claim?.confidence})`)
}
const again = await client.query({ query: FrameworksDocument, variables, fetchPolicy: 'cache-only' })
console.log(`from the cache: ${again.data?.frameworks.nodes[0]?.name}`)

// From a version on that was read before, so that nothing is missed while the socket opens.
const begin = await client.query({ query: VersionDocument, fetchPolicy: 'network-only' })
const after = begin.data?.graph.version ?? null
const heard = firstValueFrom(client.subscribe({ query: ChangesDocument, variables: { after } }))

const input = { slug: 'an-example-of-apollo', name: `Example of ${new Date().toISOString()}` }
const written = await client.mutate({ mutation: WriteDocument, variables: { input } })
const payload = written.data?.upsertFramework
if (payload?.__typename === 'UpsertedFramework') console.log(`written: ${payload.framework.id}`)
else throw new Error(payload?.message)

const change = (await heard).data?.changes
console.log(`heard: ${change?.action} ${change?.slug}`)

client.stop()
await socket.dispose()
