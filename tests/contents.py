"""Everything that a store contains, in terms that do not depend on the order of writes: a graph that was written by
mutations must equal one that was seeded.

The change log, the version, and the number of the change that wrote an entity last are left out.
"""

from __future__ import annotations

import json
from typing import Any

import apsw

from service.stores import Store

Contents = dict[str, list[str]]
"""Sorted JSON texts by table (SQLite), or by labels and relationship type (Neo4j)."""

_NATURAL_KEYS = {"entity": "id", "claim": "key"}
_TRIGGER_KEYS = {"step": {"near": "entity", "far": "entity", "claim": "claim"}, "in_degree": {"object": "entity"}}
"""References from columns that triggers fill, for which no foreign key is declared."""


async def contents(store: Store[Any]) -> Contents:
    """Read everything that a store contains."""
    return await _neo4j_contents(store) if store.name == "neo4j" else _sqlite_contents(store)


def _sqlite_contents(store: Any) -> Contents:
    db = apsw.Connection(str(store.path))
    try:
        for index in ("name_fts", "entity_fts"):  # https://www.sqlite.org/fts5.html#the_integrity_check_command
            db.execute(f"INSERT INTO {index} ({index}, rank) VALUES ('integrity-check', 1)")
        assert list(db.execute("PRAGMA foreign_key_check")) == []
        statement = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE '%\\_fts%' ESCAPE '\\'"
        tables = {name for (name,) in db.execute(statement)} - {"change", "graph"}
        tables = {name for name in tables if not name.startswith("sqlite_")}
        return {table: _rows(db, table) for table in sorted(tables)}
    finally:
        db.close()


def _rows(db: apsw.Connection, table: str) -> list[str]:
    """The rows of a table. Keys that only this file has are replaced by the natural keys of what they refer to."""
    references = {column: target for _, _, target, column, *_ in db.execute(f'PRAGMA foreign_key_list("{table}")')}
    references |= _TRIGGER_KEYS.get(table, {})
    columns = [name for _, name, *_ in db.execute(f'PRAGMA table_info("{table}")') if name not in {"_pk", "_changed"}]
    expressions = [
        f'(SELECT r."{_NATURAL_KEYS[references[name]]}" FROM "{references[name]}" r WHERE r._pk = t."{name}")'
        if name in references
        else f't."{name}"'
        for name in columns
    ]
    cursor = db.execute(f'SELECT {", ".join(expressions)} FROM "{table}" t')
    rows = (dict(zip(columns, row, strict=True)) for row in cursor)
    # a degree of zero may be stored or not
    return sorted(json.dumps(row, ensure_ascii=False) for row in rows if table != "degree" or row["claims"])


async def _neo4j_contents(store: Any) -> Contents:
    result: Contents = {}
    nodes = "MATCH (n) WHERE NOT n:Change AND NOT n:AtlasGraph RETURN labels(n) AS labels, properties(n) AS properties"
    relationships = (
        "MATCH (a)-[r]->(b) RETURN type(r) AS type, properties(r) AS properties,"
        " coalesce(a.id, a.key) AS start, coalesce(b.id, b.key) AS end"
    )
    for row in await store._run(nodes):
        row["properties"].pop("changed", None)
        result.setdefault(":".join(sorted(row["labels"])), []).append(_text(row["properties"]))
    for row in await store._run(relationships):
        result.setdefault(row["type"], []).append(_text([row["start"], row["end"], row["properties"]]))
    return {name: sorted(texts) for name, texts in sorted(result.items())}


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True)
