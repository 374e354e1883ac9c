"""Answers that are more than rows: frameworks side by side."""

from __future__ import annotations

import enum

import strawberry

from schema.ontology import Edge, Kind, Ontology
from schema.types import Argument, Field, Types

COMPARED = "Framework"
"""The kind whose entities are compared."""


@strawberry.enum(description="What is known of one relation between two things.")
class Answer(enum.Enum):
    HAS = strawberry.enum_value("HAS", description="The sources say so.")
    LACKS = strawberry.enum_value("LACKS", description="The sources say the contrary.")
    DISPUTED = strawberry.enum_value("DISPUTED", description="The sources disagree.")
    UNKNOWN = strawberry.enum_value("UNKNOWN", description="No source says anything: never a no.")


def compared(ontology: Ontology) -> tuple[Kind, tuple[Edge, ...]] | None:
    """The kind that is compared and the relations in which it is; None where the ontology has no such kind."""
    kind = ontology.kind_by_name.get(COMPARED)
    if kind is None:
        return None
    return kind, tuple(edge for edge in kind.edges if not edge.reverse and edge.target != COMPARED)


def define_answers(types: Types, ontology: Ontology) -> tuple[Field, ...]:
    """Add Comparison, where frameworks are known; returns the root field."""
    found = compared(ontology)
    if found is None:
        return ()
    kind, edges = found
    types.namespace["Answer"] = Answer
    types.output(
        "Cell",
        (
            Field("framework", kind.name),
            Field("value", "Answer"),
            Field("claim", "Claim | None", "Why; null where the value is UNKNOWN."),
        ),
        "What is known of one framework and one target.",
    )
    types.output(
        "ComparisonRow",
        (
            Field("relation", "str", f"The field of {kind.name}: {', '.join(edge.name for edge in edges)}."),
            Field("target", "Entity"),
            Field("cells", "list[Cell]", "One for each framework, in the order asked."),
        ),
        "One target of a relation, and what is known of every framework and it.",
    )
    types.output(
        "Comparison",
        (
            Field("frameworks", f"list[{kind.name}]", "In the order asked; one that is named twice stands once."),
            Field("rows", "list[ComparisonRow]", "All that a source says of any of them, by relation, then by slug."),
        ),
        "Frameworks side by side.",
    )
    arguments = (
        Argument(kind.plural, "list[str]", "Slugs or aliases, at most 20."),
        Argument(
            "onlyDifferences",
            "bool | None",
            "Leave out the rows in which all of them have the same value.",
            default=False,
        ),
    )
    description = "Side by side; what no source mentions is UNKNOWN, never a no."
    return (Field("compare", "Comparison", description, arguments),)
