"""What is selected below a field: of an entity, a connection, a claim."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any, Literal

from schema import Edge, Kind, Ontology
from schema.answers import similarity_edges
from service.compiler.list_arguments import KNOWN, ListArguments, without
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
    """Plans selections of one ontology."""

    def __init__(self, ontology: Ontology) -> None:
        self._ontology = ontology
        self._subjects = _unique(item.subject for item in ontology.relations)
        self._objects = _unique(item.object for item in ontology.relations)

    # ------------------------------------------------------------------------------------------------------- entities

    def branches(self, context: PlanningContext, selected: SelectedField, kinds: tuple[str, ...]) -> Branches:
        """What is selected of each kind; kinds of which the same is selected share a branch."""
        kinds_by_parts: dict[tuple[EntityPart, ...], list[str]] = {}
        for name in kinds:
            parts = self.entity(context, selected, self._ontology.kind_by_name[name])
            kinds_by_parts.setdefault(parts, []).append(name)
        return tuple(Branch(tuple(names), parts) for parts, names in kinds_by_parts.items())

    def entity(self, context: PlanningContext, selected: SelectedField, kind: Kind) -> tuple[EntityPart, ...]:
        return context.plan_subfields(selected, kind.name, partial(self._entity_part, context, kind))

    def _entity_part(self, context: PlanningContext, kind: Kind, selected: SelectedField) -> EntityPart:
        if prop := kind.property_by_name.get(selected.name):
            return Scalar(selected.key, prop)
        if edge := kind.edge_by_name.get(selected.name):
            return self._walk(context, selected, edge)
        if selected.name == "alternatives" and similarity_edges(kind):
            return self._alternatives(context, selected, kind)
        lists = ListArguments(self._ontology, context, selected)
        return SourceClaims(selected.key, lists.claim_page(), self.claim_connection(context, selected))

    def any_entity(self, context: PlanningContext, selected: SelectedField) -> Branches:
        """What is selected of an entity of any kind."""
        return self.branches(context, selected, tuple(self._ontology.kind_by_name))

    def _alternatives(self, context: PlanningContext, selected: SelectedField, kind: Kind) -> Alternatives:
        edges = similarity_edges(kind)
        kinds = _unique(edge.target for edge in edges)

        def part_of(part: SelectedField) -> AlternativePart:
            match part.name:
                case "score":
                    return Score(part.key)
                case "shared" | "missing" | "extra" as name:
                    return Overlap(part.key, name, self.branches(context, part, kinds))
                case _:
                    return EntityNode(part.key, self.entity(context, part, kind))

        size = context.first(selected)
        with context.nested(selected):
            parts = context.plan_subfields(selected, "Alternative", part_of)
        return Alternatives(selected.key, kind, edges, size, parts)

    def _walk(self, context: PlanningContext, selected: SelectedField, edge: Edge) -> RelationConnection:
        target = self._ontology.kind_by_name[edge.target]
        lists = ListArguments(self._ontology, context, selected)
        traversal, where, page = lists.traversal(edge), lists.where(target), lists.page(target, claim=True)
        with context.nested(selected):
            parts = self.connection(context, selected, target, edge, where)
        return RelationConnection(selected.key, traversal, where, page, parts)

    # ---------------------------------------------------------------------------------------------------- connections

    def connection(
        self,
        context: PlanningContext,
        selected: SelectedField,
        kind: Kind,
        edge: Edge | None,
        where: Predicate | None,
    ) -> tuple[ConnectionPart, ...]:
        def node(part: SelectedField) -> EntityNode:
            return EntityNode(part.key, self.entity(context, part, kind))

        def claim(part: SelectedField) -> ClaimNode:
            if edge is None:
                return ClaimNode(part.key, None)
            return self.led(context, part, edge)

        def facets(part: SelectedField) -> Facets:
            rule = partial(self._facet, context, kind, where)
            return Facets(part.key, context.plan_subfields(part, f"{kind.name}Facets", rule))

        rules = {"node": node, "claim": claim}
        return self._connection_parts(context, selected, f"{kind.name}Connection", rules, facets)

    def _facet(self, context: PlanningContext, kind: Kind, where: Predicate | None, selected: SelectedField) -> Facet:
        edge = kind.edge_by_name[selected.name]
        target = self._ontology.kind_by_name[edge.target]

        def part_of(part: SelectedField) -> FacetPart:
            if part.name == "target":
                return FacetTarget(part.key, self.entity(context, part, target))
            return FacetCount(part.key)

        size = context.first(selected)
        parts = context.plan_subfields(selected, "FacetCount", part_of)
        return Facet(selected.key, Traversal(edge, KNOWN), without(where, edge), size, parts)

    def claim_connection(self, context: PlanningContext, selected: SelectedField) -> tuple[ConnectionPart, ...]:
        def node(part: SelectedField) -> ClaimNode:
            return ClaimNode(part.key, self.any_claim(context, part))

        return self._connection_parts(context, selected, "ClaimConnection", {"node": node})

    def search_connection(self, context: PlanningContext, selected: SelectedField) -> tuple[ConnectionPart, ...]:
        def node(part: SelectedField) -> AnyNode:
            return AnyNode(part.key, self.any_entity(context, part))

        def score(part: SelectedField) -> Score:
            return Score(part.key)

        def highlights(part: SelectedField) -> Highlights:
            return Highlights(part.key)

        rules = {"node": node, "score": score, "highlights": highlights}
        return self._connection_parts(context, selected, "SearchConnection", rules)

    def change_connection(
        self,
        context: PlanningContext,
        selected: SelectedField,
        change: Callable[[PlanningContext, SelectedField], ChangeNode],
    ) -> tuple[ConnectionPart, ...]:
        def node(part: SelectedField) -> ChangeNode:
            return change(context, part)

        return self._connection_parts(context, selected, "ChangeConnection", {"node": node})

    def _connection_parts(
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
                    return PageInfo(part.key, context.plan_subfields(part, "PageInfo", _page_fact))
                case "facets" if facets is not None:
                    return facets(part)
                case _:
                    return TotalCount(part.key)

        return context.plan_subfields(selected, type_name, connection)

    # --------------------------------------------------------------------------------------------------------- claims

    def led(self, context: PlanningContext, selected: SelectedField, edge: Edge) -> ClaimNode:
        """What is selected of the claim that leads over an edge."""
        ends = (edge.relation.subject,), (edge.relation.object,)
        return ClaimNode(selected.key, self.claim(context, selected, *ends))

    def any_claim(self, context: PlanningContext, selected: SelectedField) -> tuple[ClaimPart, ...]:
        return self.claim(context, selected, self._subjects, self._objects)

    def claim(
        self, context: PlanningContext, selected: SelectedField, subjects: tuple[str, ...], objects: tuple[str, ...]
    ) -> tuple[ClaimPart, ...]:
        def end(part: SelectedField, name: Literal["subject", "object"], kinds: tuple[str, ...]) -> ClaimEnd:
            return ClaimEnd(part.key, name, self.branches(context, part, kinds))

        def part_of(part: SelectedField) -> ClaimPart:
            match part.name:
                case "subject":
                    return end(part, "subject", subjects)
                case "object":
                    return end(part, "object", objects)
                case "evidence":
                    return EvidenceList(
                        part.key, context.plan_subfields(part, "Evidence", partial(self._evidence, context))
                    )
                case name:
                    return ClaimScalar(part.key, name)

        return context.plan_subfields(selected, CLAIM, part_of)

    def _evidence(self, context: PlanningContext, part: SelectedField) -> EvidencePart:
        if part.name == "source":
            return EvidenceSource(part.key, self.entity(context, part, self._ontology.kind_by_name[SOURCE]))
        return EvidenceScalar(part.key, part.name)


def _page_fact(part: SelectedField) -> PageInfoField:
    return PageInfoField(part.key, part.name)


def _unique(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))
