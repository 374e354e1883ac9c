"""The alternatives to an entity, in SQL: the entities of its kind that share most targets with it.

SQLite evaluates a CTE again in every place that refers to it. So each stage is one row of JSON arrays:

    mine    the targets of the entity: number of the edge, primary key, degree, rarity; the rarest first
    rare    the rarest of them, as many as lead to a limited number of entities, at least one
    near    the best of these entities, by the rarity of the targets that they share
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from service.plan import AlternativePart, Alternatives, EntityNode, Overlap, Score, Typename
from service.stores.ranking import EXTRA_ALTERNATIVES, MAX_ALTERNATIVE_HOPS
from service.stores.sqlite.expressions import degree, placeholder, population
from service.stores.sqlite.json_text import JsonPart, concat, json_array, json_object, json_or_null, json_string
from service.stores.sqlite.layout import edge_table
from service.stores.sqlite.row import PageSubquery, RowAlias

if TYPE_CHECKING:
    from service.stores.sqlite.statement import Writer

_RARE = (
    f"SELECT json_group_array(json(_v)) FROM (SELECT value AS _v, key AS _n, sum(value ->> 2) OVER (ORDER BY key) AS _sum"
    f" FROM json_each(s.mine)) WHERE _sum <= {MAX_ALTERNATIVE_HOPS} OR _n = 0"
)
_TARGET_COLUMNS = "value ->> 0 AS _e, value ->> 1 AS _pk, value ->> 2 AS _d, value ->> 3 AS _rarity, key AS _n"


def alternatives(writer: Writer, part: Alternatives, row: RowAlias) -> list[JsonPart]:
    """Return the JSON of the list."""
    entity, alias, page = row.column("_pk"), writer.aliases.new("t"), PageSubquery(writer.aliases.new("p"))
    mine = page.column("_mine", "k.mine")

    def json(item: AlternativePart) -> list[JsonPart]:
        match item:
            case Typename(name=name):
                return [json_string(name)]
            case EntityNode(parts=parts):
                return writer.entity(parts, RowAlias(alias, page))
            case Score():
                total = f"(SELECT sum(value ->> 3) FROM json_each({mine}))"
                return [json_or_null(f"1000 * {page.column('_shared', 'k.shared')} / {total} / 1000.0")]
            case Overlap():
                return _overlap(writer, part, item, (mine, entity, page.column("_pk", f"{alias}._pk")))

    text = concat(json_object((item.key, json(item)) for item in part.parts))
    shared = f"(SELECT ifnull(sum(m._rarity), 0) FROM {_targets('s.mine')} m WHERE {_has_target(part, 'b.value')})"
    return json_array(
        f"(WITH s0 AS MATERIALIZED (SELECT ({_mine(part, entity)}) AS mine),\n"
        f"  s1 AS MATERIALIZED (SELECT s.mine, ({_RARE}) AS rare FROM s0 s),\n"
        f"  s2 AS MATERIALIZED (SELECT s.mine, ({_near(part, entity)}) AS near FROM s1 s)\n"
        f" SELECT group_concat({text.sql}, ',') FROM (SELECT {page.select_list} FROM"
        f" (SELECT s.mine, b.value AS other, {shared} AS shared FROM s2 s CROSS JOIN json_each(s.near) b LIMIT -1) k"
        f" CROSS JOIN entity {alias} ON {alias}._pk = k.other"
        f' ORDER BY k.shared DESC, {alias}."slug" LIMIT {placeholder(part.size)}) {page.alias})'
    )


def _targets(array: str) -> str:
    """Return the rows of an array of targets."""
    return f"(SELECT {_TARGET_COLUMNS} FROM json_each({array}))"


def _edge_tables(part: Alternatives) -> Iterator[tuple[int, str, str, str]]:
    """Yield the number of each edge, its table, and the columns of its near and far end."""
    for number, edge in enumerate(part.edges):
        yield number, *edge_table(edge)


def _mine(part: Alternatives, entity: str) -> str:
    targets: list[str] = []
    for edge, (number, table, near, far) in zip(part.edges, _edge_tables(part), strict=True):
        targets.append(
            f'SELECT {number} AS _e, r.{far} AS _pk, e."slug" AS _slug, {degree(edge, f"r.{far}")} AS _d FROM {table} r'
            f" JOIN entity e ON e._pk = r.{far} WHERE r.{near} = {entity} AND r.stance < 2"
        )
    rarity = "1000 * _all / (_all + 9 * _d)"
    return (
        f"SELECT json_group_array(json_array(_e, _pk, _d, {rarity}) ORDER BY _d, _e, _slug)"
        f" FROM ({' UNION ALL '.join(targets)}),"
        f" (SELECT {population(part.kind.name)} AS _all)"
    )


def _near(part: Alternatives, entity: str) -> str:
    """Return the entities with most of the rarest targets."""
    rows = " UNION ALL ".join(
        f"SELECT r.{near} AS _f, m._rarity FROM {_targets('s.rare')} m CROSS JOIN {table} r"
        f" ON r.{far} = m._pk AND r.stance < 2 WHERE m._e = {number}"
        for number, table, near, far in _edge_tables(part)
    )
    others = f"SELECT _f, sum(_rarity) AS _part FROM ({rows}) WHERE _f <> {entity} GROUP BY _f"
    limit = f"{placeholder(part.size)} + {EXTRA_ALTERNATIVES}"
    # rank() before the join: slugs, which break ties, are read only for entities that can be within the limit
    ranked = f"SELECT _f, _part, rank() OVER (ORDER BY _part DESC) AS _place FROM ({others})"
    return (
        f"SELECT json_group_array(_f) FROM (SELECT n._f FROM (SELECT * FROM ({ranked}) WHERE _place <= {limit}) n"
        f' CROSS JOIN entity e ON e._pk = n._f ORDER BY n._part DESC, e."slug" LIMIT {limit})'
    )


def _has_target(part: Alternatives, other: str) -> str:
    """Return the condition that an entity has the target `m`."""
    cases = " ".join(
        f"WHEN {number} THEN"
        f" EXISTS (SELECT 1 FROM {table} r WHERE r.{near} = {other} AND r.{far} = m._pk AND r.stance < 2)"
        for number, table, near, far in _edge_tables(part)
    )
    return f"CASE m._e {cases} END"


def _overlap(writer: Writer, part: Alternatives, overlap: Overlap, columns: tuple[str, str, str]) -> list[JsonPart]:
    mine, entity, other = columns
    alias = writer.aliases.new("e")
    json = writer.branches(overlap.branches, RowAlias(alias))
    if overlap.name != "extra":
        has_target = _has_target(part, other) if overlap.name == "shared" else f"NOT {_has_target(part, other)}"
        tables, order = f"{_targets(mine)} m JOIN entity {alias} ON {alias}._pk = m._pk WHERE {has_target}", "m._n"
    else:
        extra = " UNION ALL ".join(
            f"SELECT {number} AS _e, r.{far} AS _pk FROM {table} r WHERE r.{near} = {other} AND r.stance < 2"
            f" AND NOT EXISTS (SELECT 1 FROM {table} o WHERE o.{near} = {entity} AND o.{far} = r.{far}"
            f" AND o.stance < 2)"
            for number, table, near, far in _edge_tables(part)
        )
        tables = f"({extra}) x JOIN entity {alias} ON {alias}._pk = x._pk"
        order = f'x._e, {alias}."slug"'
    return json_array(f"(SELECT group_concat({json.sql}, ',' ORDER BY {order}) FROM {tables})")
