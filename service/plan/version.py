"""Versions of a graph."""

from __future__ import annotations

from typing import NamedTuple

_MAX_SEQUENCE_DIGITS = 18


class Version(NamedTuple):
    """A state of a graph: the digest of its initial facts and the number of its last change.

    Its text form, `57eeaafa6e9cc1c7.17`, is also the cursor of that change.
    """

    digest: str
    sequence: int

    def __str__(self) -> str:
        return f"{self.digest}.{self.sequence}"

    @classmethod
    def parse(cls, text: str) -> Version | None:
        """Parse the text form of a version. Return None if the text is not a version."""
        digest, dot, sequence = text.rpartition(".")
        is_number = sequence.isascii() and sequence.isdigit() and len(sequence) <= _MAX_SEQUENCE_DIGITS
        return cls(digest, int(sequence)) if dot and digest and is_number else None
