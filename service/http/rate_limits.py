"""How often somebody may ask: a token by its name, who sends none by the address.

Counted by the library `limits` in a sliding window (this one and a share of the last), in the process or in a Redis for all
processes. Each process counts for itself in `memory://`: several together allow several times as much. Where the
Redis is away nobody is limited, for a few seconds at a time, and the log says so: what protects the service must not be
what takes it down.

An IPv6 address counts as its /64, which is what a household gets.
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
_PATIENCE_SECONDS = 0.5
_AWAY_SECONDS = 5.0
_SWEEP_SECONDS = 1.0


class RateLimitedError(AtlasError):
    """Somebody has asked too often."""

    def __init__(self, quota: Quota) -> None:
        super().__init__(
            f"Too many requests: at most {quota.amount} in {quota.window} seconds; try again in {quota.seconds} seconds."
        )
        self.quota = quota


@dataclass(frozen=True, slots=True)
class Quota:
    """What somebody may still ask: of an `amount` in a `window` so many, and in so many seconds some more."""

    allowed: bool
    amount: int
    window: int
    remaining: int
    seconds: int

    @property
    def headers(self) -> dict[str, str]:
        """As draft-ietf-httpapi-ratelimit-headers-11 has them."""
        found = {
            "ratelimit-policy": f'"default";q={self.amount};w={self.window}',
            "ratelimit": f'"default";r={self.remaining};t={self.seconds}',
        }
        return found if self.allowed else {**found, "retry-after": str(self.seconds)}


class RateLimiter:
    """Counts what is asked. Raises SettingsError where a setting is wrong. Close it to give back its connections."""

    def __init__(self, settings: Settings) -> None:
        self._item = _item(settings.rate)
        self._uri = settings.rate_store.get_secret_value()
        self._limiter = self._open()
        self._away_until = 0.0

    async def count(self, who: str) -> Quota | None:
        """Count one request of somebody; None where there is no limit or nobody can say. Raises RateLimitedError."""
        if self._item is None or time.monotonic() < self._away_until:
            return None
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                allowed = await self._limiter.hit(self._item, who)
                stats = await self._limiter.get_window_stats(self._item, who)
        except Exception as error:  # noqa: BLE001 - whatever a store of counts may raise, requests are answered
            self._away_until = time.monotonic() + _AWAY_SECONDS
            log.warning("requests cannot be counted, so nobody is limited for %g s: %r", _AWAY_SECONDS, error)
            return None
        seconds = max(1, math.ceil(stats.reset_time - time.time()))
        quota = Quota(allowed, self._item.amount, self._item.get_expiry(), stats.remaining if allowed else 0, seconds)
        if not allowed:
            log.info("limited: %s", who)
            raise RateLimitedError(quota)
        return quota

    async def close(self) -> None:
        """Forget what was counted here; it can be used again."""
        limiter, self._limiter = self._limiter, self._open()
        bridge: Any = getattr(limiter.storage, "bridge", None)
        if bridge is not None:
            await bridge.storage.aclose()

    def _open(self) -> SlidingWindowCounterRateLimiter:
        if self._uri == _MEMORY:
            storage: Storage = _Memory()
        elif self._uri.startswith(_REDIS):
            try:
                options: Any = {"implementation": "redispy", "key_prefix": "framework-atlas", "wrap_exceptions": True}
                storage = cast("Storage", storage_from_string(f"async+{self._uri}", **options))
            except (ConfigurationError, ValueError) as error:
                raise SettingsError("ATLAS_RATE_STORE: this is no address of a Redis.") from error
        else:  # it may hold a password, so it is not repeated
            raise SettingsError("ATLAS_RATE_STORE: write memory:// or redis://HOST:PORT/0.")
        return SlidingWindowCounterRateLimiter(storage)


def client_key(principal: Principal, address: str | None) -> str:
    """By what somebody is counted."""
    if principal.name is not None:
        return f"token:{principal.name}"
    try:
        found = ip_address((address or "").partition("%")[0])
    except ValueError:  # a socket of this machine, or a test
        return f"address:{address or 'local'}"
    if isinstance(found, IPv6Address):
        return f"address:{found.ipv4_mapped or IPv6Address(int(found) >> 64 << 64)}"
    return f"address:{found}"


class _Memory(MemoryStorage):
    """Forgets old counts once a second; of itself the storage goes through all of them at every request."""

    STORAGE_SCHEME: ClassVar[list[str]] = ["async+memory-once-a-second"]

    _swept = 0.0

    async def _MemoryStorage__schedule_expiry(self) -> None:  # noqa: N802 - a private name of limits
        if time.monotonic() - self._swept > _SWEEP_SECONDS:
            self._swept = time.monotonic()
            await getattr(super(), "_MemoryStorage__schedule_expiry")()  # noqa: B009


def _item(rate: str) -> RateLimitItem | None:
    if not rate.strip():
        return None
    try:
        item = parse(rate)
    except ValueError:
        item = None
    if item is None or item.amount < 1:
        raise SettingsError(
            f"ATLAS_RATE: write how often in what time, such as 600/minute, or nothing (it is {rate!r})."
        )
    return item
