"""What shares most with an entity, in Cypher.

mine    what the entity is joined to: the number of the edge, the node, its degree, its rarity; rarest first
near    others that are joined to the rarest of it, as many as that leads to within a bound; the best by those
theirs  what such another is joined to: a list for each edge
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from service.plan import AlternativePart, Alternatives, EntityNode, Overlap, Score, Traversal, Typename
from service.stores.neo4j.layout import label
from service.stores.neo4j.predicates import pattern, placeholder
from service.stores.neo4j.row import Row, dictionary
from service.stores.ranking import EXTRA_ALTERNATIVES, MAX_ALTERNATIVE_HOPS

if TYPE_CHECKING:
    from schema import Edge
    from service.stores.neo4j.statement import Writer


@dataclass(frozen=True, slots=True)
class _Names:
    """The variables of one list of alternatives; a list below it needs others."""

    node: str
    mine: str
    near: str
    other: str
    theirs: str
    shared: str


def alternatives(writer: Writer, part: Alternatives, node: str) -> tuple[str, str]:
    """The expression of the list's value, and the name of the function that shapes it."""
    new = writer.variables.new
    names = _Names(node, new("mine"), new("near"), new("t"), new("theirs"), new("shared"))
    row = Row()

    def value(item: AlternativePart) -> str:
        match item:
            case Typename(name=name):
                return repr(name)
            case EntityNode(parts=parts):
                return writer.entity(parts, names.other, row)
            case Score():
                total = row.place(f"reduce(s = 0, m IN {names.mine} | s + m[3])")
                return f"1000 * {row.place(names.shared)} // {total} / 1000"
            case Overlap():
                return _overlap(writer, part, item, names, row)

    body = dictionary((item.key, value(item)) for item in part.parts)
    lists = ", ".join(f"COLLECT {{ MATCH {_hop(edge, names.other, 'x')} RETURN x }}" for edge in part.edges)
    text = (
        f"COLLECT {{ {_mine(part, names)} {_near(part, names)} UNWIND {names.near} AS {names.other}"
        f" WITH {names.mine}, {names.other}, [{lists}] AS {names.theirs}"
        f" WITH {names.mine}, {names.other}, {names.theirs}, reduce(s = 0, m IN {names.mine} |"
        f" s + CASE WHEN m[1] IN {names.theirs}[m[0]] THEN m[3] ELSE 0 END) AS {names.shared}"
        f" ORDER BY {names.shared} DESC, {names.other}.slug LIMIT {placeholder(part.size)} RETURN {row.text} }}"
    )
    return text, writer.source.function(f"return [{body} for r in c]")


def _hop(edge: Edge, near: str, far: str) -> str:
    return pattern(Traversal(edge, ("HAS", "DISPUTED")), near, "", far)


def _mine(part: Alternatives, names: _Names) -> str:
    branches = " UNION ALL ".join(
        f"MATCH {_hop(edge, names.node, 'e')} RETURN {number} AS q, e, COUNT {{ {_hop(edge, '', 'e')} }} AS d"
        for number, edge in enumerate(part.edges)
    )
    return (
        f"CALL ({names.node}) {{ CALL ({names.node}) {{ {branches} }} WITH q, e, d ORDER BY d, q, e.slug"
        f" WITH q, e, d, COUNT {{ (:{label(part.kind.name)}) }} AS n"
        f" RETURN collect([q, e, d, 1000 * n / (n + 9 * d)]) AS {names.mine} }}"
    )


def _near(part: Alternatives, names: _Names) -> str:
    within = f"reduce(s = 0, m IN {names.mine}[..i + 1] | s + m[2]) <= {MAX_ALTERNATIVE_HOPS}"
    rare = f"[i IN range(0, size({names.mine}) - 1) WHERE i = 0 OR {within} | {names.mine}[i]]"
    branches = " UNION ALL ".join(
        f"UNWIND rare AS m WITH m WHERE m[0] = {number} WITH m[1] AS e, m[3] AS y"
        f" MATCH {_hop(edge, 'f', 'e')} RETURN f, y"
        for number, edge in enumerate(part.edges)
    )
    return (
        f"CALL ({names.node}, {names.mine}) {{ WITH {names.node}, {rare} AS rare"
        f" CALL (rare) {{ {branches} }}"
        f" WITH {names.node}, f, sum(y) AS s WHERE f <> {names.node}"
        f" WITH f, s ORDER BY s DESC, f.slug LIMIT {placeholder(part.size)} + {EXTRA_ALTERNATIVES}"
        f" RETURN collect(f) AS {names.near} }}"
    )


def _overlap(writer: Writer, part: Alternatives, overlap: Overlap, names: _Names, row: Row) -> str:
    """The Python that shapes one of the lists of targets."""
    if overlap.name == "extra":
        return f"[{', '.join(_extra(writer, number, overlap, names, row) for number in range(len(part.edges)))}]"
    entity = writer.variables.new("e")
    value, shape = writer.branches(overlap.branches, entity)
    has = f"m[1] IN {names.theirs}[m[0]]"
    kept = f"[m IN {names.mine} WHERE {has if overlap.name == 'shared' else f'NOT {has}'} | m[1]]"
    return f"[{shape}(x, v) for x in {row.place(f'[{entity} IN {kept} | {value}]')}]"


def _extra(writer: Writer, number: int, overlap: Overlap, names: _Names, row: Row) -> str:
    """The Python that shapes what only the other has, of one edge."""
    entity = writer.variables.new("e")
    value, shape = writer.branches(overlap.branches, entity)
    own = f"[m IN {names.mine} WHERE m[0] = {number} | m[1]]"
    text = (
        f"COLLECT {{ UNWIND {names.theirs}[{number}] AS {entity} WITH {entity} WHERE NOT {entity} IN {own}"
        f" WITH {entity} ORDER BY {entity}.slug RETURN {value} }}"
    )
    return f"*({shape}(x, v) for x in {row.place(text)})"
