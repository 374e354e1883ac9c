"""A store under overload: statements that exceed their deadline, and requests that would have to wait too long."""

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
from service.stores.sqlite.database import _READERS
from service.stores.sqlite.store import SqliteStore
from tests.apps import asgi_client
from tests.fact_lines import VALID_LINES, write_folder
from tests.graphs import Graphs
from tests.queries import response_with_cost
from tests.tokens import WRITER

pytestmark = pytest.mark.anyio

MINUTES = (
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10000000000) SELECT json(max(i)) FROM n"
)
"""SQL that takes minutes."""
MINUTES_ON_NEO4J = Statement(
    "UNWIND range(1, 100000000000) AS i WITH max(i % 7) AS most RETURN [most] AS data", lambda *_: [], ()
)
COUNT = {"query": "{ frameworks { totalCount } }"}
ANSWER = response_with_cost(1, {"frameworks": {"totalCount": 1}})
RENAME = {
    "query": 'mutation { upsertFramework(input: {slug: "django", name: "X"}) { ... on UpsertedFramework { version } } }'
}


@asynccontextmanager
async def running(tmp_path: Path, **settings: Any) -> AsyncIterator[tuple[httpx.AsyncClient, SqliteStore]]:
    """A client of a service with these settings, and the store of the service."""
    facts = write_folder(tmp_path / "facts", good=VALID_LINES)
    app = create_app(Settings(store=f"sqlite:///{tmp_path / 'atlas.db'}", facts=facts, **settings))
    async with (
        app.router.lifespan_context(app),
        asgi_client(app) as client,
    ):
        yield client, app.routes[0].endpoint._service._engine.store


@asynccontextmanager
async def busy_readers(store: SqliteStore) -> AsyncIterator[list[asyncio.Task[Any]]]:
    """Keep all reader threads busy, and further requests waiting as far as the store admits them."""
    tasks = [asyncio.create_task(store.fetch(MINUTES, [])) for _ in range(8)]
    await until_admitted(store, _READERS)
    yield tasks
    await asyncio.gather(*tasks, return_exceptions=True)


async def until_admitted(store: SqliteStore, requests: int) -> None:
    async with asyncio.timeout(20):
        while store.database._read_admission._requests < requests:  # noqa: ASYNC110 - there is no event to wait for
            await asyncio.sleep(0.01)


async def test_a_statement_is_interrupted_at_its_deadline_and_the_connection_stays_usable(tmp_path: Path) -> None:
    async with running(tmp_path, sqlite_timeout=0.4) as (client, store):
        start = time.monotonic()
        with pytest.raises(StatementTimeout, match=r"longer than 0\.4 s \(ATLAS_SQLITE_TIMEOUT\)"):
            await store.fetch(MINUTES, [])
        seconds = time.monotonic() - start
        answers = [(await client.post("/graphql", json=COUNT)).json() for _ in range(8)]

    assert 0.4 <= seconds < 15
    assert answers == [ANSWER] * 8


async def test_a_client_gets_an_error_when_its_operation_exceeds_the_deadline(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running(tmp_path, sqlite_timeout=0.3) as (client, store):
        fetch: Callable[..., Any] = store._fetch
        monkeypatch.setattr(store, "_fetch", lambda _statement, values: fetch(MINUTES, values))
        response = await client.post("/graphql", json=COUNT)

    message = "The operation took longer than 0.3 s (ATLAS_SQLITE_TIMEOUT); request less at once."
    assert (response.status_code, response.headers.get("retry-after")) == (503, None)
    assert response.json() == {
        "data": None,
        "errors": [{"message": message, "extensions": {"code": "STATEMENT_TIMEOUT"}}],
    }


async def test_requests_beyond_the_queue_are_rejected_at_once(tmp_path: Path) -> None:
    async with running(tmp_path, sqlite_timeout=4, waiting=10) as (client, store), busy_readers(store) as tasks:
        requests = [asyncio.create_task(client.post("/graphql", json=COUNT)) for _ in range(30)]
        first, _ = await asyncio.wait(requests, return_when=asyncio.FIRST_COMPLETED)
        rejected, waited = next(iter(first)).result(), any(task.done() for task in tasks)
        statuses = Counter([response.status_code for response in await asyncio.gather(*requests)])

    message = "Too many requests wait for the database; try again in a moment."
    assert (rejected.status_code, rejected.headers["retry-after"], waited) == (503, "1", False)
    assert rejected.json() == {
        "data": None,
        "errors": [{"message": message, "extensions": {"code": "SERVICE_UNAVAILABLE"}}],
    }
    assert statuses[503] >= 20


async def test_only_calls_on_behalf_of_clients_are_rejected(tmp_path: Path) -> None:
    calls: list[Callable[[SqliteStore], Any]] = [
        lambda store: store.state_token(),
        lambda store: store.version(),
        lambda store: store.log_entries(0, 1),
        lambda store: store.slugs_by_name("Framework"),
    ]
    async with running(tmp_path, sqlite_timeout=2, waiting=0) as (client, store), busy_readers(store):
        request = asyncio.create_task(client.get("/graphql", params=COUNT))
        results = await asyncio.gather(request, *(call(store) for call in calls), return_exceptions=True)
        background = await asyncio.gather(store.version(background=True), store.log_entries(0, 1, background=True))

    response, *errors = results
    assert isinstance(response, httpx.Response)
    assert (response.status_code, response.headers["retry-after"]) == (503, "1")
    assert [type(error) for error in errors] == [StoreBusy] * len(calls)
    assert [bool(result) for result in background] == [True, True]


async def test_the_readiness_probe_does_not_wait_for_readers(tmp_path: Path) -> None:
    async with running(tmp_path, sqlite_timeout=3) as (client, store), busy_readers(store) as tasks:
        ready = await client.get("/readyz")
        still_busy = sum(not task.done() for task in tasks)

    assert (ready.status_code, still_busy) == (200, 8)


async def test_a_store_that_does_not_answer_the_probe_is_not_ready(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running(tmp_path) as (client, store):
        release = threading.Event()
        monkeypatch.setattr(store.database, "rows", lambda *_: release.wait(20))
        async with asyncio.timeout(20):
            while (await client.get("/readyz")).status_code != 503:  # noqa: ASYNC110 - the last result is cached
                await asyncio.sleep(0.05)
        release.set()


async def test_a_write_that_waits_too_long_for_another_process_is_rejected_and_succeeds_later(tmp_path: Path) -> None:
    async with running(tmp_path, sqlite_timeout=0.4, tokens=WRITER.entry) as (client, store):
        headers = {"authorization": f"Bearer {WRITER.token}"}
        other = apsw.Connection(str(store.path))
        other.execute("BEGIN IMMEDIATE")
        rejected = await client.post("/graphql", json=RENAME, headers=headers)
        other.execute("ROLLBACK")
        done = await client.post("/graphql", json=RENAME, headers=headers)

    assert (rejected.status_code, rejected.headers["retry-after"], done.status_code) == (503, "1", 200)


async def test_closing_the_store_interrupts_running_statements(tmp_path: Path) -> None:
    async with running(tmp_path, sqlite_timeout=60) as (_, store):
        task = asyncio.create_task(store.fetch(MINUTES, []))
        await until_admitted(store, 1)
        start = time.monotonic()
    (error,) = await asyncio.gather(task, return_exceptions=True)

    assert time.monotonic() - start < 30
    assert "the store is being closed" in str(error)


@pytest.mark.neo4j
async def test_neo4j_interrupts_a_statement_at_its_deadline_and_rejects_requests_beyond_the_queue(
    graphs: Graphs,
) -> None:
    await graphs.load("neo4j")
    settings = graphs.neo4j_settings().model_copy(update={"neo4j_timeout": 6.0, "neo4j_pool": 1, "waiting": 1})
    store = Neo4jStore(settings, ONTOLOGY)
    store._is_seeded = True
    errors = await asyncio.gather(*(store.fetch(MINUTES_ON_NEO4J, []) for _ in range(3)), return_exceptions=True)
    short = Statement("RETURN [1] AS data", lambda data, _: data, ())
    answer = await store.fetch(short, [])
    await store.close()

    message = "The operation took longer than 6 s (ATLAS_NEO4J_TIMEOUT); request less at once."
    assert str(errors[0]) == message
    assert [type(error) for error in errors] == [StatementTimeout, StoreUnavailable, StoreBusy]
    assert answer == [1]


@pytest.mark.neo4j
async def test_a_neo4j_store_whose_connections_are_all_busy_is_ready(graphs: Graphs) -> None:
    await graphs.load("neo4j")
    store = Neo4jStore(graphs.neo4j_settings().model_copy(update={"neo4j_timeout": 20.0, "neo4j_pool": 1}), ONTOLOGY)
    busy = asyncio.create_task(store.fetch(MINUTES_ON_NEO4J, []))
    await asyncio.sleep(0.5)  # time for the statement to take the only connection
    ready, still_busy = await store.is_ready(), not busy.done()
    busy.cancel()
    await asyncio.gather(busy, return_exceptions=True)
    await store.close()

    assert (ready, still_busy) == (True, True)
