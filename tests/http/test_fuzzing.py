"""No request, however malformed, causes a 5xx, reveals internal details, or takes long."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

import httpx
import pytest
from hypothesis import HealthCheck, Phase, given, settings

from service.settings import Settings
from tests import neo4j_server
from tests.fuzzing import Request, application, problems, requests
from tests.graphs import STORES


@pytest.fixture(
    scope="module", params=[pytest.param(name, marks=pytest.mark.neo4j) if name == "neo4j" else name for name in STORES]
)
def send(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[Request], list[str]]]:
    """Sends a request to an application on either store, and returns the problems of the response."""
    if request.param == "neo4j":
        server: neo4j_server.Server = request.getfixturevalue("neo4j_instance")
        app_settings = server.settings(rate="", neo4j_timeout=60)
        request.getfixturevalue("graphs").invalidate_neo4j()
    else:
        app_settings = Settings(store=f"sqlite:///{tmp_path_factory.mktemp('fuzz') / 'atlas.db'}", rate="")
    with application(app_settings) as send:
        yield send


@pytest.mark.filterwarnings("ignore:Generating overly large repr")
@settings(
    max_examples=300,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    derandomize=True,
    phases=[Phase.generate],
)
@given(http_request=requests())
def test_no_request_causes_a_5xx_or_reveals_internal_details(
    send: Callable[[Request], list[str]], http_request: Request
) -> None:
    found = send(http_request)

    # benchmarks/fuzz.py measures the time: on a busy machine Neo4j plans a new statement for seconds
    assert [problem for problem in found if not problem.startswith("slow: ")] == []


def test_each_problem_would_be_noticed() -> None:
    body = {"errors": [{"message": 'File "/srv/service/engine.py", line 5: SELECT (x) FROM t'}]}
    response = httpx.Response(500, content=json.dumps(body).encode())
    empty = httpx.Response(400, content=b"")

    found = [*problems(Request("POST"), response, 3.0, 1.0), *problems(Request("POST"), empty, 0.1, 0.1)]

    assert [problem.partition(" ")[0] for problem in found] == ["status", "slow:", "contains", "status"]
