"""Plan the selections on entities, connections and claims."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any, Literal

from schema import Edge, Kind, Ontology
from schema.answers import similarity_edges
from service.compiler.filter_arguments import DEFAULT_STANCES, FilterArguments, without_edge
from service.compiler.page_arguments import PageArguments
from service.compiler.planning_context import PlanningContext, SelectedField
from service.plan import (
    AlternativePart,
    Alternatives,
    AnyNode,
    Branch,
    Branches,
    ChangeNode,
    ClaimEnd,
    ClaimNode,
    ClaimPart,
    ClaimScalar,
    ConnectionPart,
    Cursor,
    EdgePart,
    Edges,
    EntityNode,
    EntityPart,
    EvidenceList,
    EvidencePart,
    EvidenceScalar,
    EvidenceSource,
    Facet,
    FacetCount,
    FacetPart,
    Facets,
    FacetTarget,
    Highlights,
    Nodes,
    Overlap,
    PageInfo,
    PageInfoField,
    Predicate,
    RelationConnection,
    Scalar,
    Score,
    SourceClaims,
    TotalCount,
    Traversal,
)

CLAIM = "Claim"
SOURCE = "Source"


class SelectionPlanner:
    """Plans the selections on the types of one ontology."""

    def __init__(self, ontology: Ontology) -> None:
        self._ontology = ontology
        self._subjects = _unique(item.subject for item in ontology.relations)
        self._objects = _unique(item.object for item in ontology.relations)

    # ------------------------------------------------------------------------------------------------------- entities

    def plan_branches(self, context: PlanningContext, selected: SelectedField, kinds: tuple[str, ...]) -> Branches:
        """Plan the selection on each of several kinds. Kinds with equal selections share a branch."""
        kinds_by_parts: dict[tuple[EntityPart, ...], list[str]] = {}
        for name in kinds:
            parts = self.plan_entity(context, selected, self._ontology.kind_by_name[name])
            kinds_by_parts.setdefault(parts, []).append(name)
        return tuple(Branch(tuple(names), parts) for parts, names in kinds_by_parts.items())

    def plan_entity(self, context: PlanningContext, selected: SelectedField, kind: Kind) -> tuple[EntityPart, ...]:
        return context.plan_subfields(selected, kind.name, partial(self._plan_entity_part, context, kind))

    def _plan_entity_part(self, context: PlanningContext, kind: Kind, selected: SelectedField) -> EntityPart:
        if prop := kind.property_by_name.get(selected.name):
            return Scalar(selected.key, prop)
        if edge := kind.edge_by_name.get(selected.name):
            return self._plan_relation(context, selected, edge)
        if selected.name == "alternatives" and similarity_edges(kind):
            return self._plan_alternatives(context, selected, kind)
        page = PageArguments(context, selected).claim_page()
        return SourceClaims(selected.key, page, self.plan_claim_connection(context, selected))

    def plan_any_entity(self, context: PlanningContext, selected: SelectedField) -> Branches:
        """Plan the selection on an entity of any kind."""
        return self.plan_branches(context, selected, tuple(self._ontology.kind_by_name))

    def _plan_alternatives(self, context: PlanningContext, selected: SelectedField, kind: Kind) -> Alternatives:
        edges = similarity_edges(kind)
        kinds = _unique(edge.target for edge in edges)

        def part_of(part: SelectedField) -> AlternativePart:
            match part.name:
                case "score":
                    return Score(part.key)
                case "shared" | "missing" | "extra" as name:
                    return Overlap(part.key, name, self.plan_branches(context, part, kinds))
                case _:
                    return EntityNode(part.key, self.plan_entity(context, part, kind))

        size = context.first(selected)
        with context.nested(selected):
            parts = context.plan_subfields(selected, "Alternative", part_of)
        return Alternatives(selected.key, kind, edges, size, parts)

    def _plan_relation(self, context: PlanningContext, selected: SelectedField, edge: Edge) -> RelationConnection:
        target = self._ontology.kind_by_name[edge.target]
        filters = FilterArguments(self._ontology, context, selected)
        traversal, where = filters.traversal(edge), filters.predicate(target)
        page = PageArguments(context, selected).page(target, by_claim=True)
        with context.nested(selected):
            parts = self.plan_connection(context, selected, target, edge, where)
        return RelationConnection(selected.key, traversal, where, page, parts)

    # ---------------------------------------------------------------------------------------------------- connections

    def plan_connection(
        self,
        context: PlanningContext,
        selected: SelectedField,
        kind: Kind,
        edge: Edge | None,
        where: Predicate | None,
    ) -> tuple[ConnectionPart, ...]:
        def node(part: SelectedField) -> EntityNode:
            return EntityNode(part.key, self.plan_entity(context, part, kind))

        def claim(part: SelectedField) -> ClaimNode:
            if edge is None:
                return ClaimNode(part.key, None)
            return self.plan_edge_claim(context, part, edge)

        def facets(part: SelectedField) -> Facets:
            rule = partial(self._plan_facet, context, kind, where)
            return Facets(part.key, context.plan_subfields(part, f"{kind.name}Facets", rule))

        rules = {"node": node, "claim": claim}
        return self._plan_connection_parts(context, selected, f"{kind.name}Connection", rules, facets)

    def _plan_facet(
        self, context: PlanningContext, kind: Kind, where: Predicate | None, selected: SelectedField
    ) -> Facet:
        edge = kind.edge_by_name[selected.name]
        target = self._ontology.kind_by_name[edge.target]

        def part_of(part: SelectedField) -> FacetPart:
            if part.name == "target":
                return FacetTarget(part.key, self.plan_entity(context, part, target))
            return FacetCount(part.key)

        size = context.first(selected)
        parts = context.plan_subfields(selected, "FacetCount", part_of)
        return Facet(selected.key, Traversal(edge, DEFAULT_STANCES), without_edge(where, edge), size, parts)

    def plan_claim_connection(self, context: PlanningContext, selected: SelectedField) -> tuple[ConnectionPart, ...]:
        def node(part: SelectedField) -> ClaimNode:
            return ClaimNode(part.key, self.plan_any_claim(context, part))

        return self._plan_connection_parts(context, selected, "ClaimConnection", {"node": node})

    def plan_search_connection(self, context: PlanningContext, selected: SelectedField) -> tuple[ConnectionPart, ...]:
        def node(part: SelectedField) -> AnyNode:
            return AnyNode(part.key, self.plan_any_entity(context, part))

        def score(part: SelectedField) -> Score:
            return Score(part.key)

        def highlights(part: SelectedField) -> Highlights:
            return Highlights(part.key)

        rules = {"node": node, "score": score, "highlights": highlights}
        return self._plan_connection_parts(context, selected, "SearchConnection", rules)

    def plan_change_connection(
        self,
        context: PlanningContext,
        selected: SelectedField,
        change: Callable[[PlanningContext, SelectedField], ChangeNode],
    ) -> tuple[ConnectionPart, ...]:
        def node(part: SelectedField) -> ChangeNode:
            return change(context, part)

        return self._plan_connection_parts(context, selected, "ChangeConnection", {"node": node})

    def _plan_connection_parts(
        self,
        context: PlanningContext,
        selected: SelectedField,
        type_name: str,
        rules: Mapping[str, Callable[[SelectedField], Any]],
        facets: Callable[[SelectedField], Facets] | None = None,
    ) -> tuple[ConnectionPart, ...]:
        def edge(part: SelectedField) -> EdgePart:
            return Cursor(part.key) if part.name == "cursor" else rules[part.name](part)

        def connection(part: SelectedField) -> ConnectionPart:
            match part.name:
                case "edges":
                    edge_type = type_name.removesuffix("Connection") + "Edge"
                    return Edges(part.key, context.plan_subfields(part, edge_type, edge))
                case "nodes":
                    return Nodes(part.key, rules["node"](part))
                case "pageInfo":
                    return PageInfo(part.key, context.plan_subfields(part, "PageInfo", _page_info_field))
                case "facets" if facets is not None:
                    return facets(part)
                case _:
                    return TotalCount(part.key)

        return context.plan_subfields(selected, type_name, connection)

    # --------------------------------------------------------------------------------------------------------- claims

    def plan_edge_claim(self, context: PlanningContext, selected: SelectedField, edge: Edge) -> ClaimNode:
        """Plan the selection on the claim of an edge."""
        ends = (edge.relation.subject,), (edge.relation.object,)
        return ClaimNode(selected.key, self.plan_claim(context, selected, *ends))

    def plan_any_claim(self, context: PlanningContext, selected: SelectedField) -> tuple[ClaimPart, ...]:
        return self.plan_claim(context, selected, self._subjects, self._objects)

    def plan_claim(
        self, context: PlanningContext, selected: SelectedField, subjects: tuple[str, ...], objects: tuple[str, ...]
    ) -> tuple[ClaimPart, ...]:
        def end(part: SelectedField, name: Literal["subject", "object"], kinds: tuple[str, ...]) -> ClaimEnd:
            return ClaimEnd(part.key, name, self.plan_branches(context, part, kinds))

        def part_of(part: SelectedField) -> ClaimPart:
            match part.name:
                case "subject":
                    return end(part, "subject", subjects)
                case "object":
                    return end(part, "object", objects)
                case "evidence":
                    return EvidenceList(
                        part.key, context.plan_subfields(part, "Evidence", partial(self._plan_evidence, context))
                    )
                case "relationType":
                    return ClaimScalar(part.key, "relation")  # the values of the enum are the names
                case name:
                    return ClaimScalar(part.key, name)

        return context.plan_subfields(selected, CLAIM, part_of)

    def _plan_evidence(self, context: PlanningContext, part: SelectedField) -> EvidencePart:
        if part.name == "source":
            return EvidenceSource(part.key, self.plan_entity(context, part, self._ontology.kind_by_name[SOURCE]))
        return EvidenceScalar(part.key, part.name)


def _page_info_field(part: SelectedField) -> PageInfoField:
    return PageInfoField(part.key, part.name)


def _unique(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))
