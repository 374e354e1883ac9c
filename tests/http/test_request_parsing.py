"""The parameters of a request: body, URL, content type and method, and the status of request errors.

https://graphql.github.io/graphql-over-http/draft/#sec-Request
"""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from tests.http_requests import DJANGO_QUERY, DJANGO_RESPONSE, EVENT_STREAM, GRAPHQL_JSON, JSON

pytestmark = pytest.mark.anyio

TWO_OPERATIONS = 'query One { framework(slug: "flask") { name } } query Two { framework(slug: "django") { name } }'

REQUEST_ERRORS = {
    "syntax": {"query": "{ framework("},
    "validation": {"query": "{ nope }"},
    "missing variable": {"query": "query ($s: String!) { framework(slug: $s) { name } }"},
    "invalid argument": {"query": "{ frameworks(first: -1) { totalCount } }"},
    "unknown operation": {"query": DJANGO_QUERY, "operationName": "Nope"},
    "no operation": {"query": "fragment F on Framework { name }"},
    "ambiguous operation": {"query": TWO_OPERATIONS},
    "mutation": {"query": "mutation { upsert }"},
    "subscription": {"query": "subscription { changes }"},
}


@pytest.mark.parametrize("body", REQUEST_ERRORS.values(), ids=REQUEST_ERRORS)
async def test_a_request_error_is_a_400_without_data_and_a_200_for_application_json(
    client: httpx.AsyncClient, body: dict[str, Any]
) -> None:
    strict = await client.post("/graphql", json=body, headers={"accept": GRAPHQL_JSON})
    legacy = await client.post("/graphql", json=body, headers={"accept": JSON})

    assert (strict.status_code, legacy.status_code) == (400, 200)
    assert list(strict.json()) == list(legacy.json()) == ["errors"]
    assert strict.json() == legacy.json()


NOT_JSON = "The body is not JSON in UTF-8"
NO_OBJECT = "The body must be a single JSON object with a `query`."
NO_QUERY = "The request has no `query`."

INVALID_BODIES = {
    b"": NOT_JSON,
    b"{": NOT_JSON,
    b'{"query": "{ __typename }"': NOT_JSON,
    b'{"query": "\xff"}': NOT_JSON,
    b'{"query": "{ __typename }", "variables": {"s": "\\ud800"}}': NOT_JSON,
    b'{"query": "{ __typename }", "variables": {"n": ' + b"9" * 400 + b"}}": NOT_JSON,
    b'{"query": "{ __typename }", "variables": {"n": NaN}}': NOT_JSON,
    '{"query": "{ __typename }"}'.encode("utf-16"): NOT_JSON,
    b"[" * 100_000: NOT_JSON,
    b"null": NO_OBJECT,
    b"1": NO_OBJECT,
    b'"{ __typename }"': NO_OBJECT,
    b"[]": NO_OBJECT,
    b'[{"query": "{ __typename }"}]': NO_OBJECT,
    b"{}": NO_QUERY,
    b'{"query": null}': NO_QUERY,
    b'{"query": ""}': NO_QUERY,
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


@pytest.mark.parametrize("media_type", [JSON, GRAPHQL_JSON])
@pytest.mark.parametrize(("body", "message"), INVALID_BODIES.items(), ids=[repr(body[:60]) for body in INVALID_BODIES])
async def test_an_invalid_body_is_a_400_with_a_message(
    client: httpx.AsyncClient, body: bytes, message: str, media_type: str
) -> None:
    headers = {"content-type": JSON, "accept": media_type}

    response = await client.post("/graphql", content=body, headers=headers)

    (error,) = response.json()["errors"]
    assert (response.status_code, response.headers["content-type"], list(response.json()), list(error)) == (
        400,
        f"{media_type}; charset=utf-8",
        ["errors"],
        ["message", "extensions"],
    )
    assert error["extensions"] == {"code": "BAD_REQUEST"}
    assert error["message"].startswith(message)


@pytest.mark.parametrize(
    "body",
    [
        {"query": DJANGO_QUERY, "variables": None, "operationName": None, "extensions": None},
        {"query": DJANGO_QUERY, "variables": {}, "extensions": {"anything": [1]}, "more": 1},
        {"query": DJANGO_QUERY, "variables": {"unknown": 1}},
    ],
)
async def test_optional_parameters_may_be_null_and_unknown_ones_are_ignored(
    client: httpx.AsyncClient, body: dict[str, Any]
) -> None:
    response = await client.post("/graphql", json=body)

    assert (response.status_code, response.json()) == (200, DJANGO_RESPONSE)


@pytest.mark.parametrize("content_type", ["application/json; charset=utf-8", "Application/JSON", " application/json "])
async def test_the_content_type_may_have_parameters_and_any_case(client: httpx.AsyncClient, content_type: str) -> None:
    body = json.dumps({"query": DJANGO_QUERY})

    response = await client.post("/graphql", content=body, headers={"content-type": content_type})

    assert (response.status_code, response.json()) == (200, DJANGO_RESPONSE)


@pytest.mark.parametrize(
    "content_type",
    [None, "text/plain", "application/graphql", "application/jsonx", "application/x-www-form-urlencoded", GRAPHQL_JSON],
)
async def test_another_content_type_is_a_415(client: httpx.AsyncClient, content_type: str | None) -> None:
    body = json.dumps({"query": DJANGO_QUERY}).encode()
    headers = {"content-type": content_type} if content_type else {}

    response = await client.post("/graphql", content=body, headers=headers)

    assert (response.status_code, response.json()) == (
        415,
        {
            "errors": [
                {
                    "message": f"The content type must be {JSON}, not '{content_type or ''}'.",
                    "extensions": {"code": "BAD_REQUEST"},
                }
            ]
        },
    )


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "NOPE"])
async def test_another_method_is_a_405_with_the_allowed_ones(client: httpx.AsyncClient, method: str) -> None:
    response = await client.request(method, "/graphql", params={"query": DJANGO_QUERY})

    assert (response.status_code, response.headers["allow"], response.json()) == (
        405,
        "GET, POST",
        {
            "errors": [
                {
                    "message": f"{method} is not allowed; use POST, or GET for queries.",
                    "extensions": {"code": "BAD_REQUEST"},
                }
            ]
        },
    )


async def test_get_takes_all_parameters_of_post(client: httpx.AsyncClient) -> None:
    text = "query One { __typename } query Two($s: String!) { framework(slug: $s) { name } }"

    response = await client.get(
        "/graphql",
        params={"query": text, "operationName": "Two", "variables": '{"s": "django"}', "extensions": '{"a": 1}'},
    )

    assert (response.status_code, response.json()) == (200, DJANGO_RESPONSE)


async def test_an_empty_parameter_of_a_url_counts_as_omitted(client: httpx.AsyncClient) -> None:
    response = await client.get(
        "/graphql", params={"query": DJANGO_QUERY, "operationName": "", "variables": "", "extensions": ""}
    )

    assert (response.status_code, response.json()) == (200, DJANGO_RESPONSE)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({}, NO_QUERY),
        ({"query": ""}, NO_QUERY),
        ({"variables": "{}"}, NO_QUERY),
        ({"query": DJANGO_QUERY, "variables": "{"}, "`variables` is not JSON in UTF-8"),
        ({"query": DJANGO_QUERY, "variables": "[]"}, "`variables` must be a JSON object or null."),
        ({"query": DJANGO_QUERY, "extensions": "x"}, "`extensions` is not JSON in UTF-8"),
    ],
)
async def test_an_invalid_url_is_a_400_with_a_message(
    client: httpx.AsyncClient, parameters: dict[str, str], message: str
) -> None:
    response = await client.get("/graphql", params=parameters)

    assert response.status_code == 400
    assert response.json()["errors"][0]["message"].startswith(message)


@pytest.mark.parametrize("levels", [41, 300, 1000])
@pytest.mark.parametrize("name", ["variables", "extensions"])
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_values_that_are_nested_too_deep_are_a_400(
    client: httpx.AsyncClient, method: str, name: str, levels: int
) -> None:
    nested = f'{{"a": {"[" * levels}{"]" * levels}}}'
    if method == "GET":
        response = await client.get("/graphql", params={"query": DJANGO_QUERY, name: nested})
    else:
        content = f'{{"query": {json.dumps(DJANGO_QUERY)}, "{name}": {nested}}}'
        response = await client.post("/graphql", content=content, headers={"content-type": JSON})

    assert (response.status_code, response.json()) == (
        400,
        {
            "errors": [
                {
                    "message": f"`{name}` must not be nested deeper than 40 levels.",
                    "extensions": {"code": "BAD_REQUEST"},
                }
            ]
        },
    )


async def test_values_may_be_nested_to_the_limit(client: httpx.AsyncClient) -> None:
    nested = f'{{"a": {"[" * 40}{"]" * 40}}}'

    response = await client.get("/graphql", params={"query": DJANGO_QUERY, "variables": nested, "extensions": nested})

    assert (response.status_code, response.json()) == (200, DJANGO_RESPONSE)


@pytest.mark.parametrize("accept", [JSON, GRAPHQL_JSON, EVENT_STREAM, f"{EVENT_STREAM}, {JSON}"])
async def test_get_does_not_execute_mutations(client: httpx.AsyncClient, accept: str) -> None:
    response = await client.get("/graphql", params={"query": "mutation { upsert }"}, headers={"accept": accept})

    assert (response.status_code, response.headers["allow"], response.json()) == (
        405,
        "GET, POST",
        {
            "errors": [
                {
                    "message": "mutations are not allowed when using GET; use POST.",
                    "extensions": {"code": "BAD_REQUEST"},
                }
            ]
        },
    )
