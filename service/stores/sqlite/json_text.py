"""Build JSON as text in SQL: expressions that concatenate literal text and the values of columns.

SQL's `concat` ignores NULL, so that a part which is NULL would silently disappear from the response. Therefore a part is
a literal or a `JsonText`, which is never NULL: only the functions of this module make one.

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


@dataclass(frozen=True, slots=True)
class JsonText:
    """An SQL expression whose value is JSON text, never NULL.

    `is_aggregate`: it contains an aggregate function, so a SELECT of it has one row even if its tables have none.
    """

    sql: str
    is_aggregate: bool = False

    def __str__(self) -> str:
        raise TypeError("JsonText is a part of JSON, not text of a statement; use `sql`.")


JsonPart: TypeAlias = JsonLiteral | JsonText
"""A part of JSON text that `concat` accepts."""


def json_value(expression: str) -> JsonText:
    """Return an SQL value as JSON: a string, a number or null."""
    return JsonText(f"json_quote({expression})")


def json_or_null(expression: str, *, is_aggregate: bool = False) -> JsonText:
    """Return an expression for JSON text or for a number; its NULL is null."""
    return JsonText(f"ifnull({expression}, 'null')", is_aggregate)


def json_boolean(condition: str, *, is_aggregate: bool = False) -> JsonText:
    """Return a condition as JSON; NULL is false."""
    return JsonText(f"iif({condition}, 'true', 'false')", is_aggregate)


def json_count(expression: str) -> JsonText:
    """Return a count as JSON; NULL is 0."""
    return JsonText(f"ifnull({expression}, 0)")


def json_case(cases: str, default: JsonPart, subject: str = "") -> JsonText:
    """Return a CASE of JSON texts; `cases` are its branches, which must not be NULL."""
    return JsonText(f"CASE{f' {subject}' if subject else ''} {cases} ELSE {_expression(default)} END")


def json_quoted(expression: str) -> list[JsonPart]:
    """Return a text without characters that JSON escapes as a JSON string; NULL is empty."""
    return [JsonLiteral('"'), JsonText(f"ifnull({expression}, '')"), JsonLiteral('"')]


def json_query(text: JsonText, tables: str) -> JsonText:
    """Return the JSON text of the only row of a query; null if there is no row."""
    return JsonText(f"ifnull((SELECT {text.sql} {tables}), 'null')")


def json_page(text: JsonText, page: str) -> JsonText:
    """Return JSON text that aggregates the rows of a page; if it does not, the page is not read."""
    return JsonText(f"(SELECT {text.sql}\n  FROM {page})" if text.is_aggregate else f"(SELECT {text.sql})")


def json_object(members: Iterable[tuple[str, Iterable[JsonPart]]]) -> list[JsonPart]:
    """Return the parts of an object with these keys and values."""
    parts: list[JsonPart] = [JsonLiteral("{")]
    for index, (name, value) in enumerate(members):
        parts.append(JsonLiteral(f'{"," if index else ""}"{checked_name(name)}":'))
        parts.extend(value)
    return [*parts, JsonLiteral("}")]


def json_array(items: str, *, is_aggregate: bool = False) -> list[JsonPart]:
    """Return the parts of an array; the value of `items` is the comma-separated JSON of its items, NULL if there are none."""
    return [JsonLiteral("["), JsonText(f"ifnull({items}, '')", is_aggregate), JsonLiteral("]")]


def json_string(name: str) -> JsonLiteral:
    """Return a GraphQL name as a JSON string."""
    return JsonLiteral(f'"{checked_name(name)}"')


def checked_name(name: str) -> str:
    """Return a response key or type name if it is a GraphQL name, which needs no quoting in JSON or SQL."""
    if not _NAME.match(name):
        raise ValueError(f"not a GraphQL name: {name!r}")
    return name


def concat(parts: Iterable[JsonPart]) -> JsonText:
    """Return one SQL expression for all parts, with adjacent literals merged."""
    merged: list[JsonPart] = []
    for part in parts:
        last = merged[-1] if merged else None
        if isinstance(part, JsonLiteral) and isinstance(last, JsonLiteral):
            merged[-1] = JsonLiteral(last.text + part.text)
        else:
            merged.append(part)
    is_aggregate = any(isinstance(part, JsonText) and part.is_aggregate for part in merged)
    return JsonText(_call([_expression(part) for part in merged]), is_aggregate)


def _call(arguments: list[str]) -> str:
    if len(arguments) == 1:
        return arguments[0] if arguments[0].startswith("'") else f"concat({arguments[0]})"
    if len(arguments) > _MAX_ARGUMENTS:  # SQLite allows 1000 arguments, and a depth of 1000
        chunks = [arguments[at : at + _MAX_ARGUMENTS] for at in range(0, len(arguments), _MAX_ARGUMENTS)]
        return _call([_call(chunk) for chunk in chunks])
    return f"concat({', '.join(arguments)})"


def _expression(part: JsonPart) -> str:
    match part:
        case JsonLiteral(text):
            return "'" + text.replace("'", "''") + "'"
        case JsonText(sql):
            return sql
