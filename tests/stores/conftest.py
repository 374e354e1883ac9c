"""Fixtures of the tests of stores: SQLite files."""

from __future__ import annotations

from pathlib import Path

import pytest

from graph_seed import read_facts
from schema import ONTOLOGY
from service.stores.sqlite.store import SqliteStore
from tests.fact_lines import VALID_LINES, write_folder
from tests.facts import shipped_facts


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """The path of a file that does not exist yet."""
    return tmp_path / "atlas.db"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of a few facts."""
    return write_folder(tmp_path / "facts", good=VALID_LINES)


@pytest.fixture
def filled(path: Path, folder: Path) -> Path:
    """A closed file that contains the few facts."""
    store = SqliteStore.open(path, ONTOLOGY)
    store._seed(lambda: read_facts(folder), lambda *_: None)
    store.database.close()
    return path


@pytest.fixture(scope="module")
def shipped_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A closed file that contains the shipped facts."""
    path = tmp_path_factory.mktemp("shipped") / "atlas.db"
    store = SqliteStore.open(path, ONTOLOGY)
    store._seed(shipped_facts, lambda *_: None)
    store.database.close()
    return path
