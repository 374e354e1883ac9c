"""A Neo4j that an older version filled: brought up to date by the next start, once, whatever happens meanwhile."""

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
from tests.graphs import Graphs, data, empty, shipped
from tests.neo4j_server import Server

pytestmark = [pytest.mark.neo4j, pytest.mark.anyio]

TO_LAYOUT_1 = (
    "DROP INDEX atlas_words IF EXISTS",
    "MATCH (n:Entity) REMOVE n.name_words, n.summary_words, n.all_names, n.changed",
    "MATCH (c:Change) DELETE c",
    "MATCH (g:AtlasGraph) SET g.layout = 1 REMOVE g.sequence",
)
"""What makes of a new graph one as version 0.1 of the service has made it."""

CONTENT = """
MATCH (n) RETURN labels(n) AS labels, properties(n) AS properties,
  COLLECT { MATCH (n)-[r]->(m) RETURN [type(r), coalesce(m.id, m.key), properties(r)] } AS leads"""


def never() -> Facts:
    raise AssertionError("the facts were asked for")


async def content(store: Neo4jStore) -> list[str]:
    """All that a graph holds."""
    rows = await store._run(CONTENT)
    return sorted(
        repr((row["labels"], sorted(row["properties"].items()), sorted(map(repr, row["leads"])))) for row in rows
    )


async def online(store: Neo4jStore) -> set[str]:
    return {
        row["name"] for row in await store._run("SHOW INDEXES YIELD name, state WHERE state = 'ONLINE' RETURN name")
    }


@pytest.fixture
async def opened(neo4j_instance: Server) -> AsyncIterator[list[Neo4jStore]]:
    """Four stores on the same server, as four processes would open them."""
    settings = neo4j_instance.settings()
    stores = [Neo4jStore(settings, ONTOLOGY) for _ in range(4)]
    yield stores
    for store in stores:
        await store.close()


@pytest.fixture
async def old(graphs: Graphs, opened: list[Neo4jStore]) -> AsyncIterator[list[str]]:
    """What the server holds in this layout; it holds it in layout 1."""
    await graphs.hold("neo4j")
    before = await content(opened[0])
    for statement in TO_LAYOUT_1:
        await opened[0]._run(statement)
    yield before
    if await content(opened[0]) != before:
        graphs.invalidate_neo4j()


async def test_a_graph_of_layout_1_is_refused_until_it_is_what_a_new_one_is(
    old: list[str], opened: list[Neo4jStore], graphs: Graphs
) -> None:
    first, second, *_ = opened
    told: list[tuple[str, int, int]] = []

    with pytest.raises(StoreUnavailable, match="seeded or migrated"):
        await second.names_by_kind()
    ready = await second.is_ready()
    filled = await first.seed(never, lambda *step: told.append(step))

    assert (ready, filled, told) == (False, False, [("entities", 269, 269)])
    assert await content(first) == old
    assert await online(first) >= set(indexes(ONTOLOGY.kinds))
    assert (await second.is_ready(), await second.version()) == (True, f"{shipped().digest}.1")
    engine = await graphs.hold("neo4j")
    assert await data(engine, '{ framework(slug: "django") { name } }') == {"framework": {"name": "Django"}}


async def test_of_several_processes_that_start_at_once_one_brings_it_up_to_date(
    old: list[str], opened: list[Neo4jStore], monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[tuple[str, int, int]] = []
    monkeypatch.setattr(migrations, "_BATCH_SIZE", 100)

    filled = await asyncio.gather(*(store.seed(never, lambda *step: told.append(step)) for store in opened))

    assert (filled, told) == ([False] * 4, [("entities", done, 269) for done in (100, 200, 269)])
    assert await content(opened[0]) == old


async def test_what_was_cut_off_is_taken_over_and_finished(
    old: list[str], opened: list[Neo4jStore], monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second, *_ = opened
    told: list[tuple[str, int, int]] = []
    monkeypatch.setattr(migrations, "_BATCH_SIZE", 100)
    monkeypatch.setattr(seeding, "_LEASE_SECONDS", 2)

    def cut_off(_what: str, done: int, _of: int) -> None:
        if done == 200:
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await first.seed(never, cut_off)
    ready = await second.is_ready()
    (left,) = await second._run("MATCH (g:AtlasGraph) RETURN g.layout AS layout, g.digest AS digest")
    filled = await second.seed(never, lambda *step: told.append(step))

    assert (ready, left) == (False, {"layout": 1, "digest": shipped().digest})
    assert (filled, told) == (False, [("entities", 69, 69)])
    assert await content(second) == old


async def test_who_was_taken_over_writes_no_more(
    old: list[str], opened: list[Neo4jStore], monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second, *_ = opened
    monkeypatch.setattr(migrations, "_BATCH_SIZE", 100)
    steps = 0

    async def slow(run: Any, write: Any, progress: Any) -> None:
        async def taken_over(statement: str, rows: list[Any]) -> None:
            nonlocal steps
            steps += 1
            if steps == 2:
                await second._run("MATCH (g:AtlasGraph) SET g.holder = 'somebody else'")
            await write(statement, rows)

        await migrations._add_search_words(run, taken_over, progress)

    monkeypatch.setattr(migrations, "MIGRATIONS", (slow,))
    with pytest.raises(StoreError, match="another process has taken over"):
        await first.seed(never)
    (left,) = await second._run("MATCH (n:Entity) WHERE n.all_names IS NOT NULL RETURN count(n) AS done")
    monkeypatch.undo()
    await second._run("MATCH (g:AtlasGraph) REMOVE g.holder, g.lease")
    await second.seed(never)

    assert left == {"done": 100}
    assert await content(second) == old


async def test_a_newer_layout_is_refused(graphs: Graphs, opened: list[Neo4jStore]) -> None:
    await graphs.hold("neo4j")
    await opened[0]._run("MATCH (g:AtlasGraph) SET g.layout = 99")

    try:
        with pytest.raises(StoreError, match=f"layout 99, but this version supports {migrations.LAYOUT}"):
            await opened[0].seed(never)
    finally:
        await opened[0]._run("MATCH (g:AtlasGraph) SET g.layout = $layout", layout=migrations.LAYOUT)


async def test_indexes_that_are_missing_are_made_at_the_start_and_no_others(
    graphs: Graphs, opened: list[Neo4jStore], neo4j_instance: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    @kind("editors")
    class Editor(Entity):
        """A program to write in."""

        year: int | None = strawberry.field(description="Since when.")

    grown = Ontology.of(*KINDS, Editor)
    settings = neo4j_instance.settings()
    store = Neo4jStore(settings, grown)
    prepared: list[Sequence[str]] = []
    prepare = store._run_schema_changes

    async def note(texts: Sequence[str]) -> None:
        prepared.append(texts)
        await prepare(texts)

    monkeypatch.setattr(store, "_run_schema_changes", note)
    await graphs.hold("neo4j")
    try:
        filled = [await store.seed(never), await store.seed(never)]
        names = await online(store)
    finally:
        for name in sorted(set(indexes(grown.kinds)) - set(indexes(ONTOLOGY.kinds))):
            await store._run(f"DROP CONSTRAINT {name} IF EXISTS" if name in UNIQUE else f"DROP INDEX {name} IF EXISTS")
        await store.close()

    new = {name: text for name, text in indexes(grown.kinds).items() if name not in indexes(ONTOLOGY.kinds)}
    assert (filled, prepared) == ([False, False], [list(new.values())])
    assert names >= set(indexes(grown.kinds))
    assert sorted(new) == [
        "atlas_editor_name_key_slug",
        "atlas_editor_name_key_text",
        "atlas_editor_slug",
        "atlas_editor_year",
        "atlas_editoralias_key",
        "atlas_editoralias_key_text",
    ]


UNIQUE = {"atlas_editor_slug", "atlas_editoralias_key"}


async def test_an_empty_graph_has_no_version_and_refuses_to_spell(graphs: Graphs, opened: list[Neo4jStore]) -> None:
    await graphs.hold("neo4j")
    await empty(opened[0])
    graphs.invalidate_neo4j()

    version = await opened[0].version()

    assert version == ""
    with pytest.raises(StoreUnavailable, match="still being seeded"):
        await opened[0].names_by_kind()
