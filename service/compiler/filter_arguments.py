"""Plan the filters of a list: the arguments `where` and `stance`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, cast

from schema import Edge, Kind, Ontology, Property, PropertyType
from service.compiler.planning_context import PlanningContext, SelectedField
from service.compiler.variables import enum_name
from service.plan import (
    And,
    ClaimFilter,
    CountMatches,
    HasRelated,
    NameMatches,
    Not,
    Operator,
    Or,
    Predicate,
    PropertyMatches,
    Traversal,
)
from service.plan.parameters import AnyConversion, Conversion, ParameterIndex, RelationNames

DEFAULT_STANCES = ("HAS", "DISPUTED")
_ALWAYS = And(())
_NEVER = Or(())


class FilterArguments:
    """The arguments of one list field that filter it."""

    def __init__(self, ontology: Ontology, context: PlanningContext, selected: SelectedField) -> None:
        self._ontology = ontology
        self._context = context
        self._selected = selected
        self._arguments: dict[str, Any] = context.arguments(selected)

    def predicate(self, kind: Kind) -> Predicate | None:
        """Return the filter of a list of entities, or None if it matches every entity."""
        fields = self._arguments.get("where")
        predicate = self._filter(kind, fields, "where") if fields else _ALWAYS
        return None if predicate == _ALWAYS else predicate

    def traversal(self, edge: Edge) -> Traversal:
        """Return the claims that a relation field traverses."""
        return Traversal(edge, _stances(self._arguments.get("stance")))

    def claim_filter(self) -> ClaimFilter:
        """Return the filter of a list of claims."""
        fields: dict[str, Any] = self._arguments.get("where") or {}
        conversions: dict[str, AnyConversion] = {
            "subject": Conversion.PLAIN,
            "object": Conversion.PLAIN,
            "source": Conversion.PLAIN,
            "relation": RelationNames(self._ontology.relation_names),
            "minConfidence": Conversion.THOUSANDTHS,
        }
        parameters = {
            name: self._parameter(fields[name], conversion, f"where.{name}")
            for name, conversion in conversions.items()
            if fields.get(name) is not None
        }
        stances = fields.get("stance")
        return ClaimFilter(
            subject=parameters.get("subject"),
            object=parameters.get("object"),
            source=parameters.get("source"),
            relations=parameters.get("relation"),
            stances=None if stances is None else _stances(stances),
            min_confidence=parameters.get("minConfidence"),
        )

    def _filter(self, kind: Kind, fields: Mapping[str, Any], argument: str) -> Predicate:
        return _and(
            part for name, value in fields.items() for part in self._terms(kind, name, value, f"{argument}.{name}")
        )

    def _terms(self, kind: Kind, name: str, value: Any, argument: str) -> Iterable[Predicate]:
        if value is None:
            return
        if name == "and":
            yield _and(self._filter(kind, item, argument) for item in value)
        elif name == "or":
            yield Or(tuple(self._filter(kind, item, argument) for item in value))
        elif name == "not":
            yield Not(self._filter(kind, value, argument))
        elif name in kind.edge_by_name:
            yield from self._relation_terms(kind.edge_by_name[name], value, argument)
        elif kind.property_by_name[name].type is PropertyType.CHOICE:
            prop = kind.property_by_name[name]
            names = [enum_name(item, prop.annotation) for item in value]
            yield PropertyMatches(prop, "in", self._parameter(names, Conversion.PLAIN, argument))
        else:
            yield from self._property_terms(kind.property_by_name[name], value, argument)

    def _property_terms(self, prop: Property, operators: Mapping[str, Any], argument: str) -> Iterable[Predicate]:
        for name, value in operators.items():
            if value is None:
                if name in {"eq", "ne"}:
                    missing: Predicate = _NEVER if prop.required else PropertyMatches(prop, "null", None)
                    yield missing if name == "eq" else Not(missing)
                continue
            operator, negated = _split_negation(name)
            parameter = self._parameter(value, _property_conversion(prop, operator), f"{argument}.{name}")
            is_name = prop.name == "name"
            term = NameMatches(operator, parameter) if is_name else PropertyMatches(prop, operator, parameter)
            yield Not(term) if negated else term

    def _relation_terms(self, edge: Edge, fields: Mapping[str, Any], argument: str) -> Iterable[Predicate]:
        target = self._ontology.kind_by_name[edge.target]
        traversal = self._filter_traversal(edge, fields, argument)
        quantifiers = {name: fields[name] for name in ("some", "none", "all", "count") if fields.get(name) is not None}
        for name, value in quantifiers.items():
            if name == "count":
                yield from self._count_terms(traversal, value, f"{argument}.count")
                continue
            where = self._filter(target, value, f"{argument}.{name}")
            if name == "some":
                yield HasRelated(traversal, None if where == _ALWAYS else where)
            elif name == "none":
                yield Not(HasRelated(traversal, None if where == _ALWAYS else where))
            else:
                yield Not(HasRelated(traversal, Not(where)))
        if not quantifiers:
            yield HasRelated(traversal, None)

    def _filter_traversal(self, edge: Edge, fields: Mapping[str, Any], argument: str) -> Traversal:
        min_confidence = fields.get("minConfidence")
        return Traversal(
            edge,
            _stances(fields.get("stance")),
            None
            if min_confidence is None
            else self._parameter(min_confidence, Conversion.THOUSANDTHS, f"{argument}.minConfidence"),
        )

    def _count_terms(self, traversal: Traversal, operators: Mapping[str, Any], argument: str) -> Iterable[Predicate]:
        for name, value in operators.items():
            if value is None:
                if name in {"eq", "ne"}:  # a count is never null
                    yield _NEVER if name == "eq" else _ALWAYS
                continue
            operator, negated = _split_negation(name)
            term = CountMatches(traversal, operator, self._parameter(value, Conversion.PLAIN, f"{argument}.{name}"))
            yield Not(term) if negated else term

    def _parameter(self, value: Any, conversion: AnyConversion, argument: str) -> ParameterIndex:
        return self._context.parameter(value, conversion, self._selected.location(argument))


def without_edge(where: Predicate | None, edge: Edge) -> Predicate | None:
    """Return a filter without its top-level conditions on an edge."""
    match where:
        case And(parts):
            remaining = tuple(part for part in parts if not _is_condition_on(part, edge))
            return And(remaining) if remaining else None
        case None:
            return None
        case _:
            return None if _is_condition_on(where, edge) else where


def _is_condition_on(predicate: Predicate, edge: Edge) -> bool:
    match predicate:
        case HasRelated(traversal) | CountMatches(traversal):
            return traversal.edge == edge
        case Not(part):
            return _is_condition_on(part, edge)
        case _:
            return False


def _stances(values: list[Any] | None) -> tuple[str, ...]:
    if values is None:
        return DEFAULT_STANCES
    names = {enum_name(item) for item in values}
    return tuple(name for name in ("HAS", "DISPUTED", "LACKS") if name in names)


def _split_negation(name: str) -> tuple[Operator, bool]:
    """Return the positive operator, and whether it is negated: `notIn` -> `in`, True.

    Every negation is a Not, so that missing values are handled in one place.
    """
    match name:
        case "ne":
            return "eq", True
        case "notIn":
            return "in", True
        case _:
            return cast("Operator", name), False


def _property_conversion(prop: Property, operator: Operator) -> Conversion:
    if prop.type is not PropertyType.TEXT:
        return Conversion.PLAIN
    return Conversion.TEXT_KEYS if operator == "in" else Conversion.TEXT_KEY


def _and(parts: Iterable[Predicate]) -> Predicate:
    flat = tuple(item for part in parts for item in (part.parts if isinstance(part, And) else (part,)))
    return flat[0] if len(flat) == 1 else And(flat)
