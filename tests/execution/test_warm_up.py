"""Plan-cache warm-up: trusted documents and the examples of the explorer are planned before the service is ready."""

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
from service import service as service_module
from service.errors import StatementTimeout, StoreUnavailable
from service.pages.assets import Pages
from service.service import Service
from service.settings import read_settings
from service.stores.neo4j import statement as neo4j_statement
from service.stores.neo4j.store import Neo4jStore
from service.stores.sqlite.store import SqliteStore
from tests.apps import sqlite_client
from tests.compare_examples import EXAMPLES
from tests.graphs import Graphs

pytestmark = pytest.mark.anyio

MAX_SECONDS = 240
"""More than a busy machine needs to plan a few statements."""

DOCUMENTS = {
    "card": """query Card($slug: String!, $first: Int!, $kinds: [Kind!]!, $where: FeatureFilter!, $order: [FeatureOrder!]!,
        $deep: Boolean = false) {
      framework(slug: $slug) { name features(first: $first, where: $where, orderBy: $order) { nodes { name } } }
      search(text: $slug, kinds: $kinds) @include(if: $deep) { totalCount } }""",
    "two": 'query One { graph { version } } query Two($slug: String = "flask") { framework(slug: $slug) { slug } }',
    "need": "query Need($need: Need!) { recommend(need: $need) { best { score } } }",
    "cursor": """query After($after: String!) { frameworks(after: $after) { nodes { slug } } }
      query Named($name: String!) { companies(where: { name: { startsWith: $name } }) { totalCount } }""",
    "write": 'mutation { upsertFramework(input: {slug: "written", name: "Written"}) { __typename } }',
}
"""Six queries. `After` cannot be planned, because the example value of its variable is not a cursor."""
PLANNED = 5

PAGES = Pages()

Statements = list[str]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of trusted documents."""
    folder = tmp_path / "documents"
    folder.mkdir()
    for name, text in DOCUMENTS.items():
        (folder / f"{name}.graphql").write_text(text)
    return folder


def record(monkeypatch: pytest.MonkeyPatch, method: str) -> Statements:
    """The statements for which this method of a store returns."""
    statements: Statements = []

    def recording(original: Callable[..., Any]) -> Callable[..., Any]:
        async def call(self: Any, statement: Any, *args: Any) -> Any:
            result = await original(self, statement, *args)
            statements.append(getattr(statement, "text", statement))
            return result

        return call

    for store_class in (SqliteStore, Neo4jStore):
        monkeypatch.setattr(store_class, method, recording(getattr(store_class, method)))
    return statements


@pytest.fixture
def planned(monkeypatch: pytest.MonkeyPatch) -> Statements:
    """The statements that the warm-up has planned. SQLite takes part in it, as it does not by itself."""
    monkeypatch.setattr(SqliteStore, "caches_plans", True)
    return record(monkeypatch, "cache_plan")


async def readiness(client: httpx.AsyncClient) -> int:
    return (await client.get("/readyz")).status_code


async def until_ready(client: httpx.AsyncClient) -> None:
    async with asyncio.timeout(MAX_SECONDS):
        while await readiness(client) != 200:  # noqa: ASYNC110 - as probes do
            await asyncio.sleep(0.1)


async def start(service: Service) -> None:
    """Start a service and wait until it is ready."""
    await service.start()
    async with asyncio.timeout(MAX_SECONDS):
        while not await service.is_ready():  # noqa: ASYNC110 - as probes do
            await asyncio.sleep(0.1)


async def test_the_statements_of_trusted_documents_are_planned_before_the_first_request(
    graphs: Graphs,
    store: str,
    folder: Path,
    planned: Statements,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    caplog.set_level(logging.INFO, "atlas")
    fetched = record(monkeypatch, "fetch")
    variables = {"slug": "django", "first": 2, "kinds": ["FEATURE"], "where": {}, "order": [{"slug": "ASC"}]}
    async with graphs.serve(store, persisted=folder, explorer=False, plan_ahead=MAX_SECONDS) as client:
        await until_ready(client)
        fetched_before = len(fetched)
        card = await client.post("/graphql", json={"documentId": "card", "variables": variables})
        two = await client.post("/graphql", json={"documentId": "two", "operationName": "Two"})

    assert card.json()["data"]["framework"]["name"] == "Django"
    assert two.json()["data"] == {"framework": {"slug": "flask"}}
    assert (len(planned), fetched_before, len(fetched)) == (PLANNED, 0, 2)
    assert set(fetched) < set(planned)
    skipped, done = [text for text in map(logging.LogRecord.getMessage, caplog.records) if "warm-up" in text]
    assert skipped.startswith("warm-up skips After of cursor.graphql: after is not a valid cursor of this list")
    assert done.startswith(f"warm-up planned {PLANNED} queries in ")


async def test_examples_are_planned_unless_the_warm_up_is_off_or_only_trusted_documents_are_allowed(
    graphs: Graphs, store: str, folder: Path, planned: Statements
) -> None:
    loaded: Any = (await graphs.load(store)).store
    settings = graphs.neo4j_settings() if store == "neo4j" else read_settings(store=f"sqlite:///{loaded.path}")
    counts: list[int] = []
    for others in ({}, {"plan_ahead": 0}, {"persisted": folder, "persisted_only": True}):
        service = Service(settings.model_copy(update={"plan_ahead": MAX_SECONDS, **others}), ONTOLOGY, EXAMPLES)
        planned.clear()
        await start(service)
        counts.append(len(planned))
        await service.stop()

    assert counts == [len(EXAMPLES), 0, PLANNED]


@pytest.mark.skipif(not PAGES.examples, reason="the pages of the explorer are not built")
@pytest.mark.parametrize(("explorer", "count"), [(True, len(PAGES.examples)), (False, 0)])
async def test_the_examples_of_the_explorer_are_planned_if_it_is_served(
    seeded: Path, planned: Statements, explorer: bool, count: int
) -> None:
    async with sqlite_client(seeded, explorer=explorer, plan_ahead=MAX_SECONDS) as client:
        await until_ready(client)

    assert PAGES.examples == EXAMPLES
    assert len(planned) == count


async def test_an_example_that_is_invalid_or_exceeds_a_limit_is_skipped(
    seeded: Path, planned: Statements, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "atlas")
    examples = {
        "deep": "{ frameworks { nodes { slug } } }",
        "invalid": "{ planets { name } }",
        "flat": "{ graph { version } }",
    }
    service = Service(read_settings(store=f"sqlite:///{seeded}", max_depth=2), ONTOLOGY, examples)
    await start(service)
    await service.stop()

    assert len(planned) == 1
    assert "warm-up skips deep.graphql: " in caplog.text
    assert "warm-up skips invalid.graphql: Cannot query field 'planets' on type 'Query'." in caplog.text


async def test_the_service_is_healthy_but_not_ready_during_the_warm_up(
    seeded: Path, folder: Path, monkeypatch: pytest.MonkeyPatch, planned: Statements
) -> None:
    may_continue, cache_plan = asyncio.Event(), SqliteStore.cache_plan

    async def blocked(*args: Any) -> Any:
        await may_continue.wait()
        return await cache_plan(*args)

    monkeypatch.setattr(SqliteStore, "cache_plan", blocked)
    async with sqlite_client(seeded, persisted=folder, explorer=False, plan_ahead=MAX_SECONDS) as client:
        statuses = [await readiness(client), (await client.get("/healthz")).status_code]
        may_continue.set()
        await until_ready(client)

    assert statuses == [503, 200]
    assert len(planned) == PLANNED


async def test_a_warm_up_that_takes_too_long_is_stopped(
    seeded: Path, folder: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def never(*_: Any) -> Any:
        await asyncio.Event().wait()

    monkeypatch.setattr(SqliteStore, "caches_plans", True)
    monkeypatch.setattr(SqliteStore, "cache_plan", never)
    async with sqlite_client(seeded, persisted=folder, plan_ahead=0.1) as client:
        await until_ready(client)

    assert "warm-up stopped after 0.1 s: planned 0 queries, skipped the rest" in caplog.text


async def test_the_warm_up_waits_for_an_unavailable_store_and_skips_statements_that_time_out(
    seeded: Path, folder: Path, monkeypatch: pytest.MonkeyPatch, planned: Statements
) -> None:
    unavailable, seed_store, cache_plan = asyncio.Event(), service_module.seed_store, SqliteStore.cache_plan
    unavailable.set()

    async def seed(*args: Any) -> bool:
        if unavailable.is_set():
            raise StoreUnavailable("unavailable")
        return await seed_store(*args)

    async def plan(*args: Any) -> Any:
        if len(planned) == 1:
            planned.append("timeout")
            raise StatementTimeout(1, "ATLAS_SQLITE_TIMEOUT")
        if unavailable.is_set() or len(planned) == 3:
            unavailable.clear()
            planned.append("unavailable")
            raise StoreUnavailable("unavailable")
        return await cache_plan(*args)

    monkeypatch.setattr(service_module, "seed_store", seed)
    monkeypatch.setattr(SqliteStore, "cache_plan", plan)
    async with sqlite_client(seeded, persisted=folder, explorer=False, plan_ahead=MAX_SECONDS) as client:
        before = await readiness(client), len(planned)
        unavailable.clear()
        await until_ready(client)

    assert before == (503, 0)
    assert [planned[1], planned[3]] == ["timeout", "unavailable"]
    assert len(planned) == 6


async def test_the_service_stops_without_waiting_for_the_warm_up(
    seeded: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def never(*_: Any) -> Any:
        await asyncio.Event().wait()

    monkeypatch.setattr(SqliteStore, "caches_plans", True)
    monkeypatch.setattr(SqliteStore, "cache_plan", never)
    service = Service(read_settings(store=f"sqlite:///{seeded}", persisted=folder), ONTOLOGY, {})
    await service.start()
    state = await service.is_ready(), service.is_idle
    async with asyncio.timeout(30):
        await service.stop()

    assert state == (False, True)


LOOKUPS = """query ($text: String!, $id: ID!, $ids: [ID!]!, $texts: [String!]!) {
  framework(slug: $text) { name } node(id: $id) { id } nodes(ids: $ids) { id } search(text: $text) { totalCount }
  compare(frameworks: $texts) { frameworks { name } } paths(from: $id, to: $id) { length }
  recommend(need: { must: $texts }) { best { score } } claims(where: { subject: $id, source: $id }) { totalCount }
  frameworks(where: { slug: { eq: $text }, features: { some: { slug: { eq: $text } } } }, first: 3) { nodes { name } } }"""


async def test_neo4j_plans_a_lookup_once_for_values_of_all_sizes(graphs: Graphs) -> None:
    engine = await graphs.load("sqlite")

    def sizes(text: str, count: int) -> dict[str, tuple[type, int]]:
        id_ = base64.b64encode(f"Framework:{text}".encode()).decode()
        texts = [f"{text}{number}" for number in range(count)]
        variables = {"text": text, "id": id_, "ids": [id_] * count, "texts": texts}
        compiled = engine.compile(LOOKUPS, engine.documents.add(LOOKUPS), None, variables)
        values = engine._bind(compiled.plan.parameters, compiled)
        parameters = neo4j_statement.write_statement(compiled.plan).parameters(values)
        return {
            name: (type(value), len(value) if hasattr(value, "__len__") else 0) for name, value in parameters.items()
        }

    assert sizes("a", 2) == sizes("x" * 150, 4)
