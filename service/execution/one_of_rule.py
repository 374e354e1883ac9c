"""Validate variables in oneOf input objects, where graphql-core does not.

graphql-core 3.3.2 looks at the type of the object only if it is nullable and not an item of a list, so that it misses
`orderBy: [{ name: $v }]`, whose type is `[FrameworkOrder!]`.

https://spec.graphql.org/September2025/#sec-All-Variable-Usages-Are-Allowed
"""

from __future__ import annotations

from typing import Any

from graphql import (
    GraphQLError,
    GraphQLInputObjectType,
    GraphQLNonNull,
    OperationDefinitionNode,
    ValidationRule,
    get_named_type,
    is_input_object_type,
    type_from_ast,
)


class OneOfVariablesRule(ValidationRule):
    """Reject a nullable variable as the value of a field of a oneOf input object."""

    def leave_operation_definition(self, operation: OperationDefinitionNode, *_: Any) -> None:
        definitions = {item.variable.name.value: item for item in operation.variable_definitions or ()}
        for usage in self.context.get_recursive_variable_usages(operation):
            name = usage.node.name.value
            definition = definitions.get(name)
            if definition is None or usage.parent_type is None or is_input_object_type(usage.parent_type):
                continue
            parent = get_named_type(usage.parent_type)
            variable_type = type_from_ast(self.context.schema, definition.type)
            if (
                isinstance(parent, GraphQLInputObjectType)
                and parent.is_one_of
                and not isinstance(variable_type, GraphQLNonNull)
            ):
                message = (
                    f"Variable '${name}' is of type '{variable_type}' but must be non-nullable to be used for OneOf Input "
                    f"Object '{parent}'."
                )
                self.report_error(GraphQLError(message, [definition, usage.node]))
