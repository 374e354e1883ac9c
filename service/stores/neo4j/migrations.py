"""Bring a graph that an older version filled up to date, in batches, each of which may be run again without harm.

The migration that leads to layout 4 is written below `_log` and added at the end of `MIGRATIONS`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from service.stores.base import Progress, timestamp
from service.stores.neo4j.layout import search_properties
from service.stores.neo4j.transaction import change_row
from service.stores.transaction import Change, LogEntry

Run = Callable[..., Awaitable[list[dict[str, Any]]]]
"""Runs one statement with parameters in a transaction of its own; returns its records."""

Write = Callable[[str, list[Any]], Awaitable[None]]
"""Runs one statement with `$rows` and renews the lease; raises StoreError where somebody else has that by now."""

_BATCH = 1000

_WORDLESS = """
MATCH (n:Entity) WHERE n.id > $last AND n.all_names IS NULL
RETURN n.id AS id, n.name AS name, n.aliases AS aliases, n.summary AS summary ORDER BY n.id LIMIT $size"""
_COUNT_WORDLESS = "MATCH (n:Entity) WHERE n.id > '' AND n.all_names IS NULL RETURN count(n) AS count"
_SET_WORDS = "UNWIND $rows AS row MATCH (n:Entity {id: row.id}) SET n += row.values"

_COUNT_ALL = """
CALL () { MATCH (n:Entity) UNWIND labels(n) AS kind WITH DISTINCT kind WHERE kind <> 'Entity' WITH kind ORDER BY kind
          RETURN collect(kind) AS kinds }
CALL () { MATCH (n:Entity|Claim) RETURN count(n) AS count }
MATCH (g:AtlasGraph {name: 'graph'}) RETURN kinds, count, g.changed AS at"""
_MARK_CHANGED = "MATCH (n:Entity) WHERE n.changed IS NULL CALL (n) { SET n.changed = 1 } IN TRANSACTIONS OF 10000 ROWS"
_BEGIN_LOG = """
UNWIND $rows AS row MATCH (g:AtlasGraph {name: 'graph'}) SET g.sequence = row.sequence
MERGE (c:Change {sequence: row.sequence}) SET c = row"""


async def migrate(run: Run, write: Write, layout: int, progress: Progress) -> None:
    """Bring the graph from that layout, 1 or more, to `LAYOUT`."""
    for migration in MIGRATIONS[layout - 1 :]:
        await migration(run, write, progress)


async def _words(run: Run, write: Write, progress: Progress) -> None:
    """To layout 2: the words by which entities are searched, and all their names."""
    (counted,) = await run(_COUNT_WORDLESS)
    last, done = "", 0
    while batch := await run(_WORDLESS, last=last, size=_BATCH):
        values = (search_properties(row["name"], row["aliases"] or [], row["summary"]) for row in batch)
        await write(_SET_WORDS, [{"id": row["id"], "values": one} for row, one in zip(batch, values, strict=True)])
        last, done = batch[-1]["id"], done + len(batch)
        progress("entities", done, counted["count"])


async def _log(run: Run, write: Write, _progress: Progress) -> None:
    """To layout 3: the log of changes, which begins with what is there."""
    (found,) = await run(_COUNT_ALL)
    change = Change("LOAD", None, None, tuple(found["kinds"]), found["count"])
    await run(_MARK_CHANGED)
    await write(_BEGIN_LOG, [change_row(LogEntry(1, found["at"] or timestamp(), change))])


MIGRATIONS: tuple[Callable[[Run, Write, Progress], Awaitable[None]], ...] = (_words, _log)
"""What leads from layout 1 to 2, from 2 to 3, and so on."""

LAYOUT = 1 + len(MIGRATIONS)
"""The version of the graph's layout, kept on its AtlasGraph node."""
