"""Order and pagination of a list."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from schema import Edge, Property, PropertyType
from service.plan.parameters import MAX_INTEGER, ParameterIndex

DEFAULT_PAGE = 20


@dataclass(frozen=True, slots=True)
class ByProperty:
    """Order by a property, nulls last. Text is ordered by its normalized key."""

    property: Property
    descending: bool


@dataclass(frozen=True, slots=True)
class ByCount:
    """Order by the number of claims of an edge."""

    edge: Edge
    descending: bool


@dataclass(frozen=True, slots=True)
class ByClaim:
    """Order by the claim that was traversed, nulls last: `confidence`, `firstSeen` or `lastSeen`."""

    name: str
    descending: bool


Order: TypeAlias = ByProperty | ByCount | ByClaim


@dataclass(frozen=True, slots=True)
class Page:
    """A slice of an ordered list. The last item of `order` is the slug, which makes the order total.

    `after` and `before` have one parameter for each item of `order`. `backwards` selects the last `size` rows instead
    of the first. Every cursor starts with `signature`, so that a cursor of another order is rejected.
    """

    order: tuple[Order, ...]
    size: ParameterIndex
    backwards: bool
    after: tuple[ParameterIndex, ...] | None
    before: tuple[ParameterIndex, ...] | None
    signature: str


def null_placeholder(order: ByProperty | ByClaim) -> str | int:
    """Return the value that an order uses instead of null, so that nulls are last and cursors contain no null."""
    if isinstance(order, ByProperty) and order.property.type is PropertyType.INTEGER:
        return -MAX_INTEGER if order.descending else MAX_INTEGER
    return "" if order.descending else "~"  # only dates can be null; they start with a digit
