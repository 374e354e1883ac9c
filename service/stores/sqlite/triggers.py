"""Triggers that keep the derived tables up to date: full-text indexes, degrees, populations and steps.

A bulk load suspends them and rebuilds the derived tables from all rows at the end, which is cheaper for many rows.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import apsw

from service.stores.sqlite.layout import STANCES


@contextmanager
def suspended_triggers(db: apsw.Connection) -> Iterator[None]:
    """Drop the triggers for a bulk load; rebuild the derived tables and create the triggers at the end.

    If the load fails, the transaction around it restores the triggers.
    """
    for name in triggers():
        db.execute(f"DROP TRIGGER IF EXISTS {name}")
    yield
    for statement in (*REBUILD, *triggers().values()):
        db.execute(statement)


def triggers() -> dict[str, str]:
    """Return the statements that create the triggers, by name."""
    index = "INSERT INTO entity_fts (rowid, _names, _summary) VALUES (new._pk, new._names, new._summary);"
    unindex = (
        "INSERT INTO entity_fts (entity_fts, rowid, _names, _summary)"
        " VALUES ('delete', old._pk, old._names, old._summary);"
    )
    add_one = "ON CONFLICT (entity) DO UPDATE SET claims = claims + 1;"
    count_edge = f"""INSERT INTO in_degree (object, relation, kind, claims)
  SELECT new.object, new.relation, _kind, 1 FROM entity WHERE _pk = new.subject AND new.stance < {STANCES["LACKS"]}
  ON CONFLICT (object, relation, kind) DO UPDATE SET claims = claims + 1;
  INSERT INTO step {_steps(" AND _pk = new._pk")};"""
    in_degree_row = """object = old.object AND relation = old.relation
  AND kind = (SELECT _kind FROM entity WHERE _pk = old.subject)"""
    uncount_edge = f"""UPDATE in_degree SET claims = claims - 1 WHERE {in_degree_row} AND old.stance < {STANCES["LACKS"]};
  DELETE FROM in_degree WHERE {in_degree_row} AND claims = 0;
  DELETE FROM step WHERE claim = old._pk AND near IN (old.subject, old.object) AND far IN (old.subject, old.object);"""
    bodies = {
        "name_added": "AFTER INSERT ON name BEGIN INSERT INTO name_fts (rowid, key) VALUES (new._pk, new.key); END",
        "name_removed": "AFTER DELETE ON name BEGIN"
        " INSERT INTO name_fts (name_fts, rowid, key) VALUES ('delete', old._pk, old.key); END",
        "entity_added": f"""AFTER INSERT ON entity BEGIN {index}
  INSERT INTO population (kind, entities) VALUES (new._kind, 1) ON CONFLICT (kind) DO UPDATE SET entities = entities + 1; END""",
        "entity_removed": f"""AFTER DELETE ON entity BEGIN {unindex}
  UPDATE population SET entities = entities - 1 WHERE kind = old._kind;
  DELETE FROM population WHERE kind = old._kind AND entities = 0; END""",
        "entity_reworded": f"AFTER UPDATE OF _names, _summary ON entity BEGIN {unindex} {index} END",
        # a claim that relates an entity to itself counts once
        "claim_added": f"""AFTER INSERT ON claim BEGIN
  INSERT INTO degree (entity, claims) VALUES (new.subject, 1) {add_one}
  INSERT INTO degree (entity, claims) SELECT new.object, 1 WHERE new.object <> new.subject {add_one}
  {count_edge} END""",
        "claim_removed": f"""AFTER DELETE ON claim BEGIN
  UPDATE degree SET claims = claims - 1 WHERE entity IN (old.subject, old.object);
  {uncount_edge} END""",
        "claim_weighed": f"AFTER UPDATE OF stance, confidence ON claim BEGIN {uncount_edge} {count_edge} END",
        "evidence_added": f"""AFTER INSERT ON evidence BEGIN
  INSERT INTO degree (entity, claims) VALUES (new.source, 1) {add_one} END""",
        "evidence_removed": """AFTER DELETE ON evidence BEGIN
  UPDATE degree SET claims = claims - 1 WHERE entity = old.source; END""",
    }
    return {name: f"CREATE TRIGGER IF NOT EXISTS {name} {text}" for name, text in bodies.items()}


def _steps(condition: str = "") -> str:
    """Return a query for the steps of claims, except of those that relate an entity to itself."""
    claims = f"FROM claim WHERE stance < {STANCES['LACKS']} AND subject <> object{condition}"
    return (
        f"SELECT subject, object, _pk, confidence {claims} UNION ALL SELECT object, subject, _pk, confidence {claims}"
    )


REBUILD = (
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
"""The statements that rebuild the derived tables from all rows."""
