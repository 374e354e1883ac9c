"""The record of a request, to which all layers add while it is executed."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from itertools import islice
from types import TracebackType
from typing import Self

from graphql import FieldNode, OperationDefinitionNode

from service.telemetry import metrics, traces

_MAX_NAME_CHARACTERS = 100
_MAX_ROOT_FIELDS = 5
_DIGEST_CHARACTERS = 16


@dataclass(slots=True)
class RequestRecord:
    """What is known of a request so far; for a WebSocket, of its last operation."""

    request_id: str
    operation: str | None = None
    """query, mutation or subscription"""
    name: str | None = None
    """The name of the operation."""
    document: str | None = None
    """The first characters of the document's SHA-256."""
    root_fields: str = ""
    """The names of the first root fields."""
    principal: str | None = None
    code: str | None = None
    """The code of the error."""
    store_seconds: float = 0.0


current: ContextVar[RequestRecord | None] = ContextVar("atlas_request_record", default=None)


def request_id() -> str | None:
    """Return the ID of the current request."""
    record = current.get()
    return None if record is None else record.request_id


def record_document(text: str) -> None:
    """Record the document of a request, whether it is executed or rejected."""
    if record := current.get():
        record.document = hashlib.sha256(text.encode()).hexdigest()[:_DIGEST_CHARACTERS]


def record_rejection(code: str) -> None:
    """Record and count an operation whose response is an error."""
    metrics.count_rejection(code)
    if record := current.get():
        record.code = code


class OperationRecord:
    """The span of an operation, as a context manager, and its fields of the request record."""

    def __init__(self, principal: str | None) -> None:
        self._context: AbstractContextManager[traces.Span] | None = None
        self._span: traces.Span | None = None
        self._request = current.get()
        if self._request is not None:
            self._request.principal = principal

    def __enter__(self) -> Self:
        self._context = traces.internal_span("graphql")
        if self._context is not None:
            self._span = self._context.__enter__()
        return self

    def __exit__(
        self, type_: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._context is not None:
            self._context.__exit__(type_, error, traceback)

    def set_definition(self, definition: OperationDefinitionNode) -> None:
        """Record which operation of the document is executed."""
        operation = definition.operation.value
        name = definition.name.value[:_MAX_NAME_CHARACTERS] if definition.name else None
        if self._request is not None:
            selections = definition.selection_set.selections
            fields = (node.name.value for node in selections if isinstance(node, FieldNode))
            self._request.operation, self._request.name = operation, name
            self._request.root_fields = " ".join(islice(fields, _MAX_ROOT_FIELDS))
        if self._span is not None:
            self._span.update_name(operation)
            self._span.set_attribute("graphql.operation.type", operation)
            if name:
                self._span.set_attribute("graphql.operation.name", name)

    def set_error(self, code: str) -> None:
        """Record that the response is an error."""
        record_rejection(code)
        if self._span is not None:
            traces.set_error(self._span, code)


@contextmanager
def measure_store(store: str, access: str) -> Iterator[None]:
    """Measure the time in a store, its queue included; `access` is read or write."""
    record, start = current.get(), time.perf_counter()
    summary = f"{access} {record.root_fields}".rstrip() if record else access
    span = traces.client_span(summary, {"db.system.name": store, "db.query.summary": summary})
    try:
        if span is None:
            yield
        else:
            with span:
                yield
    finally:
        seconds = time.perf_counter() - start
        metrics.STORE_SECONDS.labels(store, access).observe(seconds)
        if record is not None:
            record.store_seconds += seconds
