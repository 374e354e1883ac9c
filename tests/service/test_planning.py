"""What the folder of documents and the explorer's examples hold is planned before the service says that it is ready."""

from __future__ import annotations

import asyncio
import base64
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from schema import ONTOLOGY
from service import service as app
from service.errors import StatementTimeout, StoreUnavailable
from service.pages.assets import Pages
from service.settings import read_settings
from service.stores.neo4j import statement as cypher
from service.stores.neo4j.store import Neo4jStore
from service.stores.sqlite.store import SqliteStore
from tests.apps import fresh
from tests.compare_examples import EXAMPLES
from tests.graphs import Graphs

pytestmark = pytest.mark.anyio

PATIENCE_SECONDS = 240
"""What a busy machine may take for a few first plans; only a fault takes so long."""

CARD = """query Card($slug: String!, $first: Int!, $kinds: [Kind!]!, $where: FeatureFilter!, $order: [FeatureOrder!]!,
    $deep: Boolean = false) {
  framework(slug: $slug) { name features(first: $first, where: $where, orderBy: $order) { nodes { name } } }
  search(text: $slug, kinds: $kinds) @include(if: $deep) { totalCount } }"""
TWO = """query One { graph { version } } query Two($slug: String = "flask") { framework(slug: $slug) { slug } }"""
NEED = "query Needed($need: Need!) { recommend(need: $need) { best { score } } }"
WRONG = """query After($after: String!) { frameworks(after: $after) { nodes { slug } } }
query Named($name: String!) { companies(where: { name: { startsWith: $name } }) { totalCount } }"""
WRITE = 'mutation { upsertFramework(input: {slug: "written", name: "Written"}) { __typename } }'

PAGES = Pages()

Statements = list[str]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "documents"
    made.mkdir()
    for name, text in (("card", CARD), ("two", TWO), ("needed", NEED), ("wrong", WRONG), ("write", WRITE)):
        (made / f"{name}.graphql").write_text(text)
    return made


def seen(monkeypatch: pytest.MonkeyPatch, method: str) -> Statements:
    """The statements that this method of the stores has been given."""
    given: Statements = []

    def watched(real: Callable[..., Any]) -> Callable[..., Any]:
        async def told(self: Any, statement: Any, *more: Any) -> Any:
            answer = await real(self, statement, *more)
            given.append(getattr(statement, "text", statement))
            return answer

        return told

    for kind in (SqliteStore, Neo4jStore):
        monkeypatch.setattr(kind, method, watched(getattr(kind, method)))
    return given


@pytest.fixture
def planned(monkeypatch: pytest.MonkeyPatch) -> Statements:
    monkeypatch.setattr(SqliteStore, "caches_plans", True)
    return seen(monkeypatch, "cache_plan")


async def status(client: httpx.AsyncClient) -> int:
    return (await client.get("/readyz")).status_code


async def ready(client: httpx.AsyncClient) -> None:
    async with asyncio.timeout(PATIENCE_SECONDS):
        while await status(client) != 200:  # noqa: ASYNC110 - as probes do
            await asyncio.sleep(0.1)


async def begin(service: app.Service) -> None:
    """Start it, until it is ready."""
    await service.start()
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not await service.is_ready():  # noqa: ASYNC110 - as probes do
            await asyncio.sleep(0.1)


async def test_a_client_meets_statements_that_have_been_planned(
    graphs: Graphs,
    store: str,
    folder: Path,
    planned: Statements,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    caplog.set_level(logging.INFO, "atlas")
    asked = seen(monkeypatch, "fetch")
    given = {"slug": "django", "first": 2, "kinds": ["FEATURE"], "where": {}, "order": [{"slug": "ASC"}]}
    async with graphs.serve(store, persisted=folder, explorer=False, plan_ahead=PATIENCE_SECONDS) as client:
        await ready(client)
        before = len(asked)
        card = await client.post("/graphql", json={"documentId": "card", "variables": given})
        two = await client.post("/graphql", json={"documentId": "two", "operationName": "Two"})

    assert card.json()["data"]["framework"]["name"] == "Django"
    assert two.json()["data"] == {"framework": {"slug": "flask"}}
    assert (len(planned), before, len(asked)) == (5, 0, 2)
    assert set(asked) < set(planned)
    left_out, done = [text for text in map(logging.LogRecord.getMessage, caplog.records) if "warm-up" in text]
    assert left_out.startswith("warm-up skips After of wrong.graphql: after is not a valid cursor of this list")
    assert done.startswith("warm-up planned 5 queries in ")


async def test_the_examples_are_planned_where_they_are_offered(
    graphs: Graphs, store: str, folder: Path, planned: Statements
) -> None:
    held = (await graphs.hold(store)).store
    where = graphs.neo4j_settings() if store == "neo4j" else read_settings(store=f"sqlite:///{held.path}")
    many: list[int] = []
    for given in ({}, {"plan_ahead": 0}, {"persisted": folder, "persisted_only": True}):
        service = app.Service(where.model_copy(update={"plan_ahead": PATIENCE_SECONDS, **given}), ONTOLOGY, EXAMPLES)
        planned.clear()
        await begin(service)
        many.append(len(planned))
        await service.stop()

    assert many == [len(EXAMPLES), 0, 5]


@pytest.mark.skipif(not PAGES.examples, reason="the explorer's pages are not built here")
@pytest.mark.parametrize(("explorer", "many"), [(True, len(PAGES.examples)), (False, 0)])
async def test_the_explorer_offers_what_is_planned(
    seeded: Path, planned: Statements, explorer: bool, many: int
) -> None:
    async with fresh(seeded, explorer=explorer, plan_ahead=PATIENCE_SECONDS) as client:
        await ready(client)

    assert PAGES.examples == EXAMPLES
    assert len(planned) == many


async def test_an_example_that_is_refused_here_is_left_out(
    seeded: Path, planned: Statements, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "atlas")
    examples = {
        "deep": "{ frameworks { nodes { slug } } }",
        "other": "{ planets { name } }",
        "flat": "{ graph { version } }",
    }
    service = app.Service(read_settings(store=f"sqlite:///{seeded}", max_depth=2), ONTOLOGY, examples)
    await begin(service)
    await service.stop()

    assert len(planned) == 1
    assert "warm-up skips deep.graphql: " in caplog.text
    assert "warm-up skips other.graphql: Cannot query field 'planets' on type 'Query'." in caplog.text


async def test_it_is_not_ready_until_then(
    seeded: Path, folder: Path, monkeypatch: pytest.MonkeyPatch, planned: Statements
) -> None:
    go_on, plan = asyncio.Event(), SqliteStore.cache_plan

    async def waiting(*given: Any) -> Any:
        await go_on.wait()
        return await plan(*given)

    monkeypatch.setattr(SqliteStore, "cache_plan", waiting)
    async with fresh(seeded, persisted=folder, explorer=False, plan_ahead=PATIENCE_SECONDS) as client:
        before = [await status(client), (await client.get("/healthz")).status_code]
        go_on.set()
        await ready(client)

    assert before == [503, 200]
    assert len(planned) == 5


async def test_what_takes_too_long_is_left_out(
    seeded: Path, folder: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def never(*_given: Any) -> Any:
        await asyncio.Event().wait()

    monkeypatch.setattr(SqliteStore, "caches_plans", True)
    monkeypatch.setattr(SqliteStore, "cache_plan", never)
    async with fresh(seeded, persisted=folder, plan_ahead=0.1) as client:
        await ready(client)

    assert "warm-up stopped after 0.1 s: planned 0 queries, skipped the rest" in caplog.text


async def test_a_store_that_is_away_is_waited_for(
    seeded: Path, folder: Path, monkeypatch: pytest.MonkeyPatch, planned: Statements
) -> None:
    away, fill, plan = asyncio.Event(), app.seed_store, SqliteStore.cache_plan
    away.set()

    async def filled(*given: Any) -> bool:
        if away.is_set():
            raise StoreUnavailable("away")
        return await fill(*given)

    async def answered(*given: Any) -> Any:
        if len(planned) == 1:
            planned.append("given up")
            raise StatementTimeout(1, "ATLAS_SQLITE_TIMEOUT")
        if away.is_set() or len(planned) == 3:
            away.clear()
            planned.append("lost")
            raise StoreUnavailable("away")
        return await plan(*given)

    monkeypatch.setattr(app, "seed_store", filled)
    monkeypatch.setattr(SqliteStore, "cache_plan", answered)
    async with fresh(seeded, persisted=folder, explorer=False, plan_ahead=PATIENCE_SECONDS) as client:
        before = await status(client), len(planned)
        away.clear()
        await ready(client)

    assert before == (503, 0)
    assert [planned[1], planned[3]] == ["given up", "lost"]
    assert len(planned) == 6


async def test_the_end_waits_for_none(seeded: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def never(*_given: Any) -> Any:
        await asyncio.Event().wait()

    monkeypatch.setattr(SqliteStore, "caches_plans", True)
    monkeypatch.setattr(SqliteStore, "cache_plan", never)
    service = app.Service(read_settings(store=f"sqlite:///{seeded}", persisted=folder), ONTOLOGY, {})
    await service.start()
    waiting = await service.is_ready()
    settled = service.is_idle
    async with asyncio.timeout(30):
        await service.stop()

    assert (waiting, settled) == (False, True)


LOOKED_UP = """query ($text: String!, $id: ID!, $ids: [ID!]!, $texts: [String!]!) {
  framework(slug: $text) { name } node(id: $id) { id } nodes(ids: $ids) { id } search(text: $text) { totalCount }
  compare(frameworks: $texts) { frameworks { name } } paths(from: $id, to: $id) { length }
  recommend(need: { must: $texts }) { best { score } } claims(where: { subject: $id, source: $id }) { totalCount }
  frameworks(where: { slug: { eq: $text }, features: { some: { slug: { eq: $text } } } }, first: 3) { nodes { name } } }"""


async def test_no_plan_depends_on_the_size_of_what_is_looked_up(graphs: Graphs) -> None:
    engine = await graphs.hold("sqlite")

    def sizes(text: str, many: int) -> dict[str, tuple[type, int]]:
        name = base64.b64encode(f"Framework:{text}".encode()).decode()
        given = {"text": text, "id": name, "ids": [name] * many, "texts": [f"{text}{number}" for number in range(many)]}
        compiled = engine.compile(LOOKED_UP, engine.documents.add(LOOKED_UP), None, given)
        parameters = cypher.write_statement(compiled.plan).parameters(engine._bind(compiled.plan.parameters, compiled))
        return {
            name: (type(value), len(value) if hasattr(value, "__len__") else 0) for name, value in parameters.items()
        }

    assert sizes("a", 2) == sizes("x" * 150, 4)
