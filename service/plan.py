"""The seam between GraphQL and the stores: what an operation asks for, as frozen data.

The compiler makes a `Plan`, each store writes it in its own query language. A plan knows neither: it speaks of kinds,
edges, predicates, orders and pages. It prints as itself. Values are not in it: a node names a value by its place in
`Plan.slots` (`service.slots`).

Nullness: predicates are two-valued. A comparison with a value that is missing is false, its negation true.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from schema import Edge, Kind, Property, PropertyType, Relation
from service.slots import LARGEST_INTEGER, Slot, Value

DEFAULT_PAGE = 20
MOST_NESTED = 10

# ------------------------------------------------------------------------------------------------------------ predicates

Operator = Literal["eq", "ne", "in", "notIn", "contains", "startsWith", "endsWith", "lt", "lte", "gt", "gte", "null"]


@dataclass(frozen=True, slots=True)
class Compare:
    """A property of the entity beside a value; text by its normalised key. `null` takes no value."""

    property: Property
    operator: Operator
    slot: Slot | None


@dataclass(frozen=True, slots=True)
class Named:
    """The entity's name, or one of its aliases, beside a value: true when any of them matches."""

    operator: Operator
    slot: Slot


@dataclass(frozen=True, slots=True)
class Hops:
    """The claims that lead over an edge and count: those of these stances and, if asked, at least this sure."""

    edge: Edge
    stances: tuple[str, ...]
    least: Slot | None = None


@dataclass(frozen=True, slots=True)
class Related:
    """At least one hop leads to an entity that matches; `where` None: to any."""

    hops: Hops
    where: Predicate | None


@dataclass(frozen=True, slots=True)
class Counted:
    """How many hops there are beside a value."""

    hops: Hops
    operator: Operator
    slot: Slot


@dataclass(frozen=True, slots=True)
class All:
    parts: tuple[Predicate, ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    parts: tuple[Predicate, ...]


@dataclass(frozen=True, slots=True)
class Not:
    part: Predicate


Predicate: TypeAlias = Compare | Named | Related | Counted | All | AnyOf | Not


def conjuncts(where: Predicate | None) -> tuple[Predicate, ...]:
    """The predicates that must all hold."""
    match where:
        case None:
            return ()
        case All(parts):
            return parts
        case _:
            return (where,)


# ----------------------------------------------------------------------------------------------------------------- pages


@dataclass(frozen=True, slots=True)
class ByProperty:
    """Order by a property (text by its key), nulls last."""

    property: Property
    descending: bool


@dataclass(frozen=True, slots=True)
class ByCount:
    """Order by how many hops lead over an edge."""

    edge: Edge
    descending: bool


@dataclass(frozen=True, slots=True)
class ByClaim:
    """Order by the claim that led here: `confidence`, `firstSeen` or `lastSeen`, nulls last."""

    name: str
    descending: bool


Order: TypeAlias = ByProperty | ByCount | ByClaim


@dataclass(frozen=True, slots=True)
class Page:
    """A slice of an ordered list. The last of `order` is the slug, so the order is total.

    `after` and `before` hold one slot per item of `order`. `backwards`: the last `size`, not the first. `signature`
    opens every cursor of this order, so that a cursor of another is refused.
    """

    order: tuple[Order, ...]
    size: Slot
    backwards: bool
    after: tuple[Slot, ...] | None
    before: tuple[Slot, ...] | None
    signature: str


# ------------------------------------------------------------------------------------------------------------ selections


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
class Walk:
    """The page of a relation's targets."""

    key: str
    hops: Hops
    where: Predicate | None
    page: Page
    parts: tuple[ConnectionPart, ...]


@dataclass(frozen=True, slots=True)
class SourceClaims:
    """The page of the claims that a source speaks of."""

    key: str
    page: Page
    parts: tuple[ConnectionPart, ...]


@dataclass(frozen=True, slots=True)
class Score:
    """How good what was found is."""

    key: str


@dataclass(frozen=True, slots=True)
class Overlap:
    """The targets that two entities share, or that only one of them has; `branches` holds their kinds."""

    key: str
    name: Literal["shared", "missing", "extra"]
    branches: Branches


AlternativePart: TypeAlias = "Typename | EntityNode | Score | Overlap"


@dataclass(frozen=True, slots=True)
class Alternatives:
    """The entities of the same kind that share most targets of these edges; at most `size`."""

    key: str
    kind: Kind
    edges: tuple[Edge, ...]
    size: Slot
    parts: tuple[AlternativePart, ...]


EntityPart: TypeAlias = Typename | Scalar | Walk | SourceClaims | Alternatives


@dataclass(frozen=True, slots=True)
class Branch:
    """What is selected of an entity of any of these kinds."""

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
    """The subject or the object of a claim; `branches` holds the kinds that can stand there."""

    key: str
    name: Literal["subject", "object"]
    branches: Branches


@dataclass(frozen=True, slots=True)
class EvidenceScalar:
    """`supports`, `note`, `term` or `locator`."""

    key: str
    name: str


@dataclass(frozen=True, slots=True)
class Cited:
    """The source of a piece of evidence."""

    key: str
    parts: tuple[EntityPart, ...]


EvidencePart: TypeAlias = Typename | EvidenceScalar | Cited


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
    """The entity of an edge, or of `nodes`."""

    key: str
    parts: tuple[EntityPart, ...]


@dataclass(frozen=True, slots=True)
class ClaimNode:
    """The claim of an edge: in a relation the one that led there; in a list of claims the item; else null."""

    key: str
    parts: tuple[ClaimPart, ...] | None


@dataclass(frozen=True, slots=True)
class AnyNode:
    """An entity of any of several kinds."""

    key: str
    branches: Branches


@dataclass(frozen=True, slots=True)
class Highlights:
    """Where the words that were searched for stand."""

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
class PageFact:
    """`hasNextPage`, `hasPreviousPage`, `startCursor` or `endCursor`."""

    key: str
    name: str


@dataclass(frozen=True, slots=True)
class PageInfo:
    key: str
    parts: tuple[Typename | PageFact, ...]


@dataclass(frozen=True, slots=True)
class Total:
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
    """The targets of hops from all entities of a list, most frequent first, then by slug; at most `size`.

    `where` is the list's filter without what it asks of this very edge.
    """

    key: str
    hops: Hops
    where: Predicate | None
    size: Slot
    parts: tuple[FacetPart, ...]


@dataclass(frozen=True, slots=True)
class Facets:
    key: str
    parts: tuple[Typename | Facet, ...]


ConnectionPart: TypeAlias = Typename | Edges | Nodes | PageInfo | Total | Facets

# ----------------------------------------------------------------------------------------------------------------- roots


@dataclass(frozen=True, slots=True)
class Lookup:
    """One entity by its slug or an alias; null when there is none."""

    key: str
    kind: Kind
    slug: Slot
    parts: tuple[EntityPart, ...]


@dataclass(frozen=True, slots=True)
class Listing:
    """All entities of a kind."""

    key: str
    kind: Kind
    where: Predicate | None
    page: Page
    parts: tuple[ConnectionPart, ...]


@dataclass(frozen=True, slots=True)
class ById:
    """Anything by its global ID (`many`: a list by several, with null where there is none)."""

    key: str
    slot: Slot
    many: bool
    branches: Branches
    claim: tuple[ClaimPart, ...]


@dataclass(frozen=True, slots=True)
class ClaimWhere:
    """Which claims; what is None does not restrict. Slots hold global IDs, names and a confidence."""

    subject: Slot | None = None
    object: Slot | None = None
    source: Slot | None = None
    relations: Slot | None = None
    stances: tuple[str, ...] | None = None
    least: Slot | None = None


@dataclass(frozen=True, slots=True)
class ClaimListing:
    key: str
    where: ClaimWhere
    page: Page
    parts: tuple[ConnectionPart, ...]


@dataclass(frozen=True, slots=True)
class Introspection:
    """A root field that graphql-core answers from the schema: `__schema`, `__type`."""

    key: str


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
class CompareRows:
    """The rows, over the edges in their order; `parts` belongs to the edge at the same place, by which targets differ."""

    key: str
    edges: tuple[Edge, ...]
    parts: tuple[tuple[RowPart, ...], ...]


@dataclass(frozen=True, slots=True)
class Compared:
    """The entities that are compared, in the order asked, each once."""

    key: str
    parts: tuple[EntityPart, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """Entities of a kind side by side. A store answers a name that leads to none, or to several, with `Unknown`."""

    key: str
    kind: Kind
    slugs: Slot
    only_differences: bool
    parts: tuple[Typename | Compared | CompareRows, ...]

    @property
    def named(self) -> tuple[tuple[str | None, Slot], ...]:
        return ((self.kind.name, self.slugs),)


@dataclass(frozen=True, slots=True)
class Search:
    """What matches a text, best first. `text` is its key, `words` are its words.

    The order: score, number of claims, both falling, slug, kind; a cursor holds the four.
    """

    key: str
    text: Slot
    words: Slot
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
class Recommended:
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
    slugs: Slot


@dataclass(frozen=True, slots=True)
class Recommending:
    """The entities of a kind that meet requirements, at most `size` of each sort; see `schema.answers` for the weights.

    `users` is the edge to who uses an entity, if there is one, `least` how many there must be, None if that was not
    asked for. A store answers a name that leads to none, or to several, with `Unknown`.
    """

    key: str
    kind: Kind
    requirements: tuple[Requirement, ...]
    users: Edge | None
    least: Slot | None
    size: Slot
    parts: tuple[Typename | Recommended, ...]

    @property
    def named(self) -> tuple[tuple[str | None, Slot], ...]:
        return tuple((item.edge.target, item.slugs) for item in self.requirements)


@dataclass(frozen=True, slots=True)
class PathFact:
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
    `Unknown`, and a search that would lead over too many claims with `GaveUp`.
    """

    key: str
    ends: tuple[Slot, Slot]
    longest: Slot
    most: int
    size: Slot
    relations: tuple[Relation, ...]
    parts: tuple[Typename | PathFact | Steps, ...]

    @property
    def named(self) -> tuple[tuple[str | None, Slot], ...]:
        return tuple((None, end) for end in self.ends)


@dataclass(frozen=True, slots=True)
class Unknown:
    """A store's answer to a root field that names what is not there, or not one thing alone: the place in `named`, and
    the key or ID.
    """

    items: tuple[tuple[int, str], ...]


@dataclass(frozen=True, slots=True)
class GaveUp:
    """A store's answer to a root field that would take too long: paths of this length."""

    length: int


@dataclass(frozen=True, slots=True)
class ChangeScalar:
    """`cursor`, `at`, `action`, `slug` or `count` of a change."""

    key: str
    name: str


@dataclass(frozen=True, slots=True)
class ChangedKind:
    """The kind of what was changed: `values` are those of the enum, at the places of the kinds that they stand for."""

    key: str
    kinds: tuple[str, ...]
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ChangedEntity:
    """The entity as it is now, null where it is gone."""

    key: str
    branches: Branches


@dataclass(frozen=True, slots=True)
class ChangedClaim:
    """The claim as it is now, null where it is gone or the change was of none."""

    key: str
    parts: tuple[ClaimPart, ...]


ChangePart: TypeAlias = Typename | ChangeScalar | ChangedKind | ChangedEntity | ChangedClaim


@dataclass(frozen=True, slots=True)
class ChangeNode:
    """A change in the log."""

    key: str
    parts: tuple[ChangePart, ...]


@dataclass(frozen=True, slots=True)
class Changes:
    """A page of the log, oldest first. `after` holds the digest and the number of a version.

    A store answers a version that is none of this graph's, and one of which it no longer knows what followed, with
    `Lost`.
    """

    key: str
    after: tuple[Slot, Slot] | None
    page: Page
    parts: tuple[ConnectionPart, ...]


@dataclass(frozen=True, slots=True)
class ChangeByNumber:
    """The change of this number. A store answers one that it no longer knows with `Lost`."""

    key: str
    number: Slot
    parts: tuple[ChangePart, ...]


@dataclass(frozen=True, slots=True)
class Lost:
    """A store's answer to a version behind which it cannot go on: another graph's (`foreign`), or one too old."""

    foreign: bool


Root: TypeAlias = (
    Typename
    | Changes
    | ChangeByNumber
    | Lookup
    | Listing
    | ById
    | ClaimListing
    | Graph
    | Search
    | Comparison
    | Recommending
    | Paths
    | Introspection
)


# ---------------------------------------------------------------------------------------------------------------- writes


@dataclass(frozen=True, slots=True)
class Told:
    """A field of a payload that the service itself knows: `version`, `message`, `nearest` and so on."""

    key: str
    name: str


@dataclass(frozen=True, slots=True)
class Written:
    """What was written, as the graph has it: the next root of the payload's plan."""

    key: str


PayloadPart: TypeAlias = Typename | Told | Written


@dataclass(frozen=True, slots=True)
class Payload:
    """What is selected of each type that a write may answer with, by the name of the type.

    `plan` asks for what was written, of which its slot 0 is the global ID.
    """

    parts: tuple[tuple[str, tuple[PayloadPart, ...]], ...]
    plan: Plan


@dataclass(frozen=True, slots=True)
class Write:
    """A root field that writes: `name` is the mutation, `kind` that of an upsert, `values` the slots of its input."""

    key: str
    name: str
    kind: Kind | None
    values: tuple[tuple[str, Slot], ...]
    payload: Payload


@dataclass(frozen=True, slots=True)
class Writes:
    """The root fields of a mutation, in the order of the document, and the values they need."""

    roots: tuple[Typename | Introspection | Write, ...]
    slots: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Listening:
    """A subscription: what is asked of every change, what concerns these kinds (None: any), what came after a version."""

    key: str
    kinds: tuple[str, ...] | None
    after: tuple[Slot, Slot] | None
    slots: tuple[Value, ...]
    plan: Plan


@dataclass(frozen=True, slots=True)
class Plan:
    """All root fields of one operation, in the order of the response, and the values they need."""

    roots: tuple[Root, ...]
    slots: tuple[Value, ...]

    @property
    def asks_store(self) -> bool:
        return any(not isinstance(root, Typename | Introspection) for root in self.roots)


def missing(order: ByProperty | ByClaim) -> str | int:
    """What stands for null in an order, so that nulls come last and a cursor never holds one."""
    if isinstance(order, ByProperty) and order.property.type is PropertyType.INTEGER:
        return -LARGEST_INTEGER if order.descending else LARGEST_INTEGER
    return "" if order.descending else "~"  # only dates can be null, and are digits
