"""Information about the graph as a whole, in Cypher."""

from __future__ import annotations

from typing import TYPE_CHECKING

from service.plan import Count, CountedName, Counts, Graph, GraphScalar, Typename
from service.stores.neo4j.layout import VERSION, label
from service.stores.neo4j.row import Row
from service.stores.neo4j.shaper import Shaped, dict_source

if TYPE_CHECKING:
    from service.stores.neo4j.statement import Writer


def graph(writer: Writer, root: Graph) -> Shaped:
    row = Row()

    def value(part: Typename | GraphScalar | Counts) -> str:
        match part:
            case Typename(name=name):
                return repr(name)
            case GraphScalar(name="store"):
                return repr("neo4j")
            case GraphScalar(name=name):
                expression = VERSION if name == "version" else "g.changed"
                return row.item(f"head(COLLECT {{ MATCH (g:AtlasGraph) RETURN {expression} }})")
            case Counts():
                pairs = zip(part.names, part.values, strict=True)
                return f"[{', '.join(_count(part, name, value, row) for name, value in pairs)}]"

    members = dict_source((part.key, value(part)) for part in root.parts)
    return row.text, writer.shaper.function(f"return {members}", argument="r")


def _count(counts: Counts, name: str, value: str, row: Row) -> str:
    def member(item: Typename | Count | CountedName) -> str:
        match item:
            case Typename(name=typename):
                return repr(typename)
            case CountedName():
                return repr(value)
            case Count() if counts.of == "kinds":
                return row.item(f"COUNT {{ (:{label(name)}) }}")
            case Count():
                return row.item(f"COUNT {{ (:Claim {{relation: '{name}'}}) }}")

    return dict_source((item.key, member(item)) for item in counts.parts)
