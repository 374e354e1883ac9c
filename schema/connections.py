"""The type of every kind and its connection, shared by the root list and by every relation that reaches it."""

from __future__ import annotations

from schema.answers import alternatives_field
from schema.claims import KNOWN, PAGE_ARGUMENTS
from schema.ontology import Edge, Kind, Ontology
from schema.types import Argument, Field, Types

SOURCE = "Source"
"""The kind that evidence cites."""


FACET_SIZE = 20
"""How many targets a facet counts when it is not told."""


def define_connections(types: Types, ontology: Ontology) -> None:
    """Add every kind's type, edge and connection."""
    types.output(
        "PageInfo",
        (
            Field("hasNextPage", "bool"),
            Field("hasPreviousPage", "bool"),
            Field("startCursor", "str | None"),
            Field("endCursor", "str | None"),
        ),
        "Where a page begins and ends (Relay).",
    )
    types.output(
        "FacetCount",
        (Field("target", "Entity"), Field("count", "int", "How many of the list's entities it is joined to.")),
        "A target of a relation, and how often it occurs.",
    )
    for kind in ontology.kinds:
        _define_kind(types, kind)


def list_arguments(kind_name: str) -> tuple[Argument, ...]:
    """Filter, order and page: what every list of a kind takes."""
    return (
        Argument("where", f"{kind_name}Filter | None"),
        Argument("orderBy", f"list[{kind_name}Order] | None", "Slug, ascending, when left out."),
        *PAGE_ARGUMENTS,
    )


def _define_kind(types: Types, kind: Kind) -> None:
    edges = tuple(_relation_field(edge) for edge in kind.edges)
    cited = (Field("claims", "ClaimConnection", "What it says.", PAGE_ARGUMENTS),) if kind.name == SOURCE else ()
    description = kind.declared.__doc__
    advice = alternatives_field(types, kind)
    types.output(kind.name, (*edges, *cited, *advice), description, bases=(kind.declared,))
    types.output(
        f"{kind.name}Edge",
        (
            Field("cursor", "str"),
            Field("node", kind.name),
            Field("claim", "Claim | None", "Why the graph says so; null on a root list, where no relation was walked."),
        ),
        f"A {kind.name} in a list, and the claim that led there.",
    )
    types.output(
        f"{kind.name}Connection",
        (
            Field("edges", f"list[{kind.name}Edge]"),
            Field("nodes", f"list[{kind.name}]"),
            Field("pageInfo", "PageInfo"),
            Field("totalCount", "int", "How many there are over all pages."),
            *_facets(types, kind),
        ),
        f"A page of {kind.plural}.",
    )


def _facets(types: Types, kind: Kind) -> tuple[Field, ...]:
    """The field `facets` of a kind's connection; none where the kind has no relation."""
    if not kind.edges:
        return ()
    first = Argument("first", "int | None", "At most this many targets.", FACET_SIZE)
    types.output(
        f"{kind.name}Facets",
        tuple(Field(edge.name, "list[FacetCount]", None, (first,)) for edge in kind.edges),
        "One field per relation: the targets within the current filter over all pages, most frequent first; a facet "
        "ignores its own relation's filter.",
    )
    return (Field("facets", f"{kind.name}Facets", "What the list's entities are joined to, counted."),)


def _relation_field(edge: Edge) -> Field:
    where, order, *page = list_arguments(edge.target)
    stance = Argument(
        "stance",
        "list[Stance] | None",
        "What the sources say; a LACKS is never listed, counted or matched unless asked for.",
        KNOWN,
    )
    relation = edge.relation
    told = f"{relation.subject} {relation.name} {relation.object}"
    description = f"{told}, seen from the {relation.object}." if edge.reverse else f"{told}."
    return Field(edge.name, f"{edge.target}Connection", description, (where, order, stance, *page))
