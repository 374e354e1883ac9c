"""Whatever is sent, the answer is no 5xx, tells nothing of the inside, and comes soon."""

from __future__ import annotations

import json
from collections.abc import Iterator

import anyio.from_thread
import httpx
import pytest
from hypothesis import HealthCheck, Phase, given, settings

from service.app import create_app
from service.settings import Settings
from tests import fuzzing, neo4j_server
from tests.fuzzing import Sent, faults, requests
from tests.graphs import STORES


@pytest.fixture(
    scope="module", params=[pytest.param(name, marks=pytest.mark.neo4j) if name == "neo4j" else name for name in STORES]
)
def portal(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[anyio.from_thread.BlockingPortal, httpx.AsyncClient]]:
    """An application on either store, in an event loop of its own."""
    if request.param == "neo4j":
        server: neo4j_server.Server = request.getfixturevalue("neo4j_instance")
        given_ = Settings(
            store=server.uri, neo4j_user=server.user, neo4j_password=server.password, rate="", neo4j_timeout=60
        )
        request.getfixturevalue("graphs").forget()
    else:
        given_ = Settings(store=f"sqlite:///{tmp_path_factory.mktemp('fuzz') / 'atlas.db'}", rate="")
    app = create_app(given_)
    client = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://atlas")
    with (
        anyio.from_thread.start_blocking_portal() as opened,
        opened.wrap_async_context_manager(app.router.lifespan_context(app)),
    ):
        yield opened, client


@pytest.mark.filterwarnings("ignore:Generating overly large repr")
@settings(
    max_examples=300,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    derandomize=True,
    phases=[Phase.generate],
)
@given(sent=requests())
def test_no_request_breaks_it(portal: tuple[anyio.from_thread.BlockingPortal, httpx.AsyncClient], sent: Sent) -> None:
    opened, client = portal

    found = opened.call(faults, client, sent)

    # how soon it comes is measured by benchmarks/fuzz.py: Neo4j plans what it has not seen for seconds on a busy machine
    assert [one for one in found if not one.endswith(" s")] == []


def test_what_is_looked_for_would_be_found() -> None:
    told = {"errors": [{"message": 'File "/srv/service/engine.py", line 5: SELECT (x) FROM t'}]}
    answered = httpx.Response(500, content=json.dumps(told).encode())

    found = list(fuzzing._faults(Sent("POST"), answered, 3.0))

    assert [one.partition(" ")[0] for one in found] == ["status", "3.0", "leaks"]
