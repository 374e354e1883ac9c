"""The log: one line per request, and nothing in it that a client wants to keep secret."""

from __future__ import annotations

import asyncio
import json
import logging
import re
from hashlib import sha256
from pathlib import Path

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.typing import Subprotocol

from service.telemetry.logs import JsonFormatter, TextFormatter
from tests.commands import serving
from tests.telemetry.requests import BODY, DOCUMENT, EVIDENCE, break_store, small_client
from tests.tokens import WRITER, bearer

pytestmark = pytest.mark.anyio


async def test_a_request_is_one_line_without_variables_tokens_and_the_document(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "atlas.requests")
    async with small_client(tmp_path) as client:
        headers = {**bearer(WRITER.token), "x-request-id": "from-a-proxy.1"}
        response = await client.post("/graphql?secret=1", json=BODY, headers=headers)
        await client.get("/healthz")

    (record,) = caplog.records
    fields = json.loads(JsonFormatter().format(record))
    assert response.headers["x-request-id"] == "from-a-proxy.1"
    assert fields.pop("milliseconds") >= fields.pop("store_milliseconds") > 0
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", fields.pop("time"))
    assert fields == {
        "level": "info",
        "logger": "atlas.requests",
        "request": "from-a-proxy.1",
        "method": "POST",
        "path": "/graphql",
        "status": 200,
        "operation": "query",
        "name": "Named",
        "document": sha256(DOCUMENT.encode()).hexdigest()[:16],
        "principal": "ci",
    }
    text = TextFormatter().format(record)
    assert "POST /graphql 200" in text
    for secret in (WRITER.token, "django", "secret", "totalCount"):
        assert (secret in text, secret in json.dumps(fields)) == (False, False)


@pytest.mark.parametrize("sent", ["a b", "x" * 65, "a\tb", "ä", "<script>", ""])
async def test_a_request_id_that_is_unsafe_in_a_log_is_replaced(tmp_path: Path, sent: str) -> None:
    async with small_client(tmp_path) as client:
        response = await client.get("/healthz", headers={"x-request-id": sent.encode()})

    assert re.fullmatch("[0-9a-f]{32}", response.headers["x-request-id"])


async def test_the_message_and_the_log_of_an_internal_error_have_the_request_id(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "atlas")
    async with small_client(tmp_path) as client:
        break_store(tmp_path)
        response = await client.post("/graphql", json=EVIDENCE)

    request_id = response.headers["x-request-id"]
    error, request = caplog.records
    message = response.json()["errors"][0]["message"]
    assert f"The log of the service contains the details under {request_id}." in message
    assert request_id in error.getMessage()
    assert request.__dict__["atlas"]["request"] == request_id
    assert request.__dict__["atlas"]["code"] == "INTERNAL_SERVER_ERROR"


@pytest.mark.parametrize("level", ["info", "debug"])
async def test_no_secret_of_a_websocket_handshake_is_logged(seeded: Path, level: str) -> None:
    with serving(seeded, ATLAS_LOG_LEVEL=level) as service:
        base, headers = service.base.replace("http", "ws"), {"authorization": "Bearer SECRET"}
        protocols = [Subprotocol("graphql-transport-ws")]
        async with connect(
            f"{base}/graphql?access_token=SECRET", subprotocols=protocols, additional_headers=headers
        ) as connection:
            await connection.send(json.dumps({"type": "connection_init", "payload": {"token": "SECRET"}}))
            with pytest.raises(ConnectionClosed):  # the token is unknown
                await connection.recv()
        with pytest.raises(InvalidStatus):
            await connect(f"{base}/none?access_token=SECRET")
        service.process.terminate()
        assert service.process.stderr is not None
        logged = await asyncio.to_thread(service.process.stderr.read)

    assert [line for line in logged.splitlines() if "SECRET" in line or "WebSocket" in line] == []


async def test_a_path_cannot_add_lines_to_the_log(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "atlas.requests")
    async with small_client(tmp_path) as client:
        await client.get("/nope%0aforged%1b[31m")

    (record,) = caplog.records
    assert TextFormatter().format(record).splitlines()[1:] == []
    assert "\x1b" not in TextFormatter().format(record)
