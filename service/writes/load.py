"""Load facts from files into a store, and update a store to new shipped facts.

    lines -> batches -> one transaction per batch, with one log entry if something changes

Files are read twice, first for their entities, then for their evidence, so the order of lines and files does not matter. A batch
does what the mutations `upsert` and `claim` do, for many lines at once. Like these it is idempotent: an interrupted load is
repeated with the same command.

`BulkLoad.check` finds all errors in advance. It keeps the entities and names of the files in memory, about 200 bytes per entity,
but not their evidence.
"""

from __future__ import annotations

import io
import uuid
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Literal, TypeAlias, TypeVar

from graph_seed import Facts, Reference, read_facts
from graph_seed.claims import claim_key
from graph_seed.facts import UNRECOGNIZED_LINE, FactError
from schema import Ontology
from schema.connections import SOURCE
from service.errors import FactsError
from service.stores.base import Progress, Store, Work
from service.writes.input_files import InputFile, InputRecords, open_input_files
from service.writes.load_entities import (
    EarlierLines,
    StoredEntities,
    apply_updates,
    parse_updates,
    put_updates,
    read_stored,
)
from service.writes.load_evidence import (
    claims_citing,
    existing_entities,
    missing_entities,
    parse_evidence,
    put_evidence_lines,
    retract_evidence,
)
from service.writes.load_results import BatchResult, FileLocation, LoadErrors, LoadSummary

T = TypeVar("T")

_Batch: TypeAlias = list[tuple[FileLocation, dict[str, Any]]]
_Field: TypeAlias = Literal["kind", "relation"]
"""The field that a line of an entity has, or a line of evidence."""

_MAX_UPDATE_ERRORS = 100
_BATCH_SECONDS = 300.0
"""The time limit of a transaction, much longer than that of a request: no client waits for it."""


class BulkLoad:
    """Loads files into a store."""

    def __init__(
        self, store: Store[Any], ontology: Ontology, files: Sequence[InputFile], errors: LoadErrors, progress: Progress
    ) -> None:
        self._store = store
        self._ontology = ontology
        self._records = InputRecords(files, ontology)
        self._errors = errors
        self._progress = progress

    async def check(self) -> LoadSummary:
        """Find all errors without writing; return the number of valid lines."""
        summary, earlier = LoadSummary(), EarlierLines()
        if has_graph := bool(await self._store.version(background=True)):
            await open_graph(self._store)
        for batch in self._batches("checking entities", "kind"):
            updates, errors = parse_updates(self._ontology, batch)
            stored = (
                await self._transact(partial(read_stored, updates=updates)) if has_graph else StoredEntities({}, {})
            )
            errors += apply_updates(self._ontology, updates, stored, earlier)[1]
            self._errors.add(errors)
            summary.entities += len(batch) - len(errors)
            # An invalid entity is reported once, and not again for each line that refers to it.
            earlier.entities.update(_reference(fields) for _, fields in batch)
        for batch in self._batches("checking evidence", "relation"):
            lines, errors = parse_evidence(self._ontology, batch)
            missing = {reference for line in lines for reference in line.required} - earlier.entities
            if has_graph and missing:
                earlier.entities |= await self._transact(partial(existing_entities, references=missing))
            errors += missing_entities(lines, earlier.entities)
            self._errors.add(errors)
            summary.evidence += len(batch) - len({location for location, _ in errors})
        return summary

    async def write(self) -> LoadSummary:
        """Write all valid lines."""
        await open_graph(self._store)
        summary = LoadSummary()
        for batch in self._batches("entities", "kind"):
            updates, errors = parse_updates(self._ontology, batch)
            self._errors.add(errors)
            if updates:
                await self._write_batch(summary, partial(put_updates, ontology=self._ontology, updates=updates))
        for batch in self._batches("evidence", "relation"):
            lines, errors = parse_evidence(self._ontology, batch)
            self._errors.add(errors)
            if lines:
                await self._write_batch(summary, partial(put_evidence_lines, lines=lines))
        return summary

    async def _write_batch(self, summary: LoadSummary, work: Work[BatchResult]) -> None:
        written, errors = await self._transact(work)
        summary.add(written)
        self._errors.add(errors)

    async def _transact(self, work: Work[T]) -> T:
        return (await self._store.transact(work, _BATCH_SECONDS))[0]

    def _batches(self, step: str, field: _Field) -> Iterator[_Batch]:
        """Yield the lines that have the field, in batches, until there are too many errors.

        Lines with neither field are reported together with the entities.
        """
        batch: _Batch = []
        for location, content in self._records:
            if self._errors.full:
                return
            if isinstance(content, FactError) or not ("kind" in content or "relation" in content):
                if field == "kind":
                    message = str(content) if isinstance(content, FactError) else UNRECOGNIZED_LINE
                    self._errors.add([(location, message)])
            elif ("kind" in content) == (field == "kind"):
                batch.append((location, content))
                if len(batch) == self._store.batch_size:
                    yield batch
                    batch = []
                    self._progress(step, self._records.read_bytes, self._records.total_bytes)
        if batch and not self._errors.full:
            yield batch
        self._progress(step, self._records.total_bytes, self._records.total_bytes)


async def open_graph(store: Store[Any]) -> None:
    """Create an empty graph in an empty store; migrate the graph of another layout."""
    await store.seed(lambda: Facts((), (), uuid.uuid4().hex[:16]))


async def update_facts(store: Store[Any], ontology: Ontology, folder: Path, progress: Progress) -> LoadSummary:
    """Update a store to the facts of a folder: write them, and retract what their sources no longer state.

    Evidence of other sources stays, and so do entities that are not in the folder. Raises FactsError.
    """
    facts, errors = read_facts(folder, ontology), LoadErrors(_MAX_UPDATE_ERRORS)
    with open_input_files(_names(folder), None, io.BytesIO()) as files:
        load = BulkLoad(store, ontology, files, errors, progress)
        await load.check()
        summary = LoadSummary() if errors.items else await load.write()
        if errors.items:
            raise FactsError(tuple(errors.messages(files)))
    summary.retracted = await _retract_removed(store, facts)
    return summary


def _names(folder: Path) -> list[str]:
    return [str(path) for path in sorted(folder.glob("*.jsonl"))]


def _reference(fields: dict[str, Any]) -> Reference:
    return Reference(str(fields.get("kind")), str(fields.get("slug")))


async def _retract_removed(store: Store[Any], facts: Facts) -> int:
    """Remove the evidence that the sources of these facts have in the store but not in the facts; return its count."""
    claims_by_source: dict[str, set[str]] = {item.slug: set() for item in facts.entities if item.kind == SOURCE}
    for item in facts.evidence:
        claims_by_source[item.source].add(claim_key(item.subject, item.relation, item.object))
    retracted = 0
    for source, claims in claims_by_source.items():
        stored, _ = await store.transact(partial(claims_citing, source=source), _BATCH_SECONDS)
        removed = sorted(set(stored) - claims)
        for start in range(0, len(removed), store.batch_size):
            batch = removed[start : start + store.batch_size]
            work = partial(retract_evidence, source=source, claims=batch)
            retracted += (await store.transact(work, _BATCH_SECONDS))[0]
    return retracted
