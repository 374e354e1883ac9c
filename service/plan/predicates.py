"""Predicates of filters.

Predicates are two-valued: a comparison with a missing value is false, and its negation is true.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from schema import Edge, Property
from service.plan.parameters import ParameterIndex

Operator = Literal["eq", "ne", "in", "notIn", "contains", "startsWith", "endsWith", "lt", "lte", "gt", "gte", "null"]


@dataclass(frozen=True, slots=True)
class PropertyMatches:
    """A property of the entity compares to a value; text compares by its normalised key. `null` takes no value."""

    property: Property
    operator: Operator
    parameter: ParameterIndex | None


@dataclass(frozen=True, slots=True)
class NameMatches:
    """The name or at least one alias of the entity compares to a value."""

    operator: Operator
    parameter: ParameterIndex


@dataclass(frozen=True, slots=True)
class Traversal:
    """The claims of an edge with one of these stances and, if given, a minimum confidence."""

    edge: Edge
    stances: tuple[str, ...]
    min_confidence: ParameterIndex | None = None


@dataclass(frozen=True, slots=True)
class HasRelated:
    """The traversal reaches at least one entity that matches `where`; None matches every entity."""

    traversal: Traversal
    where: Predicate | None


@dataclass(frozen=True, slots=True)
class CountMatches:
    """The number of claims of the traversal compares to a value."""

    traversal: Traversal
    operator: Operator
    parameter: ParameterIndex


@dataclass(frozen=True, slots=True)
class And:
    parts: tuple[Predicate, ...]


@dataclass(frozen=True, slots=True)
class Or:
    parts: tuple[Predicate, ...]


@dataclass(frozen=True, slots=True)
class Not:
    part: Predicate


Predicate: TypeAlias = PropertyMatches | NameMatches | HasRelated | CountMatches | And | Or | Not


def conjuncts(where: Predicate | None) -> tuple[Predicate, ...]:
    """Return the predicates whose conjunction is the filter."""
    match where:
        case None:
            return ()
        case And(parts):
            return parts
        case _:
            return (where,)
