"""Conditions of a filter.

Predicates are two-valued: a comparison with a missing value is false, its negation true.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from schema import Edge, Property
from service.plan.parameters import Slot

Operator = Literal["eq", "ne", "in", "notIn", "contains", "startsWith", "endsWith", "lt", "lte", "gt", "gte", "null"]


@dataclass(frozen=True, slots=True)
class Compare:
    """A property of the entity beside a value; text by its normalised key. `null` takes no value."""

    property: Property
    operator: Operator
    slot: Slot | None


@dataclass(frozen=True, slots=True)
class Named:
    """The entity's name, or one of its aliases, beside a value: true when any of them matches."""

    operator: Operator
    slot: Slot


@dataclass(frozen=True, slots=True)
class Hops:
    """The claims that lead over an edge and count: those of these stances and, if asked, at least this sure."""

    edge: Edge
    stances: tuple[str, ...]
    least: Slot | None = None


@dataclass(frozen=True, slots=True)
class Related:
    """At least one hop leads to an entity that matches; `where` None: to any."""

    hops: Hops
    where: Predicate | None


@dataclass(frozen=True, slots=True)
class Counted:
    """How many hops there are beside a value."""

    hops: Hops
    operator: Operator
    slot: Slot


@dataclass(frozen=True, slots=True)
class All:
    parts: tuple[Predicate, ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    parts: tuple[Predicate, ...]


@dataclass(frozen=True, slots=True)
class Not:
    part: Predicate


Predicate: TypeAlias = Compare | Named | Related | Counted | All | AnyOf | Not


def conjuncts(where: Predicate | None) -> tuple[Predicate, ...]:
    """The predicates that must all hold."""
    match where:
        case None:
            return ()
        case All(parts):
            return parts
        case _:
            return (where,)
