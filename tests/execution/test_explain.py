"""Explanations of queries: their content, and who may see them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from service.auth.principal import Principal
from service.execution.request_context import EXPLAIN, TransportContext
from tests.apps import sqlite_client
from tests.graphs import Graphs
from tests.queries import execute
from tests.tokens import ADMIN, ENTRIES, WRITER, bearer

pytestmark = pytest.mark.anyio

ADMIN_CONTEXT = TransportContext(Principal("admin", frozenset({"admin"})))
QUERY = """query ($part: String!) {
  frameworks(first: 3, where: {name: {contains: $part}}) { nodes { name features(first: 2) { nodes { name } } } }
}"""
PLAN = """EntityList frameworks, kind Framework
  where: NameMatches operator contains, parameter $0
  page: Page size $1, signature {listed}
    order: ByProperty property slug
  Nodes nodes
    node: EntityNode nodes
      Scalar name, property name
      RelationConnection features
        traversal: Traversal edge Framework.features, stances HAS, DISPUTED
        page: Page size $2, signature {traversed}
          order: ByProperty property slug
        Nodes nodes
          node: EntityNode nodes
            Scalar name, property name
$0 = variable part (key, of frameworks.where.name.contains)
$1 = 3 (size, of frameworks.first)
$2 = 2 (size, of frameworks.nodes.features.first)"""


async def test_an_explanation_has_plan_statement_steps_rows_and_times(graphs: Graphs, store: str) -> None:
    engine = await graphs.load(store)
    variables = {"part": "an"}

    result = await engine.schema.execute(QUERY, variables, ADMIN_CONTEXT, operation_extensions={EXPLAIN: True})

    explanation = (result.extensions or {})[EXPLAIN]
    (statement,) = explanation["statements"]
    assert (result.errors, explanation["store"]) == (None, store)
    assert statement["language"] == {"sqlite": "SQL", "neo4j": "Cypher"}[store]
    assert ("SELECT" in statement["text"], "RETURN" in statement["text"]) == (store == "sqlite", store == "neo4j")
    step = {"sqlite": "SEARCH t1 USING INDEX", "neo4j": "db hits"}[store]
    assert any(step in line for line in statement["steps"]), statement["steps"]
    assert [_without_signature(line) for line in explanation["plan"].splitlines()] == [
        _without_signature(line) for line in PLAN.splitlines()
    ]
    plain = (await execute(engine, QUERY, variables))["data"]["frameworks"]["nodes"]
    assert explanation["rows"] == len(plain) + sum(len(node["features"]["nodes"]) for node in plain)
    assert explanation["cost"] == 3 * (1 + 2)
    assert 0 < explanation["milliseconds"]["store"] < explanation["milliseconds"]["total"]
    assert 0 < explanation["milliseconds"]["compile"] < explanation["milliseconds"]["total"]


def _without_signature(line: str) -> str:
    return line.partition(", signature ")[0]


async def test_a_query_that_needs_no_store_has_no_statement(graphs: Graphs, store: str) -> None:
    engine = await graphs.load(store)

    result = await engine.schema.execute("{ __typename }", None, ADMIN_CONTEXT, operation_extensions={EXPLAIN: True})

    explanation = (result.extensions or {})[EXPLAIN]
    assert (explanation["statements"], explanation["rows"], explanation["cost"]) == ([], 0, 0)


@pytest.mark.parametrize(
    ("token", "status"), [(None, 403), (WRITER.token, 403), (ADMIN.token, 200)], ids=["none", "write", "admin"]
)
async def test_only_administrators_can_explain_queries(tmp_path: Path, token: str | None, status: int) -> None:
    async with sqlite_client(tmp_path / "atlas.db", tokens=ENTRIES) as client:
        body = {"query": "{ frameworks { totalCount } }", "extensions": {"explain": True}}
        response = await client.post("/graphql", json=body, headers=bearer(token) if token else {})

    assert response.status_code == status
    if status == 403:
        assert response.json()["errors"][0]["extensions"] == {"code": "FORBIDDEN"}
        assert "--development" in response.json()["errors"][0]["message"]
        assert "SELECT" not in response.text
    else:
        assert response.json()["extensions"]["explain"]["statements"][0]["text"].startswith("SELECT")


async def test_in_development_all_clients_can_explain_queries_but_not_mutations(tmp_path: Path) -> None:
    mutation = 'mutation { upsertFeature(input: {slug: "x", name: "X"}) { __typename } }'

    async with sqlite_client(tmp_path / "atlas.db", tokens=ENTRIES, development=True) as client:

        async def explain(query: str) -> dict[str, Any]:
            body = {"query": query, "extensions": {"explain": True}}
            return (await client.post("/graphql", json=body, headers=bearer(WRITER.token))).json()

        rejected, feature = await explain(mutation), await explain('{ feature(slug: "x") { name } }')

    assert rejected == {
        "errors": [{"message": "Only queries can be explained.", "extensions": {"code": "BAD_REQUEST"}}]
    }
    assert feature["data"] == {"feature": None}
    assert "explain" in feature["extensions"]
