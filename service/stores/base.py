"""The interface of a store."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Generic, Protocol, TypeAlias, TypeVar

from graph_seed import EntityFact, EvidenceFact, Facts
from service.plan import Plan
from service.stores.transaction import LogEntry, Transaction

S = TypeVar("S")
T = TypeVar("T")

Work: TypeAlias = Callable[[Transaction], Coroutine[Any, Any, T]]
"""The work of a write transaction. It awaits nothing but the methods of the transaction."""

Progress = Callable[[str, int, int], None]
"""Called while a store writes a graph: with what it writes, the number of items written, and their total number."""


def no_progress(_what: str, _done: int, _total: int) -> None:
    """Ignore the progress."""


def timestamp(days_ago: float = 0) -> str:
    """Return the current time in UTC, in the format of the log."""
    return (datetime.now(UTC) - timedelta(days=days_ago)).isoformat(timespec="milliseconds").replace("+00:00", "Z")


@dataclass(slots=True)
class Snapshot:
    """All facts of a graph at one version, to be read once, from beginning to end."""

    version: str
    count: int
    """The number of entities and pieces of evidence."""
    facts: AsyncIterator[Sequence[EntityFact | EvidenceFact]]
    """The facts, in batches: entities in the order of kinds in the ontology, then of slugs; then evidence in the order of
    claim keys, then of sources.
    """
    changed_while_read: bool = False
    """Set at the end, if another transaction changed the graph meanwhile and the store does not isolate the reader."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """The answers to a statement, and how the database ran it: one step a line, indented by depth."""

    answers: Sequence[Any] = ()
    statement: str = ""
    steps: tuple[str, ...] = ()
    seconds: float = 0.0


class Store(Protocol, Generic[S]):
    """A graph that answers plans. `S` is the type of its statements."""

    name: str
    language: str
    """The language of its statements."""
    batch_size: int
    """The number of facts that a transaction of a bulk load writes. Other writers wait about a second for it."""
    caches_plans: bool
    """Whether the database shares the plan of a statement between connections, so that a warm-up of its cache pays off."""

    def write_statement(self, plan: Plan) -> S:
        """Write a plan as one statement. Equal plans give equal text."""
        ...

    async def fetch(self, statement: S, values: Sequence[Any], bookmark: str | None = None) -> Sequence[Any]:
        """Run a statement once and return one answer for each root field that the store answers, in the order of the plan.

        `values` are the values of the plan's parameters. orjson serializes an answer to the JSON of its root field. With
        a `bookmark`, the answers include the write that returned it. Raises StoreUnavailable if the store does not answer
        in time.
        """
        ...

    async def cache_plan(self, statement: S, values: Sequence[Any]) -> None:
        """Make the database plan a statement for such values, without running it, if it caches plans. Raises as `fetch`."""
        ...

    async def explain(self, statement: S, values: Sequence[Any], bookmark: str | None = None) -> Explanation:
        """Run a statement and report how the database ran it. Raises as `fetch`."""
        ...

    async def seed(self, facts: Callable[[], Facts], progress: Progress = no_progress) -> bool:
        """Fill an empty store with facts, all or nothing, even if several processes start at once.

        Returns False if the store is not empty; then it does not call `facts`.
        """
        ...

    async def transact(self, work: Work[T], timeout_seconds: float | None = None) -> tuple[T, str | None]:
        """Do work in one write transaction, all or nothing; return its result, and a bookmark if the store has bookmarks.

        The store may repeat the work if it lost the database before the commit. `timeout_seconds` replaces the time limit
        of a request. After StoreUnavailable, the transaction may or may not be committed.
        """
        ...

    async def log_entries(self, after: int, limit: int, *, background: bool = False) -> list[LogEntry]:
        """Return the log entries after this sequence number, in order.

        A `background` call is not subject to admission control, since no client waits for it. Raises as `fetch`.
        """
        ...

    async def compact_log(self, keep: int, before: str) -> int:
        """Delete log entries older than this time, except the last `keep`; return the number of deleted entries."""
        ...

    def snapshot(self) -> AbstractAsyncContextManager[Snapshot]:
        """Open all facts of the graph, to be read in little memory. Raises StoreUnavailable."""
        ...

    async def slugs_by_name(self, kind: str) -> dict[str, list[str]]:
        """Return the slugs of a kind's entities by name: by slug, by key of the name, and by key of each alias.

        Names and slugs are sorted. Spelling suggestions are made from them. Raises as `fetch`.
        """
        ...

    async def names_by_kind(self) -> dict[str, list[str]]:
        """Return the distinct keys of names and aliases, by kind, read by one statement, for the spelling correction.

        A kind without entities may be missing. Raises StoreUnavailable.
        """
        ...

    async def search_texts(self) -> dict[str, list[str]]:
        """Return one text for each entity, by kind: the words of its names and its summary, separated by spaces."""
        ...

    async def version(self, *, background: bool = False) -> str:
        """Return the version of the graph, '' if it is empty. Every change of the graph makes a new version.

        `background` as in `log_entries`. Raises StoreUnavailable.
        """
        ...

    async def state_token(self, bookmark: str | None = None) -> tuple[str, str | None]:
        """Return a text that differs for every state of the graph: its version and the time of its last change.

        If the store has bookmarks, the second item is one with which `fetch` reads this state or a later one. Raises as
        `fetch`.
        """
        ...

    async def is_ready(self) -> bool:
        """Return whether the store can answer now."""
        ...

    async def close(self) -> None:
        """Release the connections and threads of the store."""
        ...
