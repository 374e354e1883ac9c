"""Cut a page from the rows of a list: ORDER BY, LIMIT, and keyset conditions for cursors."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from service.plan import Page, Traversal
from service.plan.parameters import ParameterIndex
from service.stores.neo4j.expressions import placeholder, where_clause
from service.stores.neo4j.layout import label
from service.stores.neo4j.row import Row

_STEP_COST = 2
"""The measured cost of a step along an index, with its test, relative to that of expanding a relationship."""


@dataclass(frozen=True, slots=True)
class AccessPath:
    """Patterns and conditions that find the rows of a list. `start` is a clause before the patterns.

    `repeats` is true if the same row may be found more than once.
    """

    patterns: tuple[str, ...]
    conditions: tuple[str, ...] = ()
    repeats: bool = False
    start: str = ""

    def with_conditions(self, conditions: Iterable[str]) -> AccessPath:
        return AccessPath(self.patterns, (*self.conditions, *conditions), self.repeats, self.start)

    def __str__(self) -> str:
        # one MATCH for each pattern: in a single MATCH, all relationships must be different
        return f"{self.start}{' '.join(f'MATCH {item}' for item in self.patterns)}{where_clause(self.conditions)}"


@dataclass(frozen=True, slots=True)
class End:
    """A node from which the rows of a list can be reached over its relationships.

    `find` is the clause that finds the node; it is empty if a surrounding clause has found it. `degree` is the number of
    the relationships, and `path` leads from the node to the rows.
    """

    find: str
    node: str
    degree: str
    path: AccessPath


@dataclass(frozen=True, slots=True)
class RowSource:
    """The access paths to the rows of a list, and their total order.

    The list is the union of `paths`. If there are `ends`, the path of each of them alone finds the whole list as well,
    and so does `index_path` (if given), which follows the index in the order of the list.

    `node` is the variable of a row's entity or claim, `edge` that of the relationship that leads to it, and `kind` the
    kind of the entities. `order` contains expressions and whether each is descending. `index_prefix` are expressions that
    are equal in all rows and precede the order in an index. `count_pattern` is a pattern with as many matches as there
    are rows. `base_conditions` are the conditions without the list's filter. `words` is the parameter of the search
    words. `cursor` is the expression of a cursor, if that is not made from the order.
    """

    paths: tuple[AccessPath, ...]
    node: str
    order: tuple[tuple[str, bool], ...]
    index_prefix: tuple[str, ...] = ()
    edge: str = ""
    traversal: Traversal | None = None
    count_pattern: str | None = None
    kind: str = ""
    base_conditions: tuple[str, ...] = ()
    ends: tuple[End, ...] = ()
    index_path: AccessPath | None = None
    words: ParameterIndex | None = None
    cursor: str = ""


def page_rows(rows: RowSource, page: Page, *, one_more: bool, with_edge: bool) -> str:
    """Return the clauses that find the rows of a page, in order.

    `one_more` adds the next row, which shows whether there is another page. `with_edge` also binds the relationships.
    """
    cut = _PageCut(rows, page, one_more=one_more)
    if rows.ends:
        return _rows_from_ends(rows, cut, with_edge=with_edge)
    if len(rows.paths) == 1:
        return cut.clauses(rows.paths[0], f"{rows.node}, {rows.edge}" if with_edge else rows.node)
    sorted_by = ", ".join(f"{term} AS o{index}" for index, (term, _) in enumerate(cut.order))
    branches = " UNION ".join(f"{cut.clauses(path, rows.node)} RETURN {rows.node}, {sorted_by}" for path in rows.paths)
    order = _order_by([(f"o{index}", descending) for index, (_, descending) in enumerate(cut.order)])
    return f"CALL () {{ {branches} }} WITH {rows.node} ORDER BY {order} LIMIT {cut.limit}"


def all_rows(node: str, paths: tuple[AccessPath, ...]) -> str:
    """Return the clauses that find every row once."""
    if len(paths) == 1:
        return f"{paths[0]} WITH DISTINCT {node}" if paths[0].repeats else str(paths[0])
    return f"CALL () {{ {' UNION '.join(f'{path} RETURN {node}' for path in paths)} }}"


def row_count(rows: RowSource) -> str:
    """Return the number of rows of the whole list."""
    if rows.count_pattern is not None:
        return f"COUNT {{ {rows.count_pattern} }}"
    if not rows.ends or rows.edge:
        return f"COUNT {{ {all_rows(rows.node, rows.paths)} RETURN {rows.node} }}"
    count = _with_lowest_degree([(end.degree, f"COUNT {{ {end.path} }}") for end in rows.ends])
    return f"coalesce(head(COLLECT {{ {' '.join(end.find for end in rows.ends)} RETURN {count} }}), 0)"


def has_rows_outside(rows: RowSource, bound: Sequence[ParameterIndex], *, after: bool) -> str:
    """Return whether the list has rows that do not come after (or before) a cursor."""
    outside = f"NOT ({_is_past(rows, bound, after=after)})"
    return " OR ".join(f"EXISTS {{ {path.with_conditions((outside,))} }}" for path in rows.paths)


def cursor(rows: RowSource, page: Page, row: Row, variable: str = "r") -> str:
    """Return the code of the cursor of a row."""
    if rows.cursor:
        return row.item(rows.cursor, variable)
    values = ", ".join(row.item(term, variable) for term, _ in rows.order)
    return f"write_cursor({page.signature!r}, [{values}])"


class _PageCut:
    """The conditions, the order and the limit of a page."""

    def __init__(self, rows: RowSource, page: Page, *, one_more: bool) -> None:
        self.limit = f"{placeholder(page.size)}{' + 1' if one_more else ''}"
        self.order = tuple((term, descending != page.backwards) for term, descending in rows.order)
        self._node = rows.node
        self._bounds = [
            _is_past(rows, bound, after=after)
            for bound, after in ((page.after, True), (page.before, False))
            if bound is not None
        ]
        # Neo4j uses the order of an index only if a condition requires that the property exists
        self._existing = [f"{term} IS NOT NULL" for term, _ in self.order if term.startswith(f"{rows.node}.")]
        self._order_by = _order_by([*((term, page.backwards) for term in rows.index_prefix), *self.order])

    def clauses(self, path: AccessPath, variables: str) -> str:
        """Return the clauses that find the first rows of an access path, and bind these variables."""
        starts_at_row = any(item.startswith(f"({self._node}:") for item in path.patterns[:1])
        existing = [item for item in self._existing if starts_at_row and item not in path.conditions]
        bounded = path.with_conditions([*self._bounds, *existing])
        distinct = "DISTINCT " if path.repeats else ""
        return f"{bounded} WITH {distinct}{variables} ORDER BY {self._order_by} LIMIT {self.limit}"


def _rows_from_ends(rows: RowSource, cut: _PageCut, *, with_edge: bool) -> str:
    variables, result = (f"{rows.node}, {rows.edge}", rows.edge) if with_edge else (rows.node, rows.node)
    lists = [(end.degree, f"COLLECT {{ {cut.clauses(end.path, variables)} RETURN {result} }}") for end in rows.ends]
    cheapest = _with_lowest_degree(lists)
    if rows.index_path is not None:
        result = f"head(COLLECT {{ {rows.paths[0]} RETURN {rows.edge} }})" if with_edge else rows.node
        by_index = f"COLLECT {{ {cut.clauses(rows.index_path, rows.node)} RETURN {result} }}"
        cheapest = f"CASE WHEN {_is_index_cheaper(rows, cut.limit)} THEN {by_index} ELSE {cheapest} END"
    start = " ".join(end.find for end in rows.ends if end.find)
    if not with_edge:
        return f"{start} UNWIND {cheapest} AS {rows.node}".lstrip()
    far = "startNode" if rows.traversal and rows.traversal.edge.reverse else "endNode"
    return f"UNWIND {cheapest} AS {rows.edge} WITH {rows.edge}, {far}({rows.edge}) AS {rows.node}"


def _is_past(rows: RowSource, bound: Sequence[ParameterIndex], *, after: bool) -> str:
    """Return the condition that a row comes strictly after (or before) a cursor, in the order of the list."""
    text = ""
    for (term, descending), parameter in reversed(list(zip(rows.order, bound, strict=True))):
        sign = ">" if descending != after else "<"
        step = f"{term} {sign} {placeholder(parameter)}"
        # an index serves the first comparison; the others decide between rows with equal values
        text = f"({term} {sign}= {placeholder(parameter)} AND ({step} OR {text}))" if text else step
    return text


def _order_by(order: Iterable[tuple[str, bool]]) -> str:
    return ", ".join(f"{term}{' DESC' if descending else ''}" for term, descending in order)


def _with_lowest_degree(choices: Sequence[tuple[str, str]]) -> str:
    """Return an expression whose value is that of the choice with the lowest degree; choices are (degree, expression)."""
    *others, (_, last) = choices
    cases = ""
    for index, (degree, text) in enumerate(others):
        cases += f" WHEN {' AND '.join(f'{degree} <= {other}' for other, _ in choices[index + 1 :])} THEN {text}"
    return f"CASE{cases} ELSE {last} END" if cases else last


def _is_index_cheaper(rows: RowSource, limit: str) -> str:
    """Return whether following the index fills a page with fewer steps than starting at the end with the lowest degree."""
    nodes, degrees = f"COUNT {{ (:{label(rows.kind)}) }}", [end.degree for end in rows.ends]
    lowest = _with_lowest_degree([(degree, degree) for degree in degrees])
    return f"1.0 * {' * '.join([lowest, *degrees])} > {_STEP_COST} * ({limit}) * {nodes} ^ {len(degrees)}"
