"""Fixtures of the tests of subscriptions."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from service.execution.engine import Engine
from tests.changes.uvicorn_service import UvicornService, run_service, settings_for
from tests.facts import facts_from_lines
from tests.graphs import Graphs
from tests.small_graph import LINES


@pytest.fixture
async def other_engine(store: str, graphs: Graphs, tmp_path: Path) -> AsyncIterator[Engine]:
    """An engine on a graph of its own. A test that needs no particular store is parametrized with `store`."""
    async with graphs.load_isolated(store, facts_from_lines(tmp_path / "facts", LINES)) as engine:
        yield engine


@pytest.fixture
async def service(graphs: Graphs, other_engine: Engine) -> AsyncIterator[UvicornService]:
    async with run_service(settings_for(graphs, other_engine), other_engine) as service:
        yield service


@pytest.fixture
def set_clock(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Sets the clock of this process to a time, in Unix seconds. It continues from there."""
    real_time = time.time

    def set_clock(seconds: float) -> None:
        offset = seconds - real_time()
        monkeypatch.setattr(time, "time", lambda: real_time() + offset)

    return set_clock
