"""Stores: a graph in SQLite or Neo4j that answers plans."""

from __future__ import annotations

from typing import Any

from schema import Ontology
from service.settings import Settings
from service.stores.base import Explanation, Progress, Snapshot, Store, no_progress
from service.stores.sqlite.store import SqliteStore
from service.stores.transaction import LogEntry, Transaction

__all__ = ["Explanation", "LogEntry", "Progress", "Snapshot", "Store", "Transaction", "no_progress", "open_store"]


async def open_store(settings: Settings, ontology: Ontology) -> Store[Any]:
    """Open the store that the settings name; raises StoreError if it cannot be used."""
    if settings.sqlite_path is not None:
        return SqliteStore.open(settings.sqlite_path, ontology, settings.sqlite_timeout, settings.waiting)
    from service.stores.neo4j.store import Neo4jStore  # noqa: PLC0415 - the driver takes a second to import

    return Neo4jStore(settings, ontology)
