"""The SQLite file: made once, filled once, refused where it cannot serve, whole whatever happens."""

from __future__ import annotations

import itertools
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import apsw
import pytest
import strawberry

from graph_seed import Facts, read_facts
from schema import ONTOLOGY, Ontology
from schema.entities import KINDS, Entity, Framework
from schema.ontology import kind, relation
from schema.text import search_words
from service.errors import FactsError, StoreError
from service.execution.engine import Engine
from service.service import open_seeded_store
from service.settings import Settings
from service.stores.sqlite import migrations
from service.stores.sqlite.migrations import LAYOUT_VERSION
from service.stores.sqlite.store import SqliteStore
from service.stores.sqlite.triggers import REBUILD
from tests.fact_lines import GOOD, folder_of
from tests.graphs import data, shipped

COUNT = "{ frameworks { totalCount } claims { totalCount } }"
DJANGO = '{ framework(slug: "django") { name } }'


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "atlas.db"


@pytest.fixture
def facts(tmp_path: Path) -> Path:
    """A folder of a few facts."""
    return folder_of(tmp_path / "facts", good=GOOD)


@pytest.fixture
def filled(path: Path, facts: Path) -> Path:
    """A store that holds the few facts, closed."""
    store = SqliteStore.open(path, ONTOLOGY)
    store._seed(lambda: read_facts(facts), lambda *_: None)
    store.database.close()
    return path


def settings(path: Path, facts: Path) -> Settings:
    return Settings(store=f"sqlite:///{path}", facts=facts)


def never() -> Facts:
    raise AssertionError("the facts were asked for")


def by_hand(path: Path, statement: str) -> Any:
    """Run a statement as somebody who goes past the service; return the first value it gives."""
    connection = apsw.Connection(str(path))
    try:
        return connection.execute(statement).get
    finally:
        connection.close()


# ------------------------------------------------------------------------------------------------------ starting and ending


@pytest.mark.anyio
async def test_the_first_start_makes_and_fills_it_and_later_ones_leave_it_alone(path: Path, facts: Path) -> None:
    store = await open_seeded_store(settings(path, facts))
    first = await data(Engine(store), DJANGO)
    await store.close()
    by_hand(path, "UPDATE entity SET name = 'Changed by hand' WHERE slug = 'django'")

    store = await open_seeded_store(settings(path, facts))
    second = await data(Engine(store), DJANGO)
    again = await store.seed(never)
    await store.close()

    assert (first, second, again) == (
        {"framework": {"name": "Django"}},
        {"framework": {"name": "Changed by hand"}},
        False,
    )


@pytest.mark.anyio
async def test_a_later_start_writes_nothing(filled: Path, facts: Path) -> None:
    before = filled.read_bytes(), filled.stat().st_mtime_ns

    store = await open_seeded_store(settings(filled, facts))
    await data(Engine(store), COUNT)
    await store.close()

    assert (filled.read_bytes(), filled.stat().st_mtime_ns) == before
    assert [file.name for file in filled.parent.iterdir() if file.is_file()] == [filled.name]


def test_every_connection_keeps_foreign_keys_and_a_write_ahead_log(path: Path) -> None:
    store = SqliteStore.open(path, ONTOLOGY)
    found = [
        store.database._readers.submit(
            lambda: tuple(map(store.database.connection().pragma, ("foreign_keys", "journal_mode")))
        ).result()
        for _ in range(8)
    ]
    store.database.close()

    assert found == [(1, "wal")] * 8
    assert path.read_bytes()[18:20] == b"\x02\x02"  # https://sqlite.org/fileformat2.html: the file says so itself


def test_nothing_can_point_at_what_is_not_there(filled: Path) -> None:
    store = SqliteStore.open(filled, ONTOLOGY)
    db = store.database.connection()

    with pytest.raises(apsw.ConstraintError):
        db.execute("DELETE FROM entity WHERE slug = 'django'")
    with pytest.raises(apsw.ConstraintError):
        db.execute("INSERT INTO evidence VALUES (1, 999, 1, 'note', NULL, NULL)")
    store.database.close()


@pytest.mark.anyio
async def test_faulty_facts_leave_a_store_that_a_later_start_fills(path: Path, facts: Path, tmp_path: Path) -> None:
    faulty = folder_of(tmp_path / "faulty", good=GOOD, later=["{"])

    with pytest.raises(FactsError, match=r"later\.jsonl:1: invalid JSON"):
        await open_seeded_store(settings(path, faulty))

    left = by_hand(path, "SELECT count(*) FROM entity")
    store = await open_seeded_store(settings(path, facts))
    found = await data(Engine(store), COUNT)
    await store.close()
    assert (left, found) == (0, {"frameworks": {"totalCount": 1}, "claims": {"totalCount": 2}})


@pytest.mark.anyio
async def test_facts_that_the_file_cannot_hold_leave_nothing_of_them(path: Path, facts: Path) -> None:
    store = SqliteStore.open(path, ONTOLOGY)
    by_hand(path, "CREATE TRIGGER full BEFORE INSERT ON evidence BEGIN SELECT raise(ABORT, 'the disk is full'); END")

    with pytest.raises(StoreError, match=r"could not be written \(the disk is full\); the file contains none of them"):
        await store.seed(lambda: read_facts(facts))

    left = by_hand(path, "SELECT (SELECT count(*) FROM entity) + (SELECT count(*) FROM claim)")
    by_hand(path, "DROP TRIGGER full")
    filled = await store.seed(lambda: read_facts(facts))
    await store.close()
    assert (left, filled) == (0, True)


@pytest.mark.anyio
async def test_an_ontology_that_has_grown_finds_room_in_an_older_file(filled: Path) -> None:
    @kind("editors")
    class Editor(Entity):
        """A program to write in."""

        year: int | None = strawberry.field(description="Since when.")
        edits = relation("EDITS", "Framework", inverse="edited_by")

    grown = Ontology.of(*KINDS, Editor)
    store = SqliteStore.open(filled, grown)
    found = await data(
        Engine(store, grown),
        '{ framework(slug: "django") { name editedBy { totalCount } } editors { nodes { year } totalCount } }',
    )
    await store.close()

    assert found == {
        "framework": {"name": "Django", "editedBy": {"totalCount": 0}},
        "editors": {"nodes": [], "totalCount": 0},
    }
    assert Framework.__name__ in {item.name for item in grown.kinds}


@pytest.mark.parametrize(
    "what",
    ["TABLE graph", "INDEX claim_by_object", "TRIGGER name_added", "TRIGGER claim_removed", "TABLE company_uses"],
)
def test_what_an_older_version_did_not_make_is_made_by_the_next_start(filled: Path, what: str) -> None:
    name = what.partition(" ")[2]
    made = f"SELECT sql FROM sqlite_schema WHERE name = '{name}'"
    before = by_hand(filled, made)
    by_hand(filled, f"DROP {what}")

    SqliteStore.open(filled, ONTOLOGY).database.close()

    assert (by_hand(filled, made), before is None) == (before, False)


@pytest.mark.parametrize("table", ["degree", "entity_fts", "name_fts"])
def test_what_is_derived_and_was_not_made_is_derived_by_the_next_start(filled: Path, table: str) -> None:
    by_hand(filled, f"DROP TABLE {table}")

    SqliteStore.open(filled, ONTOLOGY).database.close()

    assert derived(filled) == DERIVED


# ------------------------------------------------------------------------------------------------- what search stands on

COMPANY = "日本-会社_1.0"
DERIVED: dict[str, Any] = {
    "degree": [("a-source", 2), ("django", 2), ("no-date", 1), ("orm", 1), (COMPANY, 1)],
    "djan": ["django"],
    "джанго": ["django"],
    "会": [COMPANY],
    "fr": ["django"],
}


def derived(path: Path) -> dict[str, Any]:
    """What a file says of degrees, and the slugs of what it finds by the beginning of a word."""
    found: dict[str, Any] = {}
    connection = apsw.Connection(str(path))
    for table in ("name_fts", "entity_fts"):
        connection.execute(f"INSERT INTO {table} ({table}, rank) VALUES ('integrity-check', 1)")
    degrees = "SELECT slug, claims FROM degree JOIN entity ON _pk = entity WHERE claims ORDER BY slug"
    found["degree"] = list(connection.execute(degrees))
    for word in list(DERIVED)[1:]:
        listed = "SELECT slug FROM entity WHERE _pk IN (SELECT rowid FROM entity_fts(?)) ORDER BY slug"
        found[word] = [slug for (slug,) in connection.execute(listed, (f'"{word}"*',))]
    connection.close()
    return found


def test_words_and_degrees_follow_every_write(filled: Path) -> None:
    before = derived(filled)
    by_hand(
        filled,
        """PRAGMA foreign_keys = ON;
           DELETE FROM company_uses; DELETE FROM claim WHERE relation = 'USES'""",
    )
    without = derived(filled)
    by_hand(
        filled,
        """INSERT INTO claim SELECT 9, 'id', 'key', 'EXTENDS', _pk, _pk, 0, 1000, NULL, NULL FROM entity WHERE slug = 'django';
           INSERT INTO evidence SELECT 9, _pk, 1, 'note', NULL, NULL FROM entity WHERE slug = 'no-date';
           UPDATE entity SET _names = 'djanet', _summary = 'a frame' WHERE slug = 'orm';
           DELETE FROM name; DELETE FROM entity WHERE name = '会社'""",
    )
    after = derived(filled)

    assert before == DERIVED
    assert without == {**DERIVED, "degree": [("a-source", 1), ("django", 1), ("no-date", 1), ("orm", 1)]}
    assert after == {
        "degree": [("a-source", 1), ("django", 2), ("no-date", 2), ("orm", 1)],
        "djan": ["django", "orm"],
        "джанго": ["django"],
        "会": [],
        "fr": ["django", "orm"],
    }


def counted(path: Path) -> dict[str, Any]:
    """The counts and steps of a file, without counts of nothing."""
    connection = apsw.Connection(str(path))
    listed = {
        "in_degree": "SELECT * FROM in_degree WHERE claims",
        "population": "SELECT * FROM population WHERE entities",
        "step": "SELECT * FROM step",
    }
    found = {table: list(connection.execute(text)) for table, text in listed.items()}
    connection.close()
    return found


def test_counts_and_steps_follow_every_write_as_they_are_derived(filled: Path) -> None:
    filed = [counted(filled)]
    for writes in (
        "UPDATE claim SET stance = 2 WHERE relation = 'USES'",
        "UPDATE claim SET stance = 1, confidence = 7",
        """INSERT INTO claim SELECT 9, 'id', 'key', 'EXTENDS', _pk, _pk, 0, 1000, NULL, NULL FROM entity WHERE slug = 'django';
           INSERT INTO claim SELECT 10, 'i', 'k', 'USES', c._pk, d._pk, 2, 1000, NULL, NULL
             FROM entity c, entity d WHERE c.name = '会社' AND d.slug = 'no-date'""",
        "DELETE FROM claim WHERE relation <> 'USES'; DELETE FROM name; DELETE FROM entity WHERE slug = 'orm'",
    ):
        by_hand(filled, f"PRAGMA foreign_keys = OFF; {writes}")
        filed.append(counted(filled))
        by_hand(filled, ";".join(REBUILD))
        filed.append(counted(filled))

    assert filed[1::2] == filed[2::2]
    assert len({str(each) for each in filed}) == 5


# ------------------------------------------------------------------------------------------------------- an older layout

TO_LAYOUT_1 = """
DROP TRIGGER entity_added; DROP TRIGGER entity_removed; DROP TRIGGER entity_reworded;
DROP TRIGGER claim_added; DROP TRIGGER claim_removed; DROP TRIGGER claim_weighed;
DROP TRIGGER evidence_added; DROP TRIGGER evidence_removed;
DROP TABLE entity_fts; DROP TABLE degree; DROP TABLE in_degree; DROP TABLE population; DROP TABLE step; DROP TABLE change;
ALTER TABLE entity DROP COLUMN _names; ALTER TABLE entity DROP COLUMN _summary; ALTER TABLE entity DROP COLUMN _changed;
UPDATE graph SET version = replace(version, '.1', '');
PRAGMA user_version = 1;
"""
"""What makes of a new file one as version 0.1 of the service has made it."""


def content(path: Path) -> dict[str, Any]:
    """All that a file holds: what there is by name, and the columns and rows of each table that is its own."""
    connection = apsw.Connection(str(path))
    made = sorted(connection.execute("SELECT type, name FROM sqlite_schema WHERE name NOT LIKE 'sqlite_stat%'"))
    found: dict[str, Any] = {"made": made, "layout": connection.pragma("user_version")}
    for kind_, name in made:
        if kind_ == "table" and "_fts" not in name:
            found[name] = [
                [column[1:] for column in connection.execute(f"PRAGMA table_info({name})")],
                sorted(map(repr, connection.execute(f"SELECT * FROM {name}"))),
            ]
    for table in ("name_fts", "entity_fts"):
        if ("table", table) in made:
            connection.execute(f"INSERT INTO {table} ({table}, rank) VALUES ('integrity-check', 1)")
    connection.close()
    for name in {"graph", "change"} & found.keys():
        found[name][1] = [re.sub("20.*Z", "", row) for row in found[name][1]]  # when it was last changed
    return found


@pytest.fixture(scope="module")
def shipped_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file of this layout that holds the shipped facts."""
    path = tmp_path_factory.mktemp("shipped") / "atlas.db"
    store = SqliteStore.open(path, ONTOLOGY)
    store._seed(shipped, lambda *_: None)
    store.database.close()
    return path


@pytest.fixture
def old(shipped_file: Path, path: Path) -> Path:
    """A file of layout 1 that holds the shipped facts."""
    shutil.copy(shipped_file, path)
    by_hand(path, TO_LAYOUT_1)
    return path


def test_a_file_of_layout_1_becomes_what_a_new_one_is(old: Path, shipped_file: Path) -> None:
    SqliteStore.open(old, ONTOLOGY).database.close()

    assert content(old) == content(shipped_file)
    assert by_hand(old, "PRAGMA integrity_check") == "ok"
    assert by_hand(old, "PRAGMA foreign_key_check") is None


def test_an_empty_file_of_layout_1_is_filled(path: Path, facts: Path) -> None:
    SqliteStore.open(path, ONTOLOGY).database.close()
    by_hand(path, TO_LAYOUT_1)

    store = SqliteStore.open(path, ONTOLOGY)
    filled = store._seed(lambda: read_facts(facts), lambda *_: None)
    store.database.close()

    assert (filled, derived(path)) == (True, DERIVED)


def test_what_fails_while_it_is_brought_up_to_date_leaves_layout_1(
    old: Path, shipped_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = content(old)
    calls = itertools.count()

    def fail(*given: Any) -> tuple[str, str]:
        if next(calls) == 150:
            raise apsw.FullError("the disk is full")
        return search_words(*given)

    monkeypatch.setattr(migrations, "_BATCH_SIZE", 100)
    monkeypatch.setattr(migrations, "search_words", fail)

    with pytest.raises(
        StoreError, match=r"atlas\.db: the tables cannot be created or migrated \(the disk is full\)\.$"
    ):
        SqliteStore.open(old, ONTOLOGY)
    left = content(old)
    SqliteStore.open(old, ONTOLOGY).database.close()

    assert left == before
    assert content(old) == content(shipped_file)


# -------------------------------------------------------------------------------------------------------------- refusals


def garbage_header(path: Path) -> str:
    path.write_bytes(b"This is no database.".ljust(100) + path.read_bytes()[100:])
    return (
        r"damaged or not an SQLite file \(file is not a database\); restore a backup or set another path with --store\."
    )


def overwritten_in_the_middle(path: Path) -> str:
    page = by_hand(path, "SELECT rootpage FROM sqlite_schema WHERE name = 'claim'")
    content = path.read_bytes()
    start = (page - 1) * 4096
    path.write_bytes(content[:start] + b"\xff" * 4096 + content[start + 4096 :])
    return r"damaged \([^\n]*\); restore a backup or set another path with --store\."


def cut_off(path: Path) -> str:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    return r"damaged or not an SQLite file \(database disk image is malformed\); restore a backup or set another path with --store\."


def text(path: Path) -> str:
    path.write_text("Dear diary,\n" * 500)
    return (
        r"damaged or not an SQLite file \(file is not a database\); restore a backup or set another path with --store\."
    )


def one_byte(path: Path) -> str:
    path.write_text("x")
    return r"damaged or not an SQLite file; restore a backup or set another path with --store\."


def from_the_future(path: Path) -> str:
    by_hand(path, "PRAGMA user_version = 99")
    return rf"written by a newer version of framework-atlas \(layout 99, supported: up to {LAYOUT_VERSION}\); update framework-atlas\."


def of_another_program(path: Path) -> str:
    path.unlink()
    by_hand(path, "CREATE TABLE diary (entry TEXT)")
    return r"an SQLite file of another application; set another path with --store\."


def of_another_program_that_has_no_tables_yet(path: Path) -> str:
    path.unlink()
    by_hand(path, "PRAGMA user_version = 7")
    return r"an SQLite file of another application; set another path with --store\."


def of_another_program_by_its_mark(path: Path) -> str:
    by_hand(path, "PRAGMA application_id = 7")
    return r"an SQLite file of another application; set another path with --store\."


def read_only(path: Path) -> str:
    path.chmod(0o444)  # which does not keep root from writing
    return r"read-only; make the file writable, or copy it and set the path with --store\."


REFUSED: list[Callable[[Path], str]] = [
    garbage_header,
    overwritten_in_the_middle,
    cut_off,
    text,
    one_byte,
    from_the_future,
    of_another_program,
    of_another_program_that_has_no_tables_yet,
    of_another_program_by_its_mark,
    read_only,
]


@pytest.mark.anyio
@pytest.mark.parametrize("spoil", REFUSED, ids=lambda spoil: spoil.__name__)
async def test_a_file_that_cannot_serve_is_refused_and_not_touched(
    filled: Path, facts: Path, spoil: Callable[[Path], str]
) -> None:
    reason = spoil(filled)
    before = filled.read_bytes(), filled.stat().st_mtime_ns, filled.stat().st_mode

    for _ in range(2):
        with pytest.raises(StoreError, match=f"^{filled}: {reason}$"):
            await open_seeded_store(settings(filled, facts))

    assert (filled.read_bytes(), filled.stat().st_mtime_ns, filled.stat().st_mode) == before


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "file").touch()
    reasons = {
        tmp_path / "folder": "not a regular file; set another path with --store.",
        tmp_path / "fifo": "not a regular file; set another path with --store.",
        tmp_path
        / "no"
        / "folder": f"the directory {tmp_path / 'no'} does not exist; create it or set another path with --store.",
        tmp_path
        / "file"
        / "x": f"the directory {tmp_path / 'file'} does not exist; create it or set another path with --store.",
    }

    for path, reason in reasons.items():
        with pytest.raises(StoreError) as refused:
            SqliteStore.open(path, ONTOLOGY)
        assert str(refused.value) == f"{path}: {reason}"
    assert sorted(file.name for file in tmp_path.iterdir()) == ["fifo", "file", "folder"]


def test_an_empty_file_is_a_new_store(path: Path) -> None:
    path.touch()

    SqliteStore.open(path, ONTOLOGY).database.close()

    assert by_hand(path, "PRAGMA user_version") == LAYOUT_VERSION


# --------------------------------------------------------------------------------------------------- several at a time


@pytest.mark.anyio
async def test_reads_and_starts_go_on_while_somebody_writes(filled: Path, facts: Path) -> None:
    store = await open_seeded_store(settings(filled, facts))
    writer = apsw.Connection(str(filled))
    writer.execute("BEGIN IMMEDIATE")
    writer.execute("UPDATE entity SET name = 'Half written' WHERE slug = 'django'")

    began = time.monotonic()
    open_already = await data(Engine(store), DJANGO)
    another = await open_seeded_store(settings(filled, facts))
    started_meanwhile = await data(Engine(another), DJANGO)
    took = time.monotonic() - began
    writer.execute("COMMIT")
    writer.close()
    afterwards = await data(Engine(store), DJANGO)
    await store.close()
    await another.close()

    names = [one["framework"]["name"] for one in (open_already, started_meanwhile, afterwards)]
    assert names == ["Django", "Django", "Half written"]
    assert took < 20  # a minute is what it would wait for a lock


CHILDREN = """
import asyncio, json, os, sys
from pathlib import Path
from graph_seed import read_facts
from schema import ONTOLOGY
from service.stores.sqlite.store import SqliteStore


def say(*words):
    os.write(1, (" ".join(map(str, words)) + "\\n").encode())


async def start(path, facts):
    store = SqliteStore.open(Path(path), ONTOLOGY)
    filled = await store.seed(lambda: facts, lambda what, done, of: say("step"))
    await store.close()
    say("filled" if filled else "found")


known = {}
for line in sys.stdin:
    path, folder, count = json.loads(line)
    facts = known[folder] = known.get(folder) or read_facts(Path(folder))
    gate, opener = os.pipe()
    children = []
    for _ in range(count):
        if (child := os.fork()) == 0:
            os.close(opener)
            os.read(gate, 1)  # they start together, when the other end is closed
            try:
                asyncio.run(start(path, facts))
            except BaseException as error:
                say("failed", repr(error))
            os._exit(0)
        children.append(child)
    os.close(gate)
    say(*children)
    os.close(opener)
    for child in children:
        os.waitpid(child, 0)
    say("ended")
"""


class Starter:
    """Starts processes that open a store and fill it. They are forked, since Python itself takes a second to start."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def start(self, path: Path, facts: Path, count: int = 1) -> list[int]:
        """Start so many at the same moment; return their ids."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps([str(path), str(facts), count]) + "\n")
        self._process.stdin.flush()
        return [int(child) for child in self._line().split()]

    def told(self) -> Iterator[str]:
        """What they say, until all have ended."""
        while (line := self._line()) != "ended":
            assert line, "the process that starts them has ended"
            yield line

    def _line(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()


@pytest.fixture(scope="module")
def starter() -> Iterator[Starter]:
    with running() as process:
        yield Starter(process)


@contextmanager
def running() -> Iterator[subprocess.Popen[str]]:
    arguments = [sys.executable, "-c", CHILDREN]
    with subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield process
        assert process.stdin is not None
        process.stdin.close()
        assert process.wait(30) == 0


def test_of_several_processes_that_start_at_once_one_fills_it(starter: Starter, facts: Path, tmp_path: Path) -> None:
    told = []
    for number in range(30):
        starter.start(tmp_path / f"{number}.db", facts, count=4)
        told.append(sorted(line for line in starter.told() if line != "step"))

    assert told == [["filled", "found", "found", "found"]] * 30


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of facts that take a while: 20,000 entities and 2,000 claims."""
    sources = [{"kind": "Source", "slug": "a-source", "name": "A source"}]
    frameworks = [
        {"kind": "Framework", "slug": f"framework-{number}", "name": f"Framework {number}"} for number in range(10_000)
    ]
    features = [
        {"kind": "Feature", "slug": f"feature-{number}", "name": f"Feature {number}", "category": "QUALITY"}
        for number in range(9_999)
    ]
    said = [
        {
            "subject": f"Framework:framework-{number}",
            "relation": "HAS_FEATURE",
            "object": f"Feature:feature-{number}",
            "source": "a-source",
            "note": "It has.",
        }
        for number in range(2_000)
    ]
    return folder_of(tmp_path_factory.mktemp("many"), all=[*sources, *frameworks, *features, *said])


STEPS = 22
"""How often a process that fills a store with `many` tells how far it is."""


def test_whoever_is_killed_while_filling_it_leaves_a_store_that_the_next_start_fills(
    starter: Starter, many: Path, path: Path
) -> None:
    chance = random.Random(20240319)
    moments = [0, 0, 1, *chance.sample(range(2, STEPS), 5), STEPS, STEPS]
    left = []
    for moment in moments:
        (process,) = starter.start(path, many)
        lines = starter.told()
        reached = sum(1 for _, line in zip(range(moment), lines, strict=False) if line == "step")
        time.sleep(chance.uniform(0, 0.02))
        os.kill(process, signal.SIGKILL)
        rest = list(lines)
        left.append((reached, whole(path), *rest[-1:]))
        if whole(path):  # the kill came too late
            path.unlink()

    starter.start(path, many)
    told = set(starter.told())

    assert {state for _, state, *_ in left} <= {True, False}
    assert sum(not state for _, state, *_ in left) >= len(moments) - 2, left
    assert "filled" in told
    assert whole(path)
    check_by_heart(path)


def test_whoever_is_killed_while_bringing_it_up_to_date_leaves_layout_1(
    starter: Starter, many: Path, path: Path, tmp_path: Path
) -> None:
    starter.start(path, many)
    assert list(starter.told())[-1] == "filled"
    fresh, kept = content(path), tmp_path / "kept.db"
    by_hand(path, TO_LAYOUT_1)
    old = content(path)
    shutil.copy(path, kept)
    began = time.monotonic()
    SqliteStore.open(path, ONTOLOGY).database.close()
    takes = time.monotonic() - began
    left = []
    for moment in range(8):
        shutil.copy(kept, path)
        (process,) = starter.start(path, many)
        lines = starter.told()
        time.sleep(takes * moment / 12)
        with suppress(ProcessLookupError):  # the kill came too late
            os.kill(process, signal.SIGKILL)
        list(lines)
        left.append(content(path))

    starter.start(path, many, count=4)
    told = sorted(starter.told())

    assert [state in (old, fresh) for state in left] == [True] * 8
    assert left.count(old) >= 2
    assert told == ["found"] * 4
    assert content(path) == fresh
    check_by_heart(path)


def whole(path: Path) -> bool:
    """Whether it holds the graph of `many`; it must hold that or nothing."""
    if not path.exists() or not by_hand(path, "SELECT count(*) FROM sqlite_schema WHERE name = 'entity'"):
        return False
    counts = [by_hand(path, f"SELECT count(*) FROM {table}") for table in ("entity", "name", "claim", "evidence")]
    assert counts in ([0, 0, 0, 0], [20_000, 20_000, 2_000, 2_000])
    return counts[0] > 0


def check_by_heart(path: Path) -> None:
    """SQLite's own check of tables and indexes, of the full text, and of what points where; and every claim."""
    assert by_hand(path, "PRAGMA integrity_check") == "ok"
    assert by_hand(path, "PRAGMA foreign_key_check") is None
    for table in ("name_fts", "entity_fts"):
        by_hand(path, f"INSERT INTO {table} ({table}, rank) VALUES ('integrity-check', 1)")
    assert by_hand(path, "SELECT sum(claims) FROM degree") == 3 * 2_000
    joined = """SELECT count(*) FROM framework_has_feature JOIN claim ON claim._pk = framework_has_feature.claim
      JOIN entity subject ON subject._pk = framework_has_feature.subject
      JOIN entity object ON object._pk = framework_has_feature.object
      WHERE key = 'Framework:' || subject.slug || '/HAS_FEATURE/Feature:' || object.slug"""
    assert by_hand(path, joined) == 2_000
