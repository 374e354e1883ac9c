"""Spans, where somebody has configured OpenTelemetry's SDK; nothing at all where not."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager

from opentelemetry import propagate, trace
from opentelemetry.trace import Span, SpanKind, Status, StatusCode

__all__ = ["Span", "failed", "request", "span"]

_NAME = "framework-atlas"


def span(name: str, *, client: bool = False, **attributes: str | float | bool) -> AbstractContextManager[Span] | None:
    """A span below the current one, as a context; None where nobody is interested."""
    if not _is_on():
        return None
    kind = SpanKind.CLIENT if client else SpanKind.INTERNAL
    return trace.get_tracer(_NAME).start_as_current_span(name, kind=kind, attributes=attributes)


def request(name: str, headers: Mapping[str, str], **attributes: str) -> AbstractContextManager[Span] | None:
    """A span for a request, below that which its `traceparent` names; None where nobody is interested."""
    if not _is_on():
        return None
    context = propagate.extract(headers)
    return trace.get_tracer(_NAME).start_as_current_span(name, context, SpanKind.SERVER, attributes=attributes)


def failed(of: Span, code: str) -> None:
    """Say that what the span is about failed."""
    of.set_status(Status(StatusCode.ERROR, code))
    of.set_attribute("error.type", code)


def _is_on() -> bool:
    return not isinstance(trace.get_tracer_provider(), trace.ProxyTracerProvider)
