"""Values of an operation: where each comes from, what is checked, and what a statement gets of it."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, NamedTuple, TypeAlias, cast

from schema.text import text_key, words
from service.errors import ArgumentLocation, InputError
from service.plan.version import Version

MAX_REFERENCES = 20
MAX_SEARCH_WORDS = 10
MAX_SEARCH_CHARACTERS = 200
MAX_PATH_LENGTH = 6
MAX_INTEGER = 2**63 - 1
_WRITTEN_TIMES = 10
_TEXT_SETTING = "ATLAS_MAX_TEXT"

ParameterIndex: TypeAlias = int
"""The place of a value in `Plan.parameters`."""


class ValueLimits(NamedTuple):
    """How much the values of a request may ask for: rows of a page, rows of a page below another, items of a list,
    characters of a text.
    """

    page: int
    nested_page: int
    items: int
    text: int


class Conversion(Enum):
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
class Constant:
    """A value that stands in the document."""

    value: Any


@dataclass(frozen=True, slots=True)
class VariablePath:
    """A value inside the operation's variables: `("w", "name", "eq")`."""

    path: tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class ListOf:
    """A list whose items come from different places."""

    items: tuple[ValueSource, ...]


ValueSource: TypeAlias = Constant | VariablePath | ListOf


@dataclass(frozen=True, slots=True)
class Parameter:
    """Where the value of a slot comes from, what is made of it, and where in the document to point when it is wrong.

    `detail` is what the conversion needs beside the value: for a cursor the order's signature, the number of its values
    and which of them this slot is; for relations the names there are; for slugs how many there must be at least; for what
    was asked for what to say when it is nothing; for a version which of its parts.
    """

    source: ValueSource
    conversion: Conversion
    location: ArgumentLocation
    detail: tuple[Any, ...] = ()


def bind(parameters: Iterable[Parameter], variables: Mapping[str, Any], bounds: ValueLimits) -> list[Any]:
    """Return the values of slots, in order; raises InputError that says what is wrong and where."""
    keys = _Keys(bounds.text)
    return [_convert(value, _resolve(value.source, variables), bounds, keys) for value in parameters]


def write_cursor(signature: str, values: list[Any]) -> str:
    """The cursor of a row: the order's signature and the row's values, as hexadecimal JSON."""
    return json.dumps([signature, *values], ensure_ascii=False, separators=(",", ":")).encode().hex().upper()


def _resolve(origin: ValueSource, variables: Mapping[str, Any]) -> Any:
    match origin:
        case Constant(value):
            return value
        case VariablePath(path):
            found: Any = variables
            for step in path:
                found = found[step]
            return found
        case ListOf(items):
            return [_resolve(item, variables) for item in items]


class _Keys:
    """The keys of a request's texts. Each is made once; beyond ASCII that takes long, so that it is limited in all."""

    def __init__(self, longest: int) -> None:
        self._most = self._left = MAX_REFERENCES * longest
        self._known: dict[str, str] = {}

    def of(self, given: Any, location: ArgumentLocation) -> str:
        text = _plain(given, location)
        found = self._known.get(text)
        if found is None:
            self._left -= 0 if text.isascii() else len(text)
            if self._left < 0:
                told = f"{location.argument}: the texts of the request have more than {self._most} characters in all"
                raise InputError(f"{told} ({_TEXT_SETTING}, {MAX_REFERENCES} times).", location, "text")
            found = self._known[text] = text_key(text)
        return found


def _convert(value: Parameter, given: Any, bounds: ValueLimits, keys: _Keys) -> Any:
    if value.conversion is Conversion.SIZE:
        return _size(given, value.location, bounds)
    if isinstance(given, list) and len(items := cast("list[Any]", given)) > bounds.items:
        location = value.location
        told = f"{location.argument} has {len(items)} items; at most {bounds.items} are allowed (ATLAS_MAX_ITEMS)."
        raise InputError(told, location, "items")
    if value.conversion is not Conversion.CURSOR:
        _check_length(given, value, bounds.text)
    return _CONVERTERS[value.conversion](given, value, keys)


def _check_length(given: Any, value: Parameter, longest: int) -> None:
    most = longest * _WRITTEN_TIMES if value.conversion is Conversion.WRITTEN else longest
    for text in _texts(given):
        if len(text) > most:
            told = f"{value.location.argument} has {len(text)} characters; at most {most} are allowed ({_TEXT_SETTING}"
            times = f", {_WRITTEN_TIMES} times" if most > longest else ""
            raise InputError(f"{told}{times}).", value.location, "text")


def _texts(given: Any) -> Iterator[str]:
    """The texts among what is given: itself, or items of a list."""
    return (
        item for item in (cast("list[Any]", given) if isinstance(given, list) else (given,)) if isinstance(item, str)
    )


def _plain(given: Any, location: ArgumentLocation) -> Any:
    """Refuse what no database holds as text."""
    for text in _texts(given):
        if "\0" in text:
            raise InputError(f"{location.argument}: text must not hold the character U+0000.", location)
        try:
            text.encode()
        except UnicodeEncodeError as error:
            raise InputError(f"{location.argument}: half of a surrogate pair is no text.", location) from error
    return given


def _size(given: int, location: ArgumentLocation, bounds: ValueLimits) -> int:
    if given < 0:
        raise InputError(f"{location.argument} is {given}; it must not be negative.", location)
    name = "page" if len(location.path) == 1 else "nested_page"
    most = getattr(bounds, name)
    if given > most:
        told = "a page has at most" if name == "page" else "a page below another field has at most"
        raise InputError(f"{location.argument} is {given}; {told} {most} (ATLAS_MAX_{name.upper()}).", location, name)
    return given


def _slugs(given: list[str], value: Parameter, keys: _Keys) -> list[str]:
    location, (least,) = value.location, value.detail
    if not least <= len(given) <= MAX_REFERENCES:
        wanted = f"{least} to {MAX_REFERENCES}" if least else f"at most {MAX_REFERENCES}"
        raise InputError(f"{location.argument} has {len(given)} items; name {wanted}.", location)
    return [keys.of(item, location) for item in given]


def _text(given: str, value: Parameter, keys: _Keys) -> str:
    location = value.location
    if len(given) > MAX_SEARCH_CHARACTERS:
        raise InputError(
            f"{location.argument} has {len(given)} characters; search for at most {MAX_SEARCH_CHARACTERS}.", location
        )
    return keys.of(given, location)


def _words(given: str, value: Parameter, _: _Keys) -> list[str]:
    location = value.location
    found = words(_plain(given, location))
    if len(found) > MAX_SEARCH_WORDS:
        raise InputError(
            f"{location.argument} has {len(found)} words; search for at most {MAX_SEARCH_WORDS}.", location
        )
    return found


def _count(given: int, value: Parameter, _: _Keys) -> int:
    location = value.location
    if given < 1:
        raise InputError(f"{location.argument} is {given}; ask for at least 1, or leave it out.", location)
    return given


def _asked(given: list[Any], value: Parameter, _: _Keys) -> None:
    if not any(given):
        raise InputError(value.detail[0], value.location)


def _length(given: int, value: Parameter, _: _Keys) -> int:
    location = value.location
    if not 1 <= given <= MAX_PATH_LENGTH:
        raise InputError(f"{location.argument} is {given}; a path has 1 to {MAX_PATH_LENGTH} steps.", location)
    return given


def _cursor_value(given: str, value: Parameter, _: _Keys) -> Any:
    signature, types, index = value.detail
    try:
        opened = json.loads(bytes.fromhex(given))
        fits = opened[0] == signature and len(opened) == len(types) + 1
        fits = fits and all(isinstance(item, type_) for item, type_ in zip(opened[1:], types, strict=True))
        found = _plain(opened[index + 1], value.location) if fits else None
    except (ValueError, TypeError, KeyError, IndexError, RecursionError):
        found = None
    if found is None or (isinstance(found, int) and abs(found) > MAX_INTEGER):
        raise InputError(
            f"{value.location.argument} is no cursor of this list in this order; take one from its edges or pageInfo.",
            value.location,
        )
    return found


def _version(given: str, value: Parameter, _: _Keys) -> Any:
    location, (part,) = value.location, value.detail
    found = Version.parse(_plain(given, location))
    if found is None:
        raise InputError(
            f"{location.argument} is no cursor of the log of changes; take one from a change or a version.", location
        )
    return getattr(found, part)


def _thousandths(given: float, value: Parameter, _: _Keys) -> int:
    location = value.location
    if not 0 <= given <= 1:
        raise InputError(f"{location.argument} is {given}; a confidence lies between 0 and 1.", location)
    return math.ceil(round(given * 1000, 6))


def _relations(given: list[str], value: Parameter, _: _Keys) -> list[str]:
    for name in given:
        if name not in value.detail:
            raise InputError(
                f"{value.location.argument}: there is no relation '{name}'; there are {', '.join(value.detail)}.",
                value.location,
            )
    return given


_CONVERTERS: dict[Conversion, Callable[[Any, Parameter, _Keys], Any]] = {
    Conversion.PLAIN: lambda given, value, _: _plain(given, value.location),
    Conversion.WRITTEN: lambda given, value, _: _plain(given, value.location),
    Conversion.KEY: lambda given, value, keys: keys.of(given, value.location),
    Conversion.KEYS: lambda given, value, keys: [keys.of(item, value.location) for item in given],
    Conversion.CURSOR: _cursor_value,
    Conversion.THOUSANDTHS: _thousandths,
    Conversion.RELATIONS: _relations,
    Conversion.IDS: lambda given, value, _: _plain(given, value.location),
    Conversion.SLUGS: _slugs,
    Conversion.TEXT: _text,
    Conversion.WORDS: _words,
    Conversion.COUNT: _count,
    Conversion.ASKED: _asked,
    Conversion.LENGTH: _length,
    Conversion.VERSION: _version,
}
