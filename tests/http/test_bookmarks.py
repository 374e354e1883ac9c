"""A client that sends a write's bookmark back reads at least that write."""

from __future__ import annotations

import pytest
from neo4j import AsyncGraphDatabase

from tests.apps import running
from tests.graphs import Graphs, costing
from tests.neo4j_server import Server

pytestmark = [pytest.mark.neo4j, pytest.mark.anyio]

QUERY = {"query": '{ framework(slug: "bookmarked") { name } }'}


async def test_a_read_waits_for_the_write_that_gave_its_bookmark(graphs: Graphs, neo4j_instance: Server) -> None:
    await graphs.hold("neo4j")
    server = neo4j_instance
    settings = server.settings()

    async with (
        running(settings) as client,
        AsyncGraphDatabase.driver(server.uri, auth=(server.user, server.password)) as driver,
        driver.session() as session,
    ):
        try:
            await (await session.run("CREATE (:Framework:Entity {slug: 'bookmarked', name: 'Written'})")).consume()
            (bookmark,) = (await session.last_bookmarks()).raw_values
            by_header = await client.post("/graphql", json=QUERY, headers={"Atlas-Bookmark": bookmark})
            by_extension = await client.post("/graphql", json={**QUERY, "extensions": {"bookmark": bookmark}})
            refused = [
                await client.post("/graphql", json=QUERY, headers={"Atlas-Bookmark": given})
                for given in ("nonsense", "FB", "`", "é".encode())
            ]
        finally:
            await (await session.run("MATCH (f:Framework {slug: 'bookmarked'}) DELETE f")).consume()

    assert [by_header.json(), by_extension.json()] == [costing(1, {"framework": {"name": "Written"}})] * 2
    told = {(answer.status_code, answer.json()["errors"][0]["message"]) for answer in refused}
    assert told == {(200, "The bookmark is not a bookmark of this graph.")}
