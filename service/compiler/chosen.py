"""The operation of a document that a request asks for."""

# graphql-core leaves the types inside its generics open
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

from graphql import (
    DocumentNode,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    TypeNode,
    type_from_ast,
)
from graphql.execution.collect_fields import FragmentDetails

from service.compiler.values import InputType, Types


class Refused(Exception):  # noqa: N818 - a verdict on a request
    """The request itself is wrong; nothing was executed."""

    def __init__(self, errors: list[GraphQLError]) -> None:
        super().__init__(errors[0].message)
        self.errors = errors


@dataclass(frozen=True, slots=True)
class Chosen:
    """An operation with the fragments it may spread and the types of its variables."""

    definition: OperationDefinitionNode
    fragments: dict[str, FragmentDetails]
    types: Types


def choose(schema: GraphQLSchema, document: DocumentNode, name: str | None) -> Chosen:
    """Pick the operation of this name, or the only one; raises Refused."""
    definition = _operation(document, name)
    read_type = cast("Callable[[GraphQLSchema, TypeNode], InputType]", type_from_ast)
    types = {item.variable.name.value: read_type(schema, item.type) for item in definition.variable_definitions or ()}
    fragments = {
        item.name.value: FragmentDetails(item)
        for item in document.definitions
        if isinstance(item, FragmentDefinitionNode)
    }
    return Chosen(definition, fragments, types)


def _operation(document: DocumentNode, name: str | None) -> OperationDefinitionNode:
    found = [item for item in document.definitions if isinstance(item, OperationDefinitionNode)]
    if name is not None:
        found = [item for item in found if item.name and item.name.value == name]
        if not found:
            raise Refused([GraphQLError(f"The document has no operation named '{name}'.")])
    if len(found) > 1:
        raise Refused([GraphQLError("The document has several operations; name one by operationName.")])
    if not found:
        raise Refused([GraphQLError("The document has no operation.")])
    return found[0]
