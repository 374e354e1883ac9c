"""What a store is to the rest of the service."""

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
"""What is done in a write transaction: it waits for nothing but the transaction."""

Progress = Callable[[str, int, int], None]
"""Told while a graph is written: what is being written, how many are done, how many there are."""


def no_progress(_what: str, _done: int, _of: int) -> None:
    """Tell nobody."""


def now(days_ago: float = 0) -> str:
    """The moment, in UTC, as the log tells it."""
    return (datetime.now(UTC) - timedelta(days=days_ago)).isoformat(timespec="milliseconds").replace("+00:00", "Z")


@dataclass(slots=True)
class Snapshot:
    """A graph as it is at one moment, to be read from its beginning to its end, once."""

    version: str
    count: int
    """How many entities and pieces of evidence it holds."""
    facts: AsyncIterator[Sequence[EntityFact | EvidenceFact]]
    """All of them, many at a time: kinds in the ontology's order, slugs in theirs, then evidence in the order of claims'
    keys and sources.
    """
    moved: bool = False
    """At the end: whether it was changed while it was read, by a store that cannot hold it still."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """What a statement came to: its answers, and what the database did for them, a step a line, indented by depth."""

    answers: Sequence[Any] = ()
    statement: str = ""
    steps: tuple[str, ...] = ()
    seconds: float = 0.0


class Store(Protocol, Generic[S]):
    """A graph that answers plans. `S` is a plan written in the store's own language."""

    name: str
    language: str
    """What its statements are written in."""
    batch: int
    """How many lines of facts one transaction of a bulk load writes: who writes besides waits for about a second."""
    keeps_plans: bool
    """Whether the database keeps the plan of a statement for whoever asks next: then it is worth planning ahead."""

    def write(self, plan: Plan) -> S:
        """Write a plan as one statement. The same plan writes the same text."""
        ...

    async def fetch(self, statement: S, values: Sequence[Any], bookmark: str | None = None) -> Sequence[Any]:
        """Run a statement once with the values of the plan's slots; return what orjson writes as the JSON of every root
        that asks the store, in the plan's order. `bookmark`: at least as new as the write
        that gave it. Raises StoreUnavailable when the store cannot be reached in time.
        """
        ...

    async def plan(self, statement: S, values: Sequence[Any]) -> None:
        """Have the database plan a statement for such values, and not run it, where it keeps plans. Raises as `fetch` does."""
        ...

    async def explain(self, statement: S, values: Sequence[Any], bookmark: str | None = None) -> Explanation:
        """Fetch, and tell how the database went about it. Raises as `fetch` does."""
        ...

    async def seed(self, facts: Callable[[], Facts], progress: Progress = no_progress) -> bool:
        """Hold these facts if the store holds nothing yet; False when it does already, and then `facts` is not called.
        All or nothing, however many processes start at once.
        """
        ...

    async def transact(self, work: Work[T], seconds: float | None = None) -> tuple[T, str | None]:
        """Do this work in one write transaction, all or nothing; return its result, and the bookmark of the write where
        the store has such. The work may be done anew where the store was away before it committed. `seconds` is how long
        it may take where a request's time is too short. Raises StoreUnavailable, after which the work may have been
        written or not.
        """
        ...

    async def entries(self, after: int, most: int, *, background: bool = False) -> list[LogEntry]:
        """The entries of the log behind this number, in their order. `background`: no client waits for them, so they are
        waited for, however many clients do; otherwise raises as `fetch` does.
        """
        ...

    async def compact(self, keep: int, before: str) -> int:
        """Forget the entries of the log that were made before this moment, but the last `keep` of all; how many."""
        ...

    def snapshot(self) -> AbstractAsyncContextManager[Snapshot]:
        """All facts that the graph holds, read with little memory, however many there are. Raises StoreUnavailable."""
        ...

    async def names(self, kind: str) -> dict[str, list[str]]:
        """The slugs, and the keys of the names and aliases, of a kind's entities, sorted, each with the slugs of those
        that it names: what a mistyped one is compared with. Raises as `fetch` does.
        """
        ...

    async def spellings(self) -> dict[str, list[str]]:
        """Per kind the keys of the names and aliases of its entities, each once, read by one statement: what typing
        mistakes are mended by. A kind without entities may be missing. Raises StoreUnavailable.
        """
        ...

    async def searched(self) -> dict[str, list[str]]:
        """Per kind and entity the words by which it is searched, those of its names, then those of its summary: each text
        has a space between words.
        """
        ...

    async def version(self, *, background: bool = False) -> str:
        """The version of the graph, '' where there is none yet; another one when anything in the graph has changed.
        Raises StoreUnavailable; `background` as with `entries`.
        """
        ...

    async def moment(self, bookmark: str | None = None) -> tuple[str, str | None]:
        """What tells the graph as it is now from whatever it has been: its version and when that was made; and, where the
        store has such, a bookmark with which `fetch` sees at least that. Raises as `fetch` does.
        """
        ...

    async def ready(self) -> bool:
        """Whether the store answers just now."""
        ...

    async def close(self) -> None:
        """Give back what the store has opened."""
        ...
