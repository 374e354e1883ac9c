"""Migrate a graph that an older version wrote to the current layout, in idempotent batches.

To add a migration, write its function below the others, and add it at the end of `MIGRATIONS`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from service.stores.base import Progress, timestamp
from service.stores.neo4j.layout import search_properties
from service.stores.neo4j.transaction import change_row
from service.stores.transaction import Change, LogEntry

Run = Callable[..., Awaitable[list[dict[str, Any]]]]
"""Runs a statement with parameters, in a transaction of its own, and returns its records."""

Write = Callable[[str, list[Any]], Awaitable[None]]
"""Runs a statement with `$rows` and renews the lease. Raises StoreError if another process has the lease."""

_BATCH_SIZE = 1000

_WITHOUT_WORDS = """
MATCH (n:Entity) WHERE n.id > $last AND n.all_names IS NULL
RETURN n.id AS id, n.name AS name, n.aliases AS aliases, n.summary AS summary ORDER BY n.id LIMIT $size"""
_COUNT_WITHOUT_WORDS = "MATCH (n:Entity) WHERE n.id > '' AND n.all_names IS NULL RETURN count(n) AS count"
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
    """Migrate the graph from a layout to `LAYOUT_VERSION`."""
    for migration in MIGRATIONS[layout - 1 :]:
        await migration(run, write, progress)


async def _add_search_words(run: Run, write: Write, progress: Progress) -> None:
    """Migrate to layout 2: add the search words of entities, and all their names."""
    (total,) = await run(_COUNT_WITHOUT_WORDS)
    last, done = "", 0
    while batch := await run(_WITHOUT_WORDS, last=last, size=_BATCH_SIZE):
        values = (search_properties(row["name"], row["aliases"] or [], row["summary"]) for row in batch)
        await write(_SET_WORDS, [{"id": row["id"], "values": new} for row, new in zip(batch, values, strict=True)])
        last, done = batch[-1]["id"], done + len(batch)
        progress("entities", done, total["count"])


async def _add_log(run: Run, write: Write, _progress: Progress) -> None:
    """Migrate to layout 3: add the log, whose first entry is the load of the whole graph."""
    (graph,) = await run(_COUNT_ALL)
    change = Change("LOAD", None, None, tuple(graph["kinds"]), graph["count"])
    await run(_MARK_CHANGED)
    await write(_BEGIN_LOG, [change_row(LogEntry(1, graph["at"] or timestamp(), change))])


MIGRATIONS: tuple[Callable[[Run, Write, Progress], Awaitable[None]], ...] = (_add_search_words, _add_log)
"""The migrations from layout 1 to 2, from 2 to 3, and so on."""

LAYOUT_VERSION = 1 + len(MIGRATIONS)
"""The current layout. The AtlasGraph node has the layout of the graph."""
