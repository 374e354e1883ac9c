"""Around every request: its ID, its notes, its span, its line in the log."""

from __future__ import annotations

import asyncio
import re
import time
import uuid
from urllib.parse import quote

import orjson
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.telemetry import metrics, traces
from service.telemetry.logs import log_request
from service.telemetry.records import RequestRecord, current

_HARMLESS = re.compile(r"[A-Za-z0-9._:/+=-]{1,64}")
_HEADER = "x-request-id"
_LONGEST_PATH = 200
_GONE = 499
"""As nginx calls it: the client went away before there was an answer."""
_STOPPED = orjson.dumps(
    {
        "errors": [
            {
                "message": "The service stops; send the request again in a moment.",
                "extensions": {"code": "SERVICE_UNAVAILABLE"},
            }
        ]
    }
)


class TelemetryMiddleware:
    """ASGI middleware that notes what becomes of every request."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in {"http", "websocket"}:
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        request = _Request(scope, _request_id(headers.get(_HEADER)), send)
        before = current.set(request.notes)
        try:
            span = traces.request(
                f"{request.method} {scope['path'] if scope['path'] == '/graphql' else ''}".rstrip(),
                headers,
                **{
                    "http.request.method": request.method,
                    "url.path": request.path,
                    "url.scheme": str(scope.get("scheme", "http")),
                    "network.protocol.version": str(scope.get("http_version", "1.1")),
                },
            )
            if span is None:
                await request.answer(self._app, receive)
                return
            with span as entered:
                await request.answer(self._app, receive)
                entered.set_attribute("http.response.status_code", request.status or _GONE)
                if (request.status or 0) >= 500:
                    traces.failed(entered, str(request.status))
        finally:
            current.reset(before)


class _Request:
    """One of them, while it is answered."""

    def __init__(self, scope: Scope, request_id: str, send: Send) -> None:
        self.method: str = scope.get("method", "WEBSOCKET")
        self.path = quote(scope["path"][:_LONGEST_PATH])
        self.notes = RequestRecord(request_id)
        self.status: int | None = None
        self._is_stream = scope["type"] == "websocket"  # which is open for as long as its client likes
        self._scope = scope
        self._send = send

    async def answer(self, app: ASGIApp, receive: Receive) -> None:
        began = time.perf_counter()
        try:
            with metrics.IN_FLIGHT.track_inprogress():
                await app(self._scope, receive, self._tell)
        except asyncio.CancelledError:  # at the end of the time that stopping has
            if self.status is not None or self._scope["type"] != "http":
                raise
            stopped = Response(_STOPPED, 503, {"retry-after": "1", "connection": "close"}, "application/json")
            await stopped(self._scope, receive, self._tell)
        except Exception:
            self.status = self.status or 500
            raise
        finally:
            seconds = time.perf_counter() - began
            kind = "websocket" if self._scope["type"] == "websocket" else self.notes.operation or "none"
            metrics.REQUESTS.labels(kind, str(self.status or _GONE)).inc()
            if not self._is_stream:
                metrics.REQUEST_SECONDS.labels(kind).observe(seconds)
            log_request(self.notes, self.method, self.path, self.status or _GONE, seconds)

    async def _tell(self, message: Message) -> None:
        if message["type"] in {"http.response.start", "websocket.accept", "websocket.http.response.start"}:
            self.status = message.get("status", 101)
            message.setdefault("headers", [])
            MutableHeaders(scope=message)[_HEADER] = self.notes.request_id
            self._is_stream = self._is_stream or begins_stream(message)
        elif message["type"] == "websocket.close":
            self.status = self.status or 403  # what a server answers to a handshake that is refused
        await self._send(message)


def begins_stream(message: Message) -> bool:
    """Whether server-sent events begin by this message of ASGI: an answer that lasts for as long as its client likes."""
    if message["type"] != "http.response.start":
        return False
    return Headers(raw=message.get("headers", [])).get("content-type", "").startswith("text/event-stream")


def _request_id(given: str | None) -> str:
    """The client's, or a proxy's, where nothing can be done with it in a log or a header; else a new one."""
    return given if given is not None and _HARMLESS.fullmatch(given) else uuid.uuid4().hex
