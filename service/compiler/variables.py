"""Where the values of an operation come from: coerced variables, marked so that a plan can point at them.

A plan must not hold the values of one request. So before arguments are coerced, every leaf of the coerced variables is
replaced by a `VariableMarker` that remembers its path; what decides the shape of a statement (nulls, keys, list lengths, enum
values and booleans) stays. `shape` is that same information as a hashable key.
"""

# graphql-core leaves the types inside its generics open
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, TypeAlias, cast

from graphql import (
    GraphQLBoolean,
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNonNull,
)

from service.plan.parameters import Constant, ListOf, ValueSource, VariablePath

InputType: TypeAlias = Any
"""A graphql.GraphQLInputType, whose lists graphql-core leaves without the type of their items."""

Types: TypeAlias = Mapping[str, InputType]
"""The types of an operation's variables by name."""


@dataclass(frozen=True, slots=True)
class VariableMarker:
    """Stands for the value that a request has at this path of its variables."""

    path: tuple[str | int, ...]


def mark(variables: Mapping[str, Any], types: Types) -> dict[str, Any]:
    """Return coerced variables with a Mark for every leaf whose value a statement does not depend on."""
    return {name: _mark(value, types[name], (name,)) for name, value in variables.items()}


def shape(variables: Mapping[str, Any], types: Types) -> Hashable:
    """Return what a statement depends on of coerced variables; equal shapes share a plan."""
    return tuple((name, _shape(value, types[name])) for name, value in variables.items())


def value_source(value: Any) -> ValueSource:
    """Return where a marked leaf, or a list of them, comes from."""
    match value:
        case VariableMarker(path):
            return VariablePath(path)
        case list():
            origins = tuple(value_source(item) for item in cast("list[Any]", value))
            return Constant(value) if all(isinstance(one, Constant) for one in origins) else ListOf(origins)
        case _:
            return Constant(value)


def enum_name(value: Any, of: Any = None) -> str:
    """Return the name of an enum value as GraphQL spells it; `of` is the enum, where the value may be bare."""
    member = of(value) if of is not None and not isinstance(value, Enum) else value
    return member.name if isinstance(member, Enum) else str(member)


def _mark(value: Any, type_: InputType, path: tuple[str | int, ...]) -> Any:
    type_ = _nullable(type_)
    if value is None:
        return None
    if isinstance(type_, GraphQLList):
        if _is_free(type_.of_type):
            return VariableMarker(path)
        return [_mark(item, type_.of_type, (*path, index)) for index, item in enumerate(value)]
    if isinstance(type_, GraphQLInputObjectType):
        return {name: _mark(item, type_.fields[name].type, (*path, name)) for name, item in value.items()}
    return VariableMarker(path) if _is_free(type_) else value


def _shape(value: Any, type_: InputType) -> Hashable:
    type_ = _nullable(type_)
    if value is None:
        return None
    if isinstance(type_, GraphQLList):
        return True if _is_free(type_.of_type) else tuple(_shape(item, type_.of_type) for item in value)
    if isinstance(type_, GraphQLInputObjectType):
        return tuple((name, _shape(item, type_.fields[name].type)) for name, item in value.items())
    return True if _is_free(type_) else value


def _nullable(type_: InputType) -> Any:
    return type_.of_type if isinstance(type_, GraphQLNonNull) else type_


def _is_free(type_: InputType) -> bool:
    """Whether a value of the type never changes a statement's text."""
    bare = _nullable(type_)
    return not isinstance(bare, GraphQLList | GraphQLInputObjectType | GraphQLEnumType) and bare is not GraphQLBoolean
