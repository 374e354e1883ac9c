"""Parameters of a plan: where their values come from and how they are converted."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Any, ClassVar, Literal, TypeAlias

from service.errors import ArgumentLocation

MAX_REFERENCES = 20
MAX_SEARCH_WORDS = 10
MAX_SEARCH_CHARACTERS = 200
MAX_PATH_LENGTH = 6
MAX_INTEGER = 2**63 - 1

ParameterIndex: TypeAlias = int
"""The index of a parameter in `Plan.parameters`."""


@dataclass(frozen=True, slots=True)
class Constant:
    """A value in the text of the document."""

    value: Any


@dataclass(frozen=True, slots=True)
class VariablePath:
    """A value in the variables of the operation, for example `("w", "name", "eq")`."""

    path: tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class ListOf:
    """A list whose items have sources of their own: `[$a, "b"]`."""

    items: tuple[ValueSource, ...]


ValueSource: TypeAlias = Constant | VariablePath | ListOf


class Conversion(Enum):
    """A check or a conversion that depends on the value alone."""

    PLAIN = "plain"  # no conversion
    STORED = "written"  # text to be stored, which may be longer than text to search for
    TEXT_KEY = "key"  # text -> its normalized key
    TEXT_KEYS = "keys"
    PAGE_SIZE = "size"
    THOUSANDTHS = "thousandths"  # a confidence -> the integer that is stored
    GLOBAL_IDS = "ids"
    SEARCH_KEY = "text"  # the text of a search -> its normalized key
    SEARCH_WORDS = "words"  # the text of a search -> its words
    POSITIVE = "count"
    PATH_LENGTH = "length"

    @property
    def label(self) -> str:
        return self.value


# Conversions that depend on more than the value. `label` is the name that `explain` shows.


@dataclass(frozen=True, slots=True)
class CursorValue:
    """The value at `index` of a cursor, which has values of these types and the signature of its order."""

    signature: str
    types: tuple[type, ...]
    index: int

    label: ClassVar = "cursor"


@dataclass(frozen=True, slots=True)
class RelationNames:
    """Names of relations, all of which must be in `names`."""

    names: tuple[str, ...]

    label: ClassVar = "relations"


@dataclass(frozen=True, slots=True)
class ReferenceKeys:
    """Slugs, names or aliases -> their normalized keys; at least `min_items`, at most `MAX_REFERENCES`."""

    min_items: int

    label: ClassVar = "slugs"


@dataclass(frozen=True, slots=True)
class AnyNonEmpty:
    """A check without a result: at least one of several lists has an item. `message` is the error if none has."""

    message: str

    label: ClassVar = "non-empty"


@dataclass(frozen=True, slots=True)
class VersionPart:
    """The text of a version -> one of its parts."""

    part: Literal["digest", "sequence"]

    label: ClassVar = "version"


AnyConversion: TypeAlias = Conversion | CursorValue | RelationNames | ReferenceKeys | AnyNonEmpty | VersionPart


@dataclass(frozen=True, slots=True)
class Parameter:
    """A value that a statement needs. Errors about it point at `location`."""

    source: ValueSource
    conversion: AnyConversion
    location: ArgumentLocation
