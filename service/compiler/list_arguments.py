"""Which rows of a list, in which order, and which slice: arguments -> Predicate, Order, Page."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Mapping
from typing import Any, cast

from schema import Edge, Kind, Ontology, Property, PropertyType
from schema.answers import SEARCH_SIZE
from service.compiler.planning_context import PlanningContext, SelectedField
from service.compiler.variables import enum_name
from service.plan import (
    DEFAULT_PAGE,
    And,
    ByClaim,
    ByCount,
    ByProperty,
    ClaimFilter,
    CountMatches,
    HasRelated,
    NameMatches,
    Not,
    Operator,
    Or,
    Order,
    Page,
    Predicate,
    PropertyMatches,
    Traversal,
)
from service.plan.parameters import Conversion, ParameterIndex

ALWAYS = And(())
NEVER = Or(())
KNOWN = ("HAS", "DISPUTED")
CLAIM_ORDER = "claims"
SEARCH_ORDER = "search"


class ListArguments:
    """Reads the arguments of one list field."""

    def __init__(self, ontology: Ontology, context: PlanningContext, selected: SelectedField) -> None:
        self._ontology = ontology
        self._context = context
        self._selected = selected
        self.arguments: dict[str, Any] = context.arguments(selected)

    def where(self, kind: Kind) -> Predicate | None:
        """The filter of a list of this kind; None when it lets everything pass."""
        given = self.arguments.get("where")
        predicate = self._filter(kind, given, "where") if given else ALWAYS
        return None if predicate == ALWAYS else predicate

    def traversal(self, edge: Edge) -> Traversal:
        """The claims that a relation field walks over."""
        return Traversal(edge, self._stances(self.arguments.get("stance")))

    def claims(self) -> ClaimFilter:
        """The filter of a list of claims."""
        given: dict[str, Any] = self.arguments.get("where") or {}
        converts = {
            "subject": Conversion.PLAIN,
            "object": Conversion.PLAIN,
            "source": Conversion.PLAIN,
            "relation": Conversion.RELATIONS,
            "minConfidence": Conversion.THOUSANDTHS,
        }
        parameters: dict[str, ParameterIndex | None] = {
            name: self._parameter(given[name], conversion, f"where.{name}", self._ontology.relation_names)
            for name, conversion in converts.items()
            if given.get(name) is not None
        }
        stances = given.get("stance")
        return ClaimFilter(
            subject=parameters.get("subject"),
            object=parameters.get("object"),
            source=parameters.get("source"),
            relations=parameters.get("relation"),
            stances=None if stances is None else self._stances(stances),
            min_confidence=parameters.get("minConfidence"),
        )

    def page(self, kind: Kind, *, claim: bool) -> Page:
        """The slice of a list of this kind; `claim`: it was reached over a relation."""
        order = tuple(self._order(kind, claim=claim))
        told = ",".join(map(_told, order))
        return self._slice(order, f"{kind.name}:{told}", tuple(map(_cursor_type, order)))

    def claim_page(self) -> Page:
        """The slice of a list of claims, whose order is always that of their keys."""
        return self._slice((), CLAIM_ORDER, (str,))

    def search_page(self) -> Page:
        """The slice of what was found, whose order is always that of `Search`; it has no page before another."""
        return self._slice((), SEARCH_ORDER, (int, int, str, str), SEARCH_SIZE)

    # ---------------------------------------------------------------------------------------------------------- slices

    def _slice(self, order: tuple[Order, ...], told: str, types: tuple[type, ...], default: int = DEFAULT_PAGE) -> Page:
        first, last = self.arguments.get("first"), self.arguments.get("last")
        if first is not None and last is not None:
            raise self._selected.input_error("last", "give `first` or `last`, not both.")
        backwards = last is not None
        size = last if backwards else default if first is None else first
        signature = f"{zlib.crc32(told.encode()):08x}"
        return Page(
            order=order,
            size=self._parameter(size, Conversion.SIZE, "last" if backwards else "first"),
            backwards=backwards,
            after=self._cursor("after", signature, types),
            before=self._cursor("before", signature, types),
            signature=signature,
        )

    def _cursor(self, argument: str, signature: str, types: tuple[type, ...]) -> tuple[ParameterIndex, ...] | None:
        given = self.arguments.get(argument)
        if given is None:
            return None
        return tuple(
            self._parameter(given, Conversion.CURSOR, argument, (signature, types, index))
            for index in range(len(types))
        )

    def _order(self, kind: Kind, *, claim: bool) -> Iterable[Order]:
        seen: set[str] = set()
        for index, item in enumerate(cast("list[dict[str, Any]]", self.arguments.get("orderBy") or [])):
            if len(item) != 1 or None in item.values():
                raise self._selected.input_error(f"orderBy.{index}", "name exactly one thing to order by.")
            ((name, direction),) = item.items()
            order = self._one_order(kind, name, direction, f"orderBy.{index}.{name}", claim=claim)
            term = _told(order).rstrip("+-")
            if term not in seen:
                yield order
            seen.add(term)
            if term == "slug":  # nothing behind a unique value can matter
                return
        yield ByProperty(kind.property_by_name["slug"], descending=False)

    def _one_order(self, kind: Kind, name: str, direction: Any, argument: str, *, claim: bool) -> Order:
        if name == "claim":
            if not claim:
                raise self._selected.input_error(
                    argument, "a root list walks no relation, so there is no claim to order by."
                )
            if len(direction) != 1 or None in direction.values():
                raise self._selected.input_error(argument, "name exactly one thing about the claim to order by.")
            ((what, way),) = direction.items()
            return ByClaim(what, _descends(way))
        if name in kind.edge_by_name:
            return ByCount(kind.edge_by_name[name], _descends(direction["count"]))
        return ByProperty(kind.property_by_name[name], _descends(direction))

    # --------------------------------------------------------------------------------------------------------- filters

    def _filter(self, kind: Kind, given: Mapping[str, Any], argument: str) -> Predicate:
        return _all(
            part for name, value in given.items() for part in self._terms(kind, name, value, f"{argument}.{name}")
        )

    def _terms(self, kind: Kind, name: str, value: Any, argument: str) -> Iterable[Predicate]:
        if value is None:
            return
        if name == "and":
            yield _all(self._filter(kind, item, argument) for item in value)
        elif name == "or":
            yield Or(tuple(self._filter(kind, item, argument) for item in value))
        elif name == "not":
            yield Not(self._filter(kind, value, argument))
        elif name in kind.edge_by_name:
            yield from self._relation(kind.edge_by_name[name], value, argument)
        elif kind.property_by_name[name].type is PropertyType.CHOICE:
            prop = kind.property_by_name[name]
            names = [enum_name(item, prop.annotation) for item in value]
            yield PropertyMatches(prop, "in", self._parameter(names, Conversion.PLAIN, argument))
        else:
            yield from self._property(kind.property_by_name[name], value, argument)

    def _property(self, prop: Property, given: Mapping[str, Any], argument: str) -> Iterable[Predicate]:
        named = prop.name == "name"
        for name, value in given.items():
            if value is None:
                if name in {"eq", "ne"}:
                    missing: Predicate = NEVER if prop.required else PropertyMatches(prop, "null", None)
                    yield missing if name == "eq" else Not(missing)
                continue
            operator, negated = _positive(name)
            parameter = self._parameter(value, _convert(prop, operator), f"{argument}.{name}")
            term = NameMatches(operator, parameter) if named else PropertyMatches(prop, operator, parameter)
            yield Not(term) if negated else term

    def _relation(self, edge: Edge, given: Mapping[str, Any], argument: str) -> Iterable[Predicate]:
        target = self._ontology.kind_by_name[edge.target]
        least = given.get("minConfidence")
        traversal = Traversal(
            edge,
            self._stances(given.get("stance")),
            None if least is None else self._parameter(least, Conversion.THOUSANDTHS, f"{argument}.minConfidence"),
        )
        quantifiers = {name: given[name] for name in ("some", "none", "all", "count") if given.get(name) is not None}
        for name, value in quantifiers.items():
            if name == "count":
                yield from self._count(traversal, value, f"{argument}.count")
                continue
            where = self._filter(target, value, f"{argument}.{name}")
            if name == "some":
                yield HasRelated(traversal, None if where == ALWAYS else where)
            elif name == "none":
                yield Not(HasRelated(traversal, None if where == ALWAYS else where))
            else:
                yield Not(HasRelated(traversal, Not(where)))
        if not quantifiers:
            yield HasRelated(traversal, None)

    def _count(self, traversal: Traversal, given: Mapping[str, Any], argument: str) -> Iterable[Predicate]:
        for name, value in given.items():
            if value is None:
                if name in {"eq", "ne"}:  # a count is never missing
                    yield NEVER if name == "eq" else ALWAYS
                continue
            operator, negated = _positive(name)
            term = CountMatches(traversal, operator, self._parameter(value, Conversion.PLAIN, f"{argument}.{name}"))
            yield Not(term) if negated else term

    def _stances(self, given: list[Any] | None) -> tuple[str, ...]:
        if given is None:
            return KNOWN
        asked = {enum_name(item) for item in given}
        return tuple(name for name in ("HAS", "DISPUTED", "LACKS") if name in asked)

    def _parameter(
        self, value: Any, conversion: Conversion, argument: str, detail: tuple[Any, ...] = ()
    ) -> ParameterIndex:
        return self._context.parameter(value, conversion, self._selected.location(argument), detail)


def without(where: Predicate | None, edge: Edge) -> Predicate | None:
    """A filter less what it asks, on its topmost level, of this edge."""
    match where:
        case And(parts):
            left = tuple(part for part in parts if not _asks(part, edge))
            return And(left) if left else None
        case None:
            return None
        case _:
            return None if _asks(where, edge) else where


def _asks(predicate: Predicate, edge: Edge) -> bool:
    match predicate:
        case HasRelated(traversal) | CountMatches(traversal):
            return traversal.edge == edge
        case Not(part):
            return _asks(part, edge)
        case _:
            return False


def _positive(name: str) -> tuple[Operator, bool]:
    """`notIn` is not `in`: every negation is a Not, so that a missing value is treated in one place."""
    match name:
        case "ne":
            return "eq", True
        case "notIn":
            return "in", True
        case _:
            return cast("Operator", name), False


def _convert(prop: Property, operator: Operator) -> Conversion:
    if prop.type is not PropertyType.TEXT:
        return Conversion.PLAIN
    return Conversion.KEYS if operator == "in" else Conversion.KEY


def _all(parts: Iterable[Predicate]) -> Predicate:
    flat = (item for part in parts for item in (part.parts if isinstance(part, And) else (part,)))
    needed = tuple(flat)
    return needed[0] if len(needed) == 1 else And(needed)


def _descends(direction: Any) -> bool:
    return enum_name(direction) == "DESC"


def _told(order: Order) -> str:
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
