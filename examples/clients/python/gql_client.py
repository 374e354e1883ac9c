"""The client library gql: a query and a mutation over HTTP, and a subscription over a WebSocket.

Run `ATLAS_TOKEN=... uv run python examples/clients/python/gql_client.py`. ATLAS_URL is the URL of the service, ATLAS_TOKEN a token
with the scope `write`.
"""

from __future__ import annotations

import asyncio
import os
from datetime import UTC, datetime

from gql import Client, gql
from gql.transport.httpx import HTTPXAsyncTransport
from gql.transport.websockets import WebsocketsTransport

URL = os.environ.get("ATLAS_URL", "http://127.0.0.1:8000/graphql")
HEADERS = {"Authorization": f"Bearer {os.environ.get('ATLAS_TOKEN', '')}"}

QUERY = gql("""
query ($where: FrameworkFilter, $orderBy: [FrameworkOrder!]) {
  frameworks(where: $where, orderBy: $orderBy, first: 1) {
    nodes { name features(first: 1, orderBy: [{ claim: { confidence: DESC } }]) {
      edges { node { name } claim { stance confidence } } } }
  }
  graph { version }
}
""")
MUTATION = gql("""
mutation ($input: FrameworkInput!) {
  upsertFramework(input: $input) { __typename ... on UpsertedFramework { framework { id } } ... on Problem { message } }
}
""")
SUBSCRIPTION = gql("subscription ($after: String) { changes(after: $after) { action slug } }")


async def main() -> None:
    # The client fetches the schema first and validates documents before it sends them.
    transport = HTTPXAsyncTransport(url=URL, headers=HEADERS)
    async with Client(transport=transport, fetch_schema_from_transport=True) as session:
        where = {"features": {"some": {"slug": {"eq": "security"}}}}
        QUERY.variable_values = {"where": where, "orderBy": [{"usedBy": {"count": "DESC"}}]}
        result = await session.execute(QUERY)
        for framework in result["frameworks"]["nodes"]:
            best = framework["features"]["edges"][0]
            claim = best["claim"]
            print(f"query: {framework['name']} {claim['stance']} {best['node']['name']} ({claim['confidence']})")

        MUTATION.variable_values = {"input": {"slug": "an-example-of-gql", "name": f"Example of {datetime.now(UTC)}"}}
        payload = (await session.execute(MUTATION))["upsertFramework"]
        if payload["__typename"] != "UpsertedFramework":
            raise SystemExit(payload["message"])
        print(f"mutation: {payload['framework']['id']}")

    # Changes since the version of the query are sent first, so that none is lost.
    socket = WebsocketsTransport(url=URL.replace("http", "ws", 1), init_payload=HEADERS)
    async with Client(transport=socket) as session:
        SUBSCRIPTION.variable_values = {"after": result["graph"]["version"]}
        async for event in session.subscribe(SUBSCRIPTION):
            print(f"subscription: {event['changes']['action']} {event['changes']['slug']}")
            break


asyncio.run(main())
