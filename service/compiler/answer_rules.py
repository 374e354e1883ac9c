"""Plan the root fields with an answer of their own: `graph`, `search`, `compare`, `recommend` and `paths`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Literal, TypeAlias

from schema import Edge, Kind, Ontology
from schema.answers import PATH_LENGTH, RequirementList, compared_edges, recommended_kind, requirement_lists, user_edge
from schema.graph import kind_value
from service.compiler.page_arguments import PageArguments
from service.compiler.planning_context import PlanningContext, SelectedField
from service.compiler.selections import SelectionPlanner
from service.compiler.variables import enum_name
from service.plan import (
    AnyNode,
    CellPart,
    Cells,
    CellValue,
    ClaimNode,
    ComparedEntities,
    Comparison,
    ComparisonRows,
    Count,
    CountedName,
    Counts,
    EntityNode,
    Graph,
    GraphScalar,
    PathField,
    Paths,
    ReasonPart,
    Reasons,
    Recommend,
    RecommendationList,
    RecommendationPart,
    Requirement,
    RequirementName,
    Root,
    RowPart,
    RowRelation,
    RowRelationType,
    Score,
    Search,
    StepEnd,
    StepPart,
    StepRelation,
    Steps,
    Weight,
)
from service.plan.parameters import MAX_PATH_LENGTH, AnyNonEmpty, Conversion, ReferenceKeys

Rule: TypeAlias = Callable[[PlanningContext, SelectedField], Root]

_MIN_USERS = "usedByAtLeast"


def root_rules(ontology: Ontology, selections: SelectionPlanner) -> dict[str, Rule]:
    """Return the rules of the root fields that the ontology supports."""
    rules: dict[str, Rule] = {
        "graph": partial(_plan_graph, ontology),
        "search": partial(_plan_search, ontology, selections),
        "paths": partial(_plan_paths, ontology, selections),
    }
    kind = recommended_kind(ontology)
    if kind and compared_edges(kind):
        rules["compare"] = partial(_plan_comparison, ontology, selections, kind)
    if kind and requirement_lists(kind):
        rules["recommend"] = partial(_plan_recommend, selections, kind)
    return rules


def planned_fields(ontology: Ontology) -> Mapping[str, frozenset[str]]:
    """Return the fields that can be planned, by the name of their type."""
    kind = recommended_kind(ontology)
    names = (kind.singular, kind.plural) if kind else ("", "")
    return {
        "GraphInfo": frozenset({"version", "store", "lastChange", "kinds", "relations"}),
        "KindCount": frozenset({"kind", "count"}),
        "RelationCount": frozenset({"relation", "relationType", "count"}),
        "Comparison": frozenset({names[1], "rows"}),
        "ComparisonRow": frozenset({"relation", "relationType", "target", "cells"}),
        "Cell": frozenset({names[0], "value", "claim"}),
        "Recommendations": frozenset({"best", "nearMisses"}),
        "Recommendation": frozenset({names[0], "score", "reasons"}),
        "Reason": frozenset({"requirement", "target", "answer", "weight", "claim"}),
        "Alternative": frozenset({names[0], "score", "shared", "missing", "extra"}),
        "Path": frozenset({"length", "confidence", "sentence", "steps"}),
        "Step": frozenset({"from", "relation", "relationType", "to", "claim"}),
    }


def _plan_graph(ontology: Ontology, context: PlanningContext, selected: SelectedField) -> Graph:
    def counts(part: SelectedField, of: Literal["kinds", "relations"]) -> Counts:
        kinds = ontology.kinds
        names = ontology.relation_names if of == "relations" else tuple(kind.name for kind in kinds)
        values = names if of == "relations" else tuple(map(kind_value, kinds))
        type_name = "RelationCount" if of == "relations" else "KindCount"
        return Counts(part.key, of, names, values, context.plan_subfields(part, type_name, _plan_count))

    def graph(part: SelectedField) -> GraphScalar | Counts:
        match part.name:
            case "kinds" | "relations" as of:
                return counts(part, of)
            case name:
                return GraphScalar(part.key, name)

    return Graph(selected.key, context.plan_subfields(selected, "GraphInfo", graph))


def _plan_count(part: SelectedField) -> Count | CountedName:
    return Count(part.key) if part.name == "count" else CountedName(part.key)


def _plan_search(
    ontology: Ontology, selections: SelectionPlanner, context: PlanningContext, selected: SelectedField
) -> Search:
    arguments = context.arguments(selected)
    kind_names = {kind_value(kind): kind.name for kind in ontology.kinds}
    values = arguments.get("kinds")
    kinds = tuple(kind_names[name] for name in kind_names if values is None or name in map(enum_name, values))
    location = selected.location("text")
    text = context.parameter(arguments["text"], Conversion.SEARCH_KEY, location)
    words = context.parameter(arguments["text"], Conversion.SEARCH_WORDS, location)
    page = PageArguments(context, selected).search_page()
    return Search(selected.key, text, words, kinds, page, selections.plan_search_connection(context, selected))


def _plan_comparison(
    ontology: Ontology, selections: SelectionPlanner, kind: Kind, context: PlanningContext, selected: SelectedField
) -> Comparison:
    arguments, edges = context.arguments(selected), compared_edges(kind)
    slugs = context.parameter(arguments[kind.plural], ReferenceKeys(min_items=1), selected.location(kind.plural))

    def cell(part: SelectedField, edge: Edge) -> CellPart:
        match part.name:
            case "value":
                return CellValue(part.key)
            case "claim":
                return selections.plan_edge_claim(context, part, edge)
            case _:
                return EntityNode(part.key, selections.plan_entity(context, part, kind))

    def row(part: SelectedField, edge: Edge) -> RowPart:
        match part.name:
            case "relation":
                return RowRelation(part.key)
            case "relationType":
                return RowRelationType(part.key)
            case "target":
                return EntityNode(part.key, selections.plan_entity(context, part, ontology.kind_by_name[edge.target]))
            case _:
                return Cells(part.key, context.plan_subfields(part, "Cell", partial(cell, edge=edge)))

    def comparison(part: SelectedField) -> ComparedEntities | ComparisonRows:
        if part.name != "rows":
            return ComparedEntities(part.key, selections.plan_entity(context, part, kind))
        rows = (context.plan_subfields(part, "ComparisonRow", partial(row, edge=edge)) for edge in edges)
        return ComparisonRows(part.key, edges, tuple(rows))

    parts = context.plan_subfields(selected, "Comparison", comparison)
    return Comparison(selected.key, kind, slugs, bool(arguments["onlyDifferences"]), parts)


def _plan_recommend(
    selections: SelectionPlanner, kind: Kind, context: PlanningContext, selected: SelectedField
) -> Recommend:
    need = context.arguments(selected)["need"]
    lists = [item for item in requirement_lists(kind) if need.get(item.name) is not None]
    wanted = [need[item.name] for item in lists if item.wanted]
    names = [item.name for item in requirement_lists(kind) if item.wanted]
    no_requirement = selected.input_error("need", f"give at least one of {', '.join(names)} and {_MIN_USERS}.")
    min_users = need.get(_MIN_USERS)
    if min_users is None and not wanted:
        raise no_requirement

    def requirement(item: RequirementList) -> Requirement:
        slugs = context.parameter(need[item.name], ReferenceKeys(min_items=0), selected.location(f"need.{item.name}"))
        return Requirement(item.name, item.edge, item.required, item.wanted, slugs)

    def recommendations(part: SelectedField) -> RecommendationList:
        rule = partial(_plan_recommendation, selections, context, kind, lists)
        return RecommendationList(
            part.key, part.name == "nearMisses", context.plan_subfields(part, "Recommendation", rule)
        )

    root = Recommend(
        key=selected.key,
        kind=kind,
        requirements=tuple(map(requirement, lists)),
        users=user_edge(kind),
        min_users=None
        if min_users is None
        else context.parameter(min_users, Conversion.POSITIVE, selected.location(f"need.{_MIN_USERS}")),
        size=context.first(selected),
        parts=context.plan_subfields(selected, "Recommendations", recommendations),
    )
    if min_users is None:  # all lists may be empty
        context.parameter(wanted, AnyNonEmpty(str(no_requirement)), no_requirement.location)
    return root


def _plan_recommendation(
    selections: SelectionPlanner,
    context: PlanningContext,
    kind: Kind,
    lists: Iterable[RequirementList],
    part: SelectedField,
) -> RecommendationPart:
    def reasons(edge: Edge | None) -> tuple[ReasonPart, ...]:
        return context.plan_subfields(part, "Reason", partial(_plan_reason, selections, context, edge))

    match part.name:
        case "score":
            return Score(part.key)
        case "reasons":
            return Reasons(part.key, tuple(reasons(item.edge) for item in lists), reasons(None))
        case _:
            return EntityNode(part.key, selections.plan_entity(context, part, kind))


def _plan_reason(
    selections: SelectionPlanner, context: PlanningContext, edge: Edge | None, part: SelectedField
) -> ReasonPart:
    match part.name:
        case "requirement":
            return RequirementName(part.key)
        case "answer":
            return CellValue(part.key)
        case "weight":
            return Weight(part.key)
        case "claim":
            return ClaimNode(part.key, None) if edge is None else selections.plan_edge_claim(context, part, edge)
        case _:
            return AnyNode(part.key, selections.plan_branches(context, part, (edge.target,) if edge else ()))


def _plan_paths(
    ontology: Ontology, selections: SelectionPlanner, context: PlanningContext, selected: SelectedField
) -> Paths:
    arguments = context.arguments(selected)
    max_length = PATH_LENGTH if arguments.get("maxLength") is None else arguments["maxLength"]

    def step(part: SelectedField) -> StepPart:
        match part.name:
            case "relation" | "relationType":
                return StepRelation(part.key)
            case "claim":
                return ClaimNode(part.key, selections.plan_any_claim(context, part))
            case "from" | "to" as name:
                return StepEnd(part.key, name, selections.plan_any_entity(context, part))
            case name:
                raise TypeError(f"Step.{name} cannot be planned")

    def path(part: SelectedField) -> PathField | Steps:
        if part.name == "steps":
            return Steps(part.key, context.plan_subfields(part, "Step", step))
        return PathField(part.key, part.name)

    return Paths(
        key=selected.key,
        ends=tuple(
            context.parameter(arguments[name], Conversion.PLAIN, selected.location(name)) for name in ("from", "to")
        ),  # type: ignore[arg-type] - a pair
        max_length=context.parameter(max_length, Conversion.PATH_LENGTH, selected.location("maxLength")),
        length_limit=min(max_length, MAX_PATH_LENGTH) if isinstance(max_length, int) else MAX_PATH_LENGTH,
        size=context.first(selected),
        relations=ontology.relations,
        parts=context.plan_subfields(selected, "Path", path),
    )
