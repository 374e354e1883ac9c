"""Errors of single fields, with the null propagation of the GraphQL specification.

A valid request can still have a field whose arguments are invalid: a nullable variable with a default may stand in a
non-null position, and its value can be null. The specification makes this an error of that field, whenever the field is
reached, not of the request. A plan selects a marker in place of such a field. If the marker is in the response, the field
was reached: `apply_field_errors` then replaces it by null, with an error, as graphql-core does.

https://spec.graphql.org/September2025/#sec-Handling-Execution-Errors
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, TypeAlias, cast

from graphql import GraphQLError, GraphQLList, GraphQLNonNull

from service.errors import ErrorCode

MARKER = "__FieldError_d1f6"
"""What a plan selects in place of a field with an error; a GraphQL name that no schema uses."""

OutputTypes: TypeAlias = tuple[Any, ...]
"""GraphQL output types, in whose lists graphql-core leaves the type of the items open."""


@dataclass(frozen=True, slots=True)
class FieldError:
    """The error of a field at this response path, without list indexes; `types` are those of the fields on the path.

    `in_selection`: the selection set of the field cannot be collected, so that there is an error for each object that it
    returns; the marker is then a field of these objects. An empty path means the selection set of the operation.
    """

    error: GraphQLError
    path: tuple[str, ...]
    types: OutputTypes
    in_selection: bool = False

    def located(self, path: tuple[str | int, ...] | None) -> GraphQLError:
        """Return the error with the path of the response at which it occurred."""
        error = self.error
        return GraphQLError(
            error.message,
            nodes=error.nodes,
            source=error.source,
            positions=error.positions,
            path=path,
            extensions={"code": ErrorCode.BAD_USER_INPUT},
        )


class _NullPropagation(Exception):  # noqa: N818 - it carries an error up to the nearest nullable field
    def __init__(self, error: GraphQLError) -> None:
        super().__init__(error.message)
        self.error = error


def apply_field_errors(
    data: dict[str, Any], field_errors: Iterable[FieldError]
) -> tuple[dict[str, Any] | None, list[GraphQLError]]:
    """Return the data with nulls in place of markers, and the errors in the order of the response."""
    located: list[tuple[tuple[int, ...], GraphQLError]] = []
    for field_error in field_errors:
        if not field_error.path:
            return None, [field_error.located(None)]
        try:
            _Application(field_error, located).visit(data, 0, (), ())
        except _NullPropagation as propagation:
            return None, [propagation.error]
    return data, [error for _, error in sorted(located, key=lambda item: item[0])]


@dataclass(frozen=True, slots=True)
class _Application:
    """Applies one field error to the response; `located` collects errors with their position in the response."""

    field_error: FieldError
    located: list[tuple[tuple[int, ...], GraphQLError]]

    def visit(self, parent: dict[str, Any], depth: int, path: tuple[str | int, ...], order: tuple[int, ...]) -> None:
        key = self.field_error.path[depth]
        if key in parent:
            order = (*order, list(parent).index(key))
            parent[key] = self._complete(parent[key], self.field_error.types[depth], depth, (*path, key), order)

    def _complete(self, value: Any, type_: Any, depth: int, path: tuple[str | int, ...], order: tuple[int, ...]) -> Any:
        if isinstance(type_, GraphQLNonNull):
            return self._complete_value(value, cast("Any", type_).of_type, depth, path, order)
        try:
            return self._complete_value(value, type_, depth, path, order)
        except _NullPropagation as propagation:
            self.located.append((order, propagation.error))
            return None

    def _complete_value(
        self, value: Any, type_: Any, depth: int, path: tuple[str | int, ...], order: tuple[int, ...]
    ) -> Any:
        is_last = depth == len(self.field_error.path) - 1
        if is_last and not self.field_error.in_selection and value == MARKER:
            raise _NullPropagation(self.field_error.located(path))
        if isinstance(type_, GraphQLList) and isinstance(value, list):
            items = enumerate(cast("list[Any]", value))
            item_type = cast("Any", type_).of_type
            return [self._complete(item, item_type, depth, (*path, index), (*order, index)) for index, item in items]
        if isinstance(value, dict):
            parent = cast("dict[str, Any]", value)
            if not is_last:
                self.visit(parent, depth + 1, path, order)
            elif self.field_error.in_selection and MARKER in parent:
                raise _NullPropagation(self.field_error.located(path))
        return cast("Any", value)
