"""Build JSON as text in SQL: expressions that concatenate literal text and the values of columns.

Why not `json_object`: its result loses the JSON subtype in a sorted subquery and is then quoted as a string, and it prints
floats and booleans in its own format. Concatenated text keeps the order of the selection and is never parsed again.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeAlias

_NAME = re.compile(r"[_A-Za-z][_0-9A-Za-z]*\Z")
_MAX_ARGUMENTS = 100


@dataclass(frozen=True, slots=True)
class JsonLiteral:
    """Text that appears in the response as it is."""

    text: str


JsonPart: TypeAlias = JsonLiteral | str
"""Literal text, or an SQL expression whose value is JSON text."""


def json_object(members: Iterable[tuple[str, Iterable[JsonPart]]]) -> list[JsonPart]:
    """Return the parts of an object with these keys and values."""
    parts: list[JsonPart] = [JsonLiteral("{")]
    for index, (name, value) in enumerate(members):
        parts.append(JsonLiteral(f'{"," if index else ""}"{checked_name(name)}":'))
        parts.extend(value)
    return [*parts, JsonLiteral("}")]


def json_array(items: str) -> list[JsonPart]:
    """Return the parts of an array; the value of `items` is the comma-separated JSON of its items."""
    return [JsonLiteral("["), items, JsonLiteral("]")]


def json_string(name: str) -> JsonLiteral:
    """Return a GraphQL name as a JSON string."""
    return JsonLiteral(f'"{checked_name(name)}"')


def checked_name(name: str) -> str:
    """Return a response key or type name if it is a GraphQL name, which needs no quoting in JSON or SQL."""
    if not _NAME.match(name):
        raise ValueError(f"not a GraphQL name: {name!r}")
    return name


def concat(parts: Iterable[JsonPart]) -> str:
    """Return one SQL expression for all parts, with adjacent literals merged."""
    merged: list[JsonPart] = []
    for part in parts:
        last = merged[-1] if merged else None
        if isinstance(part, JsonLiteral) and isinstance(last, JsonLiteral):
            merged[-1] = JsonLiteral(last.text + part.text)
        else:
            merged.append(part)
    return _call([_expression(part) for part in merged])


def _call(arguments: list[str]) -> str:
    if len(arguments) == 1:
        return arguments[0] if arguments[0].startswith("'") else f"concat({arguments[0]})"
    if (
        len(arguments) > _MAX_ARGUMENTS
    ):  # SQLite limits the arguments of a function and the depth of an expression to 1000
        chunks = [arguments[at : at + _MAX_ARGUMENTS] for at in range(0, len(arguments), _MAX_ARGUMENTS)]
        return _call([_call(chunk) for chunk in chunks])
    return f"concat({', '.join(arguments)})"


def _expression(part: JsonPart) -> str:
    return "'" + part.text.replace("'", "''") + "'" if isinstance(part, JsonLiteral) else part
