"""One reader of the log for all who listen in a process: nothing missed, nothing twice, nobody waited for."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from service.changes.feed import TOO_OLD, ChangeFeed, FeedListener, SubscriptionEnded
from service.changes.subscription import Subscription
from service.errors import StatementTimeout, StoreUnavailable
from service.stores import LogEntry
from tests.graphs import Graphs, facts_from, write
from tests.service.test_changes import EVER, name
from tests.small_graph import LINES

pytestmark = pytest.mark.anyio


class Watched:
    """A store that counts who reads its log, and can be away or slow."""

    def __init__(self, store: Any) -> None:
        self._store = store
        self.reads: list[int] = []
        self.away = False

    async def log_entries(self, after: int, limit: int, *, background: bool = False) -> list[LogEntry]:
        self.reads.append(after)
        if self.away:
            raise StoreUnavailable("away")
        return await self._store.log_entries(after, limit, background=background)


@asynccontextmanager
async def feeding(graphs: Graphs, tmp_path: Path, **options: Any) -> AsyncIterator[tuple[ChangeFeed, Watched, Any]]:
    """A feed of a graph of its own, the store as it sees it, and what makes changes: one for each slug."""
    async with graphs.fresh("sqlite", facts_from(tmp_path / "facts", LINES)) as engine:
        watched = Watched(engine.store)
        feed = ChangeFeed(watched, **{"poll_seconds": 0.01, **options})  # type: ignore[arg-type]

        async def change(slugs: str) -> None:
            for slug in slugs:
                await name(engine, slug)

        change.engine = engine  # type: ignore[attr-defined]
        try:
            yield feed, watched, change
        finally:
            await feed.close()


async def hear(listener: FeedListener, count: int) -> list[int]:
    async with asyncio.timeout(10):
        return [(await listener.next()).sequence for _ in range(count)]


async def reason(listener: FeedListener) -> str:
    with pytest.raises(SubscriptionEnded) as ended:
        await hear(listener, 1)
    return ended.value.reason


async def test_who_listens_hears_what_was_missed_and_then_what_comes(graphs: Graphs, tmp_path: Path) -> None:
    async with feeding(graphs, tmp_path) as (feed, _, change):
        await change("abc")
        listener = feed.listen(1)
        missed = await hear(listener, 3)
        live = asyncio.create_task(hear(listener, 2))
        await asyncio.sleep(0.05)
        await change("de")

        assert (missed, await live, listener.position) == ([2, 3, 4], [5, 6], 6)


async def test_many_who_listen_share_one_reader(graphs: Graphs, tmp_path: Path) -> None:
    async with feeding(graphs, tmp_path) as (feed, watched, change):
        listeners = [feed.listen(1) for _ in range(20)]
        heard = [asyncio.create_task(hear(one, 3)) for one in listeners]
        await asyncio.sleep(0.1)  # each has found for itself that it is at the end of the log
        caught_up = len([after for after in watched.reads if after == 1])
        watched.reads.clear()
        await change("abc")

        assert [await one for one in heard] == [[2, 3, 4]] * 20
        assert caught_up >= 20
        assert watched.reads == sorted(watched.reads)  # one who goes forward, not twenty
        assert len(set(watched.reads)) <= 4


async def test_nobody_reads_once_nobody_listens(graphs: Graphs, tmp_path: Path) -> None:
    async with feeding(graphs, tmp_path) as (feed, watched, change):
        one, other = feed.listen(1), feed.listen(1)
        heard = [asyncio.create_task(hear(listener, 1)) for listener in (one, other)]
        await asyncio.sleep(0.05)
        await change("a")
        await asyncio.gather(*heard)

        one.close()
        reading = feed._reader
        other.close()
        await asyncio.sleep(0.05)
        reads = len(watched.reads)
        await asyncio.sleep(0.1)

        assert reading is not None
        assert reading.cancelled()
        assert (feed._reader, feed._listeners, len(watched.reads)) == (None, set(), reads)
        await change("b")
        assert await hear(feed.listen(2), 1) == [3]  # and who comes then is served as before


async def test_who_is_slow_is_cut_off_and_resumes_without_loss(graphs: Graphs, tmp_path: Path) -> None:
    async with feeding(graphs, tmp_path, max_queue_length=3) as (feed, _, change):
        slow, quick = feed.listen(1), feed.listen(1)
        first = asyncio.gather(hear(slow, 1), hear(quick, 1))
        await asyncio.sleep(0.05)
        await change("a")
        await first
        heard = []
        for slug in "bcdefghi":
            await change(slug)
            heard += await hear(quick, 1)

        assert heard == [3, 4, 5, 6, 7, 8, 9, 10]  # nobody waits for the slow one
        assert await reason(slow) == "The graph changes faster than the client reads"
        assert slow.position == 2
        slow.close()
        assert await hear(feed.listen(slow.position), 8) == [3, 4, 5, 6, 7, 8, 9, 10]


async def test_who_listens_for_a_kind_hears_of_it_alone_and_is_not_cut_off_for_others(
    graphs: Graphs, tmp_path: Path
) -> None:
    async with feeding(graphs, tmp_path, max_queue_length=2) as (feed, _, change):
        companies = feed.listen(1, ("Company",))
        both = feed.listen(1, ("Company", "Framework"))
        nobody = feed.listen(1, ())
        company = asyncio.create_task(hear(companies, 1))
        silent = asyncio.create_task(nobody.next())
        heard = []
        await asyncio.sleep(0.05)
        for slug in "abcdefgh":
            await change(slug)
            heard += await hear(both, 1)
        text = 'mutation { upsertCompany(input: {slug: "new", name: "New"}) { __typename } }'
        await write(change.engine, text)
        heard += await hear(both, 1)

        assert (await company, heard) == ([10], [2, 3, 4, 5, 6, 7, 8, 9, 10])
        assert not silent.done()
        silent.cancel()
        await asyncio.sleep(0)
        assert nobody.position == 10  # from here it would resume


async def test_who_is_behind_what_the_log_keeps_is_told(graphs: Graphs, tmp_path: Path) -> None:
    async with feeding(graphs, tmp_path, poll_seconds=60) as (feed, _, change):
        live = feed.listen(1)
        ended = asyncio.create_task(reason(live))
        await asyncio.sleep(0.1)  # the reader looks again in a minute
        await change("abc")
        await change.engine.store.compact_log(1, EVER)
        late = feed.listen(1)
        feed.notify()

        assert (await ended, await reason(late)) == (TOO_OLD, TOO_OLD)
        assert (live.position, late.position) == (1, 1)


async def test_a_store_that_is_away_is_waited_for(
    graphs: Graphs, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with feeding(graphs, tmp_path) as (feed, watched, change):
        listener = feed.listen(1)
        heard = asyncio.create_task(hear(listener, 2))
        await asyncio.sleep(0.05)
        watched.away = True
        await change("ab")
        await asyncio.sleep(0.1)
        early = heard.done()
        watched.away = False

        assert (early, await heard) == (False, [2, 3])
        assert "the change log is unavailable: away" in caplog.text


async def test_all_are_told_when_the_feed_closes_and_who_comes_later_too(graphs: Graphs, tmp_path: Path) -> None:
    async with feeding(graphs, tmp_path) as (feed, _, _change):
        listeners = [feed.listen(1) for _ in range(3)]
        ended = [asyncio.create_task(reason(one)) for one in listeners]
        await asyncio.sleep(0.05)
        await feed.close()

        assert [await one for one in ended] == ["The service is shutting down"] * 3
        assert await reason(feed.listen(1)) == "The service is shutting down"


# ------------------------------------------------------------------------------------------------------------- streams


class Slow:
    """A store that fails a listener so when it is asked for what has changed."""

    def __init__(self, error: StoreUnavailable) -> None:
        self._error = error
        self.asked = 0

    async def fetch(self, *_: Any) -> list[Any]:
        self.asked += 1
        raise self._error


async def streamed(feed: ChangeFeed, error: StoreUnavailable, expires: int | None) -> tuple[Slow, list[Any]]:
    store = Slow(error)
    stream = Subscription(store, "changes", "", [0], "d", expires)  # type: ignore[arg-type]
    told: list[Any] = []
    async with asyncio.timeout(10):
        async for result in stream.events(feed.listen(1)):
            told.extend(one.formatted for one in result.errors or ())
    return store, told


async def test_a_statement_that_takes_too_long_ends_the_stream_before_its_change(
    graphs: Graphs, tmp_path: Path
) -> None:
    async with feeding(graphs, tmp_path) as (feed, _, change):
        await change("ab")
        store, told = await streamed(feed, StatementTimeout(3, "ATLAS_SQLITE_TIMEOUT"), None)

    message = "The operation took longer than 3 s (ATLAS_SQLITE_TIMEOUT); request less at once."
    assert told == [{"message": message, "extensions": {"code": "STATEMENT_TIMEOUT", "after": "d.1"}}]
    assert store.asked == 1


async def test_a_token_expires_while_a_listener_waits_for_a_store_that_is_away(graphs: Graphs, tmp_path: Path) -> None:
    async with feeding(graphs, tmp_path) as (feed, _, change):
        await change("ab")
        store, told = await streamed(feed, StoreUnavailable("away"), int(time.time()) + 3)

    (ended,) = told
    assert ended["message"].startswith("The token has expired; your last change is 'd.1'")
    assert ended["extensions"] == {"code": "SUBSCRIPTION_ENDED", "after": "d.1"}
    assert store.asked > 0
