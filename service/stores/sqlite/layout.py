"""Tables, keys and indexes of an ontology, and the rows that facts become.

    entity      one row an entity of any kind, one column a property; text that is matched has its key beside it;
                `_names` and `_summary` hold the words by which it is searched, `entity_fts` is their index
    name        one row for the name and each alias of an entity; `name_fts` is its trigram index, for `contains`
    claim       one row a claim: the truth, weighed from its evidence
    evidence    one row for what one source says about one claim
    degree      one row an entity of which a claim speaks: how many have it as subject or object, or cite it
    in_degree   one row an object of a relation from a kind of subject: how many claims of it are not denied
    population  one row a kind: how many entities it has
    step        two rows a claim that is not denied, as it is walked from either end
    graph       one row: the version of the graph and when it was last changed
    <relation>  one table a relation and subject kind, one row an edge, materialised from its claim

Columns of our own begin with `_` or are lower-case words that no property is called by.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from graph_seed import Claim
from graph_seed.facts import EntityFact, Reference, global_id
from schema import Edge, Kind, Ontology, Property, PropertyType, Relation
from schema.text import search_words, text_key
from service.stores.transaction import Change, LogEntry

STANCES = {"HAS": 0, "DISPUTED": 1, "LACKS": 2}
"""How an edge stores its stance; what is known is below 2."""

_UNKEYED = {"id", "slug", "homepage"}
_WORDS = "TEXT NOT NULL DEFAULT ''"
_SEQUENCE = "INTEGER NOT NULL DEFAULT 0"


def quote(name: str) -> str:
    """A name as SQL takes it."""
    return '"' + name.replace('"', '""') + '"'


def relation_table(relation: Relation) -> str:
    """`framework_has_feature`, quoted."""
    subject = "".join(f"_{char.lower()}" if char.isupper() else char for char in relation.subject).lstrip("_")
    return quote(f"{subject}_{relation.name.lower()}")


def back_index(relation: Relation) -> str:
    """The index of a relation's table by object, quoted."""
    return quote(relation_table(relation).strip('"') + "_back")


def edge_table(edge: Edge) -> tuple[str, str, str]:
    """The table of an edge, and its columns of the end that it leads from and of that which it leads to."""
    near, far = ("object", "subject") if edge.reverse else ("subject", "object")
    return relation_table(edge.relation), near, far


def column(prop: Property) -> str:
    """The column of a property as it was given, quoted."""
    return quote(prop.name)


def key_column(prop: Property) -> str:
    """The column by which a property is matched and sorted, quoted."""
    return quote(f"{prop.name}_key") if _has_key(prop) else column(prop)


def schema(ontology: Ontology) -> Iterator[str]:
    """The statements that make the tables of an empty store; a store that has some of them keeps those."""
    columns = [f"{column(prop)} {_sql_type(prop)}" for prop in _properties(ontology)]
    columns += [f"{key_column(prop)} TEXT" for prop in _properties(ontology) if _has_key(prop)]
    yield f"""CREATE TABLE IF NOT EXISTS entity (
  _pk INTEGER PRIMARY KEY, _kind TEXT NOT NULL,
  {", ".join(columns)},
  _names {_WORDS}, _summary {_WORDS}, _changed {_SEQUENCE},
  UNIQUE (_kind, "slug"), UNIQUE ("id")) STRICT"""
    yield 'CREATE INDEX IF NOT EXISTS entity_by_name ON entity (_kind, "name_key", "slug")'
    yield """CREATE TABLE IF NOT EXISTS name (
  _pk INTEGER PRIMARY KEY, kind TEXT NOT NULL, key TEXT NOT NULL,
  entity INTEGER NOT NULL REFERENCES entity ON DELETE CASCADE, alias INTEGER NOT NULL,
  UNIQUE (kind, key, entity)) STRICT"""
    yield "CREATE UNIQUE INDEX IF NOT EXISTS name_alias ON name (kind, key) WHERE alias = 1"
    yield "CREATE INDEX IF NOT EXISTS name_entity ON name (entity, key)"
    yield """CREATE VIRTUAL TABLE IF NOT EXISTS name_fts
  USING fts5(key, content = 'name', content_rowid = '_pk', tokenize = 'trigram', detail = 'none')"""
    yield """CREATE VIRTUAL TABLE IF NOT EXISTS entity_fts
  USING fts5(_names, _summary, content = 'entity', content_rowid = '_pk', tokenize = 'ascii', prefix = '1 2 3')"""
    yield """CREATE TABLE IF NOT EXISTS claim (
  _pk INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, key TEXT NOT NULL UNIQUE, relation TEXT NOT NULL,
  subject INTEGER NOT NULL REFERENCES entity, object INTEGER NOT NULL REFERENCES entity,
  stance INTEGER NOT NULL, confidence INTEGER NOT NULL, first_seen TEXT, last_seen TEXT,
  UNIQUE (subject, relation, object)) STRICT"""
    yield "CREATE INDEX IF NOT EXISTS claim_by_object ON claim (object, key)"
    yield "CREATE INDEX IF NOT EXISTS claim_by_subject ON claim (subject, key)"
    yield "CREATE INDEX IF NOT EXISTS claim_by_relation ON claim (relation, key)"
    yield """CREATE TABLE IF NOT EXISTS evidence (
  claim INTEGER NOT NULL REFERENCES claim ON DELETE CASCADE, source INTEGER NOT NULL REFERENCES entity,
  supports INTEGER NOT NULL, note TEXT NOT NULL, term TEXT, locator TEXT,
  PRIMARY KEY (claim, source)) STRICT, WITHOUT ROWID"""
    yield "CREATE INDEX IF NOT EXISTS evidence_by_source ON evidence (source, claim)"
    yield """CREATE TABLE IF NOT EXISTS degree (
  entity INTEGER PRIMARY KEY REFERENCES entity ON DELETE CASCADE, claims INTEGER NOT NULL) STRICT"""
    yield """CREATE TABLE IF NOT EXISTS in_degree (
  object INTEGER NOT NULL, relation TEXT NOT NULL, kind TEXT NOT NULL, claims INTEGER NOT NULL,
  PRIMARY KEY (object, relation, kind)) STRICT, WITHOUT ROWID"""
    yield "CREATE INDEX IF NOT EXISTS in_degree_by_relation ON in_degree (relation, kind, claims)"
    yield "CREATE TABLE IF NOT EXISTS population (kind TEXT PRIMARY KEY, entities INTEGER NOT NULL) STRICT, WITHOUT ROWID"
    yield """CREATE TABLE IF NOT EXISTS step (
  near INTEGER NOT NULL, far INTEGER NOT NULL, claim INTEGER NOT NULL, confidence INTEGER NOT NULL,
  PRIMARY KEY (near, far, claim)) STRICT, WITHOUT ROWID"""
    for relation in ontology.relations:
        yield from _edge_table(relation)
    yield "CREATE TABLE IF NOT EXISTS graph (_pk INTEGER PRIMARY KEY CHECK (_pk = 1), version TEXT, changed TEXT) STRICT"
    yield """CREATE TABLE IF NOT EXISTS change (
  _pk INTEGER PRIMARY KEY, at TEXT NOT NULL, action TEXT NOT NULL, kind TEXT, slug TEXT NOT NULL,
  claim TEXT, kinds TEXT NOT NULL, count INTEGER NOT NULL) STRICT"""


def triggers() -> dict[str, str]:
    """The statements that make what keeps full-text indexes, degrees and steps true, by the name of the trigger.

    Without them `DERIVE` does the same for all rows at once, which is cheaper where there are many.
    """
    add = "INSERT INTO entity_fts (rowid, _names, _summary) VALUES (new._pk, new._names, new._summary);"
    remove = (
        "INSERT INTO entity_fts (entity_fts, rowid, _names, _summary)"
        " VALUES ('delete', old._pk, old._names, old._summary);"
    )
    count = "ON CONFLICT (entity) DO UPDATE SET claims = claims + 1;"
    known = f"""INSERT INTO in_degree (object, relation, kind, claims)
  SELECT new.object, new.relation, _kind, 1 FROM entity WHERE _pk = new.subject AND new.stance < {STANCES["LACKS"]}
  ON CONFLICT (object, relation, kind) DO UPDATE SET claims = claims + 1;
  INSERT INTO step {_steps(" AND _pk = new._pk")};"""
    counted = """object = old.object AND relation = old.relation
  AND kind = (SELECT _kind FROM entity WHERE _pk = old.subject)"""
    unknown = f"""UPDATE in_degree SET claims = claims - 1 WHERE {counted} AND old.stance < {STANCES["LACKS"]};
  DELETE FROM in_degree WHERE {counted} AND claims = 0;
  DELETE FROM step WHERE claim = old._pk AND near IN (old.subject, old.object) AND far IN (old.subject, old.object);"""
    made = {
        "name_added": "AFTER INSERT ON name BEGIN INSERT INTO name_fts (rowid, key) VALUES (new._pk, new.key); END",
        "name_removed": "AFTER DELETE ON name BEGIN"
        " INSERT INTO name_fts (name_fts, rowid, key) VALUES ('delete', old._pk, old.key); END",
        "entity_added": f"""AFTER INSERT ON entity BEGIN {add}
  INSERT INTO population (kind, entities) VALUES (new._kind, 1) ON CONFLICT (kind) DO UPDATE SET entities = entities + 1; END""",
        "entity_removed": f"""AFTER DELETE ON entity BEGIN {remove}
  UPDATE population SET entities = entities - 1 WHERE kind = old._kind;
  DELETE FROM population WHERE kind = old._kind AND entities = 0; END""",
        "entity_reworded": f"AFTER UPDATE OF _names, _summary ON entity BEGIN {remove} {add} END",
        # a claim of a thing with itself counts once
        "claim_added": f"""AFTER INSERT ON claim BEGIN
  INSERT INTO degree (entity, claims) VALUES (new.subject, 1) {count}
  INSERT INTO degree (entity, claims) SELECT new.object, 1 WHERE new.object <> new.subject {count}
  {known} END""",
        "claim_removed": f"""AFTER DELETE ON claim BEGIN
  UPDATE degree SET claims = claims - 1 WHERE entity IN (old.subject, old.object);
  {unknown} END""",
        "claim_weighed": f"AFTER UPDATE OF stance, confidence ON claim BEGIN {unknown} {known} END",
        "evidence_added": f"""AFTER INSERT ON evidence BEGIN
  INSERT INTO degree (entity, claims) VALUES (new.source, 1) {count} END""",
        "evidence_removed": """AFTER DELETE ON evidence BEGIN
  UPDATE degree SET claims = claims - 1 WHERE entity = old.source; END""",
    }
    return {name: f"CREATE TRIGGER IF NOT EXISTS {name} {text}" for name, text in made.items()}


def _steps(condition: str = "") -> str:
    """The steps over claims; nobody walks from a thing to itself."""
    walked = f"FROM claim WHERE stance < {STANCES['LACKS']} AND subject <> object{condition}"
    return (
        f"SELECT subject, object, _pk, confidence {walked} UNION ALL SELECT object, subject, _pk, confidence {walked}"
    )


DERIVE = (
    "INSERT INTO name_fts (name_fts) VALUES ('rebuild')",
    "INSERT INTO entity_fts (entity_fts) VALUES ('rebuild')",
    "DELETE FROM degree",
    """INSERT INTO degree (entity, claims) SELECT entity, count(*) FROM (
  SELECT subject AS entity FROM claim UNION ALL SELECT object FROM claim WHERE object <> subject
  UNION ALL SELECT source FROM evidence) GROUP BY entity""",
    "DELETE FROM in_degree",
    f"""INSERT INTO in_degree (object, relation, kind, claims) SELECT object, relation, _kind, count(*)
  FROM claim JOIN entity ON entity._pk = subject WHERE stance < {STANCES["LACKS"]} GROUP BY 1, 2, 3""",
    "DELETE FROM population",
    "INSERT INTO population (kind, entities) SELECT _kind, count(*) FROM entity GROUP BY _kind",
    "DELETE FROM step",
    f"INSERT INTO step {_steps()} ORDER BY 1, 2, 3",
)
"""The statements that make the full-text indexes, degrees and steps from the rows there are."""


def columns_missing(ontology: Ontology, present: Iterable[str]) -> Iterator[str]:
    """The statements that add to `entity` the properties that an ontology has gained since the store was made, and the
    columns of ours that a store of an older layout has not.
    """
    have = set(present)
    own = {"_names": _WORDS, "_summary": _WORDS, "_changed": _SEQUENCE}
    yield from (f"ALTER TABLE entity ADD COLUMN {name} {type_}" for name, type_ in own.items() if name not in have)
    for prop in _properties(ontology):
        if prop.name not in have:
            yield f"ALTER TABLE entity ADD COLUMN {column(prop)} {_sql_type(prop)}"
        if _has_key(prop) and f"{prop.name}_key" not in have:
            yield f"ALTER TABLE entity ADD COLUMN {key_column(prop)} TEXT"


def put_entity(ontology: Ontology) -> str:
    """The statement that takes an `entity_row`, makes or overwrites the entity and returns its key in the file."""
    columns = ["_kind", *map(column, _properties(ontology))]
    columns += [key_column(prop) for prop in _properties(ontology) if _has_key(prop)]
    columns += ["_names", "_summary", "_changed"]
    marks = ", ".join("?" * len(columns))
    changes = ", ".join(f"{name} = excluded.{name}" for name in columns)
    return (
        f"INSERT INTO entity ({', '.join(columns)}) VALUES ({marks}) ON CONFLICT DO UPDATE SET {changes} RETURNING _pk"
    )


def entity_row(ontology: Ontology, entity: EntityFact, sequence: int) -> list[Any]:
    values = {
        **entity.values,
        "id": entity.reference.id,
        "aliases": json.dumps(entity.values["aliases"], ensure_ascii=False),
    }
    row = [values.get(prop.name) for prop in _properties(ontology)]
    keys = [values.get(prop.name) for prop in _properties(ontology) if _has_key(prop)]
    keyed = (None if text is None else text_key(text) for text in keys)
    words = search_words(values["name"], entity.values["aliases"], values["summary"])
    return [entity.kind, *row, *keyed, *words, sequence]


def read_entities(ontology: Ontology) -> str:
    """The statement that reads the entities that a JSON array of pairs of kind and slug names, as `entity_fact` takes
    them.
    """
    columns = ", ".join(f"e.{column(prop)}" for prop in _properties(ontology))
    return (
        f"SELECT e._pk, e._changed, e._kind, {columns} FROM json_each(?) j"
        ' CROSS JOIN entity e ON e._kind = j.value ->> 0 AND e."slug" = j.value ->> 1'
    )


def read_kind(ontology: Ontology) -> str:
    """The statement that reads all entities of a kind in the order of their slugs, as `entity_fact` takes them."""
    columns = ", ".join(column(prop) for prop in _properties(ontology))
    return f'SELECT {columns} FROM entity WHERE _kind = ? ORDER BY "slug"'


def entity_fact(ontology: Ontology, kind: str, row: Sequence[Any]) -> EntityFact:
    """The entity that stands in a row of its properties."""
    found = dict(zip((prop.name for prop in _properties(ontology)), row, strict=True))
    found["aliases"] = json.loads(found["aliases"])
    names = (prop.name for prop in ontology.kind_by_name[kind].properties if prop.name != "id")
    return EntityFact(kind, found["slug"], {name: found[name] for name in names})


INSERT_NAME = "INSERT INTO name (kind, key, entity, alias) VALUES (?, ?, ?, ?)"


def name_rows(pk: int, entity: EntityFact) -> Iterator[tuple[Any, ...]]:
    aliases = dict.fromkeys(map(text_key, entity.values["aliases"]))
    name = text_key(entity.values["name"])
    if name not in aliases:
        yield entity.kind, name, pk, 0
    for alias in aliases:
        yield entity.kind, alias, pk, 1


_WEIGHED = "stance = excluded.stance, confidence = excluded.confidence, first_seen = excluded.first_seen, last_seen = excluded.last_seen"

INSERT_CLAIM = "INSERT INTO claim VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
"""Takes the claim's key in the file and a `claim_row`."""
WEIGH_CLAIM = "UPDATE claim SET stance = ?, confidence = ?, first_seen = ?, last_seen = ? WHERE _pk = ?"
"""Takes a `weight_row`."""
PUT_EVIDENCE = """INSERT INTO evidence VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET supports = excluded.supports, note = excluded.note, term = excluded.term, locator = excluded.locator"""

INSERT_CHANGE = "INSERT INTO change VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
"""Takes a `change_row`."""
# up to the first that is young: the writers' clocks may differ, and the log must not have gaps
COMPACT = """DELETE FROM change WHERE _pk <= (SELECT max(_pk) FROM change) - ?1
  AND _pk < ifnull((SELECT _pk FROM change WHERE at >= ?2 ORDER BY _pk LIMIT 1), (SELECT max(_pk) FROM change))"""
SET_VERSION = "INSERT OR REPLACE INTO graph (_pk, version, changed) VALUES (1, ?, ?)"


def change_row(entry: LogEntry) -> tuple[Any, ...]:
    change = entry.change
    kind, slug = change.reference or (None, "")
    return entry.sequence, entry.at, change.action, kind, slug, change.claim, json.dumps(change.kinds), change.count


def entry(row: Sequence[Any]) -> LogEntry:
    """The entry of the log that stands in a row of `change`."""
    sequence, at, action, kind, slug, claim, kinds, count = row
    reference = None if kind is None else Reference(kind, slug)
    return LogEntry(sequence, at, Change(action, reference, claim, tuple(json.loads(kinds)), count))


def put_edge(relation: Relation) -> str:
    """The statement that takes an `edge_row`."""
    return f"INSERT INTO {relation_table(relation)} VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET {_WEIGHED}"


def claim_row(claim: Claim, subject: int, object_: int) -> tuple[Any, ...]:
    identity = global_id("Claim", claim.key), claim.key, claim.relation.name
    return (*identity, subject, object_, *_assessment(claim))


def weight_row(pk: int, claim: Claim) -> tuple[Any, ...]:
    return *_assessment(claim), pk


def edge_row(pk: int, claim: Claim, subject: int, object_: int) -> tuple[Any, ...]:
    return subject, object_, pk, *_assessment(claim)


def _assessment(claim: Claim) -> tuple[Any, ...]:
    assessment = claim.assessment
    return STANCES[assessment.stance], assessment.confidence, assessment.first_seen, assessment.last_seen


def evidence_rows(pk: int, claim: Claim, pk_by_source: Mapping[str, int]) -> Iterator[tuple[Any, ...]]:
    for item in claim.evidence:
        yield pk, pk_by_source[item.source], int(item.supports), item.note, item.term, item.locator


def _edge_table(relation: Relation) -> Iterator[str]:
    table = relation_table(relation)
    yield f"""CREATE TABLE IF NOT EXISTS {table} (
  subject INTEGER NOT NULL REFERENCES entity, object INTEGER NOT NULL REFERENCES entity,
  claim INTEGER NOT NULL REFERENCES claim ON DELETE CASCADE,
  stance INTEGER NOT NULL, confidence INTEGER NOT NULL, first_seen TEXT, last_seen TEXT,
  PRIMARY KEY (subject, object)) STRICT, WITHOUT ROWID"""
    yield f"CREATE INDEX IF NOT EXISTS {back_index(relation)} ON {table} (object, subject, stance, confidence, claim)"
    by_claim = quote(table.strip('"') + "_claim")
    yield f"CREATE INDEX IF NOT EXISTS {by_claim} ON {table} (claim)"


def _properties(ontology: Ontology) -> tuple[Property, ...]:
    kinds: tuple[Kind, ...] = ontology.kinds
    return tuple({prop.name: prop for kind in kinds for prop in kind.properties}.values())


def _has_key(prop: Property) -> bool:
    return prop.type is PropertyType.TEXT and prop.name not in _UNKEYED


def _sql_type(prop: Property) -> str:
    return "INTEGER" if prop.type is PropertyType.INTEGER else "TEXT"
