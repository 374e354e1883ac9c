"""The best chains of claims between two things, in SQL.

Chains are joins of `step`, grown from both ends, `a` and `b`. Whether a length is looked for depends on what the shorter ones
found, so that is decided in stages of one row; SQLite copies a CTE wherever it is named, and bounds the copies in a statement,
so a stage names only the one before it.

    wa2 ...  how many claims the next step from an end follows; beyond a bound it is not taken
    p1       the claims between the ends
    p2, p3   chains of one (two) steps from the end that has less to follow, closed by a claim to the other end
    p4 ...   chains from both ends that meet in the middle
    n1 ...   whether chains of that length are wanted; g2 ...: whether they are given up
    r4 ...   how many chains meet, and the best of them

Longer ones are looked for only while there are too few, and what is not wanted is not computed. A confidence is a product of
thousandths, an exact integer.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from service.plan import ClaimNode, PathField, Paths, StepEnd, StepPart, StepRelation, Steps, Typename
from service.stores.ranking import MAX_CHAIN_PAIRS, MAX_CLAIMS_PER_STEP, MAX_CLOSED_LENGTH, split_length
from service.stores.sqlite.json_text import Fixed, Piece, concat, members, string
from service.stores.sqlite.row import Scope, claim_count, literal, placeholder

if TYPE_CHECKING:
    from service.stores.sqlite.statement import Writer

_COUNTED = {3: 2, 5: 3}
"""Before which length it is counted what a step more from each end follows, and which one."""
_GLANCE = MAX_CLAIMS_PER_STEP // 20
"""How many chains from an end are looked at first to see whether they lead over too much."""


def paths(writer: Writer, root: Paths) -> str:
    """The JSON of the list; what is not there comes back as '!' and the IDs, a search that gave up as '?' and a length."""
    stages = [f"SELECT {_end(root, 'a')} AS a, {_end(root, 'b')} AS b"]

    def stage(*columns: str) -> None:
        stages.append(f"SELECT s.*, {', '.join(columns)} FROM s{len(stages) - 1} s")

    stage(*(f"{claim_count(f's.{side}')} AS w{side}1" for side in "ab"))
    for length in range(1, root.length_limit + 1):
        stage(f"{_needed(root, length)} AS n{length}")
        if steps := _COUNTED.get(length):
            stage(*(f"{_work(root, side, steps, length)} AS w{side}{steps}" for side in "ab"))
        if length > MAX_CLOSED_LENGTH:
            stage(f"{_met(root, length)} AS r{length}")
        best = _closed(root, length) if length <= MAX_CLOSED_LENGTH else f"s.r{length} -> 1"
        stage(f"{best} AS p{length}", f"{_given_up(length)} AS g{length}")
    every = " UNION ALL ".join(
        f"SELECT {length} AS _l, key AS _r, value AS _v FROM json_each(s.p{length})"
        for length in range(1, root.length_limit + 1)
    )
    found = (
        f"SELECT _l, _r, _v ->> 0 AS _p, _v -> 1 AS _nodes, _v -> 2 AS _claims FROM ({every})"
        f" ORDER BY _l, _r LIMIT {placeholder(root.size)}"
    )
    json = concat(members((part.key, _path_part(writer, root, part)) for part in root.parts))
    listed = f"(SELECT group_concat({json}, ',' ORDER BY x._l, x._r) FROM ({found}) x)"
    gave_up = " ".join(f"WHEN s.g{length} THEN '?{length}'" for length in range(2, root.length_limit + 1))
    ctes = ",\n  ".join(f"s{number} AS MATERIALIZED ({text})" for number, text in enumerate(stages))
    return (
        f"(WITH {ctes}\n SELECT CASE WHEN s.a IS NULL OR s.b IS NULL THEN {_unknown(root)}"
        f" WHEN {_count(root.length_limit)} THEN concat('[', {listed}, ']') {gave_up} ELSE '[]' END"
        f" FROM s{len(stages) - 1} s)"
    )


def _end(root: Paths, side: str) -> str:
    """One of the two things; a subquery that names a column of a stage would be computed for every row."""
    return f'(SELECT _pk FROM entity WHERE "id" = {placeholder(root.ends["ab".index(side)])})'


def _unknown(root: Paths) -> str:
    each = " UNION ALL ".join(
        f"SELECT {number} AS _q, {placeholder(end)} AS _id WHERE s.{side} IS NULL"
        for number, (side, end) in enumerate(zip("ab", root.ends, strict=True))
    )
    return f"(SELECT '!' || json_group_array(json_array(_q, _id)) FROM ({each}))"


# ----------------------------------------------------------------------------------------------------------- the chains


def _chains(root: Paths, side: str, steps: int) -> str:
    """The chains of so many steps from an end, which pass neither end nor anything twice: `p` the product of confidences,
    `m` the outermost node, `n1`, `n2` those before it and `c1`, `c2`, `c3` the claims, counted from the end.
    """
    each = range(1, steps + 1)
    columns = [f"{' * '.join(f'h{item}.confidence' for item in each)} AS p", f"h{steps}.far AS m"]
    columns += [f"h{item}.far AS n{item}" for item in each[:-1]] + [f"h{item}.claim AS c{item}" for item in each]
    conditions, passed = [f"h1.near = {_end(root, side)}"], [_end(root, "a"), _end(root, "b")]
    for item in each:
        conditions += [f"h{item}.near = h{item - 1}.far"] if item > 1 else []
        conditions.append(f"h{item}.far NOT IN ({', '.join(passed)})")
        passed.append(f"h{item}.far")
    tables = " CROSS JOIN ".join(f"step h{item}" for item in each)
    return f"SELECT {', '.join(columns)} FROM {tables} WHERE {' AND '.join(conditions)}"


def _pairs(root: Paths, mine: int, theirs: int) -> str:
    """The pairs of chains of so many steps that end in the same thing, no more of them than tell that there are too many;
    the nodes and claims of the one from `b` go on counting.
    """
    length = mine + theirs
    columns = ["x.p * y.p AS p", "x.m", *_columns("x", "n", range(1, mine)), *_columns("x", "c", range(1, mine + 1))]
    columns += [f"y.n{theirs - item} AS n{mine + item}" for item in range(1, theirs)]
    columns += [f"y.c{length + 1 - item} AS c{item}" for item in range(mine + 1, length + 1)]
    # LIMIT keeps SQLite from making one join of both, which no index serves
    one, other = (f"({_chains(root, side, steps)} LIMIT -1)" for side, steps in (("a", mine), ("b", theirs)))
    return f"SELECT {', '.join(columns)} FROM {one} x JOIN {other} y ON y.m = x.m LIMIT {MAX_CHAIN_PAIRS + 1}"


def _columns(row: str, letter: str, numbers: Iterable[int]) -> list[str]:
    return [f"{row}.{letter}{number}" for number in numbers]


# ----------------------------------------------------------------------------------------------------------- the stages


def _count(length: int) -> str:
    """How many chains up to a length were found."""
    return " + ".join(f"json_array_length(s.p{item})" for item in range(1, length + 1)) or "0"


def _needed(root: Paths, length: int) -> str:
    """Whether chains of a length are wanted, once the shorter ones are known."""
    # what is longer than a length that was given up would pass for the shortest
    kept = "".join(f" AND NOT s.g{item}" for item in range(2, length))
    enough = f"{_count(length - 1)} < {placeholder(root.size)}"
    return f"s.a <> s.b AND {placeholder(root.max_length)} >= {length} AND {enough}{kept}"


def _walkable(side: str, steps: int) -> str:
    return f"s.w{side}{steps} <= {MAX_CLAIMS_PER_STEP}"


def _work(root: Paths, side: str, steps: int, length: int) -> str:
    """How many claims the step follows, where it is wanted; all that is beyond the bound is alike."""
    counted, chains = f"SELECT ifnull(sum({claim_count('h.m')}), 0) FROM", _chains(root, side, steps - 1)
    # most hubs are told by their first neighbours; the rest of them need not even be read
    within = f"{_walkable(side, steps - 1)} AND ({counted} ({chains} LIMIT {_GLANCE}) h) <= {MAX_CLAIMS_PER_STEP}"
    return f"CASE WHEN s.n{length} THEN iif({within}, ({counted} ({chains}) h), {MAX_CLAIMS_PER_STEP + 1}) END"


def _less(side: str, other: str, steps: int) -> str:
    """Whether there is less to follow from this end; from `a` where it is as much."""
    return f"s.w{side}{steps} {'<=' if side == 'a' else '<'} s.w{other}{steps}"


def _best(root: Paths, product: str, tables: str, nodes: list[str], claims: list[str]) -> str:
    """The best chains among the rows of tables, as an array of product, nodes and claims in the direction of the path."""
    keys = ", ".join(map(_key, claims))
    best = (
        f"SELECT {product} AS _p, json_array({', '.join(nodes)}) AS _n, json_array({', '.join(claims)}) AS _c"
        f" FROM {tables} ORDER BY _p DESC, {keys} LIMIT {placeholder(root.size)}"
    )
    return f"(SELECT json_group_array(json_array(_p, json(_n), json(_c))) FROM ({best}))"


def _key(claim: str) -> str:
    return f"(SELECT key FROM claim WHERE _pk = {claim})"


def _closed(root: Paths, length: int) -> str:
    """Chains from the end that has less to follow, with a last claim to the other."""
    if length == 1:
        direct = f"step x WHERE x.near = {_end(root, 'a')} AND x.far = {_end(root, 'b')}"
        best = _best(root, "x.confidence", direct, ["x.near", "x.far"], ["x.claim"])
        return f"CASE WHEN s.n1 THEN {best} ELSE '[]' END"
    steps, cases = length - 1, ""
    for side, other in ("ab", "ba"):
        tables = f"({_chains(root, side, steps)}) x CROSS JOIN step c ON c.near = x.m AND c.far = {_end(root, other)}"
        nodes = [_end(root, side), *_columns("x", "n", range(1, steps)), "x.m", _end(root, other)]
        claims = [*_columns("x", "c", range(1, length)), "c.claim"]
        if side == "b":
            nodes, claims = nodes[::-1], claims[::-1]
        best = _best(root, "x.p * c.confidence", tables, nodes, claims)
        cases += f" WHEN s.n{length} AND {_less(side, other, steps)} AND {_walkable(side, steps)} THEN {best}"
    return f"CASE{cases} ELSE '[]' END"


def _ways(length: int) -> Iterator[tuple[int, int, str]]:
    """How many steps from `a` and from `b` meet, and on what condition."""
    for mine, theirs in split_length(length):
        conditions = [_walkable("a", mine), _walkable("b", theirs)]
        if mine != theirs:
            side, other = "ab" if mine > theirs else "ba"
            conditions.append(_less(side, other, max(mine, theirs)))
        yield mine, theirs, " AND ".join(conditions)


def _met(root: Paths, length: int) -> str:
    """Chains from both ends that meet, as an array of how many they are and the best that pass nothing twice; too many
    where one of the ends has too much to follow.
    """
    cases = " ".join(
        f"WHEN {condition} THEN {_meeting(root, mine, theirs)}" for mine, theirs, condition in _ways(length)
    )
    return f"CASE WHEN NOT s.n{length} THEN '[0,[]]' {cases} ELSE '[{MAX_CHAIN_PAIRS + 1},[]]' END"


def _meeting(root: Paths, mine: int, theirs: int) -> str:
    length = mine + theirs
    passed, others = _columns("x", "n", range(1, mine)), _columns("x", "n", range(mine + 1, length))
    apart = " AND ".join(f"{node} NOT IN ({', '.join(others)})" for node in passed)
    nodes = [_end(root, "a"), *passed, "x.m", *others, _end(root, "b")]
    claims = _columns("x", "c", range(1, length + 1))
    pairs = f"SELECT x.*, count(*) OVER () AS _many, {apart} AS _apart FROM ({_pairs(root, mine, theirs)}) x"
    keys = ", ".join(f"iif(x._kept, {_key(claim)}, '')" for claim in claims)
    best = (
        f"SELECT x._many, x._kept, json_array(x.p, json_array({', '.join(nodes)}), json_array({', '.join(claims)})) AS _path"
        f" FROM (SELECT x.*, x._apart AND x._many <= {MAX_CHAIN_PAIRS} AS _kept FROM ({pairs}) x) x"
        f" ORDER BY x._kept DESC, x.p DESC, {keys} LIMIT {placeholder(root.size)}"
    )
    listed = "json_group_array(json(_path)) FILTER (WHERE _kept)"
    return f"(SELECT json_array(ifnull(max(_many), 0), {listed}) FROM ({best}))"


def _given_up(length: int) -> str:
    """Whether chains of a length were wanted and not looked for."""
    if length == 1:
        return "0"
    tried = f"s.r{length} ->> 0 <= {MAX_CHAIN_PAIRS}"
    if length <= MAX_CLOSED_LENGTH:
        tried = " OR ".join(_walkable(side, length - 1) for side in "ab")
    return f"s.n{length} AND NOT ({tried})"


# ------------------------------------------------------------------------------------------------------------- the JSON


def _path_part(writer: Writer, root: Paths, part: Typename | PathField | Steps) -> list[Piece]:
    match part:
        case Typename(name=name):
            return [string(name)]
        case PathField(name="length"):
            return ["x._l"]
        case PathField(name="confidence"):
            whole = " ".join(f"WHEN {length} THEN {1000 ** (length - 1)}" for length in range(1, root.length_limit + 1))
            return [f"(2 * x._p / CASE x._l {whole} END + 1) / 2 / 1000.0"]
        case PathField():
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
