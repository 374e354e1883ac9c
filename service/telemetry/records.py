"""What is noted of a request while it is answered."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from graphql import FieldNode, OperationDefinitionNode

from service.telemetry import metrics, traces

_LONGEST_NAME = 100
_ROOTS = 5


@dataclass(slots=True)
class RequestRecord:
    """What is known so far; on a WebSocket, of the operation that came last."""

    request_id: str
    operation: str | None = None
    """query, mutation or subscription"""
    name: str | None = None
    document: str | None = None
    """The beginning of the SHA-256 of its text."""
    roots: str = ""
    """The names of the first root fields, as the schema calls them."""
    principal: str | None = None
    code: str | None = None
    store_seconds: float = 0.0


current: ContextVar[RequestRecord | None] = ContextVar("atlas_notes", default=None)


def request_id() -> str | None:
    """The ID of the request that is being answered."""
    notes = current.get()
    return None if notes is None else notes.request_id


def record_document(text: str) -> None:
    """Note which document a request brings, whatever becomes of it."""
    if notes := current.get():
        notes.document = hashlib.sha256(text.encode()).hexdigest()[:16]


def record_rejection(code: str) -> None:
    """Note that what was asked for is answered by an error of this code, and count it."""
    metrics.refused(code)
    if notes := current.get():
        notes.code = code


class OperationRecord:
    """An operation while it is answered, as a context."""

    def __init__(self, principal: str | None) -> None:
        self._span: AbstractContextManager[traces.Span] | None = None
        self._entered: traces.Span | None = None
        self._notes = current.get()
        if self._notes is not None:
            self._notes.principal = principal

    def __enter__(self) -> Self:
        self._span = traces.span("graphql")
        if self._span is not None:
            self._entered = self._span.__enter__()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._span is not None:
            self._span.__exit__(kind, error, at)

    def chosen(self, definition: OperationDefinitionNode) -> None:
        """Note which one it is."""
        operation = definition.operation.value
        name = definition.name.value[:_LONGEST_NAME] if definition.name else None
        if self._notes is not None:
            fields = (node.name.value for node in definition.selection_set.selections if isinstance(node, FieldNode))
            self._notes.operation, self._notes.name = operation, name
            self._notes.roots = " ".join([field for field, _ in zip(fields, range(_ROOTS), strict=False)])
        if self._entered is not None:
            self._entered.update_name(operation)
            self._entered.set_attribute("graphql.operation.type", operation)
            if name:
                self._entered.set_attribute("graphql.operation.name", name)

    def refused(self, code: str) -> None:
        """Note that it is answered by an error of this code."""
        record_rejection(code)
        if self._entered is not None:
            traces.failed(self._entered, code)


@contextmanager
def statement(store: str, work: str) -> Iterator[None]:
    """Around what a store does for a client; `work` is read or write. Waiting for the store counts."""
    notes, began = current.get(), time.perf_counter()
    summary = f"{work} {notes.roots}".rstrip() if notes else work
    span = traces.span(summary, client=True, **{"db.system.name": store, "db.query.summary": summary})
    try:
        if span is None:
            yield
        else:
            with span:
                yield
    finally:
        seconds = time.perf_counter() - began
        metrics.STORE_SECONDS.labels(store, work).observe(seconds)
        if notes is not None:
            notes.store_seconds += seconds
