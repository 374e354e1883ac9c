"""Spans for OpenTelemetry. Without a configured SDK there are none, and this module does nothing."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import TypeAlias

from opentelemetry import propagate, trace
from opentelemetry.trace import Span, SpanKind, Status, StatusCode

__all__ = ["Span", "client_span", "internal_span", "server_span", "set_error"]

SpanContext: TypeAlias = AbstractContextManager[Span] | None
"""A span that ends with its context; None without an SDK."""

_TRACER = "framework-atlas"


def server_span(name: str, headers: Mapping[str, str], attributes: Mapping[str, str]) -> SpanContext:
    """Start the span of a request; its parent is the span that the header `traceparent` names."""
    if not _is_configured():
        return None
    context = propagate.extract(headers)
    return trace.get_tracer(_TRACER).start_as_current_span(name, context, SpanKind.SERVER, attributes=attributes)


def internal_span(name: str) -> SpanContext:
    """Start a span of the service, below the current one."""
    if not _is_configured():
        return None
    return trace.get_tracer(_TRACER).start_as_current_span(name, kind=SpanKind.INTERNAL)


def client_span(name: str, attributes: Mapping[str, str]) -> SpanContext:
    """Start the span of a call to another service, below the current one."""
    if not _is_configured():
        return None
    return trace.get_tracer(_TRACER).start_as_current_span(name, kind=SpanKind.CLIENT, attributes=attributes)


def set_error(span: Span, code: str) -> None:
    """Mark a span as failed."""
    span.set_status(Status(StatusCode.ERROR, code))
    span.set_attribute("error.type", code)


def _is_configured() -> bool:
    return not isinstance(trace.get_tracer_provider(), trace.ProxyTracerProvider)
