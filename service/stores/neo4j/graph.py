"""The graph as a whole, in Cypher."""

from __future__ import annotations

from typing import TYPE_CHECKING

from service.plan import Count, CountedName, Counts, Graph, GraphScalar, Typename
from service.stores.neo4j.layout import VERSION, label
from service.stores.neo4j.row import Row, dictionary

if TYPE_CHECKING:
    from service.stores.neo4j.statement import Writer


def graph(writer: Writer, root: Graph) -> tuple[str, str]:
    row = Row()

    def shaped(part: Typename | GraphScalar | Counts) -> str:
        match part:
            case Typename(name=name):
                return repr(name)
            case GraphScalar(name="store"):
                return repr("neo4j")
            case GraphScalar(name=name):
                known = VERSION if name == "version" else "g.changed"
                return row.place(f"head(COLLECT {{ MATCH (g:AtlasGraph) RETURN {known} }})")
            case Counts():
                lines = zip(part.names, part.values, strict=True)
                return f"[{', '.join(_count_line(part, name, value, row) for name, value in lines)}]"

    members = dictionary((part.key, shaped(part)) for part in root.parts)
    return row.text, writer.source.function(f"return {members}", argument="r")


def _count_line(counts: Counts, name: str, value: str, row: Row) -> str:
    def shaped(item: Typename | Count | CountedName) -> str:
        match item:
            case Typename(name=typename):
                return repr(typename)
            case CountedName():
                return repr(value)
            case Count():
                of_kind = f"COUNT {{ (:{label(name)}) }}"
                return row.place(of_kind if counts.of == "kinds" else f"COUNT {{ (:Claim {{relation: '{name}'}}) }}")

    return dictionary((item.key, shaped(item)) for item in counts.parts)
