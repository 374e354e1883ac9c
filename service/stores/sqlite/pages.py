"""Cut a page from the rows of a list: ORDER BY, LIMIT, and keyset conditions for cursors."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from service.plan import Page
from service.plan.parameters import ParameterIndex
from service.stores.sqlite.expressions import placeholder, where_clause
from service.stores.sqlite.row import PageSubquery


@dataclass(frozen=True, slots=True)
class RowSource:
    """The tables and conditions that give the rows of a list, and their total order.

    `alias` is that of a row's entity or claim, `edge` that of the edge that leads to it, and `kind` the kind of the
    entities. `order` holds expressions and whether each is descending. `base_conditions` are the conditions without the
    list's filter. `count_source` is a table with conditions that gives the same number of rows without a join. `words` is the
    parameter of the search words. `cursor` is the expression of a cursor, if that is not made from the order.
    """

    tables: str
    conditions: tuple[str, ...]
    order: tuple[tuple[str, bool], ...]
    alias: str
    edge: str = ""
    kind: str = ""
    base_conditions: tuple[str, ...] = ()
    count_source: tuple[str, tuple[str, ...]] | None = None
    words: str = ""
    cursor: str = ""


def page_rows(rows: RowSource, page: Page, subquery: PageSubquery, page_info: Collection[str]) -> str:
    """Return the subquery that selects the rows of a page.

    `page_info` holds the names of the selected fields of PageInfo. For them, `_n` numbers the rows, `_m` is the number of
    rows, and the subquery has one row more than the page if there are more.
    """
    conditions = list(rows.conditions)
    if page.after is not None:
        conditions.append(_is_past(rows, page.after, after=True))
    if page.before is not None:
        conditions.append(_is_past(rows, page.before, after=False))
    order = ", ".join(f"{term}{' DESC' if descending != page.backwards else ''}" for term, descending in rows.order)
    more = "hasPreviousPage" if page.backwards else "hasNextPage"
    size = placeholder(page.size)
    limit = f"{size} + 1" if more in page_info else size
    text = f"SELECT {subquery.select_list} FROM {rows.tables}{where_clause(conditions)} ORDER BY {order} LIMIT {limit}"
    if not page_info and not page.backwards:
        return f"({text})"
    return f"(SELECT row_number() OVER () AS _n, count(*) OVER () AS _m, q.* FROM ({text}) q)"


def cursor(rows: RowSource, page: Page, subquery: PageSubquery) -> str:
    """Return the cursor of a row: hexadecimal JSON of the order's signature and the row's values."""
    if rows.cursor:
        return subquery.column("_cursor", rows.cursor)
    values = [subquery.column(f"_o{index}", term) for index, (term, _) in enumerate(rows.order)]
    return f"hex(json_array('{page.signature}', {', '.join(values)}))"


def has_more(rows: RowSource, page: Page, subquery: PageSubquery, *, after: bool) -> str:
    """Return the condition that the list has rows after (or before) the page."""
    terms: list[str] = []
    if after != page.backwards:
        terms.append(f"ifnull(max({subquery.alias}._m), 0) > {placeholder(page.size)}")
    bound = page.before if after else page.after
    if bound is not None:
        outside = _is_past(rows, bound, after=not after)
        conditions = " AND ".join((*rows.conditions, f"NOT ({outside})"))
        terms.append(f"EXISTS (SELECT 1 FROM {rows.tables} WHERE {conditions})")
    return " OR ".join(terms) or "0"


def _is_past(rows: RowSource, bound: Sequence[ParameterIndex], *, after: bool) -> str:
    """Return the condition that a row comes strictly after (or before) a cursor, in the order of the list."""
    terms = [
        (term, descending != after, placeholder(parameter))
        for (term, descending), parameter in zip(rows.order, bound, strict=True)
    ]
    if len({greater for _, greater, _ in terms}) == 1:
        sign = ">" if terms[0][1] else "<"
        left, right = ", ".join(term for term, _, _ in terms), ", ".join(parameter for _, _, parameter in terms)
        return f"({left}) {sign} ({right})"
    # A row value compares in one direction only. For mixed directions: a past its bound, or a equal and b past its bound.
    text = ""
    for term, greater, parameter in reversed(terms):
        step = f"{term} {'>' if greater else '<'} {parameter}"
        text = f"({step} OR ({term} = {parameter} AND {text}))" if text else step
    return text
