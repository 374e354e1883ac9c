"""The operation of a document that a request asks for."""

# graphql-core leaves the types inside its generics open
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false

from __future__ import annotations

from collections.abc import Callable, Iterable
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

from service.compiler.variables import InputType, Types

MAX_ERRORS = 20
"""How many errors of one document, or of its variables, a client is told."""

_LONGEST_MESSAGE = 500


class RequestError(Exception):
    """The request itself is wrong; nothing was executed."""

    def __init__(self, errors: list[GraphQLError]) -> None:
        super().__init__(errors[0].message)
        self.errors = errors


def shortened(errors: Iterable[GraphQLError]) -> list[GraphQLError]:
    """Errors whose messages, which may quote what the client has sent, have at most 500 characters."""
    told = list(errors)
    for error in told:
        if len(error.message) > _LONGEST_MESSAGE:
            error.message = f"{error.message[:_LONGEST_MESSAGE]}..."
    return told


@dataclass(frozen=True, slots=True)
class SelectedOperation:
    """An operation with the fragments it may spread and the types of its variables."""

    definition: OperationDefinitionNode
    fragments: dict[str, FragmentDetails]
    types: Types


def select_operation(schema: GraphQLSchema, document: DocumentNode, name: str | None) -> SelectedOperation:
    """Pick the operation of this name, or the only one; raises Refused."""
    definition = operation_of(document, name)
    read_type = cast("Callable[[GraphQLSchema, TypeNode], InputType]", type_from_ast)
    types = {item.variable.name.value: read_type(schema, item.type) for item in definition.variable_definitions or ()}
    fragments = {
        item.name.value: FragmentDetails(item)
        for item in document.definitions
        if isinstance(item, FragmentDefinitionNode)
    }
    return SelectedOperation(definition, fragments, types)


def operation_of(document: DocumentNode, name: str | None) -> OperationDefinitionNode:
    """The operation of this name, or the only one; raises Refused."""
    found = [item for item in document.definitions if isinstance(item, OperationDefinitionNode)]
    if name is not None:
        found = [item for item in found if item.name and item.name.value == name]
    if len(found) > 1:
        raise RequestError([GraphQLError("The document has several operations; name one by operationName.")])
    if not found:
        raise RequestError([no_operation(name)])
    return found[0]


def no_operation(name: str | None) -> GraphQLError:
    """What a client is told whose document lacks the operation of this name, or any."""
    named = "" if name is None else f" named '{name[:_LONGEST_MESSAGE]}'"
    return GraphQLError(f"The document has no operation{named}.")
