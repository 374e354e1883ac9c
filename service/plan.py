"""The seam between GraphQL and the stores: what an operation asks for, as frozen data.

The compiler makes a `Plan`, each store writes it in its own query language. A plan knows neither: it speaks of kinds,
edges, predicates, orders and pages. It prints as itself. Values are not in it: a node names a value by its place in
`Plan.slots`, and `bind` turns the variables of one request into the values of the slots, in order.

Nullness: predicates are two-valued. A comparison with a value that is missing is false, its negation true.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, Literal, TypeAlias, cast

from schema import Edge, Kind, Property, PropertyType
from schema.text import key
from service.errors import InputError, Place

DEFAULT_PAGE = 20
LARGEST_PAGE = 1000
MOST_COMPARED = 20
MOST_NESTED = 10
MOST_ROOTS = 100
_LARGEST_INTEGER = 2**63 - 1

# ---------------------------------------------------------------------------------------------------------------- values

Slot: TypeAlias = int
"""The place of a value in `Plan.slots`."""


class Convert(Enum):
    """What is done to a client's value before a statement sees it."""

    PLAIN = "plain"
    KEY = "key"  # the normalised key by which text is matched
    KEYS = "keys"
    SIZE = "size"  # a page size, checked
    CURSOR = "cursor"  # one value of a cursor, checked
    THOUSANDTHS = "thousandths"  # a confidence as it is stored
    RELATIONS = "relations"  # names of relations, checked
    IDS = "ids"  # global IDs, not more than a page
    SLUGS = "slugs"  # slugs or aliases of what is compared, at least one


@dataclass(frozen=True, slots=True)
class Given:
    """A value that stands in the document."""

    value: Any


@dataclass(frozen=True, slots=True)
class Variable:
    """A value inside the operation's variables: `("w", "name", "eq")`."""

    path: tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Items:
    """A list whose items come from different places."""

    items: tuple[Origin, ...]


Origin: TypeAlias = Given | Variable | Items


@dataclass(frozen=True, slots=True)
class Value:
    """Where the value of a slot comes from, what is made of it, and where in the document to point when it is wrong.

    `detail` is what the conversion needs beside the value: for a cursor the order's signature, the number of its values
    and which of them this slot is; for relations the names there are.
    """

    origin: Origin
    convert: Convert
    place: Place
    detail: tuple[Any, ...] = ()


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


EntityPart: TypeAlias = Typename | Scalar | Walk | SourceClaims


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


EdgePart: TypeAlias = Typename | Cursor | EntityNode | ClaimNode


@dataclass(frozen=True, slots=True)
class Edges:
    key: str
    parts: tuple[EdgePart, ...]


@dataclass(frozen=True, slots=True)
class Nodes:
    key: str
    node: EntityNode | ClaimNode


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
    """Entities of a kind side by side. A store answers a slug that it does not know with `Unknown`."""

    key: str
    kind: Kind
    slugs: Slot
    only_differences: bool
    parts: tuple[Typename | Compared | CompareRows, ...]


@dataclass(frozen=True, slots=True)
class Unknown:
    """A store's answer to a root field that names what is not there: the keys, as they were asked for."""

    keys: tuple[str, ...]


Root: TypeAlias = Typename | Lookup | Listing | ById | ClaimListing | Graph | Comparison | Introspection


@dataclass(frozen=True, slots=True)
class Plan:
    """All root fields of one operation, in the order of the response, and the values they need."""

    roots: tuple[Root, ...]
    slots: tuple[Value, ...]

    @property
    def asks_store(self) -> bool:
        return any(not isinstance(root, Typename | Introspection) for root in self.roots)


# --------------------------------------------------------------------------------------------------------------- binding


def bind(plan: Plan, variables: Mapping[str, Any]) -> list[Any]:
    """Return the values of the plan's slots, in order; raises InputError that says what is wrong and where."""
    return [_convert(value, _resolve(value.origin, variables)) for value in plan.slots]


def missing(order: ByProperty | ByClaim) -> str | int:
    """What stands for null in an order, so that nulls come last and a cursor never holds one."""
    if isinstance(order, ByProperty) and order.property.type is PropertyType.INTEGER:
        return -_LARGEST_INTEGER if order.descending else _LARGEST_INTEGER
    return "" if order.descending else "~"  # only dates can be null, and are digits


def write_cursor(signature: str, values: list[Any]) -> str:
    """The cursor of a row: the order's signature and the row's values, as hexadecimal JSON."""
    return json.dumps([signature, *values], ensure_ascii=False, separators=(",", ":")).encode().hex().upper()


def _resolve(origin: Origin, variables: Mapping[str, Any]) -> Any:
    match origin:
        case Given(value):
            return value
        case Variable(path):
            found: Any = variables
            for step in path:
                found = found[step]
            return found
        case Items(items):
            return [_resolve(item, variables) for item in items]


def _convert(value: Value, given: Any) -> Any:
    match value.convert:
        case Convert.PLAIN:
            return _plain(given, value.place)
        case Convert.KEY:
            return key(_plain(given, value.place))
        case Convert.KEYS:
            return [key(_plain(item, value.place)) for item in given]
        case Convert.SIZE:
            return _size(given, value.place)
        case Convert.CURSOR:
            return _cursor_value(given, value)
        case Convert.THOUSANDTHS:
            return _thousandths(given, value.place)
        case Convert.RELATIONS:
            return _relations(given, value)
        case Convert.IDS:
            return _ids(given, value.place)
        case Convert.SLUGS:
            return _slugs(given, value.place)


def _plain(given: Any, place: Place) -> Any:
    """Refuse what no database holds as text."""
    for item in cast("list[Any]", given) if isinstance(given, list) else (given,):
        if isinstance(item, str):
            if "\0" in item:
                raise InputError(f"{place.argument}: text must not hold the character U+0000.", place)
            try:
                item.encode()
            except UnicodeEncodeError as error:
                raise InputError(f"{place.argument}: half of a surrogate pair is no text.", place) from error
    return cast("Any", given)


def _size(given: Any, place: Place) -> int:
    if given < 0:
        raise InputError(f"{place.argument} is {given}; it must not be negative.", place)
    if given > LARGEST_PAGE:
        raise InputError(f"{place.argument} is {given}; a page has at most {LARGEST_PAGE}.", place)
    return given


def _ids(given: list[str], place: Place) -> list[str]:
    if len(given) > LARGEST_PAGE:
        raise InputError(f"{place.argument} has {len(given)} items; ask for at most {LARGEST_PAGE} at once.", place)
    return _plain(given, place)


def _slugs(given: list[str], place: Place) -> list[str]:
    if not 1 <= len(given) <= MOST_COMPARED:
        raise InputError(f"{place.argument} has {len(given)} items; compare 1 to {MOST_COMPARED}.", place)
    return [key(_plain(item, place)) for item in given]


def _cursor_value(given: str, value: Value) -> Any:
    signature, types, index = value.detail
    try:
        opened = json.loads(bytes.fromhex(given))
        fits = opened[0] == signature and len(opened) == len(types) + 1
        fits = fits and all(isinstance(item, type_) for item, type_ in zip(opened[1:], types, strict=True))
        found = _plain(opened[index + 1], value.place) if fits else None
    except (ValueError, TypeError, KeyError, IndexError, RecursionError):
        found = None
    if found is None or (isinstance(found, int) and abs(found) > _LARGEST_INTEGER):
        raise InputError(
            f"{value.place.argument} is no cursor of this list in this order; take one from its edges or pageInfo.",
            value.place,
        )
    return found


def _thousandths(given: float, place: Place) -> int:
    if not 0 <= given <= 1:
        raise InputError(f"{place.argument} is {given}; a confidence lies between 0 and 1.", place)
    return math.ceil(round(given * 1000, 6))


def _relations(given: list[str], value: Value) -> list[str]:
    for name in given:
        if name not in value.detail:
            raise InputError(
                f"{value.place.argument}: there is no relation '{name}'; there are {', '.join(value.detail)}.",
                value.place,
            )
    return given
