"""Recommendations for requirements, in SQL.

SQLite copies a CTE into every place that refers to it. So most CTEs are stages of one row, and refer only to the previous
one:

    named  the references in the requirements: list, position, key, entity; NULL if unknown
    want   each target once: list, position, entity, rarity, degree
    asked  the number of required targets
    rare   the sources of candidates: list and target, first the required ones, each rarest first; `musts` is the number of
           required ones among them
    must   these required ones as rows, in the order in which a candidate is tested
    kept   the best recommendations and the best near misses: entity, users, score, number of failures, rank

An entity that fails k requirements meets at least one of any k + 1 requirements. So `kept` starts with the entities that
meet one of the two rarest requirements. While too few of them fail only one, the search continues with the three rarest,
and so on, and finally with every wanted target. The most common targets are hubs, and usually need not be read.
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
from service.stores.sqlite.expressions import (
    STANCE_TO_JSON,
    degree,
    entity_by_reference,
    in_degrees,
    placeholder,
    population,
)
from service.stores.sqlite.json_text import (
    JsonLiteral,
    JsonPart,
    concat,
    json_array,
    json_case,
    json_object,
    json_or_null,
    json_query,
    json_string,
)
from service.stores.sqlite.layout import back_index, relation_table
from service.stores.sqlite.row import PageSubquery, RowAlias

if TYPE_CHECKING:
    from service.stores.sqlite.statement import Writer

_FAILURE = 1_000_000
"""The rank of one failure: more than twice any score, so that one number holds both the failures and the score."""
_MAX_STEPS = 4
"""The number of steps before every wanted target is a source of candidates."""
_WANT = "(SELECT value ->> 0 AS _q, value ->> 1 AS _n, value ->> 2 AS _pk, value ->> 3 AS _rarity FROM json_each(s.want) LIMIT -1)"
_KEPT = (
    "(SELECT value ->> 0 AS _f, value ->> 1 AS _u, value ->> 2 AS _score, value ->> 3 AS _failed, value ->> 4 AS _rank"
    " FROM json_each(s.kept) LIMIT -1)"
)


def recommendation(writer: Writer, root: Recommend) -> str:
    """Return the JSON of the recommendation.

    If a reference is unknown or ambiguous, the result is `!` (no JSON starts with it) and all such references.
    """
    json = concat(json_object((part.key, _list(writer, root, part)) for part in root.parts)).sql
    unknown = "FROM json_each(s.named) WHERE value ->> 3 IS NULL"
    return (
        f"(WITH RECURSIVE s0 AS MATERIALIZED (SELECT ({_named(root)}) AS named),\n"
        f"  s1 AS MATERIALIZED (SELECT s.*, ({_want(root)}) AS want FROM s0 s),\n"
        f"  s2 AS MATERIALIZED (SELECT s.*, ({_asked(root)}) AS asked FROM s1 s),\n"
        f"  s3 AS MATERIALIZED (SELECT s.*, ({_rare(root)}) AS rare, ({_musts(root)}) AS musts, 0 AS k, '[]' AS kept FROM s2 s),\n"
        f"  must AS MATERIALIZED (SELECT value ->> 0 AS _q, value ->> 1 AS _pk FROM s3 s, json_each(s.rare) WHERE key < s.musts"
        f" ORDER BY key < 2, key),\n"
        f"  s4 AS (SELECT * FROM s3 UNION ALL SELECT s.named, s.want, s.asked, s.rare, s.musts, s.k + 1, ({_kept(root)})"
        f" FROM s4 s WHERE {_is_incomplete(root)}),\n"
        f"  s5 AS MATERIALIZED (SELECT * FROM s4 ORDER BY k DESC LIMIT 1)\n"
        f" SELECT iif(EXISTS (SELECT 1 {unknown}),"
        f" (SELECT '!' || json_group_array(json_array(value ->> 0, value ->> 2)) {unknown}), {json}) FROM s5 s)"
    )


# ---------------------------------------------------------------------------------------------------------- requirements


def _named(root: Recommend) -> str:
    rows = [
        f"SELECT {number} AS _q, j.key AS _n, j.value AS _key, {entity_by_reference(item.edge.target, 'j.value')} AS _pk"
        f" FROM json_each({placeholder(item.slugs)}) j"
        for number, item in enumerate(root.requirements)
    ]
    if not rows:
        return "'[]'"
    return f"SELECT json_group_array(json_array(_q, _n, _key, _pk)) FROM ({' UNION ALL '.join(rows)})"


def _want(root: Recommend) -> str:
    cases = " ".join(f"WHEN {number} THEN {degree(item.edge, '_pk')}" for number, item in enumerate(root.requirements))
    degrees = f"CASE _q {cases} END" if cases else "0"
    targets = (
        "SELECT value ->> 0 AS _q, min(value ->> 1) AS _n, value ->> 3 AS _pk FROM json_each(s.named)"
        " WHERE value ->> 3 IS NOT NULL GROUP BY 1, 3"
    )
    return (
        f"SELECT json_group_array(json_array(_q, _n, _pk, 1000 * _all / (_all + 9 * _d), _d)) FROM"
        f" (SELECT *, {degrees} AS _d FROM ({targets})),"
        f" (SELECT max({population(root.kind.name)}, 1) AS _all)"
    )


def _asked(root: Recommend) -> str:
    return f"SELECT count(*) FROM {_WANT} WHERE _q IN ({_required_lists(root)})"


def _required_lists(root: Recommend) -> str:
    """Return the numbers of the lists of required targets."""
    return ", ".join(str(number) for number, item in enumerate(root.requirements) if item.required and item.wanted)


def _rare(root: Recommend) -> str:
    wanted = ", ".join(str(number) for number, item in enumerate(root.requirements) if item.wanted)
    rows = (
        f"SELECT value ->> 0 AS _q, value ->> 2 AS _pk, value ->> 4 AS _d, value ->> 0 IN ({_required_lists(root)}) AS _must"
        f" FROM json_each(s.want) WHERE value ->> 0 IN ({wanted})"
    )
    if root.users is not None and root.min_users is not None:
        min_users = placeholder(root.min_users)
        count = f"(SELECT count(*) FROM {in_degrees(root.users.relation)} AND claims >= {min_users})"
        rows += f" UNION ALL SELECT {len(root.requirements)}, NULL, {count}, {min_users} > 0"
    return f"SELECT json_group_array(json_array(_q, _pk) ORDER BY _must DESC, _d, _q, _pk) FROM ({rows})"


def _musts(root: Recommend) -> str:
    return "s.asked" if root.min_users is None else f"s.asked + ({placeholder(root.min_users)} > 0)"


# ------------------------------------------------------------------------------------------------------------ candidates


def _is_incomplete(root: Recommend) -> str:
    """Return whether the best near misses may be missing in `kept`."""
    near_misses = "value ->> 3 BETWEEN 1 AND s.k"
    too_few = f"(SELECT count(*) FROM json_each(s.kept) WHERE {near_misses}) < {placeholder(root.size)}"
    return f"s.k = 0 OR (s.k < s.musts AND s.k <= {_MAX_STEPS} AND {too_few})"


def _is_last_step() -> str:
    """Return whether every wanted target is a source of candidates in this step."""
    return f"s.k + 1 >= s.musts OR s.k >= {_MAX_STEPS}"


def _candidates(root: Recommend) -> str:
    """Return a query for the entities that meet one of the rarest requirements, and fail no more than the step allows."""
    sources = f"(SELECT value ->> 0 AS _q, value ->> 1 AS _pk FROM json_each(s.rare) WHERE {_is_last_step()} OR key <= s.k + 1)"
    rows, cases = list[str](), ""
    for number, item in enumerate(root.requirements):
        if item.wanted:
            rows.append(
                f"SELECT r.subject AS _f FROM {sources} w CROSS JOIN {relation_table(item.edge.relation)} r"
                f" ON r.object = w._pk AND r.stance < 2 WHERE w._q = {number}"
            )
            cases += (
                f" WHEN {number} THEN EXISTS (SELECT 1 FROM {_edges_by_object(item.edge.relation)}"
                " WHERE r.object = m._pk AND r.subject = e._f AND r.stance < 2)"
            )
    if root.users is not None and root.min_users is not None:
        number, min_users = len(root.requirements), placeholder(root.min_users)
        rows.append(
            f"SELECT u.object AS _f FROM {sources} w CROSS JOIN (SELECT object FROM {in_degrees(root.users.relation)}"
            f" AND claims >= max({min_users}, 1)) u WHERE w._q = {number}"
        )
        cases += f" WHEN {number} THEN {_user_count(root)} >= {min_users}"
    failures = f"FROM must m WHERE NOT CASE m._q{cases} END"
    # The first step only has to find a second failure. LIMIT and OFFSET take no column, so later steps, which are rare,
    # count all failures.
    is_allowed = f"CASE s.k WHEN 0 THEN (SELECT 1 {failures} LIMIT 1 OFFSET 1) IS NULL ELSE (SELECT count(*) {failures}) <= s.k + 1 END"
    return (
        f"SELECT _f FROM (SELECT DISTINCT _f FROM ({' UNION ALL '.join(rows)}) ORDER BY 1 LIMIT -1) e"
        f" WHERE {_is_last_step()} OR {is_allowed}"
    )


def _edges_by_object(relation: Relation) -> str:
    """Return the edges `r` of a relation. There are many entities and few targets, so the index by object is better."""
    return f"{relation_table(relation)} r INDEXED BY {back_index(relation)}"


def _user_count(root: Recommend) -> str:
    """Return the number of users of the entity `e`."""
    if root.users is None:
        return "0"
    return f"ifnull((SELECT claims FROM {in_degrees(root.users.relation)} AND object = e._f), 0)"


# --------------------------------------------------------------------------------------------------------------- ranking


def _weight(item: Requirement) -> str:
    """Return the points of an edge `r` to a target `w`, in thousandths; 0 without an edge."""
    points = "r.confidence * w._rarity"
    if not item.wanted:
        return f"CASE r.stance WHEN 0 THEN -({points} / 1000) WHEN 1 THEN -(w._rarity / 4) WHEN 2 THEN {points} / 4000 ELSE 0 END"
    weight = (
        f"CASE r.stance WHEN 0 THEN {points} / 1000 WHEN 1 THEN w._rarity / 4 WHEN 2 THEN -({points} / 1000) ELSE 0 END"
    )
    return weight if item.required else f"({weight}) / 2"


def _rank_points(root: Recommend) -> str:
    """Return what a target `w` subtracts from the rank of an entity `e`: its weight, and a failure if it is required."""
    cases = ""
    for number, item in enumerate(root.requirements):
        failure = f"iif(r.stance < 2, {_FAILURE}, 0)"
        points = f"({_weight(item)})"
        if item.required:
            points += f" {'+' if item.wanted else '-'} {failure}"
        cases += (
            f" WHEN {number} THEN (SELECT {points} FROM {_edges_by_object(item.edge.relation)}"
            " WHERE r.object = w._pk AND r.subject = e._f)"
        )
    return f"ifnull(CASE w._q{cases} END, 0)" if cases else "0"


def _kept(root: Recommend) -> str:
    has_too_few_users = "0" if root.min_users is None else f"(_u < {placeholder(root.min_users)})"
    rated = (
        f"SELECT e._f, {_user_count(root)} AS _u, sum({_rank_points(root)}) AS _points FROM ({_candidates(root)}) e"
        f" LEFT JOIN {_WANT} w ON TRUE GROUP BY e._f"
    )
    adoption = f"{ADOPTION.max_points} * _u / (_u + {ADOPTION.half_at})"
    ranked = (
        f"SELECT _f, _u, {_FAILURE} * (s.asked + {has_too_few_users}) - _points - {adoption} AS _rank FROM ({rated})"
    )
    failed = f"SELECT *, (_rank + {_FAILURE // 2}) / {_FAILURE} AS _failed FROM ({ranked})"
    # rank(), not row_number(): all ties are kept, because the slug, which is read later, decides between them
    placed = f"SELECT *, rank() OVER (PARTITION BY _failed > 0 ORDER BY _rank) AS _place FROM ({failed})"
    return (
        f"SELECT json_group_array(json_array(_f, _u, {_FAILURE} * _failed - _rank, _failed, _rank)) FROM ({placed})"
        f" WHERE _place <= {placeholder(root.size)}"
    )


# ----------------------------------------------------------------------------------------------------------------- JSON


def _list(writer: Writer, root: Recommend, part: Typename | RecommendationList) -> list[JsonPart]:
    if isinstance(part, Typename):
        return [json_string(part.name)]
    alias, page = writer.aliases.new("t"), PageSubquery(writer.aliases.new("p"))

    def json(item: RecommendationPart) -> list[JsonPart]:
        match item:
            case Typename(name=name):
                return [json_string(name)]
            case EntityNode(parts=parts):
                return writer.entity(parts, RowAlias(alias, page))
            case Score():
                return [json_or_null(f"{page.column('_score', 'k._score')} / 1000.0")]
            case Reasons():
                return _reasons(writer, root, item, page.column("_pk", f"{alias}._pk"), page.column("_u", "k._u"))

    text = concat(json_object((item.key, json(item)) for item in part.parts))
    failed = "> 0" if part.near_misses else "= 0"
    return json_array(
        f"(SELECT group_concat({text.sql}, ',') FROM (SELECT {page.select_list} FROM {_KEPT} k"
        f" CROSS JOIN entity {alias} ON {alias}._pk = k._f WHERE k._failed {failed}"
        f' ORDER BY k._rank, {alias}."slug" LIMIT {placeholder(root.size)}) {page.alias})'
    )


def _reasons(writer: Writer, root: Recommend, reasons: Reasons, entity: str, users: str) -> list[JsonPart]:
    rows = [
        f"SELECT w._q AS _q, w._n AS _n, {_reason(writer, item, parts)} AS _v FROM {_WANT} w"
        f" LEFT JOIN {relation_table(item.edge.relation)} r ON r.subject = {entity} AND r.object = w._pk"
        f" WHERE w._q = {number}"
        for number, (item, parts) in enumerate(zip(root.requirements, reasons.parts, strict=True))
    ]
    if root.users is not None:
        rows.append(f"SELECT {len(rows)} AS _q, 0 AS _n, {_user_reason(root, reasons.users, users)} AS _v")
    return json_array(f"(SELECT group_concat(_v, ',' ORDER BY _q, _n) FROM ({' UNION ALL '.join(rows)}))")


def _reason(writer: Writer, requirement: Requirement, parts: tuple[ReasonPart, ...]) -> str:
    def json(part: ReasonPart) -> list[JsonPart]:
        match part:
            case Typename(name=name):
                return [json_string(name)]
            case RequirementName():
                return [json_string(requirement.name)]
            case AnyNode(branches=branches):
                alias = writer.aliases.new("e")
                json = writer.branches(branches, RowAlias(alias))
                return [json_query(json, f"FROM entity {alias} WHERE {alias}._pk = w._pk")]
            case CellValue():
                return [json_case(STANCE_TO_JSON, json_string("UNKNOWN"), "r.stance")]
            case Weight():
                return [json_or_null(f"({_weight(requirement)}) / 1000.0")]
            case ClaimNode(parts=claim_parts):
                return [writer.edge_claim(claim_parts, "r.claim")]

    return concat(json_object((part.key, json(part)) for part in parts)).sql


def _user_reason(root: Recommend, parts: tuple[ReasonPart, ...], users: str) -> str:
    min_users = "1" if root.min_users is None else placeholder(root.min_users)

    def json(part: ReasonPart) -> list[JsonPart]:
        match part:
            case Typename(name=name):
                return [json_string(name)]
            case RequirementName():
                return [json_string("usedBy" if root.min_users is None else "usedByAtLeast")]
            case CellValue():
                return [json_case(f"WHEN {users} >= {min_users} THEN '\"HAS\"'", json_string("UNKNOWN"))]
            case Weight():
                return [json_or_null(f"{ADOPTION.max_points} * {users} / ({users} + {ADOPTION.half_at}) / 1000.0")]
            case AnyNode() | ClaimNode():
                return [JsonLiteral("null")]

    return concat(json_object((part.key, json(part)) for part in parts)).sql
