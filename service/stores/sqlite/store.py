"""The embedded store: one SQLite file, which several processes read while one of them writes."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

import apsw
import orjson

from graph_seed import Facts
from schema import Ontology
from service.errors import StoreError
from service.plan import Plan
from service.stores.base import Explanation, Progress, Snapshot, Work, no_progress
from service.stores.sqlite import records, snapshot
from service.stores.sqlite.answers import Answer, answer, bindings
from service.stores.sqlite.database import DISABLE_MMAP, Database, connect, immediate_transaction
from service.stores.sqlite.file_check import check_file
from service.stores.sqlite.seeding import create_tables, seed
from service.stores.sqlite.statement import write_statement
from service.stores.sqlite.transaction import SqliteTransaction, run_to_completion
from service.stores.transaction import LogEntry

T = TypeVar("T")

_BATCH_SIZE = 1000
_TIMEOUT_SECONDS = 15.0
_READY_TIMEOUT_SECONDS = 1.0
"""A load balancer asks every few seconds, and a readable file answers at once."""
_MAX_WAITING = 500


class SqliteStore:
    """A graph in an SQLite file. `open` opens it; a file that cannot be used is rejected and left unchanged."""

    name = "sqlite"
    language = "SQL"
    batch_size = 10_000
    caches_plans = False

    def __init__(
        self, path: Path, ontology: Ontology, timeout_seconds: float = _TIMEOUT_SECONDS, max_waiting: int = _MAX_WAITING
    ) -> None:
        self.database = Database(path, timeout_seconds, max_waiting)
        self._ontology = ontology

    @classmethod
    def open(
        cls, path: Path, ontology: Ontology, timeout_seconds: float = _TIMEOUT_SECONDS, max_waiting: int = _MAX_WAITING
    ) -> SqliteStore:
        """Open a file, or create it; raise StoreError if it cannot be used.

        `timeout_seconds` is the time limit of a request, `max_waiting` the maximum number of waiting requests.
        """
        check_file(path)
        store = cls(path, ontology, timeout_seconds, max_waiting)
        try:
            create_tables(store.database.connection(), ontology)
        except apsw.Error as error:
            store.database.close()
            raise StoreError(f"{path}: the tables cannot be created or migrated ({error}).") from error
        return store

    @property
    def path(self) -> Path:
        return self.database.path

    async def close(self) -> None:
        self.database.close()

    async def is_ready(self) -> bool:
        try:
            async with asyncio.timeout(_READY_TIMEOUT_SECONDS):
                await self.database.probe(self.database.rows, "SELECT EXISTS (SELECT 1 FROM entity)")
        except (apsw.Error, StoreError, TimeoutError):
            return False
        return True

    # ----------------------------------------------------------------------------------------------------------- plans

    def write_statement(self, plan: Plan) -> str:
        return write_statement(plan)

    async def fetch(
        self,
        statement: str,
        values: Sequence[Any],
        bookmark: str | None = None,  # noqa: ARG002 - a reader of the file sees every committed write
    ) -> list[Answer]:
        return await self.database.read(self._fetch, statement, values)

    async def cache_plan(self, statement: str, values: Sequence[Any]) -> None:
        """Do nothing: each connection plans a statement itself, within milliseconds."""

    async def explain(
        self,
        statement: str,
        values: Sequence[Any],
        bookmark: str | None = None,  # noqa: ARG002
    ) -> Explanation:
        return await self.database.read(self._explain, statement, values)

    def _fetch(self, statement: str, values: Sequence[Any]) -> list[Answer]:
        return [answer(text) for row in self.database.rows(statement, bindings(values)) for text in row]

    def _explain(self, statement: str, values: Sequence[Any]) -> Explanation:
        depths: dict[int, int] = {0: -1}
        steps: list[str] = []
        # https://sqlite.org/eqp.html: each row has the number of its parent
        for number, parent, _, step in self.database.rows(f"EXPLAIN QUERY PLAN {statement}", bindings(values)):
            depths[number] = depths[parent] + 1
            steps.append(f"{'  ' * depths[number]}{step}")
        start = time.perf_counter()
        answers = self._fetch(statement, values)
        return Explanation(answers, statement, tuple(steps), time.perf_counter() - start)

    # --------------------------------------------------------------------------------------------------- the whole graph

    async def version(self, *, background: bool = False) -> str:
        read = self.database.read_in_background if background else self.database.read
        rows = await read(self.database.rows, "SELECT version FROM graph")
        return (rows[0][0] if rows else None) or ""

    async def state_token(self, bookmark: str | None = None) -> tuple[str, str | None]:  # noqa: ARG002
        rows = await self.database.read(self.database.rows, "SELECT concat(version, ' ', changed) FROM graph")
        return rows[0][0] if rows else "", None

    async def slugs_by_name(self, kind: str) -> dict[str, list[str]]:
        own = "SELECT slug AS name, slug FROM entity WHERE _kind = ?1"
        others = "SELECT key, slug FROM name JOIN entity ON entity._pk = name.entity WHERE kind = ?1"
        statement = (
            f"SELECT name, json_group_array(slug ORDER BY slug) FROM ({own} UNION {others}) GROUP BY name ORDER BY name"
        )
        rows = await self.database.read(self.database.rows, statement, (kind,))
        return {name: orjson.loads(slugs) for name, slugs in rows}

    async def names_by_kind(self) -> dict[str, list[str]]:
        # one text for each kind: to fetch a row for each name would block the event loop
        return await self._lists_by_kind("SELECT kind, json_group_array(DISTINCT key) FROM name GROUP BY kind")

    async def search_texts(self) -> dict[str, list[str]]:
        return await self._lists_by_kind(
            "SELECT _kind, json_group_array(_names || ' ' || _summary) FROM entity GROUP BY _kind"
        )

    async def _lists_by_kind(self, statement: str) -> dict[str, list[str]]:
        rows = await self.database.read_in_background(self.database.rows, statement)
        return {kind: orjson.loads(texts) for kind, texts in rows}

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator[Snapshot]:
        # a connection of its own, since its transaction stays open between batches
        db = await self.database.read_in_background(connect, self.path)
        db.execute(DISABLE_MMAP)
        try:
            version, count = await self.database.read_in_background(snapshot.begin, db)
            facts = snapshot.facts(db, self._ontology)

            async def batches() -> AsyncIterator[list[Any]]:
                while batch := await self.database.read_in_background(lambda: list(islice(facts, _BATCH_SIZE))):
                    yield batch

            yield Snapshot(version, count, batches())
        except apsw.Error as error:
            raise StoreError(f"{self.path}: {error}") from error
        finally:
            db.close(force=True)

    # ---------------------------------------------------------------------------------------------------------- writes

    async def transact(self, work: Work[T], timeout_seconds: float | None = None) -> tuple[T, str | None]:
        if timeout_seconds is None:
            return await self.database.write(lambda: self._transact(work)), None
        return await self.database.write_in_background(lambda: self._transact(work)), None

    def _transact(self, work: Work[T]) -> T:
        with self.database.write_transaction() as db:
            return run_to_completion(work(self._start_transaction(db)))

    async def seed(self, facts: Callable[[], Facts], progress: Progress = no_progress) -> bool:
        return await self.database.write_in_background(self._seed, facts, progress)

    def _seed(self, facts: Callable[[], Facts], progress: Progress) -> bool:
        try:
            return seed(self.database.connection(), self._start_transaction, facts, progress)
        except apsw.Error as error:
            raise StoreError(
                f"{self.path}: the facts could not be written ({error}); the file contains none of them."
            ) from error

    def _start_transaction(self, db: apsw.Connection) -> SqliteTransaction:
        return SqliteTransaction(db, self._ontology, self._fetch)

    async def log_entries(self, after: int, limit: int, *, background: bool = False) -> list[LogEntry]:
        read = self.database.read_in_background if background else self.database.read
        statement = "SELECT * FROM change WHERE _pk > ? ORDER BY _pk LIMIT ?"
        return [records.log_entry(row) for row in await read(self.database.rows, statement, (after, limit))]

    async def compact_log(self, keep: int, before: str) -> int:
        return await self.database.write_in_background(self._compact_log, keep, before)

    def _compact_log(self, keep: int, before: str) -> int:
        db = self.database.connection()
        with immediate_transaction(db):
            db.execute(records.COMPACT_LOG, (keep, before))
            return db.changes()
