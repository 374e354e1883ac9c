"""What can be written: one upsert per kind, claims and their retraction, deletion; every answer a union with its errors."""

from __future__ import annotations

import strawberry

from schema.ontology import Kind, Ontology, Property, PropertyType
from schema.types import Argument, Field, Types

NOT_FOUND, CONFLICT, INVALID, NOT_AUTHORIZED = "NotFound", "Conflict", "InvalidInput", "NotAuthorized"

_PAYLOAD = "What was written, or why nothing was."
_VERSION = Field("version", "str", "The version of the graph that holds it; a cursor of `changes`.")
_INPUT_TYPES = {
    PropertyType.TEXT: "str",
    PropertyType.TEXTS: "list[str]",
    PropertyType.INTEGER: "int",
    PropertyType.DATE: "Date",
}


@strawberry.interface(description="Why nothing was written.")
class Problem:
    message: str = strawberry.field(description="What is wrong and what to do, in a sentence.")


def define_mutations(types: Types, ontology: Ontology) -> type:
    """Add what mutations take and answer; return the type Mutation."""
    types.namespace["Problem"] = Problem
    _define_problems(types)
    fields = [_upsert(types, kind) for kind in ontology.kinds]
    return types.output(
        "Mutation",
        (*fields, *_define_rest(types)),
        "Everything that can be written. All of it needs the scope `write` and is idempotent: done again, it changes "
        "nothing. Each field is written by itself, in the order of the document, wholly or not at all.",
    )


def upsert_name(kind: Kind) -> str:
    """The mutation of a kind: `upsertFramework`."""
    return f"upsert{kind.name}"


def _define_problems(types: Types) -> None:
    bases = (Problem,)
    nearest = Field("nearest", "list[str]", "The slugs that are most like what was asked for.")
    field = Field("field", "str", "Which field of the input.")
    value = Field("value", "str | None", "What is there instead.")
    types.output(NOT_FOUND, (nearest,), "What it is about is not there.", bases)
    types.output(CONFLICT, (field, value), "Something else stands in the way, or was written meanwhile.", bases)
    types.output(INVALID, (field,), "The input is wrong.", bases)
    types.output(NOT_AUTHORIZED, (), "The request may not write.", bases)


def _upsert(types: Types, kind: Kind) -> Field:
    name = kind.name
    given = [item for item in kind.properties if item.name not in {"id", "slug"}]
    types.input(
        f"{name}Input",
        (
            Field("slug", "str", "Which one; it is made where there is none."),
            *(_input_field(item) for item in given),
            Field(
                "expectedVersion",
                "str | None",
                "A version that was read before the entity was: Conflict when somebody changed it since.",
            ),
        ),
        "Partial: what is left out stays as it is; null takes away.",
    )
    types.output(f"Upserted{name}", (Field(kind.singular, name), _VERSION), "It is as the input has it.")
    types.union(f"Upsert{name}Payload", (f"Upserted{name}", CONFLICT, INVALID, NOT_AUTHORIZED), _PAYLOAD)
    return Field(
        upsert_name(kind),
        f"Upsert{name}Payload",
        f"Make the {kind.singular} with this slug, or change what is given of it.",
        (Argument("input", f"{name}Input"),),
    )


def _input_field(item: Property) -> Field:
    type_ = item.annotation.__name__ if item.type is PropertyType.CHOICE else _INPUT_TYPES[item.type]
    told = "Needed where it is made." if item.required and item.type is not PropertyType.TEXTS else None
    return Field(item.name, f"{type_} | None", told)


def _define_rest(types: Types) -> tuple[Field, ...]:
    ends = (
        Field("subject", "ID"),
        Field("relation", "str", "The relation's name, such as HAS_FEATURE."),
        Field("object", "ID"),
        Field("source", "ID", "Who says so."),
    )
    types.input(
        "ClaimInput",
        (
            *ends,
            Field("supports", "bool | None", "False where the source denies it.", default=True),
            Field("note", "str", "The claim in a sentence of your own."),
            Field("term", "str | None", "The source's own term for the object, where it differs."),
            Field("locator", "str | None", "Where in the source: section or paragraph."),
        ),
        "What one source says; what it said of the same before is overwritten.",
    )
    types.input("RetractInput", ends, "What one source no longer says.")
    claim = "What all sources say of it by now"
    types.output("Claimed", (Field("claim", "Claim", f"{claim}."), _VERSION), "It is said.")
    types.output(
        "Retracted",
        (Field("claim", "Claim | None", f"{claim}; null when this was its last evidence."), _VERSION),
        "It is said no longer.",
    )
    types.output("Deleted", (Field("id", "ID"), _VERSION), "It is gone, and all that was claimed of it.")
    types.union("DeletePayload", ("Deleted", NOT_FOUND, NOT_AUTHORIZED), _PAYLOAD)
    types.union("ClaimPayload", ("Claimed", NOT_FOUND, INVALID, NOT_AUTHORIZED), _PAYLOAD)
    types.union("RetractPayload", ("Retracted", NOT_FOUND, NOT_AUTHORIZED), _PAYLOAD)
    return (
        Field(
            "deleteEntity",
            "DeletePayload",
            "Remove an entity, the claims that it is an end of and, of a source, all that it says.",
            (Argument("id", "ID"),),
        ),
        Field("claim", "ClaimPayload", "Let a source say something.", (Argument("input", "ClaimInput"),)),
        Field("retract", "RetractPayload", "Take back what a source says.", (Argument("input", "RetractInput"),)),
    )
