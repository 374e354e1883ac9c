"""Claims: what the sources say about one relation between two entities."""

from __future__ import annotations

import enum
from typing import Any, cast

import strawberry

from schema.ontology import Ontology
from schema.types import ArgumentDefinition, FieldDefinition, TypeRegistry


@strawberry.enum(description="The combined position of all sources on a claim.")
class Stance(enum.Enum):
    HAS = strawberry.enum_value("HAS", description="All sources confirm the relation.")
    LACKS = strawberry.enum_value("LACKS", description="All sources deny the relation.")
    DISPUTED = strawberry.enum_value("DISPUTED", description="Some sources confirm the relation, others deny it.")


DEFAULT_STANCES = [Stance.HAS, Stance.DISPUTED]
"""The stances that lists, counts and filters include by default."""

TOTAL_COUNT = FieldDefinition("totalCount", "int", "Number of items on all pages.")
PAGE_INFO = FieldDefinition("pageInfo", "PageInfo", "Cursors of the page, and whether there are more pages.")
CURSOR = FieldDefinition("cursor", "str", "Position in the list; a value for `after` or `before`.")

PAGE_ARGUMENTS = (
    ArgumentDefinition(
        "first",
        "int | None",
        "Maximum number of items, counted from the start or from `after`. The default is 20 if `last` is not given either.",
    ),
    ArgumentDefinition("after", "str | None", "Cursor; only items after it are returned."),
    ArgumentDefinition("last", "int | None", "Maximum number of items, counted from the end or from `before`."),
    ArgumentDefinition("before", "str | None", "Cursor; only items before it are returned."),
)


def define_claims(types: TypeRegistry, ontology: Ontology) -> None:
    """Add Claim, Evidence, their connection and their filter."""
    example = relation_example(ontology)
    _define_relation_type(types, ontology)
    types.output(
        "Evidence",
        (
            FieldDefinition("source", "Source", "The source."),
            FieldDefinition("supports", "bool", "True if the source confirms the claim, false if it denies it."),
            FieldDefinition("note", "str", "The statement of the source, in the words of the graph."),
            FieldDefinition("term", "str | None", "The term that the source uses for the object, if it differs."),
            FieldDefinition("locator", "str | None", "Location in the source: section or paragraph."),
        ),
        "What one source says about a claim.",
    )
    types.output(
        "Claim",
        (
            FieldDefinition("id", "ID", "Opaque, stable ID of the claim."),
            FieldDefinition("subject", "Entity", "The entity that the claim is about."),
            *relation_fields(ontology, f"Name of the relation{example}."),
            FieldDefinition("object", "Entity", "The entity that the subject is related to."),
            FieldDefinition("stance", "Stance", "The combined position of all sources."),
            FieldDefinition(
                "confidence",
                "float",
                "Confidence in the stance: 1 - 0.5^n for n distinct publishers on its side. If the claim is DISPUTED, the "
                "share of the larger side. A source without a publisher counts as its own publisher.",
            ),
            FieldDefinition("evidence", "list[Evidence]", "Evidence of each source, oldest first; never empty."),
            FieldDefinition("firstSeen", "Date | None", "Date of the oldest source; null if no source has a date."),
            FieldDefinition("lastSeen", "Date | None", "Date of the latest source; null if no source has a date."),
        ),
        "A relation between two entities, with the evidence of all sources.",
        bases=(types["Node"],),
    )
    types.output(
        "ClaimEdge",
        (CURSOR, FieldDefinition("node", "Claim", "The claim.")),
        "A claim in a list, with its cursor.",
    )
    types.output(
        "ClaimConnection",
        (
            FieldDefinition("edges", "list[ClaimEdge]", "The claims on the page, each with its cursor."),
            FieldDefinition("nodes", "list[Claim]", "The claims on the page."),
            PAGE_INFO,
            TOTAL_COUNT,
        ),
        "A page of claims, ordered by subject, relation and object.",
    )
    types.input(
        "ClaimFilter",
        (
            FieldDefinition("subject", "ID | None", "ID of the subject."),
            FieldDefinition("object", "ID | None", "ID of the object."),
            FieldDefinition("source", "ID | None", "ID of a source that gives evidence for or against the claim."),
            FieldDefinition("relation", "list[str] | None", f"Names of relations{example}."),
            FieldDefinition("stance", "list[Stance] | None", "Stances to include; all of them if omitted."),
            FieldDefinition("minConfidence", "float | None", "Minimum confidence, 0 to 1."),
        ),
        "Conditions on claims. A claim must match all of them.",
    )


def _define_relation_type(types: TypeRegistry, ontology: Ontology) -> None:
    names = ontology.relation_names
    if not names:
        return  # an enum has at least one value
    values = {name: strawberry.enum_value(name, description=_describe(ontology, name)) for name in names}
    created = cast("Any", enum.Enum)("RelationType", values)
    types.namespace["RelationType"] = strawberry.enum(created, description="The relations between two entities.")


def _describe(ontology: Ontology, name: str) -> str:
    ends: dict[tuple[str, str], list[str]] = {}
    for relation in ontology.relations:
        if relation.name == name:
            ends.setdefault((relation.verb, relation.object), []).append(relation.subject)
    return " ".join(f"{_alternatives(subjects)} {verb} {object_}." for (verb, object_), subjects in ends.items())


def _alternatives(names: list[str]) -> str:
    return " or ".join(filter(None, (", ".join(names[:-1]), names[-1])))


def relation_fields(
    ontology: Ontology, description: str, reason: str = "Use relationType, which is an enum."
) -> tuple[FieldDefinition, ...]:
    """Return the fields `relation` and `relationType`. An ontology without relations has only the former."""
    if not ontology.relation_names:
        return (FieldDefinition("relation", "str", description),)
    return (
        FieldDefinition("relation", "str", description, deprecation_reason=reason),
        FieldDefinition("relationType", "RelationType", "The relation."),
    )


def relation_example(ontology: Ontology) -> str:
    """An example for the description of a relation's name: `, such as HAS_FEATURE`."""
    return f", such as {ontology.relation_names[0]}" if ontology.relation_names else ""
