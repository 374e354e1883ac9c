"""A Neo4j server that fails: every request gets a response in time, and the service recovers on its own."""

from __future__ import annotations

import asyncio
import gc
import socket
import time
from collections.abc import AsyncIterator
from typing import Any

import anyio.to_thread
import httpx
import pytest
from neo4j.exceptions import ConnectionAcquisitionTimeoutError, Neo4jError

from schema import ONTOLOGY
from service.errors import StoreAccessDenied, StoreError, StoreUnavailable
from service.settings import Settings
from service.stores import Transaction, open_store
from service.stores.neo4j.store import Neo4jStore
from tests.apps import app_client
from tests.graphs import Graphs
from tests.neo4j_server import Server, Unavailable

pytestmark = [
    pytest.mark.neo4j,
    pytest.mark.anyio,
    pytest.mark.usefixtures("_ignore_lost_connections"),
    # the driver leaves the socket of a refused or cancelled connection to the garbage collector
    pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

TIMEOUT_SECONDS = 4.0
QUERY = {"query": '{ framework(slug: "django") { name usedBy { nodes { name } } } }'}
DJANGO = {"name": "Django", "usedBy": {"nodes": [{"name": name} for name in ("Chess.com", "Instagram", "Pinterest")]}}


@pytest.fixture
async def _ignore_lost_connections() -> AsyncIterator[None]:
    """Ignore errors of connections that the driver has abandoned.

    They are reported when the garbage collector finds them, so the handler stays for the rest of the run.
    """
    loop = asyncio.get_running_loop()
    default_handler = loop.get_exception_handler()

    def handle(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        if isinstance(context.get("exception"), OSError):
            return
        if default_handler is not None:
            default_handler(loop, context)
        else:
            loop.default_exception_handler(context)

    loop.set_exception_handler(handle)
    yield
    await asyncio.sleep(0.1)
    gc.collect()
    await asyncio.sleep(0)


def _settings(server: Server, **settings: Any) -> Settings:
    return server.settings(**{"neo4j_timeout": TIMEOUT_SECONDS, **settings})


async def _wait_for_data(client: httpx.AsyncClient, seconds: float = 90) -> dict[str, Any]:
    """Repeat the query until its response has data."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        response = (await client.post("/graphql", json=QUERY)).json()
        if response.get("data"):
            return response
        await asyncio.sleep(0.3)
    raise AssertionError("the service did not recover")


async def _kill(server: Server) -> None:
    try:
        server.kill()
    except Unavailable as error:
        pytest.skip(str(error))
    await asyncio.sleep(0)


async def test_requests_get_responses_in_time_while_the_server_is_killed_and_restarted(
    graphs: Graphs, neo4j_instance: Server
) -> None:
    await graphs.load("neo4j")
    outcomes: list[tuple[int, bool, float]] = []

    async def send_requests(client: httpx.AsyncClient, stop: asyncio.Event) -> None:
        while not stop.is_set():
            start = time.monotonic()
            response = await client.post("/graphql", json=QUERY)
            body = response.json()
            code = body["errors"][0]["extensions"]["code"] if "errors" in body else None
            is_valid = body.get("data") == {"framework": DJANGO} or code in {"SERVICE_UNAVAILABLE", "STATEMENT_TIMEOUT"}
            outcomes.append((response.status_code, is_valid, time.monotonic() - start))

    async with app_client(_settings(neo4j_instance)) as client:
        stop = asyncio.Event()
        async with asyncio.TaskGroup() as senders:
            for _ in range(16):
                senders.create_task(send_requests(client, stop))
            await asyncio.sleep(1)
            await _kill(neo4j_instance)
            await asyncio.sleep(TIMEOUT_SECONDS + 2)
            assert (await client.get("/healthz")).status_code == 200
            assert (await client.get("/readyz")).status_code == 503
            await anyio.to_thread.run_sync(neo4j_instance.restart)
            recovered = await _wait_for_data(client)
            stop.set()
        assert (await client.get("/readyz")).status_code == 200

    assert recovered["data"] == {"framework": DJANGO}
    assert {status for status, _, _ in outcomes} == {200, 503}
    assert all(is_valid for _, is_valid, _ in outcomes)
    assert max(seconds for _, _, seconds in outcomes) < TIMEOUT_SECONDS + 2


async def test_the_service_starts_without_a_server_and_connects_later(graphs: Graphs, neo4j_instance: Server) -> None:
    await graphs.load("neo4j")
    await _kill(neo4j_instance)

    async with app_client(_settings(neo4j_instance)) as client:
        start = time.monotonic()
        unavailable = await client.post("/graphql", json=QUERY)
        seconds = time.monotonic() - start
        readiness = await client.get("/readyz")
        await anyio.to_thread.run_sync(neo4j_instance.restart)
        recovered = await _wait_for_data(client)

    assert (unavailable.status_code, readiness.status_code) == (503, 503)
    assert unavailable.json() == {
        "errors": [
            {
                "message": "The database is unavailable; try again in a moment.",
                "extensions": {"code": "SERVICE_UNAVAILABLE"},
            }
        ],
        "data": None,
    }
    assert seconds < TIMEOUT_SECONDS + 2
    assert recovered["data"] == {"framework": DJANGO}


async def test_a_writer_that_waits_too_long_for_the_lock_is_unavailable(graphs: Graphs, neo4j_instance: Server) -> None:
    await graphs.load("neo4j")
    # longer than the two seconds after which Neo4j checks the time limits of transactions again
    store: Any = await open_store(_settings(neo4j_instance, neo4j_timeout=8.0), ONTOLOGY)
    other: Any = await open_store(_settings(neo4j_instance), ONTOLOGY)
    has_lock, release = asyncio.Event(), asyncio.Event()

    async def keep_lock(_: Transaction) -> None:
        has_lock.set()
        await release.wait()

    async def write_nothing(_: Transaction) -> None:
        await asyncio.sleep(0)

    first = asyncio.create_task(other.transact(keep_lock, 60))
    await has_lock.wait()
    try:
        with pytest.raises(StoreUnavailable, match="LockClientStopped"):
            await store.transact(write_nothing)
    finally:
        release.set()
        await first
        await store.close()
        await other.close()


async def test_a_wrong_password_is_an_error_at_the_start(graphs: Graphs, neo4j_instance: Server) -> None:
    await graphs.load("neo4j")

    with pytest.raises(StoreAccessDenied, match="rejected the connection"):
        async with app_client(_settings(neo4j_instance, neo4j_password="wrong")):
            pass


@pytest.mark.parametrize(
    ("code", "is_unavailable"),
    [
        ("Neo.DatabaseError.Transaction.TransactionCommitFailed", True),
        ("Neo.DatabaseError.General.UnknownError", True),
        ("Neo.DatabaseError.Database.Unknown", True),
        ("Neo.DatabaseError.Statement.ExecutionFailed", False),
        ("Neo.ClientError.Statement.SyntaxError", False),
    ],
)
async def test_an_internal_error_of_the_database_is_unavailable_and_an_invalid_statement_is_not(
    neo4j_instance: Server, monkeypatch: pytest.MonkeyPatch, code: str, is_unavailable: bool
) -> None:
    """As on a full disk. The test raises the errors itself, because Neo4j does not always raise the same one."""
    store = Neo4jStore(_settings(neo4j_instance), ONTOLOGY)

    async def fail(*_: object, **__: object) -> None:
        raise Neo4jError._hydrate_neo4j(code=code, message="no space left on device")

    monkeypatch.setattr(store, "_run_once", fail)
    try:
        with pytest.raises(StoreError) as raised:
            await store._run("RETURN 1")
    finally:
        await store.close()

    assert isinstance(raised.value, StoreUnavailable) is is_unavailable


async def test_a_pool_without_a_free_connection_is_unavailable(
    neo4j_instance: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The driver does not call this error retryable."""
    store = Neo4jStore(_settings(neo4j_instance, neo4j_timeout=0.2), ONTOLOGY)

    async def fail(*_: object, **__: object) -> None:
        raise ConnectionAcquisitionTimeoutError("failed to obtain a connection from the pool")

    monkeypatch.setattr(store, "_run_once", fail)
    try:
        with pytest.raises(StoreUnavailable, match="from the pool"):
            await store._fetch_is_seeded()
    finally:
        await store.close()


async def test_a_server_that_accepts_connections_and_does_not_respond_is_unavailable(neo4j_instance: Server) -> None:
    """As a Neo4j that starts, or hangs. With many requests, some errors of the driver occur just at the time limit."""
    with socket.create_server(("127.0.0.1", 0), backlog=128) as silent:  # accepts connections, but reads nothing
        port = silent.getsockname()[1]
        url = f"neo4j://127.0.0.1:{port}"
        store = Neo4jStore(_settings(neo4j_instance, store=url, neo4j_timeout=0.3, neo4j_pool=4), ONTOLOGY)
        try:
            results = await asyncio.gather(*(store.version() for _ in range(40)), return_exceptions=True)
        finally:
            await store.close()

    assert {type(result) for result in results} == {StoreUnavailable}
