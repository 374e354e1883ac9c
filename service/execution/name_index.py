"""Find the name that a misspelled search text probably means.

Texts and names are compared by their squashed keys (`schema.text.squash`), so spaces and hyphens do not count. The
distance of two keys is the number of letters to add, drop, replace, or swap with their neighbor (optimal string
alignment).
"""

from __future__ import annotations

import re
import time
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import takewhile
from typing import Any

from rapidfuzz import process
from rapidfuzz.distance import OSA

from schema.text import squash, words

BATCH_SIZE = 2000
"""The number of names compared at once, without letting other threads run: half a millisecond."""
_MAX_TEXT_LENGTH = 200  # the correction of each word can take milliseconds
_WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True)
class NameForms:
    """Texts by the form in which they are compared. The forms of each length are sorted.

    Forms are never sorted all at once, which would block other threads.
    """

    texts: dict[str, str]
    by_length: dict[int, list[str]]

    @classmethod
    def of(cls, texts: dict[str, str]) -> NameForms:
        by_length: dict[int, list[str]] = {}
        for form in texts:
            by_length.setdefault(len(form), []).append(form)
        for forms in by_length.values():
            forms.sort()
        return cls(texts, by_length)

    def has_prefix(self, prefix: str) -> bool:
        """Return whether a form starts with the prefix."""
        return any(next(self.with_prefix(prefix, length), None) for length in self.by_length if length >= len(prefix))

    def with_prefix(self, prefix: str, length: int) -> Iterator[str]:
        """Yield the forms of this length that start with the prefix."""
        forms = self.by_length.get(length, [])
        candidates = (forms[index] for index in range(bisect_left(forms, prefix), len(forms)))
        return takewhile(lambda form: form.startswith(prefix), candidates)


@dataclass(frozen=True, slots=True)
class NameIndex:
    """The names and aliases of one kind, and the words by which its entities are searched.

    `keys` are the keys of names; `squashed` and `words` their squashed forms and single words. `search_texts` has the
    words of each entity, with spaces around each; `search_words` has all of these words.
    """

    keys: frozenset[str]
    squashed: NameForms
    words: NameForms
    search_texts: list[str]
    search_words: frozenset[str]

    @classmethod
    def of(cls, keys: list[str], search_texts: list[str]) -> NameIndex:
        squashed: dict[str, str] = {}
        for name in keys:
            form = squash(name)
            squashed[form] = min(name, squashed.get(form, name), key=_length_then_text)
        name_words = {word: word for name in keys for word in words(name)}
        search_words = frozenset(word for text in search_texts for word in text.split())
        padded = [f" {text} " for text in search_texts]
        return cls(frozenset(keys), NameForms.of(squashed), NameForms.of(name_words), padded, search_words)

    def has_word(self, word: str) -> bool:
        """Return whether a name or summary contains the word."""
        return word in self.search_words

    def has_entity_with(self, typed_words: list[str]) -> bool:
        """Return whether one entity has all of these words in its names and summary."""
        padded = [f" {word} " for word in typed_words]
        return any(all(word in text for word in padded) for text in self.search_texts)


def exact_correction(typed: str, indexes: tuple[NameIndex, ...]) -> str | None:
    """Return the correction of a key if no distances are needed to find it, None otherwise."""
    form = squash(typed)
    is_single_letter = len(form) < 2  # for example C# and C++
    if is_single_letter or len(typed) > _MAX_TEXT_LENGTH or any(typed in index.keys for index in indexes):
        return typed
    if equal := {index.squashed.texts[form] for index in indexes if form in index.squashed.texts}:
        return min(equal, key=_length_then_text)
    typed_words = words(typed)
    if any(index.squashed.has_prefix(form) for index in indexes) and all(
        any(index.words.has_prefix(word) for index in indexes) for word in typed_words
    ):
        one_longer = {
            index.squashed.texts[match]
            for index in indexes
            for match in index.squashed.with_prefix(form, len(form) + 1)
        }
        return one_longer.pop() if len(one_longer) == 1 and _max_distance(form) else typed
    # Several known words may not occur together: `fast ai` means FastAPI.
    return typed if len(typed_words) < 2 and _are_known(typed_words, indexes) else None


def nearest_correction(typed: str, indexes: tuple[NameIndex, ...]) -> str:
    """Return the nearest name, unless an entity has all typed words; without a near name, correct each word."""
    name = _nearest(squash(typed), [index.squashed for index in indexes])
    typed_words = words(typed)
    if (
        name is not None
        and _are_known(typed_words, indexes)
        and any(index.has_entity_with(typed_words) for index in indexes)
    ):
        return typed
    word_forms = [index.words for index in indexes]

    def correct_word(match: re.Match[str]) -> str:
        word = match[0]
        if any(index.has_word(word) or index.words.has_prefix(word) for index in indexes):
            return word
        return _nearest(word, word_forms) or word

    return _WORD.sub(correct_word, typed) if name is None else name


def _are_known(typed_words: list[str], indexes: tuple[NameIndex, ...]) -> bool:
    """Return whether each word occurs somewhere in the graph."""
    return all(any(index.has_word(word) for index in indexes) for word in typed_words)


def _nearest(form: str, candidates: list[NameForms]) -> str | None:
    """Return the text of the nearest form, None if none is near enough.

    Of equally near forms it is the one with the same first letter, then the one of the same length, then the shorter one,
    then the first one alphabetically.
    """
    max_distance = _max_distance(form)
    ranked: list[tuple[Any, ...]] = []
    for difference in range(max_distance + 1) if max_distance else ():
        if ranked and min(ranked)[0] < difference:
            break  # a form whose length differs more is farther away
        for length in {len(form) - difference, len(form) + difference}:
            for forms in candidates:
                for other, distance in _distances(form, forms.by_length.get(length, []), max_distance):
                    rank = distance, other[0] != form[0], len(other) != len(form), len(other), forms.texts[other]
                    ranked.append(rank)
    return min(ranked)[-1] if ranked else None


def _distances(form: str, forms: list[str], max_distance: int) -> Iterator[tuple[str, int]]:
    """Yield the forms within the distance, and their distances. Let other threads run between batches."""
    for start in range(0, len(forms), BATCH_SIZE):
        batch = forms[start : start + BATCH_SIZE]
        matches = process.extract(form, batch, scorer=OSA.distance, score_cutoff=max_distance, limit=None)
        for other, distance, _ in matches:
            yield other, distance
        if len(batch) == BATCH_SIZE:
            time.sleep(0)


def _max_distance(form: str) -> int:
    """Return how many letters may be wrong."""
    return 0 if len(form) < 4 else 1 if len(form) < 8 else 2


def _length_then_text(text: str) -> tuple[int, str]:
    return len(text), text
