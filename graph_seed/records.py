"""Read facts from files one record at a time, and write them.

JSON Lines    one JSON object per line, as in the docstring of the package
CSV           one row per entity or piece of evidence, below a header with the names of the fields; an empty cell is an
              omitted field; `aliases` are separated by `|`, or are a JSON array if an alias contains `|`
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator
from typing import Any, BinaryIO, NamedTuple, TypeAlias

import orjson

from graph_seed.facts import EVIDENCE_FIELDS, EntityFact, EvidenceFact, FactError, json_object
from schema import Ontology, PropertyType

_MAX_LINE_BYTES = 1 << 20


class Record(NamedTuple):
    """A record and the number of its first line, counted from 1, or the error if it cannot be read."""

    number: int
    content: dict[str, Any] | FactError


Reader: TypeAlias = Callable[[BinaryIO, Ontology], Iterator[Record]]


def read_json_lines(file: BinaryIO, _ontology: Ontology) -> Iterator[Record]:
    """Yield the records of a JSON Lines file; blank lines are skipped."""
    number = 0
    while line := file.readline(_MAX_LINE_BYTES):
        number += 1
        if len(line) == _MAX_LINE_BYTES and not line.endswith(b"\n"):
            yield Record(number, FactError(f"the line is longer than {_MAX_LINE_BYTES:,} bytes; split it."))
            while (rest := file.readline(_MAX_LINE_BYTES)) and not rest.endswith(b"\n"):
                pass
        elif not line.isspace():
            yield Record(number, _result(json_object, line))


def read_csv(file: BinaryIO, ontology: Ontology) -> Iterator[Record]:
    """Yield the records of a CSV file."""
    # spreadsheet programs write a byte order mark
    with io.TextIOWrapper(file, "utf-8-sig", errors="surrogateescape", newline="") as text:
        rows = csv.reader(text, strict=True)
        fields = _result(_header, rows, ontology)
        if isinstance(fields, FactError):
            yield Record(1, fields)
            return
        types = _types(ontology)
        while True:
            number = rows.line_num + 1
            try:
                cells = next(rows)
            except StopIteration:
                return
            except csv.Error as error:
                yield Record(number, FactError(f"invalid CSV ({error})."))
                continue
            if cells:
                yield Record(number, _result(_row, fields, cells, types))


READERS: dict[str, Reader] = {"jsonl": read_json_lines, "csv": read_csv}
"""The readers by file format."""


def record_of(fact: EntityFact | EvidenceFact) -> dict[str, Any]:
    """Return a fact as a record: null values and empty lists are omitted, and the order of the fields is fixed."""
    if isinstance(fact, EntityFact):
        values = {name: value for name, value in fact.values.items() if value is not None and value != []}
        first = {"kind": fact.kind, "slug": fact.slug, "name": values["name"]}
        return {**first, **({"aliases": values["aliases"]} if "aliases" in values else {}), **values, **first}
    line: dict[str, Any] = {
        "subject": str(fact.subject),
        "relation": fact.relation.name,
        "object": str(fact.object),
        "source": fact.source,
        "supports": fact.supports,
        "note": fact.note,
    }
    if fact.term is not None:
        line["term"] = fact.term
    if fact.locator is not None:
        line["locator"] = fact.locator
    return line


def write_json_lines(facts: Iterable[EntityFact | EvidenceFact]) -> bytes:
    """Return facts as JSON Lines."""
    return b"".join(orjson.dumps(record_of(fact), option=orjson.OPT_APPEND_NEWLINE) for fact in facts)


# ------------------------------------------------------------------------------------------------------------------- csv


def _header(rows: Iterator[list[str]], ontology: Ontology) -> list[str]:
    """Return the fields in the header."""
    try:
        fields = [cell.strip() for cell in next(rows, [])]
    except csv.Error as error:
        raise FactError(f"invalid CSV ({error}).") from error
    names = ["kind", *_types(ontology), *EVIDENCE_FIELDS]
    for field in fields:
        if field not in names:
            raise FactError(f"unknown column '{field}' in the header; use {', '.join(names)}.", field)
        if fields.count(field) > 1:
            raise FactError(f"duplicate column '{field}' in the header.", field)
    if not {"kind", "relation"} & set(fields):
        raise FactError("the header must have a column 'kind' (for entities) or 'relation' (for evidence).")
    return fields


def _types(ontology: Ontology) -> dict[str, PropertyType]:
    return {item.name: item.type for kind in ontology.kinds for item in kind.properties if item.name != "id"}


def _row(fields: list[str], cells: list[str], types: dict[str, PropertyType]) -> dict[str, Any]:
    if len(cells) != len(fields):
        raise FactError(f"the row has {len(cells)} cells, but the header has {len(fields)} columns.")
    return {name: _cell(name, cell, types.get(name)) for name, cell in zip(fields, cells, strict=True) if cell}


def _cell(name: str, cell: str, type_: PropertyType | None) -> Any:
    if any("\udc80" <= char <= "\udcff" for char in cell):
        raise FactError(f"{name} contains invalid UTF-8.", name)
    cell = cell.replace("\r\n", "\n")  # spreadsheet programs on Windows write line breaks within cells like this
    if name == "supports":
        return {"true": True, "false": False}.get(cell.lower(), cell)
    if type_ is PropertyType.TEXTS:
        return _texts(name, cell)
    if type_ is PropertyType.INTEGER:
        return int(cell) if cell.removeprefix("-").isdecimal() and len(cell) < 20 else cell
    return cell


def _texts(name: str, cell: str) -> Any:
    if not cell.startswith("["):
        return [text.strip() for text in cell.split("|")]
    try:
        return orjson.loads(cell)
    except orjson.JSONDecodeError as error:
        raise FactError(f"{name} starts with '[', but is invalid JSON ({error}).", name) from error


def _result(read: Callable[..., Any], *arguments: Any) -> Any:
    """Call a function and return its result, or the FactError that it raises."""
    try:
        return read(*arguments)
    except FactError as error:
        return error
