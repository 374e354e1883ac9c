"""Selections of entities, claims, connections and changes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from schema import Edge, Kind, Property
from service.plan.pages import Page
from service.plan.parameters import ParameterIndex
from service.plan.predicates import Predicate, Traversal

MAX_RELATION_DEPTH = 10


@dataclass(frozen=True, slots=True)
class Typename:
    key: str
    name: str


@dataclass(frozen=True, slots=True)
class Scalar:
    """A property of an entity."""

    key: str
    property: Property


@dataclass(frozen=True, slots=True)
class RelationConnection:
    """A page of the entities that an edge leads to."""

    key: str
    traversal: Traversal
    where: Predicate | None
    page: Page
    parts: tuple[ConnectionPart, ...]


@dataclass(frozen=True, slots=True)
class SourceClaims:
    """A page of the claims for which a source is evidence."""

    key: str
    page: Page
    parts: tuple[ConnectionPart, ...]


@dataclass(frozen=True, slots=True)
class Score:
    """The score of a search result, an alternative or a recommendation."""

    key: str


@dataclass(frozen=True, slots=True)
class Overlap:
    """The targets that two entities have in common, or that only one of them has."""

    key: str
    name: Literal["shared", "missing", "extra"]
    branches: Branches


AlternativePart: TypeAlias = "Typename | EntityNode | Score | Overlap"


@dataclass(frozen=True, slots=True)
class Alternatives:
    """The entities of the same kind that share the most targets of these edges, at most `size`."""

    key: str
    kind: Kind
    edges: tuple[Edge, ...]
    size: ParameterIndex
    parts: tuple[AlternativePart, ...]


EntityPart: TypeAlias = Typename | Scalar | RelationConnection | SourceClaims | Alternatives


@dataclass(frozen=True, slots=True)
class Branch:
    """The selection on entities of these kinds."""

    kinds: tuple[str, ...]
    parts: tuple[EntityPart, ...]


Branches: TypeAlias = tuple[Branch, ...]


@dataclass(frozen=True, slots=True)
class ClaimScalar:
    """`id`, `relation`, `stance`, `confidence`, `firstSeen` or `lastSeen` of a claim."""

    key: str
    name: str


@dataclass(frozen=True, slots=True)
class ClaimEnd:
    """The subject or the object of a claim."""

    key: str
    name: Literal["subject", "object"]
    branches: Branches


@dataclass(frozen=True, slots=True)
class EvidenceScalar:
    """`supports`, `note`, `term` or `locator`."""

    key: str
    name: str


@dataclass(frozen=True, slots=True)
class EvidenceSource:
    """The source of a piece of evidence."""

    key: str
    parts: tuple[EntityPart, ...]


EvidencePart: TypeAlias = Typename | EvidenceScalar | EvidenceSource


@dataclass(frozen=True, slots=True)
class EvidenceList:
    key: str
    parts: tuple[EvidencePart, ...]


ClaimPart: TypeAlias = Typename | ClaimScalar | ClaimEnd | EvidenceList


@dataclass(frozen=True, slots=True)
class Cursor:
    key: str


@dataclass(frozen=True, slots=True)
class EntityNode:
    """The entity of an edge or of `nodes`."""

    key: str
    parts: tuple[EntityPart, ...]


@dataclass(frozen=True, slots=True)
class ClaimNode:
    """The claim of an edge: the one that was traversed, or the item of a list of claims; `parts` None means null."""

    key: str
    parts: tuple[ClaimPart, ...] | None


@dataclass(frozen=True, slots=True)
class AnyNode:
    """An entity of one of several kinds."""

    key: str
    branches: Branches


@dataclass(frozen=True, slots=True)
class Highlights:
    """The texts of a search result in which the words are highlighted."""

    key: str


EdgePart: TypeAlias = "Typename | Cursor | EntityNode | ClaimNode | AnyNode | Score | Highlights | ChangeNode"


@dataclass(frozen=True, slots=True)
class Edges:
    key: str
    parts: tuple[EdgePart, ...]


@dataclass(frozen=True, slots=True)
class Nodes:
    key: str
    node: EntityNode | ClaimNode | AnyNode


@dataclass(frozen=True, slots=True)
class PageInfoField:
    """`hasNextPage`, `hasPreviousPage`, `startCursor` or `endCursor`."""

    key: str
    name: str


@dataclass(frozen=True, slots=True)
class PageInfo:
    key: str
    parts: tuple[Typename | PageInfoField, ...]


@dataclass(frozen=True, slots=True)
class TotalCount:
    key: str


@dataclass(frozen=True, slots=True)
class FacetTarget:
    """The entity that a facet counts."""

    key: str
    parts: tuple[EntityPart, ...]


@dataclass(frozen=True, slots=True)
class FacetCount:
    key: str


FacetPart: TypeAlias = Typename | FacetTarget | FacetCount


@dataclass(frozen=True, slots=True)
class Facet:
    """The targets that the entities of a list have over an edge, most frequent first, then by slug; at most `size`.

    `where` is the filter of the list without its conditions on this edge.
    """

    key: str
    traversal: Traversal
    where: Predicate | None
    size: ParameterIndex
    parts: tuple[FacetPart, ...]


@dataclass(frozen=True, slots=True)
class Facets:
    key: str
    parts: tuple[Typename | Facet, ...]


ConnectionPart: TypeAlias = Typename | Edges | Nodes | PageInfo | TotalCount | Facets


@dataclass(frozen=True, slots=True)
class ChangeScalar:
    """`cursor`, `at`, `action`, `slug` or `count` of a change."""

    key: str
    name: str


@dataclass(frozen=True, slots=True)
class ChangedKind:
    """The kind of the changed entity. `values` are the enum values of `kinds`, in the same order."""

    key: str
    kinds: tuple[str, ...]
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ChangedEntity:
    """The current state of the changed entity; null if it was deleted."""

    key: str
    branches: Branches


@dataclass(frozen=True, slots=True)
class ChangedClaim:
    """The current state of the changed claim; null if it was deleted or if the change is not of a claim."""

    key: str
    parts: tuple[ClaimPart, ...]


ChangePart: TypeAlias = Typename | ChangeScalar | ChangedKind | ChangedEntity | ChangedClaim


@dataclass(frozen=True, slots=True)
class ChangeNode:
    """An entry of the change log."""

    key: str
    parts: tuple[ChangePart, ...]
