"""The type of every kind and its connection, which root lists and relations share."""

from __future__ import annotations

from schema.answers import alternatives_field
from schema.claims import CURSOR, DEFAULT_STANCES, PAGE_ARGUMENTS, PAGE_INFO, TOTAL_COUNT
from schema.ontology import Edge, Kind, Ontology
from schema.types import ArgumentDefinition, FieldDefinition, TypeRegistry

SOURCE = "Source"
"""The kind that evidence cites."""

FACET_SIZE = 20
"""Default number of targets in a facet."""


def define_connections(types: TypeRegistry, ontology: Ontology) -> None:
    """Add the type, the edge and the connection of every kind."""
    types.output(
        "PageInfo",
        (
            FieldDefinition("hasNextPage", "bool", "True if there are items after this page."),
            FieldDefinition("hasPreviousPage", "bool", "True if there are items before this page."),
            FieldDefinition("startCursor", "str | None", "Cursor of the first item; null if the page is empty."),
            FieldDefinition("endCursor", "str | None", "Cursor of the last item; null if the page is empty."),
        ),
        "Position of a page in its list, as in the Relay specification of cursor connections.",
    )
    types.output(
        "FacetCount",
        (
            FieldDefinition("target", "Entity", "The related entity."),
            FieldDefinition("count", "int", "Number of entities in the list that are related to the target."),
        ),
        "A related entity and its frequency in a list.",
    )
    for kind in ontology.kinds:
        _define_kind(types, ontology, kind)


def list_arguments(kind: Kind) -> tuple[ArgumentDefinition, ...]:
    """The filter, order and page arguments of every list of a kind."""
    return (
        ArgumentDefinition(
            "where",
            f"{kind.name}Filter | None",
            f"Only {kind.verbose_name_plural} that match this filter are returned.",
        ),
        ArgumentDefinition(
            "orderBy", f"list[{kind.name}Order] | None", "Sort criteria, most significant first. The default is `slug`."
        ),
        *PAGE_ARGUMENTS,
    )


def _define_kind(types: TypeRegistry, ontology: Ontology, kind: Kind) -> None:
    singular, plural = kind.verbose_name, kind.verbose_name_plural
    relations = tuple(_relation_field(edge, ontology) for edge in kind.edges)
    claims = FieldDefinition("claims", "ClaimConnection", "Claims that this source confirms or denies.", PAGE_ARGUMENTS)
    types.output(
        kind.name,
        (*relations, *((claims,) if kind.name == SOURCE else ()), *alternatives_field(types, kind)),
        kind.description,
        bases=(kind.entity_class,),
    )
    types.output(
        f"{kind.name}Edge",
        (
            CURSOR,
            FieldDefinition("node", kind.name, f"The {singular}."),
            FieldDefinition(
                "claim", "Claim | None", "The claim that relates it to the parent entity; null in a root list."
            ),
        ),
        f"One of the {plural} in a list, with its cursor and its claim.",
    )
    types.output(
        f"{kind.name}Connection",
        (
            FieldDefinition(
                "edges", f"list[{kind.name}Edge]", f"The {plural} on the page, each with its cursor and its claim."
            ),
            FieldDefinition("nodes", f"list[{kind.name}]", f"The {plural} on the page."),
            PAGE_INFO,
            TOTAL_COUNT,
            *_facets(types, kind),
        ),
        f"A page of {plural}.",
    )


def _facets(types: TypeRegistry, kind: Kind) -> tuple[FieldDefinition, ...]:
    """The field `facets` of a kind's connection; none if the kind has no relations."""
    if not kind.edges:
        return ()
    first = ArgumentDefinition("first", "int | None", "Maximum number of targets.", FACET_SIZE)
    types.output(
        f"{kind.name}Facets",
        tuple(
            FieldDefinition(
                edge.name,
                "list[FacetCount]",
                f"The most frequent targets of `{edge.name}`, most frequent first.",
                (first,),
            )
            for edge in kind.edges
        ),
        "Related entities, counted over all pages of the filtered list. The counts of a relation ignore the filter on "
        "that relation.",
    )
    return (
        FieldDefinition("facets", f"{kind.name}Facets", "Counts of the related entities, one field for each relation."),
    )


def _relation_field(edge: Edge, ontology: Ontology) -> FieldDefinition:
    source, target = ontology.kind_by_name[edge.source], ontology.kind_by_name[edge.target]
    plural = target.verbose_name_plural
    plural = plural[0].upper() + plural[1:]
    where, order, *page = list_arguments(target)
    stance = ArgumentDefinition(
        "stance",
        "list[Stance] | None",
        "Stances of the claims to follow. A claim with the stance LACKS is followed only if LACKS is given.",
        DEFAULT_STANCES,
    )
    relation = edge.relation
    description = (
        f"{plural} with the relation {relation.name} to this {source.verbose_name}."
        if edge.reverse
        else f"{plural} that this {source.verbose_name} {relation.verb} (relation {relation.name})."
    )
    return FieldDefinition(edge.name, f"{edge.target}Connection", description, (where, order, stance, *page))
