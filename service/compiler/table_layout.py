"""Where the rows of an answer stand and what their columns are, as the operation itself says: an empty answer has them too."""

# graphql-core leaves the types inside its generics open
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from graphql import (
    GraphQLError,
    GraphQLNamedType,
    GraphQLSchema,
    get_named_type,
    get_nullable_type,
    is_abstract_type,
    is_leaf_type,
    is_list_type,
)

from service.compiler.introspection import NAMES
from service.compiler.operation import RequestError
from service.compiler.planning_context import PlanningContext, SelectedField


@dataclass(frozen=True, slots=True)
class TableLayout:
    """`path`: the response keys that lead to the rows; `listed`: whether there is a list, or one object that is the row.

    A column is the path from a row to a leaf, lists on the way left out: `("features", "nodes", "name")`.
    """

    path: tuple[str, ...]
    listed: bool
    columns: tuple[tuple[str, ...], ...]


def table_layout(context: PlanningContext) -> TableLayout:
    """The rows of an operation with one root field: its first list of objects, the least deep one; raises Refused."""
    roots = [root for root in context.roots() if root.name != "__typename"]
    if len(roots) != 1 or roots[0].name in NAMES:
        told = ", ".join(root.key for root in roots) or "none"
        raise RequestError(
            [GraphQLError(f"Rows are made of one root field that asks for data; this operation has {told}.")]
        )
    level: list[tuple[SelectedField, tuple[str, ...]]] = [(roots[0], (roots[0].key,))]
    while level:
        below: list[tuple[SelectedField, tuple[str, ...]]] = []
        for selected, path in level:
            if _is_list(selected):
                return TableLayout(path, listed=True, columns=_columns(context, selected))
            below += [(part, (*path, part.key)) for part in _objects(context, selected)]
        level = below
    return TableLayout((roots[0].key,), listed=False, columns=_columns(context, roots[0]))


def _is_list(selected: SelectedField) -> bool:
    return is_list_type(get_nullable_type(_type(selected)))


def _type(selected: SelectedField) -> Any:
    return selected.parent.fields[selected.name].type


def _named(selected: SelectedField) -> GraphQLNamedType:
    return get_named_type(_type(selected))


def _objects(context: PlanningContext, selected: SelectedField) -> Iterator[SelectedField]:
    """The fields below one that have fields of their own."""
    return (part for part in _below(context, selected) if not _is_leaf(part))


def _is_leaf(selected: SelectedField) -> bool:
    return selected.name == "__typename" or is_leaf_type(_named(selected))


def _below(context: PlanningContext, selected: SelectedField) -> Iterator[SelectedField]:
    """What is selected below a field, of whichever of its types; what is selected of several at once comes once."""
    seen: set[tuple[int, ...]] = set()
    for name in _types(context.schema, _named(selected)):
        for part in context.subfields(selected, name):
            asked = tuple(id(item.node) for item in part.details)
            if asked not in seen:
                seen.add(asked)
                yield part


def _types(schema: GraphQLSchema, type_: GraphQLNamedType) -> list[str]:
    return [one.name for one in schema.get_possible_types(type_)] if is_abstract_type(type_) else [type_.name]


def _columns(context: PlanningContext, selected: SelectedField) -> tuple[tuple[str, ...], ...]:
    found: dict[tuple[str, ...], None] = {}
    for part in _below(context, selected):
        if _is_leaf(part):
            found[(part.key,)] = None
        else:
            found.update(((part.key, *column), None) for column in _columns(context, part))
    return tuple(found)
