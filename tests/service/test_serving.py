"""The served process under load: how it ends, and what slow clients get."""

from __future__ import annotations

import asyncio
import json
import re
import signal
import socket
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import AsyncExitStack, closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import apsw
import httpx
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.typing import Subprotocol

from tests.commands import RunningService, serving
from tests.graphs import costing
from tests.processes import resident
from tests.tokens import WRITER

pytestmark = pytest.mark.anyio

QUERY = "{ frameworks(first: 1000) { nodes { name features { nodes { name } } usedBy { nodes { name } } } } }"
SUBSCRIPTION = "subscription { changes { cursor } }"


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    return "asyncio"


def request(query: str, *headers: str) -> bytes:
    body = json.dumps({"query": query}).encode()
    lines = (
        "POST /graphql HTTP/1.1",
        "Host: atlas",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
        *headers,
    )
    return "\r\n".join((*lines, "", "")).encode() + body


async def answered(reader: asyncio.StreamReader) -> tuple[int, dict[str, str], bytes]:
    """The next answer on a connection; raises what asyncio raises where it is cut off."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode()
    status, *lines = head.strip().split("\r\n")
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
    return int(status.split()[1]), headers, await reader.readexactly(int(headers["content-length"]))


# ------------------------------------------------------------------------------------------------------------- the end


@dataclass
class Load:
    """Clients that ask one thing after the other, each on a connection that it keeps, and what became of that."""

    port: int
    found: Counter[str] = field(default_factory=Counter)

    async def client(self) -> None:
        while True:
            try:
                reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
            except OSError:
                self.found["refused"] += 1
                return
            try:
                await self._ask(reader, writer)
            except (OSError, asyncio.IncompleteReadError):
                self.found["lost"] += 1
                return
            finally:
                await close(writer)

    async def _ask(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            writer.write(request(QUERY))
            status, headers, body = await answered(reader)
            assert "data" in json.loads(body)
            self.found[str(status)] += 1
            if headers.get("connection") == "close":
                return


async def over_socket(connection: ClientConnection) -> list[Any]:
    heard: list[Any] = []
    with suppress(ConnectionClosed):
        while True:
            heard.append(json.loads(await connection.recv()))
    assert connection.protocol.close_rcvd is not None
    return [*heard, connection.protocol.close_rcvd.code]


async def as_events(response: httpx.Response) -> str:
    return "".join([text async for text in response.aiter_text()])


async def subscribers(served: RunningService, opened: AsyncExitStack, count: int) -> list[asyncio.Task[Any]]:
    """Half of them over WebSockets, half as server-sent events, each on its own connection."""
    url = served.base.replace("http", "ws") + "/graphql"
    client = await opened.enter_async_context(
        httpx.AsyncClient(base_url=served.base, timeout=60, limits=httpx.Limits(max_connections=None))
    )
    tasks: list[asyncio.Task[Any]] = []
    for _ in range(count // 2):
        protocols = [Subprotocol("graphql-transport-ws")]
        connection = await opened.enter_async_context(connect(url, subprotocols=protocols))
        await connection.send(json.dumps({"type": "connection_init"}))
        await connection.recv()
        await connection.send(json.dumps({"id": "1", "type": "subscribe", "payload": {"query": SUBSCRIPTION}}))
        tasks.append(asyncio.create_task(over_socket(connection)))
        stream = client.stream(
            "POST", "/graphql", json={"query": SUBSCRIPTION}, headers={"accept": "text/event-stream"}
        )
        tasks.append(asyncio.create_task(as_events(await opened.enter_async_context(stream))))
    return tasks


@pytest.mark.parametrize("workers", [1, 2])
async def test_a_signal_under_load_loses_no_request_and_tells_every_subscriber(seeded: Path, workers: int) -> None:
    with serving(seeded, "--workers", str(workers), ATLAS_STOP_TIMEOUT="20") as served:
        async with AsyncExitStack() as opened:
            listening = await subscribers(served, opened, 50)
            load = Load(served.port)
            asking = [asyncio.create_task(load.client()) for _ in range(200)]
            await asyncio.sleep(1.5)
            before = load.found.total()
            begun = time.monotonic()
            served.process.send_signal(signal.SIGTERM)
            await asyncio.wait_for(asyncio.gather(*asking), 30)
            heard = await asyncio.wait_for(asyncio.gather(*listening), 30)
        code = await asyncio.to_thread(served.process.wait, 20)
        seconds = time.monotonic() - begun

    print(f"{workers} workers: {dict(load.found)}, {before} before the signal; it took {seconds:.2f} s")
    assert before > 0
    assert set(load.found) == {"200", "refused"}
    assert load.found["refused"] == 200
    assert load.found["200"] >= before + 190  # what was in flight
    assert (code, seconds < 20) == (0, True)
    for one in heard:
        told = one if isinstance(one, str) else json.dumps(one)
        assert "SUBSCRIPTION_ENDED" in told
        assert "The service stops" in told
        assert (
            "event: complete" in told if isinstance(one, str) else one[-2:] == [{"id": "1", "type": "complete"}, 1012]
        )


async def test_what_takes_longer_than_stopping_may_is_told_so(seeded: Path) -> None:
    environment = {"ATLAS_STOP_TIMEOUT": "1.5", "ATLAS_SQLITE_TIMEOUT": "60", "ATLAS_TOKENS": WRITER.entry}
    text = 'mutation { upsertFramework(input: {slug: "django", name: "Django"}) { __typename } }'
    with serving(seeded, **environment) as served, closing(apsw.Connection(str(seeded))) as other:
        other.execute("BEGIN IMMEDIATE")
        reader, writer = await asyncio.open_connection("127.0.0.1", served.port)
        writer.write(request(text, f"Authorization: Bearer {WRITER.token}"))
        await asyncio.sleep(0.5)
        begun = time.monotonic()
        served.process.send_signal(signal.SIGTERM)
        status, headers, body = await asyncio.wait_for(answered(reader), 10)
        code = await asyncio.to_thread(served.process.wait, 10)
        seconds = time.monotonic() - begun
        await close(writer)
        other.execute("ROLLBACK")

    assert (status, headers["retry-after"], headers["connection"]) == (503, "1", "close")
    assert json.loads(body)["errors"][0]["extensions"] == {"code": "SERVICE_UNAVAILABLE"}
    assert (code, seconds < 5) == (0, True)


async def test_before_the_end_only_readyz_says_so(seeded: Path) -> None:
    with serving(seeded, ATLAS_STOP_DELAY="6", ATLAS_STOP_TIMEOUT="30") as served:
        async with httpx.AsyncClient(base_url=served.base, timeout=30) as client:
            before = await client.get("/readyz")
            served.process.send_signal(signal.SIGTERM)
            while (ready := await client.get("/readyz")).status_code == 200:  # noqa: ASYNC110 - another process is asked
                await asyncio.sleep(0.05)
            found = [ready, await client.get("/healthz")]
            asked = await client.post("/graphql", json={"query": "{ frameworks { totalCount } }"})
        code = await asyncio.to_thread(served.process.wait, 60)

    assert (before.status_code, [one.status_code for one in found]) == (200, [503, 200])
    assert (asked.status_code, asked.json()) == (200, costing(1, {"frameworks": {"totalCount": 13}}))
    assert code == 0


# --------------------------------------------------------------------------------------------------------- slow clients


async def dribble(port: int, text: bytes, pause: float = 0.1) -> tuple[float, bytes]:
    """Send a byte at a time until the other side has had enough; after how long, and what it said."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    begun = time.monotonic()
    reading = asyncio.create_task(reader.read())
    for byte in text:
        if reading.done():
            break
        writer.write(bytes([byte]))
        await asyncio.sleep(pause)
    said = await reading
    await close(writer)
    return time.monotonic() - begun, said


async def close(writer: asyncio.StreamWriter) -> None:
    writer.close()
    with suppress(OSError):
        await writer.wait_closed()


@pytest.fixture(scope="module")
def impatient(seeded: Path) -> Iterator[RunningService]:
    """A service that waits for nobody for longer than a second, and has few connections."""
    waits = ("HEADER_TIMEOUT", "BODY_TIMEOUT", "WRITE_TIMEOUT", "KEEP_ALIVE")
    with serving(seeded, ATLAS_CONNECTIONS="60", **{f"ATLAS_{name}": "1" for name in waits}) as served:
        yield served


async def test_who_dribbles_is_cut_off_and_others_are_answered(impatient: RunningService) -> None:
    head, body = b"POST /graphql HTTP/1.1\r\nX: " + b"x" * 500, request(QUERY)
    slow = [asyncio.create_task(dribble(impatient.port, text)) for text in (head, b"\r\n" * 300) for _ in range(20)]
    reader, writer = await asyncio.open_connection("127.0.0.1", impatient.port)
    writer.write(body[:-20])
    begun = time.monotonic()
    async with httpx.AsyncClient(base_url=impatient.base) as client:
        meanwhile = await client.post("/graphql", json={"query": "{ frameworks { totalCount } }"})
    without_body = await reader.read()
    seconds = time.monotonic() - begun
    await close(writer)
    found = await asyncio.gather(*slow)
    _, silent = await dribble(impatient.port, b"")

    assert meanwhile.status_code == 200
    assert (without_body[:13], 0.9 < seconds < 5) == (b"HTTP/1.1 408 ", True)
    assert all(said.startswith(b"HTTP/1.1 408 ") for said in (silent, *(said for _, said in found)))
    assert max(seconds for seconds, _ in found) < 5


# -------------------------------------------------------------------------------------------------------- what is sent

HEAD = b"POST /graphql HTTP/1.1\r\nHost: atlas\r\nContent-Type: application/json\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"


async def sent(port: int, *parts: bytes) -> bytes:
    """What the service says to these parts, sent one after the other, until it closes the connection."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    reading = asyncio.create_task(reader.read())
    with suppress(OSError):
        for part in parts:
            writer.write(part)
            await writer.drain()
            await asyncio.sleep(0.05)
    said = await asyncio.wait_for(reading, 20)
    await close(writer)
    return said


@pytest.mark.parametrize(
    "parts",
    [
        [HEAD + b"Accept: " + b"text/html," * 7_000 + b"\r\n\r\n"],
        [HEAD + b"X: y\r\n" * 2_000 + b"\r\n"],
        [b"GET /graphql?query=" + b"x" * 70_000 + b" HTTP/1.1\r\nHost: atlas\r\n\r\n"],
        [HEAD + b"X: ", *[b"x" * 1_000_000] * 30],
        [CHUNKED + b"0\r\n", b"X: " + b"x" * 70_000 + b"\r\n\r\n"],
        [CHUNKED + b"0\r\nX: ", *[b"x" * 1_000_000] * 30],
        [CHUNKED + b"1;", *[b"x" * 1_000_000] * 30],
    ],
    ids=["one", "many", "URL", "no end", "trailer", "trailer without end", "extension of a chunk without end"],
)
async def test_headers_beyond_their_limit_are_refused_in_a_sentence_and_kept_nowhere(
    impatient: RunningService, parts: list[bytes]
) -> None:
    before = resident(impatient.process.pid)
    head, _, body = (await sent(impatient.port, *parts)).partition(b"\r\n\r\n")
    grown = resident(impatient.process.pid) - before

    assert head.startswith(b"HTTP/1.1 431 Request Header Fields Too Large\r\n")
    assert b"\r\nconnection: close\r\n" in head
    assert json.loads(body)["errors"][0]["message"] == (
        "The URL and headers have more than 65536 bytes; at most so many are allowed (ATLAS_MAX_HEADERS)."
    )
    assert grown < 10_000_000


async def test_what_was_asked_before_is_answered_though_the_next_request_is_refused(impatient: RunningService) -> None:
    said = await sent(impatient.port, request(QUERY) + HEAD + b"X: " + b"x" * 70_000 + b"\r\n\r\n" + request(QUERY))

    assert (said.count(b"HTTP/1.1 "), said[:13]) == (1, b"HTTP/1.1 200 ")


SMUGGLED = b"GET /healthz HTTP/1.1\r\nHost: atlas\r\n\r\n"
UPGRADE = b"Connection: Upgrade\r\nUpgrade: h2c\r\n"


@pytest.mark.parametrize(
    ("parts", "status"),
    [
        ([HEAD + UPGRADE + b"Content-Length: %d\r\n\r\n" % len(SMUGGLED), SMUGGLED], 400),
        ([HEAD + UPGRADE + b"Content-Length: %d\r\n\r\n" % len(SMUGGLED) + SMUGGLED, SMUGGLED], 400),
        ([HEAD + UPGRADE + b"Transfer-Encoding: chunked\r\n\r\n", SMUGGLED], 400),
        ([HEAD.replace(b"POST /graphql", b"GET /healthz") + UPGRADE + b"Content-Length: 00\r\n\r\n", SMUGGLED], 200),
        ([HEAD.replace(b"POST /graphql", b"GET /healthz") + UPGRADE + b"\r\n", SMUGGLED], 200),
        ([HEAD.replace(b"POST /graphql", b"GET /healthz") + UPGRADE + b"\r\n" + SMUGGLED], 200),
        ([b"CONNECT atlas:80 HTTP/1.1\r\nHost: atlas\r\n\r\n", SMUGGLED], 400),
    ],
    ids=["later", "at once", "chunked", "of length 0", "without", "without, at once", "CONNECT"],
)
async def test_what_follows_a_protocol_that_is_not_spoken_is_no_request(
    impatient: RunningService, parts: list[bytes], status: int
) -> None:
    said = await sent(impatient.port, *parts)

    assert (said.count(b"HTTP/1.1 "), int(said[9:12]), b"\r\nconnection: close\r\n" in said) == (1, status, True)


async def test_a_get_holds_the_longest_document(impatient: RunningService) -> None:
    document = "{ __typename } #" + '"' * (20_000 - 16)
    async with httpx.AsyncClient(base_url=impatient.base) as client:
        answered = await client.get("/graphql", params={"query": document})

    assert len(answered.request.url.raw_path) > 59_000
    assert (answered.status_code, answered.json()["data"]) == (200, {"__typename": "Query"})


# --------------------------------------------------------------------------------------------------------- connections


async def test_beyond_the_connections_requests_are_refused_and_probes_are_not(seeded: Path) -> None:
    found = []
    with serving(seeded, ATLAS_CONNECTIONS="20") as served:
        opened = []
        for _ in range(20):
            opened.append(await asyncio.open_connection("127.0.0.1", served.port))
            opened[-1][1].write(b"GET ")  # or they would be closed to make room
            await asyncio.sleep(0.05)
        for text in (request(QUERY), b"GET /healthz HTTP/1.1\r\nHost: atlas\r\n\r\n"):
            reader, writer = await asyncio.open_connection("127.0.0.1", served.port)
            writer.write(text)
            found.append(await answered(reader))
            await close(writer)
        for _, writer in opened:
            await close(writer)

    (status, headers, body), (healthy, _, _) = found
    assert (status, headers["retry-after"], healthy) == (503, "1", 200)
    assert json.loads(body)["errors"][0]["extensions"] == {"code": "SERVICE_UNAVAILABLE"}


async def test_websockets_are_refused_beyond_their_share_and_leave_the_others_room(seeded: Path) -> None:
    with serving(seeded, ATLAS_CONNECTIONS="8") as served:
        async with AsyncExitStack() as opened:
            found: Counter[int] = Counter()
            for _ in range(12):
                try:
                    await opened.enter_async_context(
                        connect(
                            served.base.replace("http", "ws") + "/graphql",
                            subprotocols=[Subprotocol("graphql-transport-ws")],
                        )
                    )
                    found[101] += 1
                except InvalidStatus as refused:
                    found[refused.response.status_code] += 1
                    headers, body = refused.response.headers, refused.response.body
            async with httpx.AsyncClient(base_url=served.base) as client:
                asked = await client.post("/graphql", json={"query": "{ frameworks { totalCount } }"})

    assert found == {101: 6, 503: 6}
    assert headers["retry-after"] == "1"
    assert json.loads(body or b"")["errors"][0]["extensions"] == {"code": "SERVICE_UNAVAILABLE"}
    assert asked.status_code == 200


async def test_event_streams_are_refused_beyond_the_share_that_they_have_with_websockets(seeded: Path) -> None:
    with serving(seeded, ATLAS_CONNECTIONS="8") as served:
        async with AsyncExitStack() as opened:
            address = served.base.replace("http", "ws") + "/graphql"
            for _ in range(2):
                await opened.enter_async_context(connect(address, subprotocols=[Subprotocol("graphql-transport-ws")]))
            client = await opened.enter_async_context(httpx.AsyncClient(base_url=served.base))
            asked = {"json": {"query": SUBSCRIPTION}, "headers": {"accept": "text/event-stream"}}
            found = [await opened.enter_async_context(client.stream("POST", "/graphql", **asked)) for _ in range(6)]
            told = await found[-1].aread()
            answered = await client.post("/graphql", json={"query": "{ frameworks { totalCount } }"})
            await found[0].aclose()
            await asyncio.sleep(0.5)
            again = await opened.enter_async_context(client.stream("POST", "/graphql", **asked))

    assert [one.status_code for one in (*found, answered, again)] == [200, 200, 200, 200, 503, 503, 200, 200]
    assert (found[-1].headers["retry-after"], found[-1].headers["connection"]) == ("1", "close")
    assert json.loads(told)["errors"][0]["extensions"] == {"code": "SERVICE_UNAVAILABLE"}


async def test_where_nearly_all_connections_are_taken_those_idle_for_longest_make_room(seeded: Path) -> None:
    healthy = b"GET /healthz HTTP/1.1\r\nHost: atlas\r\n\r\n"
    with serving(seeded, ATLAS_CONNECTIONS="20") as served:
        opened = []
        for number in range(40):
            reader, writer = await asyncio.open_connection("127.0.0.1", served.port)
            if number % 2:
                writer.write(healthy)
                await answered(reader)
            opened.append((reader, writer))
            if number == 0:
                writer.write(b"POST /graphql HTTP/1.1\r\n")  # which is not idle
        reader, writer = await asyncio.open_connection("127.0.0.1", served.port)
        writer.write(request(QUERY))
        status, _, _ = await answered(reader)
        closed = [one.at_eof() for one, _ in opened]
        for _, one in (*opened, (reader, writer)):
            await close(one)

    assert status == 200
    assert closed == [False, *[True] * 23, *[False] * 16]


@pytest.mark.parametrize(("proxies", "status"), [("", 503), ("127.0.0.0/8", 200)])
async def test_one_address_has_a_share_of_the_connections_unless_it_is_a_proxy(
    seeded: Path, proxies: str, status: int
) -> None:
    settings = {"ATLAS_CONNECTIONS_PER_ADDRESS": "5", "ATLAS_TRUSTED_PROXIES": proxies}
    with serving(seeded, **settings) as served:
        opened = [await asyncio.open_connection("127.0.0.1", served.port) for _ in range(5)]
        for _, writer in opened:
            writer.write(b"GET ")
            await asyncio.sleep(0.05)
        found = []
        for address in ("127.0.0.1", "127.0.0.2"):
            reader, writer = await asyncio.open_connection("127.0.0.1", served.port, local_addr=(address, 0))
            writer.write(request(QUERY))
            found.append(await answered(reader))
            opened.append((reader, writer))
        for _, writer in opened:
            await close(writer)

    assert [one[0] for one in found] == [status, 200]


async def test_who_does_not_read_is_cut_off(impatient: RunningService) -> None:
    listed = "frameworks(first: 1000) { nodes { name summary features(first: 20) { nodes { name slug } } } }"
    text = "{" + " ".join(f"a{n}: {listed}" for n in range(20)) + "}"
    with socket.socket() as opened:
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        opened.connect(("127.0.0.1", impatient.port))
        opened.setblocking(False)
        sending = asyncio.create_task(asyncio.get_running_loop().sock_sendall(opened, request(text) * 400))
        await asyncio.sleep(5)
        sending.cancel()
        taken, reset = await asyncio.wait_for(asyncio.to_thread(everything, opened), 60)

    assert reset or ends_midway(taken)
    assert 0 < taken.count(b"HTTP/1.1 200") < 300


def everything(opened: socket.socket) -> tuple[bytes, bool]:
    """All that is there to be read, until the other side has closed it, and whether it has cut it off."""
    opened.settimeout(30)
    found = b""
    try:
        while some := opened.recv(1 << 20):
            found += some
    except ConnectionResetError:
        return found, True
    return found, False


def ends_midway(answers: bytes) -> bool:
    """Whether the last answer is less than its headers promise."""
    head, _, body = answers.rpartition(b"HTTP/1.1 200")[2].partition(b"\r\n\r\n")
    promised = re.search(rb"content-length: (\d+)", head)
    return promised is None or len(body) < int(promised[1])
