"""Whatever can be asked of whatever graph: SQLite and Neo4j answer alike.

ATLAS_ALIKE_GRAPHS and ATLAS_ALIKE_OPERATIONS set how many graphs, and operations for each, are drawn (100 and 20).
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.drawn import graphs as drawn_graphs
from tests.drawn import operations
from tests.graphs import Graphs, answer, facts_from

GRAPHS = int(os.environ.get("ATLAS_ALIKE_GRAPHS", "100"))
OPERATIONS = int(os.environ.get("ATLAS_ALIKE_OPERATIONS", "20"))


@pytest.mark.neo4j
@pytest.mark.anyio
@settings(max_examples=GRAPHS, deadline=None, suppress_health_check=list(HealthCheck), print_blob=True)
@given(lines=drawn_graphs(), asked=st.lists(operations(), min_size=OPERATIONS, max_size=OPERATIONS))
async def test_both_stores_answer_every_operation_alike(
    graphs: Graphs, neo4j_instance: Any, tmp_path_factory: pytest.TempPathFactory, lines: list[Any], asked: list[Any]
) -> None:
    folder: Path = tmp_path_factory.getbasetemp() / "drawn"
    facts = facts_from(folder, lines)
    engines = [await graphs.hold(name, facts) for name in ("sqlite", "neo4j")]

    try:
        for text, variables in asked:
            ours, theirs = [json.dumps(await answer(engine, text, variables), indent=1) for engine in engines]
            assert ours == theirs, (text, variables)
            assert '"errors"' not in ours, (text, variables, ours)
    finally:
        await graphs.drop(facts)
