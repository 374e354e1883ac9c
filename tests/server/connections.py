"""Raw HTTP/1.1 connections, for requests that no HTTP client would send."""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress
from pathlib import Path

QUERY = "{ frameworks(first: 1000) { nodes { name features { nodes { name } } usedBy { nodes { name } } } } }"

HEALTHZ = b"GET /healthz HTTP/1.1\r\nHost: atlas\r\n\r\n"

_LARGE_BYTES = 100_000


def request(query: str, *headers: str) -> bytes:
    """A POST of an operation."""
    body = json.dumps({"query": query}).encode()
    lines = (
        "POST /graphql HTTP/1.1",
        "Host: atlas",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
        *headers,
    )
    return "\r\n".join((*lines, "", "")).encode() + body


async def response(reader: asyncio.StreamReader) -> tuple[int, dict[str, str], bytes]:
    """The status, headers and body of the next response; raises IncompleteReadError if the connection is closed."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode()
    status, *lines = head.strip().split("\r\n")
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
    return int(status.split()[1]), headers, await reader.readexactly(int(headers["content-length"]))


async def close(writer: asyncio.StreamWriter) -> None:
    writer.close()
    with suppress(OSError):
        await writer.wait_closed()


async def send_in_parts(port: int, *parts: bytes) -> bytes:
    """Send parts that arrive one by one; returns everything that the service sends until it closes the connection."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    reading = asyncio.create_task(reader.read())
    with suppress(OSError):
        for part in parts:
            writer.write(part)
            await writer.drain()
            if len(part) < _LARGE_BYTES:  # the service reads a large part in several steps anyway
                await asyncio.sleep(0.05)  # or it would receive two parts at once
    received = await asyncio.wait_for(reading, 20)
    await close(writer)
    return received


def is_established(port: int, client_port: int) -> bool:
    """Whether the service has an open connection with this port of a client."""
    for line in Path("/proc/net/tcp").read_text("utf-8").splitlines()[1:]:
        _, local, remote, state, *_ = line.split()
        if (int(local.split(":")[1], 16), int(remote.split(":")[1], 16)) == (port, client_port):
            return state == "01"
    return False
