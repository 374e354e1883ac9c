"""Several processes on one SQLite file: while one writes, when several start at once, and when one is killed."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import apsw
import pytest

from schema import ONTOLOGY
from service.execution.engine import Engine
from service.service import open_seeded_store
from service.settings import Settings
from service.stores.sqlite.store import SqliteStore
from tests.fact_lines import write_folder
from tests.queries import query
from tests.stores.sqlite_files import TO_LAYOUT_1, check_integrity, content, run_sql

DJANGO = '{ framework(slug: "django") { name } }'


@pytest.mark.anyio
async def test_reads_and_starts_do_not_wait_for_a_writer(filled: Path, folder: Path) -> None:
    settings = Settings(store=f"sqlite:///{filled}", facts=folder)
    store = await open_seeded_store(settings)
    writer = apsw.Connection(str(filled))
    writer.execute("BEGIN IMMEDIATE")
    writer.execute("UPDATE entity SET name = 'Uncommitted' WHERE slug = 'django'")

    start = time.monotonic()
    before = await query(Engine(store), DJANGO)
    other = await open_seeded_store(settings)
    during = await query(Engine(other), DJANGO)
    seconds = time.monotonic() - start
    writer.execute("COMMIT")
    writer.close()
    after = await query(Engine(store), DJANGO)
    await store.close()
    await other.close()

    names = [answer["framework"]["name"] for answer in (before, during, after)]
    assert names == ["Django", "Django", "Uncommitted"]
    assert seconds < 20  # it would wait a minute for the lock


# ----------------------------------------------------------------------------------------------------- starting processes

STARTER = """
import asyncio, json, os, sys
from pathlib import Path
from graph_seed import read_facts
from schema import ONTOLOGY
from service.stores.sqlite.store import SqliteStore


def report(*words):
    os.write(1, (" ".join(map(str, words)) + "\\n").encode())


async def start(path, facts):
    store = SqliteStore.open(Path(path), ONTOLOGY)
    is_seeded = await store.seed(lambda: facts, lambda *_: report("progress"))
    await store.close()
    report("seeded" if is_seeded else "opened")


facts_by_folder = {}
for line in sys.stdin:
    path, folder, count = json.loads(line)
    facts = facts_by_folder[folder] = facts_by_folder.get(folder) or read_facts(Path(folder))
    gate, opener = os.pipe()
    children = []
    for _ in range(count):
        if (child := os.fork()) == 0:
            os.close(opener)
            os.read(gate, 1)  # returns in all of them at once, when the parent closes the other end
            try:
                asyncio.run(start(path, facts))
            except BaseException as error:
                report("failed", repr(error))
            os._exit(0)
        children.append(child)
    os.close(gate)
    report(*children)
    os.close(opener)
    for child in children:
        os.waitpid(child, 0)
    report("ended")
"""


class Starter:
    """Starts processes that open a store and seed it. They are forks of one process: to start Python takes a second."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def start(self, path: Path, folder: Path, count: int = 1) -> list[int]:
        """Start processes at the same moment; return their IDs."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps([str(path), str(folder), count]) + "\n")
        self._process.stdin.flush()
        return [int(child) for child in self._line().split()]

    def reports(self) -> Iterator[str]:
        """Yield what the processes report, until all of them have ended."""
        while (line := self._line()) != "ended":
            yield line

    def _line(self) -> str:
        assert self._process.stdout is not None
        line = self._process.stdout.readline().strip()
        assert line, "the starter has ended"
        return line


@pytest.fixture(scope="module")
def starter() -> Iterator[Starter]:
    arguments = [sys.executable, "-c", STARTER]
    with subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield Starter(process)
        assert process.stdin is not None
        process.stdin.close()
        assert process.wait(30) == 0


def test_one_of_several_processes_that_start_at_once_seeds_the_file(
    starter: Starter, folder: Path, tmp_path: Path
) -> None:
    reports = []
    for number in range(30):
        starter.start(tmp_path / f"{number}.db", folder, count=4)
        reports.append(sorted(line for line in starter.reports() if line != "progress"))

    assert reports == [["opened", "opened", "opened", "seeded"]] * 30


# ------------------------------------------------------------------------------------------------------ killed processes

PROGRESS_REPORTS = 22
"""The number of progress reports while `many_facts` are seeded."""


@pytest.fixture(scope="module")
def many_facts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of facts that take a while to seed: 20,000 entities and 2,000 claims."""
    sources = [{"kind": "Source", "slug": "a-source", "name": "A source"}]
    frameworks = [
        {"kind": "Framework", "slug": f"framework-{number}", "name": f"Framework {number}"} for number in range(10_000)
    ]
    features = [
        {"kind": "Feature", "slug": f"feature-{number}", "name": f"Feature {number}", "category": "QUALITY"}
        for number in range(9_999)
    ]
    evidence = [
        {
            "subject": f"Framework:framework-{number}",
            "relation": "HAS_FEATURE",
            "object": f"Feature:feature-{number}",
            "source": "a-source",
            "note": "It has.",
        }
        for number in range(2_000)
    ]
    return write_folder(tmp_path_factory.mktemp("many"), all=[*sources, *frameworks, *features, *evidence])


def test_a_process_killed_while_it_seeds_leaves_a_file_that_the_next_start_seeds(
    starter: Starter, many_facts: Path, path: Path
) -> None:
    chance = random.Random(20240319)
    moments = [0, 0, 1, *chance.sample(range(2, PROGRESS_REPORTS), 5), PROGRESS_REPORTS, PROGRESS_REPORTS]
    outcomes = []
    for moment in moments:
        (process,) = starter.start(path, many_facts)
        reports = starter.reports()
        progress = sum(1 for _, line in zip(range(moment), reports, strict=False) if line == "progress")
        time.sleep(chance.uniform(0, 0.02))  # to a random point between two reports
        os.kill(process, signal.SIGKILL)
        rest = list(reports)
        outcomes.append((progress, is_seeded(path), *rest[-1:]))
        if is_seeded(path):  # the kill came too late
            path.unlink()

    starter.start(path, many_facts)
    reports = set(starter.reports())

    assert sum(not seeded for _, seeded, *_ in outcomes) >= len(moments) - 2, outcomes
    assert "seeded" in reports
    assert is_seeded(path)
    check_seeded(path)


def test_a_process_killed_while_it_migrates_leaves_layout_1(
    starter: Starter, many_facts: Path, path: Path, tmp_path: Path
) -> None:
    starter.start(path, many_facts)
    assert list(starter.reports())[-1] == "seeded"
    new, backup = content(path), tmp_path / "backup.db"
    run_sql(path, TO_LAYOUT_1)
    old = content(path)
    shutil.copy(path, backup)
    start = time.monotonic()
    SqliteStore.open(path, ONTOLOGY).database.close()
    seconds = time.monotonic() - start
    states = []
    for moment in range(8):
        shutil.copy(backup, path)
        (process,) = starter.start(path, many_facts)
        reports = starter.reports()
        time.sleep(seconds * moment / 12)  # to different points of the migration
        with suppress(ProcessLookupError):  # the process has already ended
            os.kill(process, signal.SIGKILL)
        list(reports)
        states.append(content(path))

    starter.start(path, many_facts, count=4)
    reports = sorted(starter.reports())

    assert [state in (old, new) for state in states] == [True] * 8
    assert states.count(old) >= 2
    assert reports == ["opened"] * 4
    assert content(path) == new
    check_seeded(path)


def is_seeded(path: Path) -> bool:
    """Return whether a file contains all of `many_facts`; it must contain either all or none of them."""
    if not path.exists() or not run_sql(path, "SELECT count(*) FROM sqlite_schema WHERE name = 'entity'"):
        return False
    counts = [run_sql(path, f"SELECT count(*) FROM {table}") for table in ("entity", "name", "claim", "evidence")]
    assert counts in ([0, 0, 0, 0], [20_000, 20_000, 2_000, 2_000])
    return counts[0] > 0


def check_seeded(path: Path) -> None:
    """Check the integrity of the file, the degrees, and the ends of every claim."""
    check_integrity(path)
    assert run_sql(path, "SELECT sum(claims) FROM degree") == 3 * 2_000
    matching = """SELECT count(*) FROM framework_has_feature JOIN claim ON claim._pk = framework_has_feature.claim
      JOIN entity subject ON subject._pk = framework_has_feature.subject
      JOIN entity object ON object._pk = framework_has_feature.object
      WHERE key = 'Framework:' || subject.slug || '/HAS_FEATURE/Feature:' || object.slug"""
    assert run_sql(path, matching) == 2_000
