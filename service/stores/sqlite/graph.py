"""The counts, version and last change of the graph, in SQL."""

from __future__ import annotations

from service.plan import Count, CountedName, Counts, Graph, GraphScalar, Typename
from service.stores.sqlite.expressions import sql_string
from service.stores.sqlite.json_text import (
    JsonLiteral,
    JsonPart,
    concat,
    json_count,
    json_object,
    json_string,
    json_value,
)


def graph(root: Graph) -> str:
    """Return the JSON of the root field."""
    return concat(json_object((part.key, _part(part)) for part in root.parts)).sql


def _part(part: Typename | GraphScalar | Counts) -> list[JsonPart]:
    match part:
        case Typename(name=name):
            return [json_string(name)]
        case GraphScalar(name="store"):
            return [json_string("sqlite")]
        case GraphScalar(name="version"):
            return [json_value("ifnull((SELECT version FROM graph), '')")]
        case GraphScalar():
            return [json_value("(SELECT changed FROM graph)")]
        case Counts():
            return _counts(part)


def _counts(counts: Counts) -> list[JsonPart]:
    parts: list[JsonPart] = [JsonLiteral("[")]
    for index, (name, value) in enumerate(zip(counts.names, counts.values, strict=True)):
        column, table = ("_kind", "entity") if counts.of == "kinds" else ("relation", "claim")
        number = f"(SELECT count(*) FROM {table} WHERE {column} = {sql_string(name)})"
        parts.append(JsonLiteral("," if index else ""))
        parts += json_object((item.key, _count_part(item, value, number)) for item in counts.parts)
    return [*parts, JsonLiteral("]")]


def _count_part(item: Typename | Count | CountedName, value: str, number: str) -> list[JsonPart]:
    match item:
        case Typename(name=name):
            return [json_string(name)]
        case CountedName():
            return [json_string(value)]
        case Count():
            return [json_count(number)]
