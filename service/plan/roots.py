"""Root fields of queries, and the plan of a query."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from schema import Kind
from service.plan.answers import Comparison, Graph, Paths, Recommend, Search
from service.plan.pages import Page
from service.plan.parameters import Parameter, ParameterIndex
from service.plan.predicates import Predicate
from service.plan.selections import Branches, ChangePart, ClaimPart, ConnectionPart, EntityPart, Typename


@dataclass(frozen=True, slots=True)
class Lookup:
    """An entity by its slug or an alias; null if it does not exist."""

    key: str
    kind: Kind
    slug: ParameterIndex
    parts: tuple[EntityPart, ...]


@dataclass(frozen=True, slots=True)
class EntityList:
    """A page of the entities of a kind."""

    key: str
    kind: Kind
    where: Predicate | None
    page: Page
    parts: tuple[ConnectionPart, ...]


@dataclass(frozen=True, slots=True)
class NodeLookup:
    """An entity or a claim by its global ID, or (`many`) a list of them; null for an ID that does not exist."""

    key: str
    parameter: ParameterIndex
    many: bool
    branches: Branches
    claim: tuple[ClaimPart, ...]


@dataclass(frozen=True, slots=True)
class ClaimFilter:
    """Conditions on claims; None is no condition."""

    subject: ParameterIndex | None = None
    object: ParameterIndex | None = None
    source: ParameterIndex | None = None
    relations: ParameterIndex | None = None
    stances: tuple[str, ...] | None = None
    min_confidence: ParameterIndex | None = None


@dataclass(frozen=True, slots=True)
class ClaimList:
    key: str
    where: ClaimFilter
    page: Page
    parts: tuple[ConnectionPart, ...]


@dataclass(frozen=True, slots=True)
class Introspection:
    """A root field that graphql-core answers from the schema: `__schema` or `__type`."""

    key: str


@dataclass(frozen=True, slots=True)
class UnknownReferences:
    """A store's answer to a root field with references that do not match exactly one entity.

    Each item is the index of the parameter in the root's `references`, and the key or ID that does not match.
    """

    items: tuple[tuple[int, str], ...]


@dataclass(frozen=True, slots=True)
class PathLimitReached:
    """A store's answer to `Paths` if the search for chains of this length would traverse too many claims."""

    length: int


@dataclass(frozen=True, slots=True)
class Changes:
    """A page of the change log, oldest first. `after` is the digest and the sequence number of a version.

    A store answers with `VersionUnavailable` if the version is of another graph, or if the log no longer contains all
    later changes.
    """

    key: str
    after: tuple[ParameterIndex, ParameterIndex] | None
    page: Page
    parts: tuple[ConnectionPart, ...]


@dataclass(frozen=True, slots=True)
class ChangeByNumber:
    """The change with this number. A store answers with `VersionUnavailable` if the log no longer contains it."""

    key: str
    number: ParameterIndex
    parts: tuple[ChangePart, ...]


@dataclass(frozen=True, slots=True)
class VersionUnavailable:
    """A store's answer to a version that is of another graph (`foreign`) or too old."""

    foreign: bool


Root: TypeAlias = (
    Typename
    | Changes
    | ChangeByNumber
    | Lookup
    | EntityList
    | NodeLookup
    | ClaimList
    | Graph
    | Search
    | Comparison
    | Recommend
    | Paths
    | Introspection
)


@dataclass(frozen=True, slots=True)
class Plan:
    """The root fields of a query, in the order of the response, and their parameters."""

    roots: tuple[Root, ...]
    parameters: tuple[Parameter, ...]

    @property
    def needs_store(self) -> bool:
        return any(not isinstance(root, Typename | Introspection) for root in self.roots)
