"""Find where two JSON values differ."""

from __future__ import annotations

from typing import Any

_MAX_CHARACTERS = 400


def difference(actual: Any, expected: Any, path: str = "") -> str | None:
    """The first difference, with its path; None if the values are equal. The order of keys counts, and 1 is not 1.0."""
    match actual, expected:
        case dict(), dict() if list(actual) == list(expected):
            pairs = ((f"{path}.{key}".lstrip("."), actual[key], expected[key]) for key in actual)
        case list(), list() if len(actual) == len(expected):
            items = enumerate(zip(actual, expected, strict=True))
            pairs = ((f"{path}[{index}]", *values) for index, values in items)
        case _ if type(actual) is type(expected) and actual == expected and not isinstance(actual, dict):
            return None
        case _:
            left, right = (repr(value)[:_MAX_CHARACTERS] for value in (actual, expected))
            return f"{path or 'the whole value'}: {left} instead of {right}"
    return next((found for inner, left, right in pairs if (found := difference(left, right, inner))), None)
