"""Select the operation of a document that a request executes."""

# graphql-core does not type the arguments of its generics
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
from service.errors import ErrorCode

MAX_ERRORS = 20
"""The maximum number of errors that are reported for a document or for its variables."""

_MAX_MESSAGE_CHARACTERS = 500


class RequestError(Exception):
    """The request is invalid and was not executed."""

    def __init__(self, errors: list[GraphQLError]) -> None:
        super().__init__(errors[0].message)
        self.errors = errors

    @classmethod
    def of(cls, message: str, code: ErrorCode) -> RequestError:
        return cls([GraphQLError(message, extensions={"code": code})])


def truncate_messages(errors: Iterable[GraphQLError]) -> list[GraphQLError]:
    """Truncate messages to 500 characters, because they may quote the request."""
    truncated = list(errors)
    for error in truncated:
        if len(error.message) > _MAX_MESSAGE_CHARACTERS:
            error.message = f"{error.message[:_MAX_MESSAGE_CHARACTERS]}..."
    return truncated


@dataclass(frozen=True, slots=True)
class SelectedOperation:
    """An operation, the fragments of its document and the types of its variables."""

    definition: OperationDefinitionNode
    fragments: dict[str, FragmentDetails]
    types: Types


def select_operation(schema: GraphQLSchema, document: DocumentNode, name: str | None) -> SelectedOperation:
    """Return the operation with this name, or the only operation. Raise RequestError if there is not exactly one."""
    definition = find_definition(document, name)
    read_type = cast("Callable[[GraphQLSchema, TypeNode], InputType]", type_from_ast)
    types = {item.variable.name.value: read_type(schema, item.type) for item in definition.variable_definitions or ()}
    fragments = {
        item.name.value: FragmentDetails(item)
        for item in document.definitions
        if isinstance(item, FragmentDefinitionNode)
    }
    return SelectedOperation(definition, fragments, types)


def find_definition(document: DocumentNode, name: str | None) -> OperationDefinitionNode:
    """Return the definition of an operation; see `select_operation`."""
    matches = [item for item in document.definitions if isinstance(item, OperationDefinitionNode)]
    if name is not None:
        matches = [item for item in matches if item.name and item.name.value == name]
    if len(matches) > 1:
        message = "The document has several operations; select one with `operationName`."
        raise RequestError.of(message, ErrorCode.OPERATION_RESOLUTION_FAILURE)
    if not matches:
        raise RequestError([no_operation(name)])
    return matches[0]


def no_operation(name: str | None) -> GraphQLError:
    """Return the error for a document without an operation with this name, or without any operation."""
    suffix = "" if name is None else f" named '{name[:_MAX_MESSAGE_CHARACTERS]}'"
    return GraphQLError(
        f"The document has no operation{suffix}.", extensions={"code": ErrorCode.OPERATION_RESOLUTION_FAILURE}
    )
