"""Weights of the ranking, in thousandths, and search limits, the same in every store."""

from __future__ import annotations

from typing import NamedTuple


class Scores(NamedTuple):
    """The score of a search hit, by the best way in which it matches the text."""

    name: int
    alias: int
    prefix: int
    words: int
    summary: int


class Adoption(NamedTuple):
    """The points that n users add to a recommendation: `max_points` * n / (n + `half_at`)."""

    max_points: int
    half_at: int


SCORES = Scores(name=1000, alias=900, prefix=700, words=500, summary=200)
ADOPTION = Adoption(max_points=200, half_at=10)

MAX_ALTERNATIVE_HOPS = 5_000
"""The number of hops from the rarest targets of an entity that are followed to find alternatives to it."""
EXTRA_ALTERNATIVES = 50
"""The number of candidates that are compared in full, in addition to the number of alternatives in the result."""
MAX_CLAIMS_PER_STEP = 20_000
"""The number of claims that a step of a path search follows from each end."""
MAX_CHAIN_PAIRS = 50_000
"""The number of pairs of chains, one from each end, that a path search combines."""
MAX_CLOSED_LENGTH = 3
"""Paths up to this length are chains from one end, closed by a claim to the other end. For longer paths, chains from both
ends meet in the middle.
"""


def split_length(length: int) -> tuple[tuple[int, int], ...]:
    """Return the numbers of steps from the two ends that add up to a length; of an odd length, either end takes one more."""
    half, odd = divmod(length, 2)
    return ((half + 1, half), (half, half + 1)) if odd else ((half, half),)
