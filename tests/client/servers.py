"""A server with programmed faults, and a proxy whose connections can be cut."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

Behaviour = Callable[["Request"], None]


@dataclass(frozen=True, slots=True)
class Request:
    """A received request, with a method to respond."""

    handler: BaseHTTPRequestHandler
    headers: dict[str, str]
    body: Any

    def respond(self, status: int, body: Any, **headers: str) -> None:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.handler.send_response(status)
        all_headers = {"Content_Type": "application/json", "Content_Length": str(len(content)), **headers}
        for name, value in all_headers.items():
            self.handler.send_header(name.replace("_", "-"), value)
        self.handler.end_headers()
        self.handler.wfile.write(content)


def status(code: int, body: Any = b"unavailable", **headers: str) -> Behaviour:
    return lambda request: request.respond(code, body, **headers)


def data(value: Any, **headers: str) -> Behaviour:
    return lambda request: request.respond(200, {"data": value}, **headers)


def cut(request: Request) -> None:
    """Close the connection without a response."""
    request.handler.close_connection = True


def trickle(request: Request) -> None:
    """Send an endless response, one byte at a time."""
    request.handler.send_response(200)
    request.handler.send_header("Content-Type", "application/json")
    request.handler.end_headers()
    request.handler.close_connection = True
    with suppress(OSError):
        while True:
            request.handler.wfile.write(b" ")
            time.sleep(0.05)


class FaultyServer:
    """A server that responds to each request with the next of its behaviours; the last one is repeated."""

    def __init__(self, port: int = 0) -> None:
        self.behaviours: list[Behaviour] = []
        self.requests: list[Request] = []
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                content = self.rfile.read(int(self.headers["content-length"]))
                headers = {name.lower(): value for name, value in self.headers.items()}
                request = Request(self, headers, json.loads(content))
                server.requests.append(request)
                server.behaviours[min(len(server.requests), len(server.behaviours)) - 1](request)

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}/graphql"

    def respond_with(self, *behaviours: Behaviour) -> None:
        self.behaviours = list(behaviours)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@dataclass
class Proxy:
    """A TCP proxy whose connections can be cut. `limits` are the numbers of response bytes after which successive connections
    break.
    """

    target: int
    limits: list[int] = field(default_factory=list)
    accepted: int = 0
    received: bytes = b""

    def __post_init__(self) -> None:
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._open: set[socket.socket] = set()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._listening.getsockname()[1]}/graphql"

    def cut(self) -> None:
        """Break all connections."""
        for connection in list(self._open):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        self.cut()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listening.accept()
            except OSError:
                return
            self.accepted += 1
            try:
                far = socket.create_connection(("127.0.0.1", self.target))
            except OSError:
                near.close()
                continue
            limit = self.limits.pop(0) if self.limits else None
            for source, sink, remaining in ((near, far, None), (far, near, limit)):
                threading.Thread(target=self._forward, args=(source, sink, remaining), daemon=True).start()

    def _forward(self, source: socket.socket, sink: socket.socket, remaining: int | None) -> None:
        self._open.add(source)
        with suppress(OSError):
            while (content := source.recv(65536)) and (remaining is None or remaining > 0):
                sink.sendall(content if remaining is None else content[:remaining])
                if source.getpeername()[1] == self.target:
                    self.received += content
                remaining = None if remaining is None else remaining - len(content)
                if remaining is not None and remaining <= 0:
                    break
        for connection in (source, sink):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        self._open.discard(source)
        source.close()
