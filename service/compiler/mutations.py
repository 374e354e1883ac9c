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
from service.compiler.variables import enum_name
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

    def write(self, context: PlanningContext, selected: SelectedField) -> MutationField:
        arguments = context.arguments(selected)
        nested = "input" in arguments
        given = arguments["input"] if nested else arguments

        def parameter(name: str, value: Any) -> ParameterIndex:
            value = enum_name(value) if isinstance(value, Enum) else value
            return context.parameter(value, Conversion.WRITTEN, selected.location(f"input.{name}" if nested else name))

        values = tuple((name, parameter(name, value)) for name, value in given.items())
        kind = self._kind_by_upsert.get(selected.name)
        return MutationField(selected.key, selected.name, kind, values, self._payload(context, selected))

    def _payload(self, context: PlanningContext, selected: SelectedField) -> Payload:
        own = replace(context, parameters=[])
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
            (type_.name, tuple(part(item, type_) for item in own.subfields(selected, type_.name)))
            for type_ in union.types
        )
        return Payload(parts, Plan(tuple(roots), tuple(own.parameters)))

    # -------------------------------------------------------------------------------------------------------- changes

    def changes(self, context: PlanningContext, selected: SelectedField) -> Changes:
        after = self._after(context, selected)
        behind = None if after is None else (after[1],)
        page = Page((), context.first(selected), backwards=False, after=behind, before=None, signature="")
        return Changes(selected.key, after, page, self._selections.change_connection(context, selected, self.change))

    def listening(self, context: PlanningContext, selected: SelectedField) -> SubscriptionPlan:
        own = replace(context, parameters=[])
        number = own.parameter(0, Conversion.PLAIN, selected.location(selected.key))
        root = ChangeByNumber(selected.key, number, self.change(own, selected).parts)
        chosen = context.arguments(selected).get("kinds")
        named = None if chosen is None else {enum_name(item) for item in chosen}
        kinds = None if named is None else tuple(one.name for one in self._ontology.kinds if kind_value(one) in named)
        after = self._after(context, selected)
        return SubscriptionPlan(
            selected.key, kinds, after, tuple(context.parameters), Plan((root,), tuple(own.parameters))
        )

    def _after(self, context: PlanningContext, selected: SelectedField) -> tuple[ParameterIndex, ParameterIndex] | None:
        given = context.arguments(selected).get("after")
        if given is None:
            return None
        location = selected.location("after")
        digest = context.parameter(given, Conversion.VERSION, location, ("digest",))
        return digest, context.parameter(given, Conversion.VERSION, location, ("sequence",))

    def change(self, context: PlanningContext, selected: SelectedField) -> ChangeNode:
        kinds = self._ontology.kinds

        def part(item: SelectedField) -> ChangePart:
            match item.name:
                case "__typename":
                    return Typename(item.key, item.parent.name)
                case "kind":
                    return ChangedKind(item.key, _names(kinds), tuple(map(kind_value, kinds)))
                case "entity":
                    return ChangedEntity(item.key, self._selections.any_entity(context, item))
                case "claim":
                    return ChangedClaim(item.key, self._selections.any_claim(context, item))
                case name:
                    return ChangeScalar(item.key, name)

        return ChangeNode(selected.key, tuple(map(part, context.subfields(selected, "Change"))))


def _names(kinds: tuple[Kind, ...]) -> tuple[str, ...]:
    return tuple(kind.name for kind in kinds)
