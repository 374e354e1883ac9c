"""What shares most with an entity, in SQL.

SQLite computes a CTE again wherever it is named below a row, so each stage is one row of JSON arrays:

    mine    what the entity is joined to: the number of the edge, the key, the degree, the rarity; rarest first
    rare    the rarest of it, as many as lead to a bounded number of others, and at least one
    near    the best of those others by how much of it they are joined to
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from service.plan import AlternativePart, Alternatives, EntityNode, Overlap, Score, Typename
from service.stores.ranking import EXTRA_ALTERNATIVES, MAX_ALTERNATIVE_HOPS
from service.stores.sqlite.json_text import Fixed, Piece, concat, members, string
from service.stores.sqlite.layout import sides
from service.stores.sqlite.row import CutPage, Scope, degree, placeholder, population

if TYPE_CHECKING:
    from service.stores.sqlite.statement import Writer

_RARE = (
    f"SELECT json_group_array(json(_v)) FROM (SELECT value AS _v, key AS _n, sum(value ->> 2) OVER (ORDER BY key) AS _sum"
    f" FROM json_each(s.mine)) WHERE _sum <= {MAX_ALTERNATIVE_HOPS} OR _n = 0"
)
_FIELDS = "value ->> 0 AS _e, value ->> 1 AS _pk, value ->> 2 AS _d, value ->> 3 AS _rarity, key AS _n"


def alternatives(writer: Writer, part: Alternatives, scope: Scope) -> list[Piece]:
    """The JSON of the list."""
    entity, alias, page = scope.read("_pk"), writer.alias("t"), CutPage(writer.alias("p"))
    size = placeholder(part.size)
    mine = page.read("_mine", "k.mine")

    def value(item: AlternativePart) -> list[Piece]:
        match item:
            case Typename(name=name):
                return [string(name)]
            case EntityNode(parts=parts):
                return writer.entity(parts, Scope(alias, page))
            case Score():
                total = f"(SELECT sum(value ->> 3) FROM json_each({mine}))"
                return [f"1000 * {page.read('_shared', 'k.shared')} / {total} / 1000.0"]
            case Overlap():
                return _overlap(writer, part, item, (mine, entity, page.read("_pk", f"{alias}._pk")))

    json = concat(members((item.key, value(item)) for item in part.parts))
    shared = f"(SELECT ifnull(sum(m._rarity), 0) FROM {_each('s.mine')} m WHERE {_has(part, 'b.value')})"
    listed = (
        f"(WITH s0 AS MATERIALIZED (SELECT ({_mine(part, entity)}) AS mine),\n"
        f"  s1 AS MATERIALIZED (SELECT s.mine, ({_RARE}) AS rare FROM s0 s),\n"
        f"  s2 AS MATERIALIZED (SELECT s.mine, ({_near(part, entity)}) AS near FROM s1 s)\n"
        f" SELECT ifnull(group_concat({json}, ','), '') FROM (SELECT {page.text} FROM"
        f" (SELECT s.mine, b.value AS other, {shared} AS shared FROM s2 s CROSS JOIN json_each(s.near) b LIMIT -1) k"
        f" CROSS JOIN entity {alias} ON {alias}._pk = k.other"
        f' ORDER BY k.shared DESC, {alias}."slug" LIMIT {size}) {page.alias})'
    )
    return [Fixed("["), listed, Fixed("]")]


def _each(mine: str) -> str:
    """The rows of what an entity is joined to."""
    return f"(SELECT {_FIELDS} FROM json_each({mine}))"


def _traversal(part: Alternatives) -> Iterator[tuple[int, str, str, str]]:
    """The edges: number, table, and its columns of the near and the far end."""
    for number, edge in enumerate(part.edges):
        yield number, *sides(edge)


def _mine(part: Alternatives, entity: str) -> str:
    reached: list[str] = []
    for edge, (number, table, near, far) in zip(part.edges, _traversal(part), strict=True):
        reached.append(
            f'SELECT {number} AS _e, r.{far} AS _pk, e."slug" AS _slug, {degree(edge, f"r.{far}")} AS _d FROM {table} r'
            f" JOIN entity e ON e._pk = r.{far} WHERE r.{near} = {entity} AND r.stance < 2"
        )
    rarity = "1000 * _all / (_all + 9 * _d)"
    return (
        f"SELECT json_group_array(json_array(_e, _pk, _d, {rarity}) ORDER BY _d, _e, _slug)"
        f" FROM ({' UNION ALL '.join(reached)}),"
        f" (SELECT {population(part.kind.name)} AS _all)"
    )


def _near(part: Alternatives, entity: str) -> str:
    """Who is joined to most of the rarest."""
    rows = " UNION ALL ".join(
        f"SELECT r.{near} AS _f, m._rarity FROM {_each('s.rare')} m CROSS JOIN {table} r"
        f" ON r.{far} = m._pk AND r.stance < 2 WHERE m._e = {number}"
        for number, table, near, far in _traversal(part)
    )
    others = f"SELECT _f, sum(_rarity) AS _part FROM ({rows}) WHERE _f <> {entity} GROUP BY _f"
    most = f"{placeholder(part.size)} + {EXTRA_ALTERNATIVES}"
    # equals share a place, so that slugs, which break ties, are read only where they can matter
    placed = f"SELECT _f, _part, rank() OVER (ORDER BY _part DESC) AS _place FROM ({others})"
    return (
        f"SELECT json_group_array(_f) FROM (SELECT n._f FROM (SELECT * FROM ({placed}) WHERE _place <= {most}) n"
        f' CROSS JOIN entity e ON e._pk = n._f ORDER BY n._part DESC, e."slug" LIMIT {most})'
    )


def _has(part: Alternatives, other: str) -> str:
    """Whether an entity is joined to the target `m`."""
    cases = " ".join(
        f"WHEN {number} THEN"
        f" EXISTS (SELECT 1 FROM {table} r WHERE r.{near} = {other} AND r.{far} = m._pk AND r.stance < 2)"
        for number, table, near, far in _traversal(part)
    )
    return f"CASE m._e {cases} END"


def _overlap(writer: Writer, part: Alternatives, overlap: Overlap, rows: tuple[str, str, str]) -> list[Piece]:
    mine, entity, other = rows
    alias = writer.alias("e")
    json = writer.branches(overlap.branches, Scope(alias))
    if overlap.name != "extra":
        has = _has(part, other) if overlap.name == "shared" else f"NOT {_has(part, other)}"
        tables, order = f"{_each(mine)} m JOIN entity {alias} ON {alias}._pk = m._pk WHERE {has}", "m._n"
    else:
        extra = " UNION ALL ".join(
            f"SELECT {number} AS _e, r.{far} AS _pk FROM {table} r WHERE r.{near} = {other} AND r.stance < 2"
            f" AND NOT EXISTS (SELECT 1 FROM {table} o WHERE o.{near} = {entity} AND o.{far} = r.{far}"
            f" AND o.stance < 2)"
            for number, table, near, far in _traversal(part)
        )
        tables = f"({extra}) x JOIN entity {alias} ON {alias}._pk = x._pk"
        order = f'x._e, {alias}."slug"'
    return [Fixed("["), f"(SELECT ifnull(group_concat({json}, ',' ORDER BY {order}), '') FROM {tables})", Fixed("]")]
