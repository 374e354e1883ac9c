"""The row whose JSON is being written: its aliases, and the subquery around it.

A page is cut in a subquery, before the JSON of its rows is built. Outside this subquery only the columns exist that it
selects. So the writer reads a column through `RowAlias`, and the subquery then selects the columns that were read.
"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True)
class Aliases:
    """The table aliases of one statement: `t1`, `t2`, `r1`."""

    _counts: dict[str, int] = field(default_factory=dict[str, int])

    def new(self, letter: str) -> str:
        self._counts[letter] = self._counts.get(letter, 0) + 1
        return f"{letter}{self._counts[letter]}"


@dataclass(slots=True)
class PageSubquery:
    """The subquery that cuts a page, and the columns that the query around it reads."""

    alias: str
    _expressions: dict[str, str] = field(default_factory=dict[str, str])

    def column(self, name: str, expression: str) -> str:
        """Select an expression under this name, and return how the query around the subquery refers to it."""
        self._expressions[name] = expression
        return f"{self.alias}.{name}"

    @property
    def select_list(self) -> str:
        """The select list of the subquery. Complete only when all columns have been read."""
        return ", ".join(f"{expression} AS {name}" for name, expression in self._expressions.items()) or "1"


@dataclass(frozen=True, slots=True)
class RowAlias:
    """The alias of a row, and the page subquery that it is read through, if any."""

    alias: str
    page: PageSubquery | None = None

    def column(self, name: str) -> str:
        expression = f"{self.alias}.{name}"
        return expression if self.page is None else self.page.column(name, expression)
