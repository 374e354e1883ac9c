"""How many connections may be taken by what lasts for as long as its client likes: WebSockets and event streams.

The rest is for requests, which would find no connection otherwise. Each process counts its own.
"""

from __future__ import annotations

from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocket

from service.errors import ErrorCode
from service.http.error_responses import overloaded, refuse_socket
from service.telemetry import begins_stream, record_rejection

_SHARE = 0.75
_FULL = "There are too many streams and WebSockets; try again in a moment."


class StreamLimit:
    """ASGI middleware that refuses WebSockets and event streams beyond three quarters of the connections."""

    def __init__(self, app: ASGIApp, connections: int) -> None:
        self._app = app
        self._most = connections * _SHARE
        self._open = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await self._socket(scope, receive, send)
        elif scope["type"] == "http":
            await self._request(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _socket(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._open >= self._most:
            await refuse_socket(WebSocket(scope, receive, send), _refusal(), _FULL)
            return
        self._open += 1
        try:
            await self._app(scope, receive, send)
        finally:
            self._open -= 1

    async def _request(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Whether an answer is a stream shows when it begins. Where it may not be one, another is sent in its place; what
        would have written it is told by the server that nobody listens any more, as where a client has gone.
        """
        is_stream = is_refused = False

        async def sending(message: Message) -> None:
            nonlocal is_stream, is_refused
            if begins_stream(message):
                if self._open >= self._most:
                    is_refused = True
                    await _refusal()(scope, receive, send)
                else:
                    is_stream = True
                    self._open += 1
            if not is_refused:
                await send(message)

        try:
            await self._app(scope, receive, sending)
        finally:
            self._open -= is_stream


def _refusal() -> Response:
    record_rejection(ErrorCode.SERVICE_UNAVAILABLE)
    return overloaded(_FULL)
