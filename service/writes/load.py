"""Load files of facts into a store that lives, and bring the shipped facts in one up to date.

    lines -> batches -> one transaction and one entry of the log each, none where nothing changes

Files are read twice, first for their entities, then for their evidence, so that neither the order of lines nor that of
files matters. What a batch does is what `writing.upsert` and `writing.claim` do, for many lines at once; as these, it
finds done what was done before. So a load that was cut off is run again as it was.

`Loading.check` finds out beforehand what would go wrong. It remembers the entities and names that the files bring, not
their evidence: some 200 bytes an entity.
"""

from __future__ import annotations

import io
import shutil
import uuid
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any, BinaryIO, NamedTuple, TypeVar

from graph_seed import EntityFact, EvidenceFact, Facts, Reference, read_facts
from graph_seed.claims import claim_key, publisher_of
from graph_seed.facts import UNRECOGNIZED_LINE, FactError, entity_fact, evidence_fact
from graph_seed.records import READERS
from schema import Kind, Ontology, PropertyType
from schema.connections import SOURCE
from schema.text import text_key
from service.errors import AtlasError, FactsError
from service.stores.base import Progress, Store, Work
from service.stores.transaction import Change, StoredEntity, Transaction
from service.writes.operations import put_evidence, taken, weigh_again

T = TypeVar("T")

FORMATS = {".jsonl": "jsonl", ".ndjson": "jsonl", ".json": "jsonl", ".csv": "csv"}
"""Formats by the suffix of a file."""


class FileLocation(NamedTuple):
    """Where a line stands: in which of the files, and its number."""

    file: int
    line: int


class Record(NamedTuple):
    """A line and its fields."""

    location: FileLocation
    given: dict[str, Any]


_BATCH_SECONDS = 300.0  # nobody waits for it at a browser

# ---------------------------------------------------------------------------------------------------------------- files


@dataclass(frozen=True, slots=True)
class InputFile:
    """A file that can be read again; `name` is what faults call it."""

    name: str
    path: Path
    format: str
    size: int


@contextmanager
def files(names: Sequence[str], format_: str | None, stdin: BinaryIO) -> Iterator[tuple[InputFile, ...]]:
    """Files by their names, `-` being the standard input: what cannot be read twice is kept in a temporary file.
    Raises AtlasError for what cannot be read.
    """
    with ExitStack() as kept:
        yield tuple(_file(name, format_, stdin, kept) for name in names)


def _file(name: str, format_: str | None, stdin: BinaryIO, kept: ExitStack) -> InputFile:
    path = Path(name)
    found = format_ or ("jsonl" if name == "-" else FORMATS.get(path.suffix.lower()))
    if found is None:
        raise AtlasError(f"{name}: its name ends in none of {', '.join(FORMATS)}; say what it is by --format.")
    try:
        if name == "-":
            path, name = _spool(stdin, kept), "stdin"
        elif path.exists() and not path.is_file() and not path.is_dir():
            with path.open("rb") as pipe:
                path = _spool(pipe, kept)
        with path.open("rb"):  # it is said before anything is written that one cannot be read
            return InputFile(name, path, found, path.stat().st_size)
    except OSError as error:
        raise AtlasError(f"{name}: cannot be read ({error.strerror}).") from error


def _spool(source: BinaryIO, kept: ExitStack) -> Path:
    copy = kept.enter_context(NamedTemporaryFile(prefix="atlas-"))  # noqa: SIM115 - `kept` closes it
    shutil.copyfileobj(source, copy)
    copy.flush()
    return Path(copy.name)


class _Reading:
    """The lines of all files, as often as asked, and how many bytes of them were read."""

    def __init__(self, given: Sequence[InputFile], ontology: Ontology) -> None:
        self.size = sum(file.size for file in given)
        self.done = 0
        self._files = given
        self._ontology = ontology

    def __iter__(self) -> Iterator[tuple[FileLocation, dict[str, Any] | FactError]]:
        before = 0
        for index, file in enumerate(self._files):
            with file.path.open("rb") as opened:
                for number, given in READERS[file.format](opened, self._ontology):
                    yield FileLocation(index, number), given
                    if number % 256 == 0 and not opened.closed:
                        self.done = before + opened.tell()
            self.done = before = before + file.size


# --------------------------------------------------------------------------------------------------------------- faults


@dataclass
class LoadErrors:
    """What is wrong, up to so many."""

    most: int
    found: list[tuple[FileLocation, str]] = field(default_factory=list)

    def add(self, faults: Iterable[tuple[FileLocation, str]]) -> None:
        self.found.extend(faults)
        del self.found[self.most :]

    @property
    def full(self) -> bool:
        return len(self.found) >= self.most

    def told(self, given: Sequence[InputFile]) -> Iterator[str]:
        """A line each, in the order of files and lines."""
        for location, message in sorted(self.found):
            yield f"{given[location.file].name}:{location.line}: {message}"


@dataclass(slots=True)
class LoadSummary:
    """How many lines did what: entities and evidence that were written, evidence that was taken back, and lines that
    found things as they say.
    """

    entities: int = 0
    evidence: int = 0
    retracted: int = 0
    same: int = 0

    def add(self, other: LoadSummary) -> None:
        self.entities += other.entities
        self.evidence += other.evidence
        self.retracted += other.retracted
        self.same += other.same


class _Done(NamedTuple):
    """What became of a batch."""

    tally: LoadSummary
    faults: list[tuple[FileLocation, str]]


class _Said(NamedTuple):
    """A line of evidence that the ontology allows."""

    location: FileLocation
    claim: str
    fact: EvidenceFact


# -------------------------------------------------------------------------------------------------------------- loading


class Loading:
    """Files on their way into a store."""

    def __init__(
        self, store: Store[Any], ontology: Ontology, given: Sequence[InputFile], faults: LoadErrors, progress: Progress
    ) -> None:
        self._store = store
        self._ontology = ontology
        self._reading = _Reading(given, ontology)
        self._faults = faults
        self._progress = progress

    async def check(self) -> LoadSummary:
        """Find the faults that writing would find, and write nothing; how many lines are right."""
        tally, known = LoadSummary(), _Known()
        if there := bool(await self._store.version(background=True)):
            await open_graph(self._store)
        for batch in self._batches("checking entities", "kind"):
            parts, faults = _parts(self._ontology, batch)
            found = await self._do(partial(_find, parts=parts)) if there else _Found({}, {})
            faults += _settle(self._ontology, parts, found, known).faults
            self._faults.add(faults)
            tally.entities += len(batch) - len(faults)
            known.entities.update(_meant(item) for item in batch)  # what names them is not wrong because they are
        for batch in self._batches("checking evidence", "relation"):
            said, faults = _said(self._ontology, batch)
            missing = {end for one in said for end in _ends(one.fact)} - known.entities
            if there and missing:
                known.entities |= await self._do(partial(_present, references=missing))
            faults += _absent(said, known.entities)
            self._faults.add(faults)
            tally.evidence += len(batch) - len({location for location, _ in faults})
        return tally

    async def write(self) -> LoadSummary:
        """Write all lines that are right."""
        await open_graph(self._store)
        tally = LoadSummary()
        for batch in self._batches("entities", "kind"):
            parts, faults = _parts(self._ontology, batch)
            self._faults.add(faults)
            if parts:
                await self._put(tally, partial(_put_entities, ontology=self._ontology, parts=parts))
        for batch in self._batches("evidence", "relation"):
            said, faults = _said(self._ontology, batch)
            self._faults.add(faults)
            if said:
                await self._put(tally, partial(_put_evidence, said=said))
        return tally

    async def _put(self, tally: LoadSummary, work: Work[_Done]) -> None:
        done, faults = await self._do(work)
        tally.add(done)
        self._faults.add(faults)

    async def _do(self, work: Work[T]) -> T:
        return (await self._store.transact(work, _BATCH_SECONDS))[0]

    def _batches(self, what: str, wanted: str) -> Iterator[list[Record]]:
        """The lines of entities, or those of evidence, so many at a time, until there are too many faults. What is
        neither is told along with the entities.
        """
        batch: list[Record] = []
        for location, given in self._reading:
            if self._faults.full:
                return
            if isinstance(given, FactError) or not ("kind" in given or "relation" in given):
                if wanted == "kind":
                    self._faults.add([(location, str(given) if isinstance(given, FactError) else UNRECOGNIZED_LINE)])
            elif ("kind" in given) == (wanted == "kind"):
                batch.append(Record(location, given))
                if len(batch) == self._store.batch_size:
                    yield batch
                    batch = []
                    self._progress(what, self._reading.done, self._reading.size)
        if batch and not self._faults.full:
            yield batch
        self._progress(what, self._reading.size, self._reading.size)


async def open_graph(store: Store[Any]) -> None:
    """See that the store holds a graph of this layout; one that holds none gets one without anything in it."""
    await store.seed(lambda: Facts((), (), uuid.uuid4().hex[:16]))


async def update(store: Store[Any], ontology: Ontology, folder: Path, progress: Progress) -> LoadSummary:
    """Bring what a folder of facts says up to date in a store: its entities, what its sources say and what they say no
    more. What other sources say stays, and so do entities that the folder has no more. Raises FactsError.
    """
    facts, faults = read_facts(folder, ontology), LoadErrors(most=100)
    with files(_names(folder), None, io.BytesIO()) as opened:
        loading = Loading(store, ontology, opened, faults, progress)
        await loading.check()
        tally = LoadSummary() if faults.found else await loading.write()
        if faults.found:
            raise FactsError(tuple(faults.told(opened)))
    tally.retracted = await _retract_others(store, facts)
    return tally


def _names(folder: Path) -> list[str]:
    return [str(path) for path in sorted(folder.glob("*.jsonl"))]


async def _retract_others(store: Store[Any], facts: Facts) -> int:
    """Take back what the sources of these facts say beyond these facts; how many pieces of evidence."""
    stated: dict[str, set[str]] = {item.slug: set() for item in facts.entities if item.kind == SOURCE}
    for item in facts.evidence:
        stated[item.source].add(claim_key(item.subject, item.relation, item.object))
    retracted = 0
    for source, keys in stated.items():
        spoken, _ = await store.transact(partial(_citing, source=source), _BATCH_SECONDS)
        others = sorted(set(spoken) - keys)
        for start in range(0, len(others), store.batch_size):
            work = partial(_retract, source=source, keys=others[start : start + store.batch_size])
            retracted += (await store.transact(work, _BATCH_SECONDS))[0]
    return retracted


# ------------------------------------------------------------------------------------------------------------- entities


class _Part(NamedTuple):
    """What a line tells of an entity; what it leaves out stays as it is."""

    location: FileLocation
    reference: Reference
    given: dict[str, Any]


class _Found(NamedTuple):
    """What of a batch's entities is there, and what has their slugs and aliases."""

    stored: Mapping[Reference, StoredEntity]
    holders: Mapping[tuple[str, str], Reference | None]


@dataclass(slots=True)
class _Known:
    """What lines before have brought: entities, and the names that they have taken or given up."""

    entities: set[Reference] = field(default_factory=set)
    holders: dict[tuple[str, str], Reference | None] = field(default_factory=dict)


class _Settled(NamedTuple):
    """The entities as a batch leaves them, and what is wrong with its lines."""

    facts: dict[Reference, EntityFact]
    faults: list[tuple[FileLocation, str]]


def _parts(ontology: Ontology, items: list[Record]) -> tuple[list[_Part], list[tuple[FileLocation, str]]]:
    """The lines of entities in which no field is wrong, whatever is left out, and what is wrong with the others."""
    parts: list[_Part] = []
    faults: list[tuple[FileLocation, str]] = []
    for location, given in items:
        kind = ontology.kind_by_name.get(str(given.get("kind")))
        try:
            fact = entity_fact({**(_stand_in(kind) if kind else {}), **given}, ontology)
        except FactError as fault:
            faults.append((location, str(fault)))
        else:
            parts.append(_Part(location, fact.reference, given))
    return parts, faults


def _stand_in(kind: Kind) -> dict[str, Any]:
    """What stands for the properties that an entity must have, where a line leaves them out."""
    values = {PropertyType.INTEGER: 0, PropertyType.DATE: "2000", PropertyType.TEXTS: []}
    required = (item for item in kind.properties if item.required and item.name not in {"id", "slug"})
    return {item.name: item.choices[0] if item.choices else values.get(item.type, "?") for item in required}


def _meant(item: Record) -> Reference:
    return Reference(str(item.given.get("kind")), str(item.given.get("slug")))


async def _find(transaction: Transaction, parts: list[_Part]) -> _Found:
    stored = await transaction.entities({part.reference for part in parts})
    names: defaultdict[str, set[str]] = defaultdict(set)
    for _, reference, given in parts:
        names[reference.kind].update(map(text_key, given.get("aliases") or ()))
        if reference not in stored:
            names[reference.kind].add(reference.slug)
    holders: dict[tuple[str, str], Reference | None] = {}
    for kind, keys in names.items():
        found = await transaction.resolve(kind, keys) if keys else {}
        holders.update({(kind, name): holder for name, holder in found.items()})
    return _Found(stored, holders)


def _settle(ontology: Ontology, parts: list[_Part], found: _Found, known: _Known) -> _Settled:
    """Apply the lines in their order to what is there, and keep in mind what they bring."""
    facts: dict[Reference, EntityFact] = {}
    faults: list[tuple[FileLocation, str]] = []
    for location, reference, given in parts:
        stored = found.stored.get(reference)
        before = facts.get(reference) or (stored.fact if stored else None)
        there = before is not None or reference in known.entities
        values = before.values if before else _stand_in(ontology.kind_by_name[reference.kind]) if there else {}
        try:
            fact = entity_fact({**values, **given}, ontology)
        except FactError as fault:
            faults.append((location, str(fault)))
            continue
        aliases = [text_key(alias) for alias in fact.values["aliases"]]
        names = {name: (fact.kind, name) for name in [*aliases, *([] if there else [fact.slug])]}
        holders = {name: known.holders.get(pair, found.holders.get(pair)) for name, pair in names.items()}
        if clash := taken(fact, {name: holder for name, holder in holders.items() if holder}):
            faults.append((location, clash.message))
            continue
        if before:
            known.holders.update({(fact.kind, text_key(alias)): None for alias in before.values["aliases"]})
        known.holders.update(dict.fromkeys(names.values(), reference))
        known.entities.add(reference)
        facts[reference] = fact
    return _Settled(facts, faults)


async def _put_entities(transaction: Transaction, ontology: Ontology, parts: list[_Part]) -> _Done:
    found = await _find(transaction, parts)
    facts, faults = _settle(ontology, parts, found, _Known())
    before = {reference: stored.fact for reference, stored in found.stored.items()}
    changed = [fact for reference, fact in facts.items() if before.get(reference) != fact]
    if changed:
        kinds = tuple(sorted({fact.kind for fact in changed}))
        await transaction.log_change(Change("LOAD", None, kinds=kinds, count=len(changed)))
        await transaction.put_entities(changed)
    for fact in changed:
        other = before.get(fact.reference)
        if fact.kind == SOURCE and other and publisher_of(other.values) != publisher_of(fact.values):
            await weigh_again(transaction, await transaction.claim_keys_citing(fact.slug))
    return _Done(LoadSummary(entities=len(changed), same=len(parts) - len(faults) - len(changed)), faults)


# ------------------------------------------------------------------------------------------------------------- evidence


def _said(ontology: Ontology, items: list[Record]) -> tuple[list[_Said], list[tuple[FileLocation, str]]]:
    """The lines of evidence that the ontology allows, and what is wrong with the others."""
    said: list[_Said] = []
    faults: list[tuple[FileLocation, str]] = []
    for location, given in items:
        try:
            fact = evidence_fact(given, ontology)
        except FactError as fault:
            faults.append((location, str(fault)))
        else:
            said.append(_Said(location, claim_key(fact.subject, fact.relation, fact.object), fact))
    return said, faults


def _ends(fact: EvidenceFact) -> tuple[Reference, Reference, Reference]:
    """The entities that must be there before it can be said."""
    return fact.subject, fact.object, Reference(SOURCE, fact.source)


def _absent(said: Iterable[_Said], there: Collection[Reference]) -> list[tuple[FileLocation, str]]:
    return [(location, f"there is no {end}.") for location, _, fact in said for end in _ends(fact) if end not in there]


async def _present(transaction: Transaction, references: Collection[Reference]) -> set[Reference]:
    return await transaction.existing(references)


async def _put_evidence(transaction: Transaction, said: list[_Said]) -> _Done:
    """Let sources say what they say; what each said of the same before is overwritten."""
    stored = await transaction.evidence({one.claim for one in said})
    before = {claim: {item.source: item for item in items} for claim, items in stored.items()}
    fresh = [one for one in said if before.get(one.claim, {}).get(one.fact.source) != one.fact]
    there = await transaction.existing({end for one in fresh for end in _ends(one.fact)}) if fresh else set()
    faults = _absent(fresh, there)
    wrong = {location for location, _ in faults}
    after = {claim: dict(items) for claim, items in before.items()}
    for location, claim, fact in said:
        if location not in wrong:
            after.setdefault(claim, {})[fact.source] = fact
    changed = {claim: tuple(items.values()) for claim, items in after.items() if before.get(claim) != items}
    if changed:
        kinds = {end.kind for items in changed.values() for end in (items[0].subject, items[0].object)}
        await transaction.log_change(Change("LOAD", None, kinds=tuple(sorted(kinds)), count=len(changed)))
        await put_evidence(transaction, changed)
    written = sum(item != before.get(claim, {}).get(item.source) for claim, items in changed.items() for item in items)
    return _Done(LoadSummary(evidence=written, same=len(said) - len(wrong) - written), faults)


async def _citing(transaction: Transaction, source: str) -> list[str]:
    return await transaction.claim_keys_citing(source)


async def _retract(transaction: Transaction, source: str, keys: Collection[str]) -> int:
    said = await transaction.evidence(keys)
    left = {claim: tuple(item for item in items if item.source != source) for claim, items in said.items()}
    changed = {claim: items for claim, items in left.items() if len(items) != len(said[claim])}
    if changed:
        kinds = {end.kind for claim in changed for end in (said[claim][0].subject, said[claim][0].object)}
        await transaction.log_change(Change("LOAD", None, kinds=tuple(sorted(kinds)), count=len(changed)))
        await put_evidence(transaction, changed)
    return len(changed)
