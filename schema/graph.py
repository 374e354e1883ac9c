"""Information about the graph: GraphInfo, and the enum of its kinds."""

from __future__ import annotations

import enum
from datetime import datetime
from typing import Any, cast

import strawberry

from schema.claims import relation_fields
from schema.ontology import Kind, Ontology
from schema.types import FieldDefinition, TypeRegistry


def define_graph(types: TypeRegistry, ontology: Ontology) -> None:
    """Add GraphInfo, its counts and the enum Kind."""
    values = {
        kind_value(kind): strawberry.enum_value(kind_value(kind), description=kind.description)
        for kind in ontology.kinds
    }
    kinds = cast("Any", enum.Enum)("Kind", values)
    types.namespace["Kind"] = strawberry.enum(kinds, description="The kinds of entities.")
    types.namespace["DateTime"] = datetime
    types.output(
        "KindCount",
        (
            FieldDefinition("kind", "Kind", "The kind."),
            FieldDefinition("count", "int", "Number of entities of this kind."),
        ),
        "The number of entities of a kind.",
    )
    types.output(
        "RelationCount",
        (
            *relation_fields(ontology, "Name of the relation."),
            FieldDefinition("count", "int", "Number of claims with this relation, of any stance."),
        ),
        "The number of claims with a relation.",
    )
    types.output(
        "GraphInfo",
        (
            FieldDefinition("version", "str", "Version of the graph; every write changes it."),
            FieldDefinition("store", "str", "Database in which the graph is stored: `sqlite` or `neo4j`."),
            FieldDefinition("lastChange", "DateTime | None", "Time of the last change; null if it is not known."),
            FieldDefinition("kinds", "list[KindCount]", "Number of entities of each kind."),
            FieldDefinition("relations", "list[RelationCount]", "Number of claims with each relation."),
        ),
        "Version, size and last change of the graph.",
    )


def kind_value(kind: Kind) -> str:
    """The value of a kind in the enum Kind: `FRAMEWORK_TYPE`."""
    return "".join(f"_{char}" if char.isupper() else char.upper() for char in kind.name).lstrip("_")
