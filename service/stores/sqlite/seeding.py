"""Create the tables of a file, and fill it with facts."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import apsw

from graph_seed import Facts, group_claims
from schema import Ontology
from service.plan.version import Version
from service.stores.base import Progress
from service.stores.sqlite.database import UPDATE_STATISTICS, immediate_transaction
from service.stores.sqlite.file_check import APPLICATION_ID
from service.stores.sqlite.layout import add_column_statements, create_statements
from service.stores.sqlite.migrations import LAYOUT_VERSION, migrate
from service.stores.sqlite.transaction import SqliteTransaction, run_to_completion
from service.stores.sqlite.triggers import suspended_triggers, triggers
from service.stores.transaction import load_change

_BATCH_SIZE = 1000
_CREATED_NAME = re.compile(r'IF NOT EXISTS "?(\w+)')


def create_tables(db: apsw.Connection, ontology: Ontology) -> None:
    """Create what is missing in the file, and migrate an older layout, all or nothing."""
    if _is_complete(db, ontology):  # check without the write lock first: a start does not wait for writers
        return
    with immediate_transaction(db):
        if _is_complete(db, ontology):
            return
        version = db.pragma("user_version")
        with suspended_triggers(db):
            for statement in create_statements(ontology):
                db.execute(statement)
            for statement in add_column_statements(ontology, _entity_columns(db)):
                db.execute(statement)
            migrate(db, version or LAYOUT_VERSION)
        db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        db.execute(f"PRAGMA user_version = {LAYOUT_VERSION}")
    if version not in (0, LAYOUT_VERSION):
        db.execute(UPDATE_STATISTICS)


def _is_complete(db: apsw.Connection, ontology: Ontology) -> bool:
    """Return whether the file has the current layout, and all tables, indexes, triggers and columns of the ontology."""
    statements = (*create_statements(ontology), *triggers().values())
    needed = {match[1] for text in statements for match in [_CREATED_NAME.search(text)] if match}
    existing = {name for (name,) in db.execute("SELECT name FROM sqlite_schema")}
    is_missing = needed - existing or any(add_column_statements(ontology, _entity_columns(db)))
    return db.pragma("user_version") == LAYOUT_VERSION and not is_missing


def _entity_columns(db: apsw.Connection) -> list[str]:
    return [name for _, name, *_ in db.execute("PRAGMA table_info(entity)")]


def seed(
    db: apsw.Connection,
    start: Callable[[apsw.Connection], SqliteTransaction],
    facts: Callable[[], Facts],
    progress: Progress,
) -> bool:
    """Fill an empty file with facts, all or nothing; return False if it is not empty. `start` makes the transaction."""
    if _is_filled(db):  # check without the write lock first: a start does not wait for writers
        return False
    with immediate_transaction(db):
        if _is_filled(db):
            return False
        loaded = facts()
        with suspended_triggers(db):
            transaction = start(db)
            transaction.version = Version(loaded.digest, 0)
            run_to_completion(_write(transaction, loaded, progress))
    db.execute(UPDATE_STATISTICS)
    return True


def _is_filled(db: apsw.Connection) -> bool:
    return bool(db.execute("SELECT EXISTS (SELECT 1 FROM graph UNION ALL SELECT 1 FROM entity)").get)


async def _write(transaction: SqliteTransaction, facts: Facts, progress: Progress) -> None:
    await transaction.log_change(load_change(facts))
    for entities in _batches(facts.entities, "entities", progress):
        await transaction.put_entities(entities)
    for claims in _batches(group_claims(facts), "claims", progress):
        await transaction.put_claims(claims)


def _batches(items: Iterable[Any], name: str, progress: Progress) -> Iterator[list[Any]]:
    listed = list(items)
    for start in range(0, len(listed), _BATCH_SIZE):
        yield listed[start : start + _BATCH_SIZE]
        progress(name, min(start + _BATCH_SIZE, len(listed)), len(listed))
