"""Correct the spelling of search texts by the names in the graph."""

from __future__ import annotations

import asyncio
import logging
import time
from dataclasses import dataclass, field
from typing import Any

from service.compiler import LruCache
from service.errors import StoreError
from service.execution.name_index import BATCH_SIZE, NameIndex, exact_correction, nearest_correction
from service.stores import Store

log = logging.getLogger("atlas")

_REFRESH_SECONDS = 5.0
_MAX_CACHED_CORRECTIONS = 4096


class SpellingCorrector:
    """Correct texts by the names in a store, which it reads at first use. Close it to stop its background task."""

    def __init__(self, store: Store[Any], refresh_seconds: float = _REFRESH_SECONDS) -> None:
        self._store = store
        self._refresh_seconds = refresh_seconds
        self._dictionary: _Dictionary | None = None
        self._refreshed_at = 0.0
        self._loading = asyncio.Lock()
        self._refreshing: asyncio.Task[None] | None = None

    async def correct(self, typed: str, kinds: tuple[str, ...] | None) -> str:
        """Return the key of the name that a typed key probably means.

        The key is unchanged if no name is near, or if it has more than 200 characters. Only names of `kinds` count, None
        for all kinds. Raises StoreUnavailable, at the first use only.
        """
        dictionary = await self._current_dictionary()
        correction = dictionary.corrections.get((typed, kinds))
        if correction is None:
            indexes = tuple(index for kind, index in dictionary.indexes.items() if kinds is None or kind in kinds)
            correction = exact_correction(typed, indexes)
            if correction is None and sum(len(index.keys) for index in indexes) < BATCH_SIZE:
                correction = nearest_correction(typed, indexes)
            elif correction is None:
                correction = await asyncio.to_thread(nearest_correction, typed, indexes)
            dictionary.corrections.put((typed, kinds), correction)
        return correction

    async def close(self) -> None:
        if self._refreshing is not None:
            self._refreshing.cancel()
            await asyncio.gather(self._refreshing, return_exceptions=True)
            self._refreshing = None

    async def _current_dictionary(self) -> _Dictionary:
        """Return the dictionary. It is refreshed in the background, so only the first use waits for the store."""
        if self._dictionary is None:
            async with self._loading:
                if self._dictionary is None:
                    self._dictionary = await self._load()
                    self._refreshed_at = time.monotonic()
        elif self._is_stale and (self._refreshing is None or self._refreshing.done()):
            self._refreshing = asyncio.create_task(self._refresh(self._dictionary))
        return self._dictionary

    @property
    def _is_stale(self) -> bool:
        return time.monotonic() - self._refreshed_at > self._refresh_seconds

    async def _refresh(self, dictionary: _Dictionary) -> None:
        """Read the names again if the version of the graph has changed."""
        try:
            if await self._store.version(background=True) != dictionary.version:
                self._dictionary = await self._load()
        except StoreError as error:
            log.warning("the names for the spelling correction could not be refreshed: %s", error)
        except Exception:
            log.exception("the names for the spelling correction could not be refreshed")
        self._refreshed_at = time.monotonic()

    async def _load(self) -> _Dictionary:
        # Read the version first: if the names are newer, the next refresh reads them again.
        version = await self._store.version(background=True)
        names, search_texts = await self._store.names_by_kind(), await self._store.search_texts()
        indexes = await asyncio.to_thread(
            lambda: {kind: NameIndex.of(keys, search_texts.get(kind, [])) for kind, keys in names.items()}
        )
        return _Dictionary(version, indexes)


@dataclass(frozen=True, slots=True)
class _Dictionary:
    """The names of one version of the graph by kind, and a cache of corrections."""

    version: str
    indexes: dict[str, NameIndex]
    corrections: LruCache[tuple[str, tuple[str, ...] | None], str] = field(
        default_factory=lambda: LruCache(_MAX_CACHED_CORRECTIONS)
    )
