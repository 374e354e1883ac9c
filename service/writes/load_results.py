"""The result of a bulk load: invalid lines, and the number of facts that were written."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol, TypeAlias


class FileLocation(NamedTuple):
    """A line of the input: the index of its file, and its number."""

    file: int
    line: int


LineError: TypeAlias = tuple[FileLocation, str]


class NamedFile(Protocol):
    """A file whose name appears in error messages."""

    @property
    def name(self) -> str: ...


@dataclass(slots=True)
class LoadErrors:
    """The errors of invalid lines, up to a maximum."""

    max_errors: int
    items: list[LineError] = field(default_factory=list)

    def add(self, errors: Iterable[LineError]) -> None:
        self.items.extend(errors)
        del self.items[self.max_errors :]

    @property
    def full(self) -> bool:
        return len(self.items) >= self.max_errors

    def messages(self, files: Sequence[NamedFile]) -> Iterator[str]:
        """Yield one message per error, in the order of files and lines."""
        for location, message in sorted(self.items):
            yield f"{files[location.file].name}:{location.line}: {message}"


@dataclass(slots=True)
class LoadSummary:
    """The number of entities and pieces of evidence that were written or retracted, and of lines that changed nothing."""

    entities: int = 0
    evidence: int = 0
    retracted: int = 0
    unchanged: int = 0

    def add(self, other: LoadSummary) -> None:
        self.entities += other.entities
        self.evidence += other.evidence
        self.retracted += other.retracted
        self.unchanged += other.unchanged


class BatchResult(NamedTuple):
    """What a transaction of a bulk load has written, and the errors of its lines."""

    summary: LoadSummary
    errors: list[LineError]
