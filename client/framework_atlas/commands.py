"""What a conversation asks of whoever does its input and output, and what it is told in return.

A conversation is a generator of these commands; it never sends or waits itself, so there is one for both clients.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import httpx


@dataclass(frozen=True, slots=True)
class Send:
    """Send this and read the whole answer, within so many seconds: an Answer or a Fault."""

    content: bytes
    headers: Mapping[str, str]
    seconds: float


@dataclass(frozen=True, slots=True)
class Open:
    """Send this and leave the answer open: Opened where it is a stream of events, else an Answer or a Fault.

    `silence` is for how many seconds nothing may come.
    """

    content: bytes
    headers: Mapping[str, str]
    silence: float


@dataclass(frozen=True, slots=True)
class Read:
    """Read on in what is open: a Chunk, or a Fault where it has ended."""


@dataclass(frozen=True, slots=True)
class Wait:
    seconds: float


@dataclass(frozen=True, slots=True)
class Tell:
    """Hand this to whoever asked."""

    value: Any


Command: TypeAlias = Send | Open | Read | Wait | Tell


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: httpx.Headers
    content: bytes


@dataclass(frozen=True, slots=True)
class Opened:
    pass


@dataclass(frozen=True, slots=True)
class Chunk:
    content: bytes


@dataclass(frozen=True, slots=True)
class Fault:
    """Why there is no answer, or not all of it."""

    error: Exception


Reply: TypeAlias = Answer | Opened | Chunk | Fault | None

Program: TypeAlias = Generator[Command, Reply, None]
