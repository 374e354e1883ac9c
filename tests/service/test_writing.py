"""A graph that was written one mutation at a time is the graph that is seeded with the same facts, on both stores.

A model in Python holds the facts that a sequence of writes should leave, and says what each of them should answer.
"""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path
from typing import Any

import apsw
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from schema import ONTOLOGY, PropertyType
from service.execution.engine import Engine
from tests.contents import contents
from tests.drawn import TEXTS
from tests.graphs import Graphs, data, facts_from, write
from tests.model import Model, Write, document, number

pytestmark = pytest.mark.anyio

SLUGS = ("a", "b", "日-1")
NAMES = ("a", "B", "Café", "cafe", "日-1", "two words", *TEXTS)
DATES = (None, "2023", "2024-03", "2024-03-19")
PUBLISHERS = (None, "", "P", "Q")


# -------------------------------------------------------------------------------------------------------------- drawing


@st.composite
def upserts(draw: st.DrawFn) -> Write:
    kind = draw(st.sampled_from([*ONTOLOGY.kinds, *(ONTOLOGY.kind_by_name[name] for name in ("Framework", "Source"))]))
    given: dict[str, Any] = {"slug": draw(st.sampled_from(SLUGS)), "name": draw(st.sampled_from(NAMES)).strip() or "x"}
    drawn: dict[str, st.SearchStrategy[Any]] = {}
    for prop in kind.properties:
        if prop.type is PropertyType.CHOICE:
            given[prop.name] = draw(st.sampled_from((*prop.choices, *prop.choices, None)))
        elif prop.type is PropertyType.DATE:
            drawn[prop.name] = st.sampled_from(DATES)
        elif prop.name == "publisher":
            drawn[prop.name] = st.sampled_from(PUBLISHERS)
        elif prop.name == "aliases":
            drawn[prop.name] = st.none() | st.lists(
                st.sampled_from([name for name in NAMES if name.strip()]), max_size=3
            )
        elif prop.name == "summary":
            drawn[prop.name] = st.none() | st.sampled_from(NAMES)
    for name in draw(st.lists(st.sampled_from(sorted(drawn)), unique=True)):
        given[name] = draw(drawn[name])
    for name in draw(st.lists(st.sampled_from(sorted(set(given) - {"slug"})), max_size=1)):
        del given[name]
    return "upsert", kind.name, given


@st.composite
def words(draw: st.DrawFn) -> Write:
    """Claims, mostly, and retractions."""
    relation = draw(st.sampled_from([*ONTOLOGY.relations[:3], *ONTOLOGY.relations]))
    given: dict[str, Any] = {
        "subject": f"{relation.subject}:{draw(st.sampled_from(SLUGS[:2]))}",
        "relation": relation.name,
        "object": f"{relation.object}:{draw(st.sampled_from(SLUGS[:2]))}",
        "source": draw(st.sampled_from(SLUGS)),
    }
    if draw(st.integers(0, 3)) == 0:
        return "retract", relation.name, given
    given |= {"supports": draw(st.booleans()), "note": draw(st.sampled_from(("n", "q'\"`\\$v0", "日本")))}
    given |= draw(st.sampled_from(({}, {"term": "t"}, {"locator": "1", "term": None})))
    return "claim", relation.name, given


deletions = st.tuples(
    st.just("delete"),
    st.sampled_from(["Source", *(kind.name for kind in ONTOLOGY.kinds)]),
    st.fixed_dictionaries({"slug": st.sampled_from(SLUGS)}),
)
begun = [
    {"kind": kind.name, "slug": slug, "name": slug}
    | {prop.name: prop.choices[0] for prop in kind.properties if prop.type is PropertyType.CHOICE}
    for kind in ONTOLOGY.kinds
    for slug in SLUGS[:2]
]


@st.composite
def sequences(draw: st.DrawFn) -> list[Write]:
    """Many claims between what there is at first, among them other writes."""
    one = st.one_of(words(), words(), words(), upserts(), upserts(), deletions)
    return draw(st.lists(one, min_size=5, max_size=30))


# -------------------------------------------------------------------------------------------------------------- writing


async def check(engine: Engine, graphs: Graphs, writes: list[Write]) -> None:
    """Write, compare every answer with that of the model, and all that is held with what would be seeded."""
    model = Model.of(begun)
    for one in writes:
        answered = (await write(engine, *document(one)))["done"]
        version = await engine.store.version()
        assert answered.pop("version", version) == version
        expected = model.write(one)
        if isinstance(expected.get("value"), set):  # of several aliases that clash, any may be told
            assert answered.pop("value") in expected.pop("value")
        assert answered == expected, one
        assert number(version) == model.changes, one
    held = await contents(engine.store)
    with tempfile.TemporaryDirectory() as folder:
        facts = model.facts(Path(folder))
    async with graphs.fresh(engine.store.name, facts) as seeded:
        assert held == await contents(seeded.store)


async def _hold(graphs: Graphs, store: str, writes: list[Write]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        facts = facts_from(Path(folder), begun)
    async with graphs.fresh(store, facts) as engine:
        await check(engine, graphs, writes)


def drawn(examples: int) -> Any:
    return settings(max_examples=examples, deadline=None, suppress_health_check=list(HealthCheck))


@drawn(40)
@given(writes=sequences())
async def test_a_written_graph_is_the_graph_that_would_be_seeded_on_sqlite(graphs: Graphs, writes: list[Write]) -> None:
    await _hold(graphs, "sqlite", writes)


@pytest.mark.neo4j
@pytest.mark.usefixtures("neo4j_instance")
@drawn(6)
@given(writes=sequences())
async def test_a_written_graph_is_the_graph_that_would_be_seeded_on_neo4j(graphs: Graphs, writes: list[Write]) -> None:
    await _hold(graphs, "neo4j", writes)


async def test_who_reads_does_not_wait_for_those_who_wait_to_write(graphs: Graphs, tmp_path: Path) -> None:
    async with graphs.fresh("sqlite", facts_from(tmp_path, begun)) as engine:
        other = apsw.Connection(str(engine.store.path))
        other.execute("BEGIN IMMEDIATE")
        upserts = [document(("upsert", "Framework", {"slug": "a", "name": f"A{one}"})) for one in range(8)]
        waiting = [asyncio.create_task(write(engine, *one)) for one in upserts]
        await asyncio.sleep(0.1)
        try:
            async with asyncio.timeout(5):
                found = await data(engine, '{ framework(slug: "a") { name } }')
        finally:
            other.execute("ROLLBACK")
            other.close()
        written = await asyncio.gather(*waiting)

    assert found == {"framework": {"name": "a"}}
    assert [one["done"]["__typename"] for one in written] == ["UpsertedFramework"] * 8
