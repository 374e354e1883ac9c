"""Content negotiation: the Accept header decides the media type of a response.

https://graphql.github.io/graphql-over-http/draft/#sec-Media-Types
"""

from __future__ import annotations

import time
from pathlib import Path

import httpx
import pytest

from tests.apps import sqlite_client
from tests.http_requests import DJANGO_QUERY, DJANGO_RESPONSE, GRAPHQL_JSON, JSON

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        (None, JSON),
        ("", JSON),
        ("*/*", JSON),
        ("application/*", JSON),
        (JSON, JSON),
        ("APPLICATION/JSON", JSON),
        (f"{JSON}, {GRAPHQL_JSON}", JSON),
        (f"{JSON}, {GRAPHQL_JSON};q=0.9", JSON),
        ("text/html,application/xhtml+xml,*/*;q=0.8", JSON),
        (GRAPHQL_JSON, GRAPHQL_JSON),
        (f"{GRAPHQL_JSON};charset=utf-8", GRAPHQL_JSON),
        (f"{GRAPHQL_JSON}, {JSON};q=0.9", GRAPHQL_JSON),
        (f"{GRAPHQL_JSON}, {JSON}, */*", GRAPHQL_JSON),
        (f"{JSON};q=0.5, {GRAPHQL_JSON}", GRAPHQL_JSON),
        (f"{JSON};q=0, */*", GRAPHQL_JSON),
        (f"{GRAPHQL_JSON};q=0.1, text/plain", GRAPHQL_JSON),
    ],
)
async def test_a_response_has_the_media_type_that_the_client_prefers(
    client: httpx.AsyncClient, accept: str | None, media_type: str
) -> None:
    client.headers.pop("accept", None)
    headers = {} if accept is None else {"accept": accept}

    posted = await client.post("/graphql", json={"query": DJANGO_QUERY}, headers=headers)
    got = await client.get("/graphql", params={"query": DJANGO_QUERY}, headers=headers)

    responses = posted, got
    assert [(response.status_code, response.headers["content-type"], response.json()) for response in responses] == [
        (200, f"{media_type}; charset=utf-8", DJANGO_RESPONSE)
    ] * 2
    assert [response.headers["vary"].partition(",")[0] for response in responses] == ["Accept"] * 2


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        (f"{GRAPHQL_JSON}, {'text/x,' * 1_000_000}", GRAPHQL_JSON),
        (f"{'text/x,' * 580}{GRAPHQL_JSON}, {JSON};q=0.1", GRAPHQL_JSON),
        (f"{GRAPHQL_JSON};q=0.5,{'x' * (4_096 - 9 - len(GRAPHQL_JSON + JSON))}, {JSON};q=0.1", GRAPHQL_JSON),
    ],
    ids=["at the start", "before the limit", "limit within a range"],
)
async def test_only_the_start_of_a_long_accept_header_is_read(
    client: httpx.AsyncClient, accept: str, media_type: str
) -> None:
    start = time.perf_counter()
    response = await client.post("/graphql", json={"query": DJANGO_QUERY}, headers={"accept": accept})
    seconds = time.perf_counter() - start

    assert (response.headers["content-type"], response.json()) == (f"{media_type}; charset=utf-8", DJANGO_RESPONSE)
    assert seconds < 1


@pytest.mark.parametrize("accept", ["image/png", "text/html", "text/*", f"{JSON};q=0", "*/*;q=0", f"{JSON};q=much"])
async def test_a_client_that_accepts_no_available_media_type_gets_a_406_that_lists_them(
    client: httpx.AsyncClient, accept: str
) -> None:
    response = await client.post("/graphql", json={"query": DJANGO_QUERY}, headers={"accept": accept})

    message = (
        f"The Accept header allows no available media type; use {GRAPHQL_JSON}, {JSON}, text/csv or application/jsonl."
    )
    assert (response.status_code, response.headers["content-type"], response.headers["vary"], response.json()) == (
        406,
        f"{JSON}; charset=utf-8",
        "Accept",
        {"errors": [{"message": message, "extensions": {"code": "BAD_REQUEST"}}]},
    )


async def test_a_response_is_utf_8_without_escapes(client: httpx.AsyncClient) -> None:
    data = await client.post("/graphql", json={"query": '{ framework(slug: "日本") { name } nope: __typename }'})
    error = await client.post("/graphql", json={"query": '{ claims(where: {relation: ["ЗНАЕТ"]}) { totalCount } }'})

    expected = b'{"data":{"framework":null,"nope":"Query"},"extensions":{"cost":{"rows":1,"limit":200000}}}'
    assert data.content == expected
    assert "there is no relation 'ЗНАЕТ'".encode() in error.content


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
        ("text/html,*/*;q=0.8", DJANGO_QUERY, False),
    ],
)
async def test_only_an_explicit_text_html_without_a_query_gets_the_explorer(
    client: httpx.AsyncClient, accept: str | None, query: str | None, is_page: bool
) -> None:
    client.headers.pop("accept", None)

    response = await client.get(
        "/graphql", params={"query": query} if query else {}, headers={"accept": accept} if accept else {}
    )

    shape = response.headers["content-type"], "<html" in response.text, response.headers["vary"].partition(",")[0]
    if is_page:
        assert (response.status_code, *shape) == (200, "text/html; charset=utf-8", True, "Accept")
    else:
        assert shape == (f"{JSON}; charset=utf-8", False, "Accept")


@pytest.mark.parametrize(("accept", "status"), [("text/html", 406), ("text/html, */*;q=0.8", 400)])
async def test_without_the_explorer_there_is_no_page(seeded: Path, accept: str, status: int) -> None:
    async with sqlite_client(seeded, explorer=False) as client:
        page = await client.get("/graphql", headers={"accept": accept})
        query = await client.get("/graphql", params={"query": DJANGO_QUERY})

    assert (page.status_code, "<html" in page.text) == (status, False)
    assert query.json() == DJANGO_RESPONSE
