"""A seeded sample of generated operations: each response conforms to the schema and equals that of the reference.

`python -m tests.generated` checks as many as wanted.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.facts import shipped_facts
from tests.generated import GraphSample, Report, run, run_on_graphs
from tests.graphs import Graphs

pytestmark = pytest.mark.anyio

OPERATIONS = {"sqlite": 200, "neo4j": 20}
"""Neo4j takes up to two seconds to plan each of them."""
SAMPLES = {
    "sqlite": GraphSample(graphs=10, operations=10, pool=50),
    "neo4j": GraphSample(graphs=5, operations=4, pool=10),
}


async def test_generated_operations_on_the_shipped_facts_have_the_responses_of_the_reference(
    graphs: Graphs, store: str
) -> None:
    report = Report()

    await run(graphs, [store], shipped_facts(), 2026, OPERATIONS[store], report)

    assert report.problems == []


async def test_generated_operations_on_generated_graphs_have_the_responses_of_the_reference(
    graphs: Graphs, store: str, tmp_path: Path
) -> None:
    report = Report()

    await run_on_graphs(graphs, [store], tmp_path, SAMPLES[store], report)

    assert report.problems == []


async def test_the_check_reports_a_wrong_response(graphs: Graphs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.reference.lists.Lists.matches", lambda *_: False)
    report = Report()

    await run(graphs, ["sqlite"], shipped_facts(), 2026, 20, report)

    assert report.problems != []
