"""Turn the lists of a record into the response, by Python code that is written together with the statement.

Only the writer of the statement knows the meaning of each item of a list. So it writes a Python function for each object
and list of the response. Its arguments are the value `c` (`r` for a row) and the values of the parameters `v`. Names that
clients choose enter the code only as `repr` of a string.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeAlias

from graph_seed.facts import global_id
from schema.answers import sentence
from schema.text import highlights
from service.plan import PathLimitReached, UnknownReferences, VersionUnavailable
from service.plan.cursors import write_cursor

Shaper: TypeAlias = Callable[[list[Any], Sequence[Any]], list[Any]]
"""Takes the list of a record and the values of the parameters; returns the value of each root field, in the plan's order."""

Shaped: TypeAlias = tuple[str, str]
"""A Cypher expression, and the name of the function that shapes its value."""


class ShaperSource:
    """The source code of the functions of one shaper."""

    def __init__(self) -> None:
        self._functions: list[str] = []

    def function(self, *lines: str, argument: str = "c") -> str:
        """Add a function and return its name."""
        name = f"f{len(self._functions)}"
        body = "".join(f"\n    {line}" for line in lines)
        self._functions.append(f"def {name}({argument}, v):{body}")
        return name

    def compile(self, roots: Sequence[str]) -> Shaper:
        """Compile the functions; `roots` are the names of those of the root fields."""
        calls = ", ".join(f"{name}(data[{index}], v)" for index, name in enumerate(roots))
        text = "\n".join([*self._functions, f"def shape(data, v):\n    return [{calls}]"])
        namespace: dict[str, Any] = {
            "write_cursor": write_cursor,
            "claim_id": _claim_id,
            "unknown_references": _unknown_references,
            "PathLimitReached": PathLimitReached,
            "VersionUnavailable": VersionUnavailable,
            "highlights": highlights,
            "sentence": sentence,
        }
        exec(compile(text, "<shaper>", "exec"), namespace)  # noqa: S102 - the code is written by this package
        return namespace["shape"]


def dict_source(items: Iterable[tuple[str, str]]) -> str:
    """Return the Python code of a dictionary with these keys and the code of their values."""
    return "{" + ", ".join(f"{key!r}: {value}" for key, value in items) + "}"


def _unknown_references(items: list[tuple[int, str]]) -> UnknownReferences:
    return UnknownReferences(tuple((number, reference) for number, reference in items))


def _claim_id(key: str) -> str:
    return global_id("Claim", key)
