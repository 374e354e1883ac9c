"""Write the answer to a query as a table: CSV (RFC 4180) for spreadsheets, JSON Lines for programs.

A CSV cell that a spreadsheet would evaluate as a formula is prefixed with an apostrophe
(https://owasp.org/www-community/attacks/CSV_Injection). CSV joins the values of a nested list in one cell; JSON Lines
contains each row unchanged.
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
_LIST_SEPARATOR = "; "
_FORMULA_PREFIXES = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


@dataclass(slots=True)
class Table:
    """A response in this media type. Not frozen: the engine sets the layout."""

    media_type: str
    layout: TableLayout | None = None

    def write(self, data: Any) -> bytes:
        """Write the data of a result, which orjson can serialize."""
        assert self.layout is not None  # noqa: S101 - the engine rejects operations without rows
        return WRITERS[self.media_type](orjson.loads(orjson.dumps(data)), self.layout)

    @property
    def file_name(self) -> str:
        return f"{self.layout.path[0] if self.layout else 'rows'}.{_FILE_SUFFIXES[self.media_type]}"


def table_rows(data: Mapping[str, Any], layout: TableLayout) -> list[Any]:
    """Return the rows in the data of a response, in order."""
    value: Any = data
    for key in layout.path:
        value = value.get(key) if value is not None else None
    if not layout.is_list:
        return [] if value is None else [value]
    return value or []


def column_names(layout: TableLayout) -> list[str]:
    return [".".join(column) for column in layout.columns]


def cells(row: Any, layout: TableLayout) -> Iterator[Any]:
    """Yield the cells of a row: text, numbers, booleans, or None for null."""
    for column in layout.columns:
        values = list(_values(row, column))
        yield values[0] if len(values) == 1 else _LIST_SEPARATOR.join(cell_text(value) for value in values)


def cell_text(value: Any) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case _:
            return str(value)


def write_csv(data: Mapping[str, Any], layout: TableLayout) -> bytes:
    output = io.StringIO()
    # Quote all text: a spreadsheet that also splits at `;` would otherwise split a text.
    writer = csv.writer(output, quoting=csv.QUOTE_NONNUMERIC)
    writer.writerow(column_names(layout))
    writer.writerows([_escape_formula(cell) for cell in cells(row, layout)] for row in table_rows(data, layout))
    return output.getvalue().encode()


def write_json_lines(data: Mapping[str, Any], layout: TableLayout) -> bytes:
    return b"".join(orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE) for row in table_rows(data, layout))


WRITERS: dict[str, Callable[[Mapping[str, Any], TableLayout], bytes]] = {CSV: write_csv, JSON_LINES: write_json_lines}
"""By media type."""

_FILE_SUFFIXES = {CSV: "csv", JSON_LINES: "jsonl"}


def _values(value: Any, column: Sequence[str]) -> Iterator[Any]:
    if isinstance(value, list):
        for item in value:
            yield from _values(item, column)
    elif not column or value is None:
        yield value
    else:
        yield from _values(value.get(column[0]), column[1:])


def _escape_formula(cell: Any) -> str | float:
    match cell:
        case str():
            return f"'{cell}" if cell.startswith(_FORMULA_PREFIXES) else cell
        case int() | float() if not isinstance(cell, bool):
            return cell
        case _:
            return cell_text(cell)
