"""Count what really reaches a database: SQLite's own trace, the Neo4j driver's own log of messages."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import apsw


@dataclass
class Seen:
    """The statements that were run, and how many records came back."""

    statements: list[str] = field(default_factory=list)
    records: int = 0


@contextmanager
def seen(store: object) -> Iterator[Seen]:
    """Watch a store's traffic."""
    found = Seen()
    with _sqlite(store, found) if hasattr(store, "database") else _neo4j(found):
        yield found


@contextmanager
def _sqlite(store: object, found: Seen) -> Iterator[None]:
    def run(_cursor: object, sql: str, _bindings: object) -> bool:
        found.statements.append(sql)
        return True

    def record(_cursor: object, row: object) -> object:
        found.records += 1
        return row

    def watch(connection: apsw.Connection) -> None:
        connection.exec_trace, connection.row_trace = run, record

    connections: list[apsw.Connection] = store.database.connections
    for connection in connections:
        watch(connection)
    apsw.connection_hooks.append(watch)  # a thread that joins in opens its own
    yield
    apsw.connection_hooks.remove(watch)
    for connection in connections:
        connection.exec_trace = connection.row_trace = None
    found.statements = [text for text in found.statements if not text.startswith("PRAGMA")]


@contextmanager
def _neo4j(found: Seen) -> Iterator[None]:
    class Handler(logging.Handler):
        def emit(self, entry: logging.LogRecord) -> None:
            text = entry.getMessage()
            if "C: RUN" in text:
                found.statements.append(text)
            elif "S: RECORD * " in text:
                found.records += int(text.rsplit("* ", 1)[1])

    log, handler = logging.getLogger("neo4j.io"), Handler()
    level = log.level
    log.addHandler(handler)
    log.setLevel(logging.DEBUG)
    yield
    log.removeHandler(handler)
    log.setLevel(level)
