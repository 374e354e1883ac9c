"""The alternatives to an entity, in Cypher: the entities of its kind that share most targets with it. The variables:

mine    the targets of the entity: number of the edge, node, degree, rarity; the rarest first
rare    the rarest of them, as many as lead to a limited number of entities, at least one
near    the best of these entities, by the rarity of the targets that they share
theirs  the targets of such an entity: one list for each edge
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from service.plan import AlternativePart, Alternatives, EntityNode, Overlap, Score, Traversal, Typename
from service.stores.neo4j.expressions import placeholder
from service.stores.neo4j.layout import label
from service.stores.neo4j.predicates import pattern
from service.stores.neo4j.row import Row
from service.stores.neo4j.shaper import Shaped, dict_source
from service.stores.ranking import EXTRA_ALTERNATIVES, MAX_ALTERNATIVE_HOPS

if TYPE_CHECKING:
    from schema import Edge
    from service.stores.neo4j.statement import Writer


@dataclass(frozen=True, slots=True)
class _Names:
    """The variables of one list of alternatives; a nested list needs others."""

    node: str
    mine: str
    near: str
    other: str
    theirs: str
    shared: str


def alternatives(writer: Writer, part: Alternatives, node: str) -> Shaped:
    """Return the list of alternatives to a node."""
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
                total = row.item(f"reduce(s = 0, m IN {names.mine} | s + m[3])")
                return f"1000 * {row.item(names.shared)} // {total} / 1000"
            case Overlap():
                return _overlap(writer, part, item, names, row)

    members = dict_source((item.key, value(item)) for item in part.parts)
    target_lists = ", ".join(f"COLLECT {{ MATCH {_hop(edge, names.other, 'x')} RETURN x }}" for edge in part.edges)
    text = (
        f"COLLECT {{ {_mine(part, names)} {_near(part, names)} UNWIND {names.near} AS {names.other}"
        f" WITH {names.mine}, {names.other}, [{target_lists}] AS {names.theirs}"
        f" WITH {names.mine}, {names.other}, {names.theirs}, reduce(s = 0, m IN {names.mine} |"
        f" s + CASE WHEN m[1] IN {names.theirs}[m[0]] THEN m[3] ELSE 0 END) AS {names.shared}"
        f" ORDER BY {names.shared} DESC, {names.other}.slug LIMIT {placeholder(part.size)} RETURN {row.text} }}"
    )
    return text, writer.shaper.function(f"return [{members} for r in c]")


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
    is_within_limit = f"reduce(s = 0, m IN {names.mine}[..i + 1] | s + m[2]) <= {MAX_ALTERNATIVE_HOPS}"
    rare = f"[i IN range(0, size({names.mine}) - 1) WHERE i = 0 OR {is_within_limit} | {names.mine}[i]]"
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
    """Return the code of a list of targets."""
    if overlap.name == "extra":
        return f"[{', '.join(_extra(writer, number, overlap, names, row) for number in range(len(part.edges)))}]"
    entity = writer.variables.new("e")
    value, shape = writer.branches(overlap.branches, entity)
    has = f"m[1] IN {names.theirs}[m[0]]"
    targets = f"[m IN {names.mine} WHERE {has if overlap.name == 'shared' else f'NOT {has}'} | m[1]]"
    return f"[{shape}(x, v) for x in {row.item(f'[{entity} IN {targets} | {value}]')}]"


def _extra(writer: Writer, number: int, overlap: Overlap, names: _Names, row: Row) -> str:
    """Return the code of the targets of one edge that only the other entity has."""
    entity = writer.variables.new("e")
    value, shape = writer.branches(overlap.branches, entity)
    mine = f"[m IN {names.mine} WHERE m[0] = {number} | m[1]]"
    text = (
        f"COLLECT {{ UNWIND {names.theirs}[{number}] AS {entity} WITH {entity} WHERE NOT {entity} IN {mine}"
        f" WITH {entity} ORDER BY {entity}.slug RETURN {value} }}"
    )
    return f"*({shape}(x, v) for x in {row.item(text)})"
