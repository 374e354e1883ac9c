"""Claims: what the sources say about one relation between two things."""

from __future__ import annotations

import enum

import strawberry

from schema.types import Argument, Field, Types


@strawberry.enum(description="What the sources say, all in all.")
class Stance(enum.Enum):
    HAS = strawberry.enum_value("HAS", description="They say so.")
    LACKS = strawberry.enum_value("LACKS", description="They say the contrary.")
    DISPUTED = strawberry.enum_value("DISPUTED", description="They disagree.")


KNOWN = [Stance.HAS, Stance.DISPUTED]
"""The stances that lists, counts and filters see unless they are asked for others."""

PAGE_ARGUMENTS = (
    Argument(
        "first",
        "int | None",
        "At most this many, from the start or `after`. 20 when neither `first` nor `last` is given.",
    ),
    Argument("after", "str | None", "A cursor: only what comes behind it."),
    Argument("last", "int | None", "At most this many, from the end or `before`."),
    Argument("before", "str | None", "A cursor: only what comes ahead of it."),
)


def define_claims(types: Types) -> None:
    """Add Claim, Evidence, their connection and filter."""
    types.output(
        "Evidence",
        (
            Field("source", "Source"),
            Field("supports", "bool", "False where the source denies the claim."),
            Field("note", "str", "The claim in the graph's own words."),
            Field("term", "str | None", "The source's own term for the object, where it differs."),
            Field("locator", "str | None", "Where in the source: section or paragraph."),
        ),
        "One source's word on a claim.",
    )
    types.output(
        "Claim",
        (
            Field("id", "ID"),
            Field("subject", "Entity"),
            Field("relation", "str", "The relation's name, such as HAS_FEATURE."),
            Field("object", "Entity"),
            Field("stance", "Stance", "HAS: they say so. LACKS: they say the contrary. DISPUTED: they disagree."),
            Field(
                "confidence",
                "float",
                "1 - 0.5^n for n distinct publishers on the stance's side (a document without one counts as its own); "
                "DISPUTED: the larger side's share. Three decimals.",
            ),
            Field("evidence", "list[Evidence]", "Never empty, oldest first."),
            Field("firstSeen", "Date | None", "When the first dated source said something of it."),
            Field("lastSeen", "Date | None", "When the last dated source said something of it."),
        ),
        "What the sources say about one relation between two things.",
        bases=(types["Node"],),
    )
    types.output("ClaimEdge", (Field("cursor", "str"), Field("node", "Claim")), "A claim in a list.")
    types.output(
        "ClaimConnection",
        (
            Field("edges", "list[ClaimEdge]"),
            Field("nodes", "list[Claim]"),
            Field("pageInfo", "PageInfo"),
            Field("totalCount", "int", "How many there are over all pages."),
        ),
        "A page of claims, ordered by subject, relation and object.",
    )
    types.input(
        "ClaimFilter",
        (
            Field("subject", "ID | None", "Only claims about this entity."),
            Field("object", "ID | None", "Only claims that lead to this entity."),
            Field("source", "ID | None", "Only claims that this source speaks of."),
            Field("relation", "list[str] | None", "Only these relations, such as HAS_FEATURE."),
            Field("stance", "list[Stance] | None", "Only these stances; all of them when left out."),
            Field("minConfidence", "float | None", "Only claims of at least this confidence, 0 to 1."),
        ),
        "All that is given must hold.",
    )
