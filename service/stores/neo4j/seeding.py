"""Fill a Neo4j with facts: constraints and indexes first, then batches that can be written again without harm.

One node, `(:AtlasGraph)`, says what the graph holds. Whoever fills it, or brings it up to date, writes a lease there and
renews it with every batch; another process that starts meanwhile waits, and takes over when the lease runs out.
"""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from typing import Any

from graph_seed import Claim, Facts, group_claims
from schema import Ontology, Relation
from service.errors import StoreError
from service.stores.base import Progress, timestamp
from service.stores.neo4j.layout import alias_label, indexes
from service.stores.neo4j.migrations import LAYOUT, Run, Write, migrate
from service.stores.neo4j.transaction import add_missing_claims, change_row, claim_row, entity_row, put_entities
from service.stores.transaction import LogEntry, load_change

Prepare = Callable[[Sequence[str]], Awaitable[None]]
"""Runs statements that change the schema, all in one transaction."""

_BATCH = 1000
_LEASE_SECONDS = 30
_POLL_SECONDS = 0.5
_LONGEST_WAIT_SECONDS = 3600

_STATE = "MATCH (g:AtlasGraph {name: 'graph'}) RETURN g.layout AS layout, g.digest AS digest"
_TAKE = """
MERGE (g:AtlasGraph {name: 'graph'})
SET g.locked = true
WITH g, (g.digest IS NULL OR coalesce(g.layout, 1) < $layout)
  AND (g.lease IS NULL OR g.lease < timestamp() OR g.holder = $holder) AS free
FOREACH (_ IN CASE WHEN free THEN [1] ELSE [] END | SET g.holder = $holder, g.lease = timestamp() + $milliseconds)
REMOVE g.locked
RETURN free, g.digest AS digest, g.layout AS layout"""
# writes a batch and renews the lease, or does neither
_HELD = """
MATCH (g:AtlasGraph {{name: 'graph', holder: $holder}})
SET g.lease = timestamp() + $milliseconds
WITH g CALL () {{ {} }}
RETURN g.name AS held"""
_BEGUN = "MATCH (g:AtlasGraph {name: 'graph'}) RETURN g.filling AS digest"
_BEGIN = "MATCH (g:AtlasGraph {name: 'graph'}) SET g.filling = $digest"
_EMPTY = "MATCH (n:{}) CALL (n) {{ DETACH DELETE n }} IN TRANSACTIONS OF 10000 ROWS"
_FINISH = """
MATCH (g:AtlasGraph {name: 'graph', holder: $holder})
SET g.digest = $digest, g.layout = $layout, g.changed = $row.at, g.sequence = $row.sequence
REMOVE g.holder, g.lease, g.filling
MERGE (c:Change {sequence: $row.sequence}) SET c = $row
RETURN g.digest AS digest"""
_MIGRATED = """
MATCH (g:AtlasGraph {name: 'graph', holder: $holder})
SET g.layout = $layout
REMOVE g.holder, g.lease
RETURN g.layout AS layout"""
_ONLINE = "SHOW INDEXES YIELD name, state WHERE state = 'ONLINE' RETURN name"
_TAKEN_OVER = "another process has taken over the filling of the graph."


async def check_layout(run: Run) -> bool:
    """Whether the graph is filled, in this layout; raises StoreError when a newer version wrote it."""
    return any(_is_complete(state) for state in await run(_STATE))


async def make_indexes(run: Run, prepare: Prepare, ontology: Ontology) -> None:
    """Make the constraints and indexes that are not there, those of a kind that was added since among them."""
    online = {row["name"] for row in await run(_ONLINE)}
    missing = [text for name, text in indexes(ontology.kinds).items() if name not in online]
    if missing:
        await prepare(missing)
        await run("CALL db.awaitIndexes(300)")


async def seed(run: Run, ontology: Ontology, facts: Callable[[], Facts], progress: Progress) -> bool:
    """Fill the graph, or bring one of an older layout up to date; whether it was this process that filled it."""
    holder = uuid.uuid4().hex
    state = await _take(run, holder)
    if state is None:
        return False

    async def write(statement: str, rows: list[Any]) -> None:
        if not await run(_HELD.format(statement), holder=holder, milliseconds=_LEASE_SECONDS * 1000, rows=rows):
            raise StoreError(_TAKEN_OVER)

    if state["digest"] is not None:
        await migrate(run, write, state["layout"] or 1, progress)
        if not await run(_MIGRATED, holder=holder, layout=LAYOUT):
            raise StoreError(_TAKEN_OVER)
        return False
    read = facts()
    await _fill(run, write, ontology, read, progress)
    if not await run(
        _FINISH,
        holder=holder,
        digest=read.digest,
        layout=LAYOUT,
        row=change_row(LogEntry(1, timestamp(), load_change(read))),
    ):
        raise StoreError(_TAKEN_OVER)
    return True


async def _fill(run: Run, write: Write, ontology: Ontology, facts: Facts, progress: Progress) -> None:
    (begun,) = await run(_BEGUN)
    if begun["digest"] not in (None, facts.digest):  # somebody began with other facts and was cut off
        await run(
            _EMPTY.format("|".join(["Entity", "Claim", "Change", *(alias_label(kind.name) for kind in ontology.kinds)]))
        )
    await run(_BEGIN, digest=facts.digest)
    for statement, rows, what, done, of in _statements(facts, ontology):
        await write(statement, rows)
        progress(what, done, of)


async def _take(run: Run, holder: str) -> dict[str, Any] | None:
    """Wait for the lease; the layout and digest of what is there, None when somebody else has done all meanwhile."""
    end = time.monotonic() + _LONGEST_WAIT_SECONDS
    while time.monotonic() < end:
        (state,) = await run(_TAKE, holder=holder, milliseconds=_LEASE_SECONDS * 1000, layout=LAYOUT)
        if state["free"]:
            return state
        if _is_complete(state):
            return None
        await asyncio.sleep(_POLL_SECONDS)
    raise StoreError("another process has been filling the graph for an hour; look what it does, then start again.")


def _is_complete(state: dict[str, Any]) -> bool:
    layout = state["layout"]
    if layout is not None and layout > LAYOUT:
        raise StoreError(f"the graph has layout {layout}, this version knows {LAYOUT}; update framework-atlas.")
    return state["digest"] is not None and layout == LAYOUT


def _statements(facts: Facts, ontology: Ontology) -> Iterator[tuple[str, list[Any], str, int, int]]:
    """Statement, rows, what they are, how many are done with them, of how many."""
    done = 0
    for kind in ontology.kinds:
        entities = [item for item in facts.entities if item.kind == kind.name]
        for batch in _batches(entities):
            done += len(batch)
            yield (
                put_entities(kind.name),
                [entity_row(item, ontology, 1) for item in batch],
                "entities",
                done,
                len(facts.entities),
            )
    yield from _claim_statements(list(group_claims(facts)))


def _claim_statements(gathered: list[Claim]) -> Iterator[tuple[str, list[Any], str, int, int]]:
    groups: dict[tuple[Relation, bool], list[Claim]] = {}
    for claim in gathered:
        groups.setdefault((claim.relation, claim.assessment.stance == "LACKS"), []).append(claim)
    done = 0
    for (relation, denied), members in groups.items():
        # a claim that is there was written by the same facts
        write = add_missing_claims(relation, denied=denied)
        for batch in _batches(members):
            done += len(batch)
            yield write, [claim_row(claim) for claim in batch], "claims", done, len(gathered)


def _batches(items: Iterable[Any]) -> Iterator[list[Any]]:
    listed = list(items)
    for start in range(0, len(listed), _BATCH):
        yield listed[start : start + _BATCH]
