"""Seed an empty graph with facts, in idempotent batches, after its constraints and indexes are created.

The node `(:AtlasGraph)` records the state of the graph. A process that seeds or migrates the graph stores a lease there,
and renews it with every batch. Another process that starts meanwhile waits, and takes over if the lease expires.
"""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from graph_seed import Claim, Facts, group_claims
from schema import Ontology, Relation
from service.errors import StoreError
from service.stores.base import Progress, timestamp
from service.stores.neo4j.layout import alias_label, indexes
from service.stores.neo4j.migrations import LAYOUT_VERSION, Run, Write, migrate
from service.stores.neo4j.transaction import change_row, claim_row, create_missing_claims, entity_row, put_entities
from service.stores.transaction import LogEntry, load_change

RunSchemaChanges = Callable[[Sequence[str]], Awaitable[None]]
"""Runs statements that create constraints and indexes, in one transaction."""

_BATCH_SIZE = 1000
_LEASE_SECONDS = 30
_POLL_SECONDS = 0.5
_MAX_WAIT_SECONDS = 3600

_STATE = "MATCH (g:AtlasGraph {name: 'graph'}) RETURN g.layout AS layout, g.digest AS digest"
_ACQUIRE_LEASE = """
MERGE (g:AtlasGraph {name: 'graph'})
SET g.locked = true
WITH g, (g.digest IS NULL OR coalesce(g.layout, 1) < $layout)
  AND (g.lease IS NULL OR g.lease < timestamp() OR g.holder = $holder) AS free
FOREACH (_ IN CASE WHEN free THEN [1] ELSE [] END | SET g.holder = $holder, g.lease = timestamp() + $milliseconds)
REMOVE g.locked
RETURN free, g.digest AS digest, g.layout AS layout"""
# writes a batch and renews the lease, or neither if another process has the lease
_WRITE_BATCH = """
MATCH (g:AtlasGraph {{name: 'graph', holder: $holder}})
SET g.lease = timestamp() + $milliseconds
WITH g CALL () {{ {} }}
RETURN g.name AS held"""
_DIGEST_IN_PROGRESS = "MATCH (g:AtlasGraph {name: 'graph'}) RETURN g.filling AS digest"
_BEGIN = "MATCH (g:AtlasGraph {name: 'graph'}) SET g.filling = $digest"
_DELETE_NODES = "MATCH (n:{}) CALL (n) {{ DETACH DELETE n }} IN TRANSACTIONS OF 10000 ROWS"
_FINISH = """
MATCH (g:AtlasGraph {name: 'graph', holder: $holder})
SET g.digest = $digest, g.layout = $layout, g.changed = $row.at, g.sequence = $row.sequence
REMOVE g.holder, g.lease, g.filling
MERGE (c:Change {sequence: $row.sequence}) SET c = $row
RETURN g.digest AS digest"""
_FINISH_MIGRATION = """
MATCH (g:AtlasGraph {name: 'graph', holder: $holder})
SET g.layout = $layout
REMOVE g.holder, g.lease
RETURN g.layout AS layout"""
_ONLINE_INDEXES = "SHOW INDEXES YIELD name, state WHERE state = 'ONLINE' RETURN name"
_TAKEN_OVER = "another process has taken over the seeding of the graph."


async def is_seeded(run: Run) -> bool:
    """Return whether the graph is complete and has the current layout. Raise StoreError if a newer version wrote it."""
    return any(_is_complete(state) for state in await run(_STATE))


async def create_indexes(run: Run, run_schema_changes: RunSchemaChanges, ontology: Ontology) -> None:
    """Create the constraints and indexes of the ontology that do not exist yet."""
    online = {row["name"] for row in await run(_ONLINE_INDEXES)}
    missing = [text for name, text in indexes(ontology.kinds).items() if name not in online]
    if missing:
        await run_schema_changes(missing)
        await run("CALL db.awaitIndexes(300)")


async def seed(run: Run, ontology: Ontology, facts: Callable[[], Facts], progress: Progress) -> bool:
    """Seed an empty graph, or migrate one of an older layout. Return whether this process has seeded it."""
    holder = uuid.uuid4().hex
    state = await _acquire_lease(run, holder)
    if state is None:
        return False

    async def write(statement: str, rows: list[Any]) -> None:
        if not await run(_WRITE_BATCH.format(statement), holder=holder, milliseconds=_LEASE_SECONDS * 1000, rows=rows):
            raise StoreError(_TAKEN_OVER)

    if state["digest"] is not None:
        await migrate(run, write, state["layout"] or 1, progress)
        if not await run(_FINISH_MIGRATION, holder=holder, layout=LAYOUT_VERSION):
            raise StoreError(_TAKEN_OVER)
        return False
    initial_facts = facts()
    await _write_facts(run, write, ontology, initial_facts, progress)
    if not await run(
        _FINISH,
        holder=holder,
        digest=initial_facts.digest,
        layout=LAYOUT_VERSION,
        row=change_row(LogEntry(1, timestamp(), load_change(initial_facts))),
    ):
        raise StoreError(_TAKEN_OVER)
    return True


async def _write_facts(run: Run, write: Write, ontology: Ontology, facts: Facts, progress: Progress) -> None:
    (state,) = await run(_DIGEST_IN_PROGRESS)
    if state["digest"] not in (None, facts.digest):  # another process was interrupted while it wrote other facts
        labels = ["Entity", "Claim", "Change", *(alias_label(kind.name) for kind in ontology.kinds)]
        await run(_DELETE_NODES.format("|".join(labels)))
    await run(_BEGIN, digest=facts.digest)
    for batch in _batches(facts, ontology):
        await write(batch.statement, batch.rows)
        progress(batch.items, batch.done, batch.total)


async def _acquire_lease(run: Run, holder: str) -> dict[str, Any] | None:
    """Wait for the lease. Return the layout and digest of the graph, or None if another process has completed it."""
    end = time.monotonic() + _MAX_WAIT_SECONDS
    while time.monotonic() < end:
        (state,) = await run(_ACQUIRE_LEASE, holder=holder, milliseconds=_LEASE_SECONDS * 1000, layout=LAYOUT_VERSION)
        if state["free"]:
            return state
        if _is_complete(state):
            return None
        await asyncio.sleep(_POLL_SECONDS)
    raise StoreError("another process has been seeding the graph for an hour; check that process, then start again.")


def _is_complete(state: dict[str, Any]) -> bool:
    layout = state["layout"]
    if layout is not None and layout > LAYOUT_VERSION:
        raise StoreError(
            f"the graph has layout {layout}, but this version supports {LAYOUT_VERSION}; update framework-atlas."
        )
    return state["digest"] is not None and layout == LAYOUT_VERSION


@dataclass(frozen=True, slots=True)
class _Batch:
    """A statement with its rows. After it, `done` of `total` items are written."""

    statement: str
    rows: list[Any]
    items: str
    done: int
    total: int


def _batches(facts: Facts, ontology: Ontology) -> Iterator[_Batch]:
    done = 0
    for kind in ontology.kinds:
        entities = [item for item in facts.entities if item.kind == kind.name]
        for chunk in _chunks(entities):
            done += len(chunk)
            rows = [entity_row(item, ontology, 1) for item in chunk]
            yield _Batch(put_entities(kind.name), rows, "entities", done, len(facts.entities))
    yield from _claim_batches(list(group_claims(facts)))


def _claim_batches(claims: list[Claim]) -> Iterator[_Batch]:
    groups: dict[tuple[Relation, bool], list[Claim]] = {}
    for claim in claims:
        groups.setdefault((claim.relation, claim.assessment.stance == "LACKS"), []).append(claim)
    done = 0
    for (relation, denied), members in groups.items():
        # an interrupted process with the same facts may have written some of the claims
        statement = create_missing_claims(relation, denied=denied)
        for chunk in _chunks(members):
            done += len(chunk)
            yield _Batch(statement, [claim_row(claim) for claim in chunk], "claims", done, len(claims))


def _chunks(items: list[Any]) -> Iterator[list[Any]]:
    for start in range(0, len(items), _BATCH_SIZE):
        yield items[start : start + _BATCH_SIZE]
