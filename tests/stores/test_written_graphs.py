"""A graph that is written one mutation at a time equals a graph that is seeded with the same facts, on both stores.

A model in Python holds the facts that a sequence of writes should leave, and the answer to each write.
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
from tests.facts import facts_from_lines
from tests.graphs import Graphs
from tests.queries import mutate, query
from tests.texts import SHORT_TEXTS
from tests.write_model import Write, WriteModel, change_number

pytestmark = pytest.mark.anyio

SLUGS = ("a", "b", "日-1")
NAMES = ("a", "B", "Café", "cafe", "日-1", "two words", *SHORT_TEXTS)
DATES = (None, "2023", "2024-03", "2024-03-19")
PUBLISHERS = (None, "", "P", "Q")


# ----------------------------------------------------------------------------------------------------------- strategies


@st.composite
def upserts(draw: st.DrawFn) -> Write:
    kind = draw(st.sampled_from([*ONTOLOGY.kinds, *(ONTOLOGY.kind_by_name[name] for name in ("Framework", "Source"))]))
    values: dict[str, Any] = {"slug": draw(st.sampled_from(SLUGS)), "name": draw(st.sampled_from(NAMES)).strip() or "x"}
    optional: dict[str, st.SearchStrategy[Any]] = {}
    for prop in kind.properties:
        if prop.type is PropertyType.CHOICE:
            values[prop.name] = draw(st.sampled_from((*prop.choices, *prop.choices, None)))
        elif prop.type is PropertyType.DATE:
            optional[prop.name] = st.sampled_from(DATES)
        elif prop.name == "publisher":
            optional[prop.name] = st.sampled_from(PUBLISHERS)
        elif prop.name == "aliases":
            optional[prop.name] = st.none() | st.lists(
                st.sampled_from([name for name in NAMES if name.strip()]), max_size=3
            )
        elif prop.name == "summary":
            optional[prop.name] = st.none() | st.sampled_from(NAMES)
    for name in draw(st.lists(st.sampled_from(sorted(optional)), unique=True)):
        values[name] = draw(optional[name])
    for name in draw(st.lists(st.sampled_from(sorted(set(values) - {"slug"})), max_size=1)):
        del values[name]
    return Write("upsert", kind.name, values)


@st.composite
def claims_and_retractions(draw: st.DrawFn) -> Write:
    relation = draw(st.sampled_from([*ONTOLOGY.relations[:3], *ONTOLOGY.relations]))
    values: dict[str, Any] = {
        "subject": f"{relation.subject}:{draw(st.sampled_from(SLUGS[:2]))}",
        "relation": relation.name,
        "object": f"{relation.object}:{draw(st.sampled_from(SLUGS[:2]))}",
        "source": draw(st.sampled_from(SLUGS)),
    }
    if draw(st.integers(0, 3)) == 0:
        return Write("retract", relation.name, values)
    values |= {"supports": draw(st.booleans()), "note": draw(st.sampled_from(("n", "q'\"`\\$v0", "日本")))}
    values |= draw(st.sampled_from(({}, {"term": "t"}, {"locator": "1", "term": None})))
    return Write("claim", relation.name, values)


DELETIONS = st.builds(
    Write,
    st.just("delete"),
    st.sampled_from(["Source", *(kind.name for kind in ONTOLOGY.kinds)]),
    st.fixed_dictionaries({"slug": st.sampled_from(SLUGS)}),
)
INITIAL_LINES = [
    {"kind": kind.name, "slug": slug, "name": slug}
    | {prop.name: prop.choices[0] for prop in kind.properties if prop.type is PropertyType.CHOICE}
    for kind in ONTOLOGY.kinds
    for slug in SLUGS[:2]
]


@st.composite
def sequences(draw: st.DrawFn) -> list[Write]:
    """Mostly claims between the initial entities, and other writes among them."""
    claims = claims_and_retractions()
    return draw(st.lists(st.one_of(claims, claims, claims, upserts(), upserts(), DELETIONS), min_size=5, max_size=30))


# ---------------------------------------------------------------------------------------------------------------- tests


def examples(count: int) -> Any:
    return settings(max_examples=count, deadline=None, suppress_health_check=list(HealthCheck))


async def check(graphs: Graphs, store: str, writes: list[Write]) -> None:
    """Compare every answer with that of the model, and the written graph with a seeded graph."""
    with tempfile.TemporaryDirectory() as folder:
        facts = facts_from_lines(Path(folder), INITIAL_LINES)
    async with graphs.load_isolated(store, facts) as engine:
        model = WriteModel.from_lines(INITIAL_LINES)
        for item in writes:
            await check_write(engine, model, item)
        written = await contents(engine.store)
        with tempfile.TemporaryDirectory() as folder:
            facts = model.facts(Path(folder))
        async with graphs.load_isolated(store, facts) as seeded:
            assert written == await contents(seeded.store)


async def check_write(engine: Engine, model: WriteModel, item: Write) -> None:
    answer = (await mutate(engine, *item.operation))["payload"]
    version = await engine.store.version()
    assert answer.pop("version", version) == version
    expected = model.apply(item)
    if isinstance(expected.get("value"), set):  # of several conflicting aliases, the answer may name any
        assert answer.pop("value") in expected.pop("value")
    assert answer == expected, item
    assert change_number(version) == model.changes, item


@examples(40)
@given(writes=sequences())
async def test_a_written_graph_equals_a_seeded_graph_on_sqlite(graphs: Graphs, writes: list[Write]) -> None:
    await check(graphs, "sqlite", writes)


@pytest.mark.neo4j
@pytest.mark.usefixtures("neo4j_instance")
@examples(6)
@given(writes=sequences())
async def test_a_written_graph_equals_a_seeded_graph_on_neo4j(graphs: Graphs, writes: list[Write]) -> None:
    await check(graphs, "neo4j", writes)


async def test_readers_do_not_wait_for_waiting_writers(graphs: Graphs, tmp_path: Path) -> None:
    async with graphs.load_isolated("sqlite", facts_from_lines(tmp_path, INITIAL_LINES)) as engine:
        other = apsw.Connection(str(engine.store.path))
        other.execute("BEGIN IMMEDIATE")
        writes = [Write("upsert", "Framework", {"slug": "a", "name": f"A{index}"}) for index in range(8)]
        writers = [asyncio.create_task(mutate(engine, *item.operation)) for item in writes]
        try:
            async with asyncio.timeout(5):
                while engine.store.database._write_admission._requests < len(writers):  # noqa: ASYNC110 - no event
                    await asyncio.sleep(0.01)
                answer = await query(engine, '{ framework(slug: "a") { name } }')
        finally:
            other.execute("ROLLBACK")
            other.close()
        written = await asyncio.gather(*writers)

    assert answer == {"framework": {"name": "a"}}
    assert [item["payload"]["__typename"] for item in written] == ["UpsertedFramework"] * 8
