"""What the tests of the client need: a service that runs, both clients as one, and servers that fail on purpose."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from service.auth.authenticator import new_token
from tests.client.clients import CLIENTS, Asking
from tests.client.faults import Faulty, Proxy
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
def connect(request: pytest.FixtureRequest) -> Iterator[Callable[..., Asking]]:
    """Makes a client, closed at the end; a test that takes it meets both, alike."""
    with ExitStack() as opened:

        def connect(url: str, **options: Any) -> Asking:
            return opened.enter_context(CLIENTS[request.param](url, **options))

        yield connect


@pytest.fixture
def faulty() -> Iterator[Faulty]:
    with Faulty() as server:
        yield server


@pytest.fixture
def overrun() -> Iterator[str]:
    """The address of a server that takes no more connections, and refuses none: whoever connects waits."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full, ExitStack() as opened:
        while True:
            waiting = opened.enter_context(socket.socket())
            waiting.settimeout(0.2)
            try:
                waiting.connect(full.getsockname())
            except TimeoutError:
                break
        yield f"http://127.0.0.1:{full.getsockname()[1]}/graphql"


@pytest.fixture
def proxy(service: RunningService) -> Iterator[Proxy]:
    """A way to the service that can be cut."""
    with Proxy(service.port) as opened:
        yield opened
