"""Plan-cache warm-up: make the database plan the known queries before the first client sends them.

A database plans a statement when it runs it for the first time. Neo4j takes 0.1 to 2 seconds for that, and several times
as long just after its JVM has started. The known queries are the trusted documents and the examples of the explorer. The
warm-up does not run them, so its duration does not depend on the size of the graph.

Neo4j caches a plan by the text of the statement and by the types and sizes of its parameters. The values that entities
are looked up by are passed without their size (see `service.stores.neo4j.statement`). Other texts and lists are not, so
Neo4j plans a statement again if their sizes differ from those of the example values.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator
from functools import partial
from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLSchema,
    OperationDefinitionNode,
    OperationType,
    get_named_type,
    get_nullable_type,
    is_required_input_field,
    is_scalar_type,
    type_from_ast,
)
from strawberry.schema.schema_converter import GraphQLCoreConverter

from service.compiler import RequestError
from service.errors import AtlasError, LimitError, StatementTimeout, StoreAccessDenied, StoreUnavailable
from service.execution.engine import Engine

log = logging.getLogger("atlas")

_RETRY_SECONDS = 0.5
_EXAMPLE_TEXT = "example"
_EXAMPLE_SCALARS: dict[str, Any] = {
    "Int": 1,
    "Float": 1.0,
    "Boolean": True,
    "ID": "RnJhbWV3b3JrOmV4YW1wbGU=",
    "Date": "2000-01-01",
    "DateTime": "2000-01-01T00:00:00Z",
}


async def warm_up(engine: Engine, documents: Iterable[tuple[str, str]], max_seconds: float) -> None:
    """Cache the plans of the queries in documents, given as pairs of name and text, for at most `max_seconds`.

    Variables have their default values; required variables have example values. Queries that are invalid, or rejected
    with these values, are skipped. While the store is unavailable, the warm-up waits for it.
    """
    planned, started = 0, time.monotonic()
    try:
        async with asyncio.timeout(max_seconds):
            for name, text in documents:
                for operation, cache_plan in _queries(engine, name, text):
                    try:
                        await _when_available(cache_plan)
                    except (RequestError, AtlasError) as error:
                        log.info("warm-up skips %s of %s.graphql: %s", operation, name, error)
                    else:
                        planned += 1
    except TimeoutError:
        log.warning("warm-up stopped after %g s: planned %d queries, skipped the rest", max_seconds, planned)
    else:
        log.info("warm-up planned %d queries in %.1f s", planned, time.monotonic() - started)


def _queries(engine: Engine, name: str, text: str) -> Iterator[tuple[str, Callable[[], Awaitable[None]]]]:
    """Yield the name of each query in a document, and a function that caches its plan."""
    try:
        document = engine.documents.add(text)
    except (RequestError, LimitError) as error:
        log.info("warm-up skips %s.graphql: %s", name, error)
        return
    for query in document.definitions:
        if isinstance(query, OperationDefinitionNode) and query.operation is OperationType.QUERY:
            query_name = query.name.value if query.name else None
            variables = _example_variables(engine, query)
            yield query_name or "the query", partial(engine.cache_plan, text, document, query_name, variables)


async def _when_available(cache_plan: Callable[[], Awaitable[None]]) -> None:
    """Retry until the store is available."""
    while True:
        try:
            return await cache_plan()
        except (StatementTimeout, StoreAccessDenied):
            raise
        except StoreUnavailable:
            await asyncio.sleep(_RETRY_SECONDS)


def _example_variables(engine: Engine, query: OperationDefinitionNode) -> dict[str, Any]:
    """Return example values for the required variables of a valid query."""
    schema: GraphQLSchema = engine.schema._schema  # noqa: SLF001 - Strawberry has no public name for it
    without_default = (item for item in query.variable_definitions or () if item.default_value is None)
    types = {item.variable.name.value: type_from_ast(schema, item.type) for item in without_default}
    return {name: _example_value(type_) for name, type_ in types.items() if isinstance(type_, GraphQLNonNull)}


def _example_value(type_: Any) -> Any:
    """Return an example value of an input type."""
    match type_:
        case GraphQLNonNull():
            return _example_value(type_.of_type)
        case GraphQLList():
            return [_example_value(type_.of_type)] * 2
        case GraphQLEnumType():
            return next(iter(type_.values))
        case GraphQLInputObjectType():
            return {name: _example_value(field) for name, field in _example_fields(type_)}
        case _:
            return _EXAMPLE_SCALARS.get(type_.name, _EXAMPLE_TEXT)


def _example_fields(type_: GraphQLInputObjectType) -> list[tuple[str, Any]]:
    """Return the required fields of an input type; without any, its first list of scalars.

    The list makes a valid `Need`, which has no required field but must not be empty.
    """
    fields = [(name, field.type) for name, field in type_.fields.items()]
    if type_.extensions[GraphQLCoreConverter.DEFINITION_BACKREF].is_one_of:
        return fields[:1]
    if required := [(name, field.type) for name, field in type_.fields.items() if is_required_input_field(field)]:
        return required
    lists = (
        (name, field_type) for name, field_type in fields if isinstance(get_nullable_type(field_type), GraphQLList)
    )
    return [(name, field_type) for name, field_type in lists if is_scalar_type(get_named_type(field_type))][:1]
