"""The log of changes, read once by each process for all who listen in it.

    store's log --Reader, one statement each time something is new--> queue of every listener --> one statement an event

A listener that comes late reads the log itself until it has caught up with the reader, then joins. Its queue is bounded:
who takes longer than the graph changes is cut off, and can go on from where they were.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from typing import Any

from service.errors import StoreUnavailable
from service.stores import LogEntry, Store

log = logging.getLogger("atlas")

_LOOK_SECONDS = 0.25
_PATIENCE_SECONDS = 2.0
_PAGE = 500
_LONGEST_QUEUE = 1000


class SubscriptionEnded(Exception):  # noqa: N818 - a state, not a mistake
    """A listener gets nothing more; `reason` is a sentence for the client."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


_SLOW = "The graph changes faster than you read"
BEHIND = "The log no longer reaches back to where you are"
_STOPPING = "The service stops"


class ChangeFeed:
    """Reads the log of one store while somebody listens. Close it to end all listeners."""

    def __init__(
        self, store: Store[Any], look_seconds: float = _LOOK_SECONDS, longest_queue: int = _LONGEST_QUEUE
    ) -> None:
        self._store = store
        self._seconds = look_seconds
        self._longest_queue = longest_queue
        self._position: int | None = None
        self._listeners: set[FeedListener] = set()
        self._reading: asyncio.Task[None] | None = None
        self._news = asyncio.Event()
        self._closed = False

    def listen(self, after: int, kinds: tuple[str, ...] | None = None) -> FeedListener:
        """Somebody who hears of every change behind this number that concerns one of these kinds."""
        return FeedListener(self, self._store, after, kinds, self._longest_queue)

    def look(self) -> None:
        """Look at once: this process has just written."""
        self._news.set()

    @property
    def has_listeners(self) -> bool:
        return bool(self._listeners)

    def end(self) -> None:
        """Tell all listeners, and all who come, that there is nothing more."""
        self._closed = True
        for listener in list(self._listeners):
            listener.end(_STOPPING)

    async def close(self) -> None:
        self.end()
        if self._reading is not None:
            self._reading.cancel()
            await asyncio.gather(self._reading, return_exceptions=True)
            self._reading = None

    def join(self, listener: FeedListener, *, at_end: bool) -> bool:
        """Let a listener hear what comes, if it is where the reader is, or `at_end` of the log where nobody reads."""
        if self._closed:
            raise SubscriptionEnded(_STOPPING)
        if self._position is None and at_end:
            self._position = listener.position
            self._reading = asyncio.create_task(self._read())
        if self._position is None or listener.position < self._position:
            return False
        self._listeners.add(listener)
        return True

    def leave(self, listener: FeedListener) -> None:
        """Forget a listener; with the last one, reading ends."""
        self._listeners.discard(listener)
        if not self._listeners and self._reading is not None:
            self._reading.cancel()
            self._reading = self._position = None

    async def _read(self) -> None:
        pause = self._seconds
        while self._position is not None:
            try:
                entries = await self._store.log_entries(self._position, _PAGE, background=True)
                pause = self._seconds
            except StoreUnavailable as error:
                log.warning("the log of changes cannot be read just now: %s", error)
                entries, pause = [], min(pause * 2, _PATIENCE_SECONDS)
            except Exception:
                log.exception("the log of changes could not be read; trying again")
                entries, pause = [], _PATIENCE_SECONDS
            for entry in entries:
                self._tell(entry)
            if not entries:
                await self._wait(pause)

    def _tell(self, entry: LogEntry) -> None:
        assert self._position is not None  # noqa: S101 - there is one while something is read
        if entry.sequence > self._position + 1:  # the log was cut faster than it was read
            for listener in list(self._listeners):
                listener.end(BEHIND)
        self._position = entry.sequence
        for listener in list(self._listeners):
            listener.tell(entry)

    async def _wait(self, seconds: float) -> None:
        try:
            await asyncio.wait_for(self._news.wait(), seconds)
        except TimeoutError:
            return
        self._news.clear()


class FeedListener:
    """Hears of changes, one after the other, none left out and none twice. Close it when done."""

    def __init__(
        self, feed: ChangeFeed, store: Store[Any], after: int, kinds: tuple[str, ...] | None, longest: int
    ) -> None:
        self.position = after
        self._feed = feed
        self._store = store
        self._kinds = None if kinds is None else set(kinds)
        self._longest = longest
        self._queue: deque[LogEntry] = deque()
        self._told = asyncio.Event()
        self._joined = False
        self._ended: str | None = None

    async def next(self) -> LogEntry:
        """The next change; raises Ended. `position` is the number of the last that was looked at."""
        while True:
            if not self._queue and self._ended is None and not self._joined:
                await self._catch_up()
            elif not self._queue and self._ended is None:
                self._told.clear()
                await self._told.wait()
            if self._queue:
                entry = self._queue.popleft()
                self.position = entry.sequence
                if self._concerns(entry):
                    return entry
            elif self._ended is not None:
                raise SubscriptionEnded(self._ended)

    def tell(self, entry: LogEntry) -> None:
        """Hear of a change, from the reader."""
        if self._ended is not None or entry.sequence <= self.position:
            return
        if len(self._queue) >= self._longest:
            self._queue.clear()
            self.end(_SLOW)
            return
        if self._concerns(entry):
            self._queue.append(entry)
        elif not self._queue:
            self.position = entry.sequence
        self._told.set()

    def end(self, reason: str) -> None:
        self._ended = reason
        self._told.set()

    def close(self) -> None:
        self._feed.leave(self)

    def _concerns(self, entry: LogEntry) -> bool:
        return self._kinds is None or not self._kinds.isdisjoint(entry.change.kinds)

    async def _catch_up(self) -> None:
        """Join the others, or read a page of what they have heard already."""
        self._joined = self._feed.join(self, at_end=False)
        if self._joined:
            return
        try:
            entries = await self._store.log_entries(self.position, _PAGE)
        except StoreUnavailable as error:
            log.warning("the log of changes cannot be read just now: %s", error)
            await asyncio.sleep(_PATIENCE_SECONDS)
            return
        if not entries:
            self._joined = self._feed.join(self, at_end=True)
        elif entries[0].sequence > self.position + 1:
            self.end(BEHIND)
        else:
            self._queue.extend(entries)
