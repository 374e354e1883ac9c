"""Fixtures for the tests of the client: a running service, both clients, and servers with faults."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from service.auth.static_tokens import new_token
from tests.client.blocking import CLIENTS, BlockingClient
from tests.client.servers import FaultyServer, Proxy
from tests.commands import RunningService, serving

WRITER = new_token("client", "write")
READER = new_token("reader", "read")


@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningService]:
    """A service with the shipped facts, on SQLite."""
    with serving(
        tmp_path_factory.mktemp("served") / "atlas.db", ATLAS_TOKENS=f"{WRITER.entry} {READER.entry}"
    ) as served:
        yield served


@pytest.fixture
def url(service: RunningService) -> str:
    return f"{service.base}/graphql"


@pytest.fixture(params=CLIENTS)
def connect(request: pytest.FixtureRequest) -> Iterator[Callable[..., BlockingClient]]:
    """Creates a client and closes it after the test; the test runs with both clients."""
    with ExitStack() as stack:

        def connect(url: str, **options: Any) -> BlockingClient:
            return stack.enter_context(CLIENTS[request.param](url, **options))

        yield connect


@pytest.fixture
def faulty() -> Iterator[FaultyServer]:
    with FaultyServer() as server:
        yield server


@pytest.fixture
def full_server() -> Iterator[str]:
    """The URL of a server with a full backlog: it neither accepts nor refuses connections."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as server, ExitStack() as stack:
        while True:
            client = stack.enter_context(socket.socket())
            client.settimeout(0.2)
            try:
                client.connect(server.getsockname())
            except TimeoutError:
                break
        yield f"http://127.0.0.1:{server.getsockname()[1]}/graphql"


@pytest.fixture
def proxy(service: RunningService) -> Iterator[Proxy]:
    """A proxy in front of the service, whose connections can be cut."""
    with Proxy(service.port) as proxy:
        yield proxy
