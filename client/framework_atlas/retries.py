"""Retries with exponential backoff and a deadline."""

from __future__ import annotations

import random
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime


@dataclass(frozen=True, slots=True)
class Retries:
    """The maximum number of attempts for an operation, and the delays between them.

    Delays double from `first` to `longest` seconds. Each one is shortened at random by up to a half, so that clients do
    not retry at the same moment. If the service sends `Retry-After`, the client waits at least that long. A mutation is
    retried only if it was certainly not executed; with `mutations=True` it is also retried if this is uncertain.
    """

    attempts: int = 8
    first: float = 0.1
    longest: float = 5.0
    mutations: bool = False

    def __post_init__(self) -> None:
        if self.attempts < 1 or self.first < 0 or self.longest < 0:
            raise ValueError("`attempts` must be at least 1, `first` and `longest` at least 0.")


@dataclass(slots=True)
class Backoff:
    """The delays between the attempts of one operation, which must finish within `seconds`."""

    retries: Retries
    seconds: float
    _start: float = field(default_factory=time.monotonic)
    _attempts: int = 0

    @property
    def remaining(self) -> float:
        """The seconds until the deadline, at least 0."""
        return max(self._start + self.seconds - time.monotonic(), 0.0)

    def delay(self, retry_after: float | None = None) -> float | None:
        """The seconds to wait before the next attempt; None if there are no more attempts before the deadline.

        `retry_after` is the minimum delay that the service requests.
        """
        self._attempts += 1
        if self._attempts >= self.retries.attempts:
            return None
        doubled = min(self.retries.first * 2.0 ** min(self._attempts - 1, 60), self.retries.longest)
        delay = max(doubled * random.uniform(0.5, 1.0), retry_after or 0.0)  # noqa: S311 - not used for security
        return delay if delay < self.remaining else None

    def restart_clock(self) -> None:
        """Count the seconds from now."""
        self._start = time.monotonic()

    def reset(self) -> None:
        """Start again with short delays, after a success."""
        self._attempts = 0


def retry_after(text: str | None) -> float | None:
    """The seconds in a `Retry-After` header, which is a number or a date (RFC 9110, section 10.2.3)."""
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
