"""The Neo4j store: a single server or a cluster, accessed by the official driver."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from neo4j import READ_ACCESS, WRITE_ACCESS, AsyncSession, Bookmarks, Query, ResultSummary
from neo4j.exceptions import DriverError, Neo4jError

from graph_seed import Facts
from schema import Ontology
from service.errors import StoreError, StoreUnavailable
from service.plan import Plan
from service.settings import Settings
from service.stores.admission import AdmissionControl
from service.stores.base import Explanation, Progress, Snapshot, Work, no_progress
from service.stores.neo4j import snapshot
from service.stores.neo4j.driver import open_driver, parse_bookmark, retry, transaction_timeout
from service.stores.neo4j.layout import VERSION, alias_label, label
from service.stores.neo4j.seeding import create_indexes, is_seeded, seed
from service.stores.neo4j.statement import Statement, write_statement
from service.stores.neo4j.transaction import COMPACT_LOG, Neo4jTransaction, log_entry
from service.stores.transaction import LogEntry

T = TypeVar("T")

_WRITE_SECONDS = 300.0
"""The time limit of a statement that no client waits for."""


class Neo4jStore:
    """A graph in Neo4j. The constructor does not connect: every request tries again to reach the database."""

    name = "neo4j"
    language = "Cypher"
    batch_size = 2_000
    caches_plans = True

    def __init__(self, settings: Settings, ontology: Ontology) -> None:
        self._ontology = ontology
        self._seconds = settings.neo4j_timeout
        self._database = settings.neo4j_database
        self._driver = open_driver(settings, settings.neo4j_pool)
        self._probe_driver = open_driver(settings, 1)  # so that a readiness probe does not wait for a connection
        self._read_admission = AdmissionControl("neo4j", "read", settings.neo4j_pool, settings.waiting)
        self._write_admission = AdmissionControl("neo4j", "write", settings.neo4j_pool, settings.waiting)
        self._is_seeded = False

    def write_statement(self, plan: Plan) -> Statement:
        return write_statement(plan)

    async def fetch(self, statement: Statement, values: Sequence[Any], bookmark: str | None = None) -> list[Any]:
        data, _ = await self._fetch_record(statement.text, statement.parameters(values), bookmark)
        return statement.shaper(data, values)

    async def cache_plan(self, statement: Statement, values: Sequence[Any]) -> None:
        await self._check_seeded()
        await self._read(f"EXPLAIN {statement.text}", **statement.parameters(values))

    async def explain(self, statement: Statement, values: Sequence[Any], bookmark: str | None = None) -> Explanation:
        began = time.perf_counter()
        data, summary = await self._fetch_record(f"PROFILE {statement.text}", statement.parameters(values), bookmark)
        seconds = time.perf_counter() - began
        steps = tuple(_steps(summary.profile or {}))
        return Explanation(statement.shaper(data, values), statement.text, steps, seconds)

    async def _fetch_record(
        self, text: str, parameters: dict[str, Any], bookmark: str | None
    ) -> tuple[Any, ResultSummary]:
        """Run a statement that reads, and return its only record and the summary."""
        query = Query(text, timeout=transaction_timeout(self._seconds))  # type: ignore[arg-type] - not a literal
        bookmarks = parse_bookmark(bookmark)

        async def attempt() -> tuple[Any, ResultSummary]:
            # session.run takes one round trip; execute_read takes three, because it opens and closes a transaction
            async with self._session(READ_ACCESS, bookmarks) as session:
                result = await session.run(query, parameters)
                record = await result.single(strict=True)
                return record["data"], await result.consume()

        with self._read_admission.admit():
            await self._check_seeded()
            return await retry(attempt, self._seconds)

    async def transact(self, work: Work[T], timeout_seconds: float | None = None) -> tuple[T, str | None]:
        seconds = timeout_seconds or self._seconds

        async def attempt() -> tuple[T, str | None]:
            async with self._session(WRITE_ACCESS) as session:
                async with await session.begin_transaction(timeout=transaction_timeout(seconds)) as transaction:

                    async def run(text: str, **parameters: Any) -> list[dict[str, Any]]:
                        result = await transaction.run(text, parameters)  # type: ignore[arg-type] - not a literal
                        return [record.data() async for record in result]

                    async def fetch(statement: Statement, values: Sequence[Any]) -> list[Any]:
                        parameters = statement.parameters(values)
                        result = await transaction.run(statement.text, parameters)  # type: ignore[arg-type] - not a literal
                        return statement.shaper((await result.single(strict=True))["data"], values)

                    value = await work(await Neo4jTransaction.begin(run, self._ontology, fetch))
                    await transaction.commit()
                return value, min((await session.last_bookmarks()).raw_values, default=None)

        with self._write_admission.admit():
            await self._check_seeded()
            return await retry(attempt, seconds)

    async def log_entries(self, after: int, limit: int, *, background: bool = False) -> list[LogEntry]:
        query = (
            "MATCH (c:Change) WHERE c.sequence > $after RETURN properties(c) AS entry ORDER BY c.sequence LIMIT $most"
        )
        read = self._read if background else self._read_for_client
        return [log_entry(row["entry"]) for row in await read(query, after=after, most=limit)]

    async def compact_log(self, keep: int, before: str) -> int:
        rows = await self._run(COMPACT_LOG, keep=keep, before=before)
        return rows[0]["removed"] if rows else 0

    async def seed(self, facts: Callable[[], Facts], progress: Progress = no_progress) -> bool:
        was_seeded = await self._fetch_is_seeded()  # fails within the time limit of a request, unlike writes
        await create_indexes(self._run, self._run_schema_changes, self._ontology)
        seeded = not was_seeded and await seed(self._run, self._ontology, facts, progress)
        self._is_seeded = True
        return seeded

    async def slugs_by_name(self, kind: str) -> dict[str, list[str]]:
        names = f"MATCH (e:{label(kind)}) UNWIND [e.slug, e.name_key] AS name RETURN name, e.slug AS slug"
        aliases = f"MATCH (a:{alias_label(kind)})-[:NAMES]->(e) RETURN a.key AS name, e.slug AS slug"
        grouped = "WITH name, slug ORDER BY slug RETURN name, collect(slug) AS slugs ORDER BY name"
        rows = await self._read_for_client(f"CALL () {{ {names} UNION {aliases} }} {grouped}")
        return {row["name"]: row["slugs"] for row in rows}

    async def names_by_kind(self) -> dict[str, list[str]]:
        await self._check_seeded()
        queries = (
            f"MATCH (n:{label(kind.name)}) UNWIND n.all_names AS name"
            f" RETURN '{kind.name}' AS kind, collect(DISTINCT name) AS names"
            for kind in self._ontology.kinds
        )
        return {row["kind"]: row["names"] for row in await self._read(" UNION ALL ".join(queries))}

    async def search_texts(self) -> dict[str, list[str]]:
        queries = (
            f"MATCH (n:{label(kind.name)})"
            f" RETURN '{kind.name}' AS kind, collect(n.name_words + ' ' + n.summary_words) AS texts"
            for kind in self._ontology.kinds
        )
        return {row["kind"]: row["texts"] for row in await self._read(" UNION ALL ".join(queries))}

    async def version(self, *, background: bool = False) -> str:
        read = self._read if background else self._read_for_client
        rows = await read(f"MATCH (g:AtlasGraph {{name: 'graph'}}) RETURN {VERSION} AS version")
        return rows[0]["version"] if rows else ""

    async def state_token(self, bookmark: str | None = None) -> tuple[str, str | None]:
        text = f"MATCH (g:AtlasGraph {{name: 'graph'}}) RETURN {VERSION} + ' ' + coalesce(g.changed, '') AS moment"
        query = Query(text, timeout=self._seconds)  # type: ignore[arg-type] - not a literal
        bookmarks = parse_bookmark(bookmark)

        async def attempt() -> tuple[str, str | None]:
            async with self._session(READ_ACCESS, bookmarks) as session:
                records = [record.value() async for record in await session.run(query)]
                # another member of a cluster may be behind this one; with the bookmark, it waits for this state
                state_bookmark = min((await session.last_bookmarks()).raw_values, default=bookmark)
                return (records[0] or "") if records else "", state_bookmark

        with self._read_admission.admit():
            await self._check_seeded()
            return await retry(attempt, self._seconds)

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator[Snapshot]:
        await self._check_seeded()
        try:
            async with (
                self._session(READ_ACCESS) as session,
                await session.begin_transaction(timeout=0) as transaction,  # without a time limit
            ):

                async def run(text: str, **parameters: Any) -> Any:
                    result = await transaction.run(text, parameters)  # type: ignore[arg-type] - not a literal
                    return (await result.single(strict=True)).value()

                graph = Snapshot(
                    await snapshot.version(run), await snapshot.fact_count(run), snapshot.facts(run, self._ontology)
                )
                yield graph
                graph.changed_while_read = await snapshot.version(run) != graph.version
        except (DriverError, Neo4jError) as error:
            raise StoreUnavailable(f"The connection to Neo4j was lost while the graph was read: {error}") from error

    async def is_ready(self) -> bool:
        try:
            async with asyncio.timeout(self._seconds):
                return await is_seeded(self._probe)
        except (StoreError, TimeoutError, DriverError, Neo4jError, OSError):
            return False

    async def _fetch_is_seeded(self) -> bool:
        self._is_seeded = await retry(lambda: is_seeded(self._run_once), self._seconds)
        return self._is_seeded

    async def _check_seeded(self) -> None:
        if not self._is_seeded and not await self._fetch_is_seeded():
            raise StoreUnavailable("the graph is still being seeded or migrated")

    async def close(self) -> None:
        await self._driver.close()
        await self._probe_driver.close()

    async def _run_schema_changes(self, statements: Sequence[str]) -> None:
        """Run statements that create constraints and indexes, in one transaction."""

        async def attempt() -> None:
            async with (
                self._session(WRITE_ACCESS) as session,
                await session.begin_transaction() as transaction,
            ):
                for statement in statements:
                    await transaction.run(statement)  # type: ignore[arg-type] - not a literal
                await transaction.commit()

        await retry(attempt, _WRITE_SECONDS)

    async def _read_for_client(self, text: str, **parameters: Any) -> list[dict[str, Any]]:
        """Run a statement that reads, subject to admission control."""
        with self._read_admission.admit():
            return await self._read(text, **parameters)

    async def _read(self, text: str, **parameters: Any) -> list[dict[str, Any]]:
        """Run a statement that reads, within the time limit of a request."""

        async def attempt() -> list[dict[str, Any]]:
            async with self._session(READ_ACCESS) as session:
                query = Query(text, timeout=transaction_timeout(self._seconds))  # type: ignore[arg-type] - not a literal
                result = await session.run(query, parameters)
                return [record.data() async for record in result]

        return await retry(attempt, self._seconds)

    async def _run(self, text: str, **parameters: Any) -> list[dict[str, Any]]:
        """Run an idempotent statement that may write."""
        return await retry(lambda: self._run_once(text, **parameters), _WRITE_SECONDS)

    def _session(self, access: str, bookmarks: Bookmarks | None = None) -> AsyncSession:
        """Open a session for one statement or transaction, which fetches all records at once."""
        return self._driver.session(
            database=self._database, default_access_mode=access, bookmarks=bookmarks, fetch_size=-1
        )

    async def _run_once(self, text: str, **parameters: Any) -> list[dict[str, Any]]:
        return await _run(self._session(WRITE_ACCESS), text, parameters)

    async def _probe(self, text: str, **parameters: Any) -> list[dict[str, Any]]:
        session = self._probe_driver.session(database=self._database, default_access_mode=READ_ACCESS)
        return await _run(session, text, parameters)


async def _run(session: AsyncSession, text: str, parameters: Mapping[str, Any]) -> list[dict[str, Any]]:
    async with session:
        result = await session.run(Query(text), parameters)  # type: ignore[arg-type] - not a literal
        return [record.data() async for record in result]


def _steps(profile: Mapping[str, Any], depth: int = 0) -> Iterator[str]:
    """Return the operators of a profile, each followed by its inputs, indented."""
    args = profile.get("args", {})
    operator = f"{'  ' * depth}{profile.get('operatorType', '?').partition('@')[0]}"
    if details := args.get("Details"):
        operator += f" {details}"
    yield f"{operator} (rows {args.get('Rows', '?')}, db hits {args.get('DbHits', '?')})"
    for child in profile.get("children", ()):
        yield from _steps(child, depth + 1)
