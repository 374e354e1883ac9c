"""Plan mutations, with the queries for their payloads, and subscriptions."""

# graphql-core does not type the arguments of its generics
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false

from __future__ import annotations

from dataclasses import replace
from enum import Enum
from functools import partial
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
)
from service.plan.parameters import Conversion, ParameterIndex, VersionPart

_PLANNED_FIELDS = {
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
"""The fields that can be planned, by the name of their type; those of other types depend on the ontology."""


def planned_fields(ontology: Ontology) -> dict[str, frozenset[str]]:
    """Return the fields that can be planned, by the name of their type."""
    upserted = {f"Upserted{kind.name}": frozenset({kind.singular, "version"}) for kind in ontology.kinds}
    return {**_PLANNED_FIELDS, **upserted, "Mutation": frozenset({*map(upsert_name, ontology.kinds), *_OTHERS})}


_OTHERS = ("deleteEntity", "claim", "retract")


class MutationPlanner:
    """Plans the root fields of mutations and subscriptions, for one ontology."""

    def __init__(self, ontology: Ontology, selections: SelectionPlanner) -> None:
        self._ontology = ontology
        self._selections = selections
        self._kind_by_upsert = {upsert_name(kind): kind for kind in ontology.kinds}

    def plan_mutation(self, context: PlanningContext, selected: SelectedField) -> MutationField:
        arguments = context.arguments(selected)
        nested = "input" in arguments
        fields = arguments["input"] if nested else arguments

        def parameter(name: str, value: Any) -> ParameterIndex:
            value = enum_name(value) if isinstance(value, Enum) else value
            return context.parameter(value, Conversion.STORED, selected.location(f"input.{name}" if nested else name))

        values = tuple((name, parameter(name, value)) for name, value in fields.items())
        kind = self._kind_by_upsert.get(selected.name)
        return MutationField(selected.key, selected.name, kind, values, self._plan_payload(context, selected))

    def _plan_payload(self, context: PlanningContext, selected: SelectedField) -> Payload:
        payload_context = replace(context, parameters=[])
        id_ = payload_context.parameter("", Conversion.PLAIN, selected.location(selected.key))
        union = get_named_type(selected.parent.fields[selected.name].type)
        assert isinstance(union, GraphQLUnionType)  # noqa: S101 - every mutation returns a union
        roots: list[NodeLookup] = []

        def part(item: SelectedField, type_: GraphQLObjectType) -> PayloadPart:
            field_type = get_named_type(type_.fields[item.name].type)
            if not isinstance(field_type, GraphQLObjectType):
                return PayloadField(item.key, item.name)
            if field_type.name == CLAIM:
                roots.append(
                    NodeLookup(
                        item.key,
                        id_,
                        many=False,
                        branches=(),
                        claim=self._selections.plan_any_claim(payload_context, item),
                    )
                )
            else:
                parts = self._selections.plan_entity(
                    payload_context, item, self._ontology.kind_by_name[field_type.name]
                )
                branch = Branch((field_type.name,), parts)
                roots.append(NodeLookup(item.key, id_, many=False, branches=(branch,), claim=()))
            return PayloadEntity(item.key)

        parts = tuple(
            (type_.name, payload_context.plan_subfields(selected, type_.name, partial(part, type_=type_)))
            for type_ in union.types
        )
        return Payload(parts, Plan(tuple(roots), tuple(payload_context.parameters)))

    def plan_changes(self, context: PlanningContext, selected: SelectedField) -> Changes:
        after = self._after(context, selected)
        sequence = None if after is None else (after[1],)
        page = Page((), context.first(selected), backwards=False, after=sequence, before=None, signature="")
        return Changes(
            selected.key, after, page, self._selections.plan_change_connection(context, selected, self.plan_change)
        )

    def plan_subscription(self, context: PlanningContext, selected: SelectedField) -> SubscriptionPlan:
        change_context = replace(context, parameters=[])
        number = change_context.parameter(0, Conversion.PLAIN, selected.location(selected.key))
        root = ChangeByNumber(selected.key, number, self.plan_change(change_context, selected).parts)
        values = context.arguments(selected).get("kinds")
        names = None if values is None else {enum_name(item) for item in values}
        kinds = (
            None if names is None else tuple(kind.name for kind in self._ontology.kinds if kind_value(kind) in names)
        )
        after = self._after(context, selected)
        return SubscriptionPlan(
            selected.key, kinds, after, tuple(context.parameters), Plan((root,), tuple(change_context.parameters))
        )

    def _after(self, context: PlanningContext, selected: SelectedField) -> tuple[ParameterIndex, ParameterIndex] | None:
        version = context.arguments(selected).get("after")
        if version is None:
            return None
        location = selected.location("after")
        digest = context.parameter(version, VersionPart("digest"), location)
        return digest, context.parameter(version, VersionPart("sequence"), location)

    def plan_change(self, context: PlanningContext, selected: SelectedField) -> ChangeNode:
        kinds = self._ontology.kinds

        def part(item: SelectedField) -> ChangePart:
            match item.name:
                case "kind":
                    return ChangedKind(item.key, _names(kinds), tuple(map(kind_value, kinds)))
                case "entity":
                    return ChangedEntity(item.key, self._selections.plan_any_entity(context, item))
                case "claim":
                    return ChangedClaim(item.key, self._selections.plan_any_claim(context, item))
                case name:
                    return ChangeScalar(item.key, name)

        return ChangeNode(selected.key, context.plan_subfields(selected, "Change", part))


def _names(kinds: tuple[Kind, ...]) -> tuple[str, ...]:
    return tuple(kind.name for kind in kinds)
