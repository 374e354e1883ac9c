"""Fixtures of several packages: the stores, and graphs in them."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from service.cli.main import main
from service.settings import Settings
from tests import neo4j_server
from tests.graphs import STORES, Graphs

NEO4J_TIMEOUT_SECONDS = 120
"""Long enough for planning a long statement on a busy machine."""


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
def neo4j_instance() -> Iterator[neo4j_server.Server]:
    """A Neo4j server for the whole run. If there is none, tests are skipped; with ATLAS_REQUIRE_NEO4J=1 they fail."""
    try:
        with neo4j_server.running() as server:
            yield server
    except neo4j_server.Unavailable as error:
        if os.environ.get("ATLAS_REQUIRE_NEO4J") == "1":
            raise
        pytest.skip(f"no Neo4j: {error}")


@pytest.fixture(scope="session")
async def graphs(
    anyio_backend: str, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> AsyncIterator[Graphs]:
    def neo4j_settings() -> Settings:
        server: neo4j_server.Server = request.getfixturevalue("neo4j_instance")
        return server.settings(neo4j_timeout=NEO4J_TIMEOUT_SECONDS)

    graphs = Graphs(tmp_path_factory.mktemp("graphs"), neo4j_settings)
    yield graphs
    await graphs.close()


@pytest.fixture(params=[pytest.param(name, marks=pytest.mark.neo4j) if name == "neo4j" else name for name in STORES])
def store(request: pytest.FixtureRequest) -> str:
    """The name of a store. A test with this fixture runs on both."""
    if request.param == "neo4j":
        request.getfixturevalue("neo4j_instance")  # starts the server before the event loop of the test runs
    return request.param


@pytest.fixture
def no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Remove the settings that the environment of the tests has."""
    for name in Settings.model_fields:
        monkeypatch.delenv(f"ATLAS_{name.upper()}", raising=False)


@pytest.fixture(scope="module")
def seeded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite file that contains the shipped facts."""
    path = tmp_path_factory.mktemp("seeded") / "atlas.db"
    assert main(["seed", "--store", f"sqlite:///{path}"]) == 0
    return path
