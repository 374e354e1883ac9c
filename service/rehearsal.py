"""Ask the queries of the folder of documents once, before anybody does.

A database plans a statement when it first meets it: Neo4j takes 0.1 to 2 s for that, and several times as long where its
JVM has just started. What the folder holds will be asked, so nobody who asks it needs to wait.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable, Iterator
from typing import Any

from graphql import (
    DocumentNode,
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLSchema,
    OperationDefinitionNode,
    OperationType,
    is_required_input_field,
    type_from_ast,
)
from strawberry.schema.schema_converter import GraphQLCoreConverter

from service.engine import Engine

log = logging.getLogger("atlas")

_SECONDS = 60.0
_SCALARS: dict[str, Any] = {
    "Int": 1,
    "Float": 1.0,
    "Boolean": True,
    "Date": "2000-01-01",
    "DateTime": "2000-01-01T00:00:00Z",
}


async def rehearse(engine: Engine, texts: Iterable[str]) -> None:
    """Have valid documents' queries answered, for nobody, one after the other; after a minute the rest is left out.

    Variables have their defaults. Those that must be given are made up, since it hardly matters to a plan what they are; a
    query that cannot be answered so is left out.
    """
    schema: GraphQLSchema = engine.schema._schema  # noqa: SLF001 - Strawberry has no public name for it
    asked = 0
    try:
        async with asyncio.timeout(_SECONDS):
            for text in texts:
                document = engine.parse(text)
                for query in _queries(document):
                    name = query.name.value if query.name else None
                    result = await engine.answer(text, document, name, _variables(schema, query))
                    asked += 1
                    if result.errors:
                        log.info("rehearsed %s, which cannot be answered so: %s", name, result.errors[0].message)
    except TimeoutError:
        log.warning("%d queries were rehearsed within %g s; the rest is planned when it is asked", asked, _SECONDS)
    else:
        log.info("rehearsed %d queries", asked)


def _queries(document: DocumentNode) -> Iterator[OperationDefinitionNode]:
    for definition in document.definitions:
        if isinstance(definition, OperationDefinitionNode) and definition.operation is OperationType.QUERY:
            yield definition


def _variables(schema: GraphQLSchema, definition: OperationDefinitionNode) -> dict[str, Any]:
    """Values for the variables of a valid operation that have no default and may not be left out."""
    missing = (item for item in definition.variable_definitions or () if item.default_value is None)
    types = {item.variable.name.value: type_from_ast(schema, item.type) for item in missing}
    return {name: _made_up(type_) for name, type_ in types.items() if isinstance(type_, GraphQLNonNull)}


def _made_up(type_: Any) -> Any:
    """A value of an input type, as small as may be."""
    match type_:
        case GraphQLNonNull():
            return _made_up(type_.of_type)
        case GraphQLList():
            return [_made_up(type_.of_type)]
        case GraphQLEnumType():
            return next(iter(type_.values))
        case GraphQLInputObjectType():
            fields = list(type_.fields.items())
            one_of = type_.extensions[GraphQLCoreConverter.DEFINITION_BACKREF].is_one_of
            needed = fields[:1] if one_of else [item for item in fields if is_required_input_field(item[1])]
            return {name: _made_up(field.type) for name, field in needed}
        case _:
            return _SCALARS.get(type_.name, "a")
