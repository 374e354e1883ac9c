"""What meets a need, in SQL.

named   what the need names, and what that is; nothing where it is not known
want    each requirement once, with the rarity of its target
met     every claim between an entity of the kind and a requirement, with its weight
ranked  the entities that meet anything: their score, and how much that must hold does not
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from service.plan import (
    ADOPTION,
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
from service.stores.sqlite.json_text import Fixed, Piece, concat, members, string
from service.stores.sqlite.rows import STANCE_TEXT, CutPage, Scope, found, literal, parameter
from service.stores.sqlite.tables import relation_table

if TYPE_CHECKING:
    from service.stores.sqlite.sql import Writer

_WORST = 1_000_000
"""More than any score, in thousandths."""
_NOTHING = "SELECT 0 AS _q, 0 AS _n, '' AS _key, 0 AS _pk WHERE 0"


def recommending(writer: Writer, root: Recommending) -> str:
    """The JSON of the recommendations; what is not there comes back as '!' and the keys, which no JSON begins with."""
    json = concat(members((part.key, _recommended(writer, root, part)) for part in root.parts))
    return (
        f"(WITH named AS ({_named(root)}),\n"
        f"  want AS MATERIALIZED ({_want(root)}),\n"
        f"  met AS ({_met(root)}),\n"
        f"  ranked AS MATERIALIZED ({_ranked(root)})\n"
        f" SELECT iif((SELECT count(*) FROM named WHERE _pk IS NULL),"
        f" (SELECT '!' || json_group_array(json_array(_q, _key)) FROM named WHERE _pk IS NULL), {json}))"
    )


def _named(root: Recommending) -> str:
    return (
        " UNION ALL ".join(
            f"SELECT {number} AS _q, j.key AS _n, j.value AS _key, {found(item.edge.target, 'j.value')} AS _pk"
            f" FROM json_each({parameter(item.slugs)}) j"
            for number, item in enumerate(root.requirements)
        )
        or _NOTHING
    )


def _want(root: Recommending) -> str:
    degrees = " ".join(
        f"WHEN {number} THEN (SELECT count(*) FROM {relation_table(item.edge.relation)} WHERE object = _pk AND stance < 2)"
        for number, item in enumerate(root.requirements)
    )
    degree = f"CASE _q {degrees} END" if degrees else "0"
    return (
        f"SELECT _q, _n, _pk, 1000 * _all / (_all + 9 * {degree}) AS _rarity FROM"
        f" (SELECT _q, min(_n) AS _n, _pk FROM named WHERE _pk IS NOT NULL GROUP BY _q, _pk),"
        f" (SELECT max(count(*), 1) AS _all FROM entity WHERE _kind = {literal(root.kind.name)})"
    )


def _met(root: Recommending) -> str:
    rows = ["SELECT 0 AS _f, 0 AS _w, 0 AS _ok, 0 AS _hit, 0 AS _known, 0 AS _u WHERE 0"]
    for number, item in enumerate(root.requirements):
        told = [
            _weight(item),
            "r.stance < 2" if item.required and item.wanted else "0",
            "0" if item.wanted else "r.stance < 2",
            "r.stance < 2" if item.wanted else "0",
        ]
        rows.append(
            f"SELECT r.subject, {', '.join(told)}, 0 FROM want w CROSS JOIN {relation_table(item.edge.relation)} r"
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


def _ranked(root: Recommending) -> str:
    musts = [str(number) for number, item in enumerate(root.requirements) if item.required and item.wanted]
    asked = f"(SELECT count(*) FROM want WHERE _q IN ({', '.join(musts)}))"
    least = "0" if root.least is None else f"(_u < {parameter(root.least)})"
    known = (
        "SELECT _f, sum(_w) AS _w, sum(_ok) AS _ok, sum(_hit) AS _hit, max(_u) AS _u FROM met"
        " GROUP BY _f HAVING max(_known)"
    )
    return (
        f"SELECT _f, _u, _score, _failed, {_WORST} * _failed - _score AS _rank FROM"
        f" (SELECT _f, _u, _w + {ADOPTION.most} * _u / (_u + {ADOPTION.half}) AS _score,"
        f" {asked} - _ok + _hit + {least} AS _failed FROM ({known}))"
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
    columns = ", ".join(f"{expression} AS {name}" for name, expression in page.columns.items()) or "1"
    failed, size = "> 0" if part.near else "= 0", parameter(root.size)
    # the slugs, which break ties, are read only of those that can be among the best
    last = f"SELECT _rank FROM ranked WHERE _failed {failed} ORDER BY _rank LIMIT 1 OFFSET max({size} - 1, 0)"
    listed = (
        f"(SELECT ifnull(group_concat({json}, ','), '') FROM (SELECT {columns} FROM ranked k"
        f" CROSS JOIN entity {alias} ON {alias}._pk = k._f WHERE k._failed {failed}"
        f" AND k._rank <= ifnull(({last}), k._rank)"
        f' ORDER BY k._rank, {alias}."slug" LIMIT {size}) {page.alias})'
    )
    return [Fixed("["), listed, Fixed("]")]


def _reasons(writer: Writer, root: Recommending, reasons: Reasons, entity: str, users: str) -> list[Piece]:
    each = zip(root.requirements, reasons.parts, strict=True)
    rows = [
        f"SELECT w._q AS _q, w._n AS _n, {_reason(writer, item, parts)} AS _v FROM want w"
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
                claim = writer.alias("c")
                json = concat(writer.claim(claim_parts or (), Scope(claim)))
                return [f"ifnull((SELECT {json} FROM claim {claim} WHERE {claim}._pk = r.claim), 'null')"]

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
