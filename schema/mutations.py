"""Mutations: one upsert for each kind, claims, retractions and deletions. Every result is a union with its errors."""

from __future__ import annotations

import strawberry

from schema.claims import relation_example
from schema.ontology import Kind, Ontology, Property, PropertyType
from schema.types import ArgumentDefinition, FieldDefinition, TypeRegistry

NOT_FOUND, CONFLICT, INVALID, NOT_AUTHORIZED = "NotFound", "Conflict", "InvalidInput", "NotAuthorized"

_VERSION = FieldDefinition("version", "str", "Version of the graph after the write; a valid cursor for `changes`.")
_INPUT_TYPES = {
    PropertyType.TEXT: "str",
    PropertyType.TEXTS: "list[str]",
    PropertyType.INTEGER: "int",
    PropertyType.DATE: "Date",
}


@strawberry.interface(description="The reason why nothing was written.")
class Problem:
    message: str = strawberry.field(description="What is wrong and how to correct it.")


def define_mutations(types: TypeRegistry, ontology: Ontology) -> type:
    """Add the inputs and payloads of mutations; return the type Mutation."""
    types.namespace["Problem"] = Problem
    _define_problems(types)
    fields = [_upsert(types, kind) for kind in ontology.kinds]
    return types.output(
        "Mutation",
        (*fields, *_define_others(types, ontology)),
        "Write access to the graph. Every mutation requires the scope `write` and is idempotent. The fields of an operation "
        "are executed in order, each one in its own transaction.",
    )


def upsert_name(kind: Kind) -> str:
    """The name of a kind's mutation: `upsertFramework`."""
    return f"upsert{kind.name}"


def _result(mutation: str) -> str:
    return f"The result of `{mutation}`: what was written, or the reason why nothing was written."


def _define_problems(types: TypeRegistry) -> None:
    bases = (Problem,)
    nearest = FieldDefinition("nearest", "list[str]", "Existing slugs that are similar to the requested one.")
    field = FieldDefinition("field", "str", "The field of the input that causes the problem.")
    value = FieldDefinition("value", "str | None", "The existing value that causes the conflict.")
    types.output(NOT_FOUND, (nearest,), "An entity or a claim in the input does not exist.", bases)
    types.output(
        CONFLICT, (field, value), "The input conflicts with an existing entity or with a concurrent write.", bases
    )
    types.output(INVALID, (field,), "The input is invalid.", bases)
    types.output(NOT_AUTHORIZED, (), "The request is not authorized to write.", bases)


def _upsert(types: TypeRegistry, kind: Kind) -> FieldDefinition:
    name, words = kind.name, kind.verbose_name
    properties = [item for item in kind.properties if item.name not in {"id", "slug"}]
    types.input(
        f"{name}Input",
        (
            FieldDefinition("slug", "str", f"Slug of the {words}; it is created if it does not exist."),
            *(_input_field(item) for item in properties),
            FieldDefinition(
                "expectedVersion",
                "str | None",
                f"Version of the graph at which the {words} was read. The result is a Conflict if it has changed since.",
            ),
        ),
        f"The {words} to create or update. Omitted fields keep their values; null removes a value.",
    )
    types.output(
        f"Upserted{name}",
        (FieldDefinition(kind.singular, name, f"The {words} after the write."), _VERSION),
        f"The {words} was created or updated.",
    )
    types.union(
        f"Upsert{name}Payload",
        (f"Upserted{name}", CONFLICT, INVALID, NOT_AUTHORIZED),
        _result(upsert_name(kind)),
    )
    return FieldDefinition(
        upsert_name(kind),
        f"Upsert{name}Payload",
        f"Create the {words} with this slug, or update the given fields.",
        (ArgumentDefinition("input", f"{name}Input", f"Slug and fields of the {words}."),),
    )


def _input_field(item: Property) -> FieldDefinition:
    type_ = item.annotation.__name__ if item.type is PropertyType.CHOICE else _INPUT_TYPES[item.type]
    required = item.required and item.type is not PropertyType.TEXTS
    description = f"{item.description} Required to create the entity." if required else item.description
    return FieldDefinition(item.name, f"{type_} | None", description)


def _define_others(types: TypeRegistry, ontology: Ontology) -> tuple[FieldDefinition, ...]:
    claim_fields = (
        FieldDefinition("subject", "ID", "ID of the subject."),
        FieldDefinition("relation", "str", f"Name of the relation{relation_example(ontology)}."),
        FieldDefinition("object", "ID", "ID of the object."),
        FieldDefinition("source", "ID", "ID of the source."),
    )
    types.input(
        "ClaimInput",
        (
            *claim_fields,
            FieldDefinition(
                "supports", "bool | None", "True if the source confirms the claim, false if it denies it.", default=True
            ),
            FieldDefinition("note", "str", "The statement of the source as a sentence, in your own words."),
            FieldDefinition("term", "str | None", "The term that the source uses for the object, if it differs."),
            FieldDefinition("locator", "str | None", "Location in the source: section or paragraph."),
        ),
        "Evidence of one source for a claim. It replaces earlier evidence of the same source for the same claim.",
    )
    types.input("RetractInput", claim_fields, "The claim and the source whose evidence is removed.")
    types.output(
        "Claimed",
        (FieldDefinition("claim", "Claim", "The claim with the evidence of all sources."), _VERSION),
        "The evidence was added.",
    )
    types.output(
        "Retracted",
        (
            FieldDefinition("claim", "Claim | None", "The claim with the remaining evidence; null if none remains."),
            _VERSION,
        ),
        "The evidence was removed.",
    )
    types.output(
        "Deleted", (FieldDefinition("id", "ID", "ID of the deleted entity."), _VERSION), "The entity was deleted."
    )
    types.union("DeletePayload", ("Deleted", NOT_FOUND, NOT_AUTHORIZED), _result("deleteEntity"))
    types.union("ClaimPayload", ("Claimed", NOT_FOUND, INVALID, NOT_AUTHORIZED), _result("claim"))
    types.union("RetractPayload", ("Retracted", NOT_FOUND, NOT_AUTHORIZED), _result("retract"))
    return (
        FieldDefinition(
            "deleteEntity",
            "DeletePayload",
            "Delete an entity and its claims. If it is a source, its evidence is deleted as well.",
            (ArgumentDefinition("id", "ID", "ID of the entity."),),
        ),
        FieldDefinition(
            "claim",
            "ClaimPayload",
            "Add the evidence of a source for a claim, or replace it.",
            (ArgumentDefinition("input", "ClaimInput", "The claim and the evidence."),),
        ),
        FieldDefinition(
            "retract",
            "RetractPayload",
            "Remove the evidence of a source for a claim.",
            (ArgumentDefinition("input", "RetractInput", "The claim and the source."),),
        ),
    )
