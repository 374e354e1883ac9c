"""Migrate the rows of a file with an older layout.

A migration runs in the transaction that creates missing tables and columns, after that and before the derived tables are
rebuilt. So it only fills columns. To add one, write a function below and append it to `MIGRATIONS`.
"""

from __future__ import annotations

import json
from collections.abc import Callable

import apsw

from schema.text import search_words
from service.plan.version import Version
from service.stores.base import timestamp
from service.stores.sqlite.records import INSERT_CHANGE, change_row
from service.stores.transaction import Change, LogEntry

_BATCH_SIZE = 1000


def migrate(db: apsw.Connection, layout: int) -> None:
    """Migrate the rows from this layout, 1 or more, to `LAYOUT_VERSION`."""
    for migration in MIGRATIONS[layout - 1 :]:
        migration(db)


def _add_search_words(db: apsw.Connection) -> None:
    """To layout 2: the search words of entities."""
    read = 'SELECT _pk, "name", "aliases", "summary" FROM entity WHERE _pk > ? ORDER BY _pk LIMIT ?'
    last = -1
    while batch := list(db.execute(read, (last, _BATCH_SIZE))):
        db.executemany(
            "UPDATE entity SET _names = ?, _summary = ? WHERE _pk = ?",
            ((*search_words(name, json.loads(aliases), summary), pk) for pk, name, aliases, summary in batch),
        )
        last = batch[-1][0]


def _add_log(db: apsw.Connection) -> None:
    """To layout 3: the log of changes, whose first entry is the existing graph."""
    for digest, at in list(db.execute("SELECT version, changed FROM graph")):
        kinds = tuple(kind for (kind,) in db.execute("SELECT DISTINCT _kind FROM entity ORDER BY _kind"))
        count = db.execute("SELECT (SELECT count(*) FROM entity) + (SELECT count(*) FROM claim)").get
        db.execute(INSERT_CHANGE, change_row(LogEntry(1, at or timestamp(), Change("LOAD", None, None, kinds, count))))
        db.execute("UPDATE entity SET _changed = 1")
        db.execute("UPDATE graph SET version = ?", (str(Version(digest or "", 1)),))


def _add_steps(db: apsw.Connection) -> None:
    """To layout 4: in-degrees, populations and steps. All of them are derived, so there is nothing to fill."""


MIGRATIONS: tuple[Callable[[apsw.Connection], None], ...] = (_add_search_words, _add_log, _add_steps)
"""The migrations from layout 1 to 2, from 2 to 3, and so on."""

LAYOUT_VERSION = 1 + len(MIGRATIONS)
"""The current layout; the file stores it in its `user_version`."""
