"""The log of what was changed, as a list and as a stream."""

from __future__ import annotations

import enum

import strawberry

from schema.types import Argument, Field, Types

CHANGES_SIZE = 50
"""How many changes a page has when it is not told."""


@strawberry.enum(description="What was done.")
class Action(enum.Enum):
    UPSERT = strawberry.enum_value("UPSERT", description="An entity was made or changed.")
    DELETE = strawberry.enum_value("DELETE", description="An entity was removed, and all claims about it.")
    CLAIM = strawberry.enum_value("CLAIM", description="A source said something.")
    RETRACT = strawberry.enum_value("RETRACT", description="A source took something back.")
    LOAD = strawberry.enum_value("LOAD", description="A batch of entities and claims was loaded at once.")


def define_changes(types: Types) -> tuple[Field, type]:
    """Add Change and its connection; return the root field of the list, and the type Subscription."""
    types.namespace["Action"] = Action
    types.output(
        "Change",
        (
            Field("cursor", "str", "Its place in the log, and the version of the graph that it made."),
            Field("at", "DateTime"),
            Field("action", "Action"),
            Field(
                "entity",
                "Entity | None",
                "What was changed, or the subject of the claim, as it is now; null when gone.",
            ),
            Field("claim", "Claim | None", "The claim as it is now; null when gone, or when it was an entity."),
            Field("slug", "str", "The slug of the entity; empty for a batch."),
            Field("kind", "Kind | None", "The kind of the entity; null for a batch."),
            Field("count", "int", "How many entities and claims it concerned."),
        ),
        "Something that was written to the graph.",
    )
    types.output("ChangeEdge", (Field("cursor", "str"), Field("node", "Change")), "A change in a list.")
    types.output(
        "ChangeConnection",
        (Field("edges", "list[ChangeEdge]"), Field("nodes", "list[Change]"), Field("pageInfo", "PageInfo")),
        "A page of the log, oldest first.",
    )
    after = Argument("after", "str | None", "A cursor of the log, or a version of the graph: only what came later.")
    first = Argument("first", "int | None", "At most this many.", CHANGES_SIZE)
    kinds = Argument("kinds", "list[Kind] | None", "Only what concerns these kinds; all when left out.")
    subscription = types.output(
        "Subscription",
        (
            Field(
                "changes",
                "Change",
                "Every change, as it is made. With `after`, what was missed since comes first; without, it begins now.",
                (after, kinds),
            ),
        ),
        "What can be listened to.",
    )
    return Field("changes", "ChangeConnection", "The log of changes, oldest first.", (after, first)), subscription
