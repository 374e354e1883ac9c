"""Read SQLite files without the service, and turn a file back into layout 1."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import apsw

TO_LAYOUT_1 = """
DROP TRIGGER entity_added; DROP TRIGGER entity_removed; DROP TRIGGER entity_reworded;
DROP TRIGGER claim_added; DROP TRIGGER claim_removed; DROP TRIGGER claim_weighed;
DROP TRIGGER evidence_added; DROP TRIGGER evidence_removed;
DROP TABLE entity_fts; DROP TABLE degree; DROP TABLE in_degree; DROP TABLE population; DROP TABLE step; DROP TABLE change;
ALTER TABLE entity DROP COLUMN _names; ALTER TABLE entity DROP COLUMN _summary; ALTER TABLE entity DROP COLUMN _changed;
UPDATE graph SET version = replace(version, '.1', '');
PRAGMA user_version = 1;
"""
"""Turns a new file into a file of version 0.1 of the service."""

COMPANY = "日本-会社_1.0"
DERIVED: dict[str, Any] = {
    "degree": [("a-source", 2), ("django", 2), ("no-date", 1), ("orm", 1), (COMPANY, 1)],
    "djan": ["django"],
    "джанго": ["django"],
    "会": [COMPANY],
    "fr": ["django"],
}
"""The `degrees_and_hits` of a file that contains GOOD."""


def run_sql(path: Path, statements: str) -> Any:
    """Run statements on a connection that the service knows nothing of; return the first value of the result."""
    connection = apsw.Connection(str(path))
    try:
        return connection.execute(statements).get
    finally:
        connection.close()


def degrees_and_hits(path: Path) -> dict[str, Any]:
    """Return the degrees by slug, and the slugs that the full-text index finds for some prefixes."""
    result: dict[str, Any] = {}
    connection = apsw.Connection(str(path))
    _check_full_text(connection, ("name_fts", "entity_fts"))
    degrees = "SELECT slug, claims FROM degree JOIN entity ON _pk = entity WHERE claims ORDER BY slug"
    result["degree"] = list(connection.execute(degrees))
    for prefix in list(DERIVED)[1:]:
        hits = "SELECT slug FROM entity WHERE _pk IN (SELECT rowid FROM entity_fts(?)) ORDER BY slug"
        result[prefix] = [slug for (slug,) in connection.execute(hits, (f'"{prefix}"*',))]
    connection.close()
    return result


def counts_and_steps(path: Path) -> dict[str, Any]:
    """Return the rows of the other derived tables, without counts of zero."""
    statements = {
        "in_degree": "SELECT * FROM in_degree WHERE claims",
        "population": "SELECT * FROM population WHERE entities",
        "step": "SELECT * FROM step",
    }
    connection = apsw.Connection(str(path))
    rows = {table: list(connection.execute(statement)) for table, statement in statements.items()}
    connection.close()
    return rows


def content(path: Path) -> dict[str, Any]:
    """Return the schema, the layout, and the columns and rows of each table, without the times of changes."""
    connection = apsw.Connection(str(path))
    schema = sorted(connection.execute("SELECT type, name FROM sqlite_schema WHERE name NOT LIKE 'sqlite_stat%'"))
    result: dict[str, Any] = {"schema": schema, "layout": connection.pragma("user_version")}
    for type_, name in schema:
        if type_ == "table" and "_fts" not in name:
            columns = [column[1:] for column in connection.execute(f"PRAGMA table_info({name})")]
            result[name] = [columns, sorted(map(repr, connection.execute(f"SELECT * FROM {name}")))]
    _check_full_text(connection, [name for type_, name in schema if type_ == "table" and name.endswith("_fts")])
    connection.close()
    for name in {"graph", "change"} & result.keys():
        result[name][1] = [re.sub("20.*Z", "", row) for row in result[name][1]]
    return result


def check_integrity(path: Path) -> None:
    """Run SQLite's checks of tables, indexes, foreign keys and full-text indexes."""
    assert run_sql(path, "PRAGMA integrity_check") == "ok"
    assert run_sql(path, "PRAGMA foreign_key_check") is None
    connection = apsw.Connection(str(path))
    _check_full_text(connection, ("name_fts", "entity_fts"))
    connection.close()


def _check_full_text(connection: apsw.Connection, tables: Any) -> None:
    """Compare full-text indexes with their content: https://sqlite.org/fts5.html#the_integrity_check_command"""
    for table in tables:
        connection.execute(f"INSERT INTO {table} ({table}, rank) VALUES ('integrity-check', 1)")
