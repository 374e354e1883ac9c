"""Filters, orders and pages of lists."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cmp_to_key
from typing import Any

from graph_seed import Claim, EntityFact
from schema import PropertyType
from schema.text import text_key
from service.plan import (
    And,
    ByClaim,
    ByCount,
    ByProperty,
    CountMatches,
    HasRelated,
    NameMatches,
    Not,
    Or,
    Order,
    Page,
    Predicate,
    PropertyMatches,
    Traversal,
    null_placeholder,
)
from service.plan.cursors import write_cursor
from tests.reference.graph import MemoryGraph, Step

_OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "eq": lambda value, wanted: value == wanted,
    "in": lambda value, wanted: value in wanted,
    "contains": lambda value, wanted: wanted in value,
    "startsWith": lambda value, wanted: value.startswith(wanted),
    "endsWith": lambda value, wanted: value.endswith(wanted),
    "lt": lambda value, wanted: value < wanted,
    "lte": lambda value, wanted: value <= wanted,
    "gt": lambda value, wanted: value > wanted,
    "gte": lambda value, wanted: value >= wanted,
}


@dataclass(frozen=True)
class Row:
    """A row of a list: an entity and, in a relation, the claim that leads to it; or a claim; or an entry of the log."""

    entity: EntityFact | None = None
    claim: Claim | None = None
    change: Any = None
    order: tuple[Any, ...] = ()
    """The values by which the list is sorted; a missing one is replaced by its placeholder."""


@dataclass(frozen=True)
class Slice:
    """A page: its rows, and whether there are others around it."""

    rows: tuple[Row, ...]
    has_next: bool
    has_previous: bool


@dataclass(frozen=True)
class Lists:
    """Evaluates the arguments of lists over a graph, with the values of one request."""

    graph: MemoryGraph
    values: Sequence[Any]

    # -------------------------------------------------------------------------------------------------------- filters

    def matches(self, item: EntityFact, predicate: Predicate | None) -> bool:
        match predicate:
            case None:
                return True
            case And(parts):
                return all(self.matches(item, part) for part in parts)
            case Or(parts):
                return any(self.matches(item, part) for part in parts)
            case Not(part):
                return not self.matches(item, part)
            case PropertyMatches(prop, "null"):
                return item.values.get(prop.name) is None
            case PropertyMatches(prop, operator, parameter):
                value = item.values.get(prop.name)
                if value is None:  # a comparison with a missing value is false
                    return False
                normalized = text_key(value) if prop.type is PropertyType.TEXT else value
                return _OPERATORS[operator](normalized, self._value(parameter))
            case NameMatches(operator, parameter):
                return any(_OPERATORS[operator](name, self._value(parameter)) for name in self.graph.names(item))
            case HasRelated(traversal, where):
                return any(
                    self.matches(self.graph.entities[step.end], where) for step in self.traverse(item, traversal)
                )
            case CountMatches(traversal, operator, parameter):
                return _OPERATORS[operator](len(self.traverse(item, traversal)), self._value(parameter))

    def traverse(self, item: EntityFact, traversal: Traversal) -> list[Step]:
        steps = self.graph.steps(item.reference, traversal.edge, traversal.stances)
        if traversal.min_confidence is None:
            return steps
        minimum = self._value(traversal.min_confidence)
        return [step for step in steps if step.claim.assessment.confidence >= minimum]

    # --------------------------------------------------------------------------------------------------------- orders

    def sorted_rows(self, rows: Sequence[Row], order: tuple[Order, ...]) -> list[Row]:
        """The rows in a total order; missing values are last in both directions."""
        keyed = [
            Row(row.entity, row.claim, row.change, tuple(self._order_value(row, term) for term in order))
            for row in rows
        ]
        return sorted(keyed, key=cmp_to_key(lambda one, other: _compare(one.order, other.order, order)))

    def _order_value(self, row: Row, term: Order) -> Any:
        match term:
            case ByProperty(prop):
                value = row.entity.values.get(prop.name) if row.entity else None
                if value is None:
                    return null_placeholder(term)
                return text_key(value) if prop.type is PropertyType.TEXT else value
            case ByCount(edge):
                assert row.entity
                return len(self.graph.steps(row.entity.reference, edge))
            case ByClaim("confidence"):
                assert row.claim
                return row.claim.assessment.confidence
            case ByClaim(name):
                assert row.claim
                date = row.claim.assessment.first_seen if name == "firstSeen" else row.claim.assessment.last_seen
                return null_placeholder(term) if date is None else date

    # ---------------------------------------------------------------------------------------------------------- pages

    def slice(self, rows: Sequence[Row], page: Page, directions: tuple[bool, ...]) -> Slice:
        """The page of sorted rows. `directions` says of each value of a row's order whether it is descending."""
        size = self._value(page.size)

        def side(row: Row, bound: tuple[int, ...]) -> int:
            cursor = tuple(self._value(parameter) for parameter in bound)
            return _compare_values(row.order, cursor, directions)

        window = [
            row
            for row in rows
            if (page.after is None or side(row, page.after) > 0) and (page.before is None or side(row, page.before) < 0)
        ]
        before_window = page.after is not None and any(side(row, page.after) <= 0 for row in rows)
        after_window = page.before is not None and any(side(row, page.before) >= 0 for row in rows)
        is_cut = len(window) > size
        if page.backwards:
            return Slice(
                tuple(window[len(window) - size :] if is_cut else window), after_window, is_cut or before_window
            )
        return Slice(tuple(window[:size]), is_cut or after_window, before_window)

    def cursor(self, row: Row, page: Page) -> str:
        return write_cursor(page.signature, list(row.order))

    def _value(self, parameter: int | None) -> Any:
        assert parameter is not None
        return self.values[parameter]


def _compare(one: tuple[Any, ...], other: tuple[Any, ...], order: tuple[Order, ...]) -> int:
    return _compare_values(one, other, tuple(term.descending for term in order))


def _compare_values(one: tuple[Any, ...], other: tuple[Any, ...], directions: tuple[bool, ...]) -> int:
    for left, right, descending in zip(one, other, directions, strict=True):
        if left != right:
            return 1 if (left < right) == descending else -1
    return 0
