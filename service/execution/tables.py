"""Answers as tables: CSV (RFC 4180) for spreadsheets, JSON Lines for programs.

A cell of CSV that a spreadsheet would take for a formula gets an apostrophe before it
(https://owasp.org/www-community/attacks/CSV_Injection). What lists hold below a row is joined in one cell; JSON Lines
leave every row as it was answered.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from service.compiler import TableLayout

CSV = "text/csv"
JSON_LINES = "application/jsonl"
_BETWEEN = "; "
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


@dataclass(slots=True)
class Table:
    """An answer that is to be a table of this media type. Not frozen: the engine fills in where its rows are."""

    media_type: str
    rows: TableLayout | None = None

    def write(self, data: Any) -> bytes:
        """The table of an answer's data, as the engine gives it."""
        assert self.rows is not None  # noqa: S101 - what has none was refused
        return WRITERS[self.media_type](orjson.loads(orjson.dumps(data)), self.rows)

    @property
    def name(self) -> str:
        """What its file is called."""
        return f"{self.rows.path[0] if self.rows else 'rows'}.{_ENDINGS[self.media_type]}"


def found(data: Mapping[str, Any], rows: TableLayout) -> list[Any]:
    """The rows of an answer, in its order."""
    value: Any = data
    for key in rows.path:
        value = value.get(key) if value is not None else None
    if not rows.listed:
        return [] if value is None else [value]
    return value or []


def names(rows: TableLayout) -> list[str]:
    """What the columns are called."""
    return [".".join(column) for column in rows.columns]


def cells(row: Any, rows: TableLayout) -> Iterator[Any]:
    """The cells of a row: text, a number, True, False or None for nothing."""
    for column in rows.columns:
        values = list(_values(row, column))
        yield values[0] if len(values) == 1 else _BETWEEN.join(text(value) for value in values)


def text(value: Any) -> str:
    """A cell as it is printed."""
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case _:
            return str(value)


def write_csv(data: Mapping[str, Any], rows: TableLayout) -> bytes:
    written = io.StringIO()
    writer = csv.writer(
        written, quoting=csv.QUOTE_NONNUMERIC
    )  # or a spreadsheet that cuts at `;` would make cells of text
    writer.writerow(names(rows))
    writer.writerows([_harmless(cell) for cell in cells(row, rows)] for row in found(data, rows))
    return written.getvalue().encode()


def write_json_lines(data: Mapping[str, Any], rows: TableLayout) -> bytes:
    return b"".join(orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE) for row in found(data, rows))


WRITERS: dict[str, Callable[[Mapping[str, Any], TableLayout], bytes]] = {CSV: write_csv, JSON_LINES: write_json_lines}
"""By media type."""

_ENDINGS = {CSV: "csv", JSON_LINES: "jsonl"}


def _values(value: Any, column: Sequence[str]) -> Iterator[Any]:
    if isinstance(value, list):
        for item in value:
            yield from _values(item, column)
    elif not column or value is None:
        yield value
    else:
        yield from _values(value.get(column[0]), column[1:])


def _harmless(cell: Any) -> str | float:
    match cell:
        case str():
            return f"'{cell}" if cell.startswith(_FORMULA) else cell
        case int() | float() if not isinstance(cell, bool):
            return cell
        case _:
            return text(cell)
