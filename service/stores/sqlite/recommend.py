"""What meets a need, in SQL.

SQLite copies a CTE wherever it is named, so each is a stage of one row that names only the one before it:

    named  what the need names: the list, the place in it, the key, and what that is; null where it is not known
    want   each requirement once: the list, its place, its target, the rarity of that
    asked  how many must hold
    kept   the best and the best near misses: entity, users, score, how much that must hold does not, rank by both
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from service.plan import (
    AnyNode,
    CellValue,
    ClaimNode,
    EntityNode,
    ReasonPart,
    Reasons,
    RecommendationPart,
    Recommended,
    Recommending,
    Requirement,
    RequirementName,
    Score,
    Typename,
    Weight,
)
from service.stores.ranking import ADOPTION
from service.stores.sqlite.json_text import Fixed, Piece, concat, members, string
from service.stores.sqlite.rows import STANCE_TEXT, CutPage, Scope, degree, named, parameter, population
from service.stores.sqlite.tables import relation_table

if TYPE_CHECKING:
    from service.stores.sqlite.sql import Writer

_WORST = 1_000_000
"""More than any score, in thousandths."""
_WANT = (
    "(SELECT value ->> 0 AS _q, value ->> 1 AS _n, value ->> 2 AS _pk, value ->> 3 AS _rarity FROM json_each(s.want))"
)
_KEPT = (
    "(SELECT value ->> 0 AS _f, value ->> 1 AS _u, value ->> 2 AS _score, value ->> 3 AS _failed, value ->> 4 AS _rank"
    " FROM json_each(s.kept) LIMIT -1)"
)


def recommending(writer: Writer, root: Recommending) -> str:
    """The JSON of the recommendations; what is not there comes back as '!' and the keys, which no JSON begins with."""
    json = concat(members((part.key, _recommended(writer, root, part)) for part in root.parts))
    unknown = "FROM json_each(s.named) WHERE value ->> 3 IS NULL"
    return (
        f"(WITH s0 AS MATERIALIZED (SELECT ({_named(root)}) AS named),\n"
        f"  s1 AS MATERIALIZED (SELECT s.*, ({_want(root)}) AS want FROM s0 s),\n"
        f"  s2 AS MATERIALIZED (SELECT s.*, ({_asked(root)}) AS asked FROM s1 s),\n"
        f"  s3 AS MATERIALIZED (SELECT s.*, ({_kept(root)}) AS kept FROM s2 s)\n"
        f" SELECT iif(EXISTS (SELECT 1 {unknown}),"
        f" (SELECT '!' || json_group_array(json_array(value ->> 0, value ->> 2)) {unknown}), {json}) FROM s3 s)"
    )


def _named(root: Recommending) -> str:
    rows = [
        f"SELECT {number} AS _q, j.key AS _n, j.value AS _key, {named(item.edge.target, 'j.value')} AS _pk"
        f" FROM json_each({parameter(item.slugs)}) j"
        for number, item in enumerate(root.requirements)
    ]
    if not rows:
        return "'[]'"
    return f"SELECT json_group_array(json_array(_q, _n, _key, _pk)) FROM ({' UNION ALL '.join(rows)})"


def _want(root: Recommending) -> str:
    degrees = " ".join(
        f"WHEN {number} THEN {degree(item.edge, '_pk')}" for number, item in enumerate(root.requirements)
    )
    joined = f"CASE _q {degrees} END" if degrees else "0"
    once = (
        "SELECT value ->> 0 AS _q, min(value ->> 1) AS _n, value ->> 3 AS _pk FROM json_each(s.named)"
        " WHERE value ->> 3 IS NOT NULL GROUP BY 1, 3"
    )
    return (
        f"SELECT json_group_array(json_array(_q, _n, _pk, 1000 * _all / (_all + 9 * {joined}))) FROM ({once}),"
        f" (SELECT max({population(root.kind.name)}, 1) AS _all)"
    )


def _met(root: Recommending) -> str:
    """Every claim between an entity of the kind and a requirement, with its weight; and how many use an entity."""
    rows = ["SELECT 0 AS _f, 0 AS _w, 0 AS _ok, 0 AS _hit, 0 AS _known, 0 AS _u WHERE 0"]
    for number, item in enumerate(root.requirements):
        told = [
            _weight(item),
            "r.stance < 2" if item.required and item.wanted else "0",
            "0" if item.wanted else "r.stance < 2",
            "r.stance < 2" if item.wanted else "0",
        ]
        rows.append(
            f"SELECT r.subject, {', '.join(told)}, 0 FROM {_WANT} w CROSS JOIN {relation_table(item.edge.relation)} r"
            f" ON r.object = w._pk WHERE w._q = {number}"
        )
    if root.users is not None:
        known = "0" if root.least is None else f"count(*) >= {parameter(root.least)}"
        table = relation_table(root.users.relation)
        rows.append(f"SELECT object, 0, 0, 0, {known}, count(*) FROM {table} WHERE stance < 2 GROUP BY object")
    return " UNION ALL ".join(rows)


def _weight(item: Requirement) -> str:
    """The weight of a claim `r` for what is wanted, `w`; 0 where there is no claim."""
    sure = "r.confidence * w._rarity"
    if not item.wanted:
        return f"CASE r.stance WHEN 0 THEN -({sure} / 1000) WHEN 1 THEN -(w._rarity / 4) WHEN 2 THEN {sure} / 4000 ELSE 0 END"
    full = f"CASE r.stance WHEN 0 THEN {sure} / 1000 WHEN 1 THEN w._rarity / 4 WHEN 2 THEN -({sure} / 1000) ELSE 0 END"
    return full if item.required else f"({full}) / 2"


def _asked(root: Recommending) -> str:
    musts = [str(number) for number, item in enumerate(root.requirements) if item.required and item.wanted]
    return f"SELECT count(*) FROM {_WANT} WHERE _q IN ({', '.join(musts)})"


def _kept(root: Recommending) -> str:
    least = "0" if root.least is None else f"(_u < {parameter(root.least)})"
    known = (
        "SELECT _f, sum(_w) AS _w, sum(_ok) AS _ok, sum(_hit) AS _hit, max(_u) AS _u"
        f" FROM ({_met(root)}) GROUP BY _f HAVING max(_known)"
    )
    scored = (
        f"SELECT _f, _u, _w + {ADOPTION.most} * _u / (_u + {ADOPTION.half}) AS _score,"
        f" s.asked - _ok + _hit + {least} AS _failed FROM ({known})"
    )
    # equals share a place, so that all of them are there when their slugs decide
    placed = (
        f"SELECT *, {_WORST} * _failed - _score AS _rank, rank() OVER"
        f" (PARTITION BY _failed > 0 ORDER BY {_WORST} * _failed - _score) AS _place FROM ({scored})"
    )
    return (
        f"SELECT json_group_array(json_array(_f, _u, _score, _failed, _rank)) FROM ({placed})"
        f" WHERE _place <= {parameter(root.size)}"
    )


def _recommended(writer: Writer, root: Recommending, part: Typename | Recommended) -> list[Piece]:
    if isinstance(part, Typename):
        return [string(part.name)]
    alias, page = writer.alias("t"), CutPage(writer.alias("p"))
    scope = Scope(alias, page)

    def value(item: RecommendationPart) -> list[Piece]:
        match item:
            case Typename(name=name):
                return [string(name)]
            case EntityNode(parts=parts):
                return writer.entity(parts, scope)
            case Score():
                return [f"{page.read('_score', 'k._score')} / 1000.0"]
            case Reasons():
                return _reasons(writer, root, item, page.read("_pk", f"{alias}._pk"), page.read("_u", "k._u"))

    json = concat(members((item.key, value(item)) for item in part.parts))
    failed = "> 0" if part.near else "= 0"
    listed = (
        f"(SELECT ifnull(group_concat({json}, ','), '') FROM (SELECT {page.text} FROM {_KEPT} k"
        f" CROSS JOIN entity {alias} ON {alias}._pk = k._f WHERE k._failed {failed}"
        f' ORDER BY k._rank, {alias}."slug" LIMIT {parameter(root.size)}) {page.alias})'
    )
    return [Fixed("["), listed, Fixed("]")]


def _reasons(writer: Writer, root: Recommending, reasons: Reasons, entity: str, users: str) -> list[Piece]:
    each = zip(root.requirements, reasons.parts, strict=True)
    rows = [
        f"SELECT w._q AS _q, w._n AS _n, {_reason(writer, item, parts)} AS _v FROM {_WANT} w"
        f" LEFT JOIN {relation_table(item.edge.relation)} r ON r.subject = {entity} AND r.object = w._pk"
        f" WHERE w._q = {number}"
        for number, (item, parts) in enumerate(each)
    ]
    if root.users is not None:
        rows.append(f"SELECT {len(rows)} AS _q, 0 AS _n, {_users(root, reasons.users, users)} AS _v")
    listed = f"(SELECT ifnull(group_concat(_v, ',' ORDER BY _q, _n), '') FROM ({' UNION ALL '.join(rows)}))"
    return [Fixed("["), listed, Fixed("]")]


def _reason(writer: Writer, requirement: Requirement, parts: tuple[ReasonPart, ...]) -> str:
    def value(part: ReasonPart) -> list[Piece]:
        match part:
            case Typename(name=name):
                return [string(name)]
            case RequirementName():
                return [string(requirement.name)]
            case AnyNode(branches=branches):
                alias = writer.alias("e")
                return [
                    f"(SELECT {writer.branches(branches, Scope(alias))} FROM entity {alias} WHERE {alias}._pk = w._pk)"
                ]
            case CellValue():
                return [f"CASE r.stance {STANCE_TEXT} ELSE '\"UNKNOWN\"' END"]
            case Weight():
                return [f"({_weight(requirement)}) / 1000.0"]
            case ClaimNode(parts=claim_parts):
                return [f"ifnull({writer.led(claim_parts, 'r.claim')}, 'null')"]

    return concat(members((part.key, value(part)) for part in parts))


def _users(root: Recommending, parts: tuple[ReasonPart, ...], users: str) -> str:
    least = "1" if root.least is None else parameter(root.least)

    def value(part: ReasonPart) -> list[Piece]:
        match part:
            case Typename(name=name):
                return [string(name)]
            case RequirementName():
                return [string("usedBy" if root.least is None else "usedByAtLeast")]
            case CellValue():
                return [f"iif({users} >= {least}, '\"HAS\"', '\"UNKNOWN\"')"]
            case Weight():
                return [f"{ADOPTION.most} * {users} / ({users} + {ADOPTION.half}) / 1000.0"]
            case AnyNode() | ClaimNode():
                return [Fixed("null")]

    return concat(members((part.key, value(part)) for part in parts))
