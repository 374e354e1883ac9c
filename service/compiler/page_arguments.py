"""Plan the order and the pagination of a list: `orderBy`, `first`, `last`, `after` and `before`."""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from typing import Any, cast

from schema import Kind, PropertyType
from schema.answers import SEARCH_SIZE
from service.compiler.planning_context import PlanningContext, SelectedField
from service.compiler.variables import enum_name
from service.plan import DEFAULT_PAGE, ByClaim, ByCount, ByProperty, Order, Page
from service.plan.parameters import Conversion, CursorValue, ParameterIndex

_CLAIM_ORDER = "claims"
_SEARCH_ORDER = "search"


class PageArguments:
    """The arguments of one list field that select a page."""

    def __init__(self, context: PlanningContext, selected: SelectedField) -> None:
        self._context = context
        self._selected = selected
        self._arguments: dict[str, Any] = context.arguments(selected)

    def page(self, kind: Kind, *, by_claim: bool) -> Page:
        """Return the page of a list of entities; `by_claim` allows the order of the claims that lead to them."""
        order = tuple(self._order(kind, by_claim=by_claim))
        description = f"{kind.name}:{','.join(map(_describe, order))}"
        return self._page(order, description, tuple(map(_cursor_type, order)))

    def claim_page(self) -> Page:
        """Return the page of a list of claims, which is always ordered by their keys."""
        return self._page((), _CLAIM_ORDER, (str,))

    def search_page(self) -> Page:
        """Return the page of search results, whose order is described at `Search`."""
        return self._page((), _SEARCH_ORDER, (int, int, str, str), SEARCH_SIZE)

    def _page(
        self, order: tuple[Order, ...], description: str, types: tuple[type, ...], default_size: int = DEFAULT_PAGE
    ) -> Page:
        first, last = self._arguments.get("first"), self._arguments.get("last")
        if first is not None and last is not None:
            raise self._selected.input_error("last", "give `first` or `last`, not both.")
        backwards = last is not None
        size = last if backwards else default_size if first is None else first
        signature = f"{zlib.crc32(description.encode()):08x}"
        return Page(
            order=order,
            size=self._parameter(size, Conversion.PAGE_SIZE, "last" if backwards else "first"),
            backwards=backwards,
            after=self._cursor("after", signature, types),
            before=self._cursor("before", signature, types),
            signature=signature,
        )

    def _cursor(self, argument: str, signature: str, types: tuple[type, ...]) -> tuple[ParameterIndex, ...] | None:
        value = self._arguments.get(argument)
        if value is None:
            return None
        return tuple(
            self._parameter(value, CursorValue(signature, types, index), argument) for index in range(len(types))
        )

    def _parameter(self, value: Any, conversion: Conversion | CursorValue, argument: str) -> ParameterIndex:
        return self._context.parameter(value, conversion, self._selected.location(argument))

    def _order(self, kind: Kind, *, by_claim: bool) -> Iterable[Order]:
        seen: set[str] = set()
        for index, item in enumerate(cast("list[dict[str, Any]]", self._arguments.get("orderBy") or [])):
            ((name, value),) = item.items()
            order = self._order_term(kind, name, value, f"orderBy.{index}.{name}", by_claim=by_claim)
            term = _describe(order).rstrip("+-")
            if term not in seen:
                yield order
            seen.add(term)
            if term == "slug":  # slugs are unique, so later terms have no effect
                return
        yield ByProperty(kind.property_by_name["slug"], descending=False)

    def _order_term(self, kind: Kind, name: str, value: Any, argument: str, *, by_claim: bool) -> Order:
        if name == "claim":
            if not by_claim:
                message = "only a list of related entities can be ordered by claims."
                raise self._selected.input_error(argument, message)
            ((claim_field, direction),) = value.items()
            return ByClaim(claim_field, _is_descending(direction))
        if name in kind.edge_by_name:
            return ByCount(kind.edge_by_name[name], _is_descending(value["count"]))
        return ByProperty(kind.property_by_name[name], _is_descending(value))


def _is_descending(direction: Any) -> bool:
    return enum_name(direction) == "DESC"


def _describe(order: Order) -> str:
    """Return the text of a term from which the signature of the order is computed."""
    sign = "-" if order.descending else "+"
    match order:
        case ByProperty(prop):
            return f"{prop.name}{sign}"
        case ByCount(edge):
            return f"{edge.name}.count{sign}"
        case ByClaim(name):
            return f"claim.{name}{sign}"


def _cursor_type(order: Order) -> type:
    match order:
        case ByProperty(prop):
            return int if prop.type is PropertyType.INTEGER else str
        case ByCount():
            return int
        case ByClaim(name):
            return int if name == "confidence" else str
