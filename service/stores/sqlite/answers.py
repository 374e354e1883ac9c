"""Bind the values of a plan to a statement, and decode its answers."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, TypeAlias

import orjson

from service.plan import PathLimitReached, UnknownReferences, VersionUnavailable

Answer: TypeAlias = orjson.Fragment | UnknownReferences | PathLimitReached | VersionUnavailable
"""The answer to a root field: its JSON, which is never parsed, or the reason why there is none."""


def bindings(values: Sequence[Any]) -> dict[str, Any]:
    """Return what a statement binds for the values of a plan's parameters. SQLite has no arrays, so lists become JSON."""
    return {f"v{parameter}": _bindable(value) for parameter, value in enumerate(values)}


def answer(text: str) -> Answer:
    """Decode the column of a root field. Text that does not start like JSON marks the reason why there is no answer."""
    match text[:1]:
        case "!":
            return UnknownReferences(tuple((number, name) for number, name in orjson.loads(text[1:])))
        case "~":
            return VersionUnavailable(foreign=text == "~1")
        case "?":
            return PathLimitReached(int(text[1:]))
        case _:
            return orjson.Fragment(text)


def _bindable(value: Any) -> Any:
    return json.dumps(value, ensure_ascii=False) if isinstance(value, list) else value
