"""The cost of an operation: the maximum number of rows of its pages, known and limited before it is executed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import orjson
import pytest

from service.execution.document_limits import DEFAULT_LIMITS
from service.execution.engine import Engine, EngineConfig
from service.execution.explain import count_rows
from tests.execution.limited_engine import execute_with_error, limited_engine
from tests.graphs import Graphs
from tests.queries import execute

pytestmark = pytest.mark.anyio

NESTED_PAGES = "query ($n: Int, $m: Int) { frameworks(first: $n) { nodes { features(first: $m) { nodes { name } } } } }"


async def test_a_response_has_its_cost_and_an_excessive_cost_is_rejected(graphs: Graphs, store: str) -> None:
    engine = await limited_engine(graphs, store, cost=100)

    allowed = await engine.schema.execute(NESTED_PAGES, {"n": 9, "m": 10})
    excessive = await engine.schema.execute(NESTED_PAGES, {"n": 10, "m": 10})

    assert ((allowed.extensions or {})["cost"], allowed.errors) == ({"rows": 99, "limit": 100}, None)
    (error,) = excessive.errors or ()
    assert error.message.startswith("cost: the request has pages for up to 110 rows, the limit is 100; ")
    assert error.extensions == {"code": "LIMIT_EXCEEDED", "limit": "cost"}


async def test_a_page_costs_no_more_than_there_are_entities(graphs: Graphs, store: str) -> None:
    """So the size of pages is not limited on a small graph."""
    engine = await limited_engine(graphs, store, cost=10_000)
    counts = (await execute(engine, "{ frameworks { totalCount } features { totalCount } }"))["data"]
    frameworks, features = (counts[name]["totalCount"] for name in ("frameworks", "features"))

    result = await engine.schema.execute(NESTED_PAGES, {"n": 1000, "m": 500})

    assert (result.errors, result.extensions) == (
        None,
        {"cost": {"rows": frameworks * (1 + features), "limit": 10_000}},
    )


TWO_BRANCHES = """{ search(text: "x", first: 4) { nodes {
  ... on Framework { features(first: 3) { nodes { id } } } ... on Company { uses(first: 2) { nodes { id } } }
} } }"""


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("{ frameworks { totalCount } }", 1),
        ('{ framework(slug: "django") { name } }', 1),
        ('{ nodes(ids: ["a", "b", "c"]) { id } }', 3),
        (
            '{ framework(slug: "django") { features(first: 7) { edges { claim { evidence { note } } } } } }',
            1 + 7 * (1 + 20),
        ),
        ("{ frameworks(first: 2) { nodes { name } facets { features(first: 5) { count } } } }", 2 + 5),
        (TWO_BRANCHES, 4 * (1 + 3)),
        ("{ graph { version } __typename }", 0),
    ],
)
async def test_the_cost_of_an_operation_is_the_maximum_number_of_its_rows(graphs: Graphs, text: str, rows: int) -> None:
    engine = await limited_engine(graphs, "sqlite")

    result = await engine.schema.execute(text)

    assert (result.errors, (result.extensions or {})["cost"]["rows"]) == (None, rows)


@pytest.mark.parametrize(
    "text",
    [
        '{ framework(slug: "django") { alternatives(first: 5) { shared { slug } missing { slug } extra { slug } } } }',
        '{ compare(frameworks: ["django", "flask", "fastapi"]) { rows { cells { value } } } }',
        (
            '{ recommend(need: {must: ["orm", "security", "admin-panel"]}) { best { reasons { weight } } nearMisses { reasons {'
            " weight } } } }"
        ),
        "{ frameworks { edges { node { features { edges { claim { evidence { note } } } } } } } }",
    ],
)
async def test_no_response_has_more_rows_than_its_cost(graphs: Graphs, store: str, text: str) -> None:
    engine = await limited_engine(graphs, store)

    result = await engine.schema.execute(text)

    assert result.errors is None
    assert count_rows(orjson.loads(orjson.dumps(result.data))) <= (result.extensions or {})["cost"]["rows"]


async def test_a_mutation_whose_payload_is_too_expensive_writes_nothing(graphs: Graphs, store: str) -> None:
    async with graphs.load_isolated(store) as loaded:
        engine = Engine(loaded.store, config=EngineConfig(limits=replace(DEFAULT_LIMITS, cost=10)))
        text = (
            'mutation { upsertFramework(input: {slug: "x", name: "X"}) '
            "{ ... on UpsertedFramework { framework { features(first: 11) { nodes { name } } } } } }"
        )

        message, extensions = await execute_with_error(engine, text)
        response: Any = await execute(engine, '{ framework(slug: "x") { name } }')

    assert (message.partition(":")[0], extensions["limit"]) == ("cost", "cost")
    assert response["data"] == {"framework": None}
