"""A migrated SQLite file equals a new one, and a failed migration leaves the old layout."""

from __future__ import annotations

import itertools
import shutil
from pathlib import Path
from typing import Any

import apsw
import pytest

from graph_seed import read_facts
from schema import ONTOLOGY
from schema.text import search_words
from service.errors import StoreError
from service.stores.sqlite import migrations
from service.stores.sqlite.store import SqliteStore
from tests.stores.sqlite_files import DERIVED, TO_LAYOUT_1, check_integrity, content, degrees_and_hits, run_sql


@pytest.fixture
def old(shipped_file: Path, path: Path) -> Path:
    """A file of layout 1 that contains the shipped facts."""
    shutil.copy(shipped_file, path)
    run_sql(path, TO_LAYOUT_1)
    return path


def test_a_migrated_file_of_layout_1_equals_a_new_file(old: Path, shipped_file: Path) -> None:
    SqliteStore.open(old, ONTOLOGY).database.close()

    assert content(old) == content(shipped_file)
    check_integrity(old)


def test_an_empty_file_of_layout_1_is_filled(path: Path, folder: Path) -> None:
    SqliteStore.open(path, ONTOLOGY).database.close()
    run_sql(path, TO_LAYOUT_1)

    store = SqliteStore.open(path, ONTOLOGY)
    is_seeded = store._seed(lambda: read_facts(folder), lambda *_: None)
    store.database.close()

    assert (is_seeded, degrees_and_hits(path)) == (True, DERIVED)


def test_a_failed_migration_leaves_layout_1(old: Path, shipped_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = content(old)
    calls = itertools.count()

    def fail(*arguments: Any) -> tuple[str, str]:
        if next(calls) == 150:
            raise apsw.FullError("the disk is full")
        return search_words(*arguments)

    monkeypatch.setattr(migrations, "_BATCH_SIZE", 100)
    monkeypatch.setattr(migrations, "search_words", fail)

    message = r"atlas\.db: the tables cannot be created or migrated \(the disk is full\)\.$"
    with pytest.raises(StoreError, match=message):
        SqliteStore.open(old, ONTOLOGY)
    after = content(old)
    SqliteStore.open(old, ONTOLOGY).database.close()

    assert after == before
    assert content(old) == content(shipped_file)
