"""A Neo4j that dies, is away or refuses: every request is answered or refused in time, and the service heals by itself."""

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
from tests import apps
from tests.graphs import Graphs
from tests.neo4j_server import Server, Unavailable

pytestmark = [
    pytest.mark.neo4j,
    pytest.mark.anyio,
    pytest.mark.usefixtures("_lenient"),
    # the driver leaves the socket of a refused or cancelled connection to the garbage collector
    pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

DEADLINE = 4.0
QUERY = {"query": '{ framework(slug: "django") { name usedBy { nodes { name } } } }'}
DJANGO = {"name": "Django", "usedBy": {"nodes": [{"name": name} for name in ("Chess.com", "Instagram", "Pinterest")]}}


@pytest.fixture
async def _lenient() -> AsyncIterator[None]:
    """Keep apart what the driver leaves behind of a dead server: connections refused, which nobody asks about.

    They come up whenever the garbage collector finds them, so the filter stays for the rest of the run.
    """
    loop = asyncio.get_running_loop()
    handler = loop.get_exception_handler()

    def handle(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        if isinstance(context.get("exception"), OSError):
            return
        if handler is not None:
            handler(loop, context)
        else:
            loop.default_exception_handler(context)

    loop.set_exception_handler(handle)
    yield
    await asyncio.sleep(0.1)
    gc.collect()
    await asyncio.sleep(0)


def _settings(server: Server, **given: Any) -> Settings:
    return server.settings(**{"neo4j_timeout": DEADLINE, **given})


async def _until_answered(client: httpx.AsyncClient, seconds: float = 90) -> dict[str, Any]:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        answer = (await client.post("/graphql", json=QUERY)).json()
        if answer.get("data"):
            return answer
        await asyncio.sleep(0.3)
    raise AssertionError("the service did not heal")


async def _kill(server: Server) -> None:
    try:
        server.kill()
    except Unavailable as error:
        pytest.skip(str(error))
    await asyncio.sleep(0)


async def test_killed_under_load_every_request_is_answered_or_refused_in_time_and_it_heals(
    graphs: Graphs, neo4j_instance: Server
) -> None:
    await graphs.hold("neo4j")
    outcomes: list[tuple[int, bool, float]] = []

    async def load(client: httpx.AsyncClient, stop: asyncio.Event) -> None:
        while not stop.is_set():
            start = time.monotonic()
            response = await client.post("/graphql", json=QUERY)
            answer = response.json()
            code = answer["errors"][0]["extensions"]["code"] if "errors" in answer else None
            right = answer.get("data") == {"framework": DJANGO} or code in {"SERVICE_UNAVAILABLE", "STATEMENT_TIMEOUT"}
            outcomes.append((response.status_code, right, time.monotonic() - start))

    async with apps.running(_settings(neo4j_instance)) as client:
        stop = asyncio.Event()
        async with asyncio.TaskGroup() as loads:
            for _ in range(16):
                loads.create_task(load(client, stop))
            await asyncio.sleep(1)
            await _kill(neo4j_instance)
            await asyncio.sleep(DEADLINE + 2)
            assert (await client.get("/healthz")).status_code == 200
            assert (await client.get("/readyz")).status_code == 503
            await anyio.to_thread.run_sync(neo4j_instance.restart)
            healed = await _until_answered(client)
            stop.set()
        assert (await client.get("/readyz")).status_code == 200

    assert healed["data"] == {"framework": DJANGO}
    assert {status for status, _, _ in outcomes} == {200, 503}
    assert all(right for _, right, _ in outcomes)
    assert max(seconds for _, _, seconds in outcomes) < DEADLINE + 2


async def test_a_database_that_is_away_at_the_start_is_waited_for(graphs: Graphs, neo4j_instance: Server) -> None:
    await graphs.hold("neo4j")
    await _kill(neo4j_instance)

    async with apps.running(_settings(neo4j_instance)) as client:
        start = time.monotonic()
        away = await client.post("/graphql", json=QUERY)
        waited = time.monotonic() - start
        ready = await client.get("/readyz")
        await anyio.to_thread.run_sync(neo4j_instance.restart)
        healed = await _until_answered(client)

    assert (away.status_code, ready.status_code) == (503, 503)
    assert away.json() == {
        "errors": [
            {
                "message": "The database is unavailable; try again in a moment.",
                "extensions": {"code": "SERVICE_UNAVAILABLE"},
            }
        ],
        "data": None,
    }
    assert waited < DEADLINE + 2
    assert healed["data"] == {"framework": DJANGO}


async def test_who_waits_too_long_for_others_that_write_is_refused_and_not_failed(
    graphs: Graphs, neo4j_instance: Server
) -> None:
    await graphs.hold("neo4j")
    # long enough for Neo4j, which looks every two seconds, to end what waits
    store: Any = await open_store(_settings(neo4j_instance, neo4j_timeout=8.0), ONTOLOGY)
    other: Any = await open_store(_settings(neo4j_instance), ONTOLOGY)
    holding, done = asyncio.Event(), asyncio.Event()

    async def hold(_: Transaction) -> None:
        holding.set()
        await done.wait()

    async def nothing(_: Transaction) -> None:
        await asyncio.sleep(0)

    first = asyncio.create_task(other.transact(hold, 60))
    await holding.wait()
    try:
        with pytest.raises(StoreUnavailable, match="LockClientStopped"):
            await store.transact(nothing)
    finally:
        done.set()
        await first
        await store.close()
        await other.close()


async def test_a_wrong_password_is_told_at_the_start(graphs: Graphs, neo4j_instance: Server) -> None:
    await graphs.hold("neo4j")

    with pytest.raises(StoreAccessDenied, match="rejected the connection"):
        async with apps.running(_settings(neo4j_instance, neo4j_password="wrong")):
            pass


@pytest.mark.parametrize(
    ("code", "broken"),
    [
        ("Neo.DatabaseError.Transaction.TransactionCommitFailed", True),
        ("Neo.DatabaseError.General.UnknownError", True),
        ("Neo.DatabaseError.Database.Unknown", True),
        ("Neo.DatabaseError.Statement.ExecutionFailed", False),
        ("Neo.ClientError.Statement.SyntaxError", False),
    ],
)
async def test_a_database_that_fails_itself_is_unavailable_and_a_wrong_statement_is_not(
    neo4j_instance: Server, monkeypatch: pytest.MonkeyPatch, code: str, broken: bool
) -> None:
    """As on a full disk. The error is made here: which one Neo4j raises differs from step to step."""
    store = Neo4jStore(_settings(neo4j_instance), ONTOLOGY)

    async def fails(*_: object, **__: object) -> None:
        raise Neo4jError._hydrate_neo4j(code=code, message="no space left on device")

    monkeypatch.setattr(store, "_run_once", fails)
    try:
        with pytest.raises(StoreError) as failed:
            await store._run("RETURN 1")
    finally:
        await store.close()

    assert isinstance(failed.value, StoreUnavailable) is broken


async def test_who_finds_no_connection_in_time_is_told_that_the_graph_is_away(
    neo4j_instance: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The driver calls that a fault which trying again does not mend."""
    store = Neo4jStore(_settings(neo4j_instance, neo4j_timeout=0.2), ONTOLOGY)

    async def fails(*_: object, **__: object) -> None:
        raise ConnectionAcquisitionTimeoutError("failed to obtain a connection from the pool")

    monkeypatch.setattr(store, "_run_once", fails)
    try:
        with pytest.raises(StoreUnavailable, match="from the pool"):
            await store._fetch_is_seeded()
    finally:
        await store.close()


async def test_a_server_that_takes_connections_and_says_nothing_is_away(neo4j_instance: Server) -> None:
    """As a Neo4j that starts, or hangs. Many at once: some find out just when their time is over."""
    with socket.create_server(("127.0.0.1", 0), backlog=128) as silent:  # the system takes them, and nobody else
        port = silent.getsockname()[1]
        address = f"neo4j://127.0.0.1:{port}"
        store = Neo4jStore(_settings(neo4j_instance, store=address, neo4j_timeout=0.3, neo4j_pool=4), ONTOLOGY)
        try:
            told = await asyncio.gather(*(store.version() for _ in range(40)), return_exceptions=True)
        finally:
            await store.close()

    assert {type(error) for error in told} == {StoreUnavailable}
