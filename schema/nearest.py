"""Names that are similar to one that does not exist."""

from __future__ import annotations

from collections.abc import Iterable

from rapidfuzz import fuzz, process

_MIN_SIMILARITY = 60  # of 100


def nearest(name: str, names: Iterable[str]) -> list[str]:
    """The names most similar to `name`, best first."""
    matches = process.extract(name, list(names), scorer=fuzz.ratio, limit=None, score_cutoff=_MIN_SIMILARITY)
    return [match for match, _, _ in matches]
