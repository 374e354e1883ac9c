"""A write transaction on an SQLite file."""

from __future__ import annotations

import itertools
import json
from collections import defaultdict
from collections.abc import Callable, Collection, Coroutine, Iterable, Sequence
from typing import Any, TypeVar

import apsw

from graph_seed import Claim, EntityFact, EvidenceFact, Reference
from graph_seed.claims import parse_claim_key
from schema import Ontology, Relation
from schema.connections import SOURCE
from service.plan.version import Version
from service.stores.base import timestamp
from service.stores.sqlite import layout
from service.stores.transaction import Change, LogEntry, StoredEntity

T = TypeVar("T")

Fetch = Callable[[str, Sequence[Any]], Sequence[Any]]
"""Runs a statement of the writer's with the values of its slots."""

# CROSS JOIN keeps the order: what is asked for leads to the rows, however many of a kind there are
_PRESENT = """
SELECT e._kind, e."slug", e._pk FROM json_each(?) j CROSS JOIN entity e
  ON e._kind = j.value ->> 0 AND e."slug" = j.value ->> 1"""
_NAMED = """
SELECT j.value, e."slug" FROM json_each(?2) j CROSS JOIN entity e ON e._kind = ?1 AND e."slug" = j.value UNION ALL
SELECT j.value, e."slug" FROM json_each(?2) j CROSS JOIN name n ON n.kind = ?1 AND n.key = j.value AND n.alias = 1
  JOIN entity e ON e._pk = n.entity"""
_EVIDENCE = """
SELECT c._pk, c.key, s."slug", v.supports, v.note, v.term, v.locator FROM json_each(?) j CROSS JOIN claim c ON c.key = j.value
  JOIN evidence v ON v.claim = c._pk JOIN entity s ON s._pk = v.source ORDER BY s."slug" """
_ABOUT = "SELECT key FROM claim WHERE subject = ?1 UNION SELECT key FROM claim WHERE object = ?1"
_CITING = "SELECT c.key FROM evidence v JOIN claim c ON c._pk = v.claim WHERE v.source = ?"
_NAMES = "SELECT key, alias FROM name WHERE entity = ?"
_CLAIMS = "SELECT c.key, c._pk FROM json_each(?) j CROSS JOIN claim c ON c.key = j.value"
_LAST_CLAIM = "SELECT ifnull(max(_pk), 0) FROM claim"
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
        self._claims: dict[str, int | None] = {}  # those that were looked for, None where there was none
        (told,) = db.execute("SELECT version FROM graph").fetchone() or ("",)
        self.version = Version.parse(told) or Version(told, 0)

    async def entities(self, references: Collection[Reference]) -> dict[Reference, StoredEntity]:
        found: dict[Reference, StoredEntity] = {}
        asked = json.dumps([tuple(item) for item in references])
        for pk, changed, kind, *row in self._db.execute(layout.read_entities(self._ontology), (asked,)):
            fact = layout.entity_fact(self._ontology, kind, row)
            self._pks[fact.reference] = pk
            found[fact.reference] = StoredEntity(fact, changed)
        return found

    async def existing(self, references: Collection[Reference]) -> set[Reference]:
        asked = json.dumps([tuple(item) for item in references])
        found = {Reference(kind, slug): pk for kind, slug, pk in self._db.execute(_PRESENT, (asked,))}
        self._pks.update(found)
        return set(found)

    async def resolve(self, kind: str, keys: Collection[str]) -> dict[str, Reference]:
        rows = self._db.execute(_NAMED, (kind, json.dumps(list(keys))))
        return {key: Reference(kind, slug) for key, slug in rows}

    async def evidence(self, keys: Collection[str]) -> dict[str, tuple[EvidenceFact, ...]]:
        found: dict[str, list[EvidenceFact]] = {}
        self._claims.update(dict.fromkeys(keys))
        for pk, key, source, supports, *said in self._db.execute(_EVIDENCE, (json.dumps(list(keys)),)):
            self._claims[key] = pk
            fact = EvidenceFact(*parse_claim_key(key, self._ontology), source, bool(supports), *said)
            found.setdefault(key, []).append(fact)
        return {key: tuple(facts) for key, facts in found.items()}

    async def claim_keys_of(self, reference: Reference) -> list[str]:
        return [key for (key,) in self._db.execute(_ABOUT, (self._pk(reference),))]

    async def claim_keys_citing(self, source: str) -> list[str]:
        return [key for (key,) in self._db.execute(_CITING, (self._pk(Reference(SOURCE, source)),))]

    async def put_entities(self, facts: Sequence[EntityFact]) -> None:
        put = layout.put_entity(self._ontology)
        for fact in facts:
            row = layout.entity_row(self._ontology, fact, self.version.sequence)
            pk = self._pks[fact.reference] = self._db.execute(put, row).get
            names = {(key, alias) for _, key, _, alias in layout.name_rows(pk, fact)}
            held = set(self._db.execute(_NAMES, (pk,)))
            self._db.executemany(
                "DELETE FROM name WHERE entity = ? AND key = ?", ((pk, key) for key, _ in held - names)
            )
            added = ((fact.kind, key, pk, alias) for key, alias in names - held)
            self._db.executemany(layout.INSERT_NAME, sorted(added))

    async def put_claims(self, claims: Iterable[Claim]) -> None:
        given = [(claim, self._pk(claim.subject), self._pk(claim.object)) for claim in claims]
        if asked := [claim.key for claim, _, _ in given if claim.key not in self._claims]:
            self._claims.update(dict.fromkeys(asked))
            self._claims.update(self._db.execute(_CLAIMS, (json.dumps(asked),)))
        held = [self._claims[claim.key] for claim, _, _ in given]
        last = itertools.count(1 + self._db.execute(_LAST_CLAIM).get)
        pks = [next(last) if pk is None else pk for pk in held]
        new = ((pk, row) for pk, before, row in zip(pks, held, given, strict=True) if before is None)
        self._db.executemany(layout.INSERT_CLAIM, ((pk, *layout.claim_row(*row)) for pk, row in new))
        there = [(pk, claim) for pk, before, (claim, _, _) in zip(pks, held, given, strict=True) if before is not None]
        self._db.executemany(layout.WEIGH_CLAIM, (layout.weight_row(pk, claim) for pk, claim in there))
        self._put_edges(zip(pks, given, strict=True))
        sources = {
            slug: self._pk(Reference(SOURCE, slug)) for slug in {e.source for row in given for e in row[0].evidence}
        }
        others = ((pk, json.dumps([sources[item.source] for item in claim.evidence])) for pk, claim in there)
        self._db.executemany(_OTHERS, others)
        said = (
            row
            for pk, (claim, _, _) in zip(pks, given, strict=True)
            for row in layout.evidence_rows(pk, claim, sources)
        )
        self._db.executemany(layout.PUT_EVIDENCE, said)
        self._claims.update((claim.key, pk) for pk, (claim, _, _) in zip(pks, given, strict=True))

    def _put_edges(self, claims: Iterable[tuple[int, tuple[Claim, int, int]]]) -> None:
        groups: defaultdict[Relation, list[tuple[Any, ...]]] = defaultdict(list)
        for pk, row in claims:
            groups[row[0].relation].append(layout.edge_row(pk, *row))
        for relation, rows in groups.items():
            self._db.executemany(layout.put_edge(relation), rows)

    async def delete_claims(self, keys: Collection[str]) -> None:
        self._db.execute("DELETE FROM claim WHERE key IN (SELECT value FROM json_each(?))", (json.dumps(list(keys)),))
        self._claims.update(dict.fromkeys(keys))

    async def delete_entity(self, reference: Reference) -> None:
        self._db.execute("DELETE FROM entity WHERE _pk = ?", (self._pk(reference),))
        self._pks.pop(reference, None)

    async def log_change(self, change: Change) -> None:
        entry = LogEntry(self.version.sequence + 1, timestamp(), change)
        self._db.execute(layout.INSERT_CHANGE, layout.change_row(entry))
        self.version = Version(self.version.digest, entry.sequence)
        self._db.execute(layout.SET_VERSION, (str(self.version), entry.at))

    async def fetch(self, statement: str, values: Sequence[Any]) -> Sequence[Any]:
        return self._fetch(statement, values)

    def _pk(self, reference: Reference) -> int:
        found = self._pks.get(reference)
        if found is None:
            asked = 'SELECT _pk FROM entity WHERE _kind = ? AND "slug" = ?'
            found = self._pks[reference] = self._db.execute(asked, tuple(reference)).get
        return found
