"""All that a store holds of a graph, in terms that do not depend on how it came to be there: what was written one by one
must be what is seeded at once.

Left out are the log, the version, and which change wrote an entity last.
"""

from __future__ import annotations

import json
from typing import Any

import apsw

from service.stores import Store

Contents = dict[str, list[str]]
"""What there is, as sorted texts, by table or by label and relationship type."""

_NATURAL = {"entity": "id", "claim": "key"}
_DERIVED = {"step": {"near": "entity", "far": "entity", "claim": "claim"}, "in_degree": {"object": "entity"}}
"""What columns refer to that triggers fill, where no foreign key says so."""


async def contents(store: Store[Any]) -> Contents:
    """Read all of a store."""
    return await _of_neo4j(store) if store.name == "neo4j" else _of_sqlite(store)


def _of_sqlite(store: Any) -> Contents:
    db = apsw.Connection(str(store.path))
    try:
        for index in ("name_fts", "entity_fts"):  # https://www.sqlite.org/fts5.html#the_integrity_check_command
            db.execute(f"INSERT INTO {index} ({index}, rank) VALUES ('integrity-check', 1)")
        assert list(db.execute("PRAGMA foreign_key_check")) == []
        listed = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE '%\\_fts%' ESCAPE '\\'"
        tables = {name for (name,) in db.execute(listed)} - {"change", "graph"}
        tables = {name for name in tables if not name.startswith("sqlite_")}
        return {table: _rows(db, table) for table in sorted(tables)}
    finally:
        db.close()


def _rows(db: apsw.Connection, table: str) -> list[str]:
    """The rows of a table, with what they refer to in place of the keys of this file."""
    referred = {column: of for _, _, of, column, *_ in db.execute(f'PRAGMA foreign_key_list("{table}")')}
    referred |= _DERIVED.get(table, {})
    columns = [name for _, name, *_ in db.execute(f'PRAGMA table_info("{table}")') if name not in {"_pk", "_changed"}]
    read = [
        f'(SELECT r."{_NATURAL[referred[name]]}" FROM "{referred[name]}" r WHERE r._pk = t."{name}")'
        if name in referred
        else f't."{name}"'
        for name in columns
    ]
    found = (dict(zip(columns, row, strict=True)) for row in db.execute(f'SELECT {", ".join(read)} FROM "{table}" t'))
    # a count of none is no count
    return sorted(json.dumps(row, ensure_ascii=False) for row in found if table != "degree" or row["claims"])


async def _of_neo4j(store: Any) -> Contents:
    found: Contents = {}
    nodes = "MATCH (n) WHERE NOT n:Change AND NOT n:AtlasGraph RETURN labels(n) AS labels, properties(n) AS held"
    edges = (
        "MATCH (a)-[r]->(b) RETURN type(r) AS type, properties(r) AS held,"
        " coalesce(a.id, a.key) AS start, coalesce(b.id, b.key) AS end"
    )
    for row in await store._run(nodes):
        row["held"].pop("changed", None)
        found.setdefault(":".join(sorted(row["labels"])), []).append(_text(row["held"]))
    for row in await store._run(edges):
        found.setdefault(row["type"], []).append(_text([row["start"], row["end"], row["held"]]))
    return {name: sorted(texts) for name, texts in sorted(found.items())}


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True)
