"""A write transaction on an SQLite file."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Coroutine, Iterable, Sequence
from typing import Any, TypeVar

import apsw

from graph_seed import Claim, EntityFact, EvidenceFact, Reference
from graph_seed.claims import ends_of
from schema import Ontology
from service.stores.base import now
from service.stores.sqlite import tables
from service.stores.writing import Change, Entry, Stored, Version

T = TypeVar("T")

Fetch = Callable[[str, Sequence[Any]], Sequence[Any]]
"""Runs a statement of the writer's with the values of its slots."""

_PRESENT = """
SELECT e._kind, e."slug", e._pk FROM json_each(?) j JOIN entity e
  ON e._kind = j.value ->> 0 AND e."slug" = j.value ->> 1"""
_NAMED = """
SELECT j.value, e."slug" FROM json_each(?2) j JOIN entity e ON e._kind = ?1 AND e."slug" = j.value UNION ALL
SELECT j.value, e."slug" FROM json_each(?2) j JOIN name n ON n.kind = ?1 AND n.key = j.value AND n.alias = 1
  JOIN entity e ON e._pk = n.entity"""
_EVIDENCE = """
SELECT c.key, s."slug", v.supports, v.note, v.term, v.locator FROM json_each(?) j JOIN claim c ON c.key = j.value
  JOIN evidence v ON v.claim = c._pk JOIN entity s ON s._pk = v.source ORDER BY s."slug" """
_ABOUT = "SELECT key FROM claim WHERE subject = ?1 UNION SELECT key FROM claim WHERE object = ?1"
_CITING = "SELECT c.key FROM evidence v JOIN claim c ON c._pk = v.claim WHERE v.source = ?"
_NAMES = "SELECT key, alias FROM name WHERE entity = ?"
_OTHERS = "DELETE FROM evidence WHERE claim = ?1 AND source NOT IN (SELECT value FROM json_each(?2))"


def complete(work: Coroutine[Any, Any, T]) -> T:
    """The result of a coroutine that never waits."""
    try:
        work.send(None)
    except StopIteration as done:
        return done.value
    work.close()
    raise RuntimeError("what is written to SQLite must not wait")


class SqliteTransaction:
    """The transaction that a connection is in. Its methods never wait, so `complete` runs what calls them."""

    def __init__(self, db: apsw.Connection, ontology: Ontology, fetch: Fetch) -> None:
        self._db = db
        self._ontology = ontology
        self._fetch = fetch
        self._pks: dict[Reference, int] = {}
        (told,) = db.execute("SELECT version FROM graph").fetchone() or ("",)
        self.version = Version.of(told) or Version(told, 0)

    async def entities(self, references: Collection[Reference]) -> dict[Reference, Stored]:
        found: dict[Reference, Stored] = {}
        asked = json.dumps([tuple(item) for item in references])
        for pk, changed, kind, *row in self._db.execute(tables.read_entities(self._ontology), (asked,)):
            fact = tables.entity_fact(self._ontology, kind, row)
            self._pks[fact.reference] = pk
            found[fact.reference] = Stored(fact, changed)
        return found

    async def present(self, references: Collection[Reference]) -> set[Reference]:
        asked = json.dumps([tuple(item) for item in references])
        found = {Reference(kind, slug): pk for kind, slug, pk in self._db.execute(_PRESENT, (asked,))}
        self._pks.update(found)
        return set(found)

    async def named(self, kind: str, keys: Collection[str]) -> dict[str, Reference]:
        rows = self._db.execute(_NAMED, (kind, json.dumps(list(keys))))
        return {key: Reference(kind, slug) for key, slug in rows}

    async def evidence(self, keys: Collection[str]) -> dict[str, tuple[EvidenceFact, ...]]:
        found: dict[str, list[EvidenceFact]] = {}
        for key, source, supports, *said in self._db.execute(_EVIDENCE, (json.dumps(list(keys)),)):
            fact = EvidenceFact(*ends_of(key, self._ontology), source, bool(supports), *said)
            found.setdefault(key, []).append(fact)
        return {key: tuple(facts) for key, facts in found.items()}

    async def about(self, reference: Reference) -> list[str]:
        return [key for (key,) in self._db.execute(_ABOUT, (self._pk(reference),))]

    async def citing(self, source: str) -> list[str]:
        return [key for (key,) in self._db.execute(_CITING, (self._pk(Reference("Source", source)),))]

    async def put_entities(self, facts: Sequence[EntityFact]) -> None:
        put = tables.put_entity(self._ontology)
        for fact in facts:
            row = tables.entity_row(self._ontology, fact, self.version.sequence)
            pk = self._pks[fact.reference] = self._db.execute(put, row).get
            names = {(key, alias) for _, key, _, alias in tables.name_rows(pk, fact)}
            held = set(self._db.execute(_NAMES, (pk,)))
            self._db.executemany(
                "DELETE FROM name WHERE entity = ? AND key = ?", ((pk, key) for key, _ in held - names)
            )
            added = ((fact.kind, key, pk, alias) for key, alias in names - held)
            self._db.executemany(tables.INSERT_NAME, sorted(added))

    async def put_claims(self, claims: Iterable[Claim]) -> None:
        for claim in claims:
            ends = self._pk(claim.subject), self._pk(claim.object)
            pk = self._db.execute(tables.PUT_CLAIM, tables.claim_row(claim, *ends)).get
            self._db.execute(tables.put_edge(claim.relation), tables.edge_row(pk, claim, *ends))
            sources = {item.source: self._pk(Reference("Source", item.source)) for item in claim.evidence}
            self._db.execute(_OTHERS, (pk, json.dumps(list(sources.values()))))
            self._db.executemany(tables.PUT_EVIDENCE, tables.evidence_rows(pk, claim, sources))

    async def drop_claims(self, keys: Collection[str]) -> None:
        self._db.execute("DELETE FROM claim WHERE key IN (SELECT value FROM json_each(?))", (json.dumps(list(keys)),))

    async def drop_entity(self, reference: Reference) -> None:
        self._db.execute("DELETE FROM entity WHERE _pk = ?", (self._pk(reference),))
        self._pks.pop(reference, None)

    async def log(self, change: Change) -> None:
        entry = Entry(self.version.sequence + 1, now(), change)
        self._db.execute(tables.INSERT_CHANGE, tables.change_row(entry))
        self.version = Version(self.version.digest, entry.sequence)
        self._db.execute(tables.SET_VERSION, (str(self.version), entry.at))

    async def fetch(self, statement: str, values: Sequence[Any]) -> Sequence[Any]:
        return self._fetch(statement, values)

    def _pk(self, reference: Reference) -> int:
        found = self._pks.get(reference)
        if found is None:
            asked = 'SELECT _pk FROM entity WHERE _kind = ? AND "slug" = ?'
            found = self._pks[reference] = self._db.execute(asked, tuple(reference)).get
        return found
