"""Limits for connections: in total, for WebSockets and event streams, and per client address."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from contextlib import AsyncExitStack
from pathlib import Path

import httpx
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus
from websockets.typing import Subprotocol

from tests.commands import serving
from tests.server.connections import HEALTHZ, QUERY, close, request, response

pytestmark = pytest.mark.anyio

COUNT = {"query": "{ frameworks { totalCount } }"}
SUBSCRIPTION = "subscription { changes { cursor } }"
UNAVAILABLE = {"code": "SERVICE_UNAVAILABLE"}
READ_SECONDS = 0.05
"""Within this time the service has read what was sent to it."""


async def test_above_the_connection_limit_requests_get_a_503_and_probes_are_answered(seeded: Path) -> None:
    responses = []
    with serving(seeded, ATLAS_CONNECTIONS="20") as service:
        connections = []
        for _ in range(20):
            connections.append(await asyncio.open_connection("127.0.0.1", service.port))
            connections[-1][1].write(b"GET ")  # an idle connection would be replaced
            await asyncio.sleep(READ_SECONDS)
        for text in (request(QUERY), HEALTHZ):
            reader, writer = await asyncio.open_connection("127.0.0.1", service.port)
            writer.write(text)
            responses.append(await response(reader))
            await close(writer)
        for _, writer in connections:
            await close(writer)

    (status, headers, body), (probe_status, _, _) = responses
    assert (status, headers["retry-after"], probe_status) == (503, "1", 200)
    assert json.loads(body)["errors"][0]["extensions"] == UNAVAILABLE


async def test_websockets_above_three_quarters_of_the_connections_are_rejected(seeded: Path) -> None:
    with serving(seeded, ATLAS_CONNECTIONS="8") as service:
        url = service.base.replace("http", "ws") + "/graphql"
        statuses: Counter[int] = Counter()
        async with AsyncExitStack() as stack:
            for _ in range(12):
                try:
                    await stack.enter_async_context(connect(url, subprotocols=[Subprotocol("graphql-transport-ws")]))
                    statuses[101] += 1
                except InvalidStatus as error:
                    statuses[error.response.status_code] += 1
                    headers, body = error.response.headers, error.response.body
            async with httpx.AsyncClient(base_url=service.base) as http:
                answer = await http.post("/graphql", json=COUNT)

    assert statuses == {101: 6, 503: 6}
    assert headers["retry-after"] == "1"
    assert json.loads(body or b"")["errors"][0]["extensions"] == UNAVAILABLE
    assert answer.status_code == 200


async def test_event_streams_share_their_part_of_the_connections_with_websockets(seeded: Path) -> None:
    with serving(seeded, ATLAS_CONNECTIONS="8") as service:
        url = service.base.replace("http", "ws") + "/graphql"
        body = {"json": {"query": SUBSCRIPTION}, "headers": {"accept": "text/event-stream"}}
        async with AsyncExitStack() as stack:
            for _ in range(2):
                await stack.enter_async_context(connect(url, subprotocols=[Subprotocol("graphql-transport-ws")]))
            http = await stack.enter_async_context(httpx.AsyncClient(base_url=service.base))
            streams = [await stack.enter_async_context(http.stream("POST", "/graphql", **body)) for _ in range(6)]
            error = await streams[-1].aread()
            answer = await http.post("/graphql", json=COUNT)
            await streams[0].aclose()
            async with asyncio.timeout(30):  # the service may not have noticed yet that the stream is closed
                again = await stack.enter_async_context(http.stream("POST", "/graphql", **body))
                while again.status_code == 503:
                    again = await stack.enter_async_context(http.stream("POST", "/graphql", **body))

    statuses = [item.status_code for item in (*streams, answer, again)]
    assert statuses == [200, 200, 200, 200, 503, 503, 200, 200]
    assert (streams[-1].headers["retry-after"], streams[-1].headers["connection"]) == ("1", "close")
    assert json.loads(error)["errors"][0]["extensions"] == UNAVAILABLE


async def test_near_the_limit_new_connections_replace_those_that_have_been_idle_longest(seeded: Path) -> None:
    with serving(seeded, ATLAS_CONNECTIONS="20") as service:
        connections = []
        for number in range(40):
            reader, writer = await asyncio.open_connection("127.0.0.1", service.port)
            if number % 2:
                writer.write(HEALTHZ)
                await response(reader)
            connections.append((reader, writer))
            if number == 0:
                writer.write(b"POST /graphql HTTP/1.1\r\n")  # it is not idle
        reader, writer = await asyncio.open_connection("127.0.0.1", service.port)
        writer.write(request(QUERY))
        status, _, _ = await response(reader)
        closed = [reader.at_eof() for reader, _ in connections]
        for _, writer_ in (*connections, (reader, writer)):
            await close(writer_)

    assert status == 200
    assert closed == [False, *[True] * 23, *[False] * 16]


@pytest.mark.parametrize(("proxies", "status"), [("", 503), ("127.0.0.0/8", 200)])
async def test_connections_of_an_address_are_limited_unless_it_is_a_trusted_proxy(
    seeded: Path, proxies: str, status: int
) -> None:
    settings = {"ATLAS_CONNECTIONS_PER_ADDRESS": "5", "ATLAS_TRUSTED_PROXIES": proxies}
    with serving(seeded, **settings) as service:
        connections = [await asyncio.open_connection("127.0.0.1", service.port) for _ in range(5)]
        for _, writer in connections:
            writer.write(b"GET ")
            await asyncio.sleep(READ_SECONDS)
        statuses = []
        for address in ("127.0.0.1", "127.0.0.2"):
            reader, writer = await asyncio.open_connection("127.0.0.1", service.port, local_addr=(address, 0))
            writer.write(request(QUERY))
            statuses.append((await response(reader))[0])
            connections.append((reader, writer))
        for _, writer in connections:
            await close(writer)

    assert statuses == [status, 200]
