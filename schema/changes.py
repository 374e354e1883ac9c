"""The log of changes, as a list and as a subscription."""

from __future__ import annotations

import enum

import strawberry

from schema.claims import PAGE_INFO
from schema.types import ArgumentDefinition, FieldDefinition, TypeRegistry

CHANGES_SIZE = 50
"""Default number of changes on a page."""


@strawberry.enum(description="The type of a change.")
class Action(enum.Enum):
    UPSERT = strawberry.enum_value("UPSERT", description="An entity was created or updated.")
    DELETE = strawberry.enum_value("DELETE", description="An entity was deleted, together with its claims.")
    CLAIM = strawberry.enum_value("CLAIM", description="Evidence of a source was added or replaced.")
    RETRACT = strawberry.enum_value("RETRACT", description="Evidence of a source was removed.")
    LOAD = strawberry.enum_value("LOAD", description="A batch of entities and claims was loaded.")


def define_changes(types: TypeRegistry) -> tuple[FieldDefinition, type]:
    """Add Change and its connection; return the root field of the list, and the type Subscription."""
    types.namespace["Action"] = Action
    cursor = FieldDefinition("cursor", "str", "Position in the log, and the version of the graph after the change.")
    types.output(
        "Change",
        (
            cursor,
            FieldDefinition("at", "DateTime", "Time of the change."),
            FieldDefinition("action", "Action", "Type of the change."),
            FieldDefinition(
                "entity",
                "Entity | None",
                "The changed entity, or the subject of the changed claim, as it is now; null if it no longer exists.",
            ),
            FieldDefinition(
                "claim",
                "Claim | None",
                "The changed claim as it is now; null if it no longer exists or if an entity was changed.",
            ),
            FieldDefinition("slug", "str", "Slug of the entity; empty for LOAD."),
            FieldDefinition("kind", "Kind | None", "Kind of the entity; null for LOAD."),
            FieldDefinition("count", "int", "Number of entities and claims that were changed."),
        ),
        "A change of the graph.",
    )
    types.output(
        "ChangeEdge", (cursor, FieldDefinition("node", "Change", "The change.")), "A change in a list, with its cursor."
    )
    types.output(
        "ChangeConnection",
        (
            FieldDefinition("edges", "list[ChangeEdge]", "The changes on the page, each with its cursor."),
            FieldDefinition("nodes", "list[Change]", "The changes on the page."),
            PAGE_INFO,
        ),
        "A page of changes, oldest first.",
    )
    after = ArgumentDefinition(
        "after", "str | None", "Cursor of a change, or version of the graph; only later changes are returned."
    )
    first = ArgumentDefinition("first", "int | None", "Maximum number of changes.", CHANGES_SIZE)
    kinds = ArgumentDefinition(
        "kinds", "list[Kind] | None", "Only changes that affect these kinds are returned; all changes if omitted."
    )
    subscription = types.output(
        "Subscription",
        (
            FieldDefinition(
                "changes",
                "Change",
                "Every change of the graph as it happens. With `after`, the changes since then are sent first; without "
                "it, the stream starts with the next change.",
                (after, kinds),
            ),
        ),
        "Streams of changes.",
    )
    changes = FieldDefinition("changes", "ChangeConnection", "The log of changes, oldest first.", (after, first))
    return changes, subscription
