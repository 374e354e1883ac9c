"""The pages are true: their queries, commands and code run, and the answers they show are those of the service.

`ATLAS_REFRESH_GOLDENS=1 uv run pytest tests/docs` writes answers that have changed into the pages.
"""

from __future__ import annotations

import json
import os
import shutil
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from service.auth.static_tokens import new_token
from tests.commands import run as run_command
from tests.commands import serving
from tests.docs.answers import pretty, same_json, same_text
from tests.docs.command_server import command_server
from tests.docs.markdown import Block, blocks, replace_block
from tests.docs.running import ROOT, Environment, run, statement, write_programs

REFRESH = os.environ.get("ATLAS_REFRESH_GOLDENS") == "1"
PAGES = [
    ROOT / "README.md",
    ROOT / "client" / "README.md",
    ROOT / "examples" / "clients" / "README.md",
    *sorted((ROOT / "docs").rglob("*.md")),
]
RUN = {"graphql", "sh", "python"}
SHOWN = {"json", "text", "csv", "jsonl"}
TOKEN = new_token("docs", "admin")

NOT_RUN = {
    "README.md": 1,
    "examples/clients/README.md": 3,
    "docs/clients.md": 2,
    "docs/embedding.md": 1,
    "docs/operating.md": 4,
    "docs/quick-start.md": 2,
}
"""How many blocks of a page are marked `<!-- not run: REASON -->`: as few as possible."""


@dataclass(frozen=True, slots=True)
class Step:
    """A block to run, its variables, and the indexes of the blocks that show its output and its statement."""

    block: Block
    variables: dict[str, Any] | None
    shown: int | None
    statement: int | None


@pytest.fixture(scope="module")
def seeded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite file with the shipped facts, which nothing writes to."""
    path = tmp_path_factory.mktemp("seeded") / "framework-atlas.db"
    assert run_command("seed", "--store", f"sqlite:///{path}").returncode == 0
    return path


@pytest.fixture(scope="module")
def shared(seeded: Path) -> Iterator[str]:
    """The address of the service of all pages that only read."""
    with serving(seeded, ATLAS_TOKENS=TOKEN.entry) as served:
        yield served.base


@pytest.fixture(scope="module")
def commands(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    with command_server(tmp_path_factory.mktemp("commands")) as program:
        yield program


@pytest.fixture
def environment(
    page: Path,
    seeded: Path,
    commands: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
) -> Iterator[Environment]:
    """The folder of a page, which holds a copy of the store; a page that writes has a service of its own on that copy."""
    store = Path(shutil.copy(seeded, tmp_path))
    write_programs(tmp_path, commands)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ATLAS_TOKEN", TOKEN.token)
    if writes(page):
        with serving(store, ATLAS_TOKENS=TOKEN.entry) as served:
            yield Environment(tmp_path, served.base, TOKEN.token)
    else:
        yield Environment(tmp_path, request.getfixturevalue("shared"), TOKEN.token)


@pytest.mark.parametrize(
    "page",
    [page for page in PAGES if any(block.language in RUN for block in blocks(page))],
    ids=lambda page: str(page.relative_to(ROOT)),
)
def test_a_page_shows_what_the_service_answers(page: Path, environment: Environment) -> None:
    shown = blocks(page)
    changed: dict[int, str] = {}

    for block in shown:
        if block.title and block.language in SHOWN and block.title != "Variables":
            (environment.folder / block.title).write_text(block.text, "utf-8")
    for step in steps(shown):
        output = run(step.block, step.variables, environment)
        if step.block.language == "graphql":
            fails = step.shown is not None and '"errors"' in shown[step.shown].text
            assert ("errors" in json.loads(output)) == fails, f"{step.block}: {output}"
        if step.shown is not None and (text := different(shown[step.shown], output)) is not None:
            assert REFRESH, f"{shown[step.shown]} shows something else than\n{text}"
            changed[step.shown] = text
        if step.statement is not None:
            text = statement(step.block, environment)
            if shown[step.statement].text.split() != text.split():
                assert REFRESH, f"{shown[step.statement]} shows something else than\n{text}"
                changed[step.statement] = text + "\n"
    for index, text in changed.items():
        replace_block(page, index, text)


def test_blocks_that_are_not_run_say_why_and_are_few() -> None:
    marked = [str(block.page.relative_to(ROOT)) for page in PAGES for block in blocks(page) if block.not_run]

    assert {page: marked.count(page) for page in marked} == NOT_RUN


def test_an_excerpt_is_part_of_its_file() -> None:
    for block in (block for page in PAGES for block in blocks(page) if block.excerpt_of):
        lines = textwrap.dedent(block.text).splitlines()
        file = [line.strip() for line in (ROOT / str(block.excerpt_of)).read_text("utf-8").splitlines()]

        assert [line for line in lines if line.strip() not in file] == [], block


def steps(shown: list[Block]) -> Iterator[Step]:
    """The blocks of a page that are run, in order."""
    for index, block in enumerate(shown):
        if block.language not in RUN or block.not_run or block.excerpt_of:
            continue
        following = index + 1
        variables = None
        if following < len(shown) and shown[following].title == "Variables":
            variables = json.loads(shown[following].text)
            following += 1
        output = _index(shown, following, SHOWN)
        statement_ = _index(shown, following if output is None else output + 1, {"sql"})
        yield Step(block, variables, output, statement_)


def _index(shown: list[Block], index: int, languages: set[str]) -> int | None:
    """The index, if the block there shows something of these languages."""
    is_shown = index < len(shown) and shown[index].language in languages and shown[index].title is None
    return index if is_shown else None


def different(shown: Block, output: str) -> str | None:
    """What the block has to show instead; None where it shows this output."""
    if shown.language != "json":
        return None if same_text(shown.text, output) else output.replace("\r\n", "\n").strip("\n") + "\n"
    answered, expected = json.loads(output), json.loads(shown.text)
    if "extensions" not in expected:
        answered.pop("extensions", None)
    return None if same_json(expected, answered) else pretty(answered) + "\n"


def writes(page: Path) -> bool:
    """Whether a block of a page changes the graph that its service answers from."""
    return any("mutation" in block.text or "subscri" in block.text for block in blocks(page) if not block.not_run)
