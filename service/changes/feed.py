"""The change feed: one reader of a store's log per process, shared by all listeners.

    log of the store --reader: one statement per poll--> queue of each listener --> one statement per change and listener

A listener that starts at an older position reads the log itself until it has reached the reader, then joins it. The queue
of a listener is bounded: a listener that is slower than the graph changes is ended, and its client can resume at its
position.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from typing import Any

from service.errors import StoreUnavailable
from service.stores import LogEntry, Store

log = logging.getLogger("atlas")

_POLL_SECONDS = 0.25
_MAX_POLL_SECONDS = 2.0
_PAGE_SIZE = 500
_MAX_QUEUE_LENGTH = 1000


class SubscriptionEnded(Exception):  # noqa: N818 - a state, not a failure
    """A listener gets no more changes; `reason` is the first part of the message to the client."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


TOO_OLD = "The change log no longer contains your position"
_TOO_SLOW = "The graph changes faster than the client reads"
_SHUTDOWN = "The service is shutting down"


class ChangeFeed:
    """Read the log of one store while there are listeners. Close it to end them all."""

    def __init__(
        self, store: Store[Any], poll_seconds: float = _POLL_SECONDS, max_queue_length: int = _MAX_QUEUE_LENGTH
    ) -> None:
        self._store = store
        self._poll_seconds = poll_seconds
        self._max_queue_length = max_queue_length
        self._position: int | None = None
        self._listeners: set[FeedListener] = set()
        self._reader: asyncio.Task[None] | None = None
        self._notified = asyncio.Event()
        self._closed = False

    def listen(self, after: int, kinds: tuple[str, ...] | None = None) -> FeedListener:
        """Return a listener for the changes after this sequence number that concern one of these kinds (None: any)."""
        return FeedListener(self, self._store, after, kinds, self._max_queue_length)

    def notify(self) -> None:
        """Poll now, because this process has just written."""
        self._notified.set()

    @property
    def has_listeners(self) -> bool:
        return bool(self._listeners)

    def end(self) -> None:
        """End all listeners, and reject new ones."""
        self._closed = True
        for listener in list(self._listeners):
            listener.end(_SHUTDOWN)

    async def close(self) -> None:
        self.end()
        if self._reader is not None:
            self._reader.cancel()
            await asyncio.gather(self._reader, return_exceptions=True)
            self._reader = None

    def join(self, listener: FeedListener, *, at_end: bool) -> bool:
        """Add a listener if it has reached the reader, and return whether it has.

        `at_end`: whether the listener has reached the end of the log, where the first listener starts the reader.
        """
        if self._closed:
            raise SubscriptionEnded(_SHUTDOWN)
        if self._position is None and at_end:
            self._position = listener.position
            self._reader = asyncio.create_task(self._read())
        if self._position is None or listener.position < self._position:
            return False
        self._listeners.add(listener)
        return True

    def leave(self, listener: FeedListener) -> None:
        """Remove a listener. The last one stops the reader."""
        self._listeners.discard(listener)
        if not self._listeners and self._reader is not None:
            self._reader.cancel()
            self._reader = self._position = None

    async def _read(self) -> None:
        pause = self._poll_seconds
        while self._position is not None:
            try:
                entries = await self._store.log_entries(self._position, _PAGE_SIZE, background=True)
                pause = self._poll_seconds
            except StoreUnavailable as error:
                log.warning("the change log is unavailable: %s", error)
                entries, pause = [], min(pause * 2, _MAX_POLL_SECONDS)
            except Exception:
                log.exception("the change log could not be read; trying again")
                entries, pause = [], _MAX_POLL_SECONDS
            for entry in entries:
                self._publish(entry)
            if not entries:
                await self._wait(pause)

    def _publish(self, entry: LogEntry) -> None:
        assert self._position is not None  # noqa: S101 - the reader has a position
        if entry.sequence > self._position + 1:  # the store deleted entries before they were read
            for listener in list(self._listeners):
                listener.end(TOO_OLD)
        self._position = entry.sequence
        for listener in list(self._listeners):
            listener.push(entry)

    async def _wait(self, seconds: float) -> None:
        """Wait for the next poll."""
        try:
            await asyncio.wait_for(self._notified.wait(), seconds)
        except TimeoutError:
            return
        self._notified.clear()


class FeedListener:
    """Get each change once and in order. Close it when done."""

    def __init__(
        self, feed: ChangeFeed, store: Store[Any], after: int, kinds: tuple[str, ...] | None, max_queue_length: int
    ) -> None:
        self.position = after
        """The sequence number of the last change that was delivered or skipped."""
        self._feed = feed
        self._store = store
        self._kinds = None if kinds is None else set(kinds)
        self._max_queue_length = max_queue_length
        self._queue: deque[LogEntry] = deque()
        self._updated = asyncio.Event()
        self._joined = False
        self._end_reason: str | None = None

    async def next(self) -> LogEntry:
        """Return the next change; raise SubscriptionEnded if there will be none."""
        while True:
            if not self._queue and self._end_reason is None and not self._joined:
                await self._catch_up()
            elif not self._queue and self._end_reason is None:
                self._updated.clear()
                await self._updated.wait()
            if self._queue:
                entry = self._queue.popleft()
                self.position = entry.sequence
                if self._concerns(entry):
                    return entry
            elif self._end_reason is not None:
                raise SubscriptionEnded(self._end_reason)

    def push(self, entry: LogEntry) -> None:
        """Add a change to the queue; called by the reader."""
        if self._end_reason is not None or entry.sequence <= self.position:
            return
        if len(self._queue) >= self._max_queue_length:
            self._queue.clear()
            self.end(_TOO_SLOW)
            return
        if self._concerns(entry):
            self._queue.append(entry)
        elif not self._queue:
            self.position = entry.sequence
        self._updated.set()

    def end(self, reason: str) -> None:
        """End after the changes in the queue."""
        self._end_reason = reason
        self._updated.set()

    def close(self) -> None:
        self._feed.leave(self)

    def _concerns(self, entry: LogEntry) -> bool:
        return self._kinds is None or not self._kinds.isdisjoint(entry.change.kinds)

    async def _catch_up(self) -> None:
        """Join the reader, or read a page of the log up to it."""
        self._joined = self._feed.join(self, at_end=False)
        if self._joined:
            return
        try:
            entries = await self._store.log_entries(self.position, _PAGE_SIZE)
        except StoreUnavailable as error:
            log.warning("the change log is unavailable: %s", error)
            await asyncio.sleep(_MAX_POLL_SECONDS)
            return
        if not entries:
            self._joined = self._feed.join(self, at_end=True)
        elif entries[0].sequence > self.position + 1:
            self.end(TOO_OLD)
        else:
            self._queue.extend(entries)
