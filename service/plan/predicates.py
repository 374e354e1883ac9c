"""Conditions of a filter.

Predicates are two-valued: a comparison with a missing value is false, its negation true.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from schema import Edge, Property
from service.plan.parameters import ParameterIndex

Operator = Literal["eq", "ne", "in", "notIn", "contains", "startsWith", "endsWith", "lt", "lte", "gt", "gte", "null"]


@dataclass(frozen=True, slots=True)
class PropertyMatches:
    """A property of the entity beside a value; text by its normalised key. `null` takes no value."""

    property: Property
    operator: Operator
    parameter: ParameterIndex | None


@dataclass(frozen=True, slots=True)
class NameMatches:
    """The entity's name, or one of its aliases, beside a value: true when any of them matches."""

    operator: Operator
    parameter: ParameterIndex


@dataclass(frozen=True, slots=True)
class Traversal:
    """The claims that lead over an edge and count: those of these stances and, if asked, at least this sure."""

    edge: Edge
    stances: tuple[str, ...]
    min_confidence: ParameterIndex | None = None


@dataclass(frozen=True, slots=True)
class HasRelated:
    """At least one hop leads to an entity that matches; `where` None: to any."""

    traversal: Traversal
    where: Predicate | None


@dataclass(frozen=True, slots=True)
class CountMatches:
    """How many hops there are beside a value."""

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
    """The predicates that must all hold."""
    match where:
        case None:
            return ()
        case And(parts):
            return parts
        case _:
            return (where,)
