"""Lines of facts, read one at a time from a file of any length, and written.

JSON Lines    one JSON object a line, as the package's docstring shows
CSV           one row an entity or a piece of evidence, under a header that names the fields; an empty cell is a field
              that is left out; `aliases` are separated by `|`, or a JSON array where one holds that itself
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator
from typing import Any, BinaryIO, NamedTuple, TypeAlias

import orjson

from graph_seed.facts import EVIDENCE_FIELDS, EntityFact, EvidenceFact, Fault, json_object
from schema import Ontology, PropertyType

_LONGEST_LINE = 1 << 20


class Line(NamedTuple):
    """What stands in the line with this number, counted from 1, or why it cannot be read."""

    number: int
    given: dict[str, Any] | Fault


Reader: TypeAlias = Callable[[BinaryIO, Ontology], Iterator[Line]]


def read_json_lines(file: BinaryIO, _ontology: Ontology) -> Iterator[Line]:
    """The lines of a file of JSON Lines, blank ones left out."""
    number = 0
    while line := file.readline(_LONGEST_LINE):
        number += 1
        if len(line) == _LONGEST_LINE and not line.endswith(b"\n"):
            yield Line(number, Fault(f"longer than {_LONGEST_LINE:,} bytes."))
            while (rest := file.readline(_LONGEST_LINE)) and not rest.endswith(b"\n"):
                pass
        elif not line.isspace():
            yield Line(number, _told(json_object, line))


def read_csv(file: BinaryIO, ontology: Ontology) -> Iterator[Line]:
    """The rows of a CSV file, each with the number of the line where it begins."""
    # spreadsheets begin a file with a byte order mark
    with io.TextIOWrapper(file, "utf-8-sig", errors="surrogateescape", newline="") as text:
        rows = csv.reader(text, strict=True)
        fields = _told(_header, rows, ontology)
        if isinstance(fields, Fault):
            yield Line(1, fields)
            return
        types = _types(ontology)
        while True:
            number = rows.line_num + 1
            try:
                cells = next(rows)
            except StopIteration:
                return
            except csv.Error as error:
                yield Line(number, Fault(f"not CSV ({error})."))
                continue
            if cells:
                yield Line(number, _told(_row, fields, cells, types))


READERS: dict[str, Reader] = {"jsonl": read_json_lines, "csv": read_csv}
"""How files are read, by format."""


def line_of(fact: EntityFact | EvidenceFact) -> dict[str, Any]:
    """A fact as the line that tells it: what is not known is left out, fields have one order."""
    if isinstance(fact, EntityFact):
        held = {name: value for name, value in fact.values.items() if value is not None and value != []}
        first = {"kind": fact.kind, "slug": fact.slug, "name": held["name"]}
        return {**first, **({"aliases": held["aliases"]} if "aliases" in held else {}), **held, **first}
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


def write_lines(facts: Iterable[EntityFact | EvidenceFact]) -> bytes:
    """Facts as JSON Lines."""
    return b"".join(orjson.dumps(line_of(fact), option=orjson.OPT_APPEND_NEWLINE) for fact in facts)


# ------------------------------------------------------------------------------------------------------------------- csv


def _header(rows: Iterator[list[str]], ontology: Ontology) -> list[str]:
    """The fields that the columns of a file are."""
    try:
        fields = [cell.strip() for cell in next(rows, [])]
    except csv.Error as error:
        raise Fault(f"not CSV ({error}).") from error
    known = ["kind", *_types(ontology), *EVIDENCE_FIELDS]
    for field in fields:
        if field not in known:
            raise Fault(f"there is no field '{field}' to name a column by; there are {', '.join(known)}.", field)
        if fields.count(field) > 1:
            raise Fault(f"two columns are named '{field}'.", field)
    if not {"kind", "relation"} & set(fields):
        raise Fault("the first line names the columns; one is 'kind' (for entities) or 'relation' (for evidence).")
    return fields


def _types(ontology: Ontology) -> dict[str, PropertyType]:
    return {item.name: item.type for kind in ontology.kinds for item in kind.properties if item.name != "id"}


def _row(fields: list[str], cells: list[str], types: dict[str, PropertyType]) -> dict[str, Any]:
    if len(cells) != len(fields):
        raise Fault(f"has {len(cells)} cells, and the first line names {len(fields)} columns.")
    return {name: _cell(name, cell, types.get(name)) for name, cell in zip(fields, cells, strict=True) if cell}


def _cell(name: str, cell: str, type_: PropertyType | None) -> Any:
    if any("\udc80" <= char <= "\udcff" for char in cell):
        raise Fault(f"{name} is not UTF-8.", name)
    cell = cell.replace("\r\n", "\n")  # a line break within a cell, as spreadsheets on Windows write it
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
        raise Fault(f"{name} begins with '[' and is not JSON ({error}).", name) from error


def _told(read: Callable[..., Any], *given: Any) -> Any:
    """What a reader makes of it, or the Fault that it raises."""
    try:
        return read(*given)
    except Fault as fault:
        return fault
