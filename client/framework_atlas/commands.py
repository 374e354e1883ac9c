"""The commands by which a session requests I/O, and the replies to them.

A session is a generator of commands and does no I/O itself (sans-I/O), so both clients share it.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import httpx


@dataclass(frozen=True, slots=True)
class Send:
    """Send a request and read the whole response within `seconds`. The reply is a Response or a Failure."""

    content: bytes
    headers: Mapping[str, str]
    seconds: float


@dataclass(frozen=True, slots=True)
class OpenStream:
    """Send a request for an event stream. The reply is StreamOpened, or a Response if it is not an event stream, or a
    Failure.

    `max_silence` is the maximum time in seconds between two chunks.
    """

    content: bytes
    headers: Mapping[str, str]
    max_silence: float


@dataclass(frozen=True, slots=True)
class ReadChunk:
    """Read from the open stream. The reply is a Chunk, or a Failure if the stream has ended."""


@dataclass(frozen=True, slots=True)
class Sleep:
    """Close the open stream and wait."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Emit:
    """Yield a value to the caller of the client."""

    value: Any


Command: TypeAlias = Send | OpenStream | ReadChunk | Sleep | Emit


@dataclass(frozen=True, slots=True)
class Response:
    status: int
    headers: httpx.Headers
    content: bytes


@dataclass(frozen=True, slots=True)
class StreamOpened:
    pass


@dataclass(frozen=True, slots=True)
class Chunk:
    content: bytes


@dataclass(frozen=True, slots=True)
class Failure:
    """The reason why there is no response, or only a part of it."""

    error: Exception


Reply: TypeAlias = Response | StreamOpened | Chunk | Failure | None

Flow: TypeAlias = Generator[Command, Reply, None]
