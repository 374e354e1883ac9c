"""A search for the best chains of claims between two entities, in Cypher.

A chain is a list of nodes and a list of relationships. The statement searches one length after the other. Its variables:

    a, b          the two ends
    w1a, w2a ...  the number of claims that the next step from an end follows; a step beyond the limit is not taken
    found         the chains found, shortest first
    gave          the length at which the search was given up, or 0
    needed        whether more chains are needed, and this length is requested

Chains of up to three claims start at the end with fewer claims to follow, and are closed by a claim to the other end.
Longer chains start at both ends and meet in the middle. The confidence of a chain is a product of thousandths, so it is
an exact integer.

The time that Neo4j takes to plan a statement grows with its number of clauses, so clauses are shared by both ends.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from schema import Relation
from service.plan import ClaimNode, PathField, Paths, StepEnd, StepPart, StepRelation, Steps, Typename
from service.stores.neo4j.expressions import claim_count, list_placeholder, placeholder
from service.stores.neo4j.layout import relationship
from service.stores.neo4j.row import Row
from service.stores.neo4j.shaper import Shaped, dict_source
from service.stores.ranking import MAX_CHAIN_PAIRS, MAX_CLAIMS_PER_STEP, MAX_CLOSED_LENGTH, split_length

if TYPE_CHECKING:
    from service.stores.neo4j.statement import Writer

_COUNTED_STEPS = {3: 2, 5: 3}
"""By path length: the step from each end whose claims are counted before the search for this length."""
_BEST_FIRST = "reduce(p = 1, r IN rs | p * r.confidence) DESC, [r IN rs | r.claim]"


def paths(writer: Writer, root: Paths) -> Shaped:
    """Return the value `[unknown IDs, length at which the search was given up, paths]`."""
    clauses = [_ends(root)]
    variables = ["a", "b", "w1a", "w1b"]
    for length in range(1, root.length_limit + 1):
        clauses.append(
            f"WITH {', '.join(variables)}, found, gave, a <> b AND gave = 0 AND {placeholder(root.max_length)} >= {length}"
            f" AND size(found) < {placeholder(root.size)} AS needed"
        )
        if steps := _COUNTED_STEPS.get(length):
            clauses.append(_count_claims(root, variables, steps))
            variables += [f"w{steps}a", f"w{steps}b"]
        search = _search_closed if length <= MAX_CLOSED_LENGTH else _search_meeting
        chains, is_searched = search(root, variables, length)
        clauses.append(
            f"{chains} WITH {', '.join(variables)}, found + p AS found,"
            f" CASE WHEN needed AND NOT ({is_searched}) THEN {length} ELSE gave END AS gave"
        )
    ids = ", ".join(
        f"CASE WHEN {side} IS NULL THEN [{number}, {list_placeholder(end)}] END"
        for number, (side, end) in enumerate(zip("ab", root.ends, strict=True))
    )
    row = Row()
    members = dict_source((part.key, _path_part(writer, root, part, row)) for part in root.parts)
    clauses.append(
        f"WITH [x IN [{ids}] WHERE x IS NOT NULL] AS unknown, gave, found[..{placeholder(root.size)}] AS found"
    )
    path_rows = (
        "COLLECT { UNWIND range(0, size(found) - 1) AS i WITH i, found[i][0] AS ns, found[i][1] AS rs ORDER BY i"
        f" RETURN {row.text} }}"
    )
    name = writer.call(" ".join(clauses), f"[unknown, gave, {path_rows}]")
    shape = writer.shaper.function(
        "if c[0]:",
        "    return unknown_references(c[0])",
        "if c[1] and not c[2]:",
        "    return PathLimitReached(c[1])",
        f"return [{members} for r in c[2]]",
    )
    return f"head({name})", shape


def _ends(root: Paths) -> str:
    a, b = (f"head(COLLECT {{ MATCH (e:Entity {{id: {list_placeholder(end)}}}) RETURN e }})" for end in root.ends)
    return (
        f"WITH {a} AS a, {b} AS b"
        f" WITH a, b, {claim_count('a')} AS w1a, {claim_count('b')} AS w1b, [] AS found, 0 AS gave"
    )


def _is_followed(side: str, steps: int) -> str:
    """Return whether a step from an end is within the limit of claims."""
    return f"w{steps}{side} <= {MAX_CLAIMS_PER_STEP}"


def _hop(root: Paths, edge: str) -> str:
    """Return the pattern of a relationship of any relation, in either direction."""
    return f"-[{edge}:{'|'.join(relationship(relation) for relation in root.relations)}]-"


def _chain(root: Paths, steps: int) -> str:
    """Return the MATCH of the chains of a number of steps from `s`, without repeated nodes and without `e`."""
    hops = "".join(f"{_hop(root, f'r{item}')}(n{item})" for item in range(1, steps + 1))
    nodes = ["s", "e", *(f"n{item}" for item in range(1, steps + 1))]
    distinct = [f"{node} <> {other}" for index, node in enumerate(nodes) if index > 1 for other in nodes[:index]]
    return f"MATCH (s){hops} WHERE {' AND '.join(distinct)}"


def _count_claims(root: Paths, variables: list[str], steps: int) -> str:
    """Return the clauses that count the claims that a step from each end follows."""
    counts = ", ".join(
        f"CASE WHEN {_is_followed(side, steps - 1)} THEN s{side} ELSE {MAX_CLAIMS_PER_STEP + 1} END AS w{steps}{side}"
        for side in "ab"
    )
    return (
        f"CALL ({', '.join(variables)}, needed) {{ UNWIND [[a, b, w{steps - 1}a], [b, a, w{steps - 1}b]] AS way"
        f" WITH way[0] AS s, way[1] AS e, way[2] AS work WHERE needed AND work <= {MAX_CLAIMS_PER_STEP}"
        f" {_chain(root, steps - 1)} WITH s = a AS mine, {claim_count(f'n{steps - 1}')} AS work"
        f" RETURN sum(CASE WHEN mine THEN work ELSE 0 END) AS sa, sum(CASE WHEN mine THEN 0 ELSE work END) AS sb }}"
        f" WITH {', '.join(variables)}, found, gave, needed, {counts}"
    )


def _search_closed(root: Paths, variables: list[str], length: int) -> tuple[str, str]:
    """Return the clause that finds chains from the cheaper end, closed by a claim to the other end, and whether it does."""
    steps = length - 1
    nodes = ["s", *(f"n{item}" for item in range(1, length)), "e"]
    edges = [*(f"r{item}" for item in range(1, length)), "r"]
    last = f"MATCH ({nodes[-2]}){_hop(root, 'r')}(e)"
    best_chains = f"ORDER BY {_BEST_FIRST} LIMIT {placeholder(root.size)} RETURN collect([ns, rs]) AS p"
    if not steps:
        chains = f"WITH a AS s, b AS e WHERE needed {last} WITH [s, e] AS ns, [r] AS rs {best_chains}"
        return f"CALL (a, b, needed) {{ {chains} }}", "true"
    from_b = f"w{steps}b < w{steps}a"
    is_searched = " OR ".join(_is_followed(side, steps) for side in "ab")
    ends = f"CASE WHEN {from_b} THEN b ELSE a END AS s, CASE WHEN {from_b} THEN a ELSE b END AS e"
    from_a_to_b = ", ".join(
        f"CASE WHEN {from_b} THEN [{', '.join(reversed(items))}] ELSE [{', '.join(items)}] END AS {name}"
        for name, items in (("ns", nodes), ("rs", edges))
    )
    chains = (
        f"CALL ({', '.join(variables)}, needed) {{ WITH {ends} WHERE needed AND ({is_searched}) {_chain(root, steps)}"
        f" WITH {', '.join([*nodes, *edges[:-1]])} {last} WITH {from_a_to_b} {best_chains} }}"
    )
    return chains, is_searched


def _search_meeting(root: Paths, variables: list[str], length: int) -> tuple[str, str]:
    """Return the clauses that find chains from both ends which meet, grouped by the last node, and whether they do."""
    max_steps, is_odd = (length + 1) // 2, length % 2
    is_searched = " OR ".join(_is_split_used(*steps) for steps in split_length(length))
    from_a, from_b = "[a, b]", "[b, a]"
    if is_odd:  # the cheaper end takes one step more
        is_b_cheaper = f"w{max_steps}b < w{max_steps}a"
        ends_by_steps = {
            max_steps: f"[CASE WHEN {is_b_cheaper} THEN {from_b} ELSE {from_a} END]",
            max_steps - 1: f"[CASE WHEN {is_b_cheaper} THEN {from_a} ELSE {from_b} END]",
        }
    else:
        ends_by_steps = {max_steps: f"[{from_a}, {from_b}]"}
    branches: list[str] = []
    for steps, ends in ends_by_steps.items():
        nodes, edges = (", ".join(f"{letter}{item}" for item in range(1, steps + 1)) for letter in "nr")
        branches.append(
            f"UNWIND {ends} AS way WITH way[0] AS s, way[1] AS e WHERE needed AND ({is_searched}) {_chain(root, steps)}"
            f" RETURN n{steps} AS m, s = a AS mine, [[s, {nodes}], [{edges}]] AS half"
        )
    call = f"CALL ({', '.join(variables)}, needed)"
    chains = (
        f"{call} {{ {call} {{ {' UNION ALL '.join(branches)} }}"
        " WITH m, collect(CASE WHEN mine THEN half END) AS as, collect(CASE WHEN NOT mine THEN half END) AS bs"
        " WHERE size(as) > 0 AND size(bs) > 0"
        " RETURN collect([as, bs]) AS meetings, sum(size(as) * size(bs)) AS many }"
        f" CALL (meetings, many) {{ UNWIND CASE WHEN many <= {MAX_CHAIN_PAIRS} THEN meetings ELSE [] END AS meeting"
        " UNWIND meeting[0] AS x UNWIND meeting[1] AS y WITH x, y"
        " WHERE none(n IN x[0][1..-1] WHERE n IN y[0][1..-1])"
        " WITH x[0] + reverse(y[0])[1..] AS ns, x[1] + reverse(y[1]) AS rs"
        f" ORDER BY {_BEST_FIRST} LIMIT {placeholder(root.size)} RETURN collect([ns, rs]) AS p }}"
    )
    return chains, f"({is_searched}) AND many <= {MAX_CHAIN_PAIRS}"


def _is_split_used(a_steps: int, b_steps: int) -> str:
    """Return whether chains of these numbers of steps from `a` and `b` are used; the cheaper end takes one step more."""
    are_followed = f"{_is_followed('a', a_steps)} AND {_is_followed('b', b_steps)}"
    if a_steps == b_steps:
        return are_followed
    is_cheaper = f"w{a_steps}a <= w{a_steps}b" if a_steps > b_steps else f"w{b_steps}b < w{b_steps}a"
    return f"{is_cheaper} AND {are_followed}"


# ----------------------------------------------------------------------------------------------------------- the values


def _path_part(writer: Writer, root: Paths, part: Typename | PathField | Steps, row: Row) -> str:
    """Return the code that shapes a part of a path from its row `r`."""
    match part:
        case Typename(name=name):
            return repr(name)
        case PathField(name="length"):
            return row.item("size(rs)")
        case PathField(name="confidence"):
            product = row.item("reduce(p = 1, r IN rs | p * r.confidence)")
            return f"(2 * {product} // 1000 ** ({row.item('size(rs)')} - 1) + 1) // 2 / 1000"
        case PathField():
            phrases = {_type(relation): (relation.verb, relation.passive) for relation in root.relations}
            steps = row.item(
                "[j IN range(0, size(rs) - 1) | [ns[j].name, ns[j + 1].name, startNode(rs[j]) = ns[j], type(rs[j])]]"
            )
            return f"sentence((x[0], x[1], x[2], {phrases!r}[x[3]]) for x in {steps})"
        case Steps(parts=parts):
            step_row = Row()
            members = dict_source((item.key, _step_part(writer, item, step_row)) for item in parts)
            text = (
                f"COLLECT {{ UNWIND range(0, size(rs) - 1) AS j WITH j, ns[j] AS f, ns[j + 1] AS t, rs[j] AS r"
                f" MATCH (c:Claim {{key: r.claim}}) WITH j, f, t, c ORDER BY j RETURN {step_row.text} }}"
            )
            return f"{writer.shaper.function(f'return [{members} for r in c]')}({row.item(text)}, v)"


def _type(relation: Relation) -> str:
    """Return the value of `type()` for a relationship of the relation."""
    return relationship(relation).strip("`")


def _step_part(writer: Writer, part: StepPart, row: Row) -> str:
    match part:
        case Typename(name=name):
            return repr(name)
        case StepRelation():
            return row.item("c.relation")
        case StepEnd(name=name, branches=branches):
            value, shape = writer.branches(branches, "f" if name == "from" else "t")
            return f"{shape}({row.item(value)}, v)"
        case ClaimNode(parts=parts):
            return writer.claim(parts or (), "c", row)
