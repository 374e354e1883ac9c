"""The table that an operation returns as CSV or JSON Lines.

The rows and columns follow from the operation, not from the answer, so that an empty answer has the same columns.
"""

# graphql-core does not type the arguments of its generics
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from graphql import (
    GraphQLNamedType,
    GraphQLSchema,
    get_named_type,
    get_nullable_type,
    is_abstract_type,
    is_leaf_type,
    is_list_type,
)

from service.compiler.introspection import INTROSPECTION_FIELDS
from service.compiler.operation import RequestError
from service.compiler.planning_context import PlanningContext, SelectedField
from service.errors import ErrorCode


@dataclass(frozen=True, slots=True)
class TableLayout:
    """The rows are the items of the list at `path`. If `is_list` is false, the only row is the object at `path`.

    Paths consist of response keys. A column is the path from a row to a leaf: `("features", "nodes", "name")`.
    """

    path: tuple[str, ...]
    is_list: bool
    columns: tuple[tuple[str, ...], ...]


def table_layout(context: PlanningContext) -> TableLayout:
    """Return the table of an operation with one root field: its least nested list of objects, or the root field.

    Raise RequestError if the operation does not have exactly one root field that returns data.
    """
    roots = [root for root in context.roots() if root.name != "__typename"]
    if len(roots) != 1 or roots[0].name in INTROSPECTION_FIELDS:
        keys = ", ".join(root.key for root in roots) or "none"
        message = f"A table needs exactly one root field that returns data; this operation has {keys}."
        raise RequestError.of(message, ErrorCode.BAD_REQUEST)
    level: list[tuple[SelectedField, tuple[str, ...]]] = [(roots[0], (roots[0].key,))]
    while level:
        next_level: list[tuple[SelectedField, tuple[str, ...]]] = []
        for selected, path in level:
            if _is_list(selected):
                return TableLayout(path, is_list=True, columns=_columns(context, selected))
            next_level += [(part, (*path, part.key)) for part in _objects(context, selected)]
        level = next_level
    return TableLayout((roots[0].key,), is_list=False, columns=_columns(context, roots[0]))


def _is_list(selected: SelectedField) -> bool:
    return is_list_type(get_nullable_type(_type(selected)))


def _type(selected: SelectedField) -> Any:
    return selected.parent.fields[selected.name].type


def _named_type(selected: SelectedField) -> GraphQLNamedType:
    return get_named_type(_type(selected))


def _objects(context: PlanningContext, selected: SelectedField) -> Iterator[SelectedField]:
    """Return the subfields that have subfields of their own."""
    return (part for part in _subfields(context, selected) if not _is_leaf(part))


def _is_leaf(selected: SelectedField) -> bool:
    return selected.name == "__typename" or is_leaf_type(_named_type(selected))


def _subfields(context: PlanningContext, selected: SelectedField) -> Iterator[SelectedField]:
    """Return the subfields on all object types of a field; a subfield on several types is returned once."""
    seen: set[tuple[int, ...]] = set()
    for name in _object_types(context.schema, _named_type(selected)):
        for part in context.subfields(selected, name):
            nodes = tuple(id(item.node) for item in part.details)
            if nodes not in seen:
                seen.add(nodes)
                yield part


def _object_types(schema: GraphQLSchema, type_: GraphQLNamedType) -> list[str]:
    return [item.name for item in schema.get_possible_types(type_)] if is_abstract_type(type_) else [type_.name]


def _columns(context: PlanningContext, selected: SelectedField) -> tuple[tuple[str, ...], ...]:
    columns: dict[tuple[str, ...], None] = {}
    for part in _subfields(context, selected):
        if _is_leaf(part):
            columns[(part.key,)] = None
        else:
            columns.update(((part.key, *column), None) for column in _columns(context, part))
    return tuple(columns)
