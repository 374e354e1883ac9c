"""Separate the values of variables from their shape, so that requests with equal shapes share a plan.

A plan must not contain the values of a request. So before arguments are coerced, `mark_variables` replaces every leaf of
the coerced variables with a `VariableMarker` that records its path. Values that determine the text of a statement (nulls,
keys, lengths of lists, enum values and booleans) stay. `variable_shape` returns the same information as a hashable key.
"""

# graphql-core does not type the arguments of its generics
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
"""A graphql.GraphQLInputType. It is Any because graphql-core does not type the items of lists."""

Types: TypeAlias = Mapping[str, InputType]
"""The types of the variables of an operation, by name."""


@dataclass(frozen=True, slots=True)
class VariableMarker:
    """A placeholder for the value at this path of a request's variables."""

    path: tuple[str | int, ...]


def mark_variables(variables: Mapping[str, Any], types: Types) -> dict[str, Any]:
    """Replace the leaves that do not influence the text of a statement with markers."""
    return {name: _mark(value, types[name], (name,)) for name, value in variables.items()}


def variable_shape(variables: Mapping[str, Any], types: Types) -> Hashable:
    """Return everything about coerced variables that influences the text of a statement."""
    return tuple((name, _shape(value, types[name])) for name, value in variables.items())


def value_source(value: Any) -> ValueSource:
    """Return the source of an argument's value, which is a constant, a marker or a list of these."""
    match value:
        case VariableMarker(path):
            return VariablePath(path)
        case list():
            items = tuple(value_source(item) for item in cast("list[Any]", value))
            return Constant(value) if all(isinstance(item, Constant) for item in items) else ListOf(items)
        case _:
            return Constant(value)


def enum_name(value: Any, enum: Any = None) -> str:
    """Return the GraphQL name of an enum value. Pass `enum` if the value may be that of a member instead of the member."""
    member = enum(value) if enum is not None and not isinstance(value, Enum) else value
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
    """Return whether values of the type never influence the text of a statement."""
    bare = _nullable(type_)
    return not isinstance(bare, GraphQLList | GraphQLInputObjectType | GraphQLEnumType) and bare is not GraphQLBoolean
