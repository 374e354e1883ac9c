"""Filters and sort orders: the shared ones, and those that are derived from the kinds of the ontology."""

from __future__ import annotations

from schema.claims import DEFAULT_STANCES
from schema.ontology import Kind, Ontology, Property, PropertyType
from schema.types import FieldDefinition, TypeRegistry

_FILTER_BY_TYPE = {PropertyType.TEXT: "TextFilter", PropertyType.DATE: "DateFilter", PropertyType.INTEGER: "IntFilter"}
_ALL = "A value must match all of them."
_NULLS = "`eq: null` matches missing values, `ne: null` matches present ones; any other null is ignored."
_COMPARISONS = {
    "eq": "Equal to this value.",
    "ne": "Not equal to this value.",
    "lt": "Less than this value.",
    "lte": "Less than or equal to this value.",
    "gt": "Greater than this value.",
    "gte": "Greater than or equal to this value.",
}
_IN = "Equal to one of these values."


def define_inputs(types: TypeRegistry, ontology: Ontology) -> None:
    """Add the filters and sort orders of every kind."""
    _define_operators(types)
    for kind in ontology.kinds:
        _define_filter(types, kind)
        _define_order(types, kind)
        if kind.edges:
            _define_relation(types, kind)


def sortable(kind: Kind) -> tuple[Property, ...]:
    """The properties by which lists of a kind can be sorted, `slug` and `name` first."""
    return tuple(
        item
        for item in kind.properties
        if item.name in {"slug", "name"} or item.type in {PropertyType.DATE, PropertyType.INTEGER}
    )


def _define_operators(types: TypeRegistry) -> None:
    types.input(
        "TextFilter",
        (
            FieldDefinition("eq", "str | None", _COMPARISONS["eq"]),
            FieldDefinition("ne", "str | None", _COMPARISONS["ne"]),
            FieldDefinition("in", "list[str] | None", _IN),
            FieldDefinition("notIn", "list[str] | None", "Equal to none of these values."),
            FieldDefinition("contains", "str | None", "Contains this text."),
            FieldDefinition("startsWith", "str | None", "Starts with this text."),
            FieldDefinition("endsWith", "str | None", "Ends with this text."),
        ),
        f"Conditions on a text, without regard to case and accents. {_ALL} {_NULLS}",
    )
    types.input(
        "IntFilter",
        (
            *(FieldDefinition(name, "int | None", description) for name, description in _COMPARISONS.items()),
            FieldDefinition("in", "list[int] | None", _IN),
        ),
        f"Conditions on an integer. {_ALL} {_NULLS}",
    )
    types.input(
        "DateFilter",
        tuple(FieldDefinition(name, "Date | None", description) for name, description in _COMPARISONS.items()),
        f"Conditions on a date. A less precise date is less than a more precise one: 2024 < 2024-03. {_ALL} {_NULLS}",
    )
    types.input(
        "CountSort",
        (FieldDefinition("count", "Sort", "Direction in which to sort by the number."),),
        "Sort by the number of related entities.",
    )
    types.input(
        "ClaimSort",
        (
            FieldDefinition("confidence", "Sort | None", "Sort by the confidence of the claim."),
            FieldDefinition("firstSeen", "Sort | None", "Sort by the date of the oldest source."),
            FieldDefinition("lastSeen", "Sort | None", "Sort by the date of the latest source."),
        ),
        "Sort by a field of the claim that relates an entity to its parent. Give exactly one field.",
        one_of=True,
    )


def _define_filter(types: TypeRegistry, kind: Kind) -> None:
    name = f"{kind.name}Filter"
    fields = [
        FieldDefinition(item.name, f"{_filter_type(item)} | None", _filter_description(item))
        for item in kind.properties
        if _filter_type(item)
    ]
    fields += [
        FieldDefinition(edge.name, f"{edge.target}Relation | None", f"Condition on the entities in `{edge.name}`.")
        for edge in kind.edges
    ]
    fields += [
        FieldDefinition("and", f"list[{name}] | None", "All of these filters must match."),
        FieldDefinition("or", f"list[{name}] | None", "At least one of these filters must match."),
        FieldDefinition("not", f"{name} | None", "This filter must not match."),
    ]
    types.input(
        name,
        tuple(fields),
        f"Conditions on {kind.verbose_name_plural}. An entity must match all of them.",
    )


def _filter_type(item: Property) -> str | None:
    if item.type is PropertyType.CHOICE:
        return f"list[{item.annotation.__name__}]"
    return None if item.name == "homepage" else _FILTER_BY_TYPE.get(item.type)


def _filter_description(item: Property) -> str:
    if item.type is PropertyType.CHOICE:
        return f"The value of `{item.name}` must be one of these."
    return "Condition on the name or one of the aliases." if item.name == "name" else f"Condition on `{item.name}`."


def _define_relation(types: TypeRegistry, kind: Kind) -> None:
    where = f"{kind.name}Filter | None"
    plural = kind.verbose_name_plural
    types.input(
        f"{kind.name}Relation",
        (
            FieldDefinition("some", where, f"At least one of the {plural} matches."),
            FieldDefinition(
                "none",
                where,
                f"None of the known {plural} match. This does not mean that a source denies the relation.",
            ),
            FieldDefinition("all", where, f"All known {plural} match; also true if none are known."),
            FieldDefinition("count", "IntFilter | None", f"Condition on the number of known {plural}."),
            FieldDefinition(
                "minConfidence", "float | None", "Ignore claims with a lower confidence than this, 0 to 1."
            ),
            FieldDefinition(
                "stance", "list[Stance] | None", "Ignore claims with other stances than these.", default=DEFAULT_STANCES
            ),
        ),
        f"Conditions on related {plural}. All of them must match. Without `some`, `none`, `all` and `count`, at least "
        "one must be known.",
    )


def _define_order(types: TypeRegistry, kind: Kind) -> None:
    fields = [FieldDefinition(item.name, "Sort | None", f"Sort by `{item.name}`.") for item in sortable(kind)]
    fields += [
        FieldDefinition(edge.name, "CountSort | None", f"Sort by the number of entities in `{edge.name}`.")
        for edge in kind.edges
    ]
    if kind.edges:
        fields.append(
            FieldDefinition(
                "claim",
                "ClaimSort | None",
                "Sort by the claim that relates the entity to its parent; not available in root lists.",
            )
        )
    types.input(
        f"{kind.name}Order",
        tuple(fields),
        "A sort criterion; give exactly one field. Entities that compare equal are sorted by slug, null values last.",
        one_of=True,
    )
