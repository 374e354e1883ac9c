"""The cache of documents and plans: cached documents behave as new ones."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.apps import sqlite_client
from tests.http_requests import GRAPHQL_JSON, post

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
async def cold_client(anyio_backend: str, seeded: Path) -> AsyncIterator[httpx.AsyncClient]:
    """A client of an application that receives each document once."""
    async with sqlite_client(seeded) as client:
        yield client


SLUG = "query ($s: String!) { framework(slug: $s) { name } }"
CATEGORY = "query ($c: [FeatureCategory!]) { features(where: {category: $c}) { totalCount } }"
PAGE = "query ($f: Int, $a: String) { features(first: $f, after: $a) { totalCount } }"
FILTER = "query ($w: FeatureFilter) { features(where: $w) { totalCount } }"
INCLUDED = 'query ($b: Boolean!) { framework(slug: "django") { name @include(if: $b) } }'

CASES: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
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
    (INCLUDED, {"b": True}, {"b": "yes"}),
    (INCLUDED, {"b": True}, {}),
]


@pytest.mark.parametrize(
    ("text", "valid", "invalid"), CASES, ids=[f"{text[7:20]} {invalid}" for text, _, invalid in CASES]
)
async def test_a_cached_document_rejects_the_same_values_as_a_new_one(
    cold_client: httpx.AsyncClient, client: httpx.AsyncClient, text: str, valid: dict[str, Any], invalid: dict[str, Any]
) -> None:
    new_document = f"{text} # {invalid}"
    body, headers = {"query": new_document, "variables": invalid}, {"accept": GRAPHQL_JSON}
    assert "errors" not in await post(client, new_document, valid)

    warm = [await client.post("/graphql", json=body, headers=headers) for _ in range(2)]
    cold = await cold_client.post("/graphql", json=body, headers=headers)

    assert (cold.status_code, list(cold.json())) == (400, ["errors"])
    assert [(response.status_code, response.json()) for response in warm] == [(cold.status_code, cold.json())] * 2


async def test_an_invalid_document_is_rejected_every_time(client: httpx.AsyncClient) -> None:
    first, second = [await post(client, "{ frameworks { nodes { nmae } } }") for _ in range(2)]

    assert first == second
    assert list(first) == ["errors"]


async def test_a_service_that_caches_one_document_executes_many(seeded: Path, client: httpx.AsyncClient) -> None:
    texts = [f'{{ f{number}: framework(slug: "django") {{ name }} }}' for number in range(5)] * 2

    async with sqlite_client(seeded, plan_cache=1) as small_cache:
        responses = [await post(small_cache, text) for text in texts]

    assert responses == [await post(client, text) for text in texts]
