"""The best chains of claims between two things, in Cypher.

Chains are lists of nodes and relationships, looked for a length at a time:

    w1a, w2a ...  how many claims the next step from an end follows; beyond a bound it is not taken
    found         what has been found, the shortest first
    gave          the length that was wanted and given up, 0 where none was
    needed        whether there are too few, and this length may be asked for

Up to three claims, a chain begins at the end that has less to follow and is closed by a claim to the other; longer ones
meet in the middle. A confidence is a product of thousandths, an exact integer.

Neo4j takes as long to plan a statement as it has parts, so that none is written once for each end.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from schema import Relation
from service.plan import ClaimNode, PathField, Paths, StepEnd, StepPart, StepRelation, Steps, Typename
from service.stores.neo4j.layout import relationship
from service.stores.neo4j.predicates import claim_count, list_placeholder, placeholder
from service.stores.neo4j.row import Row, dictionary
from service.stores.ranking import MAX_CHAIN_PAIRS, MAX_CLAIMS_PER_STEP, MAX_CLOSED_LENGTH, split_length

if TYPE_CHECKING:
    from service.stores.neo4j.statement import Writer

_WORK = {3: 2, 5: 3}
"""Before which length it is counted what a step more from each end follows, and which one."""
_BEST = "reduce(p = 1, r IN rs | p * r.confidence) DESC, [r IN rs | r.claim]"


def paths(writer: Writer, root: Paths) -> tuple[str, str]:
    """`[IDs that are not there, the length that was given up, paths]`."""
    clauses = [_ends(root)]
    known = ["a", "b", "w1a", "w1b"]
    for length in range(1, root.length_limit + 1):
        clauses.append(
            f"WITH {', '.join(known)}, found, gave, a <> b AND gave = 0 AND {placeholder(root.max_length)} >= {length}"
            f" AND size(found) < {placeholder(root.size)} AS needed"
        )
        if steps := _WORK.get(length):
            clauses.append(_work(root, known, steps))
            known += [f"w{steps}a", f"w{steps}b"]
        found, tried = _closed(root, known, length) if length <= MAX_CLOSED_LENGTH else _met(root, known, length)
        clauses.append(
            f"{found} WITH {', '.join(known)}, found + p AS found,"
            f" CASE WHEN needed AND NOT ({tried}) THEN {length} ELSE gave END AS gave"
        )
    ids = ", ".join(
        f"CASE WHEN {side} IS NULL THEN [{number}, {list_placeholder(end)}] END"
        for number, (side, end) in enumerate(zip("ab", root.ends, strict=True))
    )
    row = Row()
    body = dictionary((part.key, _path_part(writer, root, part, row)) for part in root.parts)
    clauses.append(
        f"WITH [x IN [{ids}] WHERE x IS NOT NULL] AS unknown, gave, found[..{placeholder(root.size)}] AS found"
    )
    listed = f"COLLECT {{ UNWIND range(0, size(found) - 1) AS i WITH i, found[i][0] AS ns, found[i][1] AS rs ORDER BY i RETURN {row.text} }}"
    name = writer.call(" ".join(clauses), f"[unknown, gave, {listed}]")
    shape = writer.source.function(
        "if c[0]:",
        "    return unknown(c[0])",
        "if c[1] and not c[2]:",
        "    return PathLimitReached(c[1])",
        f"return [{body} for r in c[2]]",
    )
    return f"head({name})", shape


def _ends(root: Paths) -> str:
    one, other = (f"head(COLLECT {{ MATCH (e:Entity {{id: {list_placeholder(end)}}}) RETURN e }})" for end in root.ends)
    return (
        f"WITH {one} AS a, {other} AS b"
        f" WITH a, b, {claim_count('a')} AS w1a, {claim_count('b')} AS w1b, [] AS found, 0 AS gave"
    )


def _walkable(side: str, steps: int) -> str:
    return f"w{steps}{side} <= {MAX_CLAIMS_PER_STEP}"


def _hop(root: Paths, edge: str) -> str:
    return f"-[{edge}:{'|'.join(relationship(relation) for relation in root.relations)}]-"


def _chain(root: Paths, steps: int) -> str:
    """The MATCH of chains of so many steps from `s`, which pass neither it nor `e`."""
    traversal = "".join(f"{_hop(root, f'r{item}')}(n{item})" for item in range(1, steps + 1))
    nodes = ["s", "e", *(f"n{item}" for item in range(1, steps + 1))]
    apart = [f"{node} <> {before}" for place, node in enumerate(nodes) if place > 1 for before in nodes[:place]]
    return f"MATCH (s){traversal} WHERE {' AND '.join(apart)}"


def _work(root: Paths, known: list[str], steps: int) -> str:
    """How many claims a step more from each end follows."""
    told = ", ".join(
        f"CASE WHEN {_walkable(side, steps - 1)} THEN s{side} ELSE {MAX_CLAIMS_PER_STEP + 1} END AS w{steps}{side}"
        for side in "ab"
    )
    return (
        f"CALL ({', '.join(known)}, needed) {{ UNWIND [[a, b, w{steps - 1}a], [b, a, w{steps - 1}b]] AS way"
        f" WITH way[0] AS s, way[1] AS e, way[2] AS work WHERE needed AND work <= {MAX_CLAIMS_PER_STEP}"
        f" {_chain(root, steps - 1)} WITH s = a AS mine, {claim_count(f'n{steps - 1}')} AS work"
        f" RETURN sum(CASE WHEN mine THEN work ELSE 0 END) AS sa, sum(CASE WHEN mine THEN 0 ELSE work END) AS sb }}"
        f" WITH {', '.join(known)}, found, gave, needed, {told}"
    )


def _closed(root: Paths, known: list[str], length: int) -> tuple[str, str]:
    """Chains from the end that has less to follow, with a last claim to the other; and whether they were looked for."""
    steps = length - 1
    nodes = ["s", *(f"n{item}" for item in range(1, length)), "e"]
    edges = [*(f"r{item}" for item in range(1, length)), "r"]
    last = f"MATCH ({nodes[-2]}){_hop(root, 'r')}(e)"
    best = f"ORDER BY {_BEST} LIMIT {placeholder(root.size)} RETURN collect([ns, rs]) AS p"
    if not steps:
        found = f"WITH a AS s, b AS e WHERE needed {last} WITH [s, e] AS ns, [r] AS rs {best}"
        return f"CALL (a, b, needed) {{ {found} }}", "true"
    less = f"w{steps}b < w{steps}a"
    tried = " OR ".join(_walkable(side, steps) for side in "ab")
    ends = f"CASE WHEN {less} THEN b ELSE a END AS s, CASE WHEN {less} THEN a ELSE b END AS e"
    forth = ", ".join(
        f"CASE WHEN {less} THEN [{', '.join(reversed(items))}] ELSE [{', '.join(items)}] END AS {name}"
        for name, items in (("ns", nodes), ("rs", edges))
    )
    found = (
        f"CALL ({', '.join(known)}, needed) {{ WITH {ends} WHERE needed AND ({tried}) {_chain(root, steps)}"
        f" WITH {', '.join([*nodes, *edges[:-1]])} {last} WITH {forth} {best} }}"
    )
    return found, tried


def _met(root: Paths, known: list[str], length: int) -> tuple[str, str]:
    """Chains from both ends that meet, their halves gathered by the node where they do; and whether they were looked for."""
    more, odd = (length + 1) // 2, length % 2
    ways = {way: _way(*way) for way in split_length(length)}
    tried = " OR ".join(ways.values())
    both = ("[a, b]", "[b, a]")
    if odd:  # the end that has less to follow takes the one more
        less = f"w{more}b < w{more}a"
        begun = {
            more: f"[CASE WHEN {less} THEN {both[1]} ELSE {both[0]} END]",
            more - 1: f"[CASE WHEN {less} THEN {both[0]} ELSE {both[1]} END]",
        }
    else:
        begun = {more: f"[{', '.join(both)}]"}
    branches: list[str] = []
    for steps, ends in begun.items():
        nodes, edges = (", ".join(f"{letter}{item}" for item in range(1, steps + 1)) for letter in "nr")
        branches.append(
            f"UNWIND {ends} AS way WITH way[0] AS s, way[1] AS e WHERE needed AND ({tried}) {_chain(root, steps)}"
            f" RETURN n{steps} AS m, s = a AS mine, [[s, {nodes}], [{edges}]] AS half"
        )
    passed = f"CALL ({', '.join(known)}, needed)"
    met = (
        f"{passed} {{ {passed} {{ {' UNION ALL '.join(branches)} }}"
        " WITH m, collect(CASE WHEN mine THEN half END) AS as, collect(CASE WHEN NOT mine THEN half END) AS bs"
        " WHERE size(as) > 0 AND size(bs) > 0"
        " RETURN collect([as, bs]) AS meetings, sum(size(as) * size(bs)) AS many }"
        f" CALL (meetings, many) {{ UNWIND CASE WHEN many <= {MAX_CHAIN_PAIRS} THEN meetings ELSE [] END AS meeting"
        " UNWIND meeting[0] AS x UNWIND meeting[1] AS y WITH x, y"
        " WHERE none(n IN x[0][1..-1] WHERE n IN y[0][1..-1])"
        " WITH x[0] + reverse(y[0])[1..] AS ns, x[1] + reverse(y[1]) AS rs"
        f" ORDER BY {_BEST} LIMIT {placeholder(root.size)} RETURN collect([ns, rs]) AS p }}"
    )
    return met, f"({tried}) AND many <= {MAX_CHAIN_PAIRS}"


def _way(mine: int, theirs: int) -> str:
    """When so many steps from `a` and from `b` are taken: the end that has less to follow takes the one more."""
    walkable = f"{_walkable('a', mine)} AND {_walkable('b', theirs)}"
    if mine == theirs:
        return walkable
    return f"{f'w{mine}a <= w{mine}b' if mine > theirs else f'w{theirs}b < w{theirs}a'} AND {walkable}"


# ----------------------------------------------------------------------------------------------------------- the values


def _path_part(writer: Writer, root: Paths, part: Typename | PathField | Steps, row: Row) -> str:
    """The Python that shapes a part of a path from its row `r`."""
    match part:
        case Typename(name=name):
            return repr(name)
        case PathField(name="length"):
            return row.place("size(rs)")
        case PathField(name="confidence"):
            product = row.place("reduce(p = 1, r IN rs | p * r.confidence)")
            return f"(2 * {product} // 1000 ** ({row.place('size(rs)')} - 1) + 1) // 2 / 1000"
        case PathField():
            says = {_type(relation): (relation.verb, relation.passive) for relation in root.relations}
            steps = row.place(
                "[j IN range(0, size(rs) - 1) | [ns[j].name, ns[j + 1].name, startNode(rs[j]) = ns[j], type(rs[j])]]"
            )
            return f"sentence((x[0], x[1], x[2], {says!r}[x[3]]) for x in {steps})"
        case Steps(parts=parts):
            own = Row()
            body = dictionary((item.key, _step_part(writer, item, own)) for item in parts)
            text = (
                f"COLLECT {{ UNWIND range(0, size(rs) - 1) AS j WITH j, ns[j] AS f, ns[j + 1] AS t, rs[j] AS r"
                f" MATCH (c:Claim {{key: r.claim}}) WITH j, f, t, c ORDER BY j RETURN {own.text} }}"
            )
            return f"{writer.source.function(f'return [{body} for r in c]')}({row.place(text)}, v)"


def _type(relation: Relation) -> str:
    """What `type()` says of the relationship."""
    return relationship(relation).strip("`")


def _step_part(writer: Writer, part: StepPart, row: Row) -> str:
    match part:
        case Typename(name=name):
            return repr(name)
        case StepRelation():
            return row.place("c.relation")
        case StepEnd(name=name, branches=branches):
            value, shape = writer.branches(branches, "f" if name == "from" else "t")
            return f"{shape}({row.place(value)}, v)"
        case ClaimNode(parts=parts):
            return writer.claim(parts or (), "c", row)
