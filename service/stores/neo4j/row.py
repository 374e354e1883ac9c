"""The variables of a statement, and the rows that it returns."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True)
class Variables:
    """The variables of one statement: `t1`, `t2`, `r1`."""

    _counts: dict[str, int] = field(default_factory=dict[str, int])

    def new(self, letter: str) -> str:
        self._counts[letter] = self._counts.get(letter, 0) + 1
        return f"{letter}{self._counts[letter]}"


@dataclass(slots=True)
class Row:
    """A list that a statement returns, for example for one entity: its distinct expressions, in the order of their use."""

    expressions: list[str] = field(default_factory=list[str])

    def item(self, expression: str, row: str = "r") -> str:
        """Add an expression, and return the Python expression that reads its value from the variable `row`."""
        if expression not in self.expressions:
            self.expressions.append(expression)
        return f"{row}[{self.expressions.index(expression)}]"

    @property
    def text(self) -> str:
        """The Cypher of the list. Complete only when all expressions have been added."""
        return f"[{', '.join(self.expressions)}]"
