"""What the graph holds as a whole: GraphInfo, and the enum of its kinds."""

from __future__ import annotations

import enum
from datetime import datetime
from typing import Any, cast

import strawberry

from schema.ontology import Kind, Ontology
from schema.types import Field, Types


def define_graph(types: Types, ontology: Ontology) -> None:
    """Add GraphInfo and what it counts."""
    kinds = cast("Any", enum.Enum)("Kind", {kind_value(kind): kind_value(kind) for kind in ontology.kinds})
    types.namespace["Kind"] = strawberry.enum(kinds, description="The kinds of entities.")
    types.namespace["DateTime"] = datetime
    types.output("KindCount", (Field("kind", "Kind"), Field("count", "int")), "How many entities of a kind there are.")
    types.output(
        "RelationCount",
        (Field("relation", "str"), Field("count", "int")),
        "How many claims of a relation there are, of any stance.",
    )
    types.output(
        "GraphInfo",
        (
            Field("version", "str", "Changes whenever the graph does."),
            Field("store", "str", "What it lies in: sqlite or neo4j."),
            Field("lastChange", "DateTime | None", "When it was last changed."),
            Field("kinds", "list[KindCount]"),
            Field("relations", "list[RelationCount]"),
        ),
        "What the graph holds as a whole.",
    )


def kind_value(kind: Kind) -> str:
    """A kind as a value of the enum: `FRAMEWORK_TYPE`."""
    return "".join(f"_{char}" if char.isupper() else char.upper() for char in kind.name).lstrip("_")
