"""When to try again, and when to give up."""

from __future__ import annotations

import random
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime


@dataclass(frozen=True, slots=True)
class Retries:
    """How often and how patiently a client asks again.

    Pauses double from `first` to `longest` seconds, each shortened at random by up to a half, so that many clients do not
    come back at once; where the service names a time (`Retry-After`), that is waited. A mutation is sent again only
    where it is certain that it was not done; with `mutations=True` also where that is open.
    """

    attempts: int = 8
    first: float = 0.1
    longest: float = 5.0
    mutations: bool = False

    def __post_init__(self) -> None:
        if self.attempts < 1 or self.first < 0 or self.longest < 0:
            raise ValueError("Retries need at least 1 attempt, and pauses of at least 0 seconds.")


@dataclass(slots=True)
class Pacing:
    """The pauses between the attempts at one thing, which has to be done within some seconds."""

    retries: Retries
    seconds: float
    _begun: float = field(default_factory=time.monotonic)
    _made: int = 0

    @property
    def left(self) -> float:
        """How many seconds there are left, 0 at least."""
        return max(self._begun + self.seconds - time.monotonic(), 0.0)

    def pause(self, asked: float | None = None) -> float | None:
        """How long to wait before the next attempt; None where another one would be too many, or too late.

        `asked` is how long the service asked to wait.
        """
        self._made += 1
        if self._made >= self.retries.attempts:
            return None
        doubled = min(self.retries.first * 2.0 ** min(self._made - 1, 60), self.retries.longest)
        pause = max(doubled * random.uniform(0.5, 1.0), asked or 0.0)  # noqa: S311 - spreads attempts, hides nothing
        return pause if pause < self.left else None

    def restart(self) -> None:
        """Count the seconds from now on."""
        self._begun = time.monotonic()

    def succeed(self) -> None:
        """Begin with short pauses again."""
        self._made = 0


def retry_after(text: str | None) -> float | None:
    """The seconds that a `Retry-After` header asks to wait: it holds a number or a date (RFC 9110, 10.2.3)."""
    if not text:
        return None
    if text.strip().isdecimal():
        return float(text)
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max((moment - datetime.now(UTC)).total_seconds(), 0.0)
