"""How many requests a store lets in: those it works on, and so many that wait."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from service.errors import StoreBusy
from service.telemetry import statement


class AdmissionControl:
    """Counts who is inside, in one event loop, and notes for how long."""

    def __init__(self, store: str, work: str, working: int, waiting: int) -> None:
        self._store = store
        self._work = work
        self._most = working + waiting
        self._inside = 0

    @contextmanager
    def passed(self) -> Iterator[None]:
        """Be inside meanwhile; raises StoreBusy where there are enough."""
        if self._inside >= self._most:
            raise StoreBusy(f"{self._inside} requests are in the store or wait for it (ATLAS_WAITING)")
        self._inside += 1
        try:
            with statement(self._store, self._work):
                yield
        finally:
            self._inside -= 1
