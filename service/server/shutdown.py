"""A server that stops without losing a request.

After SIGTERM or Ctrl-C:

    /readyz answers 503, responses close their connections    for ATLAS_STOP_DELAY
    no new connection is accepted, subscriptions end          then
    running requests finish                                   until ATLAS_STOP_TIMEOUT after the signal
    the others are answered with 503, the store is closed     then

A second Ctrl-C stops the server immediately.
"""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Callable
from contextlib import suppress

import uvicorn

from service.server.config import ServerConfig
from service.server.http_protocol import HttpProtocol
from service.service import SERVICE_STATE, Service

_POLL_SECONDS = 0.1


class GracefulServer(uvicorn.Server):
    """uvicorn's server with the shutdown described above."""

    config: ServerConfig

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        timeouts = self.config.timeouts
        deadline = time.monotonic() + timeouts.stop
        service: Service | None = self.lifespan.state.get(SERVICE_STATE)
        self._drain()
        if service is not None:
            service.draining = True
            await self._wait_until(lambda: False, min(timeouts.stop_delay, timeouts.stop))
        await self._stop_listening(sockets or [])
        if service is not None:
            service.end_streams()
            await self._wait_until(lambda: service.is_idle, deadline - time.monotonic() - _POLL_SECONDS)
            await asyncio.sleep(_POLL_SECONDS)  # until the last messages are written
        self.config.timeout_graceful_shutdown = max(_POLL_SECONDS, deadline - time.monotonic())  # type: ignore[assignment] - uvicorn accepts a float
        await super().shutdown(sockets)

    def _drain(self) -> None:
        """Close each connection after its next response: on a persistent connection there is always one more request."""
        self.config.draining = True
        for connection in self.server_state.connections:
            if isinstance(connection, HttpProtocol) and connection.cycle is not None:
                connection.cycle.keep_alive = False

    async def _stop_listening(self, sockets: list[socket.socket]) -> None:
        """Close the listening sockets, after accepting the connections that the kernel has queued: these would be reset."""
        queued: list[socket.socket] = []
        for listening in sockets:
            with suppress(OSError):  # the queue is empty
                while True:
                    queued.append(listening.accept()[0])
        for closable in (*self.servers, *sockets):
            closable.close()
        for client in queued:
            client.settimeout(0)
            with suppress(OSError):  # the client has closed the connection
                await asyncio.get_running_loop().connect_accepted_socket(self._protocol, client)

    def _protocol(self) -> asyncio.Protocol:
        return HttpProtocol(self.config, self.server_state, self.lifespan.state)

    async def _wait_until(self, condition: Callable[[], bool], seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while not condition() and not self.force_exit and time.monotonic() < deadline:  # noqa: ASYNC110 - a signal handler sets it
            await asyncio.sleep(_POLL_SECONDS)
