"""Timers for clients that send or read too slowly."""

from __future__ import annotations

import asyncio
from asyncio import TimerHandle
from collections.abc import Callable

_MIN_BYTES_PER_SECOND = 1024
"""A client that reads a response more slowly is treated as one that does not read."""


class ReadTimeout:
    """Calls a function unless the rest of a request arrives in time."""

    __slots__ = ("_loop", "_on_timeout", "_timer")

    def __init__(self, loop: asyncio.AbstractEventLoop, on_timeout: Callable[[], None]) -> None:
        self._loop = loop
        self._on_timeout = on_timeout
        self._timer: TimerHandle | None = None

    @property
    def is_running(self) -> bool:
        return self._timer is not None

    def start(self, seconds: float) -> None:
        self.stop()
        self._timer = self._loop.call_later(seconds, self._expire)

    def stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _expire(self) -> None:
        self._timer = None
        self._on_timeout()


class WriteTimeout:
    """Aborts a connection whose client has read too little of a response since the last check."""

    __slots__ = ("_loop", "_seconds", "_timer", "_transport")

    def __init__(self, loop: asyncio.AbstractEventLoop, transport: asyncio.Transport, seconds: float) -> None:
        self._loop = loop
        self._transport = transport
        self._seconds = seconds
        self._timer: TimerHandle | None = None

    def start(self) -> None:
        """Call this when the write buffer is full."""
        if self._timer is None:
            self._schedule(self._transport.get_write_buffer_size())

    def stop(self) -> None:
        """Call this when the write buffer is written or the connection is lost."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _schedule(self, buffered: int) -> None:
        allowed = buffered - self._seconds * _MIN_BYTES_PER_SECOND
        self._timer = self._loop.call_later(self._seconds, self._check, allowed)

    def _check(self, allowed: float) -> None:
        buffered = self._transport.get_write_buffer_size()
        if buffered > allowed:
            self._timer = None
            self._transport.abort()
        else:
            self._schedule(buffered)
