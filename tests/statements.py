"""Record the statements and records that pass between a store and its database, as the database drivers report them."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import apsw


@dataclass
class Traffic:
    """The statements that were executed, and the number of records that were returned."""

    statements: list[str] = field(default_factory=list)
    records: int = 0


@contextmanager
def record_traffic(store: Any) -> Iterator[Traffic]:
    """Record the traffic of a store during the block."""
    traffic = Traffic()
    with _neo4j(traffic) if store.name == "neo4j" else _sqlite(store, traffic):
        yield traffic


@contextmanager
def _sqlite(store: Any, traffic: Traffic) -> Iterator[None]:
    """Tracers of APSW: https://rogerbinns.github.io/apsw/execution.html."""

    def on_statement(_cursor: object, sql: str, _bindings: object) -> bool:
        traffic.statements.append(sql)
        return True

    def on_row(_cursor: object, row: object) -> object:
        traffic.records += 1
        return row

    def trace(connection: apsw.Connection) -> None:
        connection.exec_trace, connection.row_trace = on_statement, on_row

    connections: list[apsw.Connection] = store.database.connections
    for connection in connections:
        trace(connection)
    apsw.connection_hooks.append(trace)  # further threads open connections of their own
    try:
        yield
    finally:
        apsw.connection_hooks.remove(trace)
        for connection in connections:
            connection.exec_trace = connection.row_trace = None
    traffic.statements = [text for text in traffic.statements if not text.startswith("PRAGMA")]


@contextmanager
def _neo4j(traffic: Traffic) -> Iterator[None]:
    """The driver logs each Bolt message, with `C:` for the client's and `S:` for the server's."""

    class Handler(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            text = record.getMessage()
            if "C: RUN" in text:
                traffic.statements.append(text)
            elif "S: RECORD * " in text:
                traffic.records += int(text.rsplit("* ", 1)[1])

    logger, handler = logging.getLogger("neo4j.io"), Handler()
    level = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG)
    try:
        yield
    finally:
        logger.removeHandler(handler)
        logger.setLevel(level)


seen = record_traffic  # the former name
