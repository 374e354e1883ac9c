"""Clients of WebSockets (graphql-transport-ws) and of event streams (server-sent events)."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

_TIMEOUT_SECONDS = 30


class WebSocketClient:
    """A client of graphql-transport-ws."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection

    async def send(self, **message: Any) -> None:
        await self.connection.send(json.dumps(message))

    async def receive(self) -> dict[str, Any]:
        async with asyncio.timeout(_TIMEOUT_SECONDS):
            frame = await self.connection.recv()
        assert isinstance(frame, str), "a binary frame"
        return json.loads(frame)

    async def subscribe(self, query: str, id_: str = "1", **variables: Any) -> None:
        await self.send(type="subscribe", id=id_, payload={"query": query, "variables": variables})

    async def next(self, id_: str = "1") -> Any:
        """The payload of the next message, which must be a `next`."""
        message = await self.receive()
        assert (message["type"], message["id"]) == ("next", id_), message
        return message["payload"]

    async def close_code(self) -> tuple[int, str]:
        """The code and the reason with which the service closes the socket, instead of another message."""
        with pytest.raises(ConnectionClosed) as closed:
            await self.receive()
        assert closed.value.rcvd is not None
        return closed.value.rcvd.code, closed.value.rcvd.reason


@asynccontextmanager
async def connect_websocket(base: str, **headers: str) -> AsyncIterator[WebSocketClient]:
    """Open a WebSocket at the base URL of a service. It still needs a `connection_init`."""
    url = base.replace("http", "ws") + "/graphql"
    subprotocols = [Subprotocol("graphql-transport-ws")]
    async with connect(url, subprotocols=subprotocols, additional_headers=headers) as connection:
        yield WebSocketClient(connection)


@asynccontextmanager
async def open_websocket(base: str, token: str | None = None) -> AsyncIterator[WebSocketClient]:
    """Open a WebSocket and initialize it."""
    async with connect_websocket(base) as client:
        await client.send(type="connection_init", payload={"Authorization": f"Bearer {token}"} if token else {})
        assert await client.receive() == {"type": "connection_ack"}
        yield client


class EventStreamClient:
    """A client of server-sent events."""

    def __init__(self, response: httpx.Response) -> None:
        self.response = response
        self._lines: Any = response.aiter_lines()

    async def receive(self) -> tuple[str, Any]:
        """The name and the data of the next event."""
        name = ""
        async with asyncio.timeout(_TIMEOUT_SECONDS):
            async for line in self._lines:
                if line.startswith("event: "):
                    name = line.removeprefix("event: ")
                elif line.startswith("data:"):
                    text = line.removeprefix("data:").strip()
                    return name, json.loads(text) if text else None
        raise EOFError

    async def next(self) -> Any:
        """The data of the next event, which must be a `next`."""
        name, payload = await self.receive()
        assert name == "next", (name, payload)
        return payload

    async def close(self) -> None:
        """Close the generator. Left to the garbage collector, httpx's generators would close each other twice."""
        await self._lines.aclose()


@asynccontextmanager
async def open_event_stream(
    base: str, query: str, token: str | None = None, **variables: Any
) -> AsyncIterator[EventStreamClient]:
    """Post an operation with `Accept: text/event-stream`."""
    headers = {"accept": "text/event-stream", **({"authorization": f"Bearer {token}"} if token else {})}
    async with (
        httpx.AsyncClient(base_url=base, timeout=60, headers=headers) as http,
        http.stream("POST", "/graphql", json={"query": query, "variables": variables}) as response,
    ):
        stream = EventStreamClient(response)
        yield stream
        await stream.close()
