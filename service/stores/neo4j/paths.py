"""The best chains of claims between two things, in Cypher.

Chains are lists of nodes and relationships. Each length is a subquery that does nothing unless it is needed:

    w1a, w2a ...  how many claims the next step from an end follows; beyond a bound it is not taken
    p1            the claims between the ends
    p2, p3        chains of one (two) steps from the end that has less to follow, closed by a claim to the other end
    p4 ...        chains from both ends that meet in the middle
    g2 ...        whether chains of that length were wanted, and given up

Longer ones are looked for only while there are too few. A confidence is a product of thousandths, an exact integer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from schema import Relation
from service.plan import ClaimNode, PathFact, Paths, StepEnd, StepPart, StepRelation, Steps, Typename
from service.stores.neo4j.names import relationship
from service.stores.neo4j.predicates import claim_count, slot
from service.stores.neo4j.row import Row, dictionary
from service.stores.ranking import LONGEST_CLOSED, MOST_MEETINGS, MOST_WALKED, halves

if TYPE_CHECKING:
    from service.stores.neo4j.cypher import Writer

_WORK = {3: 2, 5: 3}
"""Before which length it is counted what a step more from each end follows, and which one."""
_BEST = "reduce(p = 1, r IN rs | p * r.confidence) DESC, [r IN rs | r.claim]"


def paths(writer: Writer, root: Paths) -> tuple[str, str]:
    """`[IDs that are not there, the length that was given up, paths]`."""
    types = "|".join(relationship(relation) for relation in root.relations)
    clauses = [_ends(root)]
    known = ["a", "b", "w1a", "w1b"]
    for length in range(1, root.most + 1):
        if steps := _WORK.get(length):
            clauses += [_work(root, types, side, steps, length) for side in "ab"]
            clauses.append(
                f"WITH {', '.join(known)}, "
                + ", ".join(
                    f"CASE WHEN w{steps - 1}{side} <= {MOST_WALKED} THEN s{side} ELSE {MOST_WALKED + 1} END AS w{steps}{side}"
                    for side in "ab"
                )
            )
            known += [f"w{steps}a", f"w{steps}b"]
        found = _closed(root, types, length) if length <= LONGEST_CLOSED else _met(root, types, length)
        clauses.append(f"CALL ({', '.join(known)}) {{ {found} }}")
        known += [f"p{length}", f"g{length}"]
    found = " + ".join(f"p{length}" for length in range(1, root.most + 1))
    gave_up = " ".join(f"WHEN g{length} THEN {length}" for length in range(1, root.most + 1))
    ids = ", ".join(
        f"CASE WHEN {side} IS NULL THEN [{number}, {slot(end)}] END"
        for number, (side, end) in enumerate(zip("ab", root.ends, strict=True))
    )
    row = Row()
    body = dictionary((part.key, _path_part(writer, root, part, row)) for part in root.parts)
    clauses.append(
        f"WITH [x IN [{ids}] WHERE x IS NOT NULL] AS unknown, CASE {gave_up} ELSE 0 END AS gave_up,"
        f" ({found})[..{slot(root.size)}] AS found"
    )
    listed = f"COLLECT {{ UNWIND range(0, size(found) - 1) AS i WITH i, found[i][0] AS ns, found[i][1] AS rs ORDER BY i RETURN {row.text} }}"
    name = writer.call(" ".join(clauses), f"[unknown, gave_up, {listed}]")
    shape = writer.source.function(
        "if c[0]:",
        "    return unknown(c[0])",
        "if c[1] and not c[2]:",
        "    return GaveUp(c[1])",
        f"return [{body} for r in c[2]]",
    )
    return f"head({name})", shape


def _ends(root: Paths) -> str:
    one, other = (f"head(COLLECT {{ MATCH (e:Entity {{id: {slot(end)}}}) RETURN e }})" for end in root.ends)
    return f"WITH {one} AS a, {other} AS b WITH a, b, ({claim_count('a')}) AS w1a, ({claim_count('b')}) AS w1b"


def _needed(root: Paths, length: int) -> str:
    shorter = " + ".join(f"size(p{item})" for item in range(1, length)) or "0"
    # what is longer than a length that was given up would pass for the shortest
    kept = "".join(f" AND NOT g{item}" for item in range(1, length))
    return f"a <> b AND {slot(root.longest)} >= {length} AND {shorter} < {slot(root.size)}{kept}"


def _walkable(side: str, steps: int) -> str:
    return f"w{steps}{side} <= {MOST_WALKED}"


def _less(side: str, other: str, steps: int) -> str:
    """Whether there is less to follow from this end; from `a` where it is as much."""
    return f"w{steps}{side} {'<=' if side == 'a' else '<'} w{steps}{other}"


def _chain(types: str, side: str, steps: int) -> str:
    """The MATCH of chains of so many steps from an end, which pass neither end."""
    hops = "".join(f"-[r{item}:{types}]-(n{item})" for item in range(1, steps + 1))
    apart = [f"n{item} <> {end}" for item in range(1, steps + 1) for end in "ab"]
    apart += [f"n{item} <> n{other}" for item in range(1, steps + 1) for other in range(item + 1, steps + 1)]
    return f"MATCH ({side}){hops} WHERE {' AND '.join(apart)}"


def _work(root: Paths, types: str, side: str, steps: int, length: int) -> str:
    known = [name for name in _known(length) if not name.startswith(f"w{steps}")]
    return (
        f"CALL ({', '.join(known)}) {{ WITH a, b WHERE {_needed(root, length)} AND {_walkable(side, steps - 1)}"
        f" {_chain(types, side, steps - 1)} RETURN coalesce(sum(({claim_count(f'n{steps - 1}')})), 0) AS s{side} }}"
    )


def _closed(root: Paths, types: str, length: int) -> str:
    """Chains from the end that has less to follow, with a last claim to the other."""
    needed, steps = _needed(root, length), length - 1
    branches: list[str] = []
    for side, other in ("ab", "ba") if steps else ("ab",):
        nodes = [side, *(f"n{item}" for item in range(1, length)), other]
        edges = [*(f"r{item}" for item in range(1, length)), "r"]
        guard, chain = "", ""
        if steps:
            guard = f" AND {_less(side, other, steps)} AND {_walkable(side, steps)}"
            kept = ", ".join(["a", "b", *nodes[1:-1], *edges[:-1]])
            chain = f" {_chain(types, side, steps)} WITH {kept}"
        if side == "b":
            nodes, edges = nodes[::-1], edges[::-1]
        last = f"n{steps}" if steps else side
        branches.append(
            f"WITH a, b WHERE {needed}{guard}{chain} MATCH ({last})-[r:{types}]-({other})"
            f" RETURN [{', '.join(nodes)}] AS ns, [{', '.join(edges)}] AS rs"
        )
    tried = " OR ".join(_walkable(side, steps) for side in "ab") if steps else "true"
    known = ", ".join(_known(length))
    return (
        f"CALL ({known}) {{ CALL ({known}) {{ {' UNION ALL '.join(branches)} }}"
        f" WITH ns, rs ORDER BY {_BEST} LIMIT {slot(root.size)} RETURN collect([ns, rs]) AS p{length} }}"
        f" RETURN p{length}, coalesce({needed} AND NOT ({tried}), false) AS g{length}"
    )


def _known(length: int) -> list[str]:
    """The variables that are there when chains of a length are looked for, what their next steps follow among them."""
    works = [1, *(steps for before, steps in _WORK.items() if before <= length)]
    return [
        "a",
        "b",
        *(f"w{item}{side}" for item in works for side in "ab"),
        *(f"{letter}{item}" for item in range(1, length) for letter in "pg"),
    ]


def _met(root: Paths, types: str, length: int) -> str:
    """Chains from both ends that meet: the halves are gathered by the node where they do."""
    needed, known, branches = _needed(root, length), ", ".join(_known(length)), list[str]()
    ways = {way: _way(*way) for way in halves(length)}
    for way, condition in ways.items():
        for side, steps in zip("ab", way, strict=True):
            after = range(1, steps + 1)
            nodes, edges = ", ".join([side, *(f"n{item}" for item in after)]), ", ".join(f"r{item}" for item in after)
            branches.append(
                f"WITH a, b WHERE {needed} AND {condition} {_chain(types, side, steps)}"
                f" RETURN n{steps} AS m, '{side}' AS side, [[{nodes}], [{edges}]] AS half"
            )
    sides = ", ".join(f"collect(CASE side WHEN '{side}' THEN half END) AS {side}s" for side in "ab")
    tried = " OR ".join(ways.values())
    return (
        f"CALL ({known}) {{ CALL ({known}) {{ {' UNION ALL '.join(branches)} }}"
        f" WITH m, {sides} WHERE size(as) > 0 AND size(bs) > 0"
        f" RETURN collect([as, bs]) AS meetings, coalesce(sum(size(as) * size(bs)), 0) AS many }}"
        f" CALL (meetings, many) {{ UNWIND CASE WHEN many <= {MOST_MEETINGS} THEN meetings ELSE [] END AS meeting"
        f" UNWIND meeting[0] AS x UNWIND meeting[1] AS y WITH x, y"
        f" WHERE none(n IN x[0][1..-1] WHERE n IN y[0][1..-1])"
        f" WITH x[0] + reverse(y[0])[1..] AS ns, x[1] + reverse(y[1]) AS rs"
        f" ORDER BY {_BEST} LIMIT {slot(root.size)} RETURN collect([ns, rs]) AS p{length} }}"
        f" RETURN p{length}, coalesce({needed} AND NOT (({tried}) AND many <= {MOST_MEETINGS}), false) AS g{length}"
    )


def _way(mine: int, theirs: int) -> str:
    """When so many steps from `a` and from `b` are taken: the end that has less to follow takes the one more."""
    walkable = f"{_walkable('a', mine)} AND {_walkable('b', theirs)}"
    if mine == theirs:
        return walkable
    return f"{_less('a', 'b', mine) if mine > theirs else _less('b', 'a', theirs)} AND {walkable}"


# ----------------------------------------------------------------------------------------------------------- the values


def _path_part(writer: Writer, root: Paths, part: Typename | PathFact | Steps, row: Row) -> str:
    """The Python that shapes a part of a path from its row `r`."""
    match part:
        case Typename(name=name):
            return repr(name)
        case PathFact(name="length"):
            return row.place("size(rs)")
        case PathFact(name="confidence"):
            product = row.place("reduce(p = 1, r IN rs | p * r.confidence)")
            return f"(2 * {product} // 1000 ** ({row.place('size(rs)')} - 1) + 1) // 2 / 1000"
        case PathFact():
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
