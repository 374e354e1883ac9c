"""The best chains of claims between two things, in SQL.

Chains are grown from both ends, a step at a time. SQLite copies a CTE wherever it is named, so each CTE is a stage that
names only the one before it and has one row: all columns of that stage, and new ones that are JSON arrays of chains.

    a1, b1   chains of one step from either end; a2, b2: of two; a3, b3: of three
    wa2 ...  how many claims the next step from an end follows; beyond a bound it is not taken
    p1       the claims between the ends
    p2, p3   chains of one (two) steps from the end that has less to follow, closed by a claim to the other end
    p4 ...   chains from both ends that meet in the middle
    n1 ...   whether chains of that length are wanted; g2 ...: whether they are given up; m4 ...: how many of them meet

Longer ones are looked for only while there are too few. A confidence is a product of thousandths, an exact integer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from service.plan import ClaimNode, PathFact, Paths, StepEnd, StepPart, StepRelation, Steps, Typename
from service.slots import LONGEST_PATH
from service.stores.ranking import MOST_MEETINGS, MOST_WALKED
from service.stores.sqlite.json_text import Fixed, Piece, concat, members, string
from service.stores.sqlite.rows import Scope, claim_count, literal, parameter

if TYPE_CHECKING:
    from service.stores.sqlite.sql import Writer

_HALF = LONGEST_PATH // 2
_CLOSED = 3
"""The longest chains that are closed by a claim; longer ones meet in the middle."""
_GROWS = {2: 1, 3: 2, 5: 3}
"""Before which length a step more is taken from each end, and which one."""
_FIELDS = "value ->> 0 AS _p, value ->> 1 AS _m, value ->> 2 AS _n, value ->> 3 AS _c, value ->> 4 AS _k"


def paths(writer: Writer, root: Paths) -> str:
    """The JSON of the list; what is not there comes back as '!' and the IDs, a search that gave up as '?' and a length."""
    stages = [_ends(root)]

    def stage(*columns: str) -> None:
        stages.append(f"SELECT s.*, {', '.join(columns)} FROM s{len(stages) - 1} s")

    stage(*(f"{claim_count(f's.{side}')} AS w{side}1" for side in "ab"))
    for length in range(1, root.most + 1):
        stage(f"{_needed(root, length)} AS n{length}")
        if steps := _GROWS.get(length):
            stage(*(f"{_grown(side, steps, length)} AS {side}{steps}" for side in "ab"))
            if steps < _HALF:
                stage(*(f"{_work(side, steps)} AS w{side}{steps + 1}" for side in "ab"))
        if length > _CLOSED:
            stage(f"{_meetings(length)} AS t{length}")
            stage(f"{_many(length)} AS m{length}")
        rows = _closed(root, length) if length <= _CLOSED else _met(length)
        stage(f"{_best(root, length, rows)} AS p{length}", f"{_given_up(length)} AS g{length}")
    every = " UNION ALL ".join(
        f"SELECT {length} AS _l, key AS _r, value AS _v FROM json_each(s.p{length})"
        for length in range(1, root.most + 1)
    )
    found = (
        f"SELECT _l, _r, _v ->> 0 AS _p, _v -> 1 AS _nodes, _v -> 2 AS _claims FROM ({every})"
        f" ORDER BY _l, _r LIMIT {parameter(root.size)}"
    )
    json = concat(members((part.key, _path_part(writer, root, part)) for part in root.parts))
    listed = f"(SELECT group_concat({json}, ',' ORDER BY x._l, x._r) FROM ({found}) x)"
    gave_up = " ".join(f"WHEN s.g{length} THEN '?{length}'" for length in range(2, root.most + 1))
    ctes = ",\n  ".join(f"s{number} AS MATERIALIZED ({text})" for number, text in enumerate(stages))
    return (
        f"(WITH {ctes}\n SELECT CASE WHEN s.a IS NULL OR s.b IS NULL THEN {_unknown(root)}"
        f" WHEN {_count(root.most)} THEN concat('[', {listed}, ']') {gave_up} ELSE '[]' END"
        f" FROM s{len(stages) - 1} s)"
    )


def _ends(root: Paths) -> str:
    one, other = (f'(SELECT _pk FROM entity WHERE "id" = {parameter(end)})' for end in root.ends)
    return f"SELECT {one} AS a, {other} AS b"


def _unknown(root: Paths) -> str:
    each = " UNION ALL ".join(
        f"SELECT {number} AS _q, {parameter(end)} AS _id WHERE s.{side} IS NULL"
        for number, (side, end) in enumerate(zip("ab", root.ends, strict=True))
    )
    return f"(SELECT '!' || json_group_array(json_array(_q, _id)) FROM ({each}))"


def _count(length: int) -> str:
    """How many chains up to a length were found."""
    return " + ".join(f"json_array_length(s.p{item})" for item in range(1, length + 1)) or "0"


def _needed(root: Paths, length: int) -> str:
    """Whether chains of a length are wanted, once the shorter ones are known."""
    # what is longer than a length that was given up would pass for the shortest
    kept = "".join(f" AND NOT s.g{item}" for item in range(2, length))
    enough = f"{_count(length - 1)} < {parameter(root.size)}"
    return f"s.a <> s.b AND {parameter(root.longest)} >= {length} AND {enough}{kept}"


def _walkable(side: str, steps: int) -> str:
    return f"s.w{side}{steps} <= {MOST_WALKED}"


def _chains(side: str, steps: int) -> str:
    """The chains of so many steps from an end: confidence, outermost node, and the arrays of nodes and claims and the
    claims' keys, all in the direction of the path.
    """
    if not steps:
        return f"(SELECT 1 AS _p, s.{side} AS _m, concat('[', s.{side}, ']') AS _n, '[]' AS _c, '' AS _k)"
    # the LIMIT keeps SQLite from reading the array again for every row that it is joined with
    return f"(SELECT {_FIELDS} FROM json_each(s.{side}{steps}) LIMIT -1)"


def _joined(side: str, chain: str, item: str, separator: str) -> str:
    """A chain and what is behind it, or before it where it was grown from `b`."""
    one, other = (chain, item) if side == "a" else (item, chain)
    return f"{one} || {separator!r} || {other}"


def _array(side: str, chain: str, item: str, *, empty: bool) -> str:
    """An array of numbers with one more."""
    if empty:
        return f"concat('[', {item}, ']')"
    return (
        f"concat(rtrim({chain}, ']'), ',', {item}, ']')"
        if side == "a"
        else f"concat('[', {item}, ',', substr({chain}, 2))"
    )


def _longer(side: str, steps: int, node: str) -> list[str]:
    """The nodes, claims and keys of a chain of so many steps `h` with the claim `c` that leads to a node."""
    key = _joined(side, "h._k", "c.key", " ") if steps else "c.key"
    return [_array(side, "h._n", node, empty=False), _array(side, "h._c", "c._pk", empty=not steps), key]


def _grown(side: str, steps: int, length: int) -> str:
    """Chains of so many steps from an end, which pass neither end."""

    def rows(near: str, far: str) -> str:
        values = ", ".join(["h._p * c.confidence", f"c.{far}", *_longer(side, steps - 1, f"c.{far}")])
        apart = f" AND c.{far} NOT IN (SELECT value FROM json_each(h._n))" if steps > 1 else ""
        return (
            f"SELECT json_array({values}) AS _v FROM {_chains(side, steps - 1)} h CROSS JOIN claim c"
            f" WHERE c.{near} = h._m AND c.stance < 2 AND c.{far} NOT IN (s.a, s.b){apart}"
        )

    both = f"{rows('subject', 'object')} UNION ALL {rows('object', 'subject')}"
    return (
        f"CASE WHEN s.n{length} AND {_walkable(side, steps)}"
        f" THEN (SELECT json_group_array(json(_v)) FROM ({both})) ELSE '[]' END"
    )


def _work(side: str, steps: int) -> str:
    total = f"(SELECT ifnull(sum({claim_count('h._m')}), 0) FROM {_chains(side, steps)} h)"
    return f"iif({_walkable(side, steps)}, {total}, {MOST_WALKED} + 1)"


def _best(root: Paths, length: int, rows: str) -> str:
    """The best chains of a length, of rows of confidence, nodes, claims and keys."""
    best = f"SELECT _p, _n, _c FROM ({rows}) ORDER BY _p DESC, _k LIMIT {parameter(root.size)}"
    listed = f"(SELECT json_group_array(json_array(_p, json(_n), json(_c))) FROM ({best}))"
    return f"CASE WHEN s.n{length} THEN {listed} ELSE '[]' END"


def _less(side: str, other: str, steps: int) -> str:
    """Whether there is less to follow from this end; from `a` where it is as much."""
    return f"s.w{side}{steps} {'<=' if side == 'a' else '<'} s.w{other}{steps}"


def _closed(root: Paths, length: int) -> str:
    """Chains from the end that has less to follow, with a last claim to the other."""
    steps = length - 1
    names = ", ".join(map(literal, dict.fromkeys(relation.name for relation in root.relations)))
    rows: list[str] = []
    for side, other in ("ab", "ba") if steps else ("ab",):
        nodes, claims, keys = _longer(side, steps, f"s.{other}")
        guards = f"{_less(side, other, steps)} AND {_walkable(side, steps)} AND " if steps else ""
        rows += [
            f"SELECT h._p * c.confidence AS _p, {nodes} AS _n, {claims} AS _c, {keys} AS _k"
            f" FROM {_chains(side, steps)} h CROSS JOIN claim c WHERE {guards}c.{near} = h._m"
            f" AND c.relation IN ({names}) AND c.{far} = s.{other} AND c.stance < 2"
            for near, far in (("subject", "object"), ("object", "subject"))
        ]
    return " UNION ALL ".join(rows)


def _ways(length: int) -> list[tuple[int, int, str]]:
    """How many steps from `a` and from `b` meet, and on what condition."""
    half, odd = divmod(length, 2)
    if not odd:
        return [(half, half, f"{_walkable('a', half)} AND {_walkable('b', half)}")]
    more = half + 1
    return [
        (more, half, f"{_less('a', 'b', more)} AND {_walkable('a', more)} AND {_walkable('b', half)}"),
        (half, more, f"{_less('b', 'a', more)} AND {_walkable('a', half)} AND {_walkable('b', more)}"),
    ]


def _meetings(length: int) -> str:
    """The chains from both ends, gathered by the node where they meet; SQLite would not find them by an index."""
    cases: list[str] = []
    for mine, theirs, condition in _ways(length):
        both = " UNION ALL ".join(
            f"SELECT '{side}' AS _s, value AS _v, value ->> 1 AS _m FROM json_each(s.{side}{steps})"
            for side, steps in (("a", mine), ("b", theirs))
        )
        halves = ", ".join(f"json_group_array(json(_v)) FILTER (WHERE _s = '{side}') AS _{side}" for side in "ab")
        groups = f"SELECT {halves} FROM ({both}) GROUP BY _m HAVING count(DISTINCT _s) = 2"
        cases.append(f"WHEN {condition} THEN (SELECT json_group_array(json_array(json(_a), json(_b))) FROM ({groups}))")
    return f"CASE WHEN NOT s.n{length} THEN '[]' {' '.join(cases)} END"


def _many(length: int) -> str:
    """How many chains meet; too many where one of the ends has too much to follow."""
    meet = "json_array_length(value, '$[0]') * json_array_length(value, '$[1]')"
    return f"iif(s.t{length} IS NULL, {MOST_MEETINGS + 1}, (SELECT ifnull(sum({meet}), 0) FROM json_each(s.t{length})))"


def _met(length: int) -> str:
    # of both arrays of nodes, the one at the meeting is left out once
    nodes = "concat(rtrim(_xn, ']'), substr(_yn, length(_m) + 2))"
    claims = "concat(rtrim(_xc, ']'), ',', substr(_yc, 2))"
    apart = "NOT EXISTS (SELECT 1 FROM json_each(_xn) i JOIN json_each(_yn) j ON i.value = j.value WHERE i.value <> _m)"
    fields = ", ".join(
        f"{side}.value ->> {place} AS _{side}{name}"
        for side in "xy"
        for place, name in ((0, "p"), (2, "n"), (3, "c"), (4, "k"))
    )
    pairs = (
        f"SELECT x.value ->> 1 AS _m, {fields} FROM json_each(s.t{length}) g CROSS JOIN json_each(g.value, '$[0]') x"
        f" CROSS JOIN json_each(g.value, '$[1]') y WHERE s.m{length} <= {MOST_MEETINGS}"
    )
    return (
        f"SELECT _xp * _yp AS _p, {nodes} AS _n, {claims} AS _c, _xk || ' ' || _yk AS _k FROM ({pairs}) WHERE {apart}"
    )


def _given_up(length: int) -> str:
    """Whether chains of a length were wanted and not looked for."""
    if length == 1:
        return "0"
    tried = f"s.m{length} <= {MOST_MEETINGS}"
    if length <= _CLOSED:
        tried = " OR ".join(_walkable(side, length - 1) for side in "ab")
    return f"s.n{length} AND NOT ({tried})"


# ------------------------------------------------------------------------------------------------------------- the JSON


def _path_part(writer: Writer, root: Paths, part: Typename | PathFact | Steps) -> list[Piece]:
    match part:
        case Typename(name=name):
            return [string(name)]
        case PathFact(name="length"):
            return ["x._l"]
        case PathFact(name="confidence"):
            whole = " ".join(f"WHEN {length} THEN {1000 ** (length - 1)}" for length in range(1, root.most + 1))
            return [f"(2 * x._p / CASE x._l {whole} END + 1) / 2 / 1000.0"]
        case PathFact():
            return [f"json_quote({_sentence(root)})"]
        case Steps(parts=parts):
            from_, to = writer.alias("e"), writer.alias("e")
            json = concat(members((item.key, _step_part(writer, item, from_, to)) for item in parts))
            listed = f"group_concat({json}, ',' ORDER BY i.key)"
            return [Fixed("["), f"(SELECT {listed} FROM {_each_step(from_, to)})", Fixed("]")]


def _each_step(from_: str, to: str) -> str:
    return (
        f"json_each(x._claims) i JOIN claim c ON c._pk = i.value"
        f" JOIN entity {from_} ON {from_}._pk = json_extract(x._nodes, '$[' || i.key || ']')"
        f" JOIN entity {to} ON {to}._pk = json_extract(x._nodes, '$[' || (i.key + 1) || ']')"
    )


def _sentence(root: Paths) -> str:
    told = "c.relation || ' ' || iif(c.subject = f._pk, f._kind, t._kind)"
    cases = " ".join(
        f"WHEN {literal(f'{item.name} {item.subject}')} THEN json_array({literal(item.verb)}, {literal(item.passive)})"
        for item in root.relations
    )
    step = f'json_array(f."name", t."name", c.subject = f._pk, json(CASE {told} {cases} END))'
    return f"(SELECT sentence(json_group_array({step} ORDER BY i.key)) FROM {_each_step('f', 't')})"


def _step_part(writer: Writer, part: StepPart, from_: str, to: str) -> list[Piece]:
    match part:
        case Typename(name=name):
            return [string(name)]
        case StepRelation():
            return ["json_quote(c.relation)"]
        case StepEnd(name=name, branches=branches):
            return [writer.branches(branches, Scope(from_ if name == "from" else to))]
        case ClaimNode(parts=parts):
            return writer.claim(parts or (), Scope("c"))
