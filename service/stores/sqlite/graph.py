"""The graph as a whole, in SQL."""

from __future__ import annotations

from service.plan import Count, CountedName, Counts, Graph, GraphScalar, Typename
from service.stores.sqlite.json_text import Fixed, Piece, concat, members, string
from service.stores.sqlite.row import literal


def graph(root: Graph) -> str:
    """The JSON of the graph's counts, version and last change."""
    return concat(members((part.key, _part(part)) for part in root.parts))


def _part(part: Typename | GraphScalar | Counts) -> list[Piece]:
    match part:
        case Typename(name=name):
            return [string(name)]
        case GraphScalar(name="store"):
            return [string("sqlite")]
        case GraphScalar(name=name):
            if name == "version":
                return ["json_quote(ifnull((SELECT version FROM graph), ''))"]
            return ["json_quote((SELECT changed FROM graph))"]
        case Counts():
            pieces: list[Piece] = [Fixed("[")]
            for index, (name, value) in enumerate(zip(part.names, part.values, strict=True)):
                table = (
                    f"entity WHERE _kind = {literal(name)}"
                    if part.of == "kinds"
                    else f"claim WHERE relation = {literal(name)}"
                )
                counted = f"(SELECT count(*) FROM {table})"
                pieces.append(Fixed("," if index else ""))
                pieces += members((item.key, _count_part(item, value, counted)) for item in part.parts)
            return [*pieces, Fixed("]")]


def _count_part(item: Typename | Count | CountedName, value: str, counted: str) -> list[Piece]:
    match item:
        case Typename(name=name):
            return [string(name)]
        case CountedName():
            return [string(value)]
        case Count():
            return [counted]
