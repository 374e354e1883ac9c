"""Bring the rows of a file that an older version wrote up to date, within the transaction that makes what it lacks.

Tables and columns are there before, all full-text indexes, degrees and steps are made anew after it, so that a migration
only fills columns. The one that leads to layout 5 is written below `_steps` and added at the end of `MIGRATIONS`.
"""

from __future__ import annotations

import json
from collections.abc import Callable

import apsw

from schema.text import search_words
from service.plan.version import Version
from service.stores.base import timestamp
from service.stores.sqlite.layout import INSERT_CHANGE, change_row
from service.stores.transaction import Change, LogEntry

_BATCH = 1000


def migrate(db: apsw.Connection, layout: int) -> None:
    """Bring the rows from that layout, 1 or more, to `LAYOUT`."""
    for migration in MIGRATIONS[layout - 1 :]:
        migration(db)


def _words(db: apsw.Connection) -> None:
    """To layout 2: the words by which entities are searched."""
    read = 'SELECT _pk, "name", "aliases", "summary" FROM entity WHERE _pk > ? ORDER BY _pk LIMIT ?'
    last = -1
    while batch := list(db.execute(read, (last, _BATCH))):
        db.executemany(
            "UPDATE entity SET _names = ?, _summary = ? WHERE _pk = ?",
            ((*search_words(name, json.loads(aliases), summary), pk) for pk, name, aliases, summary in batch),
        )
        last = batch[-1][0]


def _log(db: apsw.Connection) -> None:
    """To layout 3: the log of changes, which begins with what is there."""
    for digest, at in list(db.execute("SELECT version, changed FROM graph")):
        kinds = tuple(kind for (kind,) in db.execute("SELECT DISTINCT _kind FROM entity ORDER BY _kind"))
        count = db.execute("SELECT (SELECT count(*) FROM entity) + (SELECT count(*) FROM claim)").get
        db.execute(INSERT_CHANGE, change_row(LogEntry(1, at or timestamp(), Change("LOAD", None, None, kinds, count))))
        db.execute("UPDATE entity SET _changed = 1")
        db.execute("UPDATE graph SET version = ?", (str(Version(digest or "", 1)),))


def _steps(db: apsw.Connection) -> None:
    """To layout 4: in-degrees, populations and steps, all of which are derived."""


MIGRATIONS: tuple[Callable[[apsw.Connection], None], ...] = (_words, _log, _steps)
"""What leads from layout 1 to 2, from 2 to 3, and so on."""

LAYOUT = 1 + len(MIGRATIONS)
"""The version of the tables, kept in the file's user_version."""
