"""Check that a file can be used as a store, without changing it."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import apsw

from service.errors import StoreError
from service.stores.sqlite.database import BUSY_TIMEOUT_MS
from service.stores.sqlite.migrations import LAYOUT_VERSION

APPLICATION_ID = 0x41544C53
"""ASCII "ATLS", in the header of the file: https://sqlite.org/fileformat2.html#application_id"""

_MIN_FILE_BYTES = 512
"""The smallest page size of SQLite, which takes a file of one byte for an empty database."""


def check_file(path: Path) -> None:
    """Raise StoreError if a file is not a store, has a newer layout, is damaged or is read-only. A new file is fine."""
    directory = path.parent
    if not directory.is_dir():
        raise StoreError(
            f"{path}: the directory {directory} does not exist; create it or set another path with --store."
        )
    if path.exists() and not path.is_file():
        raise StoreError(f"{path}: not a regular file; set another path with --store.")
    if not path.exists() or path.stat().st_size == 0:
        if not os.access(directory, os.W_OK):
            raise StoreError(f"{path}: the directory is not writable; set another path with --store.")
        return
    if path.stat().st_size < _MIN_FILE_BYTES:
        raise StoreError(f"{path}: damaged or not an SQLite file; restore a backup or set another path with --store.")
    # os.access alone is not enough: root may write to a read-only file
    if not path.stat().st_mode & (stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH) or not os.access(path, os.W_OK):
        raise StoreError(f"{path}: read-only; make the file writable, or copy it and set the path with --store.")
    try:
        db = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
    except apsw.Error as error:
        raise StoreError(f"{path}: cannot be opened ({error}).") from error
    try:
        _check_content(db, path)
    except (apsw.NotADBError, apsw.CorruptError) as error:
        raise StoreError(
            f"{path}: damaged or not an SQLite file ({error}); restore a backup or set another path with --store."
        ) from error
    except apsw.Error as error:
        raise StoreError(f"{path}: cannot be read ({error}).") from error
    finally:
        db.close()


def _check_content(db: apsw.Connection, path: Path) -> None:
    db.set_busy_timeout(BUSY_TIMEOUT_MS)
    db.execute("BEGIN")  # read one snapshot, since another process may create the tables at this moment
    application_id, version = db.pragma("application_id"), db.pragma("user_version")
    table_count = db.execute("SELECT count(*) FROM sqlite_schema").get
    if not table_count and not application_id and not version:
        return
    if application_id != APPLICATION_ID:
        raise StoreError(f"{path}: an SQLite file of another application; set another path with --store.")
    if version > LAYOUT_VERSION:
        raise StoreError(
            f"{path}: written by a newer version of framework-atlas (layout {version}, supported: up to {LAYOUT_VERSION});"
            " update framework-atlas."
        )
    result = db.execute("PRAGMA quick_check(1)").get
    if result != "ok":
        raise StoreError(
            f"{path}: damaged ({result.splitlines()[-1]}); restore a backup or set another path with --store."
        )
