"""The tables of a file and the names of their columns.

    entity      a row for each entity of any kind, with a column for each property; for text, a second column holds the key
                by which it is matched. `_names` and `_summary` hold the words of the search; `entity_fts` indexes them
    name        a row for the name and each alias of an entity; `name_fts` is its trigram index, for `contains`
    claim       a row for each claim: the assessment of its evidence
    evidence    a row for the evidence of one source for one claim
    <relation>  a table for each relation and kind of subject, with a row for each edge, derived from its claim
    graph       one row: the version of the graph and the time of its last change
    change      the log: a row for each change

Derived by `triggers`:

    degree      a row for each entity: the number of claims with it as subject or object, or with evidence from it
    in_degree   a row for each object of a relation and kind of subject: the number of claims that are not denied
    population  a row for each kind: the number of its entities
    step        two rows for each claim that is not denied, one for each direction

Columns that are not properties start with `_`, or have a name in lower case that no property has.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from schema import Edge, Kind, Ontology, Property, PropertyType, Relation

STANCES = {"HAS": 0, "DISPUTED": 1, "LACKS": 2}
"""The numbers that are stored for stances. Below 2, the claim is not denied."""

_UNKEYED_PROPERTIES = {"id", "slug", "homepage"}
_WORDS_TYPE = "TEXT NOT NULL DEFAULT ''"
_SEQUENCE_TYPE = "INTEGER NOT NULL DEFAULT 0"


def quote(name: str) -> str:
    """Quote an identifier."""
    return '"' + name.replace('"', '""') + '"'


def relation_table(relation: Relation) -> str:
    """Return the table of a relation and its kind of subject, quoted: `"framework_has_feature"`."""
    subject = "".join(f"_{char.lower()}" if char.isupper() else char for char in relation.subject).lstrip("_")
    return quote(f"{subject}_{relation.name.lower()}")


def back_index(relation: Relation) -> str:
    """Return the index by object of a relation's table, quoted."""
    return quote(relation_table(relation).strip('"') + "_back")


def edge_table(edge: Edge) -> tuple[str, str, str]:
    """Return the table of an edge, and its columns for the end that it starts from and the end that it leads to."""
    near, far = ("object", "subject") if edge.reverse else ("subject", "object")
    return relation_table(edge.relation), near, far


def properties(ontology: Ontology) -> tuple[Property, ...]:
    """Return the properties of all kinds, one for each column of `entity`."""
    kinds: tuple[Kind, ...] = ontology.kinds
    return tuple({prop.name: prop for kind in kinds for prop in kind.properties}.values())


def column(prop: Property) -> str:
    """Return the column of a property's original value, quoted."""
    return quote(prop.name)


def has_key(prop: Property) -> bool:
    """Return whether a property has a column of its own for the key by which it is matched and sorted."""
    return prop.type is PropertyType.TEXT and prop.name not in _UNKEYED_PROPERTIES


def key_column(prop: Property) -> str:
    """Return the column by which a property is matched and sorted, quoted."""
    return quote(f"{prop.name}_key") if has_key(prop) else column(prop)


# ------------------------------------------------------------------------------------------------------------------ DDL


def create_statements(ontology: Ontology) -> Iterator[str]:
    """Yield the statements that create the tables and indexes which do not exist yet."""
    columns = [f"{column(prop)} {_sql_type(prop)}" for prop in properties(ontology)]
    columns += [f"{key_column(prop)} TEXT" for prop in properties(ontology) if has_key(prop)]
    yield f"""CREATE TABLE IF NOT EXISTS entity (
  _pk INTEGER PRIMARY KEY, _kind TEXT NOT NULL,
  {", ".join(columns)},
  _names {_WORDS_TYPE}, _summary {_WORDS_TYPE}, _changed {_SEQUENCE_TYPE},
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


def add_column_statements(ontology: Ontology, existing: Iterable[str]) -> Iterator[str]:
    """Yield the statements that add missing columns to `entity`: new properties of the ontology, and columns that an older
    layout does not have.
    """
    names = set(existing)
    own = {"_names": _WORDS_TYPE, "_summary": _WORDS_TYPE, "_changed": _SEQUENCE_TYPE}
    yield from (f"ALTER TABLE entity ADD COLUMN {name} {type_}" for name, type_ in own.items() if name not in names)
    for prop in properties(ontology):
        if prop.name not in names:
            yield f"ALTER TABLE entity ADD COLUMN {column(prop)} {_sql_type(prop)}"
        if has_key(prop) and f"{prop.name}_key" not in names:
            yield f"ALTER TABLE entity ADD COLUMN {key_column(prop)} TEXT"


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


def _sql_type(prop: Property) -> str:
    return "INTEGER" if prop.type is PropertyType.INTEGER else "TEXT"
