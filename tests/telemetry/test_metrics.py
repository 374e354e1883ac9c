"""Metrics: who may read them, what they count, and those of several workers."""

from __future__ import annotations

import asyncio
import json
import logging
import socket
from pathlib import Path
from typing import Any

import httpx
import pytest

from service.telemetry import TelemetryMiddleware, metrics
from service.telemetry.logs import JsonFormatter
from tests.commands import serving, wait_until
from tests.fact_lines import VALID_LINES, write_folder
from tests.telemetry.requests import BODY, DOCUMENT, small_client
from tests.tokens import ADMIN, READER, bearer

pytestmark = pytest.mark.anyio


def parse(text: str) -> dict[str, float]:
    """The values of metrics, by their names with labels."""
    lines = (line.rpartition(" ") for line in text.splitlines() if not line.startswith("#"))
    return {name: float(value) for name, _, value in lines}


def increase(before: dict[str, float], after: str) -> dict[str, float]:
    return {name: value - before.get(name, 0) for name, value in parse(after).items()}


async def test_metrics_are_for_administrators(tmp_path: Path) -> None:
    async with small_client(tmp_path) as client:
        responses = [await client.get("/metrics", headers=headers) for headers in ({}, bearer(READER.token))]

    assert [response.status_code for response in responses] == [401, 403]


async def test_metrics_count_requests_by_operation_and_status_and_not_by_names_of_clients(tmp_path: Path) -> None:
    async with small_client(tmp_path) as client:
        headers = bearer(ADMIN.token)
        before = parse((await client.get("/metrics", headers=headers)).text)
        for number in range(3):
            await client.post("/graphql", json={**BODY, "query": DOCUMENT.replace("Named", f"Unheard{number}")})
        await client.post("/graphql", json={**BODY, "variables": {}})
        await client.get("/invented")
        text = (await client.get("/metrics", headers=headers)).text

    increases = increase(before, text)
    assert increases['atlas_requests_total{operation="query",status="200"}'] == 3
    assert increases['atlas_requests_total{operation="none",status="404"}'] == 1
    assert increases['atlas_store_seconds_count{store="sqlite",work="read"}'] == 3
    assert increases['atlas_refusals_total{code="BAD_USER_INPUT"}'] == 1
    assert increases['atlas_plans_total{cache="miss"}'] == 3
    assert ("Unheard" in text, "invented" in text) == (False, False)
    assert "atlas_requests_in_flight 1.0" in text


async def test_rejections_are_counted_in_every_layer(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "atlas.requests")
    token, before = bearer(READER.token), parse(metrics.exposition().decode())
    bodies: list[dict[str, Any]] = [
        {"query": "{"},
        {"query": "{ nothing }"},
        {"query": f"{{ {'framework ' * 5000} }}"},
        {"extensions": {"persistedQuery": {"version": 1, "sha256Hash": "0" * 64}}},
    ]
    async with small_client(tmp_path, public_read=False, rate="4/minute") as client:
        for body in bodies:
            await client.post("/graphql", json=body, headers=token)
        await client.post("/graphql", json=BODY)
        await client.post("/graphql", json=BODY, headers=token)

    increases = increase(before, metrics.exposition().decode())
    counted = {name: count for name, count in increases.items() if count and name.startswith("atlas_refusals_total")}
    assert counted == {
        'atlas_refusals_total{code="GRAPHQL_PARSE_FAILED"}': 1,
        'atlas_refusals_total{code="GRAPHQL_VALIDATION_FAILED"}': 1,
        'atlas_refusals_total{code="LIMIT_EXCEEDED"}': 1,
        'atlas_refusals_total{code="PERSISTED_QUERY_NOT_FOUND"}': 1,
        'atlas_refusals_total{code="UNAUTHENTICATED"}': 1,
        'atlas_refusals_total{code="RATE_LIMITED"}': 1,
    }
    logged = [json.loads(JsonFormatter().format(record)).get("code") for record in caplog.records]
    codes = ["LIMIT_EXCEEDED", "PERSISTED_QUERY_NOT_FOUND", "UNAUTHENTICATED", "RATE_LIMITED"]
    assert logged == ["GRAPHQL_PARSE_FAILED", "GRAPHQL_VALIDATION_FAILED", *codes]


@pytest.mark.parametrize(
    ("scope", "first_message", "labels"),
    [
        ({"type": "websocket"}, {"type": "websocket.accept"}, 'operation="websocket",status="101"'),
        (
            {"type": "http", "method": "POST"},
            {
                "type": "http.response.start",
                "status": 200,
                "headers": [(b"content-type", b"text/event-stream; charset=utf-8")],
            },
            'operation="none",status="200"',
        ),
    ],
    ids=["websocket", "server-sent events"],
)
async def test_the_duration_of_a_stream_is_not_a_duration_of_a_request(
    scope: dict[str, Any], first_message: dict[str, Any], labels: str
) -> None:
    async def app(_scope: Any, _receive: Any, send: Any) -> None:
        await send(first_message)

    async def ignore(*_: Any) -> None: ...

    before = parse(metrics.exposition().decode())
    await TelemetryMiddleware(app)({**scope, "path": "/graphql", "headers": []}, ignore, ignore)  # type: ignore[arg-type]

    increases = increase(before, metrics.exposition().decode())
    assert increases[f"atlas_requests_total{{{labels}}}"] == 1
    assert [name for name, count in increases.items() if count and name.startswith("atlas_request_seconds")] == []


async def test_the_metrics_port_adds_up_all_workers(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    options = ("--workers", "2", "--facts", str(write_folder(tmp_path / "facts", good=VALID_LINES)))
    with serving(tmp_path / "atlas.db", *options, ATLAS_METRICS_PORT=str(port)) as service:

        def send_requests() -> None:
            wait_until(lambda: len(service.processes()) >= 3, "both workers run")
            for _ in range(20):
                assert httpx.post(f"{service.base}/graphql", json=BODY, timeout=30).status_code == 200

        def read() -> float:
            metrics_ = parse(httpx.get(f"http://127.0.0.1:{port}/metrics").text)
            return metrics_['atlas_requests_total{operation="query",status="200"}']

        await asyncio.to_thread(send_requests)
        counts = [await asyncio.to_thread(read) for _ in range(2)]

    assert counts == [20, 20]
