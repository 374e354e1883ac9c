"""SQLite and Neo4j give equal answers to every operation on every graph.

ATLAS_ALIKE_GRAPHS and ATLAS_ALIKE_OPERATIONS set the number of generated graphs, and of operations on each (100 and 20).
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.drawn import operations
from tests.facts import facts_from_lines
from tests.generated_graphs import graph_lines
from tests.graphs import Graphs
from tests.queries import execute

GRAPHS = int(os.environ.get("ATLAS_ALIKE_GRAPHS", "100"))
OPERATIONS = int(os.environ.get("ATLAS_ALIKE_OPERATIONS", "20"))


@pytest.mark.neo4j
@pytest.mark.anyio
@settings(max_examples=GRAPHS, deadline=None, suppress_health_check=list(HealthCheck), print_blob=True)
@given(lines=graph_lines(), requests=st.lists(operations(), min_size=OPERATIONS, max_size=OPERATIONS))
async def test_both_stores_give_equal_answers_to_every_operation(
    graphs: Graphs, neo4j_instance: Any, tmp_path_factory: pytest.TempPathFactory, lines: list[Any], requests: list[Any]
) -> None:
    folder: Path = tmp_path_factory.getbasetemp() / "generated"
    facts = facts_from_lines(folder, lines)
    engines = [await graphs.load(name, facts) for name in ("sqlite", "neo4j")]

    try:
        for text, variables in requests:
            sqlite, neo4j = [json.dumps(await execute(engine, text, variables), indent=1) for engine in engines]
            assert sqlite == neo4j, (text, variables)
            assert '"errors"' not in sqlite, (text, variables, sqlite)
    finally:
        await graphs.close_sqlite(facts)
