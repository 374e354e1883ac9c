"""A write transaction on an SQLite file."""

from __future__ import annotations

import itertools
import json
from collections import defaultdict
from collections.abc import Callable, Collection, Coroutine, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import apsw

from graph_seed import Claim, EntityFact, EvidenceFact, Reference
from graph_seed.claims import parse_claim_key
from schema import Ontology, Relation
from schema.connections import SOURCE
from service.plan.version import Version
from service.stores.base import timestamp
from service.stores.sqlite import records
from service.stores.transaction import Change, LogEntry, StoredEntity

T = TypeVar("T")

Fetch = Callable[[str, Sequence[Any]], Sequence[Any]]
"""Runs the statement of a plan with the values of its parameters."""

# CROSS JOIN fixes the join order, from the arguments to the rows, however many rows a kind has:
# https://sqlite.org/optoverview.html#crossjoin
_EXISTING = """
SELECT e._kind, e."slug", e._pk FROM json_each(?) j CROSS JOIN entity e
  ON e._kind = j.value ->> 0 AND e."slug" = j.value ->> 1"""
_RESOLVE = """
SELECT j.value, e."slug" FROM json_each(?2) j CROSS JOIN entity e ON e._kind = ?1 AND e."slug" = j.value UNION ALL
SELECT j.value, e."slug" FROM json_each(?2) j CROSS JOIN name n ON n.kind = ?1 AND n.key = j.value AND n.alias = 1
  JOIN entity e ON e._pk = n.entity"""
_EVIDENCE = """
SELECT c._pk, c.key, s."slug", v.supports, v.note, v.term, v.locator FROM json_each(?) j CROSS JOIN claim c ON c.key = j.value
  JOIN evidence v ON v.claim = c._pk JOIN entity s ON s._pk = v.source ORDER BY s."slug" """
_CLAIM_KEYS_OF = "SELECT key FROM claim WHERE subject = ?1 UNION SELECT key FROM claim WHERE object = ?1"
_CLAIM_KEYS_CITING = "SELECT c.key FROM evidence v JOIN claim c ON c._pk = v.claim WHERE v.source = ?"
_NAMES = "SELECT key, alias FROM name WHERE entity = ?"
_CLAIMS = "SELECT c.key, c._pk FROM json_each(?) j CROSS JOIN claim c ON c.key = j.value"
_LAST_CLAIM = "SELECT ifnull(max(_pk), 0) FROM claim"
_DELETE_OTHER_EVIDENCE = "DELETE FROM evidence WHERE claim = ?1 AND source NOT IN (SELECT value FROM json_each(?2))"


def run_to_completion(work: Coroutine[Any, Any, T]) -> T:
    """Return the result of a coroutine that never suspends, since SQLite transactions run in a thread."""
    try:
        work.send(None)
    except StopIteration as done:
        return done.value
    work.close()
    raise RuntimeError("the work of an SQLite transaction awaited something other than the transaction")


class SqliteTransaction:
    """The open transaction of a connection. Its methods never suspend, so `run_to_completion` can run its callers."""

    def __init__(self, db: apsw.Connection, ontology: Ontology, fetch: Fetch) -> None:
        self._db = db
        self._ontology = ontology
        self._fetch = fetch
        self._entities: dict[Reference, int] = {}
        """The primary keys of entities that were looked up or written."""
        self._claims: dict[str, int | None] = {}
        """The primary keys of claims that were looked up or written, by claim key; None if there is no such claim."""
        (version,) = db.execute("SELECT version FROM graph").fetchone() or ("",)
        self.version = Version.parse(version) or Version(version, 0)

    # ----------------------------------------------------------------------------------------------------------- reads

    async def entities(self, references: Collection[Reference]) -> dict[Reference, StoredEntity]:
        entities: dict[Reference, StoredEntity] = {}
        pairs = json.dumps([tuple(item) for item in references])
        for primary_key, last_change, kind, *row in self._db.execute(records.read_entities(self._ontology), (pairs,)):
            fact = records.entity_fact(self._ontology, kind, row)
            self._entities[fact.reference] = primary_key
            entities[fact.reference] = StoredEntity(fact, last_change)
        return entities

    async def existing(self, references: Collection[Reference]) -> set[Reference]:
        pairs = json.dumps([tuple(item) for item in references])
        existing = {Reference(kind, slug): key for kind, slug, key in self._db.execute(_EXISTING, (pairs,))}
        self._entities.update(existing)
        return set(existing)

    async def resolve(self, kind: str, keys: Collection[str]) -> dict[str, Reference]:
        rows = self._db.execute(_RESOLVE, (kind, json.dumps(list(keys))))
        return {key: Reference(kind, slug) for key, slug in rows}

    async def evidence(self, keys: Collection[str]) -> dict[str, tuple[EvidenceFact, ...]]:
        evidence: dict[str, list[EvidenceFact]] = {}
        self._claims.update(dict.fromkeys(keys))
        for primary_key, key, source, supports, *texts in self._db.execute(_EVIDENCE, (json.dumps(list(keys)),)):
            self._claims[key] = primary_key
            fact = EvidenceFact(*parse_claim_key(key, self._ontology), source, bool(supports), *texts)
            evidence.setdefault(key, []).append(fact)
        return {key: tuple(facts) for key, facts in evidence.items()}

    async def claim_keys_of(self, reference: Reference) -> list[str]:
        return [key for (key,) in self._db.execute(_CLAIM_KEYS_OF, (self._primary_key(reference),))]

    async def claim_keys_citing(self, source: str) -> list[str]:
        return [key for (key,) in self._db.execute(_CLAIM_KEYS_CITING, (self._primary_key(Reference(SOURCE, source)),))]

    async def fetch(self, statement: str, values: Sequence[Any]) -> Sequence[Any]:
        return self._fetch(statement, values)

    def _primary_key(self, reference: Reference) -> int:
        primary_key = self._entities.get(reference)
        if primary_key is None:
            statement = 'SELECT _pk FROM entity WHERE _kind = ? AND "slug" = ?'
            primary_key = self._entities[reference] = self._db.execute(statement, tuple(reference)).get
        return primary_key

    # ---------------------------------------------------------------------------------------------------------- writes

    async def put_entities(self, facts: Sequence[EntityFact]) -> None:
        put = records.put_entity(self._ontology)
        for fact in facts:
            row = records.entity_row(self._ontology, fact, self.version.sequence)
            primary_key = self._entities[fact.reference] = self._db.execute(put, row).get
            names = {(key, alias) for _, key, _, alias in records.name_rows(primary_key, fact)}
            old_names = set(self._db.execute(_NAMES, (primary_key,)))
            self._db.executemany(
                "DELETE FROM name WHERE entity = ? AND key = ?", ((primary_key, key) for key, _ in old_names - names)
            )
            new_names = ((fact.kind, key, primary_key, alias) for key, alias in names - old_names)
            self._db.executemany(records.INSERT_NAME, sorted(new_names))

    async def put_claims(self, claims: Iterable[Claim]) -> None:
        rows = self._assign_keys(list(claims))
        self._db.executemany(
            records.INSERT_CLAIM,
            (records.claim_row(row.key, row.claim, row.subject, row.object) for row in rows if row.is_new),
        )
        self._db.executemany(
            records.UPDATE_ASSESSMENT, (records.assessment_row(row.key, row.claim) for row in rows if not row.is_new)
        )
        self._put_edges(rows)
        self._put_evidence(rows)
        self._claims.update((row.claim.key, row.key) for row in rows)

    def _assign_keys(self, claims: Sequence[Claim]) -> list[_ClaimRow]:
        ends = [(self._primary_key(claim.subject), self._primary_key(claim.object)) for claim in claims]
        if unknown := [claim.key for claim in claims if claim.key not in self._claims]:
            self._claims.update(dict.fromkeys(unknown))
            self._claims.update(self._db.execute(_CLAIMS, (json.dumps(unknown),)))
        new_keys = itertools.count(1 + self._db.execute(_LAST_CLAIM).get)
        rows: list[_ClaimRow] = []
        for claim, (subject, object_) in zip(claims, ends, strict=True):
            key = self._claims[claim.key]
            rows.append(_ClaimRow(claim, next(new_keys) if key is None else key, subject, object_, is_new=key is None))
        return rows

    def _put_edges(self, rows: Sequence[_ClaimRow]) -> None:
        edges: defaultdict[Relation, list[tuple[Any, ...]]] = defaultdict(list)
        for row in rows:
            edges[row.claim.relation].append(records.edge_row(row.key, row.claim, row.subject, row.object))
        for relation, edge_rows in edges.items():
            self._db.executemany(records.put_edge(relation), edge_rows)

    def _put_evidence(self, rows: Sequence[_ClaimRow]) -> None:
        slugs = {item.source for row in rows for item in row.claim.evidence}
        sources = {slug: self._primary_key(Reference(SOURCE, slug)) for slug in slugs}
        self._db.executemany(
            _DELETE_OTHER_EVIDENCE,
            (
                (row.key, json.dumps([sources[item.source] for item in row.claim.evidence]))
                for row in rows
                if not row.is_new
            ),
        )
        self._db.executemany(
            records.PUT_EVIDENCE,
            (evidence for row in rows for evidence in records.evidence_rows(row.key, row.claim, sources)),
        )

    async def delete_claims(self, keys: Collection[str]) -> None:
        self._db.execute("DELETE FROM claim WHERE key IN (SELECT value FROM json_each(?))", (json.dumps(list(keys)),))
        self._claims.update(dict.fromkeys(keys))

    async def delete_entity(self, reference: Reference) -> None:
        self._db.execute("DELETE FROM entity WHERE _pk = ?", (self._primary_key(reference),))
        self._entities.pop(reference, None)

    async def log_change(self, change: Change) -> None:
        entry = LogEntry(self.version.sequence + 1, timestamp(), change)
        self._db.execute(records.INSERT_CHANGE, records.change_row(entry))
        self.version = Version(self.version.digest, entry.sequence)
        self._db.execute(records.SET_VERSION, (str(self.version), entry.at))


@dataclass(frozen=True, slots=True)
class _ClaimRow:
    """A claim, and the primary keys of it, its subject and its object."""

    claim: Claim
    key: int
    subject: int
    object: int
    is_new: bool
