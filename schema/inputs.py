"""Filters and orders: a few fixed ones, and those of every kind, derived from the ontology."""

from __future__ import annotations

from schema.claims import KNOWN
from schema.ontology import Kind, Ontology, Property, PropertyType
from schema.types import Field, Types

_FILTER_BY_TYPE = {PropertyType.TEXT: "TextFilter", PropertyType.DATE: "DateFilter", PropertyType.INTEGER: "IntFilter"}
_NULLS = "`eq: null` finds what has no value, `ne: null` what has one; any other null counts as left out."


def define_inputs(types: Types, ontology: Ontology) -> None:
    """Add the filters and orders of every kind."""
    _define_operators(types)
    for kind in ontology.kinds:
        _define_filter(types, kind)
        _define_order(types, kind)
        if kind.edges:
            _define_relation(types, kind)


def sortable(kind: Kind) -> tuple[Property, ...]:
    """The properties by which a kind's lists can be ordered, `slug` and `name` first."""
    return tuple(
        item
        for item in kind.properties
        if item.name in {"slug", "name"} or item.type in {PropertyType.DATE, PropertyType.INTEGER}
    )


def _define_operators(types: Types) -> None:
    text = ("eq", "str"), ("ne", "str"), ("in", "list[str]"), ("notIn", "list[str]")
    match = ("contains", "str"), ("startsWith", "str"), ("endsWith", "str")
    bounds = ("lt", "lte", "gt", "gte")
    types.input(
        "TextFilter",
        tuple(Field(name, f"{of} | None") for name, of in (*text, *match)),
        f"Case- and accent-insensitive; on `name` it matches aliases too. All that is given must hold. {_NULLS}",
    )
    types.input(
        "IntFilter",
        (*(Field(name, "int | None") for name in ("eq", "ne", *bounds)), Field("in", "list[int] | None")),
        f"All that is given must hold. {_NULLS}",
    )
    types.input(
        "DateFilter",
        tuple(Field(name, "Date | None") for name in ("eq", "ne", *bounds)),
        f"Dates compare as far as they are known: 2024 comes before 2024-03. All that is given must hold. {_NULLS}",
    )
    types.input("CountSort", (Field("count", "Sort"),), "By how many there are.")
    types.input(
        "ClaimSort",
        tuple(Field(name, "Sort | None") for name in ("confidence", "firstSeen", "lastSeen")),
        "By one thing about the claim that led there.",
        one_of=True,
    )


def _define_filter(types: Types, kind: Kind) -> None:
    name = f"{kind.name}Filter"
    fields = [Field(item.name, f"{_filter_type(item)} | None") for item in kind.properties if _filter_type(item)]
    fields += [Field(edge.name, f"{edge.target}Relation | None") for edge in kind.edges]
    fields += [
        Field("and", f"list[{name}] | None"),
        Field("or", f"list[{name}] | None"),
        Field("not", f"{name} | None"),
    ]
    types.input(name, tuple(fields), "All that is given must hold.")


def _filter_type(item: Property) -> str | None:
    if item.type is PropertyType.CHOICE:
        return f"list[{item.annotation.__name__}]"
    return None if item.name == "homepage" else _FILTER_BY_TYPE.get(item.type)


def _define_relation(types: Types, kind: Kind) -> None:
    where = f"{kind.name}Filter | None"
    types.input(
        f"{kind.name}Relation",
        (
            Field("some", where, "At least one matches."),
            Field("none", where, "None known matches; not a no, since what no source says is unknown."),
            Field("all", where, "Every one known matches; so it holds where none is known."),
            Field("count", "IntFilter | None", "How many are known."),
            Field("minConfidence", "float | None", "Look only at claims of at least this confidence, 0 to 1."),
            Field("stance", "list[Stance] | None", "Look only at claims of these stances.", default=KNOWN),
        ),
        "All that is given must hold; with neither some, none, all nor count: at least one is known. `none` means: none known.",
    )


def _define_order(types: Types, kind: Kind) -> None:
    fields = [Field(item.name, "Sort | None") for item in sortable(kind)]
    fields += [Field(edge.name, "CountSort | None") for edge in kind.edges]
    fields += (
        [Field("claim", "ClaimSort | None", "Within a relation: by the claim that led there.")] if kind.edges else []
    )
    types.input(
        f"{kind.name}Order",
        tuple(fields),
        "The first list item sorts first; slug breaks every tie; nulls come last.",
        one_of=True,
    )
