"""What an operation may cost at the most, known before it runs: how many rows the database can be made to fetch.

A row is an entity, a claim, a piece of evidence, a facet or anything else that a list of the answer can hold. Each list
counts its page size, or what it holds at the most, for every row of the list around it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from typing import Any, TypeAlias, cast

from schema import Edge, Kind, Ontology, Property, Relation
from service.plan import (
    Alternatives,
    Changes,
    ClaimList,
    Comparison,
    ComparisonRows,
    Count,
    CountedName,
    CountMatches,
    Counts,
    Edges,
    EntityList,
    EvidenceList,
    Facet,
    Facets,
    Graph,
    HasRelated,
    Lookup,
    NameMatches,
    NodeLookup,
    Nodes,
    Overlap,
    Page,
    PageInfo,
    Paths,
    Plan,
    PropertyMatches,
    Reasons,
    Recommend,
    RelationConnection,
    Requirement,
    Search,
    SourceClaims,
)
from service.plan.parameters import ParameterIndex

RELATED_ESTIMATE = 100
"""What a list without pages of what an entity is joined to counts for: those of an overlap, per relation the rows of a
comparison and the users of what is recommended. An estimate, as the next one.
"""
EVIDENCE_ESTIMATE = 20
"""What the evidence of a claim counts for; never more than there are sources."""

KindSizes: TypeAlias = Mapping[str, int]
"""How many entities of each kind there are."""


@dataclass(frozen=True, slots=True)
class ListCost:
    """The rows of one list: `times` the value of `size`, or its length where it is a list, and never more than there are
    of a kind. `below` hangs on each row.
    """

    size: ParameterIndex | None
    factor: int
    kind: str | None
    nested: tuple[ListCost | BranchCost, ...]

    def rows(self, values: Sequence[Any], sizes: KindSizes) -> int:
        value = 1 if self.size is None else values[self.size]
        count = self.factor * (len(cast("list[Any]", value)) if isinstance(value, list) else value)
        count = min(count, sizes.get(self.kind, count)) if self.kind is not None else count
        return count * (1 + _sum(self.nested, values, sizes))


@dataclass(frozen=True, slots=True)
class BranchCost:
    """What hangs on a row that is of one of several kinds."""

    branches: tuple[tuple[ListCost | BranchCost, ...], ...]

    def rows(self, values: Sequence[Any], sizes: KindSizes) -> int:
        return max(_sum(branch, values, sizes) for branch in self.branches)


CostTree: TypeAlias = tuple[ListCost | BranchCost, ...]


def cost_tree(plan: Plan) -> CostTree:
    """The lists of a plan; written with it, once."""
    return tuple(level for root in plan.roots for level in _levels(root))


def max_rows(levels: CostTree, values: Sequence[Any], sizes: KindSizes) -> int:
    """How many rows these lists can hold; kinds whose size is not known count as endless."""
    return _sum(levels, values, sizes)


def count_conditions(node: Any) -> int:
    """How many conditions a plan, or a part of it, asks of entities: for each a database has to think of a way."""
    match node:
        case PropertyMatches() | NameMatches() | CountMatches():
            return 1
        case Kind() | Property() | Relation() | Edge():
            return 0
        case tuple():
            return sum(map(count_conditions, cast("tuple[Any, ...]", node)))
        case _ if is_dataclass(node):
            return isinstance(node, HasRelated) + sum(
                count_conditions(getattr(node, field.name)) for field in fields(node)
            )
        case _:
            return 0


def kind_sizes_plan(ontology: Ontology) -> Plan:
    """The plan whose one answer holds the size of every kind, for `sizes`."""
    names = tuple(kind.name for kind in ontology.kinds)
    counts = Counts("kinds", "kinds", names, names, (CountedName("kind"), Count("count")))
    return Plan((Graph("graph", (counts,)),), ())


def read_kind_sizes(answer: Any) -> KindSizes:
    return {item["kind"]: item["count"] for item in answer["kinds"]}


def _sum(levels: CostTree, values: Sequence[Any], sizes: KindSizes) -> int:
    return sum(level.rows(values, sizes) for level in levels)


def _levels(node: Any, requirements: tuple[Requirement, ...] = ()) -> CostTree:
    """The lists of a node; below what is recommended there is a reason for each thing that is required."""
    requirements = getattr(node, "requirements", requirements)
    below = tuple(level for part in _parts(node) for level in _levels(part, requirements))
    if branches := getattr(node, "branches", ()):
        below += (BranchCost(tuple(_levels(branch) for branch in branches)),)
    match node:
        case RelationConnection(traversal=traversal, page=page):
            return _page(node, page, traversal.edge.target)
        case SourceClaims(page=page):
            return _page(node, page, None)
        case Facet(traversal=traversal, size=size):
            return (ListCost(size, 1, traversal.edge.target, below),)
        case Alternatives(kind=kind, size=size):
            return (ListCost(size, 1, kind.name, below),)
        case ComparisonRows(edges=edges):
            return (ListCost(None, RELATED_ESTIMATE * len(edges), None, below),)
        case Reasons():
            return _reasons(node, requirements)
        case Overlap():
            return (ListCost(None, RELATED_ESTIMATE, None, below),)
        case EvidenceList():
            return (ListCost(None, EVIDENCE_ESTIMATE, "Source", below),)
        case _:
            return _root_levels(node, below)


def _root_levels(node: Any, below: CostTree) -> CostTree:
    match node:
        case Lookup() | NodeLookup(many=False):
            return (ListCost(None, 1, None, below),)
        case NodeLookup(parameter=size) | Comparison(slugs=size):
            return (ListCost(size, 1, None, below),)
        case EntityList(kind=kind, page=page):
            return _page(node, page, kind.name)
        case ClaimList(page=page) | Changes(page=page) | Search(page=page):
            return _page(node, page, None)
        case Recommend(kind=kind, size=size):
            return (ListCost(size, 1, kind.name, below),)
        case Paths(max_length=longest, size=size):
            return (ListCost(size, 1, None, (ListCost(longest, 1, None, below),)),)
        case _:
            return below


def _reasons(node: Reasons, requirements: tuple[Requirement, ...]) -> CostTree:
    """One for each thing that is required, and one for each user."""
    required = (
        ListCost(requirement.slugs, 1, None, tuple(level for part in parts for level in _levels(part)))
        for requirement, parts in zip(requirements, node.parts, strict=True)
    )
    users = ListCost(None, RELATED_ESTIMATE, None, tuple(level for part in node.users for level in _levels(part)))
    return *required, users


def _page(node: Any, page: Page, kind: str | None) -> CostTree:
    """The rows of a page and what hangs on each, and the facets beside it; a total alone fetches no page."""
    facets = tuple(level for part in node.parts if isinstance(part, Facets) for level in _levels(part))
    rows = tuple(level for part in node.parts if not isinstance(part, Facets) for level in _levels(part))
    paged = any(isinstance(part, Edges | Nodes | PageInfo) for part in node.parts)
    return ListCost(page.size if paged else None, 1, kind if paged else None, rows), *facets


def _parts(node: Any) -> Iterator[Any]:
    """The selections right below a node."""
    for name in ("parts", "users", "claim", "node"):
        yield from _flat(getattr(node, name, ()))


def _flat(found: Any) -> Iterator[Any]:
    if isinstance(found, tuple):
        for item in cast("tuple[Any, ...]", found):
            yield from _flat(item)
    elif found is not None:
        yield found
