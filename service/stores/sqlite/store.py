"""The embedded store: one SQLite file, read by several processes while one writes.

SQLite comes with apsw, so every machine has the same version of it with FTS5. Statements run on a few threads, each with
a connection of its own, while the event loop goes on.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import stat
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager
from itertools import islice
from pathlib import Path
from typing import Any, TypeAlias, TypeVar

import apsw
import orjson

from graph_seed import Facts, group_claims
from schema import Ontology
from service.errors import OperationTooLargeError, StatementTimeout, StoreBusy, StoreError, StoreUnavailable
from service.plan import PathLimitReached, Plan, UnknownReferences, VersionUnavailable
from service.plan.version import Version
from service.stores.admission import AdmissionControl
from service.stores.base import Explanation, Progress, Snapshot, Work, no_progress
from service.stores.sqlite import layout, snapshot
from service.stores.sqlite.functions import register
from service.stores.sqlite.migrations import LAYOUT, migrate
from service.stores.sqlite.statement import write_statement
from service.stores.sqlite.transaction import SqliteTransaction, complete
from service.stores.transaction import LogEntry, load_change

T = TypeVar("T")

Answer: TypeAlias = orjson.Fragment | UnknownReferences | PathLimitReached | VersionUnavailable

_APPLICATION = 0x41544C53  # "ATLS", kept in the file's application_id
_BUSY_MILLISECONDS = 60_000
_READERS = min(4, (os.cpu_count() or 1) + 1)
_BATCH = 1000
_SECONDS = 15.0
_READY_SECONDS = 1.0
"""Within which a file that can be read answers; a load balancer asks every few seconds."""
_WAITING = 500
_STEPS = 50_000
"""Of SQLite's machine, about a millisecond, after which it asks whether to go on."""
_MADE = re.compile(r'IF NOT EXISTS "?(\w+)')
_STATISTICS = "PRAGMA optimize = 0x10002"  # for the planner
_UNMAPPED = "PRAGMA mmap_size = 0"  # who goes through a whole file would hold all of it that is mapped
_MUCH_CACHE = "PRAGMA cache_size = -65536"  # in kibibytes
_LITTLE_CACHE = "PRAGMA cache_size = -2048"  # who writes keeps what they wrote, until it is full
_TOO_LARGE = "nested too deep", "tree is too large", "too many terms", "string or blob too big"
_SMALLEST_FILE = 512  # a page of SQLite's has at least so many bytes


class SqliteStore:
    """A graph in an SQLite file. Open it with `open`, which refuses a file that it cannot use and leaves that alone."""

    name = "sqlite"
    language = "SQL"
    batch_size = 10_000
    caches_plans = False

    def __init__(self, path: Path, ontology: Ontology, seconds: float = _SECONDS, waiting: int = _WAITING) -> None:
        """`seconds`: within which a request is answered or given up; `waiting`: how many requests may wait."""
        self.path = path
        self._seconds = seconds
        self._reading, self._writing = (
            AdmissionControl("sqlite", "read", _READERS, waiting),
            AdmissionControl("sqlite", "write", 1, waiting),
        )
        self._closing = False
        self._ontology = ontology
        self._local = threading.local()
        self._connections: list[apsw.Connection] = []
        self._pool = ThreadPoolExecutor(_READERS, thread_name_prefix="sqlite")
        # one thread, so that those who wait to write keep nobody from reading
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="sqlite-writer")
        # nor whoever asks whether it is ready: a store that is busy is
        self._prober = ThreadPoolExecutor(1, thread_name_prefix="sqlite-prober")

    @classmethod
    def open(cls, path: Path, ontology: Ontology, seconds: float = _SECONDS, waiting: int = _WAITING) -> SqliteStore:
        """Open the file, making it where there is none; raises StoreError where it cannot serve."""
        _inspect(path)
        store = cls(path, ontology, seconds, waiting)
        try:
            store._make_tables()
        except apsw.Error as error:
            store._shut()
            raise StoreError(f"{path}: cannot be prepared ({error}).") from error
        return store

    # ------------------------------------------------------------------------------------------------------- answering

    def write_statement(self, plan: Plan) -> str:
        return write_statement(plan)

    async def fetch(
        self,
        statement: str,
        values: Sequence[Any],
        bookmark: str | None = None,  # noqa: ARG002
    ) -> list[Answer]:
        # every reader of the file sees what was committed, so a bookmark asks for nothing more
        return await self._asked(self._fetch, statement, values)

    async def cache_plan(self, statement: str, values: Sequence[Any]) -> None:
        """Nothing: each connection plans for itself, in some milliseconds."""

    async def explain(
        self,
        statement: str,
        values: Sequence[Any],
        bookmark: str | None = None,  # noqa: ARG002
    ) -> Explanation:
        return await self._asked(self._explain, statement, values)

    def _explain(self, statement: str, values: Sequence[Any]) -> Explanation:
        depths: dict[int, int] = {0: -1}
        steps: list[str] = []
        for number, parent, _, step in self._rows(f"EXPLAIN QUERY PLAN {statement}", _bound(values)):
            depths[number] = depths[parent] + 1
            steps.append(f"{'  ' * depths[number]}{step}")
        began = time.perf_counter()
        answers = self._fetch(statement, values)
        return Explanation(answers, statement, tuple(steps), time.perf_counter() - began)

    async def _asked(self, work: Callable[..., T], *given: Any) -> T:
        """Do for a client, who does not wait for ever."""
        deadline = time.monotonic() + self._seconds
        with self._reading.admit():
            return await self._threaded(self._within, deadline, work, *given)

    def _within(self, deadline: float, work: Callable[..., T], *given: Any) -> T:
        """Do by this moment of the monotonic clock, or not at all."""
        if time.monotonic() > deadline:
            raise StoreBusy(f"{self.path}: nobody was free for {self._seconds:g} s (ATLAS_SQLITE_TIMEOUT)")
        self._local.deadline = deadline
        try:
            return work(*given)
        except apsw.InterruptError as error:
            raise self._interrupted() from error
        finally:
            self._local.deadline = None

    def _is_over(self) -> bool:
        """Whether what this thread's connection is doing is to be given up; SQLite asks now and then."""
        deadline = getattr(self._local, "deadline", None)
        return deadline is not None and (self._closing or time.monotonic() > deadline)

    def _waits_on(self, before: int) -> bool:
        """Wait a little for other processes that write, as often as `before`; False where that has gone on for too long."""
        time.sleep(min(0.001 * (before + 1), 0.025))
        return not self._is_over()

    def _interrupted(self) -> StoreUnavailable:
        if self._closing:
            return StoreUnavailable(f"{self.path}: is being closed.")
        return StatementTimeout(self._seconds, "ATLAS_SQLITE_TIMEOUT")

    async def _threaded(self, work: Callable[..., T], *given: Any) -> T:
        """Do on a reader's thread what would hold up the event loop."""
        return await asyncio.get_running_loop().run_in_executor(self._pool, work, *given)

    async def _written(self, work: Callable[..., T], *given: Any) -> T:
        """Do on the writer's thread what may have to wait for other processes, so that those who read do not."""
        return await asyncio.get_running_loop().run_in_executor(self._writer, work, *given)

    def _fetch(self, statement: str, values: Sequence[Any]) -> list[Answer]:
        return [_answer(text) for row in self._rows(statement, _bound(values)) for text in row]

    def _rows(self, statement: str, bound: Any = None) -> list[tuple[Any, ...]]:
        try:
            return list(self._connection().execute(statement, bound))
        except (apsw.BusyError, apsw.LockedError, apsw.IOError, apsw.CantOpenError) as error:
            raise StoreUnavailable(f"{self.path}: cannot be read just now ({error}).") from error
        except apsw.InterruptError:
            raise
        except apsw.Error as error:
            if any(told in str(error) for told in _TOO_LARGE):  # it adds up the subqueries of the whole statement
                raise OperationTooLargeError(
                    "The operation asks for too many answers at once; ask for some of them by another."
                ) from error
            raise StoreError(f"{self.path}: {error}") from error

    async def slugs_by_name(self, kind: str) -> dict[str, list[str]]:
        own = "SELECT slug AS name, slug FROM entity WHERE _kind = ?1"
        others = "SELECT key, slug FROM name JOIN entity ON entity._pk = name.entity WHERE kind = ?1"
        listed = (
            f"SELECT name, json_group_array(slug ORDER BY slug) FROM ({own} UNION {others}) GROUP BY name ORDER BY name"
        )
        return {name: orjson.loads(slugs) for name, slugs in await self._asked(self._rows, listed, (kind,))}

    async def names_by_kind(self) -> dict[str, list[str]]:
        # one text a kind, since each row would hold up the event loop
        listed = "SELECT kind, json_group_array(DISTINCT key) FROM name GROUP BY kind"
        return {kind: orjson.loads(keys) for kind, keys in await self._threaded(self._rows, listed)}

    async def search_texts(self) -> dict[str, list[str]]:
        listed = "SELECT _kind, json_group_array(_names || ' ' || _summary) FROM entity GROUP BY _kind"
        return {kind: orjson.loads(texts) for kind, texts in await self._threaded(self._rows, listed)}

    async def version(self, *, background: bool = False) -> str:
        rows = await (self._threaded if background else self._asked)(self._rows, "SELECT version FROM graph")
        return (rows[0][0] if rows else None) or ""

    async def state_token(self, bookmark: str | None = None) -> tuple[str, str | None]:  # noqa: ARG002
        rows = await self._asked(self._rows, "SELECT concat(version, ' ', changed) FROM graph")
        return rows[0][0] if rows else "", None

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator[Snapshot]:
        db = await self._threaded(_connect, self.path)  # of its own, since its transaction lasts
        db.execute(_UNMAPPED)
        try:
            version, count = await self._threaded(snapshot.begin, db)
            read = snapshot.facts(db, self._ontology)

            async def facts() -> AsyncIterator[list[Any]]:
                while some := await self._threaded(lambda: list(islice(read, _BATCH))):
                    yield some

            yield Snapshot(version, count, facts())
        except apsw.Error as error:
            raise StoreError(f"{self.path}: {error}") from error
        finally:
            db.close(force=True)

    async def is_ready(self) -> bool:
        try:
            async with asyncio.timeout(_READY_SECONDS):
                await asyncio.get_running_loop().run_in_executor(
                    self._prober, self._rows, "SELECT EXISTS (SELECT 1 FROM entity)"
                )
        except (apsw.Error, StoreError, TimeoutError):
            return False
        return True

    async def close(self) -> None:
        self._shut()

    # --------------------------------------------------------------------------------------------------------- writing

    async def transact(self, work: Work[T], timeout_seconds: float | None = None) -> tuple[T, str | None]:
        if timeout_seconds is not None:
            return await self._written(lambda: self._transact(work)), None
        deadline = time.monotonic() + self._seconds
        with self._writing.admit():
            return await self._written(self._within, deadline, lambda: self._transact(work, deadline)), None

    def _transact(self, work: Work[T], deadline: float | None = None) -> T:
        db = self._connection()
        if deadline is None:
            db.set_busy_timeout(_BUSY_MILLISECONDS)
        else:
            db.set_busy_handler(self._waits_on)
        try:
            db.execute(_UNMAPPED)
            db.execute(_MUCH_CACHE if deadline is None else _LITTLE_CACHE)
            with _transaction(db):
                return complete(work(SqliteTransaction(db, self._ontology, self._fetch)))
        except (apsw.BusyError, apsw.LockedError, apsw.IOError, apsw.CantOpenError, apsw.FullError) as error:
            raise StoreUnavailable(f"{self.path}: cannot be written just now ({error}).") from error
        except apsw.InterruptError:
            raise
        except apsw.Error as error:
            raise StoreError(f"{self.path}: {error}") from error

    async def log_entries(self, after: int, limit: int, *, background: bool = False) -> list[LogEntry]:
        listed = "SELECT * FROM change WHERE _pk > ? ORDER BY _pk LIMIT ?"
        read = self._threaded if background else self._asked
        return [layout.entry(row) for row in await read(self._rows, listed, (after, limit))]

    async def compact_log(self, keep: int, before: str) -> int:
        return await self._written(self._compact, keep, before)

    def _compact(self, keep: int, before: str) -> int:
        db = self._connection()
        with _transaction(db):
            db.execute(layout.COMPACT, (keep, before))
            return db.changes()

    # --------------------------------------------------------------------------------------------------------- seeding

    async def seed(self, facts: Callable[[], Facts], progress: Progress = no_progress) -> bool:
        return await self._written(self._seed, facts, progress)

    def _seed(self, facts: Callable[[], Facts], progress: Progress) -> bool:
        db = self._connection()
        try:
            if self._is_filled():  # without waiting for others who write
                return False
            with _transaction(db):
                if self._is_filled():
                    return False
                read = facts()
                with _derived(db):
                    transaction = SqliteTransaction(db, self._ontology, self._fetch)
                    transaction.version = Version(read.digest, 0)
                    complete(_fill(transaction, read, progress))
            db.execute(_STATISTICS)
        except apsw.Error as error:
            raise StoreError(
                f"{self.path}: the facts could not be written ({error}); the file holds none of them."
            ) from error
        return True

    def _is_filled(self) -> int:
        return self._connection().execute("SELECT EXISTS (SELECT 1 FROM graph UNION ALL SELECT 1 FROM entity)").get

    def _make_tables(self) -> None:
        db = self._connection()
        if self._has_tables(db):  # without waiting for others who write
            return
        with _transaction(db):
            if self._has_tables(db):
                return
            version = db.pragma("user_version")
            with _derived(db):
                for statement in layout.schema(self._ontology):
                    db.execute(statement)
                for statement in layout.columns_missing(self._ontology, _columns(db)):
                    db.execute(statement)
                migrate(db, version or LAYOUT)
            db.execute(f"PRAGMA application_id = {_APPLICATION}")
            db.execute(f"PRAGMA user_version = {LAYOUT}")
        if version not in (0, LAYOUT):
            db.execute(_STATISTICS)

    def _has_tables(self, db: apsw.Connection) -> bool:
        """Whether the file holds the tables, indexes and columns of this ontology."""
        made = (*layout.schema(self._ontology), *layout.triggers().values())
        needed = {match[1] for text in made for match in [_MADE.search(text)] if match}
        present = {name for (name,) in db.execute("SELECT name FROM sqlite_schema")}
        missing = needed - present or any(layout.columns_missing(self._ontology, _columns(db)))
        return db.pragma("user_version") == LAYOUT and not missing

    # ----------------------------------------------------------------------------------------------------- connections

    def _connection(self) -> apsw.Connection:
        """The connection of this thread."""
        found = getattr(self._local, "connection", None)
        if found is None:
            found = self._local.connection = _connect(self.path)
            found.set_progress_handler(self._is_over, _STEPS)
            self._connections.append(found)
        return found

    def _shut(self) -> None:
        self._closing = True
        self._writer.shutdown(wait=True)
        self._prober.shutdown(wait=True)
        self._pool.shutdown(wait=True)
        for connection in self._connections:
            connection.close()
        self._connections.clear()


def _columns(db: apsw.Connection) -> list[str]:
    return [name for _, name, *_ in db.execute("PRAGMA table_info(entity)")]


def _connect(path: Path) -> apsw.Connection:
    try:
        db = apsw.Connection(str(path), statementcachesize=256)
        db.set_busy_timeout(_BUSY_MILLISECONDS)
        _use_wal(db)
        register(db)
        db.execute("PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;")
        db.execute(f"{_MUCH_CACHE}; PRAGMA mmap_size = 268435456; PRAGMA temp_store = MEMORY;")
    except apsw.Error as error:
        raise StoreError(f"{path}: cannot be opened ({error}).") from error
    return db


def _use_wal(db: apsw.Connection) -> None:
    """SQLite does not wait for others that make the same new file a WAL file, so ask again until they have."""
    give_up = time.monotonic() + _BUSY_MILLISECONDS / 1000
    while True:
        try:
            db.execute("PRAGMA journal_mode = WAL")
        except apsw.BusyError:
            if time.monotonic() > give_up:
                raise
            time.sleep(0.01)
        else:
            return


@contextmanager
def _transaction(db: apsw.Connection) -> Iterator[None]:
    """One that takes the write lock at once: several processes that start together wait here for each other."""
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        if db.in_transaction:  # what is interrupted while it writes is undone already
            db.execute("ROLLBACK")
        raise
    db.execute("COMMIT")


@contextmanager
def _derived(db: apsw.Connection) -> Iterator[None]:
    """Write many rows without triggers; what those keep true is made of all rows at the end, at once."""
    for name in layout.triggers():
        db.execute(f"DROP TRIGGER IF EXISTS {name}")
    yield
    for statement in (*layout.DERIVE, *layout.triggers().values()):
        db.execute(statement)


def _inspect(path: Path) -> None:
    """Refuse a file that is no store of ours, a newer one, a damaged or a read-only one; change nothing."""
    folder = path.parent
    if not folder.is_dir():
        raise StoreError(f"{path}: there is no folder {folder}; make it, or name another place by --store.")
    if path.exists() and not path.is_file():
        raise StoreError(f"{path}: is not a file.")
    if not path.exists() or path.stat().st_size == 0:
        if not os.access(folder, os.W_OK):
            raise StoreError(f"{path}: the folder cannot be written to; name another place by --store.")
        return
    if path.stat().st_size < _SMALLEST_FILE:  # SQLite would take a file of one byte for a new one
        raise StoreError(f"{path}: is damaged or no SQLite file; restore a copy, or name another file.")
    if not path.stat().st_mode & (stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH) or not os.access(path, os.W_OK):
        raise StoreError(f"{path}: is read-only; make it writable, or copy it and name the copy by --store.")
    try:
        db = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
    except apsw.Error as error:
        raise StoreError(f"{path}: cannot be opened ({error}).") from error
    try:
        _inspect_content(db, path)
    except (apsw.NotADBError, apsw.CorruptError) as error:
        raise StoreError(
            f"{path}: is damaged or no SQLite file ({error}); restore a copy, or name another file."
        ) from error
    except apsw.Error as error:
        raise StoreError(f"{path}: cannot be read ({error}).") from error
    finally:
        db.close()


def _inspect_content(db: apsw.Connection, path: Path) -> None:
    db.set_busy_timeout(_BUSY_MILLISECONDS)
    db.execute("BEGIN")  # one snapshot, since another process may be making the tables
    application, version = db.pragma("application_id"), db.pragma("user_version")
    tables_ = db.execute("SELECT count(*) FROM sqlite_schema").get
    if not tables_ and not application and not version:
        return
    if application != _APPLICATION:
        raise StoreError(f"{path}: is an SQLite file of another program; name another file by --store.")
    if version > LAYOUT:
        raise StoreError(
            f"{path}: was written by a newer version (layout {version}, this one knows {LAYOUT}); update framework-atlas."
        )
    found = db.execute("PRAGMA quick_check(1)").get
    if found != "ok":
        raise StoreError(
            f"{path}: is damaged ({found.splitlines()[-1]}); restore a copy, or name another file by --store."
        )


def _answer(text: str) -> Answer:
    if text.startswith("!"):
        return UnknownReferences(tuple((number, name) for number, name in orjson.loads(text[1:])))
    if text.startswith("~"):
        return VersionUnavailable(foreign=text == "~1")
    return PathLimitReached(int(text[1:])) if text.startswith("?") else orjson.Fragment(text)


def _bound(values: Sequence[Any]) -> dict[str, Any]:
    return {f"v{parameter}": _parameter(value) for parameter, value in enumerate(values)}


def _parameter(value: Any) -> Any:
    return json.dumps(value, ensure_ascii=False) if isinstance(value, list) else value


async def _fill(transaction: SqliteTransaction, facts: Facts, progress: Progress) -> None:
    await transaction.log_change(load_change(facts))
    for entities in _batches(facts.entities, "entities", progress):
        await transaction.put_entities(entities)
    for some in _batches(group_claims(facts), "claims", progress):
        await transaction.put_claims(some)


def _batches(items: Iterable[Any], what: str, progress: Progress) -> Iterator[list[Any]]:
    listed = list(items)
    for start in range(0, len(listed), _BATCH):
        yield listed[start : start + _BATCH]
        progress(what, min(start + _BATCH, len(listed)), len(listed))
