"""Automatic persisted queries: a client sends a document once, and then only its hash.

https://www.apollographql.com/docs/apollo-server/performance/apq, and appendix A of GraphQL over HTTP.
"""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path
from typing import Any

import httpx
import pytest

from service.errors import PersistedQueryError
from service.http.persisted_queries import NO_TRUSTED_DOCUMENTS, PersistedQueries
from service.settings import Settings
from tests.apps import sqlite_client
from tests.commands import serving
from tests.http_requests import DJANGO_QUERY, DJANGO_RESPONSE, GRAPHQL_JSON, apq, send_get, send_post, sha256
from tests.queries import response_with_cost
from tests.stream_clients import open_websocket

FLASK = 'query Flask { framework(slug: "flask") { name } }'
NOT_FOUND = {"errors": [{"message": "PersistedQueryNotFound", "extensions": {"code": "PERSISTED_QUERY_NOT_FOUND"}}]}


@pytest.mark.anyio
@pytest.mark.parametrize("send", [send_post, send_get])
async def test_a_document_can_be_requested_by_its_hash_after_it_was_sent(client: httpx.AsyncClient, send: Any) -> None:
    text = f"{DJANGO_QUERY} # by {send.__name__}"
    unknown = [await send(client, apq(text)), await send(client, apq(text), GRAPHQL_JSON)]
    by_text = await send(client, apq(text, query=text))
    by_hash = [await send(client, apq(text)), await send(client, {"documentId": f"sha256:{sha256(text)}"})]

    assert unknown == [(200, NOT_FOUND), (400, NOT_FOUND)]
    assert [by_text, *by_hash] == [(200, DJANGO_RESPONSE)] * 3


@pytest.mark.anyio
@pytest.mark.parametrize("invalid", ["{ nope }", "{ framework("])
async def test_an_invalid_document_is_not_cached(client: httpx.AsyncClient, invalid: str) -> None:
    await send_post(client, apq(invalid, query=invalid))

    assert await send_post(client, apq(invalid)) == (200, NOT_FOUND)


@pytest.mark.parametrize(("length", "is_cached"), [(20_000, True), (20_001, False)])
def test_a_document_that_is_too_long_is_not_cached(length: int, is_cached: bool) -> None:
    text = DJANGO_QUERY.ljust(length)
    persisted_queries = PersistedQueries(Settings(), NO_TRUSTED_DOCUMENTS, lambda _: True)
    persisted_queries.resolve(apq(text, query=text))

    with nullcontext() if is_cached else pytest.raises(PersistedQueryError, match="PersistedQueryNotFound"):
        assert persisted_queries.resolve(apq(text)) == text


@pytest.mark.anyio
async def test_variables_and_the_operation_name_belong_to_each_request(client: httpx.AsyncClient) -> None:
    text = "query A { __typename } query B($slug: String!) { framework(slug: $slug) { name } }"
    parameters = {"operationName": "B", "variables": {"slug": "django"}}

    responses = [
        await send_post(client, apq(text, query=text, **parameters)),
        await send_get(client, apq(text, **parameters)),
    ]

    assert responses == [(200, DJANGO_RESPONSE)] * 2


INVALID_IDENTIFIERS: list[tuple[dict[str, Any], str, str]] = [
    (
        {**apq(FLASK), "query": DJANGO_QUERY},
        "PERSISTED_QUERY_HASH_MISMATCH",
        "`sha256Hash` is not the SHA-256 of `query`.",
    ),
    (
        {"extensions": {"persistedQuery": {"version": 2, "sha256Hash": sha256(DJANGO_QUERY)}}},
        "BAD_USER_INPUT",
        "`persistedQuery` must be `{version: 1, sha256Hash: ...}`; no other version is supported.",
    ),
    (
        {"extensions": {"persistedQuery": "x"}},
        "BAD_USER_INPUT",
        "`persistedQuery` must be `{version: 1, sha256Hash: ...}`; no other version is supported.",
    ),
    (
        {"extensions": {"persistedQuery": {"version": 1, "sha256Hash": "ABC"}}},
        "BAD_USER_INPUT",
        "`sha256Hash` must be 64 lowercase hexadecimal digits.",
    ),
    (
        {"documentId": "md5:abc"},
        "BAD_USER_INPUT",
        "`documentId` must be `sha256:` and 64 lowercase hexadecimal digits, or the name of a trusted document.",
    ),
    (
        {"documentId": "django", "query": DJANGO_QUERY},
        "BAD_USER_INPUT",
        "Send `documentId` alone, or send `query`.",
    ),
]


@pytest.mark.anyio
@pytest.mark.parametrize("send", [send_post, send_get])
@pytest.mark.parametrize(("body", "code", "message"), INVALID_IDENTIFIERS)
async def test_an_invalid_identifier_is_a_400(
    client: httpx.AsyncClient, send: Any, body: dict[str, Any], code: str, message: str
) -> None:
    response = await send(client, body)

    assert response == (400, {"errors": [{"message": message, "extensions": {"code": code}}]})


@pytest.mark.anyio
async def test_the_size_of_the_cache_is_a_setting_and_zero_disables_it(seeded: Path) -> None:
    async with sqlite_client(seeded, apq_cache=1) as client:
        for text in (DJANGO_QUERY, FLASK):
            await send_post(client, apq(text, query=text))
            await send_post(client, apq(text))
        small_cache = [await send_post(client, apq(text)) for text in (FLASK, DJANGO_QUERY)]
    async with sqlite_client(seeded, apq_cache=0) as client:
        no_cache = [
            await send_post(client, apq(DJANGO_QUERY, query=DJANGO_QUERY)),
            await send_post(client, apq(DJANGO_QUERY)),
        ]

    assert small_cache == [(200, response_with_cost(1, {"framework": {"name": "Flask"}})), (200, NOT_FOUND)]
    assert no_cache[0] == (200, DJANGO_RESPONSE)
    assert no_cache[1][1]["errors"][0]["extensions"] == {"code": "PERSISTED_QUERY_NOT_SUPPORTED"}


@pytest.mark.anyio
async def test_get_does_not_execute_a_persisted_mutation(client: httpx.AsyncClient) -> None:
    text = 'mutation { deleteEntity(id: "x") { __typename } }'
    await send_post(client, apq(text, query=text))

    status, _ = await send_get(client, apq(text))

    assert status == 405


@pytest.mark.anyio
async def test_a_websocket_supports_automatic_persisted_queries(seeded: Path) -> None:
    with serving(seeded) as service:
        async with open_websocket(service.base) as client:
            await client.send(type="subscribe", id="1", payload=apq(DJANGO_QUERY))
            unknown = await client.receive()
            await client.send(type="subscribe", id="1", payload=apq(DJANGO_QUERY, query=DJANGO_QUERY))
            by_text = [await client.receive(), await client.receive()]
            await client.send(type="subscribe", id="1", payload=apq(DJANGO_QUERY))
            by_hash = [await client.receive(), await client.receive()]
            await client.send(type="subscribe", id="1", payload={"extensions": {}})
            missing = await client.receive()

    assert (unknown["type"], unknown["payload"]) == ("error", NOT_FOUND["errors"])
    assert [messages[0]["payload"] for messages in (by_text, by_hash)] == [DJANGO_RESPONSE] * 2
    assert missing["payload"][0]["message"] == "The request has no `query`."
