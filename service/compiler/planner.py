"""Plan an operation: GraphQL selection -> Plan. A pure function of document, operation and marked variables."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Literal

from graphql import GraphQLObjectType, GraphQLSchema, OperationDefinitionNode
from graphql.execution.collect_fields import FragmentDetails
from graphql.execution.values import VariableValues

from schema import Edge, Kind, Ontology, OntologyError
from schema.answers import compared
from schema.connections import FACET_SIZE
from schema.graph import kind_value
from service.compiler.lists import KNOWN, Lists, without
from service.compiler.operation import Operation, Selected
from service.compiler.values import Types, mark
from service.plan import (
    MOST_ROOTS,
    Branch,
    Branches,
    ById,
    CellPart,
    Cells,
    CellValue,
    Cited,
    ClaimEnd,
    ClaimListing,
    ClaimNode,
    ClaimPart,
    ClaimScalar,
    Compared,
    CompareRows,
    Comparison,
    ConnectionPart,
    Convert,
    Count,
    CountedName,
    Counts,
    Cursor,
    EdgePart,
    Edges,
    EntityNode,
    EntityPart,
    EvidenceList,
    EvidencePart,
    EvidenceScalar,
    Facet,
    FacetCount,
    FacetPart,
    Facets,
    FacetTarget,
    Graph,
    GraphScalar,
    Hops,
    Introspection,
    Listing,
    Lookup,
    Nodes,
    PageFact,
    PageInfo,
    Plan,
    Predicate,
    Root,
    RowPart,
    RowRelation,
    Scalar,
    SourceClaims,
    Total,
    Typename,
    Walk,
)

_CLAIM = "Claim"
_SOURCE = "Source"
_PAGE_FACTS = frozenset({"hasNextPage", "hasPreviousPage", "startCursor", "endCursor"})
_CLAIM_SCALARS = frozenset({"id", "relation", "stance", "confidence", "firstSeen", "lastSeen"})
_EVIDENCE_SCALARS = frozenset({"supports", "note", "term", "locator"})


_KNOWN_FIELDS: dict[str, frozenset[str]] = {
    "PageInfo": _PAGE_FACTS,
    "Claim": _CLAIM_SCALARS | {"subject", "object", "evidence"},
    "Evidence": _EVIDENCE_SCALARS | {"source"},
    "GraphInfo": frozenset({"version", "store", "lastChange", "kinds", "relations"}),
    "KindCount": frozenset({"kind", "count"}),
    "RelationCount": frozenset({"relation", "count"}),
    "FacetCount": frozenset({"target", "count"}),
    "Comparison": frozenset({"frameworks", "rows"}),
    "ComparisonRow": frozenset({"relation", "target", "cells"}),
    "Cell": frozenset({"framework", "value", "claim"}),
    "Connection": frozenset({"edges", "nodes", "pageInfo", "totalCount", "facets"}),
    "Edge": frozenset({"cursor", "node", "claim"}),
}
"""The fields that can be planned, by the end of their type's name."""


class Planner:
    """Plans the operations of one schema. Raises OntologyError at once for a schema with a field it cannot plan."""

    def __init__(self, schema: GraphQLSchema, ontology: Ontology) -> None:
        self._schema = schema
        self._ontology = ontology
        self._subjects = _unique(item.subject for item in ontology.relations)
        self._objects = _unique(item.object for item in ontology.relations)
        self._roots = self._root_rules()
        self._check()

    def plan(
        self,
        definition: OperationDefinitionNode,
        fragments: dict[str, FragmentDetails],
        variables: VariableValues,
        types: Types,
    ) -> Plan:
        """Plan one operation; raises InputError for arguments that contradict each other."""
        marked = VariableValues(variables.sources, mark(variables.coerced, types))
        operation = Operation(self._schema, definition, fragments, marked)
        selections = list(operation.roots())
        if len(selections) > MOST_ROOTS:
            last = selections[MOST_ROOTS]
            raise last.wrong(
                last.key, f"an operation has at most {MOST_ROOTS} root fields; this one has {len(selections)}."
            )
        roots = tuple(self._root(operation, selected) for selected in selections)
        return Plan(roots, tuple(operation.slots))

    # ------------------------------------------------------------------------------------------------------ the check

    def _check(self) -> None:
        for name, type_ in self._schema.type_map.items():
            if isinstance(type_, GraphQLObjectType) and not name.startswith("__"):
                unknown = set(type_.fields) - self._known(name)
                if unknown:
                    raise OntologyError(f"{name}.{min(unknown)} cannot be compiled: no store knows how to answer it.")

    def _known(self, type_name: str) -> frozenset[str]:
        """The fields of an object type that can be planned."""
        if kind := self._ontology.kind_by_name.get(type_name):
            cited = {"claims"} if kind.name == _SOURCE else set[str]()
            return frozenset({*kind.property_by_name, *kind.edge_by_name, *cited})
        if type_name == "Query":
            return frozenset(self._roots)
        if kind := self._ontology.kind_by_name.get(type_name.removesuffix("Facets")):
            return frozenset(kind.edge_by_name)
        return next(
            (fields for ending, fields in _KNOWN_FIELDS.items() if type_name.endswith(ending)), frozenset[str]()
        )

    # ---------------------------------------------------------------------------------------------------------- roots

    def _root_rules(self) -> Mapping[str, Callable[[Operation, Selected], Root]]:
        rules: dict[str, Callable[[Operation, Selected], Root]] = {
            "node": self._by_id,
            "nodes": self._by_id,
            "claims": self._claim_listing,
            "graph": self._graph,
        }
        if found := compared(self._ontology):
            rules["compare"] = lambda operation, selected: self._comparison(operation, selected, *found)
        for kind in self._ontology.kinds:
            rules[kind.singular] = lambda operation, selected, kind=kind: self._lookup(operation, selected, kind)
            rules[kind.plural] = lambda operation, selected, kind=kind: self._listing(operation, selected, kind)
        return rules

    def _root(self, operation: Operation, selected: Selected) -> Root:
        match selected.name:
            case "__typename":
                return Typename(selected.key, selected.parent.name)
            case "__schema" | "__type":
                return Introspection(selected.key)
            case name:
                return self._roots[name](operation, selected)

    def _lookup(self, operation: Operation, selected: Selected, kind: Kind) -> Lookup:
        slug = operation.slot(operation.arguments(selected)["slug"], Convert.KEY, selected.place("slug"))
        return Lookup(selected.key, kind, slug, self._entity(operation, selected, kind))

    def _listing(self, operation: Operation, selected: Selected, kind: Kind) -> Listing:
        lists = Lists(self._ontology, operation, selected)
        where, page = lists.where(kind), lists.page(kind, claim=False)
        return Listing(selected.key, kind, where, page, self._connection(operation, selected, kind, None, where))

    def _by_id(self, operation: Operation, selected: Selected) -> ById:
        many = selected.name == "nodes"
        argument = "ids" if many else "id"
        convert = Convert.IDS if many else Convert.PLAIN
        slot = operation.slot(operation.arguments(selected)[argument], convert, selected.place(argument))
        branches = self._branches(operation, selected, tuple(self._ontology.kind_by_name))
        return ById(selected.key, slot, many, branches, self._any_claim(operation, selected))

    def _claim_listing(self, operation: Operation, selected: Selected) -> ClaimListing:
        lists = Lists(self._ontology, operation, selected)
        where, page = lists.claims(), lists.claim_page()
        return ClaimListing(selected.key, where, page, self._claim_connection(operation, selected))

    def _graph(self, operation: Operation, selected: Selected) -> Graph:
        def counts(part: Selected, of: Literal["kinds", "relations"]) -> Counts:
            kinds = self._ontology.kinds
            names = self._ontology.relation_names if of == "relations" else tuple(kind.name for kind in kinds)
            values = names if of == "relations" else tuple(map(kind_value, kinds))
            below = operation.below(part, "RelationCount" if of == "relations" else "KindCount")
            return Counts(part.key, of, names, values, tuple(map(_counted, below)))

        def graph(part: Selected) -> Typename | GraphScalar | Counts:
            match part.name:
                case "__typename":
                    return Typename(part.key, part.parent.name)
                case "kinds" | "relations" as of:
                    return counts(part, of)
                case name:
                    return GraphScalar(part.key, name)

        return Graph(selected.key, tuple(map(graph, operation.below(selected, "GraphInfo"))))

    def _comparison(self, operation: Operation, selected: Selected, kind: Kind, edges: tuple[Edge, ...]) -> Comparison:
        arguments = operation.arguments(selected)
        slugs = operation.slot(arguments[kind.plural], Convert.SLUGS, selected.place(kind.plural))

        def cell(part: Selected, edge: Edge) -> CellPart:
            match part.name:
                case "__typename":
                    return Typename(part.key, part.parent.name)
                case "framework":
                    return EntityNode(part.key, self._entity(operation, part, kind))
                case "value":
                    return CellValue(part.key)
                case _:
                    ends = (edge.relation.subject,), (edge.relation.object,)
                    return ClaimNode(part.key, self._claim(operation, part, *ends))

        def row(part: Selected, edge: Edge) -> RowPart:
            match part.name:
                case "__typename":
                    return Typename(part.key, part.parent.name)
                case "relation":
                    return RowRelation(part.key)
                case "target":
                    return EntityNode(part.key, self._entity(operation, part, self._ontology.kind_by_name[edge.target]))
                case _:
                    return Cells(part.key, tuple(cell(item, edge) for item in operation.below(part, "Cell")))

        def comparison(part: Selected) -> Typename | Compared | CompareRows:
            match part.name:
                case "__typename":
                    return Typename(part.key, part.parent.name)
                case "rows":
                    below = [
                        tuple(row(item, edge) for item in operation.below(part, "ComparisonRow")) for edge in edges
                    ]
                    return CompareRows(part.key, edges, tuple(below))
                case _:
                    return Compared(part.key, self._entity(operation, part, kind))

        parts = tuple(map(comparison, operation.below(selected, "Comparison")))
        return Comparison(selected.key, kind, slugs, bool(arguments["onlyDifferences"]), parts)

    # ------------------------------------------------------------------------------------------------------- entities

    def _branches(self, operation: Operation, selected: Selected, kinds: tuple[str, ...]) -> Branches:
        """What is selected of each kind; kinds of which the same is selected share a branch."""
        kinds_by_parts: dict[tuple[EntityPart, ...], list[str]] = {}
        for name in kinds:
            parts = self._entity(operation, selected, self._ontology.kind_by_name[name])
            kinds_by_parts.setdefault(parts, []).append(name)
        return tuple(Branch(tuple(names), parts) for parts, names in kinds_by_parts.items())

    def _entity(self, operation: Operation, selected: Selected, kind: Kind) -> tuple[EntityPart, ...]:
        return tuple(self._entity_part(operation, part, kind) for part in operation.below(selected, kind.name))

    def _entity_part(self, operation: Operation, selected: Selected, kind: Kind) -> EntityPart:
        if selected.name == "__typename":
            return Typename(selected.key, kind.name)
        if prop := kind.property_by_name.get(selected.name):
            return Scalar(selected.key, prop)
        if edge := kind.edge_by_name.get(selected.name):
            return self._walk(operation, selected, edge)
        lists = Lists(self._ontology, operation, selected)
        return SourceClaims(selected.key, lists.claim_page(), self._claim_connection(operation, selected))

    def _walk(self, operation: Operation, selected: Selected, edge: Edge) -> Walk:
        target = self._ontology.kind_by_name[edge.target]
        lists = Lists(self._ontology, operation, selected)
        hops, where, page = lists.hops(edge), lists.where(target), lists.page(target, claim=True)
        with operation.nested(selected):
            parts = self._connection(operation, selected, target, edge, where)
        return Walk(selected.key, hops, where, page, parts)

    # ---------------------------------------------------------------------------------------------------- connections

    def _connection(
        self, operation: Operation, selected: Selected, kind: Kind, edge: Edge | None, where: Predicate | None
    ) -> tuple[ConnectionPart, ...]:
        def node(part: Selected) -> EntityNode:
            return EntityNode(part.key, self._entity(operation, part, kind))

        def claim(part: Selected) -> ClaimNode:
            if edge is None:
                return ClaimNode(part.key, None)
            ends = (edge.relation.subject,), (edge.relation.object,)
            return ClaimNode(part.key, self._claim(operation, part, *ends))

        def facets(part: Selected) -> Facets:
            return Facets(part.key, tuple(self._facets(operation, part, kind, where)))

        rules = {"node": node, "claim": claim}
        return self._connection_parts(operation, selected, f"{kind.name}Connection", rules, facets)

    def _facets(
        self, operation: Operation, selected: Selected, kind: Kind, where: Predicate | None
    ) -> Iterator[Typename | Facet]:
        for part in operation.below(selected, f"{kind.name}Facets"):
            edge = kind.edge_by_name.get(part.name)
            if edge is None:
                yield Typename(part.key, part.parent.name)
                continue
            first = operation.arguments(part)["first"]
            size = operation.slot(FACET_SIZE if first is None else first, Convert.SIZE, part.place("first"))
            parts = tuple(self._facet_part(operation, item, edge) for item in operation.below(part, "FacetCount"))
            yield Facet(part.key, Hops(edge, KNOWN), without(where, edge), size, parts)

    def _facet_part(self, operation: Operation, selected: Selected, edge: Edge) -> FacetPart:
        match selected.name:
            case "__typename":
                return Typename(selected.key, selected.parent.name)
            case "target":
                target = self._ontology.kind_by_name[edge.target]
                return FacetTarget(selected.key, self._entity(operation, selected, target))
            case _:
                return FacetCount(selected.key)

    def _claim_connection(self, operation: Operation, selected: Selected) -> tuple[ConnectionPart, ...]:
        def node(part: Selected) -> ClaimNode:
            return ClaimNode(part.key, self._any_claim(operation, part))

        return self._connection_parts(operation, selected, "ClaimConnection", {"node": node})

    def _connection_parts(
        self,
        operation: Operation,
        selected: Selected,
        type_name: str,
        rules: Mapping[str, Callable[[Selected], EntityNode | ClaimNode]],
        facets: Callable[[Selected], Facets] | None = None,
    ) -> tuple[ConnectionPart, ...]:
        def edge(part: Selected) -> EdgePart:
            match part.name:
                case "__typename":
                    return Typename(part.key, part.parent.name)
                case "cursor":
                    return Cursor(part.key)
                case name:
                    return rules[name](part)

        def connection(part: Selected) -> ConnectionPart:
            match part.name:
                case "__typename":
                    return Typename(part.key, part.parent.name)
                case "edges":
                    edge_type = type_name.removesuffix("Connection") + "Edge"
                    return Edges(part.key, tuple(map(edge, operation.below(part, edge_type))))
                case "nodes":
                    return Nodes(part.key, rules["node"](part))
                case "pageInfo":
                    return PageInfo(part.key, tuple(map(_page_fact, operation.below(part, "PageInfo"))))
                case "facets" if facets is not None:
                    return facets(part)
                case _:
                    return Total(part.key)

        return tuple(map(connection, operation.below(selected, type_name)))

    # --------------------------------------------------------------------------------------------------------- claims

    def _any_claim(self, operation: Operation, selected: Selected) -> tuple[ClaimPart, ...]:
        return self._claim(operation, selected, self._subjects, self._objects)

    def _claim(
        self, operation: Operation, selected: Selected, subjects: tuple[str, ...], objects: tuple[str, ...]
    ) -> tuple[ClaimPart, ...]:
        def end(part: Selected, name: Literal["subject", "object"], kinds: tuple[str, ...]) -> ClaimEnd:
            return ClaimEnd(part.key, name, self._branches(operation, part, kinds))

        def parts() -> Iterator[ClaimPart]:
            for part in operation.below(selected, _CLAIM):
                match part.name:
                    case "__typename":
                        yield Typename(part.key, _CLAIM)
                    case "subject":
                        yield end(part, "subject", subjects)
                    case "object":
                        yield end(part, "object", objects)
                    case "evidence":
                        yield EvidenceList(part.key, tuple(self._evidence(operation, part)))
                    case name:
                        yield ClaimScalar(part.key, name)

        return tuple(parts())

    def _evidence(self, operation: Operation, selected: Selected) -> Iterator[EvidencePart]:
        for part in operation.below(selected, "Evidence"):
            match part.name:
                case "__typename":
                    yield Typename(part.key, part.parent.name)
                case "source":
                    yield Cited(part.key, self._entity(operation, part, self._ontology.kind_by_name[_SOURCE]))
                case name:
                    yield EvidenceScalar(part.key, name)


def _counted(part: Selected) -> Typename | Count | CountedName:
    match part.name:
        case "__typename":
            return Typename(part.key, part.parent.name)
        case "count":
            return Count(part.key)
        case _:
            return CountedName(part.key)


def _page_fact(part: Selected) -> Typename | PageFact:
    return Typename(part.key, part.parent.name) if part.name == "__typename" else PageFact(part.key, part.name)


def _unique(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))
