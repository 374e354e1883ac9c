"""Clients that send or read too slowly are disconnected, and do not affect others."""

from __future__ import annotations

import asyncio
import re
import socket
import time

import httpx
import pytest

from tests.commands import RunningService, wait_until
from tests.server.connections import QUERY, close, is_established, request

pytestmark = pytest.mark.anyio


async def send_slowly(port: int, text: bytes, pause: float = 0.1) -> tuple[float, bytes]:
    """Send a byte at a time until the service closes the connection; returns the seconds and what it sent."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    start = time.monotonic()
    reading = asyncio.create_task(reader.read())
    for byte in text:
        if reading.done():
            break
        writer.write(bytes([byte]))
        await asyncio.sleep(pause)
    received = await reading
    await close(writer)
    return time.monotonic() - start, received


async def test_a_client_that_sends_too_slowly_gets_a_408_and_others_are_answered(
    impatient_service: RunningService,
) -> None:
    port = impatient_service.port
    head, body = b"POST /graphql HTTP/1.1\r\nX: " + b"x" * 500, request(QUERY)
    slow = [asyncio.create_task(send_slowly(port, text)) for text in (head, b"\r\n" * 300) for _ in range(20)]
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(body[:-20])
    start = time.monotonic()
    async with httpx.AsyncClient(base_url=impatient_service.base) as http:
        meanwhile = await http.post("/graphql", json={"query": "{ frameworks { totalCount } }"})
    incomplete_body = await reader.read()
    seconds = time.monotonic() - start
    await close(writer)
    slow_heads = await asyncio.gather(*slow)
    _, silent = await send_slowly(port, b"")

    assert meanwhile.status_code == 200
    assert (incomplete_body[:13], 0.9 < seconds < 5) == (b"HTTP/1.1 408 ", True)
    assert all(received.startswith(b"HTTP/1.1 408 ") for received in (silent, *(item for _, item in slow_heads)))
    assert max(seconds for seconds, _ in slow_heads) < 5


async def test_a_client_that_does_not_read_is_disconnected(impatient_service: RunningService) -> None:
    page = "frameworks(first: 1000) { nodes { name summary features(first: 20) { nodes { name slug } } } }"
    text = "{" + " ".join(f"a{number}: {page}" for number in range(20)) + "}"
    with socket.socket() as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.connect(("127.0.0.1", impatient_service.port))
        client.setblocking(False)
        sending = asyncio.create_task(asyncio.get_running_loop().sock_sendall(client, request(text) * 400))
        ports = impatient_service.port, client.getsockname()[1]
        await asyncio.to_thread(wait_until, lambda: not is_established(*ports), "the service closes the connection")
        sending.cancel()
        received, reset = await asyncio.wait_for(asyncio.to_thread(read_all, client), 60)

    assert reset or is_truncated(received)
    assert 0 < received.count(b"HTTP/1.1 200") < 300


def read_all(client: socket.socket) -> tuple[bytes, bool]:
    """Everything that was received, and whether the connection was reset."""
    client.settimeout(30)
    received = b""
    try:
        while chunk := client.recv(1 << 20):
            received += chunk
    except ConnectionResetError:
        return received, True
    return received, False


def is_truncated(responses: bytes) -> bool:
    """Whether the last response is shorter than its headers say."""
    head, _, body = responses.rpartition(b"HTTP/1.1 200")[2].partition(b"\r\n\r\n")
    length = re.search(rb"content-length: (\d+)", head)
    return length is None or len(body) < int(length[1])
