"""What meets a need, in SQL.

SQLite copies a CTE wherever it is named, so most are a stage of one row that names only the one before it:

    named  what the need names: the list, the place in it, the key, and what that is; null where it is not known
    want   each requirement once: the list, its place, its target, the rarity of that, how many have it
    asked  how many targets must be had
    rare   where entities that meet something are found: the list, its target, rarest first of what must hold; musts: how
           many of these must hold
    must   those of the rarest that must hold, as rows, in the order in which an entity is asked for them
    kept   the best and the best near misses: entity, users, score, how much that must hold does not, rank by both

Who fails in k things has one of any k + 1 that must hold. So `kept` are at first the best among those that have one of the
two rarest; while too few of these fail in one thing only, one of the three rarest, and so on, at last one of anything that
is wanted. What all the others have need not be read, and that is where the hubs are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from schema import Relation
from service.plan import (
    AnyNode,
    CellValue,
    ClaimNode,
    EntityNode,
    ReasonPart,
    Reasons,
    Recommend,
    RecommendationList,
    RecommendationPart,
    Requirement,
    RequirementName,
    Score,
    Typename,
    Weight,
)
from service.stores.ranking import ADOPTION
from service.stores.sqlite.json_text import Fixed, Piece, concat, members, string
from service.stores.sqlite.layout import back_index, relation_table
from service.stores.sqlite.row import STANCE_TEXT, CutPage, Scope, degree, in_degrees, named, placeholder, population

if TYPE_CHECKING:
    from service.stores.sqlite.statement import Writer

_WORST = 1_000_000
"""More than twice any score, in thousandths, so that one number ranks by what fails and by score and tells both."""
_STEPS = 4
"""How many times one thing more that must hold is looked at, before all that is wanted is."""
_WANT = "(SELECT value ->> 0 AS _q, value ->> 1 AS _n, value ->> 2 AS _pk, value ->> 3 AS _rarity FROM json_each(s.want) LIMIT -1)"
_KEPT = (
    "(SELECT value ->> 0 AS _f, value ->> 1 AS _u, value ->> 2 AS _score, value ->> 3 AS _failed, value ->> 4 AS _rank"
    " FROM json_each(s.kept) LIMIT -1)"
)


def recommending(writer: Writer, root: Recommend) -> str:
    """The JSON of the recommendations; what is not there comes back as '!' and the keys, which no JSON begins with."""
    json = concat(members((part.key, _recommended(writer, root, part)) for part in root.parts))
    unknown = "FROM json_each(s.named) WHERE value ->> 3 IS NULL"
    return (
        f"(WITH RECURSIVE s0 AS MATERIALIZED (SELECT ({_named(root)}) AS named),\n"
        f"  s1 AS MATERIALIZED (SELECT s.*, ({_want(root)}) AS want FROM s0 s),\n"
        f"  s2 AS MATERIALIZED (SELECT s.*, ({_asked(root)}) AS asked FROM s1 s),\n"
        f"  s3 AS MATERIALIZED (SELECT s.*, ({_rare(root)}) AS rare, ({_musts(root)}) AS musts, 0 AS k, '[]' AS kept FROM s2 s),\n"
        f"  must AS MATERIALIZED (SELECT value ->> 0 AS _q, value ->> 1 AS _pk FROM s3 s, json_each(s.rare) WHERE key < s.musts"
        f" ORDER BY key < 2, key),\n"
        f"  s4 AS (SELECT * FROM s3 UNION ALL SELECT s.named, s.want, s.asked, s.rare, s.musts, s.k + 1, ({_kept(root)})"
        f" FROM s4 s WHERE {_too_few(root)}),\n"
        f"  s5 AS MATERIALIZED (SELECT * FROM s4 ORDER BY k DESC LIMIT 1)\n"
        f" SELECT iif(EXISTS (SELECT 1 {unknown}),"
        f" (SELECT '!' || json_group_array(json_array(value ->> 0, value ->> 2)) {unknown}), {json}) FROM s5 s)"
    )


def _named(root: Recommend) -> str:
    rows = [
        f"SELECT {number} AS _q, j.key AS _n, j.value AS _key, {named(item.edge.target, 'j.value')} AS _pk"
        f" FROM json_each({placeholder(item.slugs)}) j"
        for number, item in enumerate(root.requirements)
    ]
    if not rows:
        return "'[]'"
    return f"SELECT json_group_array(json_array(_q, _n, _key, _pk)) FROM ({' UNION ALL '.join(rows)})"


def _want(root: Recommend) -> str:
    degrees = " ".join(
        f"WHEN {number} THEN {degree(item.edge, '_pk')}" for number, item in enumerate(root.requirements)
    )
    joined = f"CASE _q {degrees} END" if degrees else "0"
    once = (
        "SELECT value ->> 0 AS _q, min(value ->> 1) AS _n, value ->> 3 AS _pk FROM json_each(s.named)"
        " WHERE value ->> 3 IS NOT NULL GROUP BY 1, 3"
    )
    return (
        f"SELECT json_group_array(json_array(_q, _n, _pk, 1000 * _all / (_all + 9 * _d), _d)) FROM"
        f" (SELECT *, {joined} AS _d FROM ({once})),"
        f" (SELECT max({population(root.kind.name)}, 1) AS _all)"
    )


def _weight(item: Requirement) -> str:
    """The weight of a claim `r` for what is wanted, `w`; 0 where there is no claim."""
    sure = "r.confidence * w._rarity"
    if not item.wanted:
        return f"CASE r.stance WHEN 0 THEN -({sure} / 1000) WHEN 1 THEN -(w._rarity / 4) WHEN 2 THEN {sure} / 4000 ELSE 0 END"
    full = f"CASE r.stance WHEN 0 THEN {sure} / 1000 WHEN 1 THEN w._rarity / 4 WHEN 2 THEN -({sure} / 1000) ELSE 0 END"
    return full if item.required else f"({full}) / 2"


def _required(root: Recommend) -> str:
    """The numbers of the lists whose targets must be had."""
    return ", ".join(str(number) for number, item in enumerate(root.requirements) if item.required and item.wanted)


def _asked(root: Recommend) -> str:
    return f"SELECT count(*) FROM {_WANT} WHERE _q IN ({_required(root)})"


def _rare(root: Recommend) -> str:
    wanted = ", ".join(str(number) for number, item in enumerate(root.requirements) if item.wanted)
    rows = (
        f"SELECT value ->> 0 AS _q, value ->> 2 AS _pk, value ->> 4 AS _d, value ->> 0 IN ({_required(root)}) AS _must"
        f" FROM json_each(s.want) WHERE value ->> 0 IN ({wanted})"
    )
    if root.users is not None and root.min_users is not None:
        count = f"(SELECT count(*) FROM {in_degrees(root.users.relation)} AND claims >= {placeholder(root.min_users)})"
        rows += f" UNION ALL SELECT {len(root.requirements)}, NULL, {count}, {placeholder(root.min_users)} > 0"
    return f"SELECT json_group_array(json_array(_q, _pk) ORDER BY _must DESC, _d, _q, _pk) FROM ({rows})"


def _musts(root: Recommend) -> str:
    return "s.asked" if root.min_users is None else f"s.asked + ({placeholder(root.min_users)} > 0)"


def _too_few(root: Recommend) -> str:
    """Whether the best may be missing among those that are kept."""
    fails = "value ->> 3 BETWEEN 1 AND s.k"
    found = f"(SELECT count(*) FROM json_each(s.kept) WHERE {fails}) < {placeholder(root.size)}"
    return f"s.k = 0 OR (s.k < s.musts AND s.k <= {_STEPS} AND {found})"


def _last() -> str:
    """Whether all that is wanted is looked at in this step."""
    return f"s.k + 1 >= s.musts OR s.k >= {_STEPS}"


def _found(root: Recommend) -> str:
    """The entities that have one of the rarest, and do not fail in more than a step allows."""
    sources = f"(SELECT value ->> 0 AS _q, value ->> 1 AS _pk FROM json_each(s.rare) WHERE {_last()} OR key <= s.k + 1)"
    rows, cases = list[str](), ""
    for number, item in enumerate(root.requirements):
        if item.wanted:
            rows.append(
                f"SELECT r.subject AS _f FROM {sources} w CROSS JOIN {relation_table(item.edge.relation)} r"
                f" ON r.object = w._pk AND r.stance < 2 WHERE w._q = {number}"
            )
            cases += (
                f" WHEN {number} THEN EXISTS (SELECT 1 FROM {_claims(item.edge.relation)}"
                " WHERE r.object = m._pk AND r.subject = e._f AND r.stance < 2)"
            )
    if root.users is not None and root.min_users is not None:
        number, least = len(root.requirements), placeholder(root.min_users)
        rows.append(
            f"SELECT u.object AS _f FROM {sources} w CROSS JOIN (SELECT object FROM {in_degrees(root.users.relation)}"
            f" AND claims >= max({least}, 1)) u WHERE w._q = {number}"
        )
        cases += f" WHEN {number} THEN {_used(root)} >= {least}"
    failures = f"FROM must m WHERE NOT CASE m._q{cases} END"
    # LIMIT stops at the second failure; it takes no column, so the steps that are seldom taken count all of them
    few = f"CASE s.k WHEN 0 THEN (SELECT 1 {failures} LIMIT 1 OFFSET 1) IS NULL ELSE (SELECT count(*) {failures}) <= s.k + 1 END"
    return (
        f"SELECT _f FROM (SELECT DISTINCT _f FROM ({' UNION ALL '.join(rows)}) ORDER BY 1 LIMIT -1) e"
        f" WHERE {_last()} OR {few}"
    )


def _claims(relation: Relation) -> str:
    """The claims `r` of a relation; of few targets and many entities, the index by target is the nearer one."""
    return f"{relation_table(relation)} r INDEXED BY {back_index(relation)}"


def _used(root: Recommend) -> str:
    """How many use the entity `e`."""
    if root.users is None:
        return "0"
    return f"ifnull((SELECT claims FROM {in_degrees(root.users.relation)} AND object = e._f), 0)"


def _points(root: Recommend) -> str:
    """What a target `w` takes from an entity's rank `e`: its weight, and a failure where it must be had."""
    cases = ""
    for number, item in enumerate(root.requirements):
        failure = f"iif(r.stance < 2, {_WORST}, 0)"
        points = f"({_weight(item)})"
        if item.required:
            points += f" {'+' if item.wanted else '-'} {failure}"
        cases += (
            f" WHEN {number} THEN (SELECT {points} FROM {_claims(item.edge.relation)}"
            " WHERE r.object = w._pk AND r.subject = e._f)"
        )
    return f"ifnull(CASE w._q{cases} END, 0)" if cases else "0"


def _kept(root: Recommend) -> str:
    least = "0" if root.min_users is None else f"(_u < {placeholder(root.min_users)})"
    met = (
        f"SELECT e._f, {_used(root)} AS _u, sum({_points(root)}) AS _points FROM ({_found(root)}) e"
        f" LEFT JOIN {_WANT} w ON TRUE GROUP BY e._f"
    )
    ranked = (
        f"SELECT _f, _u, {_WORST} * (s.asked + {least}) - _points - {ADOPTION.max_points} * _u / (_u + {ADOPTION.half_at}) AS _rank"
        f" FROM ({met})"
    )
    failed = f"SELECT *, (_rank + {_WORST // 2}) / {_WORST} AS _failed FROM ({ranked})"
    # equals share a place, so that all of them are there when their slugs decide
    placed = f"SELECT *, rank() OVER (PARTITION BY _failed > 0 ORDER BY _rank) AS _place FROM ({failed})"
    return (
        f"SELECT json_group_array(json_array(_f, _u, {_WORST} * _failed - _rank, _failed, _rank)) FROM ({placed})"
        f" WHERE _place <= {placeholder(root.size)}"
    )


def _recommended(writer: Writer, root: Recommend, part: Typename | RecommendationList) -> list[Piece]:
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
        f' ORDER BY k._rank, {alias}."slug" LIMIT {placeholder(root.size)}) {page.alias})'
    )
    return [Fixed("["), listed, Fixed("]")]


def _reasons(writer: Writer, root: Recommend, reasons: Reasons, entity: str, users: str) -> list[Piece]:
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


def _users(root: Recommend, parts: tuple[ReasonPart, ...], users: str) -> str:
    least = "1" if root.min_users is None else placeholder(root.min_users)

    def value(part: ReasonPart) -> list[Piece]:
        match part:
            case Typename(name=name):
                return [string(name)]
            case RequirementName():
                return [string("usedBy" if root.min_users is None else "usedByAtLeast")]
            case CellValue():
                return [f"iif({users} >= {least}, '\"HAS\"', '\"UNKNOWN\"')"]
            case Weight():
                return [f"{ADOPTION.max_points} * {users} / ({users} + {ADOPTION.half_at}) / 1000.0"]
            case AnyNode() | ClaimNode():
                return [Fixed("null")]

    return concat(members((part.key, value(part)) for part in parts))
