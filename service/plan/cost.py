"""The cost of an operation, known before it runs: an upper bound of the rows that the database fetches.

A row is an item of a list of the answer: an entity, a claim, a piece of evidence, a facet and so on. A list counts its
maximum length once for each row of the list that contains it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from typing import Any, TypeAlias, cast

from schema import Edge, Kind, Ontology, Property, Relation
from service.plan import (
    AlternativePart,
    Alternatives,
    AnyNode,
    Branch,
    CellPart,
    Cells,
    CellValue,
    ChangeByNumber,
    ChangedClaim,
    ChangedEntity,
    ChangedKind,
    ChangeNode,
    ChangePart,
    Changes,
    ChangeScalar,
    ClaimEnd,
    ClaimList,
    ClaimNode,
    ClaimPart,
    ClaimScalar,
    ComparedEntities,
    Comparison,
    ComparisonRows,
    ConnectionPart,
    Count,
    CountedName,
    CountMatches,
    Counts,
    Cursor,
    EdgePart,
    Edges,
    EntityList,
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
    Graph,
    GraphScalar,
    HasRelated,
    Highlights,
    Introspection,
    Lookup,
    NameMatches,
    NodeLookup,
    Nodes,
    Overlap,
    Page,
    PageInfo,
    PageInfoField,
    PathField,
    Paths,
    Plan,
    PropertyMatches,
    ReasonPart,
    Reasons,
    Recommend,
    RecommendationList,
    RecommendationPart,
    RelationConnection,
    Requirement,
    RequirementName,
    Root,
    RowPart,
    RowRelation,
    RowRelationType,
    Scalar,
    Score,
    Search,
    SourceClaims,
    StepEnd,
    StepPart,
    StepRelation,
    Steps,
    TotalCount,
    Typename,
    Weight,
)
from service.plan.parameters import ParameterIndex

RELATED_ESTIMATE = 100
"""The estimated length of a list of related entities without pages: the targets of an `Overlap`, the rows of one relation
in a comparison, the users in a recommendation.
"""
EVIDENCE_ESTIMATE = 20
"""The estimated number of pieces of evidence of a claim; at most the number of sources is counted."""

KindSizes: TypeAlias = Mapping[str, int]
"""The number of entities of each kind."""

_WithoutRows: TypeAlias = (
    Typename
    | Introspection
    | Scalar
    | ClaimScalar
    | EvidenceScalar
    | ChangeScalar
    | GraphScalar
    | CountedName
    | Count
    | Counts
    | Cursor
    | Score
    | Highlights
    | TotalCount
    | PageInfo
    | PageInfoField
    | FacetCount
    | RowRelation
    | RowRelationType
    | CellValue
    | RequirementName
    | Weight
    | StepRelation
    | PathField
    | ChangedKind
    | Branch
    | EntityNode
    | ClaimNode
    | AnyNode
    | ChangeNode
    | ClaimEnd
    | EvidenceSource
    | Edges
    | Nodes
    | Facets
    | FacetTarget
    | Graph
    | ComparedEntities
    | Cells
    | RecommendationList
    | Steps
    | StepEnd
    | ChangedEntity
    | ChangedClaim
    | ChangeByNumber
)
"""The nodes without rows of their own. The type checker reports a node that is neither here nor in `_tree`."""
_Root: TypeAlias = Lookup | NodeLookup | Comparison | EntityList | ClaimList | Changes | Search | Recommend | Paths
_EntityNode: TypeAlias = "EntityPart | AlternativePart | ConnectionPart | EdgePart | FacetPart | Facet | Branch"
_ClaimNode: TypeAlias = ClaimPart | EvidencePart | ChangePart
_AnswerNode: TypeAlias = "RowPart | CellPart | ReasonPart | RecommendationPart | StepPart | PathField | GraphScalar"
_AnswerList: TypeAlias = ComparedEntities | ComparisonRows | Cells | RecommendationList | Steps | Counts
_Node: TypeAlias = "Root | _EntityNode | _ClaimNode | _AnswerNode | _AnswerList"


@dataclass(frozen=True, slots=True)
class ListCost:
    """The rows of a list and of the lists nested in each of its rows.

    The number of rows is `factor` times the value of the parameter `size` (its length, if the value is a list), but at
    most the number of entities of `kind`.
    """

    size: ParameterIndex | None
    factor: int
    kind: str | None
    nested: CostTree

    def rows(self, values: Sequence[Any], kind_sizes: KindSizes) -> int:
        value = 1 if self.size is None else values[self.size]
        count = self.factor * (len(cast("list[Any]", value)) if isinstance(value, list) else value)
        count = min(count, kind_sizes.get(self.kind, count)) if self.kind is not None else count
        return count * (1 + max_rows(self.nested, values, kind_sizes))


@dataclass(frozen=True, slots=True)
class BranchCost:
    """The rows nested in a row that has one of several kinds: those of the most expensive kind."""

    branches: tuple[CostTree, ...]

    def rows(self, values: Sequence[Any], kind_sizes: KindSizes) -> int:
        return max(max_rows(branch, values, kind_sizes) for branch in self.branches)


CostTree: TypeAlias = "tuple[ListCost | BranchCost, ...]"


def cost_tree(plan: Plan) -> CostTree:
    """Return the lists of a plan. They are computed once, when the plan is made."""
    return _trees(plan.roots)


def max_rows(tree: CostTree, values: Sequence[Any], kind_sizes: KindSizes) -> int:
    """Return the maximum number of rows for these parameter values; kinds of unknown size are unlimited."""
    return sum(cost.rows(values, kind_sizes) for cost in tree)


def count_conditions(node: Any) -> int:
    """Return the number of conditions in a plan or in a part of it. A database takes time to plan each of them."""
    match node:
        case PropertyMatches() | NameMatches() | CountMatches():
            return 1
        case Kind() | Property() | Relation() | Edge():
            return 0
        case tuple():
            return sum(map(count_conditions, cast("tuple[Any, ...]", node)))
        case _ if is_dataclass(node):
            nested = sum(count_conditions(getattr(node, field.name)) for field in fields(node))
            return isinstance(node, HasRelated) + nested
        case _:
            return 0


def kind_sizes_plan(ontology: Ontology) -> Plan:
    """Return a plan whose only answer contains the sizes of all kinds; see `read_kind_sizes`."""
    names = tuple(kind.name for kind in ontology.kinds)
    counts = Counts("kinds", "kinds", names, names, (CountedName("kind"), Count("count")))
    return Plan((Graph("graph", (counts,)),), ())


def read_kind_sizes(answer: Any) -> KindSizes:
    return {item["kind"]: item["count"] for item in answer["kinds"]}


def _trees(nodes: Iterable[Any], requirements: tuple[Requirement, ...] = ()) -> CostTree:
    return tuple(cost for node in nodes for cost in _tree(node, requirements))


def _tree(node: _Node, requirements: tuple[Requirement, ...] = ()) -> CostTree:
    """Return the lists of a node. `requirements` are those of the recommendation that contains it."""
    requirements = getattr(node, "requirements", requirements)
    nested = _trees(_selections(node), requirements)
    if branches := getattr(node, "branches", ()):
        nested += (BranchCost(tuple(_tree(branch) for branch in branches)),)
    match node:
        case RelationConnection(traversal=traversal, page=page):
            return _page(node, page, traversal.edge.target)
        case SourceClaims(page=page):
            return _page(node, page, None)
        case Facet(traversal=traversal, size=size):
            return (ListCost(size, 1, traversal.edge.target, nested),)
        case Alternatives(kind=kind, size=size):
            return (ListCost(size, 1, kind.name, nested),)
        case ComparisonRows(edges=edges):
            return (ListCost(None, RELATED_ESTIMATE * len(edges), None, nested),)
        case Reasons():
            return _reasons(node, requirements)
        case Overlap():
            return (ListCost(None, RELATED_ESTIMATE, None, nested),)
        case EvidenceList():
            return (ListCost(None, EVIDENCE_ESTIMATE, "Source", nested),)
        case _:
            return _root_tree(node, nested)


def _root_tree(node: _Root | _WithoutRows, nested: CostTree) -> CostTree:
    match node:
        case Lookup() | NodeLookup(many=False):
            return (ListCost(None, 1, None, nested),)
        case NodeLookup(parameter=size) | Comparison(slugs=size):
            return (ListCost(size, 1, None, nested),)
        case EntityList(kind=kind, page=page):
            return _page(node, page, kind.name)
        case ClaimList(page=page) | Changes(page=page) | Search(page=page):
            return _page(node, page, None)
        case Recommend(kind=kind, size=size):
            return (ListCost(size, 1, kind.name, nested),)
        case Paths(max_length=max_length, size=size):
            return (ListCost(size, 1, None, (ListCost(max_length, 1, None, nested),)),)
        case _:
            return nested


def _reasons(node: Reasons, requirements: tuple[Requirement, ...]) -> CostTree:
    """Return the cost of one reason for each reference of a requirement and one for each user."""
    required = (
        ListCost(requirement.slugs, 1, None, _trees(parts))
        for requirement, parts in zip(requirements, node.parts, strict=True)
    )
    return *required, ListCost(None, RELATED_ESTIMATE, None, _trees(node.users))


def _page(node: Any, page: Page, kind: str | None) -> CostTree:
    """Return the cost of the rows of a page and of its facets. A selection of only the total count fetches no rows."""
    facets = _trees(part for part in node.parts if isinstance(part, Facets))
    nested = _trees(part for part in node.parts if not isinstance(part, Facets))
    fetches_rows = any(isinstance(part, Edges | Nodes | PageInfo) for part in node.parts)
    return ListCost(page.size if fetches_rows else None, 1, kind if fetches_rows else None, nested), *facets


def _selections(node: Any) -> Iterator[Any]:
    """Return the direct selections of a node."""
    for name in ("parts", "users", "claim", "node"):
        yield from _flatten(getattr(node, name, ()))


def _flatten(value: Any) -> Iterator[Any]:
    if isinstance(value, tuple):
        for item in cast("tuple[Any, ...]", value):
            yield from _flatten(item)
    elif value is not None:
        yield value
