"""Plan the answers that are more than rows: the graph as a whole, search, comparison, recommendations, paths."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Literal, TypeAlias

from schema import Edge, Kind, Ontology
from schema.answers import PATH_LENGTH, Asked, adopted, advised, compared, needed
from schema.graph import kind_value
from service.compiler.list_arguments import Lists
from service.compiler.planning_context import Operation, Selected
from service.compiler.selections import Selections
from service.compiler.variables import choice
from service.plan import (
    AnyNode,
    CellPart,
    Cells,
    CellValue,
    ClaimNode,
    Compared,
    CompareRows,
    Comparison,
    Count,
    CountedName,
    Counts,
    EntityNode,
    Graph,
    GraphScalar,
    PathFact,
    Paths,
    ReasonPart,
    Reasons,
    RecommendationPart,
    Recommended,
    Recommending,
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
from service.plan.parameters import LONGEST_PATH, Convert

Rule: TypeAlias = Callable[[Operation, Selected], Root]

_LEAST = "usedByAtLeast"


def rules(ontology: Ontology, selections: Selections) -> dict[str, Rule]:
    """The rules of the root fields, as far as the ontology knows what they are about."""
    found: dict[str, Rule] = {
        "graph": partial(_graph, ontology),
        "search": partial(_search, ontology, selections),
        "paths": partial(_paths, ontology, selections),
    }
    kind = advised(ontology)
    if kind and compared(kind):
        found["compare"] = partial(_comparison, ontology, selections, kind)
    if kind and needed(kind):
        found["recommend"] = partial(_recommending, selections, kind)
    return found


def fields(ontology: Ontology) -> Mapping[str, frozenset[str]]:
    """The fields of the answers' types that can be planned."""
    kind = advised(ontology)
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


def _graph(ontology: Ontology, operation: Operation, selected: Selected) -> Graph:
    def counts(part: Selected, of: Literal["kinds", "relations"]) -> Counts:
        kinds = ontology.kinds
        names = ontology.relation_names if of == "relations" else tuple(kind.name for kind in kinds)
        values = names if of == "relations" else tuple(map(kind_value, kinds))
        type_name = "RelationCount" if of == "relations" else "KindCount"
        return Counts(part.key, of, names, values, operation.parts(part, type_name, _counted))

    def graph(part: Selected) -> GraphScalar | Counts:
        match part.name:
            case "kinds" | "relations" as of:
                return counts(part, of)
            case name:
                return GraphScalar(part.key, name)

    return Graph(selected.key, operation.parts(selected, "GraphInfo", graph))


def _counted(part: Selected) -> Count | CountedName:
    return Count(part.key) if part.name == "count" else CountedName(part.key)


def _search(ontology: Ontology, selections: Selections, operation: Operation, selected: Selected) -> Search:
    arguments = operation.arguments(selected)
    kind_names = {kind_value(kind): kind.name for kind in ontology.kinds}
    chosen = arguments.get("kinds")
    kinds = tuple(kind_names[name] for name in kind_names if chosen is None or name in map(choice, chosen))
    place = selected.place("text")
    text = operation.slot(arguments["text"], Convert.TEXT, place)
    words = operation.slot(arguments["text"], Convert.WORDS, place)
    page = Lists(ontology, operation, selected).search_page()
    return Search(selected.key, text, words, kinds, page, selections.search_connection(operation, selected))


def _comparison(
    ontology: Ontology, selections: Selections, kind: Kind, operation: Operation, selected: Selected
) -> Comparison:
    arguments, edges = operation.arguments(selected), compared(kind)
    slugs = operation.slot(arguments[kind.plural], Convert.SLUGS, selected.place(kind.plural), (1,))

    def cell(part: Selected, edge: Edge) -> CellPart:
        match part.name:
            case "value":
                return CellValue(part.key)
            case "claim":
                return selections.led(operation, part, edge)
            case _:
                return EntityNode(part.key, selections.entity(operation, part, kind))

    def row(part: Selected, edge: Edge) -> RowPart:
        match part.name:
            case "relation":
                return RowRelation(part.key)
            case "target":
                return EntityNode(part.key, selections.entity(operation, part, ontology.kind_by_name[edge.target]))
            case _:
                return Cells(part.key, operation.parts(part, "Cell", partial(cell, edge=edge)))

    def comparison(part: Selected) -> Compared | CompareRows:
        if part.name != "rows":
            return Compared(part.key, selections.entity(operation, part, kind))
        rows = (operation.parts(part, "ComparisonRow", partial(row, edge=edge)) for edge in edges)
        return CompareRows(part.key, edges, tuple(rows))

    parts = operation.parts(selected, "Comparison", comparison)
    return Comparison(selected.key, kind, slugs, bool(arguments["onlyDifferences"]), parts)


def _recommending(selections: Selections, kind: Kind, operation: Operation, selected: Selected) -> Recommending:
    need = operation.arguments(selected)["need"]
    asked = [item for item in needed(kind) if need.get(item.name) is not None]
    wanted = [need[item.name] for item in asked if item.wanted]
    names = [item.name for item in needed(kind) if item.wanted]
    nothing = selected.wrong("need", f"ask for something: {', '.join(names)} or {_LEAST}.")
    if (least := need.get(_LEAST)) is None and not wanted:
        raise nothing

    def requirement(item: Asked) -> Requirement:
        slugs = operation.slot(need[item.name], Convert.SLUGS, selected.place(f"need.{item.name}"), (0,))
        return Requirement(item.name, item.edge, item.required, item.wanted, slugs)

    def recommended(part: Selected) -> Recommended:
        rule = partial(_recommendation, selections, operation, kind, asked)
        return Recommended(part.key, part.name == "nearMisses", operation.parts(part, "Recommendation", rule))

    root = Recommending(
        key=selected.key,
        kind=kind,
        requirements=tuple(map(requirement, asked)),
        users=adopted(kind),
        least=None if least is None else operation.slot(least, Convert.COUNT, selected.place(f"need.{_LEAST}")),
        size=operation.first(selected),
        parts=operation.parts(selected, "Recommendations", recommended),
    )
    if least is None:
        operation.slot(wanted, Convert.ASKED, nothing.place, (str(nothing),))  # all lists may be empty
    return root


def _recommendation(
    selections: Selections, operation: Operation, kind: Kind, asked: Iterable[Asked], part: Selected
) -> RecommendationPart:
    def reasons(edge: Edge | None) -> tuple[ReasonPart, ...]:
        return operation.parts(part, "Reason", partial(_reason, selections, operation, edge))

    match part.name:
        case "score":
            return Score(part.key)
        case "reasons":
            return Reasons(part.key, tuple(reasons(item.edge) for item in asked), reasons(None))
        case _:
            return EntityNode(part.key, selections.entity(operation, part, kind))


def _reason(selections: Selections, operation: Operation, edge: Edge | None, part: Selected) -> ReasonPart:
    match part.name:
        case "requirement":
            return RequirementName(part.key)
        case "answer":
            return CellValue(part.key)
        case "weight":
            return Weight(part.key)
        case "claim":
            return ClaimNode(part.key, None) if edge is None else selections.led(operation, part, edge)
        case _:
            return AnyNode(part.key, selections.branches(operation, part, (edge.target,) if edge else ()))


def _paths(ontology: Ontology, selections: Selections, operation: Operation, selected: Selected) -> Paths:
    arguments = operation.arguments(selected)
    longest = PATH_LENGTH if arguments.get("maxLength") is None else arguments["maxLength"]

    def step(part: Selected) -> StepPart:
        match part.name:
            case "relation":
                return StepRelation(part.key)
            case "claim":
                return ClaimNode(part.key, selections.any_claim(operation, part))
            case "from" | "to" as name:
                return StepEnd(part.key, name, selections.any_entity(operation, part))
            case name:
                raise TypeError(f"a step has no field {name}")

    def path(part: Selected) -> PathFact | Steps:
        if part.name == "steps":
            return Steps(part.key, operation.parts(part, "Step", step))
        return PathFact(part.key, part.name)

    return Paths(
        key=selected.key,
        ends=tuple(operation.slot(arguments[name], Convert.PLAIN, selected.place(name)) for name in ("from", "to")),  # type: ignore[arg-type] - two
        longest=operation.slot(longest, Convert.LENGTH, selected.place("maxLength")),
        most=min(longest, LONGEST_PATH) if isinstance(longest, int) else LONGEST_PATH,
        size=operation.first(selected),
        relations=ontology.relations,
        parts=operation.parts(selected, "Path", path),
    )
