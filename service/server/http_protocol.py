"""HTTP with timeouts for slow clients and limits for headers and connections."""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from service.server.config import ServerConfig
from service.server.header_limit import HeaderLimit
from service.server.responses import RequestRejected, rejection, too_many_connections, too_many_connections_app
from service.server.timeouts import ReadTimeout, WriteTimeout

_LINGER_SECONDS = 0.25
"""The delay before an idle connection is closed during shutdown, because a request may be in transit."""

_DISCARD_SECONDS = 1.0
"""How long the rest of a rejected request is read and discarded.

If the connection were closed at once, a client that still sends would get a reset instead of the response.
"""

_PROBES = "/healthz", "/readyz"

_LATE = "The request did not arrive in time."
_INVALID = "The request is not valid HTTP."
_NO_UPGRADE = "A request with a body cannot change the protocol; send it without the header `Upgrade`."


class HttpProtocol(HttpToolsProtocol):
    """One connection.

    If a request names a protocol that we do not support (`Upgrade: h2c`, CONNECT), httptools ends the request with its headers, and
    uvicorn parses what follows as the next request: the body would be a request (request smuggling). So such a request is
    rejected if it has a body, and nothing is read after it.
    """

    config: ServerConfig
    _write_timeout: WriteTimeout
    _last_started: RequestResponseCycle | None = None
    _rejected: RequestRejected | None = None
    _reads_headers = False
    _discards = False
    """Whether all further input is discarded until the connection is closed."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._limits = self.config.connection_limits
        self._header_limit = HeaderLimit(self.config.max_header_bytes)
        self._read_timeout = ReadTimeout(self.loop, self._time_out)

    # The connection

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._write_timeout = WriteTimeout(self.loop, transport, self.config.timeouts.write)
        if self._limits.admit(self, self.connections):
            self._read_timeout.start(self.config.timeouts.header)
            self._limits.set_idle(self)
        else:
            self._reject_connection()

    def connection_lost(self, exc: Exception | None) -> None:
        self._limits.set_busy(self)
        self._read_timeout.stop()
        self.resume_writing()
        if self._last_started is not None:  # uvicorn disconnects the last request that arrived, which may be queued
            self._last_started.disconnected = True
        super().connection_lost(exc)

    def shutdown(self) -> None:
        if self._is_idle():
            self.loop.call_later(_LINGER_SECONDS, super().shutdown)
        else:
            super().shutdown()

    def timeout_keep_alive_handler(self) -> None:
        if self.transport.get_write_buffer_size():
            self.transport.abort()  # close() would wait until the client has read everything
        super().timeout_keep_alive_handler()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._write_timeout.start()

    def resume_writing(self) -> None:
        self._write_timeout.stop()
        super().resume_writing()

    # Input

    def data_received(self, data: bytes) -> None:
        if self._discards:
            return
        self._limits.set_busy(self)
        if not self._read_timeout.is_running and self._is_idle():
            self._read_timeout.start(self.config.timeouts.header)
        self._header_limit.receive(len(data))
        super().data_received(data)
        if self._header_limit.exceeded and not self._discards:
            self._reject_request(self._headers_too_large())

    def on_message_begin(self) -> None:
        self._header_limit.start_request()
        self._reads_headers = True
        super().on_message_begin()

    def on_url(self, url: bytes) -> None:
        self._header_limit.add_url(len(url))
        self._check_header_limit()
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        self._header_limit.add_header(len(name) + len(value))
        self._check_header_limit()
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        self._reads_headers = False
        self._header_limit.clear_unreported()
        self._read_timeout.stop()
        upgrades = self.parser is not None and self.parser.should_upgrade()
        is_unsupported = upgrades and not self._should_upgrade()
        if is_unsupported and self._has_body():
            raise self._remember(RequestRejected(HTTPStatus.BAD_REQUEST, _NO_UPGRADE))
        super().on_headers_complete()
        if is_unsupported:
            self._discards = True
            self.cycle.keep_alive = False
        if upgrades:
            return
        self._read_timeout.start(self.config.timeouts.body)
        if self.config.draining:
            self.cycle.keep_alive = False

    def on_body(self, body: bytes) -> None:
        self._header_limit.clear_unreported()
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._header_limit.clear_unreported()
        self._read_timeout.stop()
        super().on_message_complete()

    # Requests

    def handle_websocket_upgrade(self) -> None:
        """Uvicorn applies `limit_concurrency` to requests only; WebSockets are connections too."""
        if len(self.connections) >= self._limits.max_connections:
            self._reject_connection()
        else:
            super().handle_websocket_upgrade()

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        self._last_started = cycle
        if app is not self.app:  # uvicorn's own response, because `limit_concurrency` is exceeded
            app = self.app if cycle.scope["path"].endswith(_PROBES) else too_many_connections_app
        super()._start_asgi_task(cycle, app)

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self._is_idle() and not self.transport.is_closing():
            self._limits.set_idle(self)

    def _is_idle(self) -> bool:
        return self.cycle is None or self.cycle.response_complete

    def _has_body(self) -> bool:
        return any(
            name == b"transfer-encoding" or (name == b"content-length" and value.strip(b" 0"))
            for name, value in self.headers
        )

    # Rejections

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - uvicorn's message is always the same
        """Uvicorn calls this when httptools stops: at invalid input, or when one of our callbacks has raised."""
        self._reject_request(self._rejected or RequestRejected(HTTPStatus.BAD_REQUEST, _INVALID))

    def _check_header_limit(self) -> None:
        if self._header_limit.exceeded:
            raise self._headers_too_large()

    def _headers_too_large(self) -> RequestRejected:
        return self._remember(
            RequestRejected(
                HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
                f"The URL and headers have more than {self.config.max_header_bytes} bytes (ATLAS_MAX_HEADERS).",
            )
        )

    def _remember(self, rejected: RequestRejected) -> RequestRejected:
        """Keep the exception that a callback raises, because httptools does not pass it on."""
        self._rejected = rejected
        return rejected

    def _reject_connection(self) -> None:
        self._discards = True
        self.transport.write(too_many_connections())
        self.transport.close()

    def _reject_request(self, rejected: RequestRejected) -> None:
        """Reject the request that is being read, then close the connection.

        If an earlier request of the connection is still running, only that one is answered: the client would take the rejection
        for its response.
        """
        self._read_timeout.stop()
        self._discards = True
        if self._reads_headers and not self._is_idle():
            self.cycle.keep_alive = False
            return
        self._respond(rejected)
        self.loop.call_later(_DISCARD_SECONDS, self.transport.close)

    def _time_out(self) -> None:
        if not self.transport.is_closing():
            self._respond(RequestRejected(HTTPStatus.REQUEST_TIMEOUT, _LATE))
            self.transport.close()

    def _respond(self, rejected: RequestRejected) -> None:
        """Write the response, unless another one has begun, and end the request."""
        if self._is_idle() or not (self.cycle.response_started or self.pipeline):
            self.transport.write(rejection(rejected))
        if self.cycle is not None:
            self.cycle.disconnected = True
            self.cycle.message_event.set()
