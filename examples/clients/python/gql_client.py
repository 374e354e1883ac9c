"""The client library gql: ask with httpx, write, and listen over a WebSocket.

`ATLAS_TOKEN=... uv run python examples/clients/python/gql_client.py`, with the service at ATLAS_URL and a token that may write.
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

ASK = gql("""
query ($where: FrameworkFilter, $orderBy: [FrameworkOrder!]) {
  frameworks(where: $where, orderBy: $orderBy, first: 1) {
    nodes { name features(first: 1, orderBy: [{ claim: { confidence: DESC } }]) {
      edges { node { name } claim { stance confidence } } } }
  }
  graph { version }
}
""")
WRITE = gql("""
mutation ($input: FrameworkInput!) {
  upsertFramework(input: $input) { __typename ... on UpsertedFramework { framework { id } } ... on Problem { message } }
}
""")
LISTEN = gql("subscription ($after: String) { changes(after: $after) { action slug } }")


async def main() -> None:
    # The schema is fetched first, so that a wrong document is found before it is sent.
    transport = HTTPXAsyncTransport(url=URL, headers=HEADERS)
    async with Client(transport=transport, fetch_schema_from_transport=True) as session:
        where = {"features": {"some": {"slug": {"eq": "security"}}}}
        ASK.variable_values = {"where": where, "orderBy": [{"usedBy": {"count": "DESC"}}]}
        asked = await session.execute(ASK)
        for framework in asked["frameworks"]["nodes"]:
            best = framework["features"]["edges"][0]
            claim = best["claim"]
            print(f"asked: {framework['name']} {claim['stance']} {best['node']['name']} ({claim['confidence']})")

        WRITE.variable_values = {"input": {"slug": "an-example-of-gql", "name": f"Example of {datetime.now(UTC)}"}}
        written = (await session.execute(WRITE))["upsertFramework"]
        if written["__typename"] != "UpsertedFramework":
            raise SystemExit(written["message"])
        print(f"written: {written['framework']['id']}")

    # What was changed since the version that was read comes first, so nothing is missed in between.
    socket = WebsocketsTransport(url=URL.replace("http", "ws", 1), init_payload=HEADERS)
    async with Client(transport=socket) as session:
        LISTEN.variable_values = {"after": asked["graph"]["version"]}
        async for told in session.subscribe(LISTEN):
            print(f"heard: {told['changes']['action']} {told['changes']['slug']}")
            break


asyncio.run(main())
