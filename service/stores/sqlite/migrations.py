"""Bring the rows of a file that an older version wrote up to date, within the transaction that makes what it lacks.

Tables and columns are there before, all full-text indexes and degrees are made anew after it, so that a migration only
fills columns. The one that leads to layout 3 is written below `_words` and added at the end of `MIGRATIONS`.
"""

from __future__ import annotations

import json
from collections.abc import Callable

import apsw

from schema.text import searched

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
            ((*searched(name, json.loads(aliases), summary), pk) for pk, name, aliases, summary in batch),
        )
        last = batch[-1][0]


MIGRATIONS: tuple[Callable[[apsw.Connection], None], ...] = (_words,)
"""What leads from layout 1 to 2, from 2 to 3, and so on."""

LAYOUT = 1 + len(MIGRATIONS)
"""The version of the tables, kept in the file's user_version."""
