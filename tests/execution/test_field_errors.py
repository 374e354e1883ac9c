"""Fields with invalid arguments: a variable that is null where its position does not allow null.

Expected are the data and errors of graphql-core for the same document, on a schema with default resolvers whose root value
is the response to the document with valid variables.
"""

from __future__ import annotations

from typing import Any

import pytest
from graphql import build_schema, execute_sync, parse

from schema import build
from service.auth.principal import Principal
from service.execution.request_context import TransportContext
from tests.graphs import Graphs, answer

pytestmark = pytest.mark.anyio

SCHEMA = build_schema(build().as_str())
QUERIES: dict[str, tuple[str, dict[str, Any]]] = {
    "a nullable root field": (
        'query ($v: String = "django") { framework(slug: $v) { slug } graph { version } }',
        {"v": None},
    ),
    "a non-null root field": (
        'query ($v: String = "orm") { framework(slug: "django") { name } search(text: $v) { totalCount } }',
        {"v": None},
    ),
    "an item of a list": ('query ($v: ID = "x") { nodes(ids: [$v]) { id } }', {"v": None}),
    "a field of an input": (
        'query ($v: String = "x") { frameworks(where: { name: { in: [$v] } }) { totalCount } }',
        {"v": None},
    ),
    "a list": ('query ($v: [String!] = ["django"]) { compare(frameworks: $v) { rows { relation } } }', {"v": None}),
    "skip in a list of objects": (
        "query ($v: Boolean = false) { frameworks(first: 2) { nodes { slug name @skip(if: $v) } } }",
        {"v": None},
    ),
    "include in a nullable object": (
        'query ($v: Boolean = true) { framework(slug: "django") { slug name @include(if: $v) } graph { store } }',
        {"v": None},
    ),
    "skip in an object that is null": (
        'query ($v: Boolean = false) { framework(slug: "no-such-slug") { slug @skip(if: $v) } graph { store } }',
        {"v": None},
    ),
    "skip below a list without items": (
        'query ($v: Boolean = false) { framework(slug: "django") { extends { nodes { slug @skip(if: $v) } } } }',
        {"v": None},
    ),
    "skip at the root": (
        'query ($v: Boolean = false) { framework(slug: "django") @skip(if: $v) { slug } }',
        {"v": None},
    ),
    "items of a nullable list": (
        (
            "query ($v: Boolean = false) {"
            ' nodes(ids: ["RnJhbWV3b3JrOmRqYW5nbw==", "RnJhbWV3b3JrOmZsYXNr", "none"]) { id @skip(if: $v) } }'
        ),
        {"v": None},
    ),
    "a fragment on one of several types": (
        (
            "query ($v: Boolean = false) {"
            ' nodes(ids: ["RnJhbWV3b3JrOmRqYW5nbw==", "RmVhdHVyZTpvcm0="]) {'
            " __typename ... on Feature { frameworks(first: 1) { nodes { slug @skip(if: $v) } } } } }"
        ),
        {"v": None},
    ),
    "two errors in one response": (
        (
            'query ($v: String = "django", $w: String = "orm") {'
            " a: framework(slug: $v) { slug } b: feature(slug: $w) { slug } c: framework(slug: $v) { slug } }"
        ),
        {"v": None, "w": None},
    ),
    "introspection": ('query ($v: String = "Framework") { __type(name: $v) { name } graph { store } }', {"v": None}),
    "introspection of the whole schema": (
        "query ($v: Boolean = false) { __schema { queryType { name @skip(if: $v) } } graph { store } }",
        {"v": None},
    ),
}


@pytest.mark.parametrize("query", QUERIES)
async def test_a_null_variable_in_a_non_null_position_is_an_error_of_its_field(
    graphs: Graphs, store: str, query: str
) -> None:
    engine = await graphs.hold(store)
    text, variables = QUERIES[query]
    complete = await answer(engine, text, {})
    assert "errors" not in complete

    response = await answer(engine, text, variables)

    data, errors = _expected(text, variables, complete["data"])
    assert response.get("data") == data
    assert [_located(error) for error in response.get("errors", [])] == errors
    assert {error["extensions"]["code"] for error in response.get("errors", [])} <= {"BAD_USER_INPUT"}


async def test_a_mutation_executes_the_fields_before_the_error(graphs: Graphs, store: str) -> None:
    text = """mutation ($v: String = "x", $n: String! = "Acme") {
        a: upsertCompany(input: { slug: "acme", name: $n }) { __typename }
        b: upsertCompany(input: { slug: $v, name: "B" }) { __typename }
        c: upsertCompany(input: { slug: "later", name: "C" }) { __typename }
    }"""
    async with graphs.fresh(store) as engine:
        response = await answer(engine, text, {"v": None}, Principal("ci", frozenset({"write"})))

        companies = await answer(engine, '{ a: company(slug: "acme") { name } c: company(slug: "later") { name } }')
    assert response["data"] is None
    assert [error["path"] for error in response["errors"]] == [["b"]]
    assert companies == {"data": {"a": {"name": "Acme"}, "c": None}}


async def test_a_subscription_with_an_invalid_argument_does_not_start(graphs: Graphs, store: str) -> None:
    engine = await graphs.hold(store)
    text = "subscription ($v: Kind = FRAMEWORK) { changes(kinds: [$v]) { cursor } }"

    result = await engine.subscribe(text, {"v": None}, TransportContext(), None)

    assert result is not None
    assert [error.path for error in getattr(result, "errors", [])] == [["changes"]]


def _expected(text: str, variables: dict[str, Any], data: dict[str, Any]) -> tuple[Any, list[dict[str, Any]]]:
    """The data and errors of graphql-core, whose resolvers read a complete response."""

    def resolve(source: Any, info: Any, **_arguments: Any) -> Any:
        return source[info.path.key]

    def type_of(value: dict[str, Any], *_: Any) -> str:
        if "__typename" in value:
            return str(value["__typename"])
        return "Framework"

    result = execute_sync(
        SCHEMA, parse(text), data, variable_values=variables, field_resolver=resolve, type_resolver=type_of
    )
    return result.data, [_located(error.formatted) for error in result.errors or ()]


def _located(error: Any) -> dict[str, Any]:
    return {name: error[name] for name in ("message", "locations", "path") if name in error}
