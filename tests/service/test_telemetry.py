"""What operators see: the line of each request, the numbers, the spans."""

from __future__ import annotations

import asyncio
import json
import logging
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any

import apsw
import httpx
import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.typing import Subprotocol

from service.telemetry import TelemetryMiddleware, metrics
from service.telemetry.logs import JsonFormatter, TextFormatter
from tests.apps import sqlite_client
from tests.commands import serving, wait_until
from tests.fact_lines import GOOD, folder_of
from tests.tokens import ADMIN, ENTRIES, READER, WRITER, bearer

pytestmark = pytest.mark.anyio

QUERY = "query Named($s: String!) { framework(slug: $s) { name } more: frameworks { totalCount } }"
ASKED = {"query": QUERY, "variables": {"s": "django"}}
TRACE = "0af7651916cd43dd8448eb211c80319c"
PARENT = "b7ad6b7169203331"


@asynccontextmanager
async def running(tmp_path: Path, **given: Any) -> AsyncIterator[httpx.AsyncClient]:
    facts = folder_of(tmp_path / "facts", good=GOOD)
    async with sqlite_client(tmp_path / "atlas.db", facts=facts, tokens=ENTRIES, **given) as client:
        yield client


# ------------------------------------------------------------------------------------------------------------------ log


async def test_a_request_is_one_line_that_tells_no_variable_no_token_and_no_document(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "atlas.requests")
    async with running(tmp_path) as client:
        headers = {**bearer(WRITER.token), "x-request-id": "from-a-proxy.1"}
        answer = await client.post("/graphql?secret=1", json=ASKED, headers=headers)
        await client.get("/healthz")

    (record,) = caplog.records
    told = json.loads(JsonFormatter().format(record))
    assert answer.headers["x-request-id"] == "from-a-proxy.1"
    assert told.pop("milliseconds") >= told.pop("store_milliseconds") > 0
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", told.pop("time"))
    assert told == {
        "level": "info",
        "logger": "atlas.requests",
        "request": "from-a-proxy.1",
        "method": "POST",
        "path": "/graphql",
        "status": 200,
        "operation": "query",
        "name": "Named",
        "document": sha256(QUERY.encode()).hexdigest()[:16],
        "principal": "ci",
    }
    text = TextFormatter().format(record)
    assert "POST /graphql 200" in text
    for secret in (WRITER.token, "django", "secret", "totalCount"):
        assert (secret in text, secret in json.dumps(told)) == (False, False)


@pytest.mark.parametrize("given", ["a b", "x" * 65, "a\tb", "ä", "<script>", ""])
async def test_an_id_that_could_do_harm_is_replaced(tmp_path: Path, given: str) -> None:
    async with running(tmp_path) as client:
        answer = await client.get("/healthz", headers={"x-request-id": given.encode()})

    assert re.fullmatch("[0-9a-f]{32}", answer.headers["x-request-id"])


async def test_a_fault_inside_has_the_name_of_its_request(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "atlas")
    async with running(tmp_path) as client:
        apsw.Connection(str(tmp_path / "atlas.db")).execute("DROP TABLE evidence")
        text = "{ claims(first: 1) { nodes { evidence { note } } } }"
        answer = await client.post("/graphql", json={"query": text})

    name = answer.headers["x-request-id"]
    assert f"The log of the service contains the details under {name}." in answer.json()["errors"][0]["message"]
    assert [
        name in record.getMessage() or record.__dict__["atlas"]["request"] == name for record in caplog.records
    ] == [
        True,
        True,
    ]
    assert caplog.records[-1].__dict__["atlas"]["code"] == "INTERNAL_SERVER_ERROR"


@pytest.mark.parametrize("level", ["info", "debug"])
async def test_what_a_handshake_brings_is_in_no_log(seeded: Path, level: str) -> None:
    with serving(seeded, ATLAS_LOG_LEVEL=level) as served:
        address, headers = served.base.replace("http", "ws"), {"authorization": "Bearer SECRET"}
        protocols = [Subprotocol("graphql-transport-ws")]
        async with connect(
            f"{address}/graphql?access_token=SECRET", subprotocols=protocols, additional_headers=headers
        ) as opened:
            await opened.send(json.dumps({"type": "connection_init", "payload": {"token": "SECRET"}}))
            with pytest.raises(ConnectionClosed):  # it is no token
                await opened.recv()
        with pytest.raises(InvalidStatus):
            await connect(f"{address}/none?access_token=SECRET")
        served.process.terminate()
        assert served.process.stderr is not None
        said = await asyncio.to_thread(served.process.stderr.read)

    assert [line for line in said.splitlines() if "SECRET" in line or "WebSocket" in line] == []


async def test_a_path_cannot_write_lines_of_its_own(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "atlas.requests")
    async with running(tmp_path) as client:
        await client.get("/nope%0aforged%1b[31m")

    (record,) = caplog.records
    assert TextFormatter().format(record).splitlines()[1:] == []
    assert "\x1b" not in TextFormatter().format(record)


# -------------------------------------------------------------------------------------------------------------- numbers


async def test_numbers_are_for_administrators(tmp_path: Path) -> None:
    async with running(tmp_path) as client:
        found = [await client.get("/metrics", headers=given) for given in ({}, bearer(READER.token))]

    assert [one.status_code for one in found] == [401, 403]


async def test_numbers_count_requests_by_kind_and_status_and_never_by_what_clients_name(tmp_path: Path) -> None:
    async with running(tmp_path) as client:
        headers = bearer(ADMIN.token)
        before = numbers((await client.get("/metrics", headers=headers)).text)
        for n in range(3):
            await client.post("/graphql", json={**ASKED, "query": QUERY.replace("Named", f"Unheard{n}")})
        await client.post("/graphql", json={**ASKED, "variables": {}})
        await client.get("/invented")
        text = (await client.get("/metrics", headers=headers)).text

    grown = {name: value - before.get(name, 0) for name, value in numbers(text).items()}
    assert grown['atlas_requests_total{operation="query",status="200"}'] == 3
    assert grown['atlas_requests_total{operation="none",status="404"}'] == 1
    assert grown['atlas_store_seconds_count{store="sqlite",work="read"}'] == 3
    assert grown['atlas_refusals_total{code="REFUSED"}'] == 1
    assert grown['atlas_plans_total{cache="miss"}'] == 3
    assert ("Unheard" in text, "invented" in text) == (False, False)
    assert "atlas_requests_in_flight 1.0" in text


async def test_refusals_are_counted_wherever_they_are_made(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "atlas.requests")
    token, before = bearer(READER.token), numbers(metrics.exposition().decode())
    unknown = {"persistedQuery": {"version": 1, "sha256Hash": "0" * 64}}
    bodies: list[dict[str, Any]] = [
        {"query": "{"},
        {"query": "{ nothing }"},
        {"query": f"{{ {'framework ' * 5000} }}"},
        {"extensions": unknown},
    ]
    async with running(tmp_path, public_read=False, rate="4/minute") as client:
        for body in bodies:
            await client.post("/graphql", json=body, headers=token)
        await client.post("/graphql", json=ASKED)
        await client.post("/graphql", json=ASKED, headers=token)

    grown = {name: value - before.get(name, 0) for name, value in numbers(metrics.exposition().decode()).items()}
    counted = {name: count for name, count in grown.items() if count and name.startswith("atlas_refusals_total")}
    assert counted == {
        'atlas_refusals_total{code="REFUSED"}': 2,
        'atlas_refusals_total{code="LIMIT_EXCEEDED"}': 1,
        'atlas_refusals_total{code="PERSISTED_QUERY_NOT_FOUND"}': 1,
        'atlas_refusals_total{code="UNAUTHENTICATED"}': 1,
        'atlas_refusals_total{code="RATE_LIMITED"}': 1,
    }
    told = [json.loads(JsonFormatter().format(record)).get("code") for record in caplog.records]
    named = ["LIMIT_EXCEEDED", "PERSISTED_QUERY_NOT_FOUND", "UNAUTHENTICATED", "RATE_LIMITED"]
    assert told == ["REFUSED", "REFUSED", *named]


@pytest.mark.parametrize(
    ("scope", "first", "counted"),
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
async def test_how_long_a_stream_was_open_is_no_time_of_an_answer(
    scope: dict[str, Any], first: dict[str, Any], counted: str
) -> None:
    async def app(_scope: Any, _receive: Any, send: Any) -> None:
        await send(first)

    async def nothing(*_: Any) -> None: ...

    before = numbers(metrics.exposition().decode())
    await TelemetryMiddleware(app)({**scope, "path": "/graphql", "headers": []}, nothing, nothing)  # type: ignore[arg-type]

    grown = {name: value - before.get(name, 0) for name, value in numbers(metrics.exposition().decode()).items()}
    assert grown[f"atlas_requests_total{{{counted}}}"] == 1
    assert [name for name, count in grown.items() if count and name.startswith("atlas_request_seconds")] == []


def numbers(text: str) -> dict[str, float]:
    lines = (line.rpartition(" ") for line in text.splitlines() if not line.startswith("#"))
    return {name: float(value) for name, _, value in lines}


async def test_the_numbers_of_all_workers_are_added_up_on_a_port_of_their_own(tmp_path: Path) -> None:
    facts = folder_of(tmp_path / "facts", good=GOOD)
    port = free_port()
    options = ("--workers", "2", "--facts", str(facts))
    with serving(tmp_path / "atlas.db", *options, ATLAS_METRICS_PORT=str(port)) as served:

        def ask() -> None:
            wait_until(lambda: len(served.processes()) >= 3, "both workers run")
            for _ in range(20):
                assert httpx.post(f"{served.base}/graphql", json=ASKED, timeout=30).status_code == 200

        await asyncio.to_thread(ask)
        found = [numbers((await asyncio.to_thread(httpx.get, f"http://127.0.0.1:{port}/metrics")).text) for _ in "ab"]

    assert [one['atlas_requests_total{operation="query",status="200"}'] for one in found] == [20, 20]


def free_port() -> int:
    import socket  # noqa: PLC0415 - nothing else here listens

    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]


# ---------------------------------------------------------------------------------------------------------------- spans


@pytest.fixture
def spans(monkeypatch: pytest.MonkeyPatch) -> Iterator[InMemorySpanExporter]:
    """What OpenTelemetry's SDK is told meanwhile."""
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    monkeypatch.setattr(trace, "_TRACER_PROVIDER", provider)  # the SDK lets it be set once only
    yield exporter
    provider.shutdown()


async def test_spans_lead_from_the_caller_to_the_statement_and_hold_no_value(
    tmp_path: Path, spans: InMemorySpanExporter
) -> None:
    async with running(tmp_path) as client:
        await client.post("/graphql", json=ASKED, headers={"traceparent": f"00-{TRACE}-{PARENT}-01"})

    statement, operation, request = spans.get_finished_spans()
    told = [(one.name, dict(one.attributes or {}), one.kind.name) for one in (request, operation, statement)]
    assert told == [
        (
            "POST /graphql",
            {
                "http.request.method": "POST",
                "url.path": "/graphql",
                "url.scheme": "http",
                "network.protocol.version": "1.1",
                "http.response.status_code": 200,
            },
            "SERVER",
        ),
        ("query", {"graphql.operation.type": "query", "graphql.operation.name": "Named"}, "INTERNAL"),
        (
            "read framework frameworks",
            {"db.system.name": "sqlite", "db.query.summary": "read framework frameworks"},
            "CLIENT",
        ),
    ]
    above = [one.parent.span_id if one.parent else None for one in (operation, statement)]
    assert above == [one.context.span_id if one.context else None for one in (request, operation)]
    assert request.parent is not None
    assert (f"{request.parent.trace_id:032x}", f"{request.parent.span_id:016x}") == (TRACE, PARENT)


async def test_a_span_tells_that_it_failed(tmp_path: Path, spans: InMemorySpanExporter) -> None:
    async with running(tmp_path) as client:
        apsw.Connection(str(tmp_path / "atlas.db")).execute("DROP TABLE evidence")
        await client.post("/graphql", json={"query": "{ claims(first: 1) { nodes { evidence { note } } } }"})

    _, operation, request = spans.get_finished_spans()
    assert [(one.status.status_code.name, (one.attributes or {})["error.type"]) for one in (operation, request)] == [
        ("ERROR", "INTERNAL_SERVER_ERROR"),
        ("ERROR", "500"),
    ]


def test_without_the_sdk_there_are_no_spans() -> None:
    from service.telemetry import traces  # noqa: PLC0415

    made: list[Any] = [traces.span("x"), traces.request("x", {})]

    assert made == [None, None]
