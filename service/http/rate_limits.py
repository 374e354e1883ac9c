"""Rate limiting: requests per token, or per address for clients without a token.

The library `limits` counts in a sliding window (the current window and a share of the previous one), in the memory of
the process (`memory://`) or in a Redis. In memory, each process counts separately, so N processes allow N times the rate.
If the Redis is unavailable, the limit is suspended for some seconds and the log reports it: the rate limit protects the
service, so its failure must not stop the service.

An IPv6 address counts as its /64, the network of one household.
"""

from __future__ import annotations

import asyncio
import logging
import math
import time
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address
from typing import Any, ClassVar, cast

from limits import RateLimitItem, parse
from limits.aio.storage import MemoryStorage, Storage
from limits.aio.strategies import SlidingWindowCounterRateLimiter
from limits.errors import ConfigurationError
from limits.storage import storage_from_string

from service.auth.principal import Principal
from service.errors import AtlasError, SettingsError
from service.settings import Settings

log = logging.getLogger("atlas")

_MEMORY = "memory://"
_REDIS = ("redis://", "rediss://", "redis+unix://", "redis+sentinel://", "redis+cluster://")
_TIMEOUT_SECONDS = 0.5
_SUSPENSION_SECONDS = 5.0
_SWEEP_SECONDS = 1.0


class RateLimitedError(AtlasError):
    """A client has exceeded its rate limit."""

    def __init__(self, quota: Quota) -> None:
        super().__init__(
            f"Too many requests: at most {quota.limit} in {quota.window_seconds} seconds; "
            f"try again in {quota.reset_seconds} seconds."
        )
        self.quota = quota


@dataclass(frozen=True, slots=True)
class Quota:
    """The state of a client's rate limit: `limit` requests per window, of which some remain until the reset."""

    allowed: bool
    limit: int
    window_seconds: int
    remaining: int
    reset_seconds: int

    @property
    def headers(self) -> dict[str, str]:
        """The response headers of draft-ietf-httpapi-ratelimit-headers-11."""
        headers = {
            "ratelimit-policy": f'"default";q={self.limit};w={self.window_seconds}',
            "ratelimit": f'"default";r={self.remaining};t={self.reset_seconds}',
        }
        return headers if self.allowed else {**headers, "retry-after": str(self.reset_seconds)}


class RateLimiter:
    """Count requests per client. Raises SettingsError for an invalid setting. Close it to release its connections."""

    def __init__(self, settings: Settings) -> None:
        self._rate = _parse_rate(settings.rate)
        self._uri = settings.rate_store.get_secret_value()
        self._limiter = self._open()
        self._suspended_until = 0.0

    async def count(self, client: str) -> Quota | None:
        """Count one request of a client and return its quota; raise RateLimitedError if it is exceeded.

        Returns None if there is no limit or the limit is suspended.
        """
        if self._rate is None or time.monotonic() < self._suspended_until:
            return None
        try:
            async with asyncio.timeout(_TIMEOUT_SECONDS):
                allowed = await self._limiter.hit(self._rate, client)
                stats = await self._limiter.get_window_stats(self._rate, client)
        except Exception as error:  # noqa: BLE001 - whatever the rate store raises, requests are answered
            self._suspended_until = time.monotonic() + _SUSPENSION_SECONDS
            log.warning("the rate store is unavailable, no rate limit for %g s: %r", _SUSPENSION_SECONDS, error)
            return None
        remaining = stats.remaining if allowed else 0
        reset_seconds = max(1, math.ceil(stats.reset_time - time.time()))
        quota = Quota(allowed, self._rate.amount, self._rate.get_expiry(), remaining, reset_seconds)
        if not allowed:
            log.info("rate limit exceeded: %s", client)
            raise RateLimitedError(quota)
        return quota

    async def close(self) -> None:
        """Close the connections and drop the counts in memory. The limiter can be used again."""
        limiter, self._limiter = self._limiter, self._open()
        bridge: Any = getattr(limiter.storage, "bridge", None)
        if bridge is not None:
            await bridge.storage.aclose()

    def _open(self) -> SlidingWindowCounterRateLimiter:
        if self._uri == _MEMORY:
            storage: Storage = _SweepingMemoryStorage()
        elif self._uri.startswith(_REDIS):
            try:
                options: Any = {"implementation": "redispy", "key_prefix": "framework-atlas", "wrap_exceptions": True}
                storage = cast("Storage", storage_from_string(f"async+{self._uri}", **options))
            except (ConfigurationError, ValueError) as error:
                raise SettingsError("ATLAS_RATE_STORE: invalid Redis URL; use redis://HOST:PORT/0.") from error
        else:  # the message does not quote the URL, which may contain a password
            raise SettingsError("ATLAS_RATE_STORE: use memory:// or redis://HOST:PORT/0.")
        return SlidingWindowCounterRateLimiter(storage)


def client_key(principal: Principal, address: str | None) -> str:
    """Return the key under which the requests of a client are counted."""
    if principal.name is not None:
        return f"token:{principal.name}"
    try:
        ip = ip_address((address or "").partition("%")[0])
    except ValueError:  # a Unix socket, or a test client
        return f"address:{address or 'local'}"
    if isinstance(ip, IPv6Address):
        return f"address:{ip.ipv4_mapped or IPv6Address(int(ip) >> 64 << 64)}"
    return f"address:{ip}"


class _SweepingMemoryStorage(MemoryStorage):
    """Drop expired counts once a second. The library's own storage examines all of them at every request."""

    STORAGE_SCHEME: ClassVar[list[str]] = ["async+memory-once-a-second"]

    _swept_at = 0.0

    async def _MemoryStorage__schedule_expiry(self) -> None:  # noqa: N802 - a private method of limits
        if time.monotonic() - self._swept_at > _SWEEP_SECONDS:
            self._swept_at = time.monotonic()
            await getattr(super(), "_MemoryStorage__schedule_expiry")()  # noqa: B009


def _parse_rate(rate: str) -> RateLimitItem | None:
    if not rate.strip():
        return None
    try:
        item = parse(rate)
    except ValueError:
        item = None
    if item is None or item.amount < 1:
        raise SettingsError(
            f"ATLAS_RATE: {rate!r} is not a rate; write a number and a period, such as 600/minute, or nothing for no limit."
        )
    return item
