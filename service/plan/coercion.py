"""Bind parameters: read the values of a request, check them and convert them for the statement."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import reduce
from operator import getitem
from typing import Any, NamedTuple, TypeAlias, cast

from schema.text import text_key, words
from service.errors import ArgumentLocation, InputError
from service.plan.cursors import read_cursor
from service.plan.parameters import (
    MAX_PATH_LENGTH,
    MAX_REFERENCES,
    MAX_SEARCH_CHARACTERS,
    MAX_SEARCH_WORDS,
    AnyNonEmpty,
    Constant,
    Conversion,
    CursorValue,
    ListOf,
    Parameter,
    ReferenceKeys,
    RelationNames,
    ValueSource,
    VariablePath,
    VersionPart,
)
from service.plan.version import Version

_STORED_TEXT_FACTOR = 10
_TEXT_SETTING = "ATLAS_MAX_TEXT"

Variables: TypeAlias = Mapping[str, Any]


class ValueLimits(NamedTuple):
    """Upper limits of values: page sizes, items of a list, characters of a text."""

    page: int
    nested_page: int
    items: int
    text: int


def bind(parameters: Iterable[Parameter], variables: Variables, limits: ValueLimits) -> list[Any]:
    """Return the values of the parameters, in order. Raise InputError for an invalid value."""
    keys = _TextKeys(limits.text)
    return [_convert(_resolve(parameter.source, variables), parameter, limits, keys) for parameter in parameters]


class _TextKeys:
    """Computes the normalized keys of a request's texts.

    Normalizing text beyond ASCII is slow. So each text is normalized once, and the sum of their lengths is limited.
    """

    def __init__(self, max_text: int) -> None:
        self._max_characters = self._remaining_characters = MAX_REFERENCES * max_text
        self._keys: dict[str, str] = {}

    def key(self, value: Any, location: ArgumentLocation) -> str:
        text = _storable(value, location)
        key = self._keys.get(text)
        if key is None:
            self._remaining_characters -= 0 if text.isascii() else len(text)
            if self._remaining_characters < 0:
                message = (
                    f"{location.argument}: the texts of the request have more than {self._max_characters} characters "
                    f"in total ({MAX_REFERENCES} times {_TEXT_SETTING})."
                )
                raise InputError(message, location, "text")
            key = self._keys[text] = text_key(text)
        return key


def _resolve(source: ValueSource, variables: Variables) -> Any:
    match source:
        case Constant(value):
            return value
        case VariablePath(path):
            return reduce(getitem, path, cast("Any", variables))
        case ListOf(items):
            return [_resolve(item, variables) for item in items]


def _convert(value: Any, parameter: Parameter, limits: ValueLimits, keys: _TextKeys) -> Any:
    conversion, location = parameter.conversion, parameter.location
    if conversion is Conversion.PAGE_SIZE:
        return _page_size(value, location, limits)
    _check_items(value, location, limits.items)
    if isinstance(conversion, CursorValue):  # may exceed the limit of texts, because it contains several values
        return _cursor_value(value, conversion, location)
    if conversion is Conversion.STORED:
        _check_length(value, location, limits.text * _STORED_TEXT_FACTOR, f"{_STORED_TEXT_FACTOR} times ")
    else:
        _check_length(value, location, limits.text)
    match conversion:
        case Conversion():
            return _CONVERTERS[conversion](value, location, keys)
        case RelationNames(names):
            return _relation_names(value, names, location)
        case ReferenceKeys(min_items):
            return _reference_keys(value, min_items, location, keys)
        case AnyNonEmpty(message):
            return _check_any_non_empty(value, message, location)
        case VersionPart(part):
            return _version_part(value, part, location)


def _check_items(value: Any, location: ArgumentLocation, max_items: int) -> None:
    if isinstance(value, list) and (count := len(cast("list[Any]", value))) > max_items:
        message = f"{location.argument} has {count} items; at most {max_items} are allowed (ATLAS_MAX_ITEMS)."
        raise InputError(message, location, "items")


def _check_length(value: Any, location: ArgumentLocation, max_characters: int, factor: str = "") -> None:
    for text in _texts(value):
        if len(text) > max_characters:
            message = (
                f"{location.argument} has {len(text)} characters; at most {max_characters} are allowed "
                f"({factor}{_TEXT_SETTING})."
            )
            raise InputError(message, location, "text")


def _texts(value: Any) -> Iterator[str]:
    """Return the texts of a value: the value itself, or the items of a list."""
    items = cast("list[Any]", value) if isinstance(value, list) else (value,)
    return (item for item in items if isinstance(item, str))


def _storable(value: Any, location: ArgumentLocation) -> Any:
    """Return the value unless it contains text that a database cannot store."""
    for text in _texts(value):
        if "\0" in text:
            raise InputError(f"{location.argument} contains the character U+0000.", location)
        try:
            text.encode()
        except UnicodeEncodeError as error:
            raise InputError(f"{location.argument} contains an unpaired surrogate.", location) from error
    return value


def _page_size(size: int, location: ArgumentLocation, limits: ValueLimits) -> int:
    if size < 0:
        raise InputError(f"{location.argument} is {size}; it must not be negative.", location)
    is_nested = len(location.path) > 1
    limit, max_size = ("nested_page", limits.nested_page) if is_nested else ("page", limits.page)
    if size > max_size:
        page = "nested page" if is_nested else "page"
        message = f"{location.argument} is {size}; a {page} has at most {max_size} items (ATLAS_MAX_{limit.upper()})."
        raise InputError(message, location, limit)
    return size


def _cursor_value(cursor: str, conversion: CursorValue, location: ArgumentLocation) -> str | int:
    value = read_cursor(cursor, conversion)
    if value is None:
        raise InputError(
            f"{location.argument} is not a valid cursor of this list in this order; use a cursor from its edges or "
            "pageInfo.",
            location,
        )
    return _storable(value, location)


def _thousandths(confidence: float, location: ArgumentLocation, _: _TextKeys) -> int:
    if not 0 <= confidence <= 1:
        raise InputError(f"{location.argument} is {confidence}; a confidence must be between 0 and 1.", location)
    return math.ceil(round(confidence * 1000, 6))


def _search_key(text: str, location: ArgumentLocation, keys: _TextKeys) -> str:
    if len(text) > MAX_SEARCH_CHARACTERS:
        message = f"{location.argument} has {len(text)} characters; at most {MAX_SEARCH_CHARACTERS} are allowed."
        raise InputError(message, location)
    return keys.key(text, location)


def _search_words(text: str, location: ArgumentLocation, _: _TextKeys) -> list[str]:
    searched = words(_storable(text, location))
    if len(searched) > MAX_SEARCH_WORDS:
        message = f"{location.argument} has {len(searched)} words; at most {MAX_SEARCH_WORDS} are allowed."
        raise InputError(message, location)
    return searched


def _positive(value: int, location: ArgumentLocation, _: _TextKeys) -> int:
    if value < 1:
        raise InputError(f"{location.argument} is {value}; give at least 1, or omit it.", location)
    return value


def _path_length(length: int, location: ArgumentLocation, _: _TextKeys) -> int:
    if not 1 <= length <= MAX_PATH_LENGTH:
        message = f"{location.argument} is {length}; give a length from 1 to {MAX_PATH_LENGTH}."
        raise InputError(message, location)
    return length


def _relation_names(values: list[str], names: tuple[str, ...], location: ArgumentLocation) -> list[str]:
    for value in values:
        if value not in names:
            message = f"{location.argument}: there is no relation '{value}'; the relations are {', '.join(names)}."
            raise InputError(message, location)
    return values


def _reference_keys(values: list[str], min_items: int, location: ArgumentLocation, keys: _TextKeys) -> list[str]:
    if not min_items <= len(values) <= MAX_REFERENCES:
        allowed = f"{min_items} to {MAX_REFERENCES}" if min_items else f"at most {MAX_REFERENCES}"
        raise InputError(f"{location.argument} has {len(values)} items; give {allowed}.", location)
    return [keys.key(item, location) for item in values]


def _check_any_non_empty(values: list[Any], message: str, location: ArgumentLocation) -> None:
    if not any(values):
        raise InputError(message, location)


def _version_part(text: str, part: str, location: ArgumentLocation) -> str | int:
    version = Version.parse(_storable(text, location))
    if version is None:
        message = (
            f"{location.argument} is not a valid cursor of the change log; use the cursor of a change or a version."
        )
        raise InputError(message, location)
    return getattr(version, part)


_CONVERTERS: dict[Conversion, Callable[[Any, ArgumentLocation, _TextKeys], Any]] = {
    Conversion.PLAIN: lambda value, location, _: _storable(value, location),
    Conversion.STORED: lambda value, location, _: _storable(value, location),
    Conversion.GLOBAL_IDS: lambda value, location, _: _storable(value, location),
    Conversion.TEXT_KEY: lambda value, location, keys: keys.key(value, location),
    Conversion.TEXT_KEYS: lambda value, location, keys: [keys.key(item, location) for item in value],
    Conversion.THOUSANDTHS: _thousandths,
    Conversion.SEARCH_KEY: _search_key,
    Conversion.SEARCH_WORDS: _search_words,
    Conversion.POSITIVE: _positive,
    Conversion.PATH_LENGTH: _path_length,
}
