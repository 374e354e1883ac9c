"""Mend what was mistyped in a text to search for, by the names and aliases that the graph holds.

What is typed and the names are compared by their squashed keys (`schema.text.squash`), so that spaces and hyphens do not
count, by the least number of letters to add, drop, replace or swap with a neighbour (optimal string alignment).
"""

from __future__ import annotations

import asyncio
import logging
import re
import time
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import takewhile
from typing import Any

from rapidfuzz import process
from rapidfuzz.distance import OSA

from schema.text import squash, words
from service.compiler import LruCache
from service.errors import StoreError
from service.stores import Store

log = logging.getLogger("atlas")

_LOOK_SECONDS = 5.0
_KEPT = 4096
_AT_ONCE = 2000  # compared in half a millisecond, in which nothing else in the process can run
_LONGEST = 200  # each word of a text may cost milliseconds
_WORD = re.compile(r"[^\W_]+")


class SpellingCorrector:
    """The spellings that a store holds, read at the first use. Close it to end what it does in the background."""

    def __init__(self, store: Store[Any], look_seconds: float = _LOOK_SECONDS) -> None:
        self._store = store
        self._seconds = look_seconds
        self._known: _Known | None = None
        self._looked = 0.0
        self._loading = asyncio.Lock()
        self._looking: asyncio.Task[None] | None = None

    async def mend(self, text_key: str, kinds: tuple[str, ...] | None) -> str:
        """The key of what was most probably meant by a key that was typed; the same key where nothing is near, and where
        it has more than 200 characters.

        Only names of `kinds` count, of all kinds where it is None. Raises StoreUnavailable, at the first use only.
        """
        known = await self._current()
        mended = known.mended.get((text_key, kinds))
        if mended is None:
            chosen = tuple(names for kind, names in known.names.items() if kinds is None or kind in kinds)
            mended = _at_once(text_key, chosen)
            if mended is None and sum(len(names.keys) for names in chosen) < _AT_ONCE:
                mended = _nearest(text_key, chosen)
            elif mended is None:
                mended = await asyncio.to_thread(_nearest, text_key, chosen)
            known.mended.put((text_key, kinds), mended)
        return mended

    async def close(self) -> None:
        if self._looking is not None:
            self._looking.cancel()
            await asyncio.gather(self._looking, return_exceptions=True)
            self._looking = None

    async def _current(self) -> _Known:
        if self._known is None:
            async with self._loading:
                if self._known is None:
                    self._known = await self._load()
                    self._looked = time.monotonic()
        elif time.monotonic() - self._looked > self._seconds and (self._looking is None or self._looking.done()):
            self._looking = asyncio.create_task(self._look(self._known))
        return self._known

    async def _look(self, known: _Known) -> None:
        try:
            if await self._store.version(background=True) != known.version:
                self._known = await self._load()
        except StoreError as error:
            log.warning("the names to mend typing mistakes by could not be read again: %s", error)
        except Exception:
            log.exception("the names to mend typing mistakes by could not be read again")
        self._looked = time.monotonic()

    async def _load(self) -> _Known:
        # before the names: if these are newer, the next look reads them again
        version = await self._store.version(background=True)
        spellings, texts = await self._store.names_by_kind(), await self._store.search_texts()
        names = await asyncio.to_thread(
            lambda: {kind: _Names.of(keys, texts.get(kind, [])) for kind, keys in spellings.items()}
        )
        return _Known(version, names)


@dataclass(frozen=True, slots=True)
class _Known:
    """What is known at one version of the graph, and what was mended by it."""

    version: str
    names: dict[str, _Names]
    mended: LruCache[tuple[str, tuple[str, ...] | None], str] = field(default_factory=lambda: LruCache(_KEPT))


@dataclass(frozen=True, slots=True)
class _Forms:
    """Forms of texts to compare with, and the text of each; those of each length are sorted.

    All of them are never sorted at once: nothing else in the process could run meanwhile.
    """

    text: dict[str, str]
    by_length: dict[int, list[str]]

    @classmethod
    def of(cls, text: dict[str, str]) -> _Forms:
        by_length: dict[int, list[str]] = {}
        for form in text:
            by_length.setdefault(len(form), []).append(form)
        for same in by_length.values():
            same.sort()
        return cls(text, by_length)

    def any_begins(self, start: str) -> bool:
        """Whether one is this or begins with it."""
        return any(next(self.begin(start, length), None) for length in self.by_length if length >= len(start))

    def begin(self, start: str, length: int) -> Iterator[str]:
        """The forms of that length that begin so."""
        same = self.by_length.get(length, [])
        found = (same[location] for location in range(bisect_left(same, start), len(same)))
        return takewhile(lambda form: form.startswith(start), found)


@dataclass(frozen=True, slots=True)
class _Names:
    """The names and aliases of a kind: their keys, their squashed forms, their words; and by which words each of its
    entities is searched, a space around each, and all of these words.
    """

    keys: frozenset[str]
    squashed: _Forms
    words: _Forms
    texts: list[str]
    told: frozenset[str]

    @classmethod
    def of(cls, keys: list[str], texts: list[str]) -> _Names:
        squashed: dict[str, str] = {}
        for name in keys:
            form = squash(name)
            squashed[form] = min(name, squashed.get(form, name), key=_shortest)
        single = {word: word for name in keys for word in words(name)}
        told = frozenset(word for text in texts for word in text.split())
        return cls(frozenset(keys), _Forms.of(squashed), _Forms.of(single), [f" {text} " for text in texts], told)

    def holds(self, word: str) -> bool:
        """Whether a name or a summary has the word."""
        return word in self.told

    def holds_together(self, typed_words: list[str]) -> bool:
        """Whether one entity has all of these words, in its names or its summary."""
        apart = [f" {word} " for word in typed_words]
        return any(all(word in text for word in apart) for text in self.texts)


def _at_once(typed: str, chosen: tuple[_Names, ...]) -> str | None:
    """What can be said without comparing letters; None when they must be compared."""
    form = squash(typed)
    only_a_letter = len(form) < 2  # so are `C#` and `C++`
    if only_a_letter or len(typed) > _LONGEST or any(typed in names.keys for names in chosen):
        return typed
    if same := {names.squashed.text[form] for names in chosen if form in names.squashed.text}:
        return min(same, key=_shortest)
    typed_words = words(typed)
    if any(names.squashed.any_begins(form) for names in chosen) and all(
        any(names.words.any_begins(word) for names in chosen) for word in typed_words
    ):
        longer = {names.squashed.text[one] for names in chosen for one in names.squashed.begin(form, len(form) + 1)}
        return longer.pop() if len(longer) == 1 and _limit(form) else typed
    # several words that are there may be nowhere together: `fast ai` is FastAPI
    return typed if len(typed_words) < 2 and _known(typed_words, chosen) else None


def _known(typed_words: list[str], chosen: tuple[_Names, ...]) -> bool:
    """Whether each of these words is somewhere in the graph."""
    return all(any(names.holds(word) for names in chosen) for word in typed_words)


def _nearest(typed: str, chosen: tuple[_Names, ...]) -> str:
    """The nearest name, unless something has all the words that were typed; where none is near, the same text with each
    word mended.
    """
    name = _near(squash(typed), [names.squashed for names in chosen])
    typed_words = words(typed)
    if name is not None and _known(typed_words, chosen) and any(one.holds_together(typed_words) for one in chosen):
        return typed
    all_words = [names.words for names in chosen]

    def word(match: re.Match[str]) -> str:
        if any(names.holds(match[0]) or names.words.any_begins(match[0]) for names in chosen):
            return match[0]
        return _near(match[0], all_words) or match[0]

    return _WORD.sub(word, typed) if name is None else name


def _near(form: str, chosen: list[_Forms]) -> str | None:
    """The text of the nearest form; of several the one with the same first letter, then with the same length, then the
    shorter, then the first by alphabet. None when none is within the limit.
    """
    limit = _limit(form)
    found: list[tuple[Any, ...]] = []
    for difference in range(limit + 1) if limit else ():
        if found and min(found)[0] < difference:
            break  # what differs so much in length is farther away
        for length in {len(form) - difference, len(form) + difference}:
            for forms in chosen:
                for one, distance in _compared(form, forms.by_length.get(length, []), limit):
                    rank = distance, one[0] != form[0], len(one) != len(form), len(one), forms.text[one]
                    found.append(rank)
    return min(found)[-1] if found else None


def _compared(form: str, forms: list[str], limit: int) -> Iterator[tuple[str, int]]:
    """Those that are within the limit, and how far they are. Lets others run now and then."""
    for start in range(0, len(forms), _AT_ONCE):
        some = forms[start : start + _AT_ONCE]
        for one, distance, _ in process.extract(form, some, scorer=OSA.distance, score_cutoff=limit, limit=None):
            yield one, distance
        if len(some) == _AT_ONCE:
            time.sleep(0)


def _limit(form: str) -> int:
    """How many letters may be wrong."""
    return 0 if len(form) < 4 else 1 if len(form) < 8 else 2


def _shortest(text: str) -> tuple[int, str]:
    return len(text), text
