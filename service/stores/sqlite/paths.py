"""A search for the best chains of claims between two entities, in SQL.

Chains are joins of the table `step`, and grow from both ends, `a` and `b`. Whether a length is searched depends on the
results of the shorter lengths. So the statement decides it in stages: CTEs of one row each. SQLite copies a CTE into every
place that refers to it, and limits the number of copies in a statement; so a stage refers only to the previous one.

    wa2 ...  the number of claims that the next step from an end follows; a step beyond the limit is not taken
    p1       the claims between the two ends
    p2, p3   chains of one or two steps from the end with fewer claims to follow, closed by a claim to the other end
    p4 ...   chains from both ends that meet in the middle
    n1 ...   whether chains of this length are needed
    g2 ...   whether the search for this length was given up
    r4 ...   the number of pairs of chains that meet, and the best of them

A longer length is searched only if the shorter ones gave too few chains, and SQLite does not compute the others. The
confidence of a chain is a product of thousandths, so it is an exact integer.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from service.plan import ClaimNode, PathField, Paths, StepEnd, StepPart, StepRelation, Steps, Typename
from service.stores.ranking import MAX_CHAIN_PAIRS, MAX_CLAIMS_PER_STEP, MAX_CLOSED_LENGTH, split_length
from service.stores.sqlite.expressions import claim_count, placeholder, sql_string
from service.stores.sqlite.json_text import (
    JsonPart,
    concat,
    json_array,
    json_count,
    json_object,
    json_or_null,
    json_string,
    json_value,
)
from service.stores.sqlite.row import RowAlias

if TYPE_CHECKING:
    from service.stores.sqlite.statement import Writer

_COUNTED_STEPS = {3: 2, 5: 3}
"""By path length: the step from each end whose claims are counted before the search for this length."""
_SAMPLE_SIZE = MAX_CLAIMS_PER_STEP // 20
"""The number of chains from an end that are counted first, to recognize a step with too many claims early."""


def paths(writer: Writer, root: Paths) -> str:
    """Return the JSON of the list of paths.

    Instead of JSON, the result is `!` and the unknown IDs, or `?` and the length at which the search was given up.
    """
    stages = [f"SELECT {_end(root, 'a')} AS a, {_end(root, 'b')} AS b"]

    def add_stage(*columns: str) -> None:
        stages.append(f"SELECT s.*, {', '.join(columns)} FROM s{len(stages) - 1} s")

    add_stage(*(f"{claim_count(f's.{side}')} AS w{side}1" for side in "ab"))
    for length in range(1, root.length_limit + 1):
        add_stage(f"{_is_needed(root, length)} AS n{length}")
        if steps := _COUNTED_STEPS.get(length):
            add_stage(*(f"{_step_claims(root, side, steps, length)} AS w{side}{steps}" for side in "ab"))
        if length > MAX_CLOSED_LENGTH:
            add_stage(f"{_meeting_chains(root, length)} AS r{length}")
        chains = _closed_chains(root, length) if length <= MAX_CLOSED_LENGTH else f"s.r{length} -> 1"
        add_stage(f"{chains} AS p{length}", f"{_is_given_up(length)} AS g{length}")
    all_chains = " UNION ALL ".join(
        f"SELECT {length} AS _l, key AS _r, value AS _v FROM json_each(s.p{length})"
        for length in range(1, root.length_limit + 1)
    )
    best = (
        f"SELECT _l, _r, _v ->> 0 AS _p, _v -> 1 AS _nodes, _v -> 2 AS _claims FROM ({all_chains})"
        f" ORDER BY _l, _r LIMIT {placeholder(root.size)}"
    )
    json = concat(json_object((part.key, _path_part(writer, root, part)) for part in root.parts)).sql
    listed = f"(SELECT group_concat({json}, ',' ORDER BY x._l, x._r) FROM ({best}) x)"
    given_up = " ".join(f"WHEN s.g{length} THEN '?{length}'" for length in range(2, root.length_limit + 1))
    ctes = ",\n  ".join(f"s{number} AS MATERIALIZED ({text})" for number, text in enumerate(stages))
    return (
        f"(WITH {ctes}\n SELECT CASE WHEN s.a IS NULL OR s.b IS NULL THEN {_unknown_ids(root)}"
        f" WHEN {_chain_count(root.length_limit)} THEN concat('[', {listed}, ']') {given_up} ELSE '[]' END"
        f" FROM s{len(stages) - 1} s)"
    )


def _end(root: Paths, side: str) -> str:
    """Return the primary key of an end. It names no column of a stage: such a subquery would run for every row."""
    return f'(SELECT _pk FROM entity WHERE "id" = {placeholder(root.ends["ab".index(side)])})'


def _unknown_ids(root: Paths) -> str:
    ids = " UNION ALL ".join(
        f"SELECT {number} AS _q, {placeholder(end)} AS _id WHERE s.{side} IS NULL"
        for number, (side, end) in enumerate(zip("ab", root.ends, strict=True))
    )
    return f"(SELECT '!' || json_group_array(json_array(_q, _id)) FROM ({ids}))"


# --------------------------------------------------------------------------------------------------------------- chains


def _chains(root: Paths, side: str, steps: int) -> str:
    """Return a query for the chains of a number of steps from an end, without repeated nodes and without either end.

    `p` is the product of the confidences, `m` the last node, `n1`, `n2` the nodes before it, and `c1`, `c2`, `c3` the
    claims, all counted from the end.
    """
    numbers = range(1, steps + 1)
    columns = [f"{' * '.join(f'h{number}.confidence' for number in numbers)} AS p", f"h{steps}.far AS m"]
    columns += [f"h{number}.far AS n{number}" for number in numbers[:-1]]
    columns += [f"h{number}.claim AS c{number}" for number in numbers]
    conditions, visited = [f"h1.near = {_end(root, side)}"], [_end(root, "a"), _end(root, "b")]
    for number in numbers:
        conditions += [f"h{number}.near = h{number - 1}.far"] if number > 1 else []
        conditions.append(f"h{number}.far NOT IN ({', '.join(visited)})")
        visited.append(f"h{number}.far")
    tables = " CROSS JOIN ".join(f"step h{number}" for number in numbers)
    return f"SELECT {', '.join(columns)} FROM {tables} WHERE {' AND '.join(conditions)}"


def _chain_pairs(root: Paths, a_steps: int, b_steps: int) -> str:
    """Return a query for the pairs of chains from both ends with the same last node, up to one more than the limit.

    The nodes and claims of the chain from `b` continue the numbering.
    """
    length = a_steps + b_steps
    columns = ["x.p * y.p AS p", "x.m"]
    columns += [*_columns("x", "n", range(1, a_steps)), *_columns("x", "c", range(1, a_steps + 1))]
    columns += [f"y.n{b_steps - number} AS n{a_steps + number}" for number in range(1, b_steps)]
    columns += [f"y.c{length + 1 - number} AS c{number}" for number in range(a_steps + 1, length + 1)]
    # LIMIT stops SQLite from flattening the two queries into one join, which no index serves
    a_chains, b_chains = (
        f"({_chains(root, side, steps)} LIMIT -1)" for side, steps in (("a", a_steps), ("b", b_steps))
    )
    return f"SELECT {', '.join(columns)} FROM {a_chains} x JOIN {b_chains} y ON y.m = x.m LIMIT {MAX_CHAIN_PAIRS + 1}"


def _columns(row: str, letter: str, numbers: Iterable[int]) -> list[str]:
    return [f"{row}.{letter}{number}" for number in numbers]


# --------------------------------------------------------------------------------------------------------------- stages


def _chain_count(length: int) -> str:
    """Return the number of chains up to a length."""
    return " + ".join(f"json_array_length(s.p{number})" for number in range(1, length + 1)) or "0"


def _is_needed(root: Paths, length: int) -> str:
    """Return whether chains of a length are needed, given the results of the shorter lengths."""
    # after a length that was given up, a longer chain could wrongly appear to be the shortest
    complete = "".join(f" AND NOT s.g{number}" for number in range(2, length))
    too_few = f"{_chain_count(length - 1)} < {placeholder(root.size)}"
    return f"s.a <> s.b AND {placeholder(root.max_length)} >= {length} AND {too_few}{complete}"


def _is_followed(side: str, steps: int) -> str:
    """Return whether a step from an end is within the limit of claims."""
    return f"s.w{side}{steps} <= {MAX_CLAIMS_PER_STEP}"


def _step_claims(root: Paths, side: str, steps: int, length: int) -> str:
    """Return the number of claims that a step follows, or one more than the limit if it follows more; NULL if not needed."""
    total, chains = f"SELECT ifnull(sum({claim_count('h.m')}), 0) FROM", _chains(root, side, steps - 1)
    # the first chains from a hub are mostly enough to exceed the limit, so that the others need not be read
    is_within = (
        f"{_is_followed(side, steps - 1)} AND ({total} ({chains} LIMIT {_SAMPLE_SIZE}) h) <= {MAX_CLAIMS_PER_STEP}"
    )
    return f"CASE WHEN s.n{length} THEN iif({is_within}, ({total} ({chains}) h), {MAX_CLAIMS_PER_STEP + 1}) END"


def _is_cheaper(side: str, other: str, steps: int) -> str:
    """Return whether a step follows fewer claims from this end than from the other; `a` wins a tie."""
    return f"s.w{side}{steps} {'<=' if side == 'a' else '<'} s.w{other}{steps}"


def _best_chains(root: Paths, product: str, tables: str, nodes: list[str], claims: list[str]) -> str:
    """Return the best chains in the rows of tables: an array of [product, nodes, claims], in the direction of the path."""
    keys = ", ".join(map(_claim_key, claims))
    best = (
        f"SELECT {product} AS _p, json_array({', '.join(nodes)}) AS _n, json_array({', '.join(claims)}) AS _c"
        f" FROM {tables} ORDER BY _p DESC, {keys} LIMIT {placeholder(root.size)}"
    )
    return f"(SELECT json_group_array(json_array(_p, json(_n), json(_c))) FROM ({best}))"


def _claim_key(claim: str) -> str:
    return f"(SELECT key FROM claim WHERE _pk = {claim})"


def _closed_chains(root: Paths, length: int) -> str:
    """Return the best chains from the cheaper end, closed by a claim to the other end."""
    if length == 1:
        direct = f"step x WHERE x.near = {_end(root, 'a')} AND x.far = {_end(root, 'b')}"
        best = _best_chains(root, "x.confidence", direct, ["x.near", "x.far"], ["x.claim"])
        return f"CASE WHEN s.n1 THEN {best} ELSE '[]' END"
    steps, cases = length - 1, ""
    for side, other in ("ab", "ba"):
        tables = f"({_chains(root, side, steps)}) x CROSS JOIN step c ON c.near = x.m AND c.far = {_end(root, other)}"
        nodes = [_end(root, side), *_columns("x", "n", range(1, steps)), "x.m", _end(root, other)]
        claims = [*_columns("x", "c", range(1, length)), "c.claim"]
        if side == "b":
            nodes, claims = nodes[::-1], claims[::-1]
        best = _best_chains(root, "x.p * c.confidence", tables, nodes, claims)
        is_chosen = f"s.n{length} AND {_is_cheaper(side, other, steps)} AND {_is_followed(side, steps)}"
        cases += f" WHEN {is_chosen} THEN {best}"
    return f"CASE{cases} ELSE '[]' END"


def _meeting_chains(root: Paths, length: int) -> str:
    """Return the chains from both ends that meet: an array of the number of pairs, and the best chains among them.

    The number is beyond the limit if a step from either end follows too many claims.
    """
    cases = " ".join(
        f"WHEN {condition} THEN {_best_meeting_chains(root, a_steps, b_steps)}"
        for a_steps, b_steps, condition in _splits(length)
    )
    return f"CASE WHEN NOT s.n{length} THEN '[0,[]]' {cases} ELSE '[{MAX_CHAIN_PAIRS + 1},[]]' END"


def _splits(length: int) -> Iterator[tuple[int, int, str]]:
    """Yield the numbers of steps from `a` and from `b`, and the condition under which this split is used."""
    for a_steps, b_steps in split_length(length):
        conditions = [_is_followed("a", a_steps), _is_followed("b", b_steps)]
        if a_steps != b_steps:
            side, other = "ab" if a_steps > b_steps else "ba"
            conditions.append(_is_cheaper(side, other, max(a_steps, b_steps)))
        yield a_steps, b_steps, " AND ".join(conditions)


def _best_meeting_chains(root: Paths, a_steps: int, b_steps: int) -> str:
    length = a_steps + b_steps
    a_nodes, b_nodes = _columns("x", "n", range(1, a_steps)), _columns("x", "n", range(a_steps + 1, length))
    is_simple = " AND ".join(f"{node} NOT IN ({', '.join(b_nodes)})" for node in a_nodes)
    nodes = [_end(root, "a"), *a_nodes, "x.m", *b_nodes, _end(root, "b")]
    claims = _columns("x", "c", range(1, length + 1))
    pairs = (
        f"SELECT x.*, count(*) OVER () AS _many, {is_simple} AS _apart FROM ({_chain_pairs(root, a_steps, b_steps)}) x"
    )
    keys = ", ".join(f"iif(x._kept, {_claim_key(claim)}, '')" for claim in claims)
    best = (
        f"SELECT x._many, x._kept, json_array(x.p, json_array({', '.join(nodes)}), json_array({', '.join(claims)})) AS _path"
        f" FROM (SELECT x.*, x._apart AND x._many <= {MAX_CHAIN_PAIRS} AS _kept FROM ({pairs}) x) x"
        f" ORDER BY x._kept DESC, x.p DESC, {keys} LIMIT {placeholder(root.size)}"
    )
    listed = "json_group_array(json(_path)) FILTER (WHERE _kept)"
    return f"(SELECT json_array(ifnull(max(_many), 0), {listed}) FROM ({best}))"


def _is_given_up(length: int) -> str:
    """Return whether chains of a length were needed and not searched."""
    if length == 1:
        return "0"
    is_searched = f"s.r{length} ->> 0 <= {MAX_CHAIN_PAIRS}"
    if length <= MAX_CLOSED_LENGTH:
        is_searched = " OR ".join(_is_followed(side, length - 1) for side in "ab")
    return f"s.n{length} AND NOT ({is_searched})"


# ----------------------------------------------------------------------------------------------------------------- JSON


def _path_part(writer: Writer, root: Paths, part: Typename | PathField | Steps) -> list[JsonPart]:
    match part:
        case Typename(name=name):
            return [json_string(name)]
        case PathField(name="length"):
            return [json_count("x._l")]
        case PathField(name="confidence"):
            scale = " ".join(f"WHEN {length} THEN {1000 ** (length - 1)}" for length in range(1, root.length_limit + 1))
            return [json_or_null(f"(2 * x._p / CASE x._l {scale} END + 1) / 2 / 1000.0")]  # rounded to thousandths
        case PathField():
            return [json_value(_sentence(root))]
        case Steps(parts=parts):
            from_, to = writer.aliases.new("e"), writer.aliases.new("e")
            json = concat(json_object((item.key, _step_part(writer, item, from_, to)) for item in parts))
            return json_array(f"(SELECT group_concat({json.sql}, ',' ORDER BY i.key) FROM {_steps(from_, to)})")


def _steps(from_: str, to: str) -> str:
    """Return the tables of a path's steps: the index `i`, the claim `c` and its two entities."""
    return (
        f"json_each(x._claims) i JOIN claim c ON c._pk = i.value"
        f" JOIN entity {from_} ON {from_}._pk = json_extract(x._nodes, '$[' || i.key || ']')"
        f" JOIN entity {to} ON {to}._pk = json_extract(x._nodes, '$[' || (i.key + 1) || ']')"
    )


def _sentence(root: Paths) -> str:
    relation = "c.relation || ' ' || iif(c.subject = f._pk, f._kind, t._kind)"
    verbs = " ".join(
        f"WHEN {sql_string(f'{item.name} {item.subject}')}"
        f" THEN json_array({sql_string(item.verb)}, {sql_string(item.passive)})"
        for item in root.relations
    )
    step = f'json_array(f."name", t."name", c.subject = f._pk, json(CASE {relation} {verbs} END))'
    return f"(SELECT sentence(json_group_array({step} ORDER BY i.key)) FROM {_steps('f', 't')})"


def _step_part(writer: Writer, part: StepPart, from_: str, to: str) -> list[JsonPart]:
    match part:
        case Typename(name=name):
            return [json_string(name)]
        case StepRelation():
            return [json_value("c.relation")]
        case StepEnd(name=name, branches=branches):
            return [writer.branches(branches, RowAlias(from_ if name == "from" else to))]
        case ClaimNode(parts=parts):
            return writer.claim(parts or (), RowAlias("c"))
