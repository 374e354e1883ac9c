"""The production store: a Neo4j, alone or a cluster, reached by the official driver."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from neo4j import (
    READ_ACCESS,
    WRITE_ACCESS,
    AsyncDriver,
    AsyncGraphDatabase,
    AsyncSession,
    Bookmarks,
    NotificationMinimumSeverity,
    Query,
    ResultSummary,
)
from neo4j.exceptions import (
    AuthError,
    ConfigurationError,
    ConnectionAcquisitionTimeoutError,
    DriverError,
    IncompleteCommit,
    Neo4jError,
)

from graph_seed import Facts
from schema import Ontology
from service.errors import BookmarkError, StatementTimeout, StoreAccessDenied, StoreError, StoreUnavailable
from service.plan import Plan
from service.settings import Settings
from service.stores.admission import AdmissionControl
from service.stores.base import Explanation, Progress, Snapshot, Work, no_progress
from service.stores.neo4j import snapshot
from service.stores.neo4j.layout import VERSION, alias_label, label
from service.stores.neo4j.seeding import check_layout, make_indexes, seed
from service.stores.neo4j.statement import Statement, write_statement
from service.stores.neo4j.transaction import COMPACT, Neo4jTransaction, entry
from service.stores.transaction import LogEntry

T = TypeVar("T")

_FIRST_PAUSE_SECONDS = 0.05
_LONGEST_PAUSE_SECONDS = 1.0
_WRITE_SECONDS = 300.0
_LOOK_SECONDS = 2.5
"""Neo4j looks every two seconds for transactions whose time is over (db.transaction.monitor.check.interval)."""
_SHORTEST_BOOKMARK = len("FB:")
"""Neo4j cuts these characters off unseen, and answers a bookmark of fewer with an UnknownError."""


class Neo4jStore:
    """A graph in Neo4j. Opening it does not wait for the database: one that is away is asked again at every request."""

    name = "neo4j"
    language = "Cypher"
    batch_size = 2_000
    caches_plans = True

    def __init__(self, settings: Settings, ontology: Ontology) -> None:
        self._ontology = ontology
        self._seconds = settings.neo4j_timeout
        self._database = settings.neo4j_database
        self._driver = _driver(settings, settings.neo4j_pool)
        self._prober = _driver(settings, 1)  # whoever asks whether it is ready waits for nobody else
        self._reading = AdmissionControl("neo4j", "read", settings.neo4j_pool, settings.waiting)
        self._writing = AdmissionControl("neo4j", "write", settings.neo4j_pool, settings.waiting)
        self._filled = False

    def write_statement(self, plan: Plan) -> Statement:
        return write_statement(plan)

    async def fetch(self, statement: Statement, values: Sequence[Any], bookmark: str | None = None) -> list[Any]:
        data, _ = await self._ask(statement.text, statement.parameters(values), bookmark)
        return statement.shaper(data, values)

    async def cache_plan(self, statement: Statement, values: Sequence[Any]) -> None:
        await self._check_filled()
        await self._read(f"EXPLAIN {statement.text}", **statement.parameters(values))

    async def explain(self, statement: Statement, values: Sequence[Any], bookmark: str | None = None) -> Explanation:
        began = time.perf_counter()
        data, summary = await self._ask(f"PROFILE {statement.text}", statement.parameters(values), bookmark)
        seconds = time.perf_counter() - began
        steps = tuple(_steps(summary.profile or {}))
        return Explanation(statement.shaper(data, values), statement.text, steps, seconds)

    async def _ask(self, text: str, parameters: dict[str, Any], bookmark: str | None) -> tuple[Any, ResultSummary]:
        """Run a statement that reads; its one record, and what the database tells of it."""
        query = Query(text, timeout=_of(self._seconds))  # type: ignore[arg-type] - written, not typed in
        bookmarks = _bookmarks(bookmark)

        async def ask() -> tuple[Any, ResultSummary]:
            # session.run is one round trip, execute_read three: it has no transaction of its own to open and close
            async with self._session(READ_ACCESS, bookmarks) as session:
                result = await session.run(query, parameters)
                record = await result.single(strict=True)
                return record["data"], await result.consume()

        with self._reading.admit():
            await self._check_filled()
            return await self._insist(ask, self._seconds)

    async def transact(self, work: Work[T], timeout_seconds: float | None = None) -> tuple[T, str | None]:
        patience = timeout_seconds or self._seconds

        async def attempt() -> tuple[T, str | None]:
            async with self._session(WRITE_ACCESS) as session:
                async with await session.begin_transaction(timeout=_of(patience)) as opened:

                    async def run(text: str, **parameters: Any) -> list[dict[str, Any]]:
                        result = await opened.run(text, parameters)  # type: ignore[arg-type] - written, not typed in
                        return [record.data() async for record in result]

                    async def fetch(statement: Statement, values: Sequence[Any]) -> list[Any]:
                        result = await opened.run(statement.text, statement.parameters(values))  # type: ignore[arg-type]
                        return statement.shaper((await result.single(strict=True))["data"], values)

                    done = await work(await Neo4jTransaction.begin(run, self._ontology, fetch))
                    await opened.commit()
                return done, min((await session.last_bookmarks()).raw_values, default=None)

        with self._writing.admit():
            await self._check_filled()
            return await self._insist(attempt, patience)

    async def log_entries(self, after: int, limit: int, *, background: bool = False) -> list[LogEntry]:
        listed = (
            "MATCH (c:Change) WHERE c.sequence > $after RETURN properties(c) AS entry ORDER BY c.sequence LIMIT $most"
        )
        read = self._read if background else self._asked
        return [entry(row["entry"]) for row in await read(listed, after=after, most=limit)]

    async def compact_log(self, keep: int, before: str) -> int:
        rows = await self._run(COMPACT, keep=keep, before=before)
        return rows[0]["removed"] if rows else 0

    async def seed(self, facts: Callable[[], Facts], progress: Progress = no_progress) -> bool:
        filled = await self._is_filled()  # a database that is away is noticed here, within a request's time
        await make_indexes(self._run, self._prepare, self._ontology)
        seeded = not filled and await seed(self._run, self._ontology, facts, progress)
        self._filled = True
        return seeded

    async def slugs_by_name(self, kind: str) -> dict[str, list[str]]:
        own = f"MATCH (e:{label(kind)}) UNWIND [e.slug, e.name_key] AS name RETURN name, e.slug AS slug"
        others = f"MATCH (a:{alias_label(kind)})-[:NAMES]->(e) RETURN a.key AS name, e.slug AS slug"
        once = "WITH name, slug ORDER BY slug RETURN name, collect(slug) AS slugs ORDER BY name"
        return {row["name"]: row["slugs"] for row in await self._asked(f"CALL () {{ {own} UNION {others} }} {once}")}

    async def names_by_kind(self) -> dict[str, list[str]]:
        await self._check_filled()
        each = (
            f"MATCH (n:{label(kind.name)}) UNWIND n.all_names AS name"
            f" RETURN '{kind.name}' AS kind, collect(DISTINCT name) AS names"
            for kind in self._ontology.kinds
        )
        return {row["kind"]: row["names"] for row in await self._read(" UNION ALL ".join(each))}

    async def search_texts(self) -> dict[str, list[str]]:
        each = (
            f"MATCH (n:{label(kind.name)})"
            f" RETURN '{kind.name}' AS kind, collect(n.name_words + ' ' + n.summary_words) AS texts"
            for kind in self._ontology.kinds
        )
        return {row["kind"]: row["texts"] for row in await self._read(" UNION ALL ".join(each))}

    async def version(self, *, background: bool = False) -> str:
        read = self._read if background else self._asked
        rows = await read(f"MATCH (g:AtlasGraph {{name: 'graph'}}) RETURN {VERSION} AS version")
        return rows[0]["version"] if rows else ""

    async def state_token(self, bookmark: str | None = None) -> tuple[str, str | None]:
        text = f"MATCH (g:AtlasGraph {{name: 'graph'}}) RETURN {VERSION} + ' ' + coalesce(g.changed, '') AS moment"
        query = Query(text, timeout=self._seconds)  # type: ignore[arg-type] - written, not typed in
        bookmarks = _bookmarks(bookmark)

        async def ask() -> tuple[str, str | None]:
            async with self._session(READ_ACCESS, bookmarks) as session:
                records = [record.value() async for record in await session.run(query)]
                # another member of a cluster may be behind this one; who brings the bookmark waits until it is not
                seen = min((await session.last_bookmarks()).raw_values, default=bookmark)
                return (records[0] or "") if records else "", seen

        with self._reading.admit():
            await self._check_filled()
            return await self._insist(ask, self._seconds)

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator[Snapshot]:
        await self._check_filled()
        try:
            async with (
                self._session(READ_ACCESS) as session,
                await session.begin_transaction(timeout=0) as opened,  # no request waits for its end
            ):

                async def run(text: str, **parameters: Any) -> Any:
                    result = await opened.run(text, parameters)  # type: ignore[arg-type] - written, not typed in
                    return (await result.single(strict=True)).value()

                graph = Snapshot(
                    await snapshot.version(run), await snapshot.count(run), snapshot.pages(run, self._ontology)
                )
                yield graph
                graph.changed_while_read = await snapshot.version(run) != graph.version
        except (DriverError, Neo4jError) as error:
            raise StoreUnavailable(f"Neo4j was lost while it was read: {error}") from error

    async def is_ready(self) -> bool:
        try:
            async with asyncio.timeout(self._seconds):
                return await check_layout(self._probe)
        except (StoreError, TimeoutError, DriverError, Neo4jError, OSError):
            return False

    async def _is_filled(self) -> bool:
        self._filled = await self._insist(lambda: check_layout(self._run_once), self._seconds)
        return self._filled

    async def _check_filled(self) -> None:
        if not self._filled and not await self._is_filled():
            raise StoreUnavailable("the graph is still being filled or brought up to date")

    async def close(self) -> None:
        await self._driver.close()
        await self._prober.close()

    async def _prepare(self, texts: Sequence[str]) -> None:
        async def attempt() -> None:
            async with (
                self._session(WRITE_ACCESS) as session,
                await session.begin_transaction() as all_,
            ):
                for text in texts:
                    await all_.run(text)  # type: ignore[arg-type] - written, not typed in
                await all_.commit()

        await self._insist(attempt, _WRITE_SECONDS)

    async def _asked(self, text: str, **parameters: Any) -> list[dict[str, Any]]:
        """Read for a client, who is refused where too many wait."""
        with self._reading.admit():
            return await self._read(text, **parameters)

    async def _read(self, text: str, **parameters: Any) -> list[dict[str, Any]]:
        """Run a statement that only reads, within a request's time."""

        async def attempt() -> list[dict[str, Any]]:
            async with self._session(READ_ACCESS) as session:
                result = await session.run(Query(text, timeout=_of(self._seconds)), parameters)  # type: ignore[arg-type]
                return [record.data() async for record in result]

        return await self._insist(attempt, self._seconds)

    async def _run(self, text: str, **parameters: Any) -> list[dict[str, Any]]:
        """Run a statement that may write; repeating it must do no harm."""
        return await self._insist(lambda: self._run_once(text, **parameters), _WRITE_SECONDS)

    def _session(self, access: str, bookmarks: Bookmarks | None = None) -> AsyncSession:
        """A session for one statement or transaction; what it reads comes in one go."""
        return self._driver.session(
            database=self._database, default_access_mode=access, bookmarks=bookmarks, fetch_size=-1
        )

    async def _run_once(self, text: str, **parameters: Any) -> list[dict[str, Any]]:
        return await _run(self._session(WRITE_ACCESS), text, parameters)

    async def _probe(self, text: str, **parameters: Any) -> list[dict[str, Any]]:
        session = self._prober.session(database=self._database, default_access_mode=READ_ACCESS)
        return await _run(session, text, parameters)

    async def _insist(self, attempt: Callable[[], Awaitable[T]], seconds: float) -> T:
        """Try until the deadline; what cannot get better by trying again is raised at once."""
        pause = _FIRST_PAUSE_SECONDS
        last: Exception | None = None
        try:
            async with asyncio.timeout(seconds):
                while True:
                    try:
                        return await attempt()
                    except (AuthError, ConfigurationError) as error:
                        raise StoreAccessDenied(f"Neo4j refuses the connection: {error}") from error
                    except IncompleteCommit as error:
                        raise StoreUnavailable(
                            f"Neo4j was lost while it wrote, perhaps after it had: {error}"
                        ) from error
                    except (DriverError, Neo4jError, OSError) as error:
                        if "InvalidBookmark" in _code(error):
                            raise BookmarkError("The bookmark is none of this graph's.") from error
                        if ".TransactionTimedOut" in _code(error):
                            raise StatementTimeout(seconds, "ATLAS_NEO4J_TIMEOUT") from error
                        if _is_broken(error):
                            raise StoreUnavailable(f"Neo4j fails: {error}") from error
                        if not _can_pass(error):
                            raise StoreError(f"Neo4j: {error}") from error
                        last = error
                    await asyncio.sleep(pause * random.uniform(0.5, 1.0))  # noqa: S311 - spreads retries, hides nothing
                    pause = min(pause * 2, _LONGEST_PAUSE_SECONDS)
        except TimeoutError as error:
            raise StoreUnavailable(f"Neo4j did not answer within {seconds:g} s: {last or 'no answer'}") from error


async def _run(opened: AsyncSession, text: str, parameters: Mapping[str, Any]) -> list[dict[str, Any]]:
    async with opened as session:
        result = await session.run(Query(text), parameters)  # type: ignore[arg-type] - written, not typed in
        return [record.data() async for record in result]


def _steps(profile: Mapping[str, Any], depth: int = 0) -> Iterator[str]:
    """The operators of a profile, each above what it reads from."""
    args = profile.get("args", {})
    told = f"{'  ' * depth}{profile.get('operatorType', '?').partition('@')[0]}"
    if details := args.get("Details"):
        told += f" {details}"
    yield f"{told} (rows {args.get('Rows', '?')}, db hits {args.get('DbHits', '?')})"
    for child in profile.get("children", ()):
        yield from _steps(child, depth + 1)


def _of(seconds: float) -> float:
    """What the database gets of a request's time, so that it can say that a statement took too long before we give up."""
    return max(seconds / 2, seconds - _LOOK_SECONDS)


def _bookmarks(given: str | None) -> Bookmarks | None:
    if not given:
        return None
    # Neo4j fails at the former, the driver raises at the latter
    if len(given) < _SHORTEST_BOOKMARK or not given.isascii():
        raise BookmarkError("The bookmark is none of this graph's.")
    return Bookmarks.from_raw_values([given])


def _can_pass(error: Exception) -> bool:
    # IF NOT EXISTS fails where another process makes the same index at the same moment; next time it finds that
    # and who waited too long for others' locks has written nothing, which the driver does not take for a reason to go on
    passing = _code(error).endswith((".EquivalentSchemaRuleAlreadyExists", ".LockClientStopped"))
    waited = isinstance(error, OSError | ConnectionAcquisitionTimeoutError)
    return waited or passing or getattr(error, "is_retryable", lambda: False)()


def _is_broken(error: Exception) -> bool:
    """Whether the database itself fails, as on a full disk: nothing is wrong with what it was asked."""
    return _code(error).startswith(
        ("Neo.DatabaseError.General.", "Neo.DatabaseError.Transaction.", "Neo.DatabaseError.Database.")
    )


def _code(error: Exception) -> str:
    """What Neo4j calls an error; empty where it is none of Neo4j's own."""
    return str(getattr(error, "code", ""))


def _driver(settings: Settings, connections: int) -> AsyncDriver:
    try:
        return AsyncGraphDatabase.driver(
            settings.store,
            auth=(settings.neo4j_user, settings.neo4j_password.get_secret_value()),
            max_connection_pool_size=connections,
            # our deadline comes first: where both came at once, the driver has lost it or told of its pool instead
            connection_acquisition_timeout=settings.neo4j_timeout * 2,
            connection_timeout=min(5.0, settings.neo4j_timeout),
            notifications_min_severity=NotificationMinimumSeverity.OFF,
            telemetry_disabled=True,
        )
    except (ConfigurationError, DriverError, ValueError) as error:
        raise StoreError(f"{settings.store}: {error}") from error
