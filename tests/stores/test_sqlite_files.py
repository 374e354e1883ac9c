"""A file of the SQLite store is created and filled once, and a file that cannot be used is rejected unchanged."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import apsw
import pytest
import strawberry

from graph_seed import Facts, read_facts
from schema import ONTOLOGY, Ontology
from schema.entities import KINDS, Entity, Framework
from schema.ontology import kind, relation
from service.errors import FactsError, StoreError
from service.execution.engine import Engine
from service.service import open_seeded_store
from service.settings import Settings
from service.stores.sqlite.migrations import LAYOUT_VERSION
from service.stores.sqlite.store import SqliteStore
from tests.fact_lines import VALID_LINES, write_folder
from tests.queries import query
from tests.stores.sqlite_files import DERIVED, degrees_and_hits, run_sql

COUNTS = "{ frameworks { totalCount } claims { totalCount } }"
DJANGO = '{ framework(slug: "django") { name } }'


def settings(path: Path, folder: Path) -> Settings:
    return Settings(store=f"sqlite:///{path}", facts=folder)


# --------------------------------------------------------------------------------------------------- creation and filling


@pytest.mark.anyio
async def test_the_first_start_creates_and_fills_the_file_and_later_starts_do_not(path: Path, folder: Path) -> None:
    def unexpected() -> Facts:
        raise AssertionError("the facts were read")

    store = await open_seeded_store(settings(path, folder))
    first = await query(Engine(store), DJANGO)
    await store.close()
    run_sql(path, "UPDATE entity SET name = 'Changed' WHERE slug = 'django'")

    store = await open_seeded_store(settings(path, folder))
    second = await query(Engine(store), DJANGO)
    is_seeded = await store.seed(unexpected)
    await store.close()

    assert (first, second, is_seeded) == (
        {"framework": {"name": "Django"}},
        {"framework": {"name": "Changed"}},
        False,
    )


@pytest.mark.anyio
async def test_a_later_start_writes_nothing(filled: Path, folder: Path) -> None:
    before = filled.read_bytes(), filled.stat().st_mtime_ns

    store = await open_seeded_store(settings(filled, folder))
    await query(Engine(store), COUNTS)
    await store.close()

    assert (filled.read_bytes(), filled.stat().st_mtime_ns) == before
    assert [file.name for file in filled.parent.iterdir() if file.is_file()] == [filled.name]


def test_every_connection_enforces_foreign_keys_and_uses_a_write_ahead_log(path: Path) -> None:
    database = SqliteStore.open(path, ONTOLOGY).database

    def pragmas() -> tuple[Any, ...]:
        return tuple(map(database.connection().pragma, ("foreign_keys", "journal_mode")))

    values = [database._readers.submit(pragmas).result() for _ in range(8)]
    database.close()

    assert values == [(1, "wal")] * 8
    assert path.read_bytes()[18:20] == b"\x02\x02"  # the header says WAL: https://sqlite.org/fileformat2.html


def test_foreign_keys_prevent_dangling_references(filled: Path) -> None:
    store = SqliteStore.open(filled, ONTOLOGY)
    db = store.database.connection()

    with pytest.raises(apsw.ConstraintError):
        db.execute("DELETE FROM entity WHERE slug = 'django'")
    with pytest.raises(apsw.ConstraintError):
        db.execute("INSERT INTO evidence VALUES (1, 999, 1, 'note', NULL, NULL)")
    store.database.close()


@pytest.mark.anyio
async def test_a_store_that_was_not_filled_because_of_invalid_facts_is_filled_by_a_later_start(
    path: Path, folder: Path, tmp_path: Path
) -> None:
    invalid = write_folder(tmp_path / "invalid", good=VALID_LINES, later=["{"])

    with pytest.raises(FactsError, match=r"later\.jsonl:1: invalid JSON"):
        await open_seeded_store(settings(path, invalid))

    entities = run_sql(path, "SELECT count(*) FROM entity")
    store = await open_seeded_store(settings(path, folder))
    counts = await query(Engine(store), COUNTS)
    await store.close()
    assert (entities, counts) == (0, {"frameworks": {"totalCount": 1}, "claims": {"totalCount": 2}})


@pytest.mark.anyio
async def test_a_failed_seed_leaves_the_file_empty(path: Path, folder: Path) -> None:
    store = SqliteStore.open(path, ONTOLOGY)
    run_sql(path, "CREATE TRIGGER full BEFORE INSERT ON evidence BEGIN SELECT raise(ABORT, 'the disk is full'); END")

    with pytest.raises(StoreError, match=r"could not be written \(the disk is full\); the file contains none of them"):
        await store.seed(lambda: read_facts(folder))

    rows = run_sql(path, "SELECT (SELECT count(*) FROM entity) + (SELECT count(*) FROM claim)")
    run_sql(path, "DROP TRIGGER full")
    is_seeded = await store.seed(lambda: read_facts(folder))
    await store.close()
    assert (rows, is_seeded) == (0, True)


def test_an_empty_file_becomes_a_store(path: Path) -> None:
    path.touch()

    SqliteStore.open(path, ONTOLOGY).database.close()

    assert run_sql(path, "PRAGMA user_version") == LAYOUT_VERSION


# ------------------------------------------------------------------------------------------------ missing tables, columns


@pytest.mark.anyio
async def test_an_older_file_gets_the_kinds_that_the_ontology_has_gained(filled: Path) -> None:
    @kind("editors")
    class Editor(Entity):
        """A program to write in."""

        year: int | None = strawberry.field(description="Since when.")
        edits = relation("EDITS", "Framework", inverse="edited_by")

    grown = Ontology.of(*KINDS, Editor)
    store = SqliteStore.open(filled, grown)
    answer = await query(
        Engine(store, grown),
        '{ framework(slug: "django") { name editedBy { totalCount } } editors { nodes { year } totalCount } }',
    )
    await store.close()

    assert answer == {
        "framework": {"name": "Django", "editedBy": {"totalCount": 0}},
        "editors": {"nodes": [], "totalCount": 0},
    }
    assert Framework.__name__ in {item.name for item in grown.kinds}


@pytest.mark.parametrize(
    "element",
    ["TABLE graph", "INDEX claim_by_object", "TRIGGER name_added", "TRIGGER claim_removed", "TABLE company_uses"],
)
def test_a_start_creates_a_missing_element_of_the_schema(filled: Path, element: str) -> None:
    definition = f"SELECT sql FROM sqlite_schema WHERE name = '{element.partition(' ')[2]}'"
    before = run_sql(filled, definition)
    run_sql(filled, f"DROP {element}")

    SqliteStore.open(filled, ONTOLOGY).database.close()

    assert before is not None
    assert run_sql(filled, definition) == before


@pytest.mark.parametrize("table", ["degree", "entity_fts", "name_fts"])
def test_a_start_rebuilds_a_missing_derived_table(filled: Path, table: str) -> None:
    run_sql(filled, f"DROP TABLE {table}")

    SqliteStore.open(filled, ONTOLOGY).database.close()

    assert degrees_and_hits(filled) == DERIVED


# ------------------------------------------------------------------------------------------------------- rejected files

NOT_SQLITE = (
    r"damaged or not an SQLite file \(file is not a database\); restore a backup or set another path with --store\."
)
OTHER_APPLICATION = r"an SQLite file of another application; set another path with --store\."


def overwritten_header(path: Path) -> str:
    path.write_bytes(b"This is no database.".ljust(100) + path.read_bytes()[100:])
    return NOT_SQLITE


def overwritten_page(path: Path) -> str:
    page = run_sql(path, "SELECT rootpage FROM sqlite_schema WHERE name = 'claim'")
    file = path.read_bytes()
    start = (page - 1) * 4096
    path.write_bytes(file[:start] + b"\xff" * 4096 + file[start + 4096 :])
    return r"damaged \([^\n]*\); restore a backup or set another path with --store\."


def truncated(path: Path) -> str:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    return NOT_SQLITE.replace("file is not a database", "database disk image is malformed")


def text_file(path: Path) -> str:
    path.write_text("Dear diary,\n" * 500)
    return NOT_SQLITE


def one_byte(path: Path) -> str:
    path.write_text("x")
    return r"damaged or not an SQLite file; restore a backup or set another path with --store\."


def newer_layout(path: Path) -> str:
    run_sql(path, "PRAGMA user_version = 99")
    version = rf"layout 99, supported: up to {LAYOUT_VERSION}"
    return rf"written by a newer version of framework-atlas \({version}\); update framework-atlas\."


def other_application(path: Path) -> str:
    path.unlink()
    run_sql(path, "CREATE TABLE diary (entry TEXT)")
    return OTHER_APPLICATION


def other_application_without_tables(path: Path) -> str:
    path.unlink()
    run_sql(path, "PRAGMA user_version = 7")
    return OTHER_APPLICATION


def other_application_id(path: Path) -> str:
    run_sql(path, "PRAGMA application_id = 7")
    return OTHER_APPLICATION


def read_only(path: Path) -> str:
    path.chmod(0o444)  # root could still write to it
    return r"read-only; make the file writable, or copy it and set the path with --store\."


UNUSABLE: list[Callable[[Path], str]] = [
    overwritten_header,
    overwritten_page,
    truncated,
    text_file,
    one_byte,
    newer_layout,
    other_application,
    other_application_without_tables,
    other_application_id,
    read_only,
]
"""Each makes a file unusable and returns the error message as a pattern."""


@pytest.mark.anyio
@pytest.mark.parametrize("damage", UNUSABLE, ids=lambda damage: damage.__name__)
async def test_an_unusable_file_is_rejected_and_not_changed(
    filled: Path, folder: Path, damage: Callable[[Path], str]
) -> None:
    message = damage(filled)
    before = filled.read_bytes(), filled.stat().st_mtime_ns, filled.stat().st_mode

    for _ in range(2):
        with pytest.raises(StoreError, match=f"^{filled}: {message}$"):
            await open_seeded_store(settings(filled, folder))

    assert (filled.read_bytes(), filled.stat().st_mtime_ns, filled.stat().st_mode) == before


def test_a_path_that_is_not_a_file_is_rejected(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "file").touch()
    not_a_file = "not a regular file; set another path with --store."
    missing = "the directory {} does not exist; create it or set another path with --store."
    messages = {
        tmp_path / "folder": not_a_file,
        tmp_path / "fifo": not_a_file,
        tmp_path / "no" / "folder": missing.format(tmp_path / "no"),
        tmp_path / "file" / "x": missing.format(tmp_path / "file"),
    }

    for path, message in messages.items():
        with pytest.raises(StoreError) as rejected:
            SqliteStore.open(path, ONTOLOGY)
        assert str(rejected.value) == f"{path}: {message}"
    assert sorted(file.name for file in tmp_path.iterdir()) == ["fifo", "file", "folder"]
