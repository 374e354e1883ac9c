"""GraphQL over HTTP: what goes in, what comes out, and what is refused how.

https://graphql.github.io/graphql-over-http/draft/
"""

from __future__ import annotations

import asyncio
import json
import logging
import socket
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import apsw
import httpx
import pytest
from graphql import build_client_schema, get_introspection_query, print_schema

from graph_seed.facts import global_id
from tests.apps import fresh
from tests.commands import RunningService, serving
from tests.graphs import costing

JSON = "application/json"
GRAPHQL = "application/graphql-response+json"
DJANGO = '{ framework(slug: "django") { name } }'
DJANGO_ANSWER = costing(1, {"framework": {"name": "Django"}})
TWO_OPERATIONS = 'query One { framework(slug: "flask") { name } } query Two { framework(slug: "django") { name } }'


@pytest.fixture(scope="module")
async def client(anyio_backend: str, seeded: Path) -> AsyncIterator[httpx.AsyncClient]:
    async with fresh(seeded) as made:
        yield made


@pytest.fixture(scope="module")
async def new(anyio_backend: str, seeded: Path) -> AsyncIterator[httpx.AsyncClient]:
    """A client of an application that is sent every document once, and none of those that `client` sends first."""
    async with fresh(seeded) as made:
        yield made


@pytest.fixture(scope="module")
def served(seeded: Path) -> Any:
    with serving(seeded) as found:
        yield found


async def ask(client: httpx.AsyncClient, text: str, variables: Any = None, **more: Any) -> dict[str, Any]:
    """Post an operation; return the answer, key order kept."""
    asked = {"query": text, "variables": variables, **more}
    return (await client.post("/graphql", json=asked)).json()


# ------------------------------------------------------------------------------------------------------------ media types


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("accept", "media"),
    [
        (None, JSON),
        ("", JSON),
        ("*/*", JSON),
        ("application/*", JSON),
        (JSON, JSON),
        ("APPLICATION/JSON", JSON),
        (f"{JSON}, {GRAPHQL}", JSON),
        (f"{JSON}, {GRAPHQL};q=0.9", JSON),
        ("text/html,application/xhtml+xml,*/*;q=0.8", JSON),
        (GRAPHQL, GRAPHQL),
        (f"{GRAPHQL};charset=utf-8", GRAPHQL),
        (f"{GRAPHQL}, {JSON};q=0.9", GRAPHQL),
        (f"{GRAPHQL}, {JSON}, */*", GRAPHQL),
        (f"{JSON};q=0.5, {GRAPHQL}", GRAPHQL),
        (f"{JSON};q=0, */*", GRAPHQL),
        (f"{GRAPHQL};q=0.1, text/plain", GRAPHQL),
    ],
)
async def test_an_answer_has_the_media_type_that_its_client_likes_best(
    client: httpx.AsyncClient, accept: str | None, media: str
) -> None:
    client.headers.pop("accept", None)
    headers = {} if accept is None else {"accept": accept}

    posted = await client.post("/graphql", json={"query": DJANGO}, headers=headers)
    got = await client.get("/graphql", params={"query": DJANGO}, headers=headers)

    shown = [(one.status_code, one.headers["content-type"], one.json()) for one in (posted, got)]
    assert shown == [(200, f"{media}; charset=utf-8", DJANGO_ANSWER)] * 2
    assert [one.headers["vary"].partition(",")[0] for one in (posted, got)] == ["Accept"] * 2


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("accept", "media"),
    [
        (f"{GRAPHQL}, {'text/x,' * 1_000_000}", GRAPHQL),
        (f"{'text/x,' * 580}{GRAPHQL}, {JSON};q=0.1", GRAPHQL),
        (f"{GRAPHQL};q=0.5,{'x' * (4_096 - 9 - len(GRAPHQL + JSON))}, {JSON};q=0.1", GRAPHQL),  # cut before the weight
    ],
    ids=["in front", "up to the end", "cut"],
)
async def test_of_a_long_accept_the_beginning_is_read(client: httpx.AsyncClient, accept: str, media: str) -> None:
    begun = time.perf_counter()
    answered = await client.post("/graphql", json={"query": DJANGO}, headers={"accept": accept})
    seconds = time.perf_counter() - begun

    assert (answered.headers["content-type"], answered.json()) == (f"{media}; charset=utf-8", DJANGO_ANSWER)
    assert seconds < 1


@pytest.mark.anyio
@pytest.mark.parametrize("accept", ["image/png", "text/html", "text/*", f"{JSON};q=0", "*/*;q=0", f"{JSON};q=much"])
async def test_a_client_that_accepts_no_json_is_told_what_there_is(client: httpx.AsyncClient, accept: str) -> None:
    refused = await client.post("/graphql", json={"query": DJANGO}, headers={"accept": accept})

    assert (refused.status_code, refused.headers["content-type"], refused.headers["vary"], refused.json()) == (
        406,
        f"{JSON}; charset=utf-8",
        "Accept",
        {
            "errors": [
                {
                    "message": f"The Accept header allows no available media type; use {GRAPHQL}, {JSON}, text/csv or application/jsonl."
                }
            ]
        },
    )


@pytest.mark.anyio
async def test_an_answer_is_utf_8_and_not_escaped(client: httpx.AsyncClient) -> None:
    answer = await client.post("/graphql", json={"query": '{ framework(slug: "日本") { name } nope: __typename }'})
    wrong = await client.post("/graphql", json={"query": '{ claims(where: {relation: ["ЗНАЕТ"]}) { totalCount } }'})

    assert (
        answer.content == b'{"data":{"framework":null,"nope":"Query"},"extensions":{"cost":{"rows":1,"limit":200000}}}'
    )
    assert "there is no relation 'ЗНАЕТ'".encode() in wrong.content


# --------------------------------------------------------------------------------------------------------------- statuses

FAULTS = {
    "syntax": {"query": "{ framework("},
    "validation": {"query": "{ nope }"},
    "missing variable": {"query": "query ($s: String!) { framework(slug: $s) { name } }"},
    "wrong argument": {"query": "{ frameworks(first: -1) { totalCount } }"},
    "no such operation": {"query": DJANGO, "operationName": "Nope"},
    "no operation": {"query": "fragment F on Framework { name }"},
    "which operation": {"query": TWO_OPERATIONS},
    "mutation": {"query": "mutation { upsert }"},
    "subscription": {"query": "subscription { changes }"},
}


@pytest.mark.anyio
@pytest.mark.parametrize("body", FAULTS.values(), ids=FAULTS)
async def test_a_wrong_operation_is_a_400_without_data_for_those_who_know_and_a_200_for_those_who_do_not(
    client: httpx.AsyncClient, body: dict[str, Any]
) -> None:
    knowing = await client.post("/graphql", json=body, headers={"accept": GRAPHQL})
    unknowing = await client.post("/graphql", json=body, headers={"accept": JSON})

    assert (knowing.status_code, unknowing.status_code) == (400, 200)
    assert list(knowing.json()) == list(unknowing.json()) == ["errors"]
    assert knowing.json() == unknowing.json()


BODIES = {
    b"": "The body is not JSON in UTF-8",
    b"{": "The body is not JSON in UTF-8",
    b'{"query": "{ __typename }"': "The body is not JSON in UTF-8",
    b'{"query": "\xff"}': "The body is not JSON in UTF-8",
    b'{"query": "{ __typename }", "variables": {"s": "\\ud800"}}': "The body is not JSON in UTF-8",
    b'{"query": "{ __typename }", "variables": {"n": ' + b"9" * 400 + b"}}": "The body is not JSON in UTF-8",
    b'{"query": "{ __typename }", "variables": {"n": NaN}}': "The body is not JSON in UTF-8",
    '{"query": "{ __typename }"}'.encode("utf-16"): "The body is not JSON in UTF-8",
    b"[" * 100_000: "The body is not JSON in UTF-8",
    b"null": "The body must be one JSON object with a `query`.",
    b"1": "The body must be one JSON object with a `query`.",
    b'"{ __typename }"': "The body must be one JSON object with a `query`.",
    b"[]": "The body must be one JSON object with a `query`.",
    b'[{"query": "{ __typename }"}]': "The body must be one JSON object with a `query`.",
    b"{}": "The request has no `query`.",
    b'{"query": null}': "The request has no `query`.",
    b'{"query": ""}': "The request has no `query`.",
    b'{"query": 5}': "`query` must be a string or null.",
    b'{"query": ["{ __typename }"]}': "`query` must be a string or null.",
    b'{"query": "{ __typename }", "operationName": 5}': "`operationName` must be a string or null.",
    b'{"query": "{ __typename }", "operationName": []}': "`operationName` must be a string or null.",
    b'{"query": "{ __typename }", "operationName": false}': "`operationName` must be a string or null.",
    b'{"query": "{ __typename }", "variables": []}': "`variables` must be a JSON object or null.",
    b'{"query": "{ __typename }", "variables": "{}"}': "`variables` must be a JSON object or null.",
    b'{"query": "{ __typename }", "variables": 0}': "`variables` must be a JSON object or null.",
    b'{"query": "{ __typename }", "extensions": []}': "`extensions` must be a JSON object or null.",
}


@pytest.mark.anyio
@pytest.mark.parametrize("media", [JSON, GRAPHQL])
@pytest.mark.parametrize(("body", "reason"), BODIES.items(), ids=[repr(body[:60]) for body in BODIES])
async def test_a_body_that_is_no_request_is_a_400_with_a_reason(
    client: httpx.AsyncClient, body: bytes, reason: str, media: str
) -> None:
    headers = {"content-type": JSON, "accept": media}

    refused = await client.post("/graphql", content=body, headers=headers)

    ((told,),) = (refused.json()["errors"],)
    assert (refused.status_code, refused.headers["content-type"], list(refused.json()), list(told)) == (
        400,
        f"{media}; charset=utf-8",
        ["errors"],
        ["message"],
    )
    assert told["message"].startswith(reason)


@pytest.mark.anyio
@pytest.mark.parametrize(
    "body",
    [
        {"query": DJANGO, "variables": None, "operationName": None, "extensions": None},
        {"query": DJANGO, "variables": {}, "extensions": {"anything": [1]}, "more": 1},
        {"query": DJANGO, "variables": {"unknown": 1}},
    ],
)
async def test_what_a_request_may_leave_out_it_may_also_give_as_null(
    client: httpx.AsyncClient, body: dict[str, Any]
) -> None:
    answer = await client.post("/graphql", json=body)

    assert (answer.status_code, answer.json()) == (200, DJANGO_ANSWER)


@pytest.mark.anyio
@pytest.mark.parametrize("given", ["application/json; charset=utf-8", "Application/JSON", " application/json "])
async def test_a_content_type_is_read_as_http_says(client: httpx.AsyncClient, given: str) -> None:
    body = json.dumps({"query": DJANGO})

    answer = await client.post("/graphql", content=body, headers={"content-type": given})

    assert (answer.status_code, answer.json()) == (200, DJANGO_ANSWER)


@pytest.mark.anyio
@pytest.mark.parametrize(
    "given",
    [None, "text/plain", "application/graphql", "application/jsonx", "application/x-www-form-urlencoded", GRAPHQL],
)
async def test_another_content_type_is_a_415(client: httpx.AsyncClient, given: str | None) -> None:
    body = json.dumps({"query": DJANGO}).encode()

    refused = await client.post("/graphql", content=body, headers={"content-type": given} if given else {})

    assert (refused.status_code, refused.json()) == (
        415,
        {"errors": [{"message": f"The content type must be {JSON}, not '{given or ''}'."}]},
    )


@pytest.mark.anyio
@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "NOPE"])
async def test_another_method_is_a_405_that_names_those_allowed(client: httpx.AsyncClient, method: str) -> None:
    refused = await client.request(method, "/graphql", params={"query": DJANGO})

    assert (refused.status_code, refused.headers["allow"], refused.json()) == (
        405,
        "GET, POST",
        {"errors": [{"message": f"{method} is not allowed; use POST, or GET for queries."}]},
    )


# -------------------------------------------------------------------------------------------------------------------- GET


@pytest.mark.anyio
async def test_get_takes_what_post_takes(client: httpx.AsyncClient) -> None:
    text = "query One { __typename } query Two($s: String!) { framework(slug: $s) { name } }"

    answer = await client.get(
        "/graphql",
        params={"query": text, "operationName": "Two", "variables": '{"s": "django"}', "extensions": '{"a": 1}'},
    )

    assert (answer.status_code, answer.json()) == (200, DJANGO_ANSWER)


@pytest.mark.anyio
async def test_what_is_empty_in_a_url_counts_as_left_out(client: httpx.AsyncClient) -> None:
    answer = await client.get(
        "/graphql", params={"query": DJANGO, "operationName": "", "variables": "", "extensions": ""}
    )

    assert (answer.status_code, answer.json()) == (200, DJANGO_ANSWER)


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("parameters", "reason"),
    [
        ({}, "The request has no `query`."),
        ({"query": ""}, "The request has no `query`."),
        ({"variables": "{}"}, "The request has no `query`."),
        ({"query": DJANGO, "variables": "{"}, "`variables` is not JSON in UTF-8"),
        ({"query": DJANGO, "variables": "[]"}, "`variables` must be a JSON object or null."),
        ({"query": DJANGO, "extensions": "x"}, "`extensions` is not JSON in UTF-8"),
    ],
)
async def test_a_url_that_is_no_request_is_a_400_with_a_reason(
    client: httpx.AsyncClient, parameters: dict[str, str], reason: str
) -> None:
    refused = await client.get("/graphql", params=parameters)

    assert refused.status_code == 400
    assert refused.json()["errors"][0]["message"].startswith(reason)


@pytest.mark.anyio
@pytest.mark.parametrize("levels", [41, 300, 1000])
@pytest.mark.parametrize("name", ["variables", "extensions"])
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_values_that_are_nested_too_deep_are_a_400(
    client: httpx.AsyncClient, method: str, name: str, levels: int
) -> None:
    nested = f'{{"a": {"[" * levels}{"]" * levels}}}'
    if method == "GET":
        refused = await client.get("/graphql", params={"query": DJANGO, name: nested})
    else:
        content = f'{{"query": {json.dumps(DJANGO)}, "{name}": {nested}}}'
        refused = await client.post("/graphql", content=content, headers={"content-type": JSON})

    assert (refused.status_code, refused.json()) == (
        400,
        {"errors": [{"message": f"`{name}` must not be nested deeper than 40 levels."}]},
    )


@pytest.mark.anyio
async def test_values_may_be_nested_as_deep_as_that(client: httpx.AsyncClient) -> None:
    nested = f'{{"a": {"[" * 40}{"]" * 40}}}'
    answered = await client.get("/graphql", params={"query": DJANGO, "variables": nested, "extensions": nested})

    assert (answered.status_code, answered.json()) == (200, DJANGO_ANSWER)


@pytest.mark.anyio
@pytest.mark.parametrize("accept", [JSON, GRAPHQL, "text/event-stream", f"text/event-stream, {JSON}"])
async def test_get_does_not_mutate(client: httpx.AsyncClient, accept: str) -> None:
    refused = await client.get("/graphql", params={"query": "mutation { upsert }"}, headers={"accept": accept})

    assert (refused.status_code, refused.headers["allow"], refused.json()) == (
        405,
        "GET, POST",
        {"errors": [{"message": "mutations are not allowed when using GET; use POST."}]},
    )


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("accept", "query", "is_page"),
    [
        ("text/html", None, True),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", None, True),
        ("*/*", None, False),
        (None, None, False),
        (JSON, None, False),
        ("text/html;q=0, */*", None, False),
        ("text/*", None, False),
        ("text/html,*/*;q=0.8", DJANGO, False),
    ],
)
async def test_only_an_explicit_text_html_without_a_query_gets_the_page(
    client: httpx.AsyncClient, accept: str | None, query: str | None, is_page: bool
) -> None:
    client.headers.pop("accept", None)

    answer = await client.get(
        "/graphql", params={"query": query} if query else {}, headers={"accept": accept} if accept else {}
    )

    shown = answer.headers["content-type"], "<html" in answer.text, answer.headers["vary"].partition(",")[0]
    if is_page:
        assert (answer.status_code, *shown) == (200, "text/html; charset=utf-8", True, "Accept")
    else:
        assert shown == (f"{JSON}; charset=utf-8", False, "Accept")


@pytest.mark.anyio
@pytest.mark.parametrize(("accept", "status"), [("text/html", 406), ("text/html, */*;q=0.8", 400)])
async def test_with_the_explorer_off_there_is_no_page(seeded: Path, accept: str, status: int) -> None:
    async with fresh(seeded, explorer=False) as client:
        refused = await client.get("/graphql", headers={"accept": accept})
        answered = await client.get("/graphql", params={"query": DJANGO})

    assert (refused.status_code, "<html" in refused.text) == (status, False)
    assert answered.json() == DJANGO_ANSWER


# ------------------------------------------------------------------------------------------------------------ wrong input

BAD_CURSOR = "is not a valid cursor of this list in this order; use a cursor from its edges or pageInfo."


def wrong(message: str, line: int, column: int, *path: str, limit: str | None = None) -> list[dict[str, Any]]:
    """The errors of an answer about a value that is wrong, or more than it may be."""
    return [
        {
            "message": message,
            "locations": [{"line": line, "column": column}],
            "path": list(path),
            "extensions": {"code": "LIMIT_EXCEEDED", "limit": limit} if limit else {"code": "BAD_USER_INPUT"},
        }
    ]


def misread(message: str, line: int, column: int) -> list[dict[str, Any]]:
    """The errors of an answer about a document or a variable that is wrong."""
    return [{"message": message, "locations": [{"line": line, "column": column}]}]


WRONG = {
    "{ frameworks(first: -1) { totalCount } }": wrong("first is -1; it must not be negative.", 1, 14, "frameworks"),
    "{ frameworks(last: -7) { totalCount } }": wrong("last is -7; it must not be negative.", 1, 14, "frameworks"),
    "{ frameworks(first: 1001) { totalCount } }": wrong(
        "first is 1001; a page has at most 1000 items (ATLAS_MAX_PAGE).", 1, 14, "frameworks", limit="page"
    ),
    '{ framework(slug: "django") {\n  f: features { edges { node { frameworks(last: 2000) { totalCount } } } } } }': wrong(
        "last is 2000; a nested page has at most 500 items (ATLAS_MAX_NESTED_PAGE).",
        2,
        43,
        "framework",
        "f",
        "edges",
        "node",
        "frameworks",
        limit="nested_page",
    ),
    "{ claims(first: -1) { totalCount } }": wrong("first is -1; it must not be negative.", 1, 10, "claims"),
    '{ source(slug: "x") { claims(first: -1) { totalCount } } }': wrong(
        "first is -1; it must not be negative.", 1, 30, "source", "claims"
    ),
    "{ frameworks(first: 1, last: 1) { totalCount } }": wrong(
        "last: give `first` or `last`, not both.", 1, 24, "frameworks"
    ),
    '{ framework(slug: "django") { many: features(first: 1, last: 1) { totalCount } } }': wrong(
        "last: give `first` or `last`, not both.", 1, 56, "framework", "many"
    ),
    "{ frameworks(first: 99999999999) { totalCount } }": misread(
        "Int cannot represent non 32-bit signed integer value: 99999999999", 1, 21
    ),
    "{ frameworks { nodes { nmae } } }": misread(
        "Cannot query field 'nmae' on type 'Framework'. Did you mean 'name'?", 1, 24
    ),
    "{ features(where: {nmae: {eq: 1}}) { totalCount } }": misread(
        "Expected value of type 'FeatureFilter' not to include unknown field 'nmae'. "
        "Did you mean 'name'? Found: { nmae: { eq: 1 } }.",
        1,
        20,
    ),
    '{ framework(slug: "django", nope: 1) { name } }': misread(
        "Unknown argument 'nope' on field 'Query.framework'.", 1, 29
    ),
    "{ framework { name } }": misread(
        "Argument 'Query.framework(slug:)' of type 'String!' is required, but it was not provided.", 1, 3
    ),
    "{ features(where: {category: [NOPE]}) { totalCount } }": misread(
        "Value 'NOPE' does not exist in 'FeatureCategory' enum.", 1, 31
    ),
    '{ framework(slug: "django") }': misread(
        "Field 'framework' of type 'Framework' must have a selection of subfields. Did you mean 'framework { ... }'?",
        1,
        3,
    ),
    '{ framework(slug: "django") { name { x } } }': misread(
        "Field 'name' must not have a selection since type 'String!' has no subfields.", 1, 36
    ),
    '{ framework(slug: "django") { ...F } } fragment F on Framework { ...F }': misread(
        "Cannot spread fragment 'F' within itself.", 1, 66
    ),
    '{ framework(slug: "django") { ...F } } fragment F on Company { name }': misread(
        "Fragment 'F' cannot be spread here as objects of type 'Framework' can never be of type 'Company'.", 1, 31
    ),
    "{ frameworks { nodes { name": misread("Syntax Error: Expected Name, found <EOF>.", 1, 28),
    "frameworks": misread("Syntax Error: Unexpected Name 'frameworks'.", 1, 1),
    "   ": misread("Syntax Error: Unexpected <EOF>.", 1, 4),
    "{ a" * 900: misread("Syntax Error: Document is nested too deeply. Parsing aborted.", 1, 601),
    r'{ framework(slug: "\ud800") { name } }': misread(
        r"Syntax Error: Invalid Unicode escape sequence: '\ud800'.", 1, 20
    ),
    r'{ framework(slug: "\u0000") { name } }': wrong("slug contains the character U+0000.", 1, 13, "framework"),
    r'{ frameworks(where: {name: {contains: "a\u0000"}}) { totalCount } }': wrong(
        "where.name.contains contains the character U+0000.", 1, 14, "frameworks"
    ),
    r'{ frameworks(where: {features: {some: {slug: {in: ["\u0000"]}}}}) { totalCount } }': wrong(
        "where.features.some.slug.in contains the character U+0000.", 1, 14, "frameworks"
    ),
    r'{ node(id: "\u0000") { id } }': wrong("id contains the character U+0000.", 1, 8, "node"),
    r'{ nodes(ids: ["\u0000"]) { id } }': wrong("ids contains the character U+0000.", 1, 9, "nodes"),
    "{ features(orderBy: [{claim: {confidence: DESC}}]) { totalCount } }": wrong(
        "orderBy.0.claim: only a list of related entities can be ordered by claims.", 1, 12, "features"
    ),
    '{ claims(where: {relation: ["NOPE"]}) { totalCount } }': wrong(
        "where.relation: there is no relation 'NOPE'; "
        "the relations are OF_TYPE, HAS_FEATURE, SUITS, WORKS_WITH, EXTENDS, NARROWS, USES.",
        1,
        10,
        "claims",
    ),
    "{ claims(where: {minConfidence: 2}) { totalCount } }": wrong(
        "where.minConfidence is 2.0; a confidence must be between 0 and 1.", 1, 10, "claims"
    ),
    '{ sources(where: {published: {gt: "2024-13"}}) { totalCount } }': misread(
        "Expected value of type 'Date', but encountered error 'Date cannot represent '2024-13': "
        'use 2024, 2024-03 or 2024-03-19.\'; found: "2024-13".',
        1,
        35,
    ),
}


@pytest.mark.anyio
@pytest.mark.parametrize(("text", "errors"), WRONG.items(), ids=[text[:70] for text in WRONG])
async def test_wrong_input_is_answered_with_what_is_wrong_and_where(
    client: httpx.AsyncClient, text: str, errors: list[dict[str, Any]]
) -> None:
    assert await ask(client, text) == {"errors": errors}


@pytest.mark.anyio
async def test_what_is_unknown_is_null(client: httpx.AsyncClient) -> None:
    text = """query ($ids: [ID!]!) {
      framework(slug: "nope") { name }
      feature(slug: "django") { name }
      node(id: "nope") { id }
      nodes(ids: $ids) { id ... on Framework { name } }
      frameworks(where: {slug: {eq: "nope"}}) { nodes { name } totalCount pageInfo { endCursor hasNextPage } }
      claims(where: {subject: "nope"}) { totalCount }
    }"""
    known, unknown = global_id("Framework", "django"), global_id("Framework", "nope")

    answer = await ask(client, text, {"ids": [unknown, known, "", "�"]})

    assert answer["data"] == {
        "framework": None,
        "feature": None,
        "node": None,
        "nodes": [None, {"id": known, "name": "Django"}, None, None],
        "frameworks": {"nodes": [], "totalCount": 0, "pageInfo": {"endCursor": None, "hasNextPage": False}},
        "claims": {"totalCount": 0},
    }


@pytest.mark.anyio
@pytest.mark.parametrize("argument", ["after", "before"])
async def test_a_cursor_that_is_none_of_the_list_is_refused(client: httpx.AsyncClient, argument: str) -> None:
    by_name = await ask(client, "{ features(first: 3, orderBy: [{name: ASC}]) { pageInfo { endCursor } } }")
    of_frameworks = await ask(client, "{ frameworks(first: 3) { pageInfo { endCursor } } }")
    good = by_name["data"]["features"]["pageInfo"]["endCursor"]
    opened = json.loads(bytes.fromhex(good))
    text = f"query ($c: String) {{ features({argument}: $c, orderBy: [{{name: ASC}}]) {{ totalCount }} }}"
    bad = {
        "empty": "",
        "garbage": "garbage",
        "of another kind": of_frameworks["data"]["frameworks"]["pageInfo"]["endCursor"],
        "truncated": good[:-2],
        "half a byte": good[:-1],
        "other JSON": b'{"a": 1}'.hex(),
        "a number": b"5".hex(),
        "no value": json.dumps(opened[:1]).encode().hex(),
        "a value too many": json.dumps([*opened, "x"]).encode().hex(),
        "a number for a text": json.dumps([opened[0], 5, opened[2]]).encode().hex(),
        "a null": json.dumps([opened[0], None, opened[2]]).encode().hex(),
        "no UTF-8": b'["\xff"]'.hex(),
        "deep": (b"[" * 5000).hex(),
        "a huge number": (b"[" + b"9" * 5000 + b"]").hex(),
        "not hexadecimal digits": "ΑΒ",
    }

    answers = {what: await ask(client, text, {"c": cursor}) for what, cursor in {**bad, "good": good}.items()}

    column = text.index(argument) + 1
    refused = {"errors": wrong(f"{argument} {BAD_CURSOR}", 1, column, "features")}
    assert answers == {**dict.fromkeys(bad, refused), "good": costing(1, {"features": {"totalCount": 138}})}


@pytest.mark.anyio
async def test_a_cursor_of_another_order_is_refused(client: httpx.AsyncClient) -> None:
    text = "query ($o: [FeatureOrder!], $c: String) { features(first: 1, orderBy: $o, after: $c) { pageInfo { endCursor } } }"
    orders: list[Any] = [None, [{"name": "ASC"}], [{"name": "DESC"}], [{"frameworks": {"count": "DESC"}}]]
    found = [(await ask(client, text, {"o": order}))["data"] for order in orders]
    cursors = [one["features"]["pageInfo"]["endCursor"] for one in found]

    accepted = [
        ["data" in await ask(client, text, {"o": order, "c": cursor}) for cursor in cursors] for order in orders
    ]

    assert accepted == [[row == column for column in range(len(orders))] for row in range(len(orders))]


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("value", "reason"),
    [("a\0b", "contains the character U+0000."), ("\0", "contains the character U+0000.")],
)
async def test_text_that_no_database_holds_is_refused_in_variables_too(
    client: httpx.AsyncClient, value: str, reason: str
) -> None:
    text = "query ($s: String!) { framework(slug: $s) { name } }"

    assert await ask(client, text, {"s": value}) == {"errors": wrong(f"slug {reason}", 1, 33, "framework")}


@pytest.mark.anyio
async def test_half_a_surrogate_pair_in_a_cursor_is_refused(client: httpx.AsyncClient) -> None:
    page = await ask(client, "{ features(first: 1, orderBy: [{name: ASC}]) { pageInfo { endCursor } } }")
    opened = json.loads(bytes.fromhex(page["data"]["features"]["pageInfo"]["endCursor"]))
    cursor = json.dumps([opened[0], "\ud800", opened[2]]).encode().hex()
    text = "query ($c: String) { features(orderBy: [{name: ASC}], after: $c) { totalCount } }"

    assert await ask(client, text, {"c": cursor}) == {
        "errors": wrong("after contains an unpaired surrogate.", 1, 55, "features")
    }


@pytest.mark.anyio
async def test_a_wrong_one_of_in_a_variable_is_located(client: httpx.AsyncClient) -> None:
    text = "query ($o: [FeatureOrder!]) { features(orderBy: $o) { totalCount } }"

    answer = await ask(client, text, {"o": [{"slug": "ASC", "name": "ASC"}]})

    assert answer["errors"][0]["locations"] == [{"line": 1, "column": 8}]


# ---------------------------------------------------------------------------------------------------------- warm and cold

SLUG = "query ($s: String!) { framework(slug: $s) { name } }"
CATEGORY = "query ($c: [FeatureCategory!]) { features(where: {category: $c}) { totalCount } }"
PAGE = "query ($f: Int, $a: String) { features(first: $f, after: $a) { totalCount } }"
FILTER = "query ($w: FeatureFilter) { features(where: $w) { totalCount } }"
SHOWN = 'query ($b: Boolean!) { framework(slug: "django") { name @include(if: $b) } }'

WARM: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    (SLUG, {"s": "django"}, {}),
    (SLUG, {"s": "django"}, {"s": None}),
    (SLUG, {"s": "django"}, {"s": 5}),
    (SLUG, {"s": "django"}, {"s": ["django"]}),
    (SLUG, {"s": "django"}, {"s": "\0"}),
    (CATEGORY, {"c": ["SECURITY"]}, {"c": ["NOPE"]}),
    (CATEGORY, {"c": ["SECURITY"]}, {"c": [None]}),
    (CATEGORY, {"c": ["SECURITY"]}, {"c": 5}),
    (PAGE, {"f": 1}, {"f": -1}),
    (PAGE, {"f": 1}, {"f": 1001}),
    (PAGE, {"f": 1}, {"f": 1.5}),
    (PAGE, {"f": 1}, {"f": True}),
    (PAGE, {"f": 1}, {"f": 2**31}),
    (PAGE, {"f": 1}, {"a": "garbage"}),
    (FILTER, {"w": {"name": {"contains": "a"}}}, {"w": {"name": {"contains": 5}}}),
    (FILTER, {"w": {"name": {"contains": "a"}}}, {"w": {"nope": {"contains": "a"}}}),
    (FILTER, {"w": {"name": {"contains": "a"}}}, {"w": {"name": {"contains": "\0"}}}),
    (SHOWN, {"b": True}, {"b": "yes"}),
    (SHOWN, {"b": True}, {}),
]


@pytest.mark.anyio
@pytest.mark.parametrize(("text", "good", "bad"), WARM, ids=[f"{text[7:20]} {bad}" for text, _, bad in WARM])
async def test_a_document_that_is_known_refuses_what_it_refused_when_it_was_new(
    new: httpx.AsyncClient, client: httpx.AsyncClient, text: str, good: dict[str, Any], bad: dict[str, Any]
) -> None:
    unseen = f"{text} # {bad}"
    accept = {"accept": GRAPHQL}
    assert "errors" not in await ask(client, unseen, good)

    warm = [await client.post("/graphql", json={"query": unseen, "variables": bad}, headers=accept) for _ in range(2)]
    cold = await new.post("/graphql", json={"query": unseen, "variables": bad}, headers=accept)

    assert (cold.status_code, list(cold.json())) == (400, ["errors"])
    assert [(one.status_code, one.json()) for one in warm] == [(cold.status_code, cold.json())] * 2


@pytest.mark.anyio
async def test_a_document_that_is_wrong_is_refused_again(client: httpx.AsyncClient) -> None:
    first, second = [await ask(client, "{ frameworks { nodes { nmae } } }") for _ in range(2)]

    assert first == second
    assert list(first) == ["errors"]


@pytest.mark.anyio
async def test_a_service_that_remembers_one_document_answers_many(seeded: Path, client: httpx.AsyncClient) -> None:
    texts = [f'{{ f{number}: framework(slug: "django") {{ name }} }}' for number in range(5)] * 2

    async with fresh(seeded, plan_cache=1) as forgetful:
        answers = [await ask(forgetful, text) for text in texts]

    assert answers == [await ask(client, text) for text in texts]


# -------------------------------------------------------------------------------------------------- what GraphQL promises


@pytest.mark.anyio
async def test_of_several_operations_the_named_one_is_answered(client: httpx.AsyncClient) -> None:
    answers = [await ask(client, TWO_OPERATIONS, operationName=name) for name in ("Two", "One", None, "Three", "")] * 2

    assert (
        answers
        == [
            DJANGO_ANSWER,
            costing(1, {"framework": {"name": "Flask"}}),
            {"errors": [{"message": "The document has several operations; select one with `operationName`."}]},
            {"errors": [{"message": "The document has no operation named 'Three'."}]},
            {"errors": [{"message": "The document has no operation named ''."}]},
        ]
        * 2
    )


@pytest.mark.anyio
async def test_an_operation_needs_only_its_own_variables(client: httpx.AsyncClient) -> None:
    text = 'query One { framework(slug: "flask") { name } } query Two($s: String!) { framework(slug: $s) { name } }'

    assert await ask(client, text, operationName="One") == costing(1, {"framework": {"name": "Flask"}})


@pytest.mark.anyio
async def test_introspection_is_answered_beside_data(client: httpx.AsyncClient) -> None:
    text = """query ($type: String!, $slug: String!, $deep: Boolean = false) {
      __schema { queryType { name ...Named } }
      framework(slug: $slug) { name }
      t: __type(name: $type) { kind name @skip(if: $deep) interfaces { name } }
      none: __type(name: "Nope") { name }
      __typename
    }
    fragment Named on __Type { kind }"""

    answer = await ask(client, text, {"type": "Framework", "slug": "django"})

    assert json.dumps(answer["data"]) == json.dumps(
        {
            "__schema": {"queryType": {"name": "Query", "kind": "OBJECT"}},
            "framework": {"name": "Django"},
            "t": {"kind": "OBJECT", "name": "Framework", "interfaces": [{"name": "Entity"}, {"name": "Node"}]},
            "none": None,
            "__typename": "Query",
        }
    )


@pytest.mark.anyio
async def test_the_whole_schema_can_be_asked_for(client: httpx.AsyncClient) -> None:
    answer = await ask(client, get_introspection_query(input_value_deprecation=True))

    assert "type Framework implements" in print_schema(build_client_schema(answer["data"]))


@pytest.mark.anyio
async def test_fragments_apply_where_their_type_does(client: httpx.AsyncClient) -> None:
    text = """query ($ids: [ID!]!) {
      nodes(ids: $ids) {
        __typename
        ... on Node { id }
        ... on Entity { slug }
        ... on Framework { name usedBy(first: 1) { nodes { ...Short } } }
        ...Company
        ... on Claim { relation subject { slug ... on Company { ...Short } ... on Framework { id } } }
        ... { again: __typename }
      }
    }
    fragment Company on Company { ...Short uses { totalCount } }
    fragment Short on Entity { called: name }"""
    django, instagram = global_id("Framework", "django"), global_id("Company", "instagram")
    claim = global_id("Claim", "Company:instagram/USES/Framework:django")

    answer = await ask(client, text, {"ids": [instagram, claim, django]})

    assert json.dumps(answer["data"]["nodes"]) == json.dumps(
        [
            {
                "__typename": "Company",
                "id": instagram,
                "slug": "instagram",
                "called": "Instagram",
                "uses": {"totalCount": 1},
                "again": "Company",
            },
            {
                "__typename": "Claim",
                "id": claim,
                "relation": "USES",
                "subject": {"slug": "instagram", "called": "Instagram"},
                "again": "Claim",
            },
            {
                "__typename": "Framework",
                "id": django,
                "slug": "django",
                "name": "Django",
                "usedBy": {"nodes": [{"called": "Chess.com"}]},
                "again": "Framework",
            },
        ]
    )


@pytest.mark.anyio
@pytest.mark.parametrize("asked", [(True, True), (True, False), (False, True), (False, False)])
async def test_skip_and_include_follow_the_variables_of_each_request(
    client: httpx.AsyncClient, asked: tuple[bool, bool]
) -> None:
    skip, include = asked
    text = """query ($skip: Boolean!, $include: Boolean!) {
      framework(slug: "django") {
        slug
        name @skip(if: $skip)
        id @include(if: $include)
        both: __typename @skip(if: $skip) @include(if: $include)
        ... @include(if: $include) { usedBy(first: 1) { nodes { name } } }
        ...Off @skip(if: true)
      }
      company(slug: "instagram") @skip(if: $skip) { name }
    }
    fragment Off on Framework { summary }"""

    answer = await ask(client, text, {"skip": skip, "include": include})

    framework = {
        "slug": "django",
        **({} if skip else {"name": "Django"}),
        **({"id": global_id("Framework", "django")} if include else {}),
        **({"both": "Framework"} if include and not skip else {}),
        **({"usedBy": {"nodes": [{"name": "Chess.com"}]}} if include else {}),
    }
    company = {} if skip else {"company": {"name": "Instagram"}}
    assert json.dumps(answer["data"]) == json.dumps({"framework": framework, **company})


@pytest.mark.anyio
async def test_everything_tells_its_type(client: httpx.AsyncClient) -> None:
    text = """{
      __typename
      company(slug: "instagram") {
        __typename
        uses { __typename
          pageInfo { __typename }
          nodes { __typename }
          edges { __typename
            node { __typename }
            claim { __typename
              subject { __typename } object { __typename } evidence { __typename source { __typename } } } } } }
      claims(first: 1) { __typename edges { __typename node { __typename } } nodes { __typename } }
      source(slug: "foreignerds-python-backend-frameworks") { __typename claims(first: 1) { __typename } }
    }"""

    answer = await ask(client, text)

    claim = {
        "__typename": "Claim",
        "subject": {"__typename": "Company"},
        "object": {"__typename": "Framework"},
        "evidence": [{"__typename": "Evidence", "source": {"__typename": "Source"}}],
    }
    edge = {"__typename": "FrameworkEdge", "node": {"__typename": "Framework"}, "claim": claim}
    uses = {
        "__typename": "FrameworkConnection",
        "pageInfo": {"__typename": "PageInfo"},
        "nodes": [{"__typename": "Framework"}],
        "edges": [edge],
    }
    assert answer["data"] == {
        "__typename": "Query",
        "company": {"__typename": "Company", "uses": uses},
        "claims": {
            "__typename": "ClaimConnection",
            "edges": [{"__typename": "ClaimEdge", "node": {"__typename": "Claim"}}],
            "nodes": [{"__typename": "Claim"}],
        },
        "source": {"__typename": "Source", "claims": {"__typename": "ClaimConnection"}},
    }


@pytest.mark.anyio
async def test_a_field_that_is_asked_for_twice_is_answered_once_with_all_that_was_asked(
    client: httpx.AsyncClient,
) -> None:
    text = """{
      framework(slug: "django") { usedBy(first: 2) { nodes { name } } ...More }
      framework(slug: "django") { slug usedBy(first: 2) { nodes { slug } totalCount } }
      other: framework(slug: "django") { usedBy(first: 1) { nodes { name } } }
    }
    fragment More on Framework { usedBy(first: 2) { pageInfo { hasNextPage } nodes { name } } }"""

    answer = await ask(client, text)

    users = [{"name": "Chess.com", "slug": "chess-com"}, {"name": "Instagram", "slug": "instagram"}]
    used_by = {"nodes": users, "pageInfo": {"hasNextPage": True}, "totalCount": 3}
    assert json.dumps(answer["data"]) == json.dumps(
        {
            "framework": {"usedBy": used_by, "slug": "django"},
            "other": {"usedBy": {"nodes": [{"name": "Chess.com"}]}},
        }
    )


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('{ framework(slug: "a") { name } framework(slug: "b") { name } }', "differing arguments"),
        ('{ framework(slug: "a") { x: name x: slug } }', "'name' and 'slug' are different fields"),
    ],
)
async def test_what_cannot_be_merged_is_refused(client: httpx.AsyncClient, text: str, reason: str) -> None:
    (error,) = (await ask(client, text))["errors"]

    assert reason in error["message"]
    assert len(error["locations"]) == 2


@pytest.mark.anyio
async def test_defaults_of_variables_hold_where_nothing_is_given(client: httpx.AsyncClient) -> None:
    text = 'query ($s: String! = "flask", $f: Int = 1) { framework(slug: $s) { name } companies(first: $f) { nodes { slug } } }'

    answers = [await ask(client, text, given) for given in ({}, {"s": "django", "f": None}, {"f": 2})]

    shown = [(one["data"]["framework"]["name"], len(one["data"]["companies"]["nodes"])) for one in answers]
    assert shown == [("Flask", 1), ("Django", 12), ("Flask", 2)]


# ------------------------------------------------------------------------------------------------------- inside and outside


@pytest.mark.anyio
async def test_a_fault_inside_is_masked_and_the_log_tells_it(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "atlas.db"
    async with fresh(path) as client:
        assert await ask(client, DJANGO) == DJANGO_ANSWER
        apsw.Connection(str(path)).execute("DROP TABLE evidence")

        text = "{ claims(first: 1) { nodes { evidence { note } } } }"
        with caplog.at_level(logging.ERROR):
            answers = [
                await client.post("/graphql", json={"query": text}, headers={"accept": media})
                for media in (JSON, GRAPHQL)
            ]

    for answer, record in zip(answers, caplog.records, strict=True):
        reference = record.getMessage().removeprefix("internal error ")
        assert (answer.status_code, answer.json()) == (
            500,
            {
                "errors": [
                    {
                        "message": f"Internal error. The log of the service contains the details under {reference}.",
                        "extensions": {"code": "INTERNAL_SERVER_ERROR"},
                    }
                ],
                "data": None,
            },
        )
        assert record.exc_info is not None
        assert "no such table" in str(record.exc_info[1])


@pytest.mark.anyio
async def test_the_log_is_quiet_about_wrong_operations(seeded: Path, caplog: pytest.LogCaptureFixture) -> None:
    async with fresh(seeded) as client:
        with caplog.at_level(logging.WARNING):
            await ask(client, "{ nope }")
            await ask(client, "{ frameworks(first: -1) { totalCount } }")
            await ask(client, "query ($s: String!) { framework(slug: $s) { name } }", {"s": 5})

    assert caplog.records == []


@pytest.mark.anyio
async def test_many_requests_at_once_get_their_own_answers(client: httpx.AsyncClient) -> None:
    slugs = ["django", "flask", "fastapi", "bottle", "cherrypy", "nope"] * 20

    answers = await asyncio.gather(*(ask(client, SLUG, {"s": slug}) for slug in slugs))

    alone = {slug: await ask(client, SLUG, {"s": slug}) for slug in set(slugs)}
    assert list(answers) == [alone[slug] for slug in slugs]


# ---------------------------------------------------------------------------------------------------------- a real server


def test_a_real_server_answers_as_the_application_does(served: RunningService) -> None:
    with httpx.Client(base_url=served.base, timeout=30) as client:
        posted = client.post("/graphql", json={"query": DJANGO})
        got = client.get("/graphql", params={"query": DJANGO}, headers={"accept": GRAPHQL})
        page = client.get("/graphql", headers={"accept": "text/html,*/*;q=0.8"})
        broken = client.post("/graphql", content=b"{", headers={"content-type": JSON})
        head = client.head("/graphql")
        missing = client.get("/nope")

    shown = [(one.status_code, one.headers["content-type"].split(";")[0]) for one in (posted, got, page, broken, head)]
    assert shown == [(200, JSON), (200, GRAPHQL), (200, "text/html"), (400, JSON), (405, JSON)]
    assert (posted.json(), got.json(), head.content) == (DJANGO_ANSWER, DJANGO_ANSWER, b"")
    assert missing.status_code == 404


def test_a_real_server_survives_clients_that_speak_no_http(served: RunningService) -> None:
    requests = [
        b"\x16\x03\x01\x00\x05hello",
        b"POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Length: nope\r\n\r\n",
        b"POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{",
    ]

    for request in requests:
        connection = socket.create_connection(("127.0.0.1", served.port), timeout=30)
        with connection, suppress(OSError):  # it may hang up on us at any moment
            connection.sendall(request)
            connection.shutdown(socket.SHUT_WR)
            while connection.recv(4096):
                pass

    answer = httpx.post(f"{served.base}/graphql", json={"query": DJANGO}, timeout=30)
    assert answer.json() == DJANGO_ANSWER
