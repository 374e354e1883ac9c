"""An engine on a small graph that no other test sees."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from service.execution.engine import Engine
from tests.facts import facts_from_lines
from tests.graphs import Graphs
from tests.small_graph import LINES


@pytest.fixture
async def engine(store: str, graphs: Graphs, tmp_path: Path) -> AsyncIterator[Engine]:
    async with graphs.load_isolated(store, facts_from_lines(tmp_path / "facts", LINES)) as engine:
        yield engine
