"""The order of a list, and the page of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from schema import Edge, Property, PropertyType
from service.plan.parameters import MAX_INTEGER, ParameterIndex

DEFAULT_PAGE = 20


@dataclass(frozen=True, slots=True)
class ByProperty:
    """Order by a property (text by its key), nulls last."""

    property: Property
    descending: bool


@dataclass(frozen=True, slots=True)
class ByCount:
    """Order by how many hops lead over an edge."""

    edge: Edge
    descending: bool


@dataclass(frozen=True, slots=True)
class ByClaim:
    """Order by the claim that led here: `confidence`, `firstSeen` or `lastSeen`, nulls last."""

    name: str
    descending: bool


Order: TypeAlias = ByProperty | ByCount | ByClaim


@dataclass(frozen=True, slots=True)
class Page:
    """A slice of an ordered list. The last of `order` is the slug, so the order is total.

    `after` and `before` hold one slot per item of `order`. `backwards`: the last `size`, not the first. `signature`
    opens every cursor of this order, so that a cursor of another is refused.
    """

    order: tuple[Order, ...]
    size: ParameterIndex
    backwards: bool
    after: tuple[ParameterIndex, ...] | None
    before: tuple[ParameterIndex, ...] | None
    signature: str


def null_placeholder(order: ByProperty | ByClaim) -> str | int:
    """What stands for null in an order, so that nulls come last and a cursor never holds one."""
    if isinstance(order, ByProperty) and order.property.type is PropertyType.INTEGER:
        return -MAX_INTEGER if order.descending else MAX_INTEGER
    return "" if order.descending else "~"  # only dates can be null, and are digits
