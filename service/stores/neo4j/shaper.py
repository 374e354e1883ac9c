"""Turn the lists of a record into the response: Python that is written along with the statement.

The writer knows what stands at which place of a list; it writes one function per object or list, of the value `c` (for
a row: `r`) and the slots' values `v`. Names that clients chose enter only as `repr` of a string.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

from graph_seed.facts import global_id
from schema.answers import sentence
from schema.text import highlights
from service.plan import PathLimitReached, UnknownReferences, VersionUnavailable
from service.plan.cursors import write_cursor

Shaper: TypeAlias = Callable[[list[Any], Sequence[Any]], list[Any]]
"""Takes the record's list and the slots' values; returns the JSON value of each root field, in the plan's order."""


class Source:
    """The functions of one shaper, as they are written."""

    def __init__(self) -> None:
        self._functions: list[str] = []

    def function(self, *lines: str, argument: str = "c") -> str:
        """Write a function and return its name."""
        name = f"f{len(self._functions)}"
        body = "".join(f"\n    {line}" for line in lines)
        self._functions.append(f"def {name}({argument}, v):{body}")
        return name

    def shaper(self, roots: Sequence[str]) -> Shaper:
        """Compile the functions; `roots` are those of the root fields."""
        calls = ", ".join(f"{name}(data[{index}], v)" for index, name in enumerate(roots))
        text = "\n".join([*self._functions, f"def shape(data, v):\n    return [{calls}]"])
        namespace: dict[str, Any] = {
            "write_cursor": write_cursor,
            "claim_id": _claim_id,
            "unknown": _unknown,
            "PathLimitReached": PathLimitReached,
            "VersionUnavailable": VersionUnavailable,
            "highlights": highlights,
            "sentence": sentence,
        }
        exec(compile(text, "<shaper>", "exec"), namespace)  # noqa: S102 - text of our own making
        return namespace["shape"]


def _unknown(items: list[tuple[int, str]]) -> UnknownReferences:
    return UnknownReferences(tuple((number, name) for number, name in items))


def _claim_id(key: str) -> str:
    return global_id("Claim", key)
