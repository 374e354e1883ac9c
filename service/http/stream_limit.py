"""Limit the connections used by WebSockets and event streams, which stay open as long as the client likes.

The remaining connections are reserved for requests. Each process counts its own connections.
"""

from __future__ import annotations

from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocket

from service.errors import ErrorCode
from service.http.error_responses import overloaded, reject_websocket
from service.telemetry import begins_stream, record_rejection

_MAX_SHARE = 0.75
_MESSAGE = "Too many streams and WebSockets are open; try again in a moment."


class StreamLimit:
    """ASGI middleware that rejects WebSockets and event streams beyond three quarters of the connections."""

    def __init__(self, app: ASGIApp, connections: int) -> None:
        self._app = app
        self._max_streams = connections * _MAX_SHARE
        self._streams = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await self._websocket(scope, receive, send)
        elif scope["type"] == "http":
            await self._request(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _websocket(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._streams >= self._max_streams:
            await reject_websocket(WebSocket(scope, receive, send), _rejection(), _MESSAGE)
            return
        self._streams += 1
        try:
            await self._app(scope, receive, send)
        finally:
            self._streams -= 1

    async def _request(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Count the request as a stream once its response starts as one.

        If there are too many streams, another response replaces it. The server has then sent a complete response, so it
        reports a disconnect to the application, which ends the stream.
        """
        is_stream = is_rejected = False

        async def send_within_limit(message: Message) -> None:
            nonlocal is_stream, is_rejected
            if begins_stream(message):
                if self._streams >= self._max_streams:
                    is_rejected = True
                    await _rejection()(scope, receive, send)
                else:
                    is_stream = True
                    self._streams += 1
            if not is_rejected:
                await send(message)

        try:
            await self._app(scope, receive, send_within_limit)
        finally:
            self._streams -= is_stream


def _rejection() -> Response:
    record_rejection(ErrorCode.SERVICE_UNAVAILABLE)
    return overloaded(_MESSAGE)
