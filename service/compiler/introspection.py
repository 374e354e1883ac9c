"""Questions about the schema itself: graphql-core answers them as ever, beside the data or alone."""

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

NAMES = frozenset({"__schema", "__type"})


def introspect(
    schema: GraphQLSchema, chosen: SelectedOperation, values: VariableValues, variables: Mapping[str, Any]
) -> dict[str, bytes]:
    """Answer the root fields of an operation that ask about the schema: each one's JSON, by response key."""
    query = schema.query_type
    if query is None:
        return {}
    found = collect_fields(schema, chosen.fragments, values, query, chosen.definition)
    fields: list[FieldNode] = [
        item.node for details in found.grouped_field_set.values() for item in details if item.node.name.value in NAMES
    ]
    definition = OperationDefinitionNode(
        operation=chosen.definition.operation,
        name=chosen.definition.name,
        variable_definitions=chosen.definition.variable_definitions,
        selection_set=SelectionSetNode(selections=tuple(fields)),
    )
    document = DocumentNode(definitions=(definition, *(item.definition for item in chosen.fragments.values())))
    result = cast("Callable[..., Any]", _execute)(schema, document, variable_values=dict(variables))
    if not isinstance(result, ExecutionResult) or result.errors or result.data is None:
        raise RuntimeError(f"introspection failed: {result}")
    return {name: orjson.dumps(value) for name, value in result.data.items()}
