"""Seeding and migration of a Neo4j graph: one process does it, and others wait, take over or report an error."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest
import strawberry

from graph_seed import Facts
from schema import ONTOLOGY, Ontology
from schema.entities import KINDS, Entity
from schema.ontology import kind
from service.errors import StoreError, StoreUnavailable
from service.stores.neo4j import migrations, seeding
from service.stores.neo4j.layout import indexes
from service.stores.neo4j.store import Neo4jStore
from tests.facts import shipped_facts
from tests.graphs import Graphs, delete_all
from tests.neo4j_server import Server
from tests.queries import query

pytestmark = [pytest.mark.neo4j, pytest.mark.anyio]

DOWNGRADE_TO_LAYOUT_1 = (
    "DROP INDEX atlas_words IF EXISTS",
    "MATCH (n:Entity) REMOVE n.name_words, n.summary_words, n.all_names, n.changed",
    "MATCH (c:Change) DELETE c",
    "MATCH (g:AtlasGraph) SET g.layout = 1 REMOVE g.sequence",
)
"""Statements that turn a graph into one of version 0.1 of the service."""

GRAPH_CONTENT = """
MATCH (n) RETURN labels(n) AS labels, properties(n) AS properties,
  COLLECT { MATCH (n)-[r]->(m) RETURN [type(r), coalesce(m.id, m.key), properties(r)] } AS relationships"""


def no_facts() -> Facts:
    raise AssertionError("the facts were read")


async def content(store: Neo4jStore) -> list[str]:
    """All nodes and relationships of a graph, as sorted texts."""
    rows = await store._run(GRAPH_CONTENT)
    return sorted(
        repr((row["labels"], sorted(row["properties"].items()), sorted(map(repr, row["relationships"]))))
        for row in rows
    )


async def online_indexes(store: Neo4jStore) -> set[str]:
    return {
        row["name"] for row in await store._run("SHOW INDEXES YIELD name, state WHERE state = 'ONLINE' RETURN name")
    }


@pytest.fixture
async def stores(neo4j_instance: Server) -> AsyncIterator[list[Neo4jStore]]:
    """Four stores on the same server, as four processes would open them."""
    settings = neo4j_instance.settings()
    stores = [Neo4jStore(settings, ONTOLOGY) for _ in range(4)]
    yield stores
    for store in stores:
        await store.close()


@pytest.fixture
async def old_content(graphs: Graphs, stores: list[Neo4jStore]) -> AsyncIterator[list[str]]:
    """The content of a graph in the current layout. The server has the same graph in layout 1."""
    await graphs.load("neo4j")
    current = await content(stores[0])
    for statement in DOWNGRADE_TO_LAYOUT_1:
        await stores[0]._run(statement)
    yield current
    if await content(stores[0]) != current:
        graphs.invalidate_neo4j()


async def test_a_graph_of_layout_1_is_unavailable_until_it_is_migrated(
    old_content: list[str], stores: list[Neo4jStore], graphs: Graphs
) -> None:
    first, second, *_ = stores
    steps: list[tuple[str, int, int]] = []

    with pytest.raises(StoreUnavailable, match="seeded or migrated"):
        await second.names_by_kind()
    is_ready = await second.is_ready()
    is_seeded = await first.seed(no_facts, lambda *step: steps.append(step))

    assert (is_ready, is_seeded, steps) == (False, False, [("entities", 269, 269)])
    assert await content(first) == old_content
    assert await online_indexes(first) >= set(indexes(ONTOLOGY.kinds))
    assert (await second.is_ready(), await second.version()) == (True, f"{shipped_facts().digest}.1")
    engine = await graphs.load("neo4j")
    assert await query(engine, '{ framework(slug: "django") { name } }') == {"framework": {"name": "Django"}}


async def test_one_of_several_processes_that_start_at_once_migrates_the_graph(
    old_content: list[str], stores: list[Neo4jStore], monkeypatch: pytest.MonkeyPatch
) -> None:
    steps: list[tuple[str, int, int]] = []
    monkeypatch.setattr(migrations, "_BATCH_SIZE", 100)

    are_seeded = await asyncio.gather(*(store.seed(no_facts, lambda *step: steps.append(step)) for store in stores))

    assert (are_seeded, steps) == ([False] * 4, [("entities", done, 269) for done in (100, 200, 269)])
    assert await content(stores[0]) == old_content


async def test_an_interrupted_migration_is_finished_by_another_process(
    old_content: list[str], stores: list[Neo4jStore], monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second, *_ = stores
    steps: list[tuple[str, int, int]] = []
    monkeypatch.setattr(migrations, "_BATCH_SIZE", 100)
    monkeypatch.setattr(seeding, "_LEASE_SECONDS", 2)

    def interrupt(_items: str, done: int, _total: int) -> None:
        if done == 200:
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await first.seed(no_facts, interrupt)
    is_ready = await second.is_ready()
    (graph,) = await second._run("MATCH (g:AtlasGraph) RETURN g.layout AS layout, g.digest AS digest")
    is_seeded = await second.seed(no_facts, lambda *step: steps.append(step))

    assert (is_ready, graph) == (False, {"layout": 1, "digest": shipped_facts().digest})
    assert (is_seeded, steps) == (False, [("entities", 69, 69)])
    assert await content(second) == old_content


async def test_a_process_that_lost_its_lease_stops_writing(
    old_content: list[str], stores: list[Neo4jStore], monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second, *_ = stores
    monkeypatch.setattr(migrations, "_BATCH_SIZE", 100)
    batches = 0

    async def migration(run: Any, write: Any, progress: Any) -> None:
        async def lose_lease_and_write(statement: str, rows: list[Any]) -> None:
            nonlocal batches
            batches += 1
            if batches == 2:
                await second._run("MATCH (g:AtlasGraph) SET g.holder = 'another process'")
            await write(statement, rows)

        await migrations._add_search_words(run, lose_lease_and_write, progress)

    monkeypatch.setattr(migrations, "MIGRATIONS", (migration,))
    with pytest.raises(StoreError, match="another process has taken over"):
        await first.seed(no_facts)
    (written,) = await second._run("MATCH (n:Entity) WHERE n.all_names IS NOT NULL RETURN count(n) AS done")
    monkeypatch.undo()
    await second._run("MATCH (g:AtlasGraph) REMOVE g.holder, g.lease")
    await second.seed(no_facts)

    assert written == {"done": 100}
    assert await content(second) == old_content


async def test_a_newer_layout_is_an_error(graphs: Graphs, stores: list[Neo4jStore]) -> None:
    await graphs.load("neo4j")
    await stores[0]._run("MATCH (g:AtlasGraph) SET g.layout = 99")

    try:
        with pytest.raises(StoreError, match=f"layout 99, but this version supports {migrations.LAYOUT_VERSION}"):
            await stores[0].seed(no_facts)
    finally:
        await stores[0]._run("MATCH (g:AtlasGraph) SET g.layout = $layout", layout=migrations.LAYOUT_VERSION)


async def test_only_missing_indexes_are_created_at_the_start(
    graphs: Graphs, stores: list[Neo4jStore], neo4j_instance: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    @kind("editors")
    class Editor(Entity):
        """A text editor."""

        year: int | None = strawberry.field(description="The year of the first release.")

    extended = Ontology.of(*KINDS, Editor)
    settings = neo4j_instance.settings()
    store = Neo4jStore(settings, extended)
    changes: list[Sequence[str]] = []
    run_schema_changes = store._run_schema_changes

    async def record_and_run(statements: Sequence[str]) -> None:
        changes.append(statements)
        await run_schema_changes(statements)

    monkeypatch.setattr(store, "_run_schema_changes", record_and_run)
    await graphs.load("neo4j")
    try:
        are_seeded = [await store.seed(no_facts), await store.seed(no_facts)]
        names = await online_indexes(store)
    finally:
        for name in sorted(set(indexes(extended.kinds)) - set(indexes(ONTOLOGY.kinds))):
            await store._run(
                f"DROP CONSTRAINT {name} IF EXISTS" if name in UNIQUE_CONSTRAINTS else f"DROP INDEX {name} IF EXISTS"
            )
        await store.close()

    new = {name: text for name, text in indexes(extended.kinds).items() if name not in indexes(ONTOLOGY.kinds)}
    assert (are_seeded, changes) == ([False, False], [list(new.values())])
    assert names >= set(indexes(extended.kinds))
    assert sorted(new) == [
        "atlas_editor_name_key_slug",
        "atlas_editor_name_key_text",
        "atlas_editor_slug",
        "atlas_editor_year",
        "atlas_editoralias_key",
        "atlas_editoralias_key_text",
    ]


UNIQUE_CONSTRAINTS = {"atlas_editor_slug", "atlas_editoralias_key"}


async def test_an_empty_graph_has_no_version_and_its_names_are_unavailable(
    graphs: Graphs, stores: list[Neo4jStore]
) -> None:
    await graphs.load("neo4j")
    await delete_all(stores[0])
    graphs.invalidate_neo4j()

    version = await stores[0].version()

    assert version == ""
    with pytest.raises(StoreUnavailable, match="still being seeded"):
        await stores[0].names_by_kind()
