"""Introspection: graphql-core answers `__schema` and `__type`, alone or next to other root fields."""

# graphql-core leaves the types inside its generics open
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, cast

import orjson
from graphql import (
    DocumentNode,
    ExecutionResult,
    FieldNode,
    GraphQLSchema,
    OperationDefinitionNode,
    SelectionSetNode,
)
from graphql import execute as _execute
from graphql.execution.collect_fields import collect_fields
from graphql.execution.values import VariableValues

from service.compiler.operation import SelectedOperation

INTROSPECTION_FIELDS = frozenset({"__schema", "__type"})


def introspect(
    schema: GraphQLSchema, operation: SelectedOperation, values: VariableValues, variables: Mapping[str, Any]
) -> dict[str, bytes]:
    """Return the answers of an operation's introspection fields as JSON, by response key."""
    query = schema.query_type
    if query is None:
        return {}
    collected = collect_fields(schema, operation.fragments, values, query, operation.definition)
    fields: list[FieldNode] = [
        item.node
        for details in collected.grouped_field_set.values()
        for item in details
        if item.node.name.value in INTROSPECTION_FIELDS
    ]
    definition = OperationDefinitionNode(
        operation=operation.definition.operation,
        name=operation.definition.name,
        variable_definitions=operation.definition.variable_definitions,
        selection_set=SelectionSetNode(selections=tuple(fields)),
    )
    document = DocumentNode(definitions=(definition, *(item.definition for item in operation.fragments.values())))
    result = cast("Callable[..., Any]", _execute)(schema, document, variable_values=dict(variables))
    if not isinstance(result, ExecutionResult) or result.errors or result.data is None:
        raise RuntimeError(f"introspection failed: {result}")
    return {name: orjson.dumps(value) for name, value in result.data.items()}
