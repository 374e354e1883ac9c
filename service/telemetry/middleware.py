"""ASGI middleware that gives each request an ID, a record, a span, metrics and a log line."""

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

from service.errors import ErrorCode
from service.telemetry import metrics, traces
from service.telemetry.logs import log_request
from service.telemetry.records import RequestRecord, current

_ID_HEADER = "x-request-id"
_SAFE_ID = re.compile(r"[A-Za-z0-9._:/+=-]{1,64}")
_MAX_PATH_CHARACTERS = 200
_CLIENT_CLOSED = 499
"""The status that nginx logs for a client that closed its connection before the response."""

_SHUTTING_DOWN = orjson.dumps(
    {
        "errors": [
            {
                "message": "The service is shutting down; send the request again.",
                "extensions": {"code": ErrorCode.SERVICE_UNAVAILABLE},
            }
        ]
    }
)


class TelemetryMiddleware:
    """Records every HTTP request and WebSocket."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in {"http", "websocket"}:
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        request = _Request(scope, _request_id(headers.get(_ID_HEADER)), send)
        token = current.set(request.record)
        try:
            span = traces.server_span(
                f"{request.method} {scope['path'] if scope['path'] == '/graphql' else ''}".rstrip(),
                headers,
                {
                    "http.request.method": request.method,
                    "url.path": request.path,
                    "url.scheme": str(scope.get("scheme", "http")),
                    "network.protocol.version": str(scope.get("http_version", "1.1")),
                },
            )
            if span is None:
                await request.run(self._app, receive)
                return
            with span as opened:
                await request.run(self._app, receive)
                opened.set_attribute("http.response.status_code", request.status or _CLIENT_CLOSED)
                if (request.status or 0) >= 500:
                    traces.set_error(opened, str(request.status))
        finally:
            current.reset(token)


class _Request:
    """A request while it is executed."""

    def __init__(self, scope: Scope, request_id: str, send: Send) -> None:
        self.method: str = scope.get("method", "WEBSOCKET")
        self.path = quote(scope["path"][:_MAX_PATH_CHARACTERS])
        self.record = RequestRecord(request_id)
        self.status: int | None = None
        self._is_stream = scope["type"] == "websocket"
        self._scope = scope
        self._send = send

    async def run(self, app: ASGIApp, receive: Receive) -> None:
        start = time.perf_counter()
        try:
            with metrics.IN_FLIGHT.track_inprogress():
                await app(self._scope, receive, self._send_recorded)
        except asyncio.CancelledError:  # the time limit of the shutdown
            if self.status is not None or self._scope["type"] != "http":
                raise
            headers = {"retry-after": "1", "connection": "close"}
            await Response(_SHUTTING_DOWN, 503, headers, "application/json")(self._scope, receive, self._send_recorded)
        except Exception:
            self.status = self.status or 500
            raise
        finally:
            seconds = time.perf_counter() - start
            operation = "websocket" if self._scope["type"] == "websocket" else self.record.operation or "none"
            status = self.status or _CLIENT_CLOSED
            metrics.REQUESTS.labels(operation, str(status)).inc()
            if not self._is_stream:  # a stream lasts as long as its client wants
                metrics.REQUEST_SECONDS.labels(operation).observe(seconds)
            log_request(self.record, self.method, self.path, status, seconds)

    async def _send_recorded(self, message: Message) -> None:
        if message["type"] in {"http.response.start", "websocket.accept", "websocket.http.response.start"}:
            self.status = message.get("status", 101)
            message.setdefault("headers", [])
            MutableHeaders(scope=message)[_ID_HEADER] = self.record.request_id
            self._is_stream = self._is_stream or begins_stream(message)
        elif message["type"] == "websocket.close":
            self.status = self.status or 403  # what servers send for a rejected handshake
        await self._send(message)


def begins_stream(message: Message) -> bool:
    """Return whether an ASGI message starts a response of server-sent events."""
    if message["type"] != "http.response.start":
        return False
    return Headers(raw=message.get("headers", [])).get("content-type", "").startswith("text/event-stream")


def _request_id(sent: str | None) -> str:
    """Return the ID that the client or a proxy sent, if it is safe in a log and a header; otherwise a new one."""
    return sent if sent is not None and _SAFE_ID.fullmatch(sent) else uuid.uuid4().hex
