"""Admission control: limit the requests that a store runs and queues."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from service.errors import StoreBusy
from service.telemetry import measure_store


class AdmissionControl:
    """Count the requests in one store, in one event loop, and record how long each takes."""

    def __init__(self, store: str, access: str, max_running: int, max_waiting: int) -> None:
        """`access`: `read` or `write`, a label of the metrics."""
        self._store = store
        self._access = access
        self._max_requests = max_running + max_waiting
        self._requests = 0

    @contextmanager
    def admit(self) -> Iterator[None]:
        """Count a request while it runs or waits; raise StoreBusy if the store has no place for it."""
        if self._requests >= self._max_requests:
            raise StoreBusy(f"{self._requests} requests use the store or wait for it (ATLAS_WAITING)")
        self._requests += 1
        try:
            with measure_store(self._store, self._access):
                yield
        finally:
            self._requests -= 1
