"""Golden files: an operation, its statement for each store, and the response that both stores must return.

`ATLAS_REFRESH_GOLDENS=1 uv run pytest tests/test_golden.py` writes the statements again, and the responses that are
missing. It never overwrites a response, because each was checked manually.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from graphql import parse

from service.stores.neo4j import statement as cypher
from service.stores.sqlite import statement as sql
from tests.graphs import Graphs
from tests.queries import execute
from tests.statements import record_traffic

FOLDER = Path(__file__).parent / "golden"
REFRESH = os.environ.get("ATLAS_REFRESH_GOLDENS") == "1"
GOLDENS = sorted(FOLDER.glob("*.graphql"), key=lambda path: path.stem)


def _variables(golden: Path) -> dict[str, Any]:
    file = golden.with_suffix(".variables.json")
    return json.loads(file.read_text("utf-8")) if file.exists() else {}


@pytest.mark.anyio
@pytest.mark.parametrize("golden", GOLDENS, ids=lambda path: path.stem)
async def test_an_operation_takes_one_statement_and_one_record(graphs: Graphs, store: str, golden: Path) -> None:
    engine = await graphs.load(store)
    text, variables = golden.read_text("utf-8"), _variables(golden)
    await execute(engine, text, variables)

    with record_traffic(engine.store) as traffic:
        response = await execute(engine, text, variables)

    expected = golden.with_suffix(".json")
    if REFRESH and not expected.exists():
        expected.write_text(json.dumps(response, indent=2, ensure_ascii=False) + "\n", "utf-8")
    assert json.dumps(response) == json.dumps(json.loads(expected.read_text("utf-8")))
    assert (len(traffic.statements), traffic.records) == (1, 1)


@pytest.mark.anyio
@pytest.mark.parametrize("golden", GOLDENS, ids=lambda path: path.stem)
async def test_an_operation_has_the_golden_statements(graphs: Graphs, golden: Path) -> None:
    engine = await graphs.load("sqlite")
    text = golden.read_text("utf-8")

    plan = engine.compile(text, parse(text), None, _variables(golden)).plan

    for suffix, statement in ((".sql", sql.write_statement(plan)), (".cypher", cypher.write_statement(plan).text)):
        file = golden.with_suffix(suffix)
        if REFRESH:
            file.write_text(statement + "\n", "utf-8")
        assert statement + "\n" == file.read_text("utf-8")
