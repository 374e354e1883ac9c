"""Run the application under uvicorn: worker processes, deadlines for slow clients, an end that loses nothing.

SIGTERM, or Ctrl-C:

    /readyz says 503, answers close their connections   for ATLAS_STOP_DELAY
    nobody new is let in, streams are told              at once
    what is being answered is answered to its end       until ATLAS_STOP_TIMEOUT, counted from the signal
    what is left gets a 503, the store is closed

A second Ctrl-C ends it at once.
"""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
import time
from asyncio import TimerHandle
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache, lru_cache
from http import HTTPStatus
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from tempfile import TemporaryDirectory
from typing import Any

import orjson
import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle
from uvicorn.supervisors import multiprocess

from service.app import create_app
from service.auth.principal import ANONYMOUS
from service.errors import AtlasError
from service.http.error_responses import overloaded
from service.http.rate_limits import client_key
from service.service import STOPPING, Service
from service.settings import Settings
from service.telemetry import logs, metrics

_LINGER_SECONDS = 0.25
"""How long an idle connection is kept at the end, since a request may be on its way."""
_LEAST_BYTES = 1024
"""A second; who reads an answer more slowly does not read it."""
_TICK_SECONDS = 0.1
_PROBES = "/healthz", "/readyz"
_LATE = "The request did not arrive in time."
_UNREADABLE = "This is no request of HTTP that can be read."
_NOT_UPGRADED = "A request with a body cannot ask for another protocol (Upgrade); send it without."
_READ_ON_SECONDS = 1.0
"""How long what a client still sends is thrown away, once it was refused: who is sending does not see the answer."""
_OF_A_HEADER = 32
"""Bytes that a header counts besides its own, as in HTTP/2 (RFC 9113, 6.5.2): many short ones cost as much as a long one."""
_FULL = "There are too many connections; try again in a moment."
_OTHER_FILES = 100
_BACKLOG = 2048
_NEARLY_ALL = 0.9
"""Of all connections; beyond it, a new one takes the place of one on which nothing is asked."""


def listen(settings: Settings) -> list[socket.socket]:
    """A socket for every address that the host's name has, all of one port, a free one for 0.

    From now on clients wait until they are answered. Raises AtlasError where the port is taken, or the host unknown.
    """
    found: list[socket.socket] = []
    try:
        addresses = socket.getaddrinfo(settings.host, settings.port, type=socket.SOCK_STREAM)
        for family, kind, protocol, _, (host, port, *more) in addresses:
            opened = socket.socket(family, kind, protocol)
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:
                opened.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            try:
                opened.bind((host, found[0].getsockname()[1] if found else port, *more))
                opened.listen(_BACKLOG)
            except OSError:
                opened.close()
                if not found:
                    raise
                continue
            opened.settimeout(0)
            found.append(opened)
    except OSError as error:
        raise AtlasError(f"cannot listen on {settings.host}:{settings.port}: {error.strerror}.") from error
    return found


def run(settings: Settings, listening: list[socket.socket]) -> None:
    """Answer over HTTP until a signal ends it."""
    _raise_limit_of_files(settings.connections)
    config = _config(settings, listening[0].getsockname()[1])
    if config.workers == 1:
        _serve_metrics(settings)
        with _signals_are_no_end():
            _Server(config).run(listening)
        return
    with _shared_metrics():
        _serve_metrics(settings)
        # uvicorn's supervisor has no other way to be told of another server
        multiprocess.Process = _Worker  # type: ignore[misc]
        _Workers(config, listening).run()


@dataclass(frozen=True, slots=True)
class _Patience:
    """For how many seconds clients, and the end, are waited for."""

    header: float
    body: float
    write: float
    stop: float
    delay: float


class _Config(uvicorn.Config):
    """Also how patient to be, and whether this process is about to end."""

    patience: _Patience
    most_of_head: int
    """Bytes of a request's URL and headers."""
    most_of_address: int
    """Connections."""
    proxies: tuple[IPv4Network | IPv6Network, ...]
    """Whose connections are those of many, and not counted."""
    idle: dict[_PatientProtocol, None]
    """Connections on which nothing is asked, in the order in which they fell idle."""
    draining = False


def _config(settings: Settings, port: int) -> _Config:
    single = settings.workers == 1
    config = _Config(
        create_app(settings) if single else "service.app:create_app",
        factory=not single,
        workers=settings.workers,
        host=settings.host,
        port=port,
        http=_PatientProtocol,
        log_config=logs.configuration(settings.log_format, settings.log_level),
        access_log=False,
        server_header=False,
        proxy_headers=bool(settings.trusted_proxies),  # of itself uvicorn would believe whoever is on this machine
        forwarded_allow_ips=settings.trusted_proxies or None,
        ws_max_size=settings.max_body,
        limit_concurrency=settings.connections,
        timeout_keep_alive=settings.keep_alive,
        timeout_worker_healthcheck=60,  # a worker on a busy machine may take that long to import everything
    )
    config.patience = _Patience(
        settings.header_timeout,
        settings.body_timeout,
        settings.write_timeout,
        settings.stop_timeout,
        settings.stop_delay,
    )
    config.most_of_head = settings.max_headers
    config.most_of_address = settings.connections_per_address
    everybody = ["0.0.0.0/0", "::/0"]
    trusted = everybody if settings.trusted_proxies == "*" else filter(None, settings.trusted_proxies.split(","))
    config.proxies = tuple(map(ip_network, trusted))
    config.idle = {}
    return config


class _Server(uvicorn.Server):
    """Uvicorn's, with an end as told above."""

    config: _Config

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        patience = self.config.patience
        give_up = time.monotonic() + patience.stop
        service: Service | None = self.lifespan.state.get(STOPPING)
        self._drain()
        if service is not None:
            service.draining = True
            await self._until(lambda: False, min(patience.delay, patience.stop))
        await self._close_door(sockets or [])
        if service is not None:
            service.end_streams()
            await self._until(lambda: service.settled, give_up - time.monotonic() - _TICK_SECONDS)
            await asyncio.sleep(_TICK_SECONDS)  # the last words are on their way
        self.config.timeout_graceful_shutdown = max(_TICK_SECONDS, give_up - time.monotonic())  # type: ignore[assignment]
        await super().shutdown(sockets)

    async def _close_door(self, sockets: list[socket.socket]) -> None:
        """Stop listening; clients that the system has let in already are asked in first."""
        waiting: list[socket.socket] = []
        for listening in sockets:
            with suppress(OSError):  # nobody waits any more
                while True:
                    waiting.append(listening.accept()[0])
        for door in (*self.servers, *sockets):
            door.close()
        for client in waiting:
            client.settimeout(0)
            with suppress(OSError):  # who has gone meanwhile
                await asyncio.get_running_loop().connect_accepted_socket(self._protocol, client)

    def _protocol(self) -> asyncio.Protocol:
        return _PatientProtocol(self.config, self.server_state, self.lifespan.state)

    def _drain(self) -> None:
        """Send clients away with their next answer: on connections that are kept there is always one more request."""
        self.config.draining = True
        for connection in self.server_state.connections:
            if isinstance(connection, _PatientProtocol) and connection.cycle is not None:
                connection.cycle.keep_alive = False

    async def _until(self, holds: Callable[[], bool], seconds: float) -> None:
        give_up = time.monotonic() + seconds
        while not holds() and not self.force_exit and time.monotonic() < give_up:  # noqa: ASYNC110 - a handler of signals sets it
            await asyncio.sleep(_TICK_SECONDS)


class _Worker(multiprocess.Process):
    """A process that serves."""

    _asked: float | None = None
    """When it was asked for a sign of life that has not come yet."""

    def is_alive(self, timeout: float = 5) -> bool:
        """Whether it runs, and has not kept silent for so long. Nobody waits here: while one worker starts, or dies as it
        starts, another that is dead is to be noticed as well.
        """
        if not self.process.is_alive():
            return False
        try:
            if self._asked is None:
                self.parent_conn.send(b"ping")
                self._asked = time.monotonic()
            if self.parent_conn.poll():
                self.parent_conn.recv()
                self._asked = None
        except (OSError, EOFError):
            return False
        return self._asked is None or time.monotonic() < self._asked + timeout

    def join(self) -> None:
        super().join()
        if self.pid is not None:
            metrics.forget(self.pid)

    @property
    def server(self) -> uvicorn.Server:
        if self._server is None:
            self._server = _Server(self.config)
        return self._server


class _Workers(multiprocess.Multiprocess):
    """The process above them."""

    def terminate_all(self) -> None:
        for listening in self.sockets:  # or clients would be connected to nobody while the workers finish
            listening.close()
        super().terminate_all()


class _Refused(Exception):  # noqa: N818 - the client's mistake, told to it
    """A request that is refused as it is read; httptools reads no further."""

    def __init__(self, status: HTTPStatus, message: str) -> None:
        super().__init__(message)
        self.status = status


class _PatientProtocol(HttpToolsProtocol):
    """HTTP for clients that are not waited for for ever: to send their request, or to take its answer.

    A request's URL and headers are limited. They are counted as httptools tells them, trailers likewise, and so is what it
    has been fed since it last told anything: it keeps a header that does not end to itself.

    Where a request asks for a protocol that is not spoken here (`Upgrade: h2c`, CONNECT), httptools takes what follows the
    headers for that protocol, and uvicorn for the next request: a body would be a request. So nothing is read after it.
    """

    config: _Config
    _head = 0
    """Bytes of the URL, the headers and trailers, as far as they have been told."""
    _is_in_head = False
    _untold = 0
    _refused: _Refused | None = None
    _is_deaf = False
    """Whether what comes now is thrown away, until the connection is closed."""
    _running: RequestResponseCycle | None = None
    _arriving: TimerHandle | None = None
    _leaving: TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        if self._make_room():
            self._expect(self.config.patience.header)
            self.config.idle[self] = None
        else:
            self._is_deaf = True
            self.transport.write(_full_as_written())
            self.transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        self.config.idle.pop(self, None)
        self._expect(None)
        self.resume_writing()
        if self._running is not None:  # uvicorn tells the request that came last, others may be before that
            self._running.disconnected = True
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._is_deaf:
            return
        self.config.idle.pop(self, None)
        if self._arriving is None and self._is_idle():
            self._expect(self.config.patience.header)
        self._untold += len(data)
        super().data_received(data)
        if self._untold > self.config.most_of_head and not self._is_deaf:
            self._turn_away(self._too_long())

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - uvicorn says nothing but that it is invalid
        """Refuse what cannot be read, or was refused by one of the methods below."""
        self._turn_away(self._refused or _Refused(HTTPStatus.BAD_REQUEST, _UNREADABLE))

    def on_message_begin(self) -> None:
        self._head = self._untold = 0
        self._is_in_head = True
        super().on_message_begin()

    def on_url(self, url: bytes) -> None:
        self._count(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        self._count(len(name) + len(value) + _OF_A_HEADER)
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        self._is_in_head = False
        self._untold = 0
        self._expect(None)
        upgrades = self.parser is not None and self.parser.should_upgrade()
        is_other_protocol = upgrades and not self._should_upgrade()
        if is_other_protocol and self._has_body():
            raise self._refuse(HTTPStatus.BAD_REQUEST, _NOT_UPGRADED)
        super().on_headers_complete()
        if is_other_protocol:
            self._is_deaf = True
            self.cycle.keep_alive = False
        if upgrades:
            return
        self._expect(self.config.patience.body)
        if self.config.draining:
            self.cycle.keep_alive = False

    def handle_websocket_upgrade(self) -> None:
        """Let a WebSocket in, unless there are too many connections; uvicorn looks at requests only."""
        most = self.config.limit_concurrency
        if most is not None and len(self.connections) >= most:
            self.transport.write(_full_as_written())
            self.transport.close()
        else:
            super().handle_websocket_upgrade()

    def on_body(self, body: bytes) -> None:
        self._untold = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._untold = 0
        self._expect(None)
        super().on_message_complete()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self._is_idle() and not self.transport.is_closing():
            self.config.idle[self] = None

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        self._running = cycle
        if app is not self.app:  # there are too many connections
            app = self.app if cycle.scope["path"].endswith(_PROBES) else _full
        super()._start_asgi_task(cycle, app)

    def shutdown(self) -> None:
        if self._is_idle():
            self.loop.call_later(_LINGER_SECONDS, super().shutdown)
        else:
            super().shutdown()

    def timeout_keep_alive_handler(self) -> None:
        if self.transport.get_write_buffer_size():
            self.transport.abort()  # a connection that is closed would wait until all of it is taken
        super().timeout_keep_alive_handler()

    def pause_writing(self) -> None:
        super().pause_writing()
        if self._leaving is None:
            self._look_again(self.transport.get_write_buffer_size())

    def resume_writing(self) -> None:
        if self._leaving is not None:
            self._leaving.cancel()
            self._leaving = None
        super().resume_writing()

    def _make_room(self) -> bool:
        """Close the connection that has been idle for longest, where nearly all are taken, or one of the same address where
        that has its share. False where there is no room: its share is taken, and it asks on all of them.
        """
        idle, most = self.config.idle, self.config.limit_concurrency
        if self._has_share():
            longest = next((one for one in idle if _neighbours(one.client) == _neighbours(self.client)), None)
            if longest is None:
                return False
        elif most is not None and len(self.connections) > most * _NEARLY_ALL:
            longest = next(iter(idle), None)
        else:
            return True
        if longest is not None:
            del idle[longest]
            longest.transport.close()
        return True

    def _has_share(self) -> bool:
        """Whether its address has more connections than one may have; a proxy may."""
        most, mine = self.config.most_of_address, _neighbours(self.client)
        if len(self.connections) <= most or self._is_of_proxy():
            return False
        return sum(_neighbours(getattr(one, "client", None)) == mine for one in self.connections) > most

    def _is_of_proxy(self) -> bool:
        try:
            address = ip_address(self.client[0] if self.client else "")
        except ValueError:
            return False
        return any(address in network for network in self.config.proxies)

    def _is_idle(self) -> bool:
        return self.cycle is None or self.cycle.response_complete

    def _expect(self, seconds: float | None) -> None:
        """Cut the client off unless what comes next has come by then; None: nothing is waited for."""
        if self._arriving is not None:
            self._arriving.cancel()
        self._arriving = None if seconds is None else self.loop.call_later(seconds, self._cut_off)

    def _cut_off(self) -> None:
        self._arriving = None
        if not self.transport.is_closing():
            self._say(_Refused(HTTPStatus.REQUEST_TIMEOUT, _LATE))
            self.transport.close()

    def _turn_away(self, refused: _Refused) -> None:
        """Refuse a request, and close its connection when the client has had time to read why; what it has asked before that
        is answered instead, or the refusal would be taken for that answer.
        """
        self._expect(None)
        self._is_deaf = True
        if self._is_in_head and not self._is_idle():
            self.cycle.keep_alive = False
            return
        self._say(refused)
        self.loop.call_later(_READ_ON_SECONDS, self.transport.close)

    def _say(self, refused: _Refused) -> None:
        """Answer by a refusal, unless another answer has begun; that ends here."""
        if self._is_idle() or not (self.cycle.response_started or self.pipeline):
            self.transport.write(_written(refused))
        if self.cycle is not None:
            self.cycle.disconnected = True
            self.cycle.message_event.set()

    def _count(self, size: int) -> None:
        self._head += size
        self._untold = 0
        if self._head > self.config.most_of_head:
            raise self._too_long()

    def _has_body(self) -> bool:
        return any(
            name == b"transfer-encoding" or (name == b"content-length" and value.strip(b" 0"))
            for name, value in self.headers
        )

    def _refuse(self, status: HTTPStatus, message: str) -> _Refused:
        """What to raise where httptools tells of a request; it is answered in `send_400_response`."""
        self._refused = _Refused(status, message)
        return self._refused

    def _too_long(self) -> _Refused:
        most = self.config.most_of_head
        return self._refuse(
            HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
            f"The URL and headers have more than {most} bytes; at most so many are allowed (ATLAS_MAX_HEADERS).",
        )

    def _look_again(self, before: int) -> None:
        seconds = self.config.patience.write
        self._leaving = self.loop.call_later(seconds, self._look_at_what_is_left, before - seconds * _LEAST_BYTES)

    def _look_at_what_is_left(self, most: float) -> None:
        """Give a client up that has taken too little of its answer."""
        left = self.transport.get_write_buffer_size()
        if left > most:
            self._leaving = None
            self.transport.abort()
        else:
            self._look_again(left)


def _neighbours(client: tuple[str, int] | None) -> str:
    return _address(client[0] if client else None)


@lru_cache(4096)
def _address(host: str | None) -> str:
    """By what connections are counted, as requests are."""
    return client_key(ANONYMOUS, host)


def _written(refused: _Refused) -> bytes:
    """The answer to a request of which there is no more than its refusal."""
    return _as_written(refused.status, orjson.dumps({"errors": [{"message": str(refused)}]}))


@cache
def _full_as_written() -> bytes:
    """What `_full` answers, to a connection that comes to no application."""
    return _as_written(HTTPStatus.SERVICE_UNAVAILABLE, bytes(overloaded(_FULL).body), "retry-after: 1")


def _as_written(status: HTTPStatus, body: bytes, *more: str) -> bytes:
    head = (
        f"HTTP/1.1 {status.value} {status.phrase}",
        "content-type: application/json; charset=utf-8",
        *more,
        "connection: close",
        f"content-length: {len(body)}",
    )
    return "\r\n".join((*head, "", "")).encode() + body


def _serve_metrics(settings: Settings) -> None:
    if settings.metrics_port is None:
        return
    try:
        metrics.serve(settings.host, settings.metrics_port)
    except OSError as error:
        raise AtlasError(f"cannot listen on {settings.host}:{settings.metrics_port}: {error.strerror}.") from error


@contextmanager
def _shared_metrics() -> Iterator[None]:
    """A folder in which the workers keep their numbers; those that are started find its name in the environment."""
    with TemporaryDirectory(prefix="framework-atlas-metrics-") as folder:
        os.environ[metrics.FOLDER] = folder
        try:
            yield
        finally:
            del os.environ[metrics.FOLDER]


def _raise_limit_of_files(connections: int) -> None:
    """Each connection is an open file, and the usual limit of 1024 is one that a process may raise itself."""
    if sys.platform == "win32":
        return
    import resource  # noqa: PLC0415 - not everywhere

    needed = connections + _OTHER_FILES
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < needed:
        most = needed if hard == resource.RLIM_INFINITY else min(needed, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


async def _full(scope: Any, receive: Any, send: Any) -> None:
    """Answer who has come although there are too many connections."""
    await overloaded(_FULL)(scope, receive, send)


@contextmanager
def _signals_are_no_end() -> Iterator[None]:
    """Uvicorn raises the signals that it took anew when it has ended; by then they are done with."""
    before = {number: signal.signal(number, lambda *_: None) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
