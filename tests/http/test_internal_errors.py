"""Internal errors, the log, and concurrent requests."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path

import apsw
import httpx
import pytest

from tests.apps import sqlite_client
from tests.http_requests import DJANGO_QUERY, DJANGO_RESPONSE, GRAPHQL_JSON, JSON, post

pytestmark = pytest.mark.anyio

BY_SLUG = "query ($s: String!) { framework(slug: $s) { name } }"


async def test_an_internal_error_is_masked_and_logged(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "atlas.db"
    async with sqlite_client(path) as client:
        assert await post(client, DJANGO_QUERY) == DJANGO_RESPONSE
        apsw.Connection(str(path)).execute("DROP TABLE evidence")

        text = "{ claims(first: 1) { nodes { evidence { note } } } }"
        with caplog.at_level(logging.ERROR):
            responses = [
                await client.post("/graphql", json={"query": text}, headers={"accept": media_type})
                for media_type in (JSON, GRAPHQL_JSON)
            ]

    for response, record in zip(responses, caplog.records, strict=True):
        reference = record.getMessage().removeprefix("internal error ")
        message = f"Internal error. The log of the service contains the details under {reference}."
        assert (response.status_code, response.json()) == (
            500,
            {"errors": [{"message": message, "extensions": {"code": "INTERNAL_SERVER_ERROR"}}], "data": None},
        )
        assert record.exc_info is not None
        assert "no such table" in str(record.exc_info[1])


async def test_request_errors_are_not_logged_as_warnings(seeded: Path, caplog: pytest.LogCaptureFixture) -> None:
    async with sqlite_client(seeded) as client:
        with caplog.at_level(logging.WARNING):
            await post(client, "{ nope }")
            await post(client, "{ frameworks(first: -1) { totalCount } }")
            await post(client, BY_SLUG, {"s": 5})

    assert caplog.records == []


async def test_concurrent_requests_get_their_own_responses(client: httpx.AsyncClient) -> None:
    slugs = ["django", "flask", "fastapi", "bottle", "cherrypy", "nope"] * 20

    responses = await asyncio.gather(*(post(client, BY_SLUG, {"s": slug}) for slug in slugs))

    expected = {slug: await post(client, BY_SLUG, {"s": slug}) for slug in set(slugs)}
    assert list(responses) == [expected[slug] for slug in slugs]
