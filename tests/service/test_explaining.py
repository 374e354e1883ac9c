"""How a query was answered: told to administrators, and to everybody in development."""

from __future__ import annotations

from pathlib import Path

import pytest

from service.auth.principal import Principal
from service.auth.static_tokens import new_token
from service.execution.request_context import EXPLAIN, TransportContext
from tests.apps import fresh
from tests.graphs import Graphs, answer

ASKED = """query ($part: String!) {
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
        page: Page size $2, signature {walked}
          order: ByProperty property slug
        Nodes nodes
          node: EntityNode nodes
            Scalar name, property name
$0 = variable part (key, of frameworks.where.name.contains)
$1 = 3 (size, of frameworks.first)
$2 = 2 (size, of frameworks.nodes.features.first)"""


@pytest.mark.anyio
async def test_it_tells_plan_statement_steps_rows_and_times_and_answers_as_ever(graphs: Graphs, store: str) -> None:
    engine = await graphs.hold(store)
    context = TransportContext(Principal("admin", frozenset({"admin"})))
    variables = {"part": "an"}

    explained = await engine.schema.execute(ASKED, variables, context, operation_extensions={EXPLAIN: True})

    plain = await answer(engine, ASKED, variables)
    told = (explained.extensions or {})[EXPLAIN]
    (statement,) = told["statements"]
    assert (explained.errors, told["store"]) == (None, store)
    assert statement["language"] == {"sqlite": "SQL", "neo4j": "Cypher"}[store]
    assert ("SELECT" in statement["text"], "RETURN" in statement["text"]) == (store == "sqlite", store == "neo4j")
    expected = {"sqlite": "SEARCH t1 USING INDEX", "neo4j": "db hits"}[store]
    assert any(expected in step for step in statement["steps"]), statement["steps"]
    assert told["plan"].splitlines()[0:2] == PLAN.splitlines()[0:2]
    assert told["plan"].splitlines()[-3:] == PLAN.splitlines()[-3:]
    assert len(told["plan"].splitlines()) == len(PLAN.splitlines())
    listed = plain["data"]["frameworks"]["nodes"]
    assert told["rows"] == len(listed) + sum(len(one["features"]["nodes"]) for one in listed)
    assert told["cost"] == 3 * (1 + 2)
    assert 0 < told["milliseconds"]["store"] < told["milliseconds"]["total"]
    assert 0 < told["milliseconds"]["compile"] < told["milliseconds"]["total"]


@pytest.mark.anyio
async def test_what_asks_no_store_has_no_statement(graphs: Graphs, store: str) -> None:
    engine = await graphs.hold(store)
    context = TransportContext(Principal("admin", frozenset({"admin"})))

    explained = await engine.schema.execute("{ __typename }", None, context, operation_extensions={EXPLAIN: True})

    told = (explained.extensions or {})[EXPLAIN]
    assert (told["statements"], told["rows"], told["cost"]) == ([], 0, 0)


@pytest.mark.anyio
@pytest.mark.parametrize(("scope", "status"), [(None, 403), ("write", 403), ("admin", 200)])
async def test_only_administrators_see_it(tmp_path: Path, scope: str | None, status: int) -> None:
    made = new_token("somebody", scope or "read")
    headers = {"authorization": f"Bearer {made.token}"} if scope else {}

    async with fresh(tmp_path / "atlas.db", tokens=made.entry) as client:
        asked = {"query": "{ frameworks { totalCount } }", "extensions": {"explain": True}}
        answered = await client.post("/graphql", json=asked, headers=headers)

    assert answered.status_code == status
    if status == 403:
        assert answered.json()["errors"][0]["extensions"] == {"code": "FORBIDDEN"}
        assert "--development" in answered.json()["errors"][0]["message"]
        assert "SELECT" not in answered.text
    else:
        assert answered.json()["extensions"]["explain"]["statements"][0]["text"].startswith("SELECT")


@pytest.mark.anyio
async def test_in_development_everybody_sees_it_and_a_mutation_that_asks_for_it_writes_nothing(tmp_path: Path) -> None:
    made = new_token("writer", "write")
    mutation = 'mutation { upsertFeature(input: {slug: "x", name: "X"}) { __typename } }'
    held = '{ feature(slug: "x") { name } }'

    async with fresh(tmp_path / "atlas.db", tokens=made.entry, development=True) as client:

        async def ask(query: str) -> dict[str, object]:
            asked = {"query": query, "extensions": {"explain": True}}
            headers = {"authorization": f"Bearer {made.token}"}
            return (await client.post("/graphql", json=asked, headers=headers)).json()

        refused, looked = await ask(mutation), await ask(held)

    assert refused == {"errors": [{"message": "Only queries can be explained."}]}
    assert looked["data"] == {"feature": None}
    assert "explain" in looked["extensions"]  # type: ignore[operator]
