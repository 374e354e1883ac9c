"""The Strawberry extension that replaces its executor by the engine.

A document that is known to be valid skips parsing and validation, and `on_execute` sets the result before Strawberry
would call resolvers. The engine therefore does for every request what resolvers would do: it coerces variables and
checks values.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from typing import Any, TypeAlias

from graphql import DocumentNode
from strawberry.extensions import SchemaExtension
from strawberry.types.execution import ExecutionResult

from service.execution.documents import Documents
from service.execution.request_context import RequestContext
from service.telemetry import record_document

Execute: TypeAlias = Callable[
    [str, DocumentNode, str | None, Mapping[str, Any] | None, RequestContext], Awaitable[ExecutionResult]
]


class EngineExtension(SchemaExtension):
    """Use the engine's documents and its `execute` for one operation."""

    def __init__(self, documents: Documents, execute: Execute) -> None:
        self._documents = documents
        self._execute = execute

    def on_operation(self) -> Iterator[None]:
        context = self.execution_context
        if context.query:
            record_document(context.query)
        if context.query and (document := self._documents.cached(context.query)) is not None:
            context.graphql_document = document
            context.pre_execution_errors = []  # not None: the document has been validated
        elif context.query:
            context.graphql_document = self._documents.parse(context.query)
        yield

    def on_validate(self) -> Iterator[None]:
        context = self.execution_context
        if context.pre_execution_errors is None and context.graphql_document is not None:
            context.pre_execution_errors = self._documents.validate(context.graphql_document)
        yield
        if not context.pre_execution_errors and context.query and context.graphql_document is not None:
            self._documents.cache(context.query, context.graphql_document)

    async def on_execute(self) -> AsyncIterator[None]:
        context = self.execution_context
        assert context.query is not None  # noqa: S101 - Strawberry has rejected requests without a document
        assert context.graphql_document is not None  # noqa: S101
        context.result = await self._execute(
            context.query,
            context.graphql_document,
            context._provided_operation_name,  # noqa: SLF001 - operation_name is the first of several by default
            context.variables,
            RequestContext.of(context.context, context.operation_extensions),
        )
        yield

    def get_results(self) -> dict[str, Any]:
        """Return the response extensions."""
        result = self.execution_context.result
        return dict(result.extensions or {}) if isinstance(result, ExecutionResult) else {}
