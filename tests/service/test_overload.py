"""Where more is asked of a store than it can do: statements that take too long, requests that would have to wait."""

from __future__ import annotations

import asyncio
import threading
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import apsw
import httpx
import pytest

from schema import ONTOLOGY
from service.app import create_app
from service.errors import StatementTimeout, StoreBusy, StoreUnavailable
from service.settings import Settings
from service.stores.neo4j.statement import Statement
from service.stores.neo4j.store import Neo4jStore
from service.stores.sqlite.store import SqliteStore
from tests.apps import client as client_of
from tests.fact_lines import GOOD, folder_of
from tests.graphs import Graphs, costing
from tests.tokens import WRITER

pytestmark = pytest.mark.anyio

LONG = (
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10000000000) SELECT json(max(i)) FROM n"
)
ENDLESS = Statement(
    "UNWIND range(1, 100000000000) AS i WITH max(i % 7) AS most RETURN [most] AS data", lambda *_: [], ()
)
COUNT = {"query": "{ frameworks { totalCount } }"}
ANSWER = costing(1, {"frameworks": {"totalCount": 1}})
RENAME = {
    "query": 'mutation { upsertFramework(input: {slug: "django", name: "X"}) { ... on UpsertedFramework { version } } }'
}


@asynccontextmanager
async def running(tmp_path: Path, **given: Any) -> AsyncIterator[tuple[httpx.AsyncClient, SqliteStore]]:
    """A service of which every long query takes as long as it may: its statement is another one."""
    facts = folder_of(tmp_path / "facts", good=GOOD)
    app = create_app(Settings(store=f"sqlite:///{tmp_path / 'atlas.db'}", facts=facts, **given))
    async with (
        app.router.lifespan_context(app),
        client_of(app) as client,
    ):
        yield client, app.routes[0].endpoint._service._engine.store


@asynccontextmanager
async def busy(store: SqliteStore) -> AsyncIterator[list[asyncio.Task[Any]]]:
    """While all readers run a statement that would take minutes."""
    tasks = [asyncio.create_task(store.fetch(LONG, [])) for _ in range(8)]
    await asyncio.sleep(0.1)
    yield tasks
    await asyncio.gather(*tasks, return_exceptions=True)


async def test_a_statement_that_takes_too_long_is_given_up_and_the_connection_goes_on(tmp_path: Path) -> None:
    async with running(tmp_path, sqlite_timeout=0.4) as (client, store):
        begun = time.monotonic()
        with pytest.raises(StatementTimeout, match=r"longer than 0\.4 s \(ATLAS_SQLITE_TIMEOUT\)"):
            await store.fetch(LONG, [])
        seconds = time.monotonic() - begun
        found = [(await client.post("/graphql", json=COUNT)).json() for _ in range(8)]

    assert 0.4 <= seconds < 15  # it would take minutes
    assert found == [ANSWER] * 8


async def test_a_client_is_told_that_its_operation_took_too_long(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running(tmp_path, sqlite_timeout=0.3) as (client, store):
        fetch: Callable[..., Any] = store._fetch
        monkeypatch.setattr(store, "_fetch", lambda _statement, values: fetch(LONG, values))
        answer = await client.post("/graphql", json=COUNT)

    message = "The operation took longer than 0.3 s (ATLAS_SQLITE_TIMEOUT); request less at once."
    assert (answer.status_code, answer.headers.get("retry-after")) == (503, None)
    assert answer.json() == {
        "data": None,
        "errors": [{"message": message, "extensions": {"code": "STATEMENT_TIMEOUT"}}],
    }


async def test_who_would_have_to_wait_too_long_is_refused_at_once(tmp_path: Path) -> None:
    async with running(tmp_path, sqlite_timeout=4, waiting=10) as (client, store), busy(store) as tasks:
        asking = [asyncio.create_task(client.post("/graphql", json=COUNT)) for _ in range(30)]
        first, _ = await asyncio.wait(asking, return_when=asyncio.FIRST_COMPLETED)
        refused, waited = next(iter(first)).result(), any(task.done() for task in tasks)
        found = Counter([one.status_code for one in await asyncio.gather(*asking)])

    message = "Too many requests wait for the database; try again in a moment."
    assert (refused.status_code, refused.headers["retry-after"], waited) == (503, "1", False)
    assert refused.json() == {
        "data": None,
        "errors": [{"message": message, "extensions": {"code": "SERVICE_UNAVAILABLE"}}],
    }
    assert found[503] >= 20


async def test_whatever_clients_wait_for_is_refused_where_too_many_wait(tmp_path: Path) -> None:
    asked: list[Callable[[SqliteStore], Any]] = [
        lambda store: store.state_token(),
        lambda store: store.version(),
        lambda store: store.log_entries(0, 1),
        lambda store: store.slugs_by_name("Framework"),
    ]
    async with running(tmp_path, sqlite_timeout=2, waiting=0) as (client, store), busy(store):
        by_get = asyncio.create_task(client.get("/graphql", params=COUNT))
        found = await asyncio.gather(by_get, *(one(store) for one in asked), return_exceptions=True)
        seen = await asyncio.gather(store.version(background=True), store.log_entries(0, 1, background=True))

    answer, *others = found
    assert isinstance(answer, httpx.Response)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
    assert [type(one) for one in others] == [StoreBusy] * len(asked)
    assert [bool(one) for one in seen] == [True, True]


async def test_readiness_waits_for_no_reader(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with running(tmp_path, sqlite_timeout=3) as (client, store), busy(store) as tasks:
        ready = await client.get("/readyz")
        still_busy = sum(not task.done() for task in tasks)
        release = threading.Event()
        monkeypatch.setattr(store.database, "rows", lambda *_: release.wait(20))
        await asyncio.sleep(0.6)  # for so long the last answer holds
        stuck = await client.get("/readyz")
        release.set()

    assert (ready.status_code, still_busy) == (200, 8)
    assert stuck.status_code == 503


async def test_a_write_that_waits_for_another_process_too_long_is_refused_and_later_done(tmp_path: Path) -> None:
    async with running(tmp_path, sqlite_timeout=0.4, tokens=WRITER.entry) as (client, store):
        headers = {"authorization": f"Bearer {WRITER.token}"}
        other = apsw.Connection(str(store.path))
        other.execute("BEGIN IMMEDIATE")
        refused = await client.post("/graphql", json=RENAME, headers=headers)
        other.execute("ROLLBACK")
        done = await client.post("/graphql", json=RENAME, headers=headers)

    assert (refused.status_code, refused.headers["retry-after"], done.status_code) == (503, "1", 200)


async def test_closing_does_not_wait_for_a_statement(tmp_path: Path) -> None:
    async with running(tmp_path, sqlite_timeout=60) as (_, store):
        task = asyncio.create_task(store.fetch(LONG, []))
        await asyncio.sleep(0.1)
        begun = time.monotonic()
    (found,) = await asyncio.gather(task, return_exceptions=True)

    assert time.monotonic() - begun < 30
    assert "is being closed" in str(found)


@pytest.mark.neo4j
async def test_neo4j_too_tells_a_statement_that_took_too_long_and_refuses_who_would_wait(graphs: Graphs) -> None:
    await graphs.hold("neo4j")
    given = graphs.neo4j_settings().model_copy(update={"neo4j_timeout": 6.0, "neo4j_pool": 1, "waiting": 1})
    store = Neo4jStore(given, ONTOLOGY)
    store._is_seeded = True
    found = await asyncio.gather(*(store.fetch(ENDLESS, []) for _ in range(3)), return_exceptions=True)
    short = Statement("RETURN [1] AS data", lambda data, _: data, ())
    after = await store.fetch(short, [])
    await store.close()

    told = "The operation took longer than 6 s (ATLAS_NEO4J_TIMEOUT); request less at once."
    assert (str(found[0]), [type(one) for one in found]) == (told, [StatementTimeout, StoreUnavailable, StoreBusy])
    assert after == [1]


@pytest.mark.neo4j
@pytest.mark.anyio
async def test_a_neo4j_store_of_which_all_connections_are_busy_is_ready(graphs: Graphs) -> None:
    await graphs.hold("neo4j")
    store = Neo4jStore(graphs.neo4j_settings().model_copy(update={"neo4j_timeout": 20.0, "neo4j_pool": 1}), ONTOLOGY)
    busy = asyncio.create_task(store.fetch(ENDLESS, []))
    await asyncio.sleep(0.5)
    ready, still_busy = await store.is_ready(), not busy.done()
    busy.cancel()
    await asyncio.gather(busy, return_exceptions=True)
    await store.close()

    assert (ready, still_busy) == (True, True)
