"""How answers are weighed, in thousandths, and how far they look: alike on every store."""

from __future__ import annotations

from typing import NamedTuple


class Scores(NamedTuple):
    """What a hit of a search is worth."""

    name: int
    alias: int
    beginning: int
    words: int
    summary: int


class Adoption(NamedTuple):
    """What users add to a recommendation: `most` * n / (n + `half`) for n of them."""

    most: int
    half: int


SCORES = Scores(name=1000, alias=900, beginning=700, words=500, summary=200)
ADOPTION = Adoption(most=200, half=10)

MOST_ALIKE = 5_000
"""How many hops from the rarest targets of an entity are followed to find what is like it."""
MOST_RANKED = 50
"""How many of those, beside the ones that are asked for, are compared in full."""
MOST_WALKED = 20_000
"""How many claims each end of a path is followed over, for each step."""
MOST_MEETINGS = 50_000
"""How many chains that meet in the middle are looked at."""
LONGEST_CLOSED = 3
"""The longest paths that are chains from one end closed by a claim; in longer ones, chains from both ends meet."""


def halves(length: int) -> tuple[tuple[int, int], ...]:
    """How many steps from either end chains of a length meet; where that is uneven, either end may take the one more."""
    half, odd = divmod(length, 2)
    return ((half + 1, half), (half, half + 1)) if odd else ((half, half),)
