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
    """Compares a property of the entity to a value; text by its normalized key. The operator `null` takes no value."""

    property: Property
    operator: Operator
    parameter: ParameterIndex | None


@dataclass(frozen=True, slots=True)
class NameMatches:
    """Compares the name and the aliases of the entity to a value; true if any of them matches."""

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
    """Whether the traversal reaches an entity that matches `where`; None matches every entity."""

    traversal: Traversal
    where: Predicate | None


@dataclass(frozen=True, slots=True)
class CountMatches:
    """Compares the number of claims of the traversal to a value."""

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
