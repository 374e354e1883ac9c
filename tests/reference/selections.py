"""What is selected of entities, claims, connections and changes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from graph_seed import Claim, EntityFact, Reference
from graph_seed.facts import EvidenceFact, global_id
from schema.text import highlights
from service.plan import (
    Alternatives,
    AnyNode,
    Branch,
    ChangedClaim,
    ChangedEntity,
    ChangedKind,
    ChangeNode,
    ChangeScalar,
    ClaimEnd,
    ClaimNode,
    ClaimScalar,
    Cursor,
    Edges,
    EntityNode,
    EvidenceList,
    EvidenceScalar,
    EvidenceSource,
    Facet,
    FacetCount,
    Facets,
    FacetTarget,
    Highlights,
    Nodes,
    Page,
    PageInfo,
    PageInfoField,
    RelationConnection,
    Scalar,
    Score,
    SourceClaims,
    TotalCount,
    Typename,
)
from tests.reference.graph import MemoryGraph
from tests.reference.lists import Lists, Row, Slice

_CLAIM_DATES = {"firstSeen": "first_seen", "lastSeen": "last_seen"}


@dataclass(frozen=True)
class Connection:
    """The rows of a list, sorted, and what its parts need to know besides.

    `base` are the entities that the list would have without its filter, for facets.
    """

    rows: Sequence[Row]
    directions: tuple[bool, ...]
    base: Sequence[EntityFact] = ()
    prefixes: Sequence[str] = ()
    cursors: dict[int, str] | None = None
    """The cursors of entries of the log, by their number."""


class Selections:
    """Evaluates selections over a graph, with the values of one request."""

    def __init__(self, graph: MemoryGraph, values: Sequence[Any]) -> None:
        self.graph = graph
        self.values = values
        self.lists = Lists(graph, values)

    # ------------------------------------------------------------------------------------------------------- entities

    def entity(self, parts: Iterable[Any], item: EntityFact) -> dict[str, Any]:
        return {part.key: self._entity_part(part, item) for part in parts}

    def branch(self, branches: tuple[Branch, ...], item: EntityFact | None) -> dict[str, Any] | None:
        if item is None:
            return None
        for branch in branches:
            if item.kind in branch.kinds:
                return self.entity(branch.parts, item)
        return None

    def _entity_part(self, part: Any, item: EntityFact) -> Any:
        match part:
            case Typename(name=name):
                return name
            case Scalar(property=prop):
                return item.reference.id if prop.name == "id" else item.values.get(prop.name)
            case RelationConnection():
                return self._relation(part, item)
            case SourceClaims(page=page, parts=parts):
                claims = (
                    claim
                    for claim in self.graph.claims.values()
                    if any(evidence.source == item.slug for evidence in claim.evidence)
                )
                return self.claims(claims, page, parts)
            case Alternatives():
                from tests.reference.answers import alternatives  # noqa: PLC0415 - an answer below an entity

                return alternatives(self, part, item)

    def _relation(self, part: RelationConnection, item: EntityFact) -> dict[str, Any]:
        steps = self.lists.traverse(item, part.traversal)
        base = [self.graph.entities[step.end] for step in steps]
        rows = [Row(self.graph.entities[step.end], step.claim) for step in steps]
        matching = [row for row in rows if row.entity and self.lists.matches(row.entity, part.where)]
        order = part.page.order
        connection = Connection(self.lists.sorted_rows(matching, order), tuple(term.descending for term in order), base)
        return self.connection(connection, part.page, part.parts)

    # --------------------------------------------------------------------------------------------------------- claims

    def claim(self, parts: Iterable[Any], claim: Claim) -> dict[str, Any]:
        return {part.key: self._claim_part(part, claim) for part in parts}

    def claims(self, claims: Iterable[Claim], page: Page, parts: Any) -> dict[str, Any]:
        """A connection of claims, ordered by key."""
        rows = [Row(claim=claim, order=(claim.key,)) for claim in sorted(claims, key=lambda claim: claim.key)]
        return self.connection(Connection(rows, (False,)), page, parts)

    def _claim_part(self, part: Any, claim: Claim) -> Any:
        match part:
            case Typename(name=name):
                return name
            case ClaimScalar(name="id"):
                return global_id("Claim", claim.key)
            case ClaimScalar(name="relation"):
                return claim.relation.name
            case ClaimScalar(name="confidence"):
                return claim.assessment.confidence / 1000
            case ClaimScalar(name=name):
                return getattr(claim.assessment, _CLAIM_DATES.get(name, name))
            case ClaimEnd(name=name, branches=branches):
                end: Reference = getattr(claim, name)
                return self.branch(branches, self.graph.entities[end])
            case EvidenceList(parts=parts):
                pairs = self.graph.evidence(claim)
                return [{item.key: self._evidence_part(item, *pair) for item in parts} for pair in pairs]

    def _evidence_part(self, part: Any, evidence: EvidenceFact, source: EntityFact) -> Any:
        match part:
            case Typename(name=name):
                return name
            case EvidenceScalar(name=name):
                return getattr(evidence, name)
            case EvidenceSource(parts=parts):
                return self.entity(parts, source)

    # ---------------------------------------------------------------------------------------------------- connections

    def connection(self, connection: Connection, page: Page, parts: Any) -> dict[str, Any]:
        cut = self.lists.slice(connection.rows, page, connection.directions)
        return {part.key: self._connection_part(part, connection, page, cut) for part in parts}

    def _connection_part(self, part: Any, connection: Connection, page: Page, cut: Slice) -> Any:
        match part:
            case Typename(name=name):
                return name
            case Edges(parts=parts):
                return [{item.key: self._edge_part(item, connection, page, row) for item in parts} for row in cut.rows]
            case Nodes(node=node):
                return [self._edge_part(node, connection, page, row) for row in cut.rows]
            case TotalCount():
                return len(connection.rows)
            case PageInfo(parts=parts):
                return {item.key: self._page_info(item, connection, page, cut) for item in parts}
            case Facets(parts=parts):
                return {item.key: self._facet(item, connection) for item in parts}

    def _edge_part(self, part: Any, connection: Connection, page: Page, row: Row) -> Any:
        match part:
            case Typename(name=name):
                return name
            case Cursor():
                return self._cursor(connection, page, row)
            case EntityNode(parts=parts):
                assert row.entity
                return self.entity(parts, row.entity)
            case AnyNode(branches=branches):
                return self.branch(branches, row.entity)
            case ClaimNode(parts=None):
                return None
            case ClaimNode(parts=parts):
                return self.claim(parts, row.claim) if row.claim else None
            case ChangeNode(parts=parts):
                return self.change(parts, row.change, self._cursor(connection, page, row))
            case Score():
                return row.order[0] / 1000
            case Highlights():
                assert row.entity
                values = row.entity.values
                return highlights(values["name"], values["aliases"], values.get("summary"), connection.prefixes)

    def _cursor(self, connection: Connection, page: Page, row: Row) -> str:
        if connection.cursors is not None:
            return connection.cursors[row.change.sequence]
        return self.lists.cursor(row, page)

    def _page_info(self, part: Any, connection: Connection, page: Page, cut: Slice) -> Any:
        match part:
            case Typename(name=name):
                return name
            case PageInfoField(name="hasNextPage"):
                return cut.has_next
            case PageInfoField(name="hasPreviousPage"):
                return cut.has_previous
            case PageInfoField(name=name):
                if not cut.rows:
                    return None
                return self._cursor(connection, page, cut.rows[0 if name == "startCursor" else -1])

    def _facet(self, facet: Any, connection: Connection) -> Any:
        if isinstance(facet, Typename):
            return facet.name
        assert isinstance(facet, Facet)
        counts: dict[Reference, int] = {}
        for item in connection.base:
            if self.lists.matches(item, facet.where):
                for step in self.lists.traverse(item, facet.traversal):
                    counts[step.end] = counts.get(step.end, 0) + 1
        largest = sorted(counts, key=lambda target: (-counts[target], target.slug))[: self.values[facet.size]]
        return [
            {part.key: self._facet_part(part, self.graph.entities[target], counts[target]) for part in facet.parts}
            for target in largest
        ]

    def _facet_part(self, part: Any, target: EntityFact, count: int) -> Any:
        match part:
            case Typename(name=name):
                return name
            case FacetTarget(parts=parts):
                return self.entity(parts, target)
            case FacetCount():
                return count

    # -------------------------------------------------------------------------------------------------------- changes

    def change(self, parts: Iterable[Any], change: Any, cursor: str) -> dict[str, Any]:
        return {part.key: self._change_part(part, change, cursor) for part in parts}

    def _change_part(self, part: Any, change: Any, cursor: str) -> Any:
        recorded = change.change
        match part:
            case Typename(name=name):
                return name
            case ChangeScalar(name="cursor"):
                return cursor
            case ChangeScalar(name="at"):
                return change.at
            case ChangeScalar(name="slug"):
                return recorded.reference.slug if recorded.reference else ""
            case ChangeScalar(name=name):
                return getattr(recorded, name)
            case ChangedKind(kinds=kinds, values=values):
                if recorded.reference is None:
                    return None
                return dict(zip(kinds, values, strict=True)).get(recorded.reference.kind)
            case ChangedEntity(branches=branches):
                item = self.graph.entities.get(recorded.reference) if recorded.reference else None
                return self.branch(branches, item)
            case ChangedClaim(parts=parts):
                claim = self.graph.claims.get(recorded.claim) if recorded.claim else None
                return self.claim(parts, claim) if claim else None
