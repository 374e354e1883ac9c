"""Root fields that answer more than a list: graph, compare, search, recommend, paths."""

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
    """How many there are."""

    key: str


@dataclass(frozen=True, slots=True)
class CountedName:
    """Of what: the value of the kind, or the relation's name."""

    key: str


@dataclass(frozen=True, slots=True)
class Counts:
    """How many entities of each kind, or claims of each relation: `names` of the store's things, `values` as told."""

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
    """The name of the edge."""

    key: str


RowPart: TypeAlias = Typename | RowRelation | EntityNode | Cells


@dataclass(frozen=True, slots=True)
class ComparisonRows:
    """The rows, over the edges in their order; `parts` belongs to the edge at the same place, by which targets differ."""

    key: str
    edges: tuple[Edge, ...]
    parts: tuple[tuple[RowPart, ...], ...]


@dataclass(frozen=True, slots=True)
class ComparedEntities:
    """The entities that are compared, in the order asked, each once."""

    key: str
    parts: tuple[EntityPart, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """Entities of a kind side by side. A store answers a name that leads to none, or to several, with `UnknownReferences`."""

    key: str
    kind: Kind
    slugs: ParameterIndex
    only_differences: bool
    parts: tuple[Typename | ComparedEntities | ComparisonRows, ...]

    @property
    def references(self) -> tuple[tuple[str | None, ParameterIndex], ...]:
        return ((self.kind.name, self.slugs),)


@dataclass(frozen=True, slots=True)
class Search:
    """What matches a text, best first. `text` is its key, `words` are its words.

    The order: score, number of claims, both falling, slug, kind; a cursor holds the four.
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
    """What a reason adds to the score."""

    key: str


ReasonPart: TypeAlias = "Typename | RequirementName | AnyNode | CellValue | Weight | ClaimNode"


@dataclass(frozen=True, slots=True)
class Reasons:
    """The reasons of a recommendation: `parts` belongs to the requirement at the same place, `users` to the users."""

    key: str
    parts: tuple[tuple[ReasonPart, ...], ...]
    users: tuple[ReasonPart, ...]


RecommendationPart: TypeAlias = Typename | EntityNode | Score | Reasons


@dataclass(frozen=True, slots=True)
class RecommendationList:
    """The best entities, or (`near`) those of which something required does not hold."""

    key: str
    near: bool
    parts: tuple[RecommendationPart, ...]


@dataclass(frozen=True, slots=True)
class Requirement:
    """Targets of an edge that an entity should have, or (`wanted` false) should not; `slugs` names them."""

    name: str
    edge: Edge
    required: bool
    wanted: bool
    slugs: ParameterIndex


@dataclass(frozen=True, slots=True)
class Recommend:
    """The entities of a kind that meet requirements, at most `size` of each sort; see `schema.answers` for the weights.

    `users` is the edge to who uses an entity, if there is one, `least` how many there must be, None if that was not
    asked for. A store answers a name that leads to none, or to several, with `UnknownReferences`.
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
    """Where a step starts or where it leads; `branches` holds the kinds that can stand there."""

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
    """The best chains of claims, none denied, between two things: shortest, then most confident, then by claim keys.

    `ends` are two slots of global IDs, `longest` holds the length, which is never more than `most`, `relations` are all
    there are. A store answers an ID that it does not know with
    `UnknownReferences`, and a search that would lead over too many claims with `PathLimitReached`.
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
        return tuple((None, end) for end in self.ends)
