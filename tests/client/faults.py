"""A server that fails as it is told to, and a proxy whose connections can be cut: what no real service does on demand."""

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
    """What came, and the way to answer it."""

    handler: BaseHTTPRequestHandler
    headers: dict[str, str]
    body: Any

    def answer(self, status: int, body: Any, **headers: str) -> None:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.handler.send_response(status)
        told = {"Content_Type": "application/json", "Content_Length": str(len(content)), **headers}
        for name, value in told.items():
            self.handler.send_header(name.replace("_", "-"), value)
        self.handler.end_headers()
        self.handler.wfile.write(content)


def status(code: int, body: Any = b"not now", **headers: str) -> Behaviour:
    return lambda request: request.answer(code, body, **headers)


def data(value: Any, **headers: str) -> Behaviour:
    return lambda request: request.answer(200, {"data": value}, **headers)


def cut(request: Request) -> None:
    """Hear the request out and say nothing."""
    request.handler.close_connection = True


def trickle(request: Request) -> None:
    """Answer for ever, a byte at a time."""
    request.handler.send_response(200)
    request.handler.send_header("Content-Type", "application/json")
    request.handler.end_headers()
    request.handler.close_connection = True
    with suppress(OSError):
        while True:
            request.handler.wfile.write(b" ")
            time.sleep(0.05)


class Faulty:
    """A server that does the `behaviours` one after the other, and the last one ever after."""

    def __init__(self, port: int = 0) -> None:
        self.behaviours: list[Behaviour] = []
        self.requests: list[Request] = []
        faulty = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                content = self.rfile.read(int(self.headers["content-length"]))
                headers = {name.lower(): value for name, value in self.headers.items()}
                request = Request(self, headers, json.loads(content))
                faulty.requests.append(request)
                faulty.behaviours[min(len(faulty.requests), len(faulty.behaviours)) - 1](request)

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}/graphql"

    def does(self, *behaviours: Behaviour) -> None:
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
    """Passes TCP on to a port, until it is told to cut; `limits` are after how many bytes of an answer each connection
    breaks by itself, one after the other.
    """

    target: int
    limits: list[int] = field(default_factory=list)
    accepted: int = 0
    answered: bytes = b""

    def __post_init__(self) -> None:
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._open: set[socket.socket] = set()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._listening.getsockname()[1]}/graphql"

    def cut(self) -> None:
        """Break every connection, without a goodbye."""
        for opened in list(self._open):
            with suppress(OSError):
                opened.shutdown(socket.SHUT_RDWR)

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
            for source, sink, most in ((near, far, None), (far, near, limit)):
                threading.Thread(target=self._pass, args=(source, sink, most), daemon=True).start()

    def _pass(self, source: socket.socket, sink: socket.socket, most: int | None) -> None:
        self._open.add(source)
        with suppress(OSError):
            while (content := source.recv(65536)) and (most is None or most > 0):
                sink.sendall(content if most is None else content[:most])
                if source.getpeername()[1] == self.target:
                    self.answered += content
                most = None if most is None else most - len(content)
                if most is not None and most <= 0:
                    break
        for one in (source, sink):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
        self._open.discard(source)
        source.close()
