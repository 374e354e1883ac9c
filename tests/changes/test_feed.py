"""The change feed: one reader for all listeners of a process, who get every change once and do not wait for each other."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from service.changes.feed import TOO_OLD, ChangeFeed, FeedListener, SubscriptionEnded
from service.changes.subscription import Subscription
from service.errors import StatementTimeout, StoreUnavailable
from service.execution.engine import Engine
from service.stores import LogEntry
from tests.facts import facts_from_lines
from tests.graphs import Graphs
from tests.queries import mutate
from tests.small_graph import LINES
from tests.waiting import wait_for

pytestmark = pytest.mark.anyio

FUTURE = "9999-12-31T00:00:00.000Z"
UPSERT = "mutation ($input: FrameworkInput!) { upsertFramework(input: $input) { __typename } }"


class RecordingStore:
    """A store that records the reads of its log, and can be unavailable."""

    def __init__(self, store: Any) -> None:
        self._store = store
        self.reads: list[int] = []
        self.available = True

    async def log_entries(self, after: int, limit: int, *, background: bool = False) -> list[LogEntry]:
        self.reads.append(after)
        if not self.available:
            raise StoreUnavailable("unavailable")
        return await self._store.log_entries(after, limit, background=background)


@dataclass(frozen=True)
class Setup:
    """A feed on a graph of its own. The log of the graph has one entry, so the sequence number of the next one is 2."""

    feed: ChangeFeed
    store: RecordingStore
    engine: Engine

    async def upsert(self, *slugs: str) -> None:
        """Make one change for each slug."""
        for slug in slugs:
            await mutate(self.engine, UPSERT, {"input": {"slug": slug, "name": slug}})

    async def joined(self, count: int = 1) -> None:
        """Wait until this number of listeners has reached the end of the log."""
        await wait_for(lambda: len(self.feed._listeners) == count, f"{count} listeners have joined the reader")


@asynccontextmanager
async def open_feed(graphs: Graphs, tmp_path: Path, **options: Any) -> AsyncIterator[Setup]:
    async with graphs.load_isolated("sqlite", facts_from_lines(tmp_path / "facts", LINES)) as engine:
        store = RecordingStore(engine.store)
        feed = ChangeFeed(store, **{"poll_seconds": 0.01, **options})  # type: ignore[arg-type]
        try:
            yield Setup(feed, store, engine)
        finally:
            await feed.close()


async def next_changes(listener: FeedListener, count: int) -> list[int]:
    """The sequence numbers of the next changes."""
    async with asyncio.timeout(10):
        return [(await listener.next()).sequence for _ in range(count)]


async def end_reason(listener: FeedListener) -> str:
    with pytest.raises(SubscriptionEnded) as ended:
        await next_changes(listener, 1)
    return ended.value.reason


async def test_a_listener_gets_the_changes_after_its_position_and_then_new_ones(graphs: Graphs, tmp_path: Path) -> None:
    async with open_feed(graphs, tmp_path) as setup:
        await setup.upsert("a", "b", "c")
        listener = setup.feed.listen(1)
        past = await next_changes(listener, 3)
        new = asyncio.create_task(next_changes(listener, 2))
        await setup.joined()
        await setup.upsert("d", "e")

        assert (past, await new, listener.position) == ([2, 3, 4], [5, 6], 6)


async def test_many_listeners_share_one_reader(graphs: Graphs, tmp_path: Path) -> None:
    async with open_feed(graphs, tmp_path) as setup:
        listeners = [setup.feed.listen(1) for _ in range(20)]
        tasks = [asyncio.create_task(next_changes(listener, 3)) for listener in listeners]
        await setup.joined(20)  # each has read the log itself, to find that it is at the end
        own_reads = len([after for after in setup.store.reads if after == 1])
        setup.store.reads.clear()
        await setup.upsert("a", "b", "c")

        assert [await task for task in tasks] == [[2, 3, 4]] * 20
        assert own_reads >= 20
        assert setup.store.reads == sorted(setup.store.reads)  # the reads of one reader, not of twenty
        assert len(set(setup.store.reads)) <= 4


async def test_the_reader_stops_with_the_last_listener(graphs: Graphs, tmp_path: Path) -> None:
    async with open_feed(graphs, tmp_path) as setup:
        first, last = setup.feed.listen(1), setup.feed.listen(1)
        tasks = [asyncio.create_task(next_changes(listener, 1)) for listener in (first, last)]
        await setup.joined(2)
        await setup.upsert("a")
        await asyncio.gather(*tasks)

        first.close()
        reader = setup.feed._reader
        assert reader is not None
        last.close()
        await wait_for(reader.done, "the reader has stopped")
        reads = len(setup.store.reads)
        await asyncio.sleep(0.1)  # ten polls

        assert reader.cancelled()
        assert (setup.feed._reader, setup.feed._listeners, len(setup.store.reads)) == (None, set(), reads)
        await setup.upsert("b")
        assert await next_changes(setup.feed.listen(2), 1) == [3]  # a later listener starts another reader


async def test_a_listener_that_is_too_slow_is_ended_and_can_resume_without_loss(graphs: Graphs, tmp_path: Path) -> None:
    async with open_feed(graphs, tmp_path, max_queue_length=3) as setup:
        slow, fast = setup.feed.listen(1), setup.feed.listen(1)
        first = asyncio.gather(next_changes(slow, 1), next_changes(fast, 1))
        await setup.joined(2)
        await setup.upsert("a")
        await first
        received = []
        for slug in "bcdefghi":
            await setup.upsert(slug)
            received += await next_changes(fast, 1)

        assert received == [3, 4, 5, 6, 7, 8, 9, 10]  # the fast listener does not wait for the slow one
        assert await end_reason(slow) == "The graph changes faster than the client reads"
        assert slow.position == 2
        slow.close()
        assert await next_changes(setup.feed.listen(slow.position), 8) == [3, 4, 5, 6, 7, 8, 9, 10]


async def test_a_listener_for_kinds_gets_their_changes_only_and_does_not_queue_others(
    graphs: Graphs, tmp_path: Path
) -> None:
    async with open_feed(graphs, tmp_path, max_queue_length=2) as setup:
        companies = setup.feed.listen(1, ("Company",))
        both = setup.feed.listen(1, ("Company", "Framework"))
        none = setup.feed.listen(1, ())
        company = asyncio.create_task(next_changes(companies, 1))
        nothing = asyncio.create_task(none.next())
        first_of_both = asyncio.create_task(next_changes(both, 1))
        await setup.joined(3)
        received = []
        for slug in "abcdefgh":
            await setup.upsert(slug)
            received += await (first_of_both if slug == "a" else next_changes(both, 1))
        text = 'mutation { upsertCompany(input: {slug: "new", name: "New"}) { __typename } }'
        await mutate(setup.engine, text)
        received += await next_changes(both, 1)

        assert (await company, received) == ([10], [2, 3, 4, 5, 6, 7, 8, 9, 10])
        assert not nothing.done()
        nothing.cancel()
        await asyncio.sleep(0)
        assert none.position == 10  # where it would resume


async def test_a_listener_is_ended_if_the_log_no_longer_contains_its_position(graphs: Graphs, tmp_path: Path) -> None:
    async with open_feed(graphs, tmp_path, poll_seconds=60) as setup:
        waiting = setup.feed.listen(1)
        ended = asyncio.create_task(end_reason(waiting))
        await setup.joined()
        await wait_for(lambda: len(setup.store.reads) >= 2, "the reader has polled, and will not do so for a minute")
        await setup.upsert("a", "b", "c")
        await setup.engine.store.compact_log(1, FUTURE)
        late = setup.feed.listen(1)
        setup.feed.notify()

        assert (await ended, await end_reason(late)) == (TOO_OLD, TOO_OLD)
        assert (waiting.position, late.position) == (1, 1)


async def test_listeners_wait_for_an_unavailable_store(
    graphs: Graphs, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with open_feed(graphs, tmp_path) as setup:
        listener = setup.feed.listen(1)
        changes = asyncio.create_task(next_changes(listener, 2))
        await setup.joined()
        setup.store.available = False
        await setup.upsert("a", "b")
        await wait_for(lambda: "the change log is unavailable: unavailable" in caplog.text, "the reader has failed")
        early = changes.done()
        setup.store.available = True

        assert (early, await changes) == (False, [2, 3])


async def test_closing_the_feed_ends_all_listeners_and_rejects_new_ones(graphs: Graphs, tmp_path: Path) -> None:
    async with open_feed(graphs, tmp_path) as setup:
        listeners = [setup.feed.listen(1) for _ in range(3)]
        ended = [asyncio.create_task(end_reason(listener)) for listener in listeners]
        await setup.joined(3)
        await setup.feed.close()

        assert [await reason for reason in ended] == ["The service is shutting down"] * 3
        assert await end_reason(setup.feed.listen(1)) == "The service is shutting down"


# Subscriptions


class FailingStore:
    """A store that fails to fetch the selection for a change."""

    def __init__(self, error: StoreUnavailable) -> None:
        self._error = error
        self.fetches = 0

    async def fetch(self, *_: Any) -> list[Any]:
        self.fetches += 1
        raise self._error


async def errors_of_subscription(
    feed: ChangeFeed, error: StoreUnavailable, expires: int | None
) -> tuple[FailingStore, list[Any]]:
    store = FailingStore(error)
    subscription = Subscription(store, "changes", "", [0], (), "d", expires)  # type: ignore[arg-type]
    errors: list[Any] = []
    async with asyncio.timeout(10):
        async for result in subscription.events(feed.listen(1)):
            errors.extend(error.formatted for error in result.errors or ())
    return store, errors


async def test_a_statement_timeout_ends_a_subscription_before_the_change(graphs: Graphs, tmp_path: Path) -> None:
    async with open_feed(graphs, tmp_path) as setup:
        await setup.upsert("a", "b")
        store, errors = await errors_of_subscription(setup.feed, StatementTimeout(3, "ATLAS_SQLITE_TIMEOUT"), None)

    message = "The operation took longer than 3 s (ATLAS_SQLITE_TIMEOUT); request less at once."
    assert errors == [{"message": message, "extensions": {"code": "STATEMENT_TIMEOUT", "after": "d.1"}}]
    assert store.fetches == 1


async def test_a_token_expires_while_a_subscription_waits_for_its_store(graphs: Graphs, tmp_path: Path) -> None:
    async with open_feed(graphs, tmp_path) as setup:
        await setup.upsert("a", "b")
        expires = int(time.time()) + 3
        store, errors = await errors_of_subscription(setup.feed, StoreUnavailable("unavailable"), expires)

    (error,) = errors
    assert error["message"].startswith("The token has expired; your last change is 'd.1'")
    assert error["extensions"] == {"code": "SUBSCRIPTION_ENDED", "after": "d.1"}
    assert store.fetches > 0
