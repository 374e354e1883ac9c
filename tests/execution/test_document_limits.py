"""The limits of a document and its variables. A request that exceeds one is rejected before it costs anything."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

import pytest
from graphql import GraphQLError, get_introspection_query

from service.errors import LimitError
from service.execution.document_limits import DEFAULT_LIMITS, DocumentLimits
from service.settings import Settings
from tests.execution.limited_engine import execute_with_error, limited_engine
from tests.graphs import Graphs
from tests.queries import execute


def doubling_document(leaf: str, top: str = "...F0", of: str = "Framework") -> str:
    """A document in which 2^20 paths lead to the leaf."""
    fragments = " ".join(f"fragment F{n} on {of} {{ ...F{n + 1} ...F{n + 1} }}" for n in range(20))
    return f"{{ {top} }} {fragments} fragment F20 on {of} {{ {leaf} }}"


EXCESSIVE = {
    "characters": ("{ graph { version } }" + " " * 20_000, 20_021),
    "lines": ("{ graph { version } }" + "\r\n" * 2_000, 2_001),
    "tokens": ("{ " + "a " * 2_500 + "}", "more than 2000"),
    "depth": (
        "{ frameworks { nodes {" + "features { nodes { frameworks { nodes {" * 4 + "id" + "}" * 16 + " } } }",
        19,
    ),
    "fields": (doubling_document("name", "frameworks { nodes { ...F0 } }"), 2**20 + 2),
    "root_fields": (doubling_document("graph { version }", of="Query"), 2**20),
    "repeats": ("{ frameworks { nodes { " + "id " * 200 + "} } }", 19_900),
    "aliases": ("{ graph { " + " ".join(f"a{n}: version" for n in range(31)) + "} }", 31),
    "directives": ("{ graph { version " + "@skip(if: false) " * 51 + "} }", 51),
}
"""Documents that exceed one limit, and the value that exceeds it."""
HIGH = dict.fromkeys(EXCESSIVE, 10**7)


@pytest.mark.parametrize(("limit", "document", "value"), [(name, *case) for name, case in EXCESSIVE.items()])
def test_an_error_has_the_value_and_the_limit_and_says_how_to_raise_it(
    limit: str, document: str, value: int | str
) -> None:
    with pytest.raises(LimitError) as error:
        DEFAULT_LIMITS.parse(document)

    assert error.value.limit == limit
    assert str(error.value) == (
        f"{limit.replace('_', ' ')}: the request has {value}, the limit is {getattr(DEFAULT_LIMITS, limit)}; request less "
        f"at once, or ask the operator to raise ATLAS_MAX_{limit.upper()}."
    )


@pytest.mark.parametrize(("limit", "document"), [(name, document) for name, (document, _) in EXCESSIVE.items()])
def test_each_limit_can_be_raised(limit: str, document: str) -> None:
    others_raised = replace(DEFAULT_LIMITS, **HIGH | {limit: getattr(DEFAULT_LIMITS, limit)})

    with pytest.raises(LimitError) as error:
        others_raised.parse(document)

    assert error.value.limit == limit
    if limit not in {"fields", "root_fields"}:  # count_repeats would visit a million of them
        replace(DEFAULT_LIMITS, **HIGH).parse(document)


def test_the_rejection_of_a_document_is_cheap() -> None:
    def seconds(document: str) -> float:
        start = time.thread_time()
        with pytest.raises(LimitError):
            DEFAULT_LIMITS.parse(document)
        return time.thread_time() - start

    times = {name: min(seconds(document) for _ in range(5)) for name, (document, _) in EXCESSIVE.items()}

    assert max(times.values()) < 0.05, times


@pytest.mark.parametrize(
    "document",
    [
        "{ ...F } fragment F on Query { ...F }",
        "{ ...F } fragment F on Query { ...G } fragment G on Query { graph { version } ...F }",
        "{ frameworks { nodes { ...F } } } fragment F on Framework { features { nodes { frameworks { nodes { ...F } } } } }",
    ],
)
def test_a_fragment_that_spreads_itself_is_rejected(document: str) -> None:
    with pytest.raises(GraphQLError, match=r"Cannot spread fragment '\w' within itself."):
        DEFAULT_LIMITS.parse(document)


def test_introspection_does_not_count_for_the_depth() -> None:
    deep = '{ __type(name: "Framework") { fields { type { ' + "ofType { " * 20 + "name" + " }" * 20 + " } } } }"

    assert DEFAULT_LIMITS.parse(deep)


def test_the_settings_determine_the_limits() -> None:
    assert DocumentLimits.of(Settings()) == DEFAULT_LIMITS
    assert DocumentLimits.of(Settings(max_depth=3, max_cost=7)) == replace(DEFAULT_LIMITS, depth=3, cost=7)


@pytest.mark.anyio
async def test_a_limit_applies_to_new_and_repeated_requests(graphs: Graphs, store: str) -> None:
    engine = await limited_engine(graphs, store, depth=3)

    errors = [
        await execute_with_error(engine, "{ frameworks { nodes { features { totalCount } } } }") for _ in range(2)
    ]
    allowed = await execute(engine, "{ frameworks { nodes { name } } }")

    message = (
        "depth: the request has 4, the limit is 3; request less at once, or ask the operator to raise ATLAS_MAX_DEPTH."
    )
    assert errors == [(message, {"code": "LIMIT_EXCEEDED", "limit": "depth"})] * 2
    assert "errors" not in allowed


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("text", "variables"),
    [
        ("{ frameworks { nodes { " + " ".join(f"x{n}" for n in range(300)) + " } } }", None),
        ("{ frameworks(where: {" + ", ".join(f"key{n}: 1" for n in range(250)) + "}) { totalCount } }", None),
        (
            "query ($a: [FrameworkOrder!]) { frameworks(orderBy: $a) { totalCount } }",
            {"a": [{"x" * 900: "x" * 5_000}] * 900},
        ),
    ],
    ids=["fields", "input fields", "variables"],
)
async def test_the_number_and_the_length_of_errors_are_limited(
    graphs: Graphs, text: str, variables: dict[str, Any] | None
) -> None:
    engine = await limited_engine(graphs, "sqlite")

    errors = (await execute(engine, text, variables))["errors"]

    assert 20 <= len(errors) <= 21  # the last one says that there are more
    assert max(len(error["message"]) for error in errors) <= 503


@pytest.mark.anyio
async def test_introspection_is_limited_in_number_depth_and_aliases(graphs: Graphs) -> None:
    engine = await limited_engine(graphs, "sqlite")
    several = " ".join(f"a{number}: __typename q{number}: __schema {{ queryType {{ name }} }}" for number in range(4))
    aliased = "{ __schema { types { fields { a: name b: name } } } }"
    nested = "{ __schema { types { fields { type { fields { type { fields { type { name } } } } } } } } }"

    _, extensions = await execute_with_error(engine, f"{{{several}}}")
    alias_message, _ = await execute_with_error(engine, aliased)
    too_deep = await execute(engine, nested)
    full = await execute(engine, get_introspection_query())
    repeated = await execute(engine, get_introspection_query())

    assert extensions["limit"] == "questions"
    assert alias_message == "An introspection field must not contain aliases; __schema does."
    assert "introspection" in too_deep["errors"][0]["message"].lower()
    assert "errors" not in full
    assert full == repeated


FILTER = "query ($w: FrameworkFilter) { frameworks(where: $w) { totalCount } }"


@pytest.mark.anyio
@pytest.mark.parametrize("operator", ["and", "or"])
async def test_conditions_are_limited_to_a_number_that_both_stores_can_execute(
    graphs: Graphs, store: str, operator: str
) -> None:
    """With a thousand conditions, Neo4j planned for minutes, and SQLite exceeded its expression depth."""
    conditions = [{"name": {"contains": f"nothing {number}"}} for number in range(1000)]
    engine = await limited_engine(graphs, store)

    message, extensions = await execute_with_error(engine, FILTER, {"w": {operator: conditions[:51]}})
    allowed = 50 if store == "sqlite" else 20  # Neo4j's planning time is quadratic
    response = await execute(engine, FILTER, {"w": {operator: conditions[:allowed]}})

    assert message.startswith("conditions: the request has 51, the limit is 50; ")
    assert extensions == {"code": "LIMIT_EXCEEDED", "limit": "conditions"}
    assert response["data"] == {"frameworks": {"totalCount": 0}}
    if store == "sqlite":
        high = await limited_engine(graphs, store, conditions=1000)
        response = await execute(high, FILTER, {"w": {operator: conditions}})
        assert response["data"] == {"frameworks": {"totalCount": 0}}


def nested_not(levels: int) -> dict[str, Any]:
    where: dict[str, Any] = {"not": {"slug": {"eq": "x"}}}
    for _ in range(levels):
        where = {"not": where}
    return where


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("where", "limit"),
    [
        ({"slug": {"in": ["x"] * 1001}}, "items"),
        ({"and": [{"slug": {"in": ["x"] * 1000}}] * 11}, "items"),
        (nested_not(60), "depth"),
    ],
    ids=["one list", "all lists", "depth"],
)
async def test_the_number_and_the_depth_of_values_in_variables_are_limited(
    graphs: Graphs, store: str, where: dict[str, Any], limit: str
) -> None:
    engine = await limited_engine(graphs, store)

    _, extensions = await execute_with_error(engine, FILTER, {"w": where})

    assert extensions == {"code": "LIMIT_EXCEEDED", "limit": limit}


@pytest.mark.anyio
async def test_the_number_of_items_of_a_list_in_the_document_is_limited(graphs: Graphs, store: str) -> None:
    engine = await limited_engine(graphs, store, items=3)

    message, extensions = await execute_with_error(
        engine, '{ frameworks(where: {slug: {in: ["a", "b", "c", "d"]}}) { totalCount } }'
    )

    assert (message, extensions["code"]) == (
        "where.slug.in has 4 items; at most 3 are allowed (ATLAS_MAX_ITEMS).",
        "LIMIT_EXCEEDED",
    )


BY_SLUG = "query ($a: String!) { framework(slug: $a) { slug } }"
MANY_FILTERS = " ".join(f"f{n}: frameworks(where: {{name: {{notIn: $a}}}}) {{ totalCount }}" for n in range(20))
BY_NAMES = f"query ($a: [String!]!) {{ {MANY_FILTERS} }}"
UPSERT = """mutation ($a: String!) {
  upsertFeature(input: {slug: "long", name: "Long", category: QUALITY, summary: $a}) { __typename }
}"""
TEXT_LIMIT = "at most 1000 are allowed (ATLAS_MAX_TEXT)."


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("text", "value", "message"),
    [
        (BY_SLUG, "a" + "\u0301\u0323" * 50_000, f"slug has 100001 characters; {TEXT_LIMIT}"),  # normalization is quadratic
        ("query ($a: ID!) { node(id: $a) { id } }", "x" * 1_001, f"id has 1001 characters; {TEXT_LIMIT}"),
        (
            "query ($a: String!) { frameworks(where: {summary: {contains: $a}}) { totalCount } }",
            "[" * 900_000,
            f"where.summary.contains has 900000 characters; {TEXT_LIMIT}",
        ),
        (
            "query ($a: [String!]!) { compare(frameworks: $a) { __typename } }",
            ["django", "x" * 1_001],
            f"frameworks has 1001 characters; {TEXT_LIMIT}",
        ),
        (
            BY_NAMES,
            ["\ufdfa" * 900 + str(n) for n in range(25)],
            "where.name.notIn: the texts of the request have more than 20000 characters in total (20 times ATLAS_MAX_TEXT).",
        ),
        (UPSERT, "é" * 10_001, "input.summary has 10001 characters; at most 10000 are allowed (10 times ATLAS_MAX_TEXT)."),
    ],
)  # fmt: skip
async def test_the_length_of_texts_is_limited(graphs: Graphs, store: str, text: str, value: Any, message: str) -> None:
    engine = await limited_engine(graphs, store)

    error = await execute_with_error(engine, text, {"a": value})

    assert error == (message, {"code": "LIMIT_EXCEEDED", "limit": "text"})


@pytest.mark.anyio
async def test_a_repeated_text_counts_once_and_ascii_texts_do_not_count(graphs: Graphs, store: str) -> None:
    engine = await limited_engine(graphs, store)

    accented = await execute(engine, BY_NAMES, {"a": [f"{'é' * 900}{n}" for n in range(20)]})
    ascii_only = await execute(engine, BY_NAMES, {"a": [f"{'e' * 900}{n}" for n in range(50)]})

    assert "errors" not in accented
    assert accented["data"] == ascii_only["data"]


@pytest.mark.anyio
async def test_a_long_unknown_name_is_shortened_in_the_message(graphs: Graphs, store: str) -> None:
    engine = await limited_engine(graphs, store)

    message, _ = await execute_with_error(
        engine, f'{{ compare(frameworks: ["django", "{"ab" * 450}"]) {{ __typename }} }}'
    )

    assert message == f"frameworks: there is no '{'ab' * 50}...'."
