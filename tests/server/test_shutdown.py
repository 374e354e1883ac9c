"""The shutdown: no request is lost, subscriptions end properly, and it takes no longer than it may."""

from __future__ import annotations

import asyncio
import json
import re
import signal
import time
from collections import Counter
from collections.abc import Callable
from contextlib import AsyncExitStack, closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import apsw
import httpx
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from tests.commands import RunningService, serving
from tests.queries import response_with_cost
from tests.server.connections import QUERY, close, request, response
from tests.tokens import ADMIN, bearer

pytestmark = pytest.mark.anyio

SUBSCRIPTION = "subscription { changes { cursor } }"
CLIENTS = 200


@dataclass
class Load:
    """Clients that send one request after the other, each on a persistent connection, and a count of the outcomes."""

    port: int
    outcomes: Counter[str] = field(default_factory=Counter)

    async def run_client(self) -> None:
        while True:
            try:
                reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
            except OSError:
                self.outcomes["connection refused"] += 1
                return
            try:
                await self._send_requests(reader, writer)
            except (OSError, asyncio.IncompleteReadError):
                self.outcomes["connection lost"] += 1
                return
            finally:
                await close(writer)

    async def _send_requests(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            writer.write(request(QUERY))
            status, headers, body = await response(reader)
            assert "data" in json.loads(body)
            self.outcomes[str(status)] += 1
            if headers.get("connection") == "close":
                return


async def messages_of(connection: ClientConnection) -> list[Any]:
    """All messages of a WebSocket, followed by its close code."""
    messages: list[Any] = []
    with suppress(ConnectionClosed):
        while True:
            messages.append(json.loads(await connection.recv()))
    assert connection.protocol.close_rcvd is not None
    return [*messages, connection.protocol.close_rcvd.code]


async def text_of(event_stream: httpx.Response) -> str:
    return "".join([text async for text in event_stream.aiter_text()])


async def subscribe(service: RunningService, stack: AsyncExitStack, count: int) -> list[asyncio.Task[Any]]:
    """Open subscriptions, half of them over WebSockets, half as event streams; each task returns what one receives."""
    url = service.base.replace("http", "ws") + "/graphql"
    http = await stack.enter_async_context(
        httpx.AsyncClient(base_url=service.base, timeout=60, limits=httpx.Limits(max_connections=None))
    )
    tasks: list[asyncio.Task[Any]] = []
    for _ in range(count // 2):
        connection = await stack.enter_async_context(connect(url, subprotocols=[Subprotocol("graphql-transport-ws")]))
        await connection.send(json.dumps({"type": "connection_init"}))
        await connection.recv()
        await connection.send(json.dumps({"id": "1", "type": "subscribe", "payload": {"query": SUBSCRIPTION}}))
        tasks.append(asyncio.create_task(messages_of(connection)))
        headers = {"accept": "text/event-stream"}
        stream = http.stream("POST", "/graphql", json={"query": SUBSCRIPTION}, headers=headers)
        tasks.append(asyncio.create_task(text_of(await stack.enter_async_context(stream))))
    return tasks


async def until(condition: Callable[[], bool], seconds: float = 60) -> None:
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 - the clients count, they signal nothing
            await asyncio.sleep(0.01)


@pytest.mark.parametrize("workers", [1, 2])
async def test_a_shutdown_under_load_loses_no_request_and_ends_every_subscription(seeded: Path, workers: int) -> None:
    with serving(seeded, "--workers", str(workers), ATLAS_STOP_TIMEOUT="20") as service:
        async with AsyncExitStack() as stack:
            subscriptions = await subscribe(service, stack, 50)
            load = Load(service.port)
            clients = [asyncio.create_task(load.run_client()) for _ in range(CLIENTS)]
            await until(lambda: load.outcomes.total() > CLIENTS)
            before = load.outcomes.total()
            start = time.monotonic()
            service.process.send_signal(signal.SIGTERM)
            await asyncio.wait_for(asyncio.gather(*clients), 30)
            received = await asyncio.wait_for(asyncio.gather(*subscriptions), 30)
        exit_code = await asyncio.to_thread(service.process.wait, 20)
        seconds = time.monotonic() - start

    print(f"{workers} workers: {dict(load.outcomes)}, {before} before the signal; the shutdown took {seconds:.2f} s")
    assert set(load.outcomes) == {"200", "connection refused"}
    assert load.outcomes["connection refused"] == CLIENTS
    assert load.outcomes["200"] >= before + 190  # nearly every client had a request in flight
    assert (exit_code, seconds < 20) == (0, True)
    for item in received:
        text = item if isinstance(item, str) else json.dumps(item)
        assert "SUBSCRIPTION_ENDED" in text
        assert "The service is shutting down" in text
        if isinstance(item, str):
            assert "event: complete" in text
        else:
            assert item[-2:] == [{"id": "1", "type": "complete"}, 1012]


async def test_a_request_that_outlasts_the_shutdown_gets_a_503(seeded: Path) -> None:
    environment = {"ATLAS_STOP_TIMEOUT": "1.5", "ATLAS_SQLITE_TIMEOUT": "60", "ATLAS_TOKENS": ADMIN.entry}
    text = 'mutation { upsertFramework(input: {slug: "django", name: "Django"}) { __typename } }'
    with serving(seeded, **environment) as service, closing(apsw.Connection(str(seeded))) as other:
        other.execute("BEGIN IMMEDIATE")
        reader, writer = await asyncio.open_connection("127.0.0.1", service.port)
        writer.write(request(text, f"Authorization: Bearer {ADMIN.token}"))
        await asyncio.to_thread(wait_for_requests_in_flight, service, 1)
        start = time.monotonic()
        service.process.send_signal(signal.SIGTERM)
        status, headers, body = await asyncio.wait_for(response(reader), 10)
        exit_code = await asyncio.to_thread(service.process.wait, 10)
        seconds = time.monotonic() - start
        await close(writer)
        other.execute("ROLLBACK")

    assert (status, headers["retry-after"], headers["connection"]) == (503, "1", "close")
    assert json.loads(body)["errors"][0]["extensions"] == {"code": "SERVICE_UNAVAILABLE"}
    assert (exit_code, seconds < 5) == (0, True)


def wait_for_requests_in_flight(service: RunningService, count: int) -> None:
    """The request for the metrics is itself in flight."""
    give_up = time.monotonic() + 30
    in_flight = re.compile(rf"^atlas_requests_in_flight {count + 1}\.0$", re.MULTILINE)
    while not in_flight.search(httpx.get(f"{service.base}/metrics", headers=bearer(ADMIN.token)).text):
        assert time.monotonic() < give_up


async def test_during_the_stop_delay_only_readyz_fails(seeded: Path) -> None:
    with serving(seeded, ATLAS_STOP_DELAY="6", ATLAS_STOP_TIMEOUT="30") as service:
        async with httpx.AsyncClient(base_url=service.base, timeout=30) as http:
            before = await http.get("/readyz")
            service.process.send_signal(signal.SIGTERM)
            while (ready := await http.get("/readyz")).status_code == 200:  # noqa: ASYNC110 - polls another process
                await asyncio.sleep(0.05)
            healthy = await http.get("/healthz")
            answer = await http.post("/graphql", json={"query": "{ frameworks { totalCount } }"})
        exit_code = await asyncio.to_thread(service.process.wait, 60)

    assert (before.status_code, ready.status_code, healthy.status_code) == (200, 503, 200)
    assert (answer.status_code, answer.json()) == (200, response_with_cost(1, {"frameworks": {"totalCount": 13}}))
    assert exit_code == 0
