"""Plan what writes and what listens: mutations, whose payloads ask for what was written, and the subscription."""

# graphql-core leaves the types inside its generics open
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false

from __future__ import annotations

from dataclasses import replace
from enum import Enum
from typing import Any

from graphql import GraphQLObjectType, GraphQLUnionType, get_named_type

from schema import Kind, Ontology
from schema.graph import kind_value
from schema.mutations import upsert_name
from service.compiler.planning_context import PlanningContext, SelectedField
from service.compiler.selections import CLAIM, SelectionPlanner
from service.compiler.variables import choice
from service.plan import (
    Branch,
    ChangeByNumber,
    ChangedClaim,
    ChangedEntity,
    ChangedKind,
    ChangeNode,
    ChangePart,
    Changes,
    ChangeScalar,
    MutationField,
    NodeLookup,
    Page,
    Payload,
    PayloadEntity,
    PayloadField,
    PayloadPart,
    Plan,
    SubscriptionPlan,
    Typename,
)
from service.plan.parameters import Conversion, ParameterIndex

FIELDS = {
    "Change": frozenset({"cursor", "at", "action", "entity", "claim", "slug", "kind", "count"}),
    "Deleted": frozenset({"id", "version"}),
    "Claimed": frozenset({"claim", "version"}),
    "Retracted": frozenset({"claim", "version"}),
    "NotFound": frozenset({"message", "nearest"}),
    "Conflict": frozenset({"message", "field", "value"}),
    "InvalidInput": frozenset({"message", "field"}),
    "NotAuthorized": frozenset({"message"}),
    "Subscription": frozenset({"changes"}),
}
"""The fields of the types of writing that can be planned."""


def fields(ontology: Ontology) -> dict[str, frozenset[str]]:
    """All such fields, those of every kind among them."""
    upserted = {f"Upserted{kind.name}": frozenset({kind.singular, "version"}) for kind in ontology.kinds}
    return {**FIELDS, **upserted, "Mutation": frozenset({*map(upsert_name, ontology.kinds), *_OTHERS})}


_OTHERS = ("deleteEntity", "claim", "retract")


class MutationPlanner:
    """Plans the root fields of mutations and of the subscription, for one ontology."""

    def __init__(self, ontology: Ontology, selections: SelectionPlanner) -> None:
        self._ontology = ontology
        self._selections = selections
        self._kind_by_upsert = {upsert_name(kind): kind for kind in ontology.kinds}

    # --------------------------------------------------------------------------------------------------------- writes

    def write(self, operation: PlanningContext, selected: SelectedField) -> MutationField:
        arguments = operation.arguments(selected)
        nested = "input" in arguments
        given = arguments["input"] if nested else arguments

        def parameter(name: str, value: Any) -> ParameterIndex:
            value = choice(value) if isinstance(value, Enum) else value
            return operation.parameter(
                value, Conversion.WRITTEN, selected.location(f"input.{name}" if nested else name)
            )

        values = tuple((name, parameter(name, value)) for name, value in given.items())
        kind = self._kind_by_upsert.get(selected.name)
        return MutationField(selected.key, selected.name, kind, values, self._payload(operation, selected))

    def _payload(self, operation: PlanningContext, selected: SelectedField) -> Payload:
        own = replace(operation, parameters=[])
        id_ = own.parameter("", Conversion.PLAIN, selected.location(selected.key))
        union = get_named_type(selected.parent.fields[selected.name].type)
        assert isinstance(union, GraphQLUnionType)  # noqa: S101 - every mutation answers with one
        roots: list[NodeLookup] = []

        def part(item: SelectedField, type_: GraphQLObjectType) -> PayloadPart:
            if item.name == "__typename":
                return Typename(item.key, type_.name)
            named = get_named_type(type_.fields[item.name].type)
            if not isinstance(named, GraphQLObjectType):
                return PayloadField(item.key, item.name)
            if named.name == CLAIM:
                roots.append(
                    NodeLookup(item.key, id_, many=False, branches=(), claim=self._selections.any_claim(own, item))
                )
            else:
                parts = self._selections.entity(own, item, self._ontology.kind_by_name[named.name])
                branch = Branch((named.name,), parts)
                roots.append(NodeLookup(item.key, id_, many=False, branches=(branch,), claim=()))
            return PayloadEntity(item.key)

        parts = tuple(
            (type_.name, tuple(part(item, type_) for item in own.below(selected, type_.name))) for type_ in union.types
        )
        return Payload(parts, Plan(tuple(roots), tuple(own.parameters)))

    # -------------------------------------------------------------------------------------------------------- changes

    def changes(self, operation: PlanningContext, selected: SelectedField) -> Changes:
        after = self._after(operation, selected)
        behind = None if after is None else (after[1],)
        page = Page((), operation.first(selected), backwards=False, after=behind, before=None, signature="")
        return Changes(selected.key, after, page, self._selections.change_connection(operation, selected, self.change))

    def listening(self, operation: PlanningContext, selected: SelectedField) -> SubscriptionPlan:
        own = replace(operation, parameters=[])
        number = own.parameter(0, Conversion.PLAIN, selected.location(selected.key))
        root = ChangeByNumber(selected.key, number, self.change(own, selected).parts)
        chosen = operation.arguments(selected).get("kinds")
        named = None if chosen is None else {choice(item) for item in chosen}
        kinds = None if named is None else tuple(one.name for one in self._ontology.kinds if kind_value(one) in named)
        after = self._after(operation, selected)
        return SubscriptionPlan(
            selected.key, kinds, after, tuple(operation.parameters), Plan((root,), tuple(own.parameters))
        )

    def _after(
        self, operation: PlanningContext, selected: SelectedField
    ) -> tuple[ParameterIndex, ParameterIndex] | None:
        given = operation.arguments(selected).get("after")
        if given is None:
            return None
        location = selected.location("after")
        digest = operation.parameter(given, Conversion.VERSION, location, ("digest",))
        return digest, operation.parameter(given, Conversion.VERSION, location, ("sequence",))

    def change(self, operation: PlanningContext, selected: SelectedField) -> ChangeNode:
        kinds = self._ontology.kinds

        def part(item: SelectedField) -> ChangePart:
            match item.name:
                case "__typename":
                    return Typename(item.key, item.parent.name)
                case "kind":
                    return ChangedKind(item.key, _names(kinds), tuple(map(kind_value, kinds)))
                case "entity":
                    return ChangedEntity(item.key, self._selections.any_entity(operation, item))
                case "claim":
                    return ChangedClaim(item.key, self._selections.any_claim(operation, item))
                case name:
                    return ChangeScalar(item.key, name)

        return ChangeNode(selected.key, tuple(map(part, operation.below(selected, "Change"))))


def _names(kinds: tuple[Kind, ...]) -> tuple[str, ...]:
    return tuple(kind.name for kind in kinds)
