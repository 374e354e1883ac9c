"""Fixtures that several rooms share: both stores, each holding just the facts a test asks for."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from service.cli.main import main
from service.settings import Settings
from tests import neo4j_server
from tests.graphs import STORES, Graphs


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


PATIENCE_SECONDS = 120


@pytest.fixture(scope="session")
def neo4j_instance() -> Iterator[neo4j_server.Server]:
    """A Neo4j for the whole run. ATLAS_REQUIRE_NEO4J=1 makes its absence a failure; else its tests are skipped."""
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
    def settings() -> Settings:
        server: neo4j_server.Server = request.getfixturevalue("neo4j_instance")
        # what is tested is the answer; on a busy machine the first plan of a long statement takes its time
        return server.settings(neo4j_timeout=PATIENCE_SECONDS)

    made = Graphs(tmp_path_factory.mktemp("graphs"), settings)
    yield made
    await made.close()


@pytest.fixture(params=[pytest.param(name, marks=pytest.mark.neo4j) if name == "neo4j" else name for name in STORES])
def store(request: pytest.FixtureRequest) -> str:
    """The name of a store; a test that takes it runs on both. Neo4j is started before the test's own loop runs."""
    if request.param == "neo4j":
        request.getfixturevalue("neo4j_instance")
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
