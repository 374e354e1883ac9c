"""Listen on an address, and serve the application until a signal stops it."""

from __future__ import annotations

import signal
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from service.errors import AtlasError
from service.server.config import server_config
from service.server.http_protocol import HttpProtocol
from service.server.metrics_server import serve_metrics, shared_metrics
from service.server.shutdown import GracefulServer
from service.server.workers import Supervisor
from service.settings import Settings

_BACKLOG = 2048
_OTHER_FILES = 100
"""Open files of a process that are not connections of clients."""


def listen(settings: Settings) -> list[socket.socket]:
    """Return a listening socket per address of the host name, all on the same port; port 0 takes a free one.

    From then on the kernel queues connections. Raises AtlasError if the port is in use or the host is unknown.
    """
    sockets: list[socket.socket] = []
    try:
        addresses = socket.getaddrinfo(settings.host, settings.port, type=socket.SOCK_STREAM)
        for family, type_, protocol, _, (host, port, *others) in addresses:
            listening = socket.socket(family, type_, protocol)
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:
                listening.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            try:
                listening.bind((host, sockets[0].getsockname()[1] if sockets else port, *others))
                listening.listen(_BACKLOG)
            except OSError:
                listening.close()
                if not sockets:
                    raise
                continue
            listening.settimeout(0)
            sockets.append(listening)
    except OSError as error:
        raise AtlasError(f"cannot listen on {settings.host}:{settings.port}: {error.strerror}.") from error
    return sockets


def run(settings: Settings, sockets: list[socket.socket]) -> None:
    """Serve over HTTP until a signal stops it."""
    _raise_open_files_limit(settings.connections)
    config = server_config(settings, sockets[0].getsockname()[1], HttpProtocol)
    if config.workers == 1:
        serve_metrics(settings)
        with _ignored_signals():
            GracefulServer(config).run(sockets)
        return
    with shared_metrics():
        serve_metrics(settings)
        Supervisor(config, sockets).run()


def _raise_open_files_limit(connections: int) -> None:
    """Each connection is an open file; the usual soft limit is 1024, which a process may raise."""
    if sys.platform == "win32":
        return
    import resource  # noqa: PLC0415 - does not exist on Windows

    required = connections + _OTHER_FILES
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < required:
        limit = required if hard == resource.RLIM_INFINITY else min(required, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (limit, hard))


@contextmanager
def _ignored_signals() -> Iterator[None]:
    """Ignore the signals that uvicorn raises again after it has handled them: the shutdown is complete by then."""
    handlers = {number: signal.signal(number, lambda *_: None) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
