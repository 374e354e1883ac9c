"""A bounded cache that evicts the least recently used entry."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

_CHARACTERS_PER_ENTRY = 1_000

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class LruCache(Generic[K, V]):
    """A cache of at most `max_entries` entries, whose total weight, measured by `weigh`, is at most `max_weight`.

    A single entry that is heavier is cached nevertheless.
    """

    def __init__(self, max_entries: int, weigh: Callable[[K, V], int] | None = None, max_weight: int = 0) -> None:
        self._max_entries = max_entries
        self._weigh: Callable[[K, V], int] = weigh or (lambda _key, _value: 0)
        self._free_weight = max_weight
        self._entries: OrderedDict[K, V] = OrderedDict()

    @classmethod
    def by_text_length(cls, max_entries: int, text: Callable[[K, V], str]) -> LruCache[K, V]:
        """Return a cache whose memory use is bounded although clients choose the texts.

        All texts together have at most 1,000 characters for each of the `max_entries` entries.
        """
        return cls(max_entries, lambda key, value: len(text(key, value)), max_entries * _CHARACTERS_PER_ENTRY)

    def get(self, key: K) -> V | None:
        value = self._entries.get(key)
        if value is not None:
            self._entries.move_to_end(key)
        return value

    def put(self, key: K, value: V) -> V:
        replaced = self._entries.pop(key, None)
        self._free_weight += 0 if replaced is None else self._weigh(key, replaced)
        self._free_weight -= self._weigh(key, value)
        self._entries[key] = value
        while len(self._entries) > self._max_entries or (self._free_weight < 0 and len(self._entries) > 1):
            self._free_weight += self._weigh(*self._entries.popitem(last=False))
        return value

    def __len__(self) -> int:
        return len(self._entries)
