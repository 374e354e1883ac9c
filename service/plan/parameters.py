"""Values of an operation: where each comes from, what is checked, and what a statement gets of it."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, NamedTuple, TypeAlias, cast

from schema.text import key, words
from service.errors import InputError, Place

MOST_NAMED = 20
MOST_WORDS = 10
LONGEST_TEXT = 200
LONGEST_PATH = 6
LARGEST_INTEGER = 2**63 - 1
_LONGEST_NUMBER = 18
_WRITTEN_TIMES = 10
_TEXT_SETTING = "ATLAS_MAX_TEXT"

Slot: TypeAlias = int
"""The place of a value in `Plan.slots`."""


class Version(NamedTuple):
    """A state of a graph: the digest of the facts that it was first filled with, and the number of its last change.

    Written `57eeaafa6e9cc1c7.17`; the same text is the cursor of that change.
    """

    digest: str
    sequence: int

    def __str__(self) -> str:
        return f"{self.digest}.{self.sequence}"

    @classmethod
    def of(cls, text: str) -> Version | None:
        """The version that a text is; None where it is none."""
        digest, dot, sequence = text.rpartition(".")
        if not dot or not digest or not (sequence.isascii() and sequence.isdigit()) or len(sequence) > _LONGEST_NUMBER:
            return None
        return cls(digest, int(sequence))


class Bounds(NamedTuple):
    """How much the values of a request may ask for: rows of a page, rows of a page below another, items of a list,
    characters of a text.
    """

    page: int
    nested_page: int
    items: int
    text: int


class Convert(Enum):
    """What is done to a client's value before a statement sees it."""

    PLAIN = "plain"
    WRITTEN = "written"  # what is to be kept: it may be longer than what is looked for
    KEY = "key"  # the normalised key by which text is matched
    KEYS = "keys"
    SIZE = "size"  # a page size, checked
    CURSOR = "cursor"  # one value of a cursor, checked
    THOUSANDTHS = "thousandths"  # a confidence as it is stored
    RELATIONS = "relations"  # names of relations, checked
    IDS = "ids"  # global IDs
    SLUGS = "slugs"  # slugs, names or aliases, not too many
    TEXT = "text"  # the key of a text to search for, not too long
    WORDS = "words"  # its words, not too many
    COUNT = "count"  # a number of things, at least one
    ASKED = "asked"  # nothing but a check: what was asked for, of which something must be there
    LENGTH = "length"  # the length of a path, checked
    VERSION = "version"  # the digest or the number of a version, checked


@dataclass(frozen=True, slots=True)
class Given:
    """A value that stands in the document."""

    value: Any


@dataclass(frozen=True, slots=True)
class Variable:
    """A value inside the operation's variables: `("w", "name", "eq")`."""

    path: tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Items:
    """A list whose items come from different places."""

    items: tuple[Origin, ...]


Origin: TypeAlias = Given | Variable | Items


@dataclass(frozen=True, slots=True)
class Value:
    """Where the value of a slot comes from, what is made of it, and where in the document to point when it is wrong.

    `detail` is what the conversion needs beside the value: for a cursor the order's signature, the number of its values
    and which of them this slot is; for relations the names there are; for slugs how many there must be at least; for what
    was asked for what to say when it is nothing; for a version which of its parts.
    """

    origin: Origin
    convert: Convert
    place: Place
    detail: tuple[Any, ...] = ()


def bind(slots: Iterable[Value], variables: Mapping[str, Any], bounds: Bounds) -> list[Any]:
    """Return the values of slots, in order; raises InputError that says what is wrong and where."""
    keys = _Keys(bounds.text)
    return [_convert(value, _resolve(value.origin, variables), bounds, keys) for value in slots]


def write_cursor(signature: str, values: list[Any]) -> str:
    """The cursor of a row: the order's signature and the row's values, as hexadecimal JSON."""
    return json.dumps([signature, *values], ensure_ascii=False, separators=(",", ":")).encode().hex().upper()


def _resolve(origin: Origin, variables: Mapping[str, Any]) -> Any:
    match origin:
        case Given(value):
            return value
        case Variable(path):
            found: Any = variables
            for step in path:
                found = found[step]
            return found
        case Items(items):
            return [_resolve(item, variables) for item in items]


class _Keys:
    """The keys of a request's texts. Each is made once; beyond ASCII that takes long, so that it is limited in all."""

    def __init__(self, longest: int) -> None:
        self._most = self._left = MOST_NAMED * longest
        self._known: dict[str, str] = {}

    def of(self, given: Any, place: Place) -> str:
        text = _plain(given, place)
        found = self._known.get(text)
        if found is None:
            self._left -= 0 if text.isascii() else len(text)
            if self._left < 0:
                told = f"{place.argument}: the texts of the request have more than {self._most} characters in all"
                raise InputError(f"{told} ({_TEXT_SETTING}, {MOST_NAMED} times).", place, "text")
            found = self._known[text] = key(text)
        return found


def _convert(value: Value, given: Any, bounds: Bounds, keys: _Keys) -> Any:
    if value.convert is Convert.SIZE:
        return _size(given, value.place, bounds)
    if isinstance(given, list) and len(items := cast("list[Any]", given)) > bounds.items:
        place = value.place
        told = f"{place.argument} has {len(items)} items; at most {bounds.items} are allowed (ATLAS_MAX_ITEMS)."
        raise InputError(told, place, "items")
    if value.convert is not Convert.CURSOR:
        _check_length(given, value, bounds.text)
    return _CONVERTERS[value.convert](given, value, keys)


def _check_length(given: Any, value: Value, longest: int) -> None:
    most = longest * _WRITTEN_TIMES if value.convert is Convert.WRITTEN else longest
    for text in _texts(given):
        if len(text) > most:
            told = f"{value.place.argument} has {len(text)} characters; at most {most} are allowed ({_TEXT_SETTING}"
            times = f", {_WRITTEN_TIMES} times" if most > longest else ""
            raise InputError(f"{told}{times}).", value.place, "text")


def _texts(given: Any) -> Iterator[str]:
    """The texts among what is given: itself, or items of a list."""
    return (
        item for item in (cast("list[Any]", given) if isinstance(given, list) else (given,)) if isinstance(item, str)
    )


def _plain(given: Any, place: Place) -> Any:
    """Refuse what no database holds as text."""
    for text in _texts(given):
        if "\0" in text:
            raise InputError(f"{place.argument}: text must not hold the character U+0000.", place)
        try:
            text.encode()
        except UnicodeEncodeError as error:
            raise InputError(f"{place.argument}: half of a surrogate pair is no text.", place) from error
    return given


def _size(given: int, place: Place, bounds: Bounds) -> int:
    if given < 0:
        raise InputError(f"{place.argument} is {given}; it must not be negative.", place)
    name = "page" if len(place.path) == 1 else "nested_page"
    most = getattr(bounds, name)
    if given > most:
        told = "a page has at most" if name == "page" else "a page below another field has at most"
        raise InputError(f"{place.argument} is {given}; {told} {most} (ATLAS_MAX_{name.upper()}).", place, name)
    return given


def _slugs(given: list[str], value: Value, keys: _Keys) -> list[str]:
    place, (least,) = value.place, value.detail
    if not least <= len(given) <= MOST_NAMED:
        wanted = f"{least} to {MOST_NAMED}" if least else f"at most {MOST_NAMED}"
        raise InputError(f"{place.argument} has {len(given)} items; name {wanted}.", place)
    return [keys.of(item, place) for item in given]


def _text(given: str, value: Value, keys: _Keys) -> str:
    place = value.place
    if len(given) > LONGEST_TEXT:
        raise InputError(f"{place.argument} has {len(given)} characters; search for at most {LONGEST_TEXT}.", place)
    return keys.of(given, place)


def _words(given: str, value: Value, _: _Keys) -> list[str]:
    place = value.place
    found = words(_plain(given, place))
    if len(found) > MOST_WORDS:
        raise InputError(f"{place.argument} has {len(found)} words; search for at most {MOST_WORDS}.", place)
    return found


def _count(given: int, value: Value, _: _Keys) -> int:
    place = value.place
    if given < 1:
        raise InputError(f"{place.argument} is {given}; ask for at least 1, or leave it out.", place)
    return given


def _asked(given: list[Any], value: Value, _: _Keys) -> None:
    if not any(given):
        raise InputError(value.detail[0], value.place)


def _length(given: int, value: Value, _: _Keys) -> int:
    place = value.place
    if not 1 <= given <= LONGEST_PATH:
        raise InputError(f"{place.argument} is {given}; a path has 1 to {LONGEST_PATH} steps.", place)
    return given


def _cursor_value(given: str, value: Value, _: _Keys) -> Any:
    signature, types, index = value.detail
    try:
        opened = json.loads(bytes.fromhex(given))
        fits = opened[0] == signature and len(opened) == len(types) + 1
        fits = fits and all(isinstance(item, type_) for item, type_ in zip(opened[1:], types, strict=True))
        found = _plain(opened[index + 1], value.place) if fits else None
    except (ValueError, TypeError, KeyError, IndexError, RecursionError):
        found = None
    if found is None or (isinstance(found, int) and abs(found) > LARGEST_INTEGER):
        raise InputError(
            f"{value.place.argument} is no cursor of this list in this order; take one from its edges or pageInfo.",
            value.place,
        )
    return found


def _version(given: str, value: Value, _: _Keys) -> Any:
    place, (part,) = value.place, value.detail
    found = Version.of(_plain(given, place))
    if found is None:
        raise InputError(
            f"{place.argument} is no cursor of the log of changes; take one from a change or a version.", place
        )
    return getattr(found, part)


def _thousandths(given: float, value: Value, _: _Keys) -> int:
    place = value.place
    if not 0 <= given <= 1:
        raise InputError(f"{place.argument} is {given}; a confidence lies between 0 and 1.", place)
    return math.ceil(round(given * 1000, 6))


def _relations(given: list[str], value: Value, _: _Keys) -> list[str]:
    for name in given:
        if name not in value.detail:
            raise InputError(
                f"{value.place.argument}: there is no relation '{name}'; there are {', '.join(value.detail)}.",
                value.place,
            )
    return given


_CONVERTERS: dict[Convert, Callable[[Any, Value, _Keys], Any]] = {
    Convert.PLAIN: lambda given, value, _: _plain(given, value.place),
    Convert.WRITTEN: lambda given, value, _: _plain(given, value.place),
    Convert.KEY: lambda given, value, keys: keys.of(given, value.place),
    Convert.KEYS: lambda given, value, keys: [keys.of(item, value.place) for item in given],
    Convert.CURSOR: _cursor_value,
    Convert.THOUSANDTHS: _thousandths,
    Convert.RELATIONS: _relations,
    Convert.IDS: lambda given, value, _: _plain(given, value.place),
    Convert.SLUGS: _slugs,
    Convert.TEXT: _text,
    Convert.WORDS: _words,
    Convert.COUNT: _count,
    Convert.ASKED: _asked,
    Convert.LENGTH: _length,
    Convert.VERSION: _version,
}
