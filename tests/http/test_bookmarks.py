"""Bookmarks: a client that sends the bookmark of a write reads the graph with that write, or a later state."""

from __future__ import annotations

import pytest
from neo4j import AsyncGraphDatabase

from tests.apps import app_client
from tests.graphs import Graphs
from tests.neo4j_server import Server
from tests.queries import response_with_cost

pytestmark = [pytest.mark.neo4j, pytest.mark.anyio]

QUERY = {"query": '{ framework(slug: "bookmarked") { name } }'}


async def test_a_query_with_the_bookmark_of_a_write_sees_the_write(graphs: Graphs, neo4j_instance: Server) -> None:
    await graphs.load("neo4j")
    server = neo4j_instance

    async with (
        app_client(server.settings()) as client,
        AsyncGraphDatabase.driver(server.uri, auth=(server.user, server.password)) as driver,
        driver.session() as session,
    ):
        try:
            await (await session.run("CREATE (:Framework:Entity {slug: 'bookmarked', name: 'Written'})")).consume()
            (bookmark,) = (await session.last_bookmarks()).raw_values
            by_header = await client.post("/graphql", json=QUERY, headers={"Atlas-Bookmark": bookmark})
            by_extension = await client.post("/graphql", json={**QUERY, "extensions": {"bookmark": bookmark}})
            invalid = [
                await client.post("/graphql", json=QUERY, headers={"Atlas-Bookmark": text})
                for text in ("nonsense", "FB", "`", "é".encode())
            ]
        finally:
            await (await session.run("MATCH (f:Framework {slug: 'bookmarked'}) DELETE f")).consume()

    expected = response_with_cost(1, {"framework": {"name": "Written"}})
    assert [by_header.json(), by_extension.json()] == [expected] * 2
    errors = {(response.status_code, response.json()["errors"][0]["message"]) for response in invalid}
    assert errors == {(200, "The bookmark is not a bookmark of this graph.")}
