"""Rows of entities, claims, evidence and log entries, and the statements that read and write them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from graph_seed import Claim
from graph_seed.facts import EntityFact, Reference, global_id
from schema import Ontology, Relation
from schema.text import search_words, text_key
from service.stores.sqlite.layout import STANCES, column, has_key, key_column, properties, relation_table
from service.stores.transaction import Change, LogEntry

# ------------------------------------------------------------------------------------------------------------- entities

INSERT_NAME = "INSERT INTO name (kind, key, entity, alias) VALUES (?, ?, ?, ?)"
"""Takes one of the `name_rows`."""


def put_entity(ontology: Ontology) -> str:
    """Return the statement that inserts or replaces an entity; it takes an `entity_row` and returns the primary key."""
    columns = ["_kind", *map(column, properties(ontology))]
    columns += [key_column(prop) for prop in properties(ontology) if has_key(prop)]
    columns += ["_names", "_summary", "_changed"]
    placeholders = ", ".join("?" * len(columns))
    assignments = ", ".join(f"{name} = excluded.{name}" for name in columns)
    return (
        f"INSERT INTO entity ({', '.join(columns)}) VALUES ({placeholders})"
        f" ON CONFLICT DO UPDATE SET {assignments} RETURNING _pk"
    )


def entity_row(ontology: Ontology, entity: EntityFact, sequence: int) -> list[Any]:
    """Return the row of an entity that the change with this sequence number writes."""
    values = {
        **entity.values,
        "id": entity.reference.id,
        "aliases": json.dumps(entity.values["aliases"], ensure_ascii=False),
    }
    originals = [values.get(prop.name) for prop in properties(ontology)]
    keyed = [values.get(prop.name) for prop in properties(ontology) if has_key(prop)]
    keys = [None if text is None else text_key(text) for text in keyed]
    words = search_words(values["name"], entity.values["aliases"], values["summary"])
    return [entity.kind, *originals, *keys, *words, sequence]


def name_rows(primary_key: int, entity: EntityFact) -> Iterator[tuple[Any, ...]]:
    """Yield the rows of an entity's name and aliases, each key once."""
    aliases = dict.fromkeys(map(text_key, entity.values["aliases"]))
    name = text_key(entity.values["name"])
    if name not in aliases:
        yield entity.kind, name, primary_key, 0
    for alias in aliases:
        yield entity.kind, alias, primary_key, 1


def read_entities(ontology: Ontology) -> str:
    """Return the statement that reads the entities in a JSON array of [kind, slug].

    A row is the primary key, the sequence number of the last change, the kind, and what `entity_fact` takes.
    """
    columns = ", ".join(f"e.{column(prop)}" for prop in properties(ontology))
    return (
        f"SELECT e._pk, e._changed, e._kind, {columns} FROM json_each(?) j"
        ' CROSS JOIN entity e ON e._kind = j.value ->> 0 AND e."slug" = j.value ->> 1'
    )


def read_kind(ontology: Ontology) -> str:
    """Return the statement that reads all entities of a kind, ordered by slug. `entity_fact` takes its rows."""
    columns = ", ".join(column(prop) for prop in properties(ontology))
    return f'SELECT {columns} FROM entity WHERE _kind = ? ORDER BY "slug"'


def entity_fact(ontology: Ontology, kind: str, row: Sequence[Any]) -> EntityFact:
    """Return the entity whose properties are in a row."""
    values = dict(zip((prop.name for prop in properties(ontology)), row, strict=True))
    values["aliases"] = json.loads(values["aliases"])
    names = (prop.name for prop in ontology.kind_by_name[kind].properties if prop.name != "id")
    return EntityFact(kind, values["slug"], {name: values[name] for name in names})


# --------------------------------------------------------------------------------------------------------------- claims

INSERT_CLAIM = "INSERT INTO claim VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
"""Takes a `claim_row`."""
UPDATE_ASSESSMENT = "UPDATE claim SET stance = ?, confidence = ?, first_seen = ?, last_seen = ? WHERE _pk = ?"
"""Takes an `assessment_row`."""
PUT_EVIDENCE = """INSERT INTO evidence VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET supports = excluded.supports, note = excluded.note, term = excluded.term, locator = excluded.locator"""
"""Takes one of the `evidence_rows`."""
_ASSESSMENT = "stance = excluded.stance, confidence = excluded.confidence, first_seen = excluded.first_seen, last_seen = excluded.last_seen"


def put_edge(relation: Relation) -> str:
    """Return the statement that inserts or replaces an edge; it takes an `edge_row`."""
    return (
        f"INSERT INTO {relation_table(relation)} VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET {_ASSESSMENT}"
    )


def claim_row(primary_key: int, claim: Claim, subject: int, object_: int) -> tuple[Any, ...]:
    names = global_id("Claim", claim.key), claim.key, claim.relation.name
    return primary_key, *names, subject, object_, *_assessment(claim)


def assessment_row(primary_key: int, claim: Claim) -> tuple[Any, ...]:
    return *_assessment(claim), primary_key


def edge_row(primary_key: int, claim: Claim, subject: int, object_: int) -> tuple[Any, ...]:
    return subject, object_, primary_key, *_assessment(claim)


def evidence_rows(primary_key: int, claim: Claim, sources: Mapping[str, int]) -> Iterator[tuple[Any, ...]]:
    """Yield the rows of a claim's evidence. `sources` are the primary keys of sources by slug."""
    for item in claim.evidence:
        yield primary_key, sources[item.source], int(item.supports), item.note, item.term, item.locator


def _assessment(claim: Claim) -> tuple[Any, ...]:
    assessment = claim.assessment
    return STANCES[assessment.stance], assessment.confidence, assessment.first_seen, assessment.last_seen


# ------------------------------------------------------------------------------------------------------------------ log

INSERT_CHANGE = "INSERT INTO change VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
"""Takes a `change_row`."""
SET_VERSION = "INSERT OR REPLACE INTO graph (_pk, version, changed) VALUES (1, ?, ?)"
# Stop at the first entry that is recent enough: the clocks of writers differ, and the log must not have gaps.
COMPACT_LOG = """DELETE FROM change WHERE _pk <= (SELECT max(_pk) FROM change) - ?1
  AND _pk < ifnull((SELECT _pk FROM change WHERE at >= ?2 ORDER BY _pk LIMIT 1), (SELECT max(_pk) FROM change))"""
"""Takes the number of entries to keep, and the time from which all entries are kept."""


def change_row(entry: LogEntry) -> tuple[Any, ...]:
    change = entry.change
    kind, slug = change.reference or (None, "")
    return entry.sequence, entry.at, change.action, kind, slug, change.claim, json.dumps(change.kinds), change.count


def log_entry(row: Sequence[Any]) -> LogEntry:
    """Return the log entry in a row of `change`."""
    sequence, at, action, kind, slug, claim, kinds, count = row
    reference = None if kind is None else Reference(kind, slug)
    return LogEntry(sequence, at, Change(action, reference, claim, tuple(json.loads(kinds)), count))
