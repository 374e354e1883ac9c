"""Whatever is sent, the answer is no 5xx, tells nothing of the inside, and comes soon."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

import httpx
import pytest
from hypothesis import HealthCheck, Phase, given, settings

from service.settings import Settings
from tests import neo4j_server
from tests.fuzzing import Sent, asking, faults, requests
from tests.graphs import STORES


@pytest.fixture(
    scope="module", params=[pytest.param(name, marks=pytest.mark.neo4j) if name == "neo4j" else name for name in STORES]
)
def ask(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[Sent], list[str]]]:
    """Tells what is wrong with the answer to a request, on either store."""
    if request.param == "neo4j":
        server: neo4j_server.Server = request.getfixturevalue("neo4j_instance")
        given_ = server.settings(rate="", neo4j_timeout=60)
        request.getfixturevalue("graphs").forget()
    else:
        given_ = Settings(store=f"sqlite:///{tmp_path_factory.mktemp('fuzz') / 'atlas.db'}", rate="")
    with asking(given_) as ask:
        yield ask


@pytest.mark.filterwarnings("ignore:Generating overly large repr")
@settings(
    max_examples=300,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    derandomize=True,
    phases=[Phase.generate],
)
@given(sent=requests())
def test_no_request_breaks_it(ask: Callable[[Sent], list[str]], sent: Sent) -> None:
    found = ask(sent)

    # how soon it comes is measured by benchmarks/fuzz.py: Neo4j plans what it has not seen for seconds on a busy machine
    assert [one for one in found if not one.endswith(" at work")] == []


def test_what_is_looked_for_would_be_found() -> None:
    told = {"errors": [{"message": 'File "/srv/service/engine.py", line 5: SELECT (x) FROM t'}]}
    answered = httpx.Response(500, content=json.dumps(told).encode())

    found = list(faults(Sent("POST"), answered, 3.0, 1.0))

    assert [one.partition(" ")[0] for one in found] == ["status", "3.0", "leaks"]
