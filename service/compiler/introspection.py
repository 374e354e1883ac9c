"""Introspection: graphql-core answers `__schema` and `__type`, alone or next to other root fields."""

# graphql-core does not type the arguments of its generics
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, cast

import orjson
from graphql import (
    DocumentNode,
    ExecutionResult,
    FieldNode,
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    SelectionSetNode,
)
from graphql import execute as _execute
from graphql.execution.collect_fields import collect_fields
from graphql.execution.values import VariableValues

from service.compiler.operation import SelectedOperation
from service.errors import ErrorCode


@dataclass(frozen=True, slots=True)
class IntrospectionResult:
    """The JSON of each introspection field by response key, None if an error made the data of the operation null."""

    fields: Mapping[str, bytes] | None
    errors: tuple[GraphQLError, ...] = ()

    @property
    def size(self) -> int:
        """The number of bytes of the JSON."""
        return sum(map(len, (self.fields or {}).values()))


INTROSPECTION_FIELDS = frozenset({"__schema", "__type"})


def introspect(
    schema: GraphQLSchema, operation: SelectedOperation, values: VariableValues, variables: Mapping[str, Any]
) -> IntrospectionResult:
    """Execute the introspection fields of an operation."""
    query = schema.query_type
    if query is None:
        return IntrospectionResult({})
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
    if not isinstance(result, ExecutionResult):
        raise TypeError(f"introspection is asynchronous: {result}")
    json = None if result.data is None else {name: orjson.dumps(value) for name, value in result.data.items()}
    errors = tuple(result.errors or ())
    for error in errors:
        error.extensions = {"code": ErrorCode.BAD_USER_INPUT}
    return IntrospectionResult(json, errors)
