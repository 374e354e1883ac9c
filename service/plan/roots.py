"""The root fields of a query, and the plan that holds them."""

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
    """One entity by its slug or an alias; null when there is none."""

    key: str
    kind: Kind
    slug: ParameterIndex
    parts: tuple[EntityPart, ...]


@dataclass(frozen=True, slots=True)
class EntityList:
    """All entities of a kind."""

    key: str
    kind: Kind
    where: Predicate | None
    page: Page
    parts: tuple[ConnectionPart, ...]


@dataclass(frozen=True, slots=True)
class NodeLookup:
    """Anything by its global ID (`many`: a list by several, with null where there is none)."""

    key: str
    parameter: ParameterIndex
    many: bool
    branches: Branches
    claim: tuple[ClaimPart, ...]


@dataclass(frozen=True, slots=True)
class ClaimFilter:
    """Which claims; what is None does not restrict. Slots hold global IDs, names and a confidence."""

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
    """A root field that graphql-core answers from the schema: `__schema`, `__type`."""

    key: str


@dataclass(frozen=True, slots=True)
class UnknownReferences:
    """A store's answer to a root field that names what is not there, or not one thing alone: the place in `named`, and
    the key or ID.
    """

    items: tuple[tuple[int, str], ...]


@dataclass(frozen=True, slots=True)
class PathLimitReached:
    """A store's answer to a root field that would take too long: paths of this length."""

    length: int


@dataclass(frozen=True, slots=True)
class Changes:
    """A page of the log, oldest first. `after` holds the digest and the number of a version.

    A store answers a version that is none of this graph's, and one of which it no longer knows what followed, with
    `VersionUnavailable`.
    """

    key: str
    after: tuple[ParameterIndex, ParameterIndex] | None
    page: Page
    parts: tuple[ConnectionPart, ...]


@dataclass(frozen=True, slots=True)
class ChangeByNumber:
    """The change of this number. A store answers one that it no longer knows with `VersionUnavailable`."""

    key: str
    number: ParameterIndex
    parts: tuple[ChangePart, ...]


@dataclass(frozen=True, slots=True)
class VersionUnavailable:
    """A store's answer to a version behind which it cannot go on: another graph's (`foreign`), or one too old."""

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
    """All root fields of one operation, in the order of the response, and the values they need."""

    roots: tuple[Root, ...]
    parameters: tuple[Parameter, ...]

    @property
    def asks_store(self) -> bool:
        return any(not isinstance(root, Typename | Introspection) for root in self.roots)
