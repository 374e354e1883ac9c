"""Spans for OpenTelemetry."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from service.telemetry import traces
from tests.telemetry.requests import BODY, EVIDENCE, break_store, small_client

pytestmark = pytest.mark.anyio

TRACE = "0af7651916cd43dd8448eb211c80319c"
PARENT = "b7ad6b7169203331"


@pytest.fixture
def spans(monkeypatch: pytest.MonkeyPatch) -> Iterator[InMemorySpanExporter]:
    """The spans that end during a test."""
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    monkeypatch.setattr(trace, "_TRACER_PROVIDER", provider)  # set_tracer_provider works only once per process
    yield exporter
    provider.shutdown()


async def test_spans_link_the_caller_to_the_statement_and_contain_no_values(
    tmp_path: Path, spans: InMemorySpanExporter
) -> None:
    async with small_client(tmp_path) as client:
        await client.post("/graphql", json=BODY, headers={"traceparent": f"00-{TRACE}-{PARENT}-01"})

    statement, operation, request = spans.get_finished_spans()
    assert [(span.name, dict(span.attributes or {}), span.kind.name) for span in (request, operation, statement)] == [
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
    parents = [span.parent.span_id if span.parent else None for span in (operation, statement)]
    assert parents == [span.context.span_id if span.context else None for span in (request, operation)]
    assert request.parent is not None
    assert (f"{request.parent.trace_id:032x}", f"{request.parent.span_id:016x}") == (TRACE, PARENT)


async def test_the_spans_of_an_internal_error_are_marked_as_failed(tmp_path: Path, spans: InMemorySpanExporter) -> None:
    async with small_client(tmp_path) as client:
        break_store(tmp_path)
        await client.post("/graphql", json=EVIDENCE)

    _, operation, request = spans.get_finished_spans()
    assert [(span.status.status_code.name, (span.attributes or {})["error.type"]) for span in (operation, request)] == [
        ("ERROR", "INTERNAL_SERVER_ERROR"),
        ("ERROR", "500"),
    ]


def test_without_an_sdk_there_are_no_spans() -> None:
    spans = [traces.internal_span("x"), traces.client_span("x", {}), traces.server_span("x", {}, {})]

    assert spans == [None, None, None]
