"""Limits for the connections of a process: in total, and per client address."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_address
from typing import Any, Protocol

from service.auth.principal import ANONYMOUS
from service.http.rate_limits import client_key

_REPLACE_IDLE_ABOVE = 0.9
"""Above this share of the maximum, a new connection replaces the one that has been idle longest."""


class Connection(Protocol):
    """A connection that accepts HTTP requests."""

    client: tuple[str, int] | None
    transport: asyncio.Transport


class ConnectionLimits:
    """Decides which connections a process keeps. A connection is idle if it has no request and none is arriving."""

    def __init__(
        self, max_connections: int, max_per_address: int, trusted_proxies: tuple[IPv4Network | IPv6Network, ...]
    ) -> None:
        self.max_connections = max_connections
        self._max_per_address = max_per_address
        self._trusted_proxies = trusted_proxies
        self._idle: dict[Connection, None] = {}  # the one that has been idle longest comes first

    def set_idle(self, connection: Connection) -> None:
        self._idle[connection] = None

    def set_busy(self, connection: Connection) -> None:
        """Also called when a connection is closed."""
        self._idle.pop(connection, None)

    def admit(self, connection: Connection, connections: Collection[Any]) -> bool:
        """Close an idle connection if a new one is too many; `connections` are all open ones and include the new one.

        If its address has too many, only a connection of this address is closed. Returns False if none of these is idle.
        """
        if self._exceeds_address_limit(connection, connections):
            key = _address_key(connection)
            replaced = next((idle for idle in self._idle if _address_key(idle) == key), None)
            if replaced is None:
                return False
        elif len(connections) > self.max_connections * _REPLACE_IDLE_ABOVE:
            replaced = next(iter(self._idle), None)
        else:
            return True
        if replaced is not None:
            del self._idle[replaced]
            replaced.transport.close()
        return True

    def _exceeds_address_limit(self, connection: Connection, connections: Collection[Any]) -> bool:
        if len(connections) <= self._max_per_address or self._is_trusted_proxy(connection):
            return False
        key = _address_key(connection)
        return sum(_address_key(other) == key for other in connections) > self._max_per_address

    def _is_trusted_proxy(self, connection: Connection) -> bool:
        try:
            address = ip_address(connection.client[0] if connection.client else "")
        except ValueError:
            return False
        return any(address in network for network in self._trusted_proxies)


def _address_key(connection: Any) -> str:
    client = getattr(connection, "client", None)  # uvicorn's WebSocket protocols may not have one yet
    return _key(client[0] if client else None)


@lru_cache(4096)
def _key(host: str | None) -> str:
    """Connections are counted by the same key as requests."""
    return client_key(ANONYMOUS, host)
