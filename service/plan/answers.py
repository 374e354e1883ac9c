"""Root fields with an answer of their own: `graph`, `search`, `compare`, `recommend` and `paths`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from schema import Edge, Kind, Relation
from service.plan.pages import Page
from service.plan.parameters import ParameterIndex
from service.plan.selections import (
    AnyNode,
    Branches,
    ClaimNode,
    ConnectionPart,
    EntityNode,
    EntityPart,
    Score,
    Typename,
)


@dataclass(frozen=True, slots=True)
class GraphScalar:
    """`version`, `store` or `lastChange`."""

    key: str
    name: str


@dataclass(frozen=True, slots=True)
class Count:
    """The number of entities or claims."""

    key: str


@dataclass(frozen=True, slots=True)
class CountedName:
    """What is counted: the enum value of a kind, or the name of a relation."""

    key: str


@dataclass(frozen=True, slots=True)
class Counts:
    """The number of entities of each kind, or of claims of each relation.

    `names` are the kinds or relations in the store, `values` are the corresponding names in the answer.
    """

    key: str
    of: Literal["kinds", "relations"]
    names: tuple[str, ...]
    values: tuple[str, ...]
    parts: tuple[Typename | Count | CountedName, ...]


@dataclass(frozen=True, slots=True)
class Graph:
    """The graph as a whole."""

    key: str
    parts: tuple[Typename | GraphScalar | Counts, ...]


@dataclass(frozen=True, slots=True)
class CellValue:
    """HAS, LACKS, DISPUTED or UNKNOWN."""

    key: str


CellPart: TypeAlias = Typename | EntityNode | CellValue | ClaimNode


@dataclass(frozen=True, slots=True)
class Cells:
    key: str
    parts: tuple[CellPart, ...]


@dataclass(frozen=True, slots=True)
class RowRelation:
    """The name of the row's edge."""

    key: str


@dataclass(frozen=True, slots=True)
class RowRelationType:
    """The name of the relation of the row's edge."""

    key: str


RowPart: TypeAlias = Typename | RowRelation | RowRelationType | EntityNode | Cells


@dataclass(frozen=True, slots=True)
class ComparisonRows:
    """The rows of all edges, in order. `parts` has a selection for each edge, because their targets differ in kind."""

    key: str
    edges: tuple[Edge, ...]
    parts: tuple[tuple[RowPart, ...], ...]


@dataclass(frozen=True, slots=True)
class ComparedEntities:
    """The compared entities, in the order of the request, without duplicates."""

    key: str
    parts: tuple[EntityPart, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """A comparison of entities of one kind.

    A store answers with `UnknownReferences` unless every reference matches exactly one entity.
    """

    key: str
    kind: Kind
    slugs: ParameterIndex
    only_differences: bool
    parts: tuple[Typename | ComparedEntities | ComparisonRows, ...]

    @property
    def references(self) -> tuple[tuple[str | None, ParameterIndex], ...]:
        """The parameters that refer to entities, each with the kind of the entities."""
        return ((self.kind.name, self.slugs),)


@dataclass(frozen=True, slots=True)
class Search:
    """The entities that match a text, best first. `text` is the normalized key of the text, `words` are its words.

    The order is: score (descending), number of claims (descending), slug, kind. Cursors contain these four values.
    """

    key: str
    text: ParameterIndex
    words: ParameterIndex
    kinds: tuple[str, ...]
    page: Page
    parts: tuple[ConnectionPart, ...]


@dataclass(frozen=True, slots=True)
class RequirementName:
    key: str


@dataclass(frozen=True, slots=True)
class Weight:
    """The contribution of a reason to the score."""

    key: str


ReasonPart: TypeAlias = "Typename | RequirementName | AnyNode | CellValue | Weight | ClaimNode"


@dataclass(frozen=True, slots=True)
class Reasons:
    """The reasons of a recommendation. `parts` has a selection for each requirement, `users` is the one for the users."""

    key: str
    parts: tuple[tuple[ReasonPart, ...], ...]
    users: tuple[ReasonPart, ...]


RecommendationPart: TypeAlias = Typename | EntityNode | Score | Reasons


@dataclass(frozen=True, slots=True)
class RecommendationList:
    """The entities that meet all requirements, or (`near`) those that meet only some, best first."""

    key: str
    near_misses: bool
    parts: tuple[RecommendationPart, ...]


@dataclass(frozen=True, slots=True)
class Requirement:
    """References to targets of an edge that an entity should have or, if not `wanted`, should not have."""

    name: str
    edge: Edge
    required: bool
    wanted: bool
    slugs: ParameterIndex


@dataclass(frozen=True, slots=True)
class Recommend:
    """The entities of a kind that meet requirements best, at most `size` in each list.

    `users` is the edge to the users of an entity, if the kind has one. `min_users` is their required number, if any.
    The weights are described in `schema.answers`.
    A store answers with `UnknownReferences` unless every reference matches exactly one entity.
    """

    key: str
    kind: Kind
    requirements: tuple[Requirement, ...]
    users: Edge | None
    min_users: ParameterIndex | None
    size: ParameterIndex
    parts: tuple[Typename | RecommendationList, ...]

    @property
    def references(self) -> tuple[tuple[str | None, ParameterIndex], ...]:
        """The parameters that refer to entities, each with the kind of the entities."""
        return tuple((item.edge.target, item.slugs) for item in self.requirements)


@dataclass(frozen=True, slots=True)
class PathField:
    """`length`, `confidence` or `sentence` of a path."""

    key: str
    name: str


@dataclass(frozen=True, slots=True)
class StepRelation:
    """The name of a step's relation."""

    key: str


@dataclass(frozen=True, slots=True)
class StepEnd:
    """The start or the end of a step."""

    key: str
    name: Literal["from", "to"]
    branches: Branches


StepPart: TypeAlias = Typename | StepRelation | StepEnd | ClaimNode


@dataclass(frozen=True, slots=True)
class Steps:
    key: str
    parts: tuple[StepPart, ...]


@dataclass(frozen=True, slots=True)
class Paths:
    """The best chains of claims between two entities: shortest, then most confident, then by the keys of the claims.

    Chains contain no denied claims. `ends` are the global IDs of the entities. `max_length` is the requested length;
    `length_limit` is its upper bound for every request that shares the plan. A store answers with `UnknownReferences`
    if an ID does not exist, and with `PathLimitReached` if the search would traverse too many claims.
    """

    key: str
    ends: tuple[ParameterIndex, ParameterIndex]
    max_length: ParameterIndex
    length_limit: int
    size: ParameterIndex
    relations: tuple[Relation, ...]
    parts: tuple[Typename | PathField | Steps, ...]

    @property
    def references(self) -> tuple[tuple[str | None, ParameterIndex], ...]:
        """The parameters that refer to entities, of any kind."""
        return tuple((None, end) for end in self.ends)
