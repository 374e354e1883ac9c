"""Run work on an SQLite file: connections, threads, deadlines and transactions.

apsw bundles SQLite, so the service has the same version, with FTS5, on every machine. Work runs in threads, each with a
connection of its own, so that it does not block the event loop.
"""

from __future__ import annotations

import asyncio
import os
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import apsw

from service.errors import OperationTooLargeError, StatementTimeout, StoreBusy, StoreError, StoreUnavailable
from service.stores.admission import AdmissionControl
from service.stores.sqlite.functions import register_functions

T = TypeVar("T")

BUSY_TIMEOUT_MS = 60_000
UPDATE_STATISTICS = "PRAGMA optimize = 0x10002"  # the statistics of the query planner
DISABLE_MMAP = "PRAGMA mmap_size = 0"  # a scan of the whole file would otherwise keep all of it mapped
_LARGE_CACHE = "PRAGMA cache_size = -65536"  # in KiB
_SMALL_CACHE = "PRAGMA cache_size = -2048"  # a writer keeps its changes in memory until its cache is full

_READERS = min(4, (os.cpu_count() or 1) + 1)
_PROGRESS_STEPS = 50_000
"""The number of instructions of SQLite's virtual machine, about a millisecond, between two checks of the deadline."""
_TOO_LARGE_MESSAGES = "nested too deep", "tree is too large", "too many terms", "string or blob too big"


class Database:
    """The connections and threads of one file."""

    def __init__(self, path: Path, timeout_seconds: float, max_waiting: int) -> None:
        """`timeout_seconds`: the time limit of a request. `max_waiting`: the maximum number of waiting requests."""
        self.path = path
        self.connections: list[apsw.Connection] = []
        self._timeout_seconds = timeout_seconds
        self._read_admission = AdmissionControl("sqlite", "read", _READERS, max_waiting)
        self._write_admission = AdmissionControl("sqlite", "write", 1, max_waiting)
        self._thread = threading.local()  # its connection, and the deadline of its work
        self._readers = ThreadPoolExecutor(_READERS, thread_name_prefix="sqlite")
        # Writers wait for the write lock in a thread of their own, so that they do not block readers.
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="sqlite-writer")
        # A store with busy readers is ready, so the readiness probe has a thread of its own, too.
        self._prober = ThreadPoolExecutor(1, thread_name_prefix="sqlite-prober")
        self._is_closing = False

    # --------------------------------------------------------------------------------------------------------- threads

    async def read(self, work: Callable[..., T], *arguments: Any) -> T:
        """Run work for a client in a reader thread, subject to admission control and the deadline."""
        deadline = time.monotonic() + self._timeout_seconds
        with self._read_admission.admit():
            return await self.read_in_background(self._run_until, deadline, work, *arguments)

    async def read_in_background(self, work: Callable[..., T], *arguments: Any) -> T:
        """Run work in a reader thread, without admission control and deadline."""
        return await asyncio.get_running_loop().run_in_executor(self._readers, work, *arguments)

    async def write(self, work: Callable[..., T], *arguments: Any) -> T:
        """Run work for a client in the writer thread, subject to admission control and the deadline."""
        deadline = time.monotonic() + self._timeout_seconds
        with self._write_admission.admit():
            return await self.write_in_background(self._run_until, deadline, work, *arguments)

    async def write_in_background(self, work: Callable[..., T], *arguments: Any) -> T:
        """Run work in the writer thread, without admission control and deadline."""
        return await asyncio.get_running_loop().run_in_executor(self._writer, work, *arguments)

    async def probe(self, work: Callable[..., T], *arguments: Any) -> T:
        """Run work in the thread of the readiness probe."""
        return await asyncio.get_running_loop().run_in_executor(self._prober, work, *arguments)

    def close(self) -> None:
        """Interrupt running work that has a deadline, wait for the threads, and close the connections."""
        self._is_closing = True
        self._writer.shutdown(wait=True)
        self._prober.shutdown(wait=True)
        self._readers.shutdown(wait=True)
        for connection in self.connections:
            connection.close()
        self.connections.clear()

    # ------------------------------------------------------------------------------------------- within a thread's work

    def connection(self) -> apsw.Connection:
        """Return the connection of the current thread."""
        connection = getattr(self._thread, "connection", None)
        if connection is None:
            connection = self._thread.connection = connect(self.path)
            connection.set_progress_handler(self._is_overdue, _PROGRESS_STEPS)
            self.connections.append(connection)
        return connection

    def rows(self, statement: str, bindings: Any = None) -> list[tuple[Any, ...]]:
        """Run a statement and return all its rows."""
        try:
            return list(self.connection().execute(statement, bindings))
        except (apsw.BusyError, apsw.LockedError, apsw.IOError, apsw.CantOpenError) as error:
            raise StoreUnavailable(f"{self.path}: temporarily not readable ({error}).") from error
        except apsw.InterruptError:
            raise
        except apsw.Error as error:
            # https://sqlite.org/limits.html; SQLite adds up the subqueries of the whole statement
            if any(message in str(error) for message in _TOO_LARGE_MESSAGES):
                raise OperationTooLargeError(
                    "The operation is too large for one SQL statement; split it into several operations."
                ) from error
            raise StoreError(f"{self.path}: {error}") from error

    @contextmanager
    def write_transaction(self) -> Iterator[apsw.Connection]:
        """Open a transaction that waits for the write lock until the deadline, or for a minute without a deadline."""
        db = self.connection()
        has_deadline = getattr(self._thread, "deadline", None) is not None
        if has_deadline:
            db.set_busy_handler(self._wait_for_lock)
        else:
            db.set_busy_timeout(BUSY_TIMEOUT_MS)
        try:
            db.execute(DISABLE_MMAP)
            db.execute(_SMALL_CACHE if has_deadline else _LARGE_CACHE)
            with immediate_transaction(db):
                yield db
        except (apsw.BusyError, apsw.LockedError, apsw.IOError, apsw.CantOpenError, apsw.FullError) as error:
            raise StoreUnavailable(f"{self.path}: temporarily not writable ({error}).") from error
        except apsw.InterruptError:
            raise
        except apsw.Error as error:
            raise StoreError(f"{self.path}: {error}") from error

    def _run_until(self, deadline: float, work: Callable[..., T], *arguments: Any) -> T:
        if time.monotonic() > deadline:
            raise StoreBusy(
                f"{self.path}: no thread was free within {self._timeout_seconds:g} s (ATLAS_SQLITE_TIMEOUT)"
            )
        self._thread.deadline = deadline
        try:
            return work(*arguments)
        except apsw.InterruptError as error:
            if self._is_closing:
                raise StoreUnavailable(f"{self.path}: the store is being closed.") from error
            raise StatementTimeout(self._timeout_seconds, "ATLAS_SQLITE_TIMEOUT") from error
        finally:
            self._thread.deadline = None

    def _is_overdue(self) -> bool:
        """Return whether SQLite must interrupt the work of this thread. SQLite calls it regularly."""
        deadline = getattr(self._thread, "deadline", None)
        return deadline is not None and (self._is_closing or time.monotonic() > deadline)

    def _wait_for_lock(self, attempts: int) -> bool:
        """Sleep while another process holds the write lock; return False to give up. SQLite calls it after each attempt."""
        time.sleep(min(0.001 * (attempts + 1), 0.025))
        return not self._is_overdue()


def connect(path: Path) -> apsw.Connection:
    """Open a connection with the pragmas and functions that all statements rely on."""
    try:
        db = apsw.Connection(str(path), statementcachesize=256)
        db.set_busy_timeout(BUSY_TIMEOUT_MS)
        _use_wal(db)
        register_functions(db)
        db.execute("PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;")
        db.execute(f"{_LARGE_CACHE}; PRAGMA mmap_size = 268435456; PRAGMA temp_store = MEMORY;")
    except apsw.Error as error:
        raise StoreError(f"{path}: cannot be opened ({error}).") from error
    return db


def _use_wal(db: apsw.Connection) -> None:
    """Switch to a write-ahead log. SQLite does not wait while another process switches the same new file, so retry."""
    deadline = time.monotonic() + BUSY_TIMEOUT_MS / 1000
    while True:
        try:
            db.execute("PRAGMA journal_mode = WAL")
        except apsw.BusyError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.01)
        else:
            return


@contextmanager
def immediate_transaction(db: apsw.Connection) -> Iterator[None]:
    """Open a transaction that takes the write lock at once, so that processes which start together wait for each other."""
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        if db.in_transaction:  # SQLite rolls back a write that is interrupted
            db.execute("ROLLBACK")
        raise
    db.execute("COMMIT")
