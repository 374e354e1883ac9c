"""Decide where the rows of a list are looked up, and cut their page.

A list starts at an index, at the ends that its filter names, or along an index in the list's own order:

    name starts with    the name's index, and the aliases' index: the page of the union is that of the two pages
    has feature F and   from the end with fewer edges, the other one tested; or, when both have so many that the page is
    suits application A soon full, along the index of the order, both tested
    a hub's page        the same choice, for the one end that is there already

What is cheapest depends on the values, so the statement itself compares degrees, which cost nothing to read. Walking
along n nodes in order finds a page of k among those with d edges after k * n / d steps; expanding takes d steps.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from service.plan import (
    And,
    ByProperty,
    HasRelated,
    NameMatches,
    Or,
    Order,
    Page,
    Predicate,
    PropertyMatches,
    Traversal,
    conjuncts,
)
from service.plan.parameters import ParameterIndex
from service.stores.neo4j.layout import alias_label, claim_key, label
from service.stores.neo4j.predicates import (
    Variables,
    bare_stances,
    clause,
    compared,
    conditions,
    hop_conditions,
    needs_edge,
    pattern,
    placeholder,
    slug_compared,
    sorting,
)

_MOST_WAYS = 8
_MOST_ENDS = 3
_STEP_COSTS = 2
"""How much dearer a step along an index is, with its test, than one that expands; both measured."""


@dataclass(frozen=True, slots=True)
class AccessPath:
    """Patterns that find rows, and what must hold of them; `repeats`: the same row may be found more than once.

    `start` is a clause that comes before the patterns.
    """

    patterns: tuple[str, ...]
    conditions: tuple[str, ...] = ()
    repeats: bool = False
    start: str = ""

    def with_(self, more: Iterable[str]) -> AccessPath:
        return AccessPath(self.patterns, (*self.conditions, *more), self.repeats, self.start)

    def __str__(self) -> str:
        # a MATCH each: within one, no two edges may be the same
        return f"{self.start}{' '.join(f'MATCH {item}' for item in self.patterns)}{clause(self.conditions)}"


@dataclass(frozen=True, slots=True)
class End:
    """A node that rows are linked with: what finds it (nothing when it is there already), its degree, the way from it."""

    found: str
    node: str
    degree: str
    way: AccessPath


@dataclass(frozen=True, slots=True)
class RowSource:
    """Where the rows of a list come from, and their total order.

    `node` is the variable of a row's entity or claim, `edge` that of the relationship that led there. `order` holds
    expressions and whether they fall, `same` what is alike in all rows and comes before it in an index. The union of the `ways` is the list. Where there are `ends`, the way of each
    finds all of it as well, and so does `along`, the way along the order's index, if there is one. `count` is the
    pattern of a bare count, `base` what must hold whatever the filter is, `kind` that of the entities, `words` the slot
    of the words that were searched for, `cursor` the expression of a cursor where that is not the keyset.
    """

    ways: tuple[AccessPath, ...]
    node: str
    order: tuple[tuple[str, bool], ...]
    same: tuple[str, ...] = ()
    edge: str = ""
    traversal: Traversal | None = None
    count: str | None = None
    kind: str = ""
    base: tuple[str, ...] = ()
    ends: tuple[End, ...] = ()
    along: AccessPath | None = None
    words: ParameterIndex | None = None
    cursor: str = ""


# ---------------------------------------------------------------------------------------------------------------- lists


def listing(kind: str, where: Predicate | None, order: tuple[Order, ...], variables: Variables) -> RowSource:
    """The rows of a root list."""
    node = variables.new("t")
    terms = sorting(order, node, "")
    ends, along = _ends(kind, where, node, variables)
    return RowSource(
        ways=_ways(kind, where, node, variables),
        node=node,
        order=terms,
        count=f"(:{label(kind)})" if where is None else None,
        kind=kind,
        ends=ends,
        along=along if _is_indexed(order) else None,
    )


def walk(
    near: str, traversal: Traversal, where: Predicate | None, order: tuple[Order, ...], variables: Variables
) -> RowSource:
    """The rows that hops lead to from a node."""
    edge, node, kind = variables.new("r"), variables.new("t"), traversal.edge.target
    bare = where is None and not needs_edge(traversal)
    base = hop_conditions(traversal, edge)
    way = AccessPath(
        (pattern(traversal, near, edge, node),), (*base, *conditions(conjuncts(where), node, kind, variables))
    )
    # a subject is said a few things of, an object can be said of everything
    hub = bare and traversal.edge.reverse and _is_indexed(order)
    return RowSource(
        ways=(way,),
        node=node,
        order=sorting(order, node, edge),
        edge=edge,
        traversal=traversal,
        count=pattern(traversal, near, "", "") if bare else None,
        kind=kind,
        base=base,
        ends=(End("", near, f"COUNT {{ {pattern(traversal, near, '', '')} }}", way),) if hub else (),
        along=AccessPath((f"({node}:{label(kind)})",), (_is_claimed(traversal, node, near, variables),))
        if hub
        else None,
    )


def _is_claimed(traversal: Traversal, subject: str, object_: str, variables: Variables) -> str:
    """Whether a bare hop leads from one node to another: one seek, where the edges of a node are all read for one."""
    claim = variables.new("c")
    told = f"({claim}:Claim {{key: {claim_key(traversal.edge.relation, f'{subject}.slug', f'{object_}.slug')}}})"
    return f"EXISTS {{ MATCH {told}{clause(bare_stances(traversal, claim))} }}"


def found(rows: RowSource, where: Predicate | None, variables: Variables) -> str:
    """The clauses that find all rows of a list, were its filter this one; each once, unless it is walked to."""
    if rows.edge:
        asked = conditions(conjuncts(where), rows.node, rows.kind, variables)
        return str(AccessPath(rows.ways[0].patterns, (*rows.base, *asked)))
    return _all(rows.node, _ways(rows.kind, where, rows.node, variables))


def count(rows: RowSource) -> str:
    """How many rows there are."""
    if rows.count is not None:
        return f"COUNT {{ {rows.count} }}"
    if not rows.ends or rows.edge:
        return f"COUNT {{ {_all(rows.node, rows.ways)} RETURN {rows.node} }}"
    cases = _by_degree([(end.degree, f"COUNT {{ {end.way} }}") for end in rows.ends])
    return f"coalesce(head(COLLECT {{ {' '.join(end.found for end in rows.ends)} RETURN {cases} }}), 0)"


def has(rows: RowSource, condition: str) -> str:
    """Whether there is a row of which this holds."""
    return " OR ".join(f"EXISTS {{ {way.with_((condition,))} }}" for way in rows.ways)


# ---------------------------------------------------------------------------------------------------------------- pages


def cut(rows: RowSource, page: Page, *, more: bool, edge: bool) -> str:
    """The clauses that leave the rows of a page, in order; `more`: and one row behind it; `edge`: with their edges."""
    limit = f"{placeholder(page.size)}{' + 1' if more else ''}"
    order = tuple((term, falls != page.backwards) for term, falls in rows.order)
    bounds = [
        beyond(rows, bound, behind=behind)
        for bound, behind in ((page.after, True), (page.before, False))
        if bound is not None
    ]
    # the order of an index serves only where a predicate proves that the property is there
    held = [f"{term} IS NOT NULL" for term, _ in order if term.startswith(f"{rows.node}.")]

    by = _terms([*((term, page.backwards) for term in rows.same), *order])

    def best(way: AccessPath, kept: str) -> str:
        own = any(item.startswith(f"({rows.node}:") for item in way.patterns[:1])
        proven = [item for item in held if own and item not in way.conditions]
        narrowed = way.with_([*bounds, *proven])
        return f"{narrowed} WITH {'DISTINCT ' if way.repeats else ''}{kept} ORDER BY {by} LIMIT {limit}"

    if not rows.ends:
        if len(rows.ways) == 1:
            return best(rows.ways[0], f"{rows.node}, {rows.edge}" if edge else rows.node)
        sorted_by = ", ".join(f"{term} AS o{index}" for index, (term, _) in enumerate(order))
        branches = " UNION ".join(f"{best(way, rows.node)} RETURN {rows.node}, {sorted_by}" for way in rows.ways)
        again = _terms([(f"o{index}", falls) for index, (_, falls) in enumerate(order)])
        return f"CALL () {{ {branches} }} WITH {rows.node} ORDER BY {again} LIMIT {limit}"

    kept, returned = (f"{rows.node}, {rows.edge}", rows.edge) if edge else (rows.node, rows.node)
    choices = [(end.degree, f"COLLECT {{ {best(end.way, kept)} RETURN {returned} }}") for end in rows.ends]
    chosen = _by_degree(choices)
    if rows.along is not None:
        again = f"head(COLLECT {{ {rows.ways[0]} RETURN {rows.edge} }})" if edge else rows.node
        along = f"COLLECT {{ {best(rows.along, rows.node)} RETURN {again} }}"
        chosen = f"CASE WHEN {_is_dense(rows, limit)} THEN {along} ELSE {chosen} END"
    start = " ".join(end.found for end in rows.ends if end.found)
    if not edge:
        return f"{start} UNWIND {chosen} AS {rows.node}".lstrip()
    far = "startNode" if rows.traversal and rows.traversal.edge.reverse else "endNode"
    return f"UNWIND {chosen} AS {rows.edge} WITH {rows.edge}, {far}({rows.edge}) AS {rows.node}"


def beyond(rows: RowSource, bound: Sequence[ParameterIndex], *, behind: bool) -> str:
    """Whether a row comes strictly behind (or before) a cursor, in the list's own order."""
    text = ""
    for (term, falls), number in reversed(list(zip(rows.order, bound, strict=True))):
        sign = ">" if falls != behind else "<"
        step = f"{term} {sign} {placeholder(number)}"
        # the first bound alone narrows the index, the rest decides among equals
        text = f"({term} {sign}= {placeholder(number)} AND ({step} OR {text}))" if text else step
    return text


def _terms(order: Iterable[tuple[str, bool]]) -> str:
    return ", ".join(f"{term}{' DESC' if falls else ''}" for term, falls in order)


def _all(node: str, ways: tuple[AccessPath, ...]) -> str:
    if len(ways) == 1:
        return f"{ways[0]} WITH DISTINCT {node}" if ways[0].repeats else str(ways[0])
    return f"CALL () {{ {' UNION '.join(f'{way} RETURN {node}' for way in ways)} }}"


def _by_degree(choices: Sequence[tuple[str, str]]) -> str:
    """The choice with the least degree."""
    *others, (_, last) = choices
    cases = ""
    for index, (degree, text) in enumerate(others):
        cases += f" WHEN {' AND '.join(f'{degree} <= {other}' for other, _ in choices[index + 1 :])} THEN {text}"
    return f"CASE{cases} ELSE {last} END" if cases else last


def _is_dense(rows: RowSource, limit: str) -> str:
    """Whether a page of rows fills sooner along the index than from the end with the least degree."""
    nodes, degrees = f"COUNT {{ (:{label(rows.kind)}) }}", [end.degree for end in rows.ends]
    least = _by_degree([(degree, degree) for degree in degrees])
    return f"1.0 * {' * '.join([least, *degrees])} > {_STEP_COSTS} * ({limit}) * {nodes} ^ {len(degrees)}"


# ----------------------------------------------------------------------------------------------------------------- ways


def _ways(kind: str, where: Predicate | None, node: str, variables: Variables) -> tuple[AccessPath, ...]:
    """The ways to find the nodes of a kind of which a predicate holds."""
    parts = conjuncts(where)
    return _indexed(parts, node, kind, variables) or (
        AccessPath((f"({node}:{label(kind)})",), conditions(parts, node, kind, variables)),
    )


def _indexed(parts: tuple[Predicate, ...], node: str, kind: str, variables: Variables) -> tuple[AccessPath, ...]:
    """The ways by an index to nodes of which all of this holds; none where no part is served by one."""
    for part in sorted(parts, key=_rank):
        if ways := _served(part, node, kind, variables):
            rest = conditions((other for other in parts if other is not part), node, kind, variables)
            return tuple(way.with_(rest) for way in ways)
    return ()


def _rank(part: Predicate) -> int:
    """The parts that leave fewer rows come first, as far as one can tell."""
    match part:
        case PropertyMatches():
            return 0
        case NameMatches("eq" | "in" | "startsWith"):
            return 1
        case HasRelated():
            return 2
        case NameMatches():
            return 3
        case _:
            return 4


def _served(part: Predicate, node: str, kind: str, variables: Variables) -> tuple[AccessPath, ...]:
    match part:
        case PropertyMatches(prop, "eq" | "in" as operator, number) if prop.name == "slug":
            return (AccessPath((f"({node}:{label(kind)})",), (slug_compared(node, operator, number),)),)
        case NameMatches(operator, number):
            alias = variables.new("n")
            own = AccessPath((f"({node}:{label(kind)})",), (compared(f"{node}.name_key", operator, number),))
            named = f"({alias}:{alias_label(kind)})-[:NAMES]->({node})"
            return own, AccessPath((named,), (compared(f"{alias}.key", operator, number),), repeats=operator != "eq")
        case HasRelated(traversal, where) if where is not None:
            far, edge = variables.new("x"), variables.new("r")
            hop, asked = pattern(traversal, node, edge, far), hop_conditions(traversal, edge)
            ends = _indexed(conjuncts(where), far, traversal.edge.target, variables)
            return tuple(AccessPath((*end.patterns, hop), (*end.conditions, *asked), repeats=True) for end in ends)
        case And(parts):
            return _indexed(parts, node, kind, variables)
        case Or(parts):
            each = [_served(one, node, kind, variables) for one in parts]
            ways = tuple(way for found_ in each for way in found_)
            return ways if all(each) and len(ways) <= _MOST_WAYS else ()
        case _:
            return ()


# ----------------------------------------------------------------------------------------------------------------- ends


def _ends(
    kind: str, where: Predicate | None, node: str, variables: Variables
) -> tuple[tuple[End, ...], AccessPath | None]:
    """The ends that a filter names by their slugs, and the way along an index that tests them."""
    parts = conjuncts(where)
    named = [part for part in parts if isinstance(part, HasRelated) and _is_one(part.where)][:_MOST_ENDS]
    if not named or any(_rank(part) < _rank(named[0]) and _served(part, node, kind, variables) for part in parts):
        return (), None
    rest = conditions((part for part in parts if part not in named), node, kind, variables)
    far = [variables.new("x") for _ in named]
    edges = [variables.new("r") for _ in named]
    links = [
        AccessPath((pattern(part.traversal, node, *ends),), hop_conditions(part.traversal, ends[0]))
        for part, *ends in zip(named, edges, far, strict=True)
    ]
    tests = [f"EXISTS {{ {link} }}" for link in links]
    ends = tuple(
        End(
            found=_match(part, variable, variables),
            node=variable,
            degree=f"COUNT {{ {pattern(part.traversal, '', '', variable)} }}",
            way=link.with_([*(test for test in tests if test is not own), *rest]),
        )
        for part, variable, link, own in zip(named, far, links, tests, strict=True)
    )
    # what else is asked may hold of few, and then a walk is long
    few = bool(rest) or any(needs_edge(part.traversal) for part in named)
    return ends, None if few else AccessPath((f"({node}:{label(kind)})",), tuple(tests))


def _match(part: HasRelated, far: str, variables: Variables) -> str:
    kind = part.traversal.edge.target
    return str(AccessPath((f"({far}:{label(kind)})",), conditions(conjuncts(part.where), far, kind, variables)))


def _is_one(where: Predicate | None) -> bool:
    """Whether a filter names one node by its slug."""
    return any(
        isinstance(part, PropertyMatches) and (part.property.name, part.operator) == ("slug", "eq")
        for part in conjuncts(where)
    )


def _is_indexed(order: tuple[Order, ...]) -> bool:
    """Whether an index has this order: that of names, then slugs, or that of slugs."""
    names = [term.property.name for term in order if isinstance(term, ByProperty)]
    return len(names) == len(order) and names in (["name", "slug"], ["slug"])
