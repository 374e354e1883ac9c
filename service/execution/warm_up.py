"""Have queries planned before anybody asks them.

A database plans a statement when it first meets it: Neo4j takes 0.1 to 2 s for that, and several times as long where its
JVM has just started. What the folder of documents holds will be asked, and what the explorer offers, too. Nothing is
answered for that, so it costs the same on a graph of any size.

Neo4j keeps a plan for the statement's text and the types and sizes of its parameters. What is looked up has no size
there (`predicates.unsized`); parts of texts and lists of items do, and are planned anew where theirs is not that of what is made up.
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

_PAUSE_SECONDS = 0.5
_TEXT = "example"
_SCALARS: dict[str, Any] = {
    "Int": 1,
    "Float": 1.0,
    "Boolean": True,
    "ID": "RnJhbWV3b3JrOmV4YW1wbGU=",
    "Date": "2000-01-01",
    "DateTime": "2000-01-01T00:00:00Z",
}


async def plan_ahead(engine: Engine, documents: Iterable[tuple[str, str]], seconds: float) -> None:
    """Have the queries of documents, each with the name of its file, planned; what is not done in time is left out.

    Variables have their defaults, and those that must be given are made up. What cannot be asked is left out, too. A store
    that is away is waited for.
    """
    planned, began = 0, time.monotonic()
    try:
        async with asyncio.timeout(seconds):
            for file, text in documents:
                for query, plan in _plans(engine, file, text):
                    try:
                        await _insist(plan)
                    except (RequestError, AtlasError) as error:
                        log.info("%s of %s.graphql is not planned ahead: %s", query, file, error)
                    else:
                        planned += 1
    except TimeoutError:
        log.warning("%d queries were planned ahead within %g s; the rest is when it is asked", planned, seconds)
    else:
        log.info("planned %d queries ahead in %.1f s", planned, time.monotonic() - began)


def _plans(engine: Engine, file: str, text: str) -> Iterator[tuple[str, Callable[[], Awaitable[None]]]]:
    """What plans each query of a document, by its name."""
    try:
        document = engine.admit(text)
    except (RequestError, LimitError) as error:
        log.info("%s.graphql is not planned ahead: %s", file, error)
        return
    for query in document.definitions:
        if isinstance(query, OperationDefinitionNode) and query.operation is OperationType.QUERY:
            name = query.name.value if query.name else None
            yield name or "the query", partial(engine.plan, text, document, name, _variables(engine, query))


async def _insist(plan: Callable[[], Awaitable[None]]) -> None:
    """Do it; where the store is away, as soon as it is back."""
    while True:
        try:
            return await plan()
        except (StatementTimeout, StoreAccessDenied):
            raise
        except StoreUnavailable:
            await asyncio.sleep(_PAUSE_SECONDS)


def _variables(engine: Engine, query: OperationDefinitionNode) -> dict[str, Any]:
    """Values for the variables of a valid query that have no default and may not be left out."""
    schema: GraphQLSchema = engine.schema._schema  # noqa: SLF001 - Strawberry has no public name for it
    missing = (item for item in query.variable_definitions or () if item.default_value is None)
    types = {item.variable.name.value: type_from_ast(schema, item.type) for item in missing}
    return {name: _made_up(type_) for name, type_ in types.items() if isinstance(type_, GraphQLNonNull)}


def _made_up(type_: Any) -> Any:
    """A value of an input type."""
    match type_:
        case GraphQLNonNull():
            return _made_up(type_.of_type)
        case GraphQLList():
            return [_made_up(type_.of_type)] * 2
        case GraphQLEnumType():
            return next(iter(type_.values))
        case GraphQLInputObjectType():
            return {name: _made_up(field) for name, field in _fields(type_)}
        case _:
            return _SCALARS.get(type_.name, _TEXT)


def _fields(type_: GraphQLInputObjectType) -> list[tuple[str, Any]]:
    """The fields that an object needs. One that needs none has its first list of names: a need without any is refused."""
    fields = [(name, field.type) for name, field in type_.fields.items()]
    if type_.extensions[GraphQLCoreConverter.DEFINITION_BACKREF].is_one_of:
        return fields[:1]
    if needed := [(name, field.type) for name, field in type_.fields.items() if is_required_input_field(field)]:
        return needed
    lists = (one for one in fields if isinstance(get_nullable_type(one[1]), GraphQLList))
    return [one for one in lists if is_scalar_type(get_named_type(one[1]))][:1]
