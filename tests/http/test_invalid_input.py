"""Invalid input: the message of each error, and its location in the document."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from graph_seed.facts import global_id
from tests.http_requests import post
from tests.queries import response_with_cost

pytestmark = pytest.mark.anyio

BAD_CURSOR = "is not a valid cursor of this list in this order; use a cursor from its edges or pageInfo."


def value_error(message: str, line: int, column: int, *, limit: str | None = None) -> list[dict[str, Any]]:
    """The errors of a response to an invalid value or, with `limit`, to a value that exceeds a limit."""
    return [
        {
            "message": message,
            "locations": [{"line": line, "column": column}],
            "extensions": {"code": "LIMIT_EXCEEDED", "limit": limit} if limit else {"code": "BAD_USER_INPUT"},
        }
    ]


def document_error(message: str, line: int, column: int) -> list[dict[str, Any]]:
    """The errors of a response to an invalid document."""
    code = "GRAPHQL_PARSE_FAILED" if message.startswith("Syntax Error") else "GRAPHQL_VALIDATION_FAILED"
    return [{"message": message, "locations": [{"line": line, "column": column}], "extensions": {"code": code}}]


INVALID = {
    "{ frameworks(first: -1) { totalCount } }": value_error("first is -1; it must not be negative.", 1, 14),
    "{ frameworks(last: -7) { totalCount } }": value_error("last is -7; it must not be negative.", 1, 14),
    "{ frameworks(first: 1001) { totalCount } }": value_error(
        "first is 1001; a page has at most 1000 items (ATLAS_MAX_PAGE).", 1, 14, limit="page"
    ),
    '{ framework(slug: "django") {\n  f: features { edges { node { frameworks(last: 2000) { totalCount } } } } } }': value_error(
        "last is 2000; a nested page has at most 500 items (ATLAS_MAX_NESTED_PAGE).",
        2,
        43,
        limit="nested_page",
    ),
    "{ claims(first: -1) { totalCount } }": value_error("first is -1; it must not be negative.", 1, 10),
    '{ source(slug: "x") { claims(first: -1) { totalCount } } }': value_error(
        "first is -1; it must not be negative.", 1, 30
    ),
    "{ frameworks(first: 1, last: 1) { totalCount } }": value_error("last: give `first` or `last`, not both.", 1, 24),
    '{ framework(slug: "django") { many: features(first: 1, last: 1) { totalCount } } }': value_error(
        "last: give `first` or `last`, not both.", 1, 56
    ),
    "{ frameworks(first: 99999999999) { totalCount } }": document_error(
        "Int cannot represent non 32-bit signed integer value: 99999999999", 1, 21
    ),
    "{ frameworks { nodes { nmae } } }": document_error(
        "Cannot query field 'nmae' on type 'Framework'. Did you mean 'name'?", 1, 24
    ),
    "{ features(where: {nmae: {eq: 1}}) { totalCount } }": document_error(
        "Expected value of type 'FeatureFilter' not to include unknown field 'nmae'. "
        "Did you mean 'name'? Found: { nmae: { eq: 1 } }.",
        1,
        20,
    ),
    '{ framework(slug: "django", nope: 1) { name } }': document_error(
        "Unknown argument 'nope' on field 'Query.framework'.", 1, 29
    ),
    "{ framework { name } }": document_error(
        "Argument 'Query.framework(slug:)' of type 'String!' is required, but it was not provided.", 1, 3
    ),
    "{ features(where: {category: [NOPE]}) { totalCount } }": document_error(
        "Value 'NOPE' does not exist in 'FeatureCategory' enum.", 1, 31
    ),
    '{ framework(slug: "django") }': document_error(
        "Field 'framework' of type 'Framework' must have a selection of subfields. Did you mean 'framework { ... }'?",
        1,
        3,
    ),
    '{ framework(slug: "django") { name { x } } }': document_error(
        "Field 'name' must not have a selection since type 'String!' has no subfields.", 1, 36
    ),
    '{ framework(slug: "django") { ...F } } fragment F on Framework { ...F }': document_error(
        "Cannot spread fragment 'F' within itself.", 1, 66
    ),
    '{ framework(slug: "django") { ...F } } fragment F on Company { name }': document_error(
        "Fragment 'F' cannot be spread here as objects of type 'Framework' can never be of type 'Company'.", 1, 31
    ),
    "{ frameworks { nodes { name": document_error("Syntax Error: Expected Name, found <EOF>.", 1, 28),
    "frameworks": document_error("Syntax Error: Unexpected Name 'frameworks'.", 1, 1),
    "   ": document_error("Syntax Error: Unexpected <EOF>.", 1, 4),
    "{ a" * 900: document_error("Syntax Error: Document is nested too deeply. Parsing aborted.", 1, 601),
    r'{ framework(slug: "\ud800") { name } }': document_error(
        r"Syntax Error: Invalid Unicode escape sequence: '\ud800'.", 1, 20
    ),
    r'{ framework(slug: "\u0000") { name } }': value_error("slug contains the character U+0000.", 1, 13),
    r'{ frameworks(where: {name: {contains: "a\u0000"}}) { totalCount } }': value_error(
        "where.name.contains contains the character U+0000.", 1, 14
    ),
    r'{ frameworks(where: {features: {some: {slug: {in: ["\u0000"]}}}}) { totalCount } }': value_error(
        "where.features.some.slug.in contains the character U+0000.", 1, 14
    ),
    r'{ node(id: "\u0000") { id } }': value_error("id contains the character U+0000.", 1, 8),
    r'{ nodes(ids: ["\u0000"]) { id } }': value_error("ids contains the character U+0000.", 1, 9),
    "{ features(orderBy: [{claim: {confidence: DESC}}]) { totalCount } }": value_error(
        "orderBy.0.claim: only a list of related entities can be ordered by claims.", 1, 12
    ),
    '{ claims(where: {relation: ["NOPE"]}) { totalCount } }': value_error(
        "where.relation: there is no relation 'NOPE'; "
        "the relations are OF_TYPE, HAS_FEATURE, SUITS, WORKS_WITH, EXTENDS, NARROWS, USES.",
        1,
        10,
    ),
    "{ claims(where: {minConfidence: 2}) { totalCount } }": value_error(
        "where.minConfidence is 2.0; a confidence must be between 0 and 1.", 1, 10
    ),
    '{ sources(where: {published: {gt: "2024-13"}}) { totalCount } }': document_error(
        "Expected value of type 'Date', but encountered error 'Date cannot represent '2024-13': "
        'use 2024, 2024-03 or 2024-03-19.\'; found: "2024-13".',
        1,
        35,
    ),
}


@pytest.mark.parametrize(("text", "errors"), INVALID.items(), ids=[text[:70] for text in INVALID])
async def test_an_error_says_what_is_invalid_and_where(
    client: httpx.AsyncClient, text: str, errors: list[dict[str, Any]]
) -> None:
    assert await post(client, text) == {"errors": errors}


async def test_unknown_entities_are_null_and_lists_of_them_empty(client: httpx.AsyncClient) -> None:
    text = """query ($ids: [ID!]!) {
      framework(slug: "nope") { name }
      feature(slug: "django") { name }
      node(id: "nope") { id }
      nodes(ids: $ids) { id ... on Framework { name } }
      frameworks(where: {slug: {eq: "nope"}}) { nodes { name } totalCount pageInfo { endCursor hasNextPage } }
      claims(where: {subject: "nope"}) { totalCount }
    }"""
    known, unknown = global_id("Framework", "django"), global_id("Framework", "nope")

    response = await post(client, text, {"ids": [unknown, known, "", "�"]})

    assert response["data"] == {
        "framework": None,
        "feature": None,
        "node": None,
        "nodes": [None, {"id": known, "name": "Django"}, None, None],
        "frameworks": {"nodes": [], "totalCount": 0, "pageInfo": {"endCursor": None, "hasNextPage": False}},
        "claims": {"totalCount": 0},
    }


@pytest.mark.parametrize("argument", ["after", "before"])
async def test_an_invalid_cursor_or_one_of_another_list_is_rejected(client: httpx.AsyncClient, argument: str) -> None:
    by_name = await post(client, "{ features(first: 3, orderBy: [{name: ASC}]) { pageInfo { endCursor } } }")
    of_frameworks = await post(client, "{ frameworks(first: 3) { pageInfo { endCursor } } }")
    valid = by_name["data"]["features"]["pageInfo"]["endCursor"]
    values = json.loads(bytes.fromhex(valid))
    text = f"query ($c: String) {{ features({argument}: $c, orderBy: [{{name: ASC}}]) {{ totalCount }} }}"
    invalid = {
        "empty": "",
        "garbage": "garbage",
        "of another kind": of_frameworks["data"]["frameworks"]["pageInfo"]["endCursor"],
        "truncated": valid[:-2],
        "half a byte": valid[:-1],
        "other JSON": b'{"a": 1}'.hex(),
        "a number": b"5".hex(),
        "no value": json.dumps(values[:1]).encode().hex(),
        "too many values": json.dumps([*values, "x"]).encode().hex(),
        "a number for a text": json.dumps([values[0], 5, values[2]]).encode().hex(),
        "a null": json.dumps([values[0], None, values[2]]).encode().hex(),
        "invalid UTF-8": b'["\xff"]'.hex(),
        "deep": (b"[" * 5000).hex(),
        "a huge number": (b"[" + b"9" * 5000 + b"]").hex(),
        "not hexadecimal digits": "ΑΒ",
    }

    responses = {name: await post(client, text, {"c": cursor}) for name, cursor in {**invalid, "valid": valid}.items()}

    column = text.index(argument) + 1
    error = {"errors": value_error(f"{argument} {BAD_CURSOR}", 1, column)}
    assert responses == {
        **dict.fromkeys(invalid, error),
        "valid": response_with_cost(1, {"features": {"totalCount": 138}}),
    }


async def test_a_cursor_of_another_order_is_rejected(client: httpx.AsyncClient) -> None:
    text = "query ($o: [FeatureOrder!], $c: String) { features(first: 1, orderBy: $o, after: $c) { pageInfo { endCursor } } }"
    orders: list[Any] = [None, [{"name": "ASC"}], [{"name": "DESC"}], [{"frameworks": {"count": "DESC"}}]]
    pages = [(await post(client, text, {"o": order}))["data"]["features"] for order in orders]
    cursors = [page["pageInfo"]["endCursor"] for page in pages]

    accepted = [
        ["data" in await post(client, text, {"o": order, "c": cursor}) for cursor in cursors] for order in orders
    ]

    assert accepted == [[row == column for column in range(len(orders))] for row in range(len(orders))]


@pytest.mark.parametrize("value", ["a\0b", "\0"])
async def test_a_nul_character_in_a_variable_is_rejected(client: httpx.AsyncClient, value: str) -> None:
    text = "query ($s: String!) { framework(slug: $s) { name } }"

    assert await post(client, text, {"s": value}) == {
        "errors": value_error("slug contains the character U+0000.", 1, 33)
    }


async def test_an_unpaired_surrogate_in_a_cursor_is_rejected(client: httpx.AsyncClient) -> None:
    page = await post(client, "{ features(first: 1, orderBy: [{name: ASC}]) { pageInfo { endCursor } } }")
    values = json.loads(bytes.fromhex(page["data"]["features"]["pageInfo"]["endCursor"]))
    cursor = json.dumps([values[0], "\ud800", values[2]]).encode().hex()
    text = "query ($c: String) { features(orderBy: [{name: ASC}], after: $c) { totalCount } }"

    assert await post(client, text, {"c": cursor}) == {
        "errors": value_error("after contains an unpaired surrogate.", 1, 55)
    }


async def test_an_error_in_an_input_variable_is_located(client: httpx.AsyncClient) -> None:
    text = "query ($o: [FeatureOrder!]) { features(orderBy: $o) { totalCount } }"

    response = await post(client, text, {"o": [{"slug": "ASC", "name": "ASC"}]})

    assert response["errors"][0]["locations"] == [{"line": 1, "column": 8}]
