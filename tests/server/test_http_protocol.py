"""Requests that are rejected while they are read: headers that are too large, upgrades that are not supported."""

from __future__ import annotations

import json

import httpx
import pytest

from tests.commands import RunningService
from tests.processes import resident_bytes
from tests.server.connections import HEALTHZ, QUERY, request, send_in_parts

pytestmark = pytest.mark.anyio

HEAD = b"POST /graphql HTTP/1.1\r\nHost: atlas\r\nContent-Type: application/json\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"


@pytest.mark.parametrize(
    "parts",
    [
        [HEAD + b"Accept: " + b"text/html," * 7_000 + b"\r\n\r\n"],
        [HEAD + b"X: y\r\n" * 2_000 + b"\r\n"],
        [b"GET /graphql?query=" + b"x" * 70_000 + b" HTTP/1.1\r\nHost: atlas\r\n\r\n"],
        [HEAD + b"X: ", *[b"x" * 1_000_000] * 30],
        [CHUNKED + b"0\r\n", b"X: " + b"x" * 70_000 + b"\r\n\r\n"],
        [CHUNKED + b"0\r\nX: ", *[b"x" * 1_000_000] * 30],
        [CHUNKED + b"1;", *[b"x" * 1_000_000] * 30],
    ],
    ids=[
        "one header",
        "many headers",
        "URL",
        "header without end",
        "trailer",
        "trailer without end",
        "chunk extension without end",
    ],
)
async def test_headers_that_are_too_large_are_rejected_and_not_kept_in_memory(
    impatient_service: RunningService, parts: list[bytes]
) -> None:
    before = resident_bytes(impatient_service.process.pid)
    head, _, body = (await send_in_parts(impatient_service.port, *parts)).partition(b"\r\n\r\n")
    growth = resident_bytes(impatient_service.process.pid) - before

    assert head.startswith(b"HTTP/1.1 431 Request Header Fields Too Large\r\n")
    assert b"\r\nconnection: close\r\n" in head
    assert json.loads(body)["errors"][0]["message"] == (
        "The URL and headers have more than 65536 bytes (ATLAS_MAX_HEADERS)."
    )
    assert growth < 10_000_000


async def test_an_earlier_request_is_answered_if_the_next_one_is_rejected(impatient_service: RunningService) -> None:
    too_large = HEAD + b"X: " + b"x" * 70_000 + b"\r\n\r\n"
    received = await send_in_parts(impatient_service.port, request(QUERY) + too_large + request(QUERY))

    assert (received.count(b"HTTP/1.1 "), received[:13]) == (1, b"HTTP/1.1 200 ")


async def test_invalid_http_is_a_400(impatient_service: RunningService) -> None:
    received = await send_in_parts(impatient_service.port, b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n")

    head, _, body = received.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400 Bad Request\r\n")
    assert json.loads(body) == {
        "errors": [{"message": "The request is not valid HTTP.", "extensions": {"code": "BAD_REQUEST"}}]
    }


UPGRADE = b"Connection: Upgrade\r\nUpgrade: h2c\r\n"
GET_HEAD = HEAD.replace(b"POST /graphql", b"GET /healthz")


@pytest.mark.parametrize(
    ("parts", "status"),
    [
        ([HEAD + UPGRADE + b"Content-Length: %d\r\n\r\n" % len(HEALTHZ), HEALTHZ], 400),
        ([HEAD + UPGRADE + b"Content-Length: %d\r\n\r\n" % len(HEALTHZ) + HEALTHZ, HEALTHZ], 400),
        ([HEAD + UPGRADE + b"Transfer-Encoding: chunked\r\n\r\n", HEALTHZ], 400),
        ([GET_HEAD + UPGRADE + b"Content-Length: 00\r\n\r\n", HEALTHZ], 200),
        ([GET_HEAD + UPGRADE + b"\r\n", HEALTHZ], 200),
        ([GET_HEAD + UPGRADE + b"\r\n" + HEALTHZ], 200),
        ([b"CONNECT atlas:80 HTTP/1.1\r\nHost: atlas\r\n\r\n", HEALTHZ], 400),
    ],
    ids=["body later", "body at once", "chunked", "length 0", "no body", "no body, at once", "CONNECT"],
)
async def test_input_after_an_unsupported_upgrade_is_not_read_as_a_request(
    impatient_service: RunningService, parts: list[bytes], status: int
) -> None:
    received = await send_in_parts(impatient_service.port, *parts)

    summary = received.count(b"HTTP/1.1 "), int(received[9:12]), b"\r\nconnection: close\r\n" in received
    assert summary == (1, status, True)


async def test_the_longest_document_fits_into_a_get_request(impatient_service: RunningService) -> None:
    document = "{ __typename } #" + '"' * (20_000 - 16)
    async with httpx.AsyncClient(base_url=impatient_service.base) as http:
        answer = await http.get("/graphql", params={"query": document})

    assert len(answer.request.url.raw_path) > 59_000
    assert (answer.status_code, answer.json()["data"]) == (200, {"__typename": "Query"})
