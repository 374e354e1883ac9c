"""JSON as text in SQL: an expression that concatenates literals and quoted values.

SQLite's own json_object loses its type through sorted subqueries and prints floats and booleans its own way; text that
is put together once, in the order of the selection, needs no second look.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeAlias

_NAME = re.compile(r"[_A-Za-z][_0-9A-Za-z]*\Z")
_MOST_ARGUMENTS = 100


@dataclass(frozen=True, slots=True)
class Fixed:
    """Text that stands in the answer as it is."""

    text: str


Piece: TypeAlias = Fixed | str
"""A fixed text, or an SQL expression whose text goes into the answer."""


def members(parts: Iterable[tuple[str, Iterable[Piece]]]) -> list[Piece]:
    """The pieces of an object with these keys and values."""
    pieces: list[Piece] = [Fixed("{")]
    for index, (name, value) in enumerate(parts):
        pieces.append(Fixed(f'{"," if index else ""}"{checked_name(name)}":'))
        pieces.extend(value)
    return [*pieces, Fixed("}")]


def checked_name(name: str) -> str:
    """A response key or type name: GraphQL's grammar lets nothing through that JSON or SQL would read."""
    if not _NAME.match(name):
        raise ValueError(f"not a GraphQL name: {name!r}")
    return name


def string(name: str) -> Fixed:
    """A GraphQL name as a JSON string."""
    return Fixed(f'"{checked_name(name)}"')


def concat(pieces: Iterable[Piece]) -> str:
    """One SQL expression for the pieces, neighbouring literals merged."""
    merged: list[Piece] = []
    for piece in pieces:
        last = merged[-1] if merged else None
        if isinstance(piece, Fixed) and isinstance(last, Fixed):
            merged[-1] = Fixed(last.text + piece.text)
        else:
            merged.append(piece)
    return _call([_sql(piece) for piece in merged])


def _call(arguments: list[str]) -> str:
    if len(arguments) == 1:
        return arguments[0] if arguments[0].startswith("'") else f"concat({arguments[0]})"
    if len(arguments) > _MOST_ARGUMENTS:  # SQLite takes 1000 arguments, and a depth of 1000
        chunks = [arguments[at : at + _MOST_ARGUMENTS] for at in range(0, len(arguments), _MOST_ARGUMENTS)]
        return _call([_call(chunk) for chunk in chunks])
    return f"concat({', '.join(arguments)})"


def _sql(piece: Piece) -> str:
    return "'" + piece.text.replace("'", "''") + "'" if isinstance(piece, Fixed) else piece
