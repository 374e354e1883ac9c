"""Decide how the rows of a list are found.

A list starts at an index, starts at nodes that its filter selects by slug, or follows an index in the order of the list:

- The name starts with a text: at the indexes of names and of aliases. The page is cut from the pages of both.
- Has feature F and suits application A: at the node with fewer relationships, testing the other one. If both have so many
  relationships that a page fills soon, along the index of the order, testing both.
- The relations of a hub: the same choice for one node, which a surrounding clause has found.

The cheapest path depends on the values. So the statement itself compares degrees, which are cheap to read. To find a page
of k rows among n nodes, of which d match, following the index takes k * n / d steps, and expanding the relationships d.
"""

from __future__ import annotations

from service.plan import (
    And,
    ByProperty,
    HasRelated,
    NameMatches,
    Or,
    Order,
    Predicate,
    PropertyMatches,
    Traversal,
    conjuncts,
)
from service.stores.neo4j.expressions import where_clause
from service.stores.neo4j.layout import alias_label, claim_key, label
from service.stores.neo4j.pages import AccessPath, End, RowSource, all_rows
from service.stores.neo4j.predicates import (
    claim_stance_conditions,
    comparison,
    conditions,
    has_hop_conditions,
    hop_conditions,
    pattern,
    slug_comparison,
    sort_terms,
)
from service.stores.neo4j.row import Variables

_MAX_PATHS = 8
_MAX_ENDS = 3


# ---------------------------------------------------------------------------------------------------------------- lists


def entity_row_source(kind: str, where: Predicate | None, order: tuple[Order, ...], variables: Variables) -> RowSource:
    """Return the rows of a list of all entities of a kind."""
    node = variables.new("t")
    terms = sort_terms(order, node, "")
    ends, index_path = _ends(kind, where, node, variables)
    return RowSource(
        paths=_paths(kind, where, node, variables),
        node=node,
        order=terms,
        count_pattern=f"(:{label(kind)})" if where is None else None,
        kind=kind,
        ends=ends,
        index_path=index_path if _is_indexed(order) else None,
    )


def related_row_source(
    near: str, traversal: Traversal, where: Predicate | None, order: tuple[Order, ...], variables: Variables
) -> RowSource:
    """Return the rows of a list of the entities that are related to a node."""
    edge, node, kind = variables.new("r"), variables.new("t"), traversal.edge.target
    is_unconditional = where is None and not has_hop_conditions(traversal)
    base = hop_conditions(traversal, edge)
    path = AccessPath(
        (pattern(traversal, near, edge, node),), (*base, *conditions(conjuncts(where), node, kind, variables))
    )
    # a subject has few claims of a relation, but an object may have many
    may_be_hub = is_unconditional and traversal.edge.reverse and _is_indexed(order)
    degree = f"COUNT {{ {pattern(traversal, near, '', '')} }}"
    return RowSource(
        paths=(path,),
        node=node,
        order=sort_terms(order, node, edge),
        edge=edge,
        traversal=traversal,
        count_pattern=pattern(traversal, near, "", "") if is_unconditional else None,
        kind=kind,
        base_conditions=base,
        ends=(End("", near, degree, path),) if may_be_hub else (),
        index_path=AccessPath((f"({node}:{label(kind)})",), (_has_claim(traversal, node, near, variables),))
        if may_be_hub
        else None,
    )


def filtered_row_clauses(rows: RowSource, where: Predicate | None, variables: Variables) -> str:
    """Return the clauses that find the rows that a list would have with this filter.

    Each row is found once, except for the rows of a relation, which are found once for each relationship.
    """
    if rows.edge:
        terms = conditions(conjuncts(where), rows.node, rows.kind, variables)
        return str(AccessPath(rows.paths[0].patterns, (*rows.base_conditions, *terms)))
    return all_rows(rows.node, _paths(rows.kind, where, rows.node, variables))


def _has_claim(traversal: Traversal, subject: str, object_: str, variables: Variables) -> str:
    """Return whether a claim relates two nodes. This is one index seek; a pattern would read all relationships of a node."""
    claim = variables.new("c")
    key = claim_key(traversal.edge.relation, f"{subject}.slug", f"{object_}.slug")
    return f"EXISTS {{ MATCH ({claim}:Claim {{key: {key}}}){where_clause(claim_stance_conditions(traversal, claim))} }}"


# ---------------------------------------------------------------------------------------------------------------- paths


def _paths(kind: str, where: Predicate | None, node: str, variables: Variables) -> tuple[AccessPath, ...]:
    """Return access paths whose union is the nodes of a kind that match a filter."""
    parts = conjuncts(where)
    return _index_paths(parts, node, kind, variables) or (
        AccessPath((f"({node}:{label(kind)})",), conditions(parts, node, kind, variables)),
    )


def _index_paths(parts: tuple[Predicate, ...], node: str, kind: str, variables: Variables) -> tuple[AccessPath, ...]:
    """Return access paths that start at an index for one of the predicates; empty if an index serves none of them."""
    for part in sorted(parts, key=_rank):
        if paths := _paths_of_predicate(part, node, kind, variables):
            rest = conditions((other for other in parts if other is not part), node, kind, variables)
            return tuple(path.with_conditions(rest) for path in paths)
    return ()


def _rank(part: Predicate) -> int:
    """Order predicates by the number of rows that they probably match, fewest first."""
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


def _paths_of_predicate(part: Predicate, node: str, kind: str, variables: Variables) -> tuple[AccessPath, ...]:
    match part:
        case PropertyMatches(prop, "eq" | "in" as operator, parameter) if prop.name == "slug":
            return (AccessPath((f"({node}:{label(kind)})",), (slug_comparison(node, operator, parameter),)),)
        case NameMatches(operator, parameter):
            alias = variables.new("n")
            by_name = AccessPath((f"({node}:{label(kind)})",), (comparison(f"{node}.name_key", operator, parameter),))
            by_alias = AccessPath(
                (f"({alias}:{alias_label(kind)})-[:NAMES]->({node})",),
                (comparison(f"{alias}.key", operator, parameter),),
                repeats=operator != "eq",
            )
            return by_name, by_alias
        case HasRelated(traversal, where) if where is not None:
            far, edge = variables.new("x"), variables.new("r")
            hop, terms = pattern(traversal, node, edge, far), hop_conditions(traversal, edge)
            paths = _index_paths(conjuncts(where), far, traversal.edge.target, variables)
            return tuple(AccessPath((*path.patterns, hop), (*path.conditions, *terms), repeats=True) for path in paths)
        case And(parts):
            return _index_paths(parts, node, kind, variables)
        case Or(parts):
            alternatives = [_paths_of_predicate(alternative, node, kind, variables) for alternative in parts]
            paths = tuple(path for alternative in alternatives for path in alternative)
            return paths if all(alternatives) and len(paths) <= _MAX_PATHS else ()
        case _:
            return ()


# ----------------------------------------------------------------------------------------------------------------- ends


def _ends(
    kind: str, where: Predicate | None, node: str, variables: Variables
) -> tuple[tuple[End, ...], AccessPath | None]:
    """Return the ends that a filter selects by slug, and the path along an index that tests their relationships."""
    parts = conjuncts(where)
    by_slug = [part for part in parts if isinstance(part, HasRelated) and _selects_by_slug(part.where)][:_MAX_ENDS]
    if not by_slug or any(
        _rank(part) < _rank(by_slug[0]) and _paths_of_predicate(part, node, kind, variables) for part in parts
    ):
        return (), None
    rest = conditions((part for part in parts if part not in by_slug), node, kind, variables)
    nodes = [variables.new("x") for _ in by_slug]
    edges = [variables.new("r") for _ in by_slug]
    paths = [
        AccessPath((pattern(part.traversal, node, edge, end),), hop_conditions(part.traversal, edge))
        for part, edge, end in zip(by_slug, edges, nodes, strict=True)
    ]
    tests = [f"EXISTS {{ {path} }}" for path in paths]
    ends = tuple(
        End(
            find=_find(part, end, variables),
            node=end,
            degree=f"COUNT {{ {pattern(part.traversal, '', '', end)} }}",
            path=path.with_conditions([*(test for test in tests if test is not own_test), *rest]),
        )
        for part, end, path, own_test in zip(by_slug, nodes, paths, tests, strict=True)
    )
    # further conditions may match few rows; then an index would be followed for many steps
    may_match_few = bool(rest) or any(has_hop_conditions(part.traversal) for part in by_slug)
    return ends, None if may_match_few else AccessPath((f"({node}:{label(kind)})",), tuple(tests))


def _find(part: HasRelated, node: str, variables: Variables) -> str:
    kind = part.traversal.edge.target
    return str(AccessPath((f"({node}:{label(kind)})",), conditions(conjuncts(part.where), node, kind, variables)))


def _selects_by_slug(where: Predicate | None) -> bool:
    """Return whether a filter selects one entity by its slug."""
    return any(
        isinstance(part, PropertyMatches) and (part.property.name, part.operator) == ("slug", "eq")
        for part in conjuncts(where)
    )


def _is_indexed(order: tuple[Order, ...]) -> bool:
    """Return whether an index has this order: names and slugs, or slugs."""
    names = [term.property.name for term in order if isinstance(term, ByProperty)]
    return len(names) == len(order) and names in (["name", "slug"], ["slug"])
