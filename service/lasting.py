"""How many connections may be taken by what lasts for as long as its client likes: WebSockets and event streams.

The rest is for requests, which would find no connection otherwise. Each process counts its own.
"""

from __future__ import annotations

from starlette.datastructures import Headers
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocket

from service.codes import UNAVAILABLE
from service.telemetry import note_refusal

_SHARE = 0.75
_FULL = "There are too many streams and WebSockets; try again in a moment."


class Lasting:
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
            await _refuse_socket(WebSocket(scope, receive, send))
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
            if message["type"] == "http.response.start" and _begins_stream(message):
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


def _begins_stream(message: Message) -> bool:
    return Headers(raw=message.get("headers", [])).get("content-type", "").startswith("text/event-stream")


async def _refuse_socket(socket: WebSocket) -> None:
    if "websocket.http.response" in socket.scope.get("extensions", {}):
        await socket.send_denial_response(_refusal())
    else:
        note_refusal(UNAVAILABLE)
        await socket.close(1013, _FULL)


def _refusal() -> Response:
    note_refusal(UNAVAILABLE)
    told = {"errors": [{"message": _FULL, "extensions": {"code": UNAVAILABLE}}]}
    return JSONResponse(told, 503, {"retry-after": "1", "connection": "close"})
