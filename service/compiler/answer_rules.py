"""Plan the answers that are more than rows: the graph as a whole, search, comparison, recommendations, paths."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Literal, TypeAlias

from schema import Edge, Kind, Ontology
from schema.answers import PATH_LENGTH, RequirementList, compared_edges, recommended_kind, requirement_lists, user_edge
from schema.graph import kind_value
from service.compiler.list_arguments import ListArguments
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
    Score,
    Search,
    StepEnd,
    StepPart,
    StepRelation,
    Steps,
    Weight,
)
from service.plan.parameters import MAX_PATH_LENGTH, Conversion

Rule: TypeAlias = Callable[[PlanningContext, SelectedField], Root]

_LEAST = "usedByAtLeast"


def rules(ontology: Ontology, selections: SelectionPlanner) -> dict[str, Rule]:
    """The rules of the root fields, as far as the ontology knows what they are about."""
    found: dict[str, Rule] = {
        "graph": partial(_graph, ontology),
        "search": partial(_search, ontology, selections),
        "paths": partial(_paths, ontology, selections),
    }
    kind = recommended_kind(ontology)
    if kind and compared_edges(kind):
        found["compare"] = partial(_comparison, ontology, selections, kind)
    if kind and requirement_lists(kind):
        found["recommend"] = partial(_recommending, selections, kind)
    return found


def fields(ontology: Ontology) -> Mapping[str, frozenset[str]]:
    """The fields of the answers' types that can be planned."""
    kind = recommended_kind(ontology)
    names = (kind.singular, kind.plural) if kind else ("", "")
    return {
        "GraphInfo": frozenset({"version", "store", "lastChange", "kinds", "relations"}),
        "KindCount": frozenset({"kind", "count"}),
        "RelationCount": frozenset({"relation", "count"}),
        "Comparison": frozenset({names[1], "rows"}),
        "ComparisonRow": frozenset({"relation", "target", "cells"}),
        "Cell": frozenset({names[0], "value", "claim"}),
        "Recommendations": frozenset({"best", "nearMisses"}),
        "Recommendation": frozenset({names[0], "score", "reasons"}),
        "Reason": frozenset({"requirement", "target", "answer", "weight", "claim"}),
        "Alternative": frozenset({names[0], "score", "shared", "missing", "extra"}),
        "Path": frozenset({"length", "confidence", "sentence", "steps"}),
        "Step": frozenset({"from", "relation", "to", "claim"}),
    }


def _graph(ontology: Ontology, context: PlanningContext, selected: SelectedField) -> Graph:
    def counts(part: SelectedField, of: Literal["kinds", "relations"]) -> Counts:
        kinds = ontology.kinds
        names = ontology.relation_names if of == "relations" else tuple(kind.name for kind in kinds)
        values = names if of == "relations" else tuple(map(kind_value, kinds))
        type_name = "RelationCount" if of == "relations" else "KindCount"
        return Counts(part.key, of, names, values, context.plan_subfields(part, type_name, _counted))

    def graph(part: SelectedField) -> GraphScalar | Counts:
        match part.name:
            case "kinds" | "relations" as of:
                return counts(part, of)
            case name:
                return GraphScalar(part.key, name)

    return Graph(selected.key, context.plan_subfields(selected, "GraphInfo", graph))


def _counted(part: SelectedField) -> Count | CountedName:
    return Count(part.key) if part.name == "count" else CountedName(part.key)


def _search(
    ontology: Ontology, selections: SelectionPlanner, context: PlanningContext, selected: SelectedField
) -> Search:
    arguments = context.arguments(selected)
    kind_names = {kind_value(kind): kind.name for kind in ontology.kinds}
    chosen = arguments.get("kinds")
    kinds = tuple(kind_names[name] for name in kind_names if chosen is None or name in map(enum_name, chosen))
    location = selected.location("text")
    text = context.parameter(arguments["text"], Conversion.TEXT, location)
    words = context.parameter(arguments["text"], Conversion.WORDS, location)
    page = ListArguments(ontology, context, selected).search_page()
    return Search(selected.key, text, words, kinds, page, selections.search_connection(context, selected))


def _comparison(
    ontology: Ontology, selections: SelectionPlanner, kind: Kind, context: PlanningContext, selected: SelectedField
) -> Comparison:
    arguments, edges = context.arguments(selected), compared_edges(kind)
    slugs = context.parameter(arguments[kind.plural], Conversion.SLUGS, selected.location(kind.plural), (1,))

    def cell(part: SelectedField, edge: Edge) -> CellPart:
        match part.name:
            case "value":
                return CellValue(part.key)
            case "claim":
                return selections.led(context, part, edge)
            case _:
                return EntityNode(part.key, selections.entity(context, part, kind))

    def row(part: SelectedField, edge: Edge) -> RowPart:
        match part.name:
            case "relation":
                return RowRelation(part.key)
            case "target":
                return EntityNode(part.key, selections.entity(context, part, ontology.kind_by_name[edge.target]))
            case _:
                return Cells(part.key, context.plan_subfields(part, "Cell", partial(cell, edge=edge)))

    def comparison(part: SelectedField) -> ComparedEntities | ComparisonRows:
        if part.name != "rows":
            return ComparedEntities(part.key, selections.entity(context, part, kind))
        rows = (context.plan_subfields(part, "ComparisonRow", partial(row, edge=edge)) for edge in edges)
        return ComparisonRows(part.key, edges, tuple(rows))

    parts = context.plan_subfields(selected, "Comparison", comparison)
    return Comparison(selected.key, kind, slugs, bool(arguments["onlyDifferences"]), parts)


def _recommending(
    selections: SelectionPlanner, kind: Kind, context: PlanningContext, selected: SelectedField
) -> Recommend:
    need = context.arguments(selected)["need"]
    asked = [item for item in requirement_lists(kind) if need.get(item.name) is not None]
    wanted = [need[item.name] for item in asked if item.wanted]
    names = [item.name for item in requirement_lists(kind) if item.wanted]
    nothing = selected.input_error("need", f"ask for something: {', '.join(names)} or {_LEAST}.")
    if (least := need.get(_LEAST)) is None and not wanted:
        raise nothing

    def requirement(item: RequirementList) -> Requirement:
        slugs = context.parameter(need[item.name], Conversion.SLUGS, selected.location(f"need.{item.name}"), (0,))
        return Requirement(item.name, item.edge, item.required, item.wanted, slugs)

    def recommended(part: SelectedField) -> RecommendationList:
        rule = partial(_recommendation, selections, context, kind, asked)
        return RecommendationList(
            part.key, part.name == "nearMisses", context.plan_subfields(part, "Recommendation", rule)
        )

    root = Recommend(
        key=selected.key,
        kind=kind,
        requirements=tuple(map(requirement, asked)),
        users=user_edge(kind),
        min_users=None
        if least is None
        else context.parameter(least, Conversion.COUNT, selected.location(f"need.{_LEAST}")),
        size=context.first(selected),
        parts=context.plan_subfields(selected, "Recommendations", recommended),
    )
    if least is None:
        context.parameter(wanted, Conversion.ASKED, nothing.location, (str(nothing),))  # all lists may be empty
    return root


def _recommendation(
    selections: SelectionPlanner,
    context: PlanningContext,
    kind: Kind,
    asked: Iterable[RequirementList],
    part: SelectedField,
) -> RecommendationPart:
    def reasons(edge: Edge | None) -> tuple[ReasonPart, ...]:
        return context.plan_subfields(part, "Reason", partial(_reason, selections, context, edge))

    match part.name:
        case "score":
            return Score(part.key)
        case "reasons":
            return Reasons(part.key, tuple(reasons(item.edge) for item in asked), reasons(None))
        case _:
            return EntityNode(part.key, selections.entity(context, part, kind))


def _reason(
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
            return ClaimNode(part.key, None) if edge is None else selections.led(context, part, edge)
        case _:
            return AnyNode(part.key, selections.branches(context, part, (edge.target,) if edge else ()))


def _paths(
    ontology: Ontology, selections: SelectionPlanner, context: PlanningContext, selected: SelectedField
) -> Paths:
    arguments = context.arguments(selected)
    longest = PATH_LENGTH if arguments.get("maxLength") is None else arguments["maxLength"]

    def step(part: SelectedField) -> StepPart:
        match part.name:
            case "relation":
                return StepRelation(part.key)
            case "claim":
                return ClaimNode(part.key, selections.any_claim(context, part))
            case "from" | "to" as name:
                return StepEnd(part.key, name, selections.any_entity(context, part))
            case name:
                raise TypeError(f"a step has no field {name}")

    def path(part: SelectedField) -> PathField | Steps:
        if part.name == "steps":
            return Steps(part.key, context.plan_subfields(part, "Step", step))
        return PathField(part.key, part.name)

    return Paths(
        key=selected.key,
        ends=tuple(
            context.parameter(arguments[name], Conversion.PLAIN, selected.location(name)) for name in ("from", "to")
        ),  # type: ignore[arg-type] - two
        max_length=context.parameter(longest, Conversion.LENGTH, selected.location("maxLength")),
        length_limit=min(longest, MAX_PATH_LENGTH) if isinstance(longest, int) else MAX_PATH_LENGTH,
        size=context.first(selected),
        relations=ontology.relations,
        parts=context.plan_subfields(selected, "Path", path),
    )
