"""What the folder of documents holds is asked before the service says that it is ready."""

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
from service import app, rehearsal
from service.errors import StoreUnavailable
from service.settings import read_settings
from service.stores.neo4j import cypher
from service.stores.neo4j.store import Neo4jStore
from service.stores.sqlite.store import SqliteStore
from tests.apps import fresh
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
WRONG = "query After($after: String!) { frameworks(after: $after) { nodes { slug } } }"
WRITE = 'mutation { upsertFramework(input: {slug: "written", name: "Written"}) { __typename } }'

Fetched = list[str]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "documents"
    made.mkdir()
    for name, text in (("card", CARD), ("two", TWO), ("needed", NEED), ("wrong", WRONG), ("write", WRITE)):
        (made / f"{name}.graphql").write_text(text)
    return made


@pytest.fixture
def fetched(monkeypatch: pytest.MonkeyPatch) -> Fetched:
    """The statements that the stores are asked from now on."""
    asked: Fetched = []
    for kind in (SqliteStore, Neo4jStore):

        async def fetch(
            self: Any, statement: Any, values: list[Any], *more: Any, fetch: Callable[..., Any] = kind.fetch
        ) -> Any:
            asked.append(getattr(statement, "text", statement))
            return await fetch(self, statement, values, *more)

        monkeypatch.setattr(kind, "fetch", fetch)
    return asked


async def status(client: httpx.AsyncClient) -> int:
    return (await client.get("/readyz")).status_code


async def ready(client: httpx.AsyncClient) -> None:
    async with asyncio.timeout(PATIENCE_SECONDS):
        while await status(client) != 200:  # noqa: ASYNC110 - as probes do
            await asyncio.sleep(0.1)


async def test_a_client_meets_statements_that_have_been_asked(
    graphs: Graphs,
    store: str,
    folder: Path,
    fetched: Fetched,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    caplog.set_level(logging.INFO, "atlas")
    monkeypatch.setattr(rehearsal, "_SECONDS", PATIENCE_SECONDS)
    given = {"slug": "django", "first": 2, "kinds": ["FEATURE"], "where": {}, "order": [{"slug": "ASC"}]}
    async with graphs.serve(store, persisted=folder) as client:
        await ready(client)
        rehearsed = list(fetched)
        card = await client.post("/graphql", json={"documentId": "card", "variables": given})
        two = await client.post("/graphql", json={"documentId": "two", "operationName": "Two"})
        asked = fetched[len(rehearsed) :]

    assert card.json()["data"]["framework"]["name"] == "Django"
    assert two.json()["data"] == {"framework": {"slug": "flask"}}
    assert len(rehearsed) == 4
    assert len(asked) == 2
    assert set(asked) < set(rehearsed)
    told = [record.getMessage() for record in caplog.records if "rehearsed" in record.getMessage()]
    left_out, done = told
    assert left_out.startswith("After of wrong.graphql is not rehearsed: after is no cursor of this list")
    assert done.startswith("rehearsed 4 queries in ")


async def test_it_is_not_ready_until_then(
    seeded: Path, folder: Path, monkeypatch: pytest.MonkeyPatch, fetched: Fetched
) -> None:
    go_on, fetch = asyncio.Event(), SqliteStore.fetch

    async def waiting(*given: Any) -> Any:
        await go_on.wait()
        return await fetch(*given)

    monkeypatch.setattr(SqliteStore, "fetch", waiting)
    async with fresh(seeded, persisted=folder) as client:
        before = [await status(client), (await client.get("/healthz")).status_code]
        go_on.set()
        await ready(client)

    assert before == [503, 200]
    assert len(fetched) == 4


async def test_what_takes_too_long_is_left_out(
    seeded: Path, folder: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def never(*_given: Any) -> Any:
        await asyncio.Event().wait()

    monkeypatch.setattr(SqliteStore, "fetch", never)
    monkeypatch.setattr(rehearsal, "_SECONDS", 0.1)
    async with fresh(seeded, persisted=folder) as client:
        await ready(client)

    assert "0 queries were rehearsed within 0.1 s; the rest is planned when it is asked" in caplog.text


async def test_a_store_that_is_away_is_waited_for(
    seeded: Path, folder: Path, monkeypatch: pytest.MonkeyPatch, fetched: Fetched
) -> None:
    away, fill, fetch = asyncio.Event(), app.fill, SqliteStore.fetch
    away.set()

    async def filled(*given: Any) -> bool:
        if away.is_set():
            raise StoreUnavailable("away")
        return await fill(*given)

    async def answered(*given: Any) -> Any:
        if away.is_set() or len(fetched) == 3:
            away.clear()
            fetched.append("lost")
            raise StoreUnavailable("away")
        return await fetch(*given)

    monkeypatch.setattr(app, "fill", filled)
    monkeypatch.setattr(SqliteStore, "fetch", answered)
    async with fresh(seeded, persisted=folder) as client:
        before = await status(client), len(fetched)
        away.clear()
        await ready(client)

    assert before == (503, 0)
    assert len(fetched) == 5
    assert fetched[3] == "lost"


async def test_the_end_waits_for_none(seeded: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def never(*_given: Any) -> Any:
        await asyncio.Event().wait()

    monkeypatch.setattr(SqliteStore, "fetch", never)
    service = app.Service(read_settings(store=f"sqlite:///{seeded}", persisted=folder), ONTOLOGY)
    await service.start()
    waiting = await service.ready()
    settled = service.settled
    async with asyncio.timeout(30):
        await service.stop()

    assert (waiting, settled) == (False, True)


LOOKED_UP = """query ($text: String!, $id: ID!, $ids: [ID!]!, $texts: [String!]!) {
  framework(slug: $text) { name } node(id: $id) { id } nodes(ids: $ids) { id } search(text: $text) { totalCount }
  compare(frameworks: $texts) { frameworks { name } } paths(from: $id, to: $id) { length }
  recommend(need: { must: $texts }) { best { score } } claims(subject: $id) { totalCount }
  frameworks(where: { name: { eq: $text }, features: { some: { slug: { eq: $text } } } }, first: 3) { nodes { name } } }"""


async def test_no_plan_depends_on_the_size_of_what_is_looked_up(graphs: Graphs) -> None:
    engine = await graphs.hold("sqlite")

    def sizes(text: str, many: int) -> dict[str, tuple[type, int]]:
        name = base64.b64encode(f"Framework:{text}".encode()).decode()
        given = {"text": text, "id": name, "ids": [name] * many, "texts": [f"{text}{number}" for number in range(many)]}
        compiled = engine.compile(LOOKED_UP, engine.parse(LOOKED_UP), None, given)
        parameters = cypher.write(compiled.plan).parameters(engine._bind(compiled.plan.slots, compiled))
        return {
            name: (type(value), len(value) if hasattr(value, "__len__") else 0) for name, value in parameters.items()
        }

    assert sizes("a", 2) == sizes("x" * 150, 4)
