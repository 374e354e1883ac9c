"""The pages are true: their queries, commands and code run, and the answers they show are those of the service.

`ATLAS_REFRESH_GOLDENS=1 uv run pytest tests/docs` writes answers that have changed into the pages.
"""

from __future__ import annotations

import json
import os
import re
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
OUTPUT = {"json", "text", "csv", "jsonl"}
NOT_EXECUTABLE = {"sql", "cypher", "ts"}
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
    """A block to run, its variables, and the indexes of the blocks with its expected output and statement."""

    block: Block
    variables: dict[str, Any] | None
    output: int | None
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
    page_blocks = blocks(page)
    changed: dict[int, str] = {}

    for block in page_blocks:
        if block.title and block.language in OUTPUT and block.title != "Variables":
            (environment.folder / block.title).write_text(block.text, "utf-8")
    for step in steps(page_blocks):
        output = run(step.block, step.variables, environment)
        expected = None if step.output is None else page_blocks[step.output]
        if step.block.language == "graphql":
            fails = expected is not None and '"errors"' in expected.text
            assert ("errors" in json.loads(output)) == fails, f"{step.block}: {output}"
        if step.output is not None and expected and (text := correction(expected, output)):
            changed[step.output] = text
        if step.statement is not None:
            text = statement(step.block, environment)
            if page_blocks[step.statement].text.split() != text.split():
                changed[step.statement] = text + "\n"
    for index, text in changed.items():
        assert REFRESH, f"{page_blocks[index]} must show\n{text}"
        replace_block(page, index, text)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_fence_is_a_block_in_a_language_that_the_tests_know(page: Path) -> None:
    fences = re.findall(r"^ *```", page.read_text("utf-8"), re.MULTILINE)

    assert len(fences) == 2 * len(blocks(page))
    assert {block.language for block in blocks(page)} <= RUN | OUTPUT | NOT_EXECUTABLE


def test_blocks_that_are_not_run_say_why_and_are_few() -> None:
    marked = [str(block.page.relative_to(ROOT)) for page in PAGES for block in blocks(page) if block.not_run]

    assert {page: marked.count(page) for page in marked} == NOT_RUN


def test_an_excerpt_is_part_of_its_file() -> None:
    for block in (block for page in PAGES for block in blocks(page) if block.excerpt_of):
        lines = textwrap.dedent(block.text).splitlines()
        file = [line.strip() for line in (ROOT / str(block.excerpt_of)).read_text("utf-8").splitlines()]

        assert [line for line in lines if line.strip() not in file] == [], block


def steps(page_blocks: list[Block]) -> Iterator[Step]:
    """The blocks of a page that are run, in order."""
    for index, block in enumerate(page_blocks):
        if block.language not in RUN or block.not_run or block.excerpt_of:
            continue
        following = index + 1
        variables = None
        if following < len(page_blocks) and page_blocks[following].title == "Variables":
            variables = json.loads(page_blocks[following].text)
            following += 1
        output = following if _is(page_blocks, following, OUTPUT) else None
        following += output is not None
        yield Step(block, variables, output, following if _is(page_blocks, following, {"sql"}) else None)


def _is(page_blocks: list[Block], index: int, languages: set[str]) -> bool:
    """Whether the block at this index has one of these languages, and no title."""
    return index < len(page_blocks) and page_blocks[index].language in languages and page_blocks[index].title is None


def correction(expected: Block, output: str) -> str | None:
    """The text that the block must have instead; None if it matches the output."""
    if expected.language != "json":
        return None if same_text(expected.text, output) else output.replace("\r\n", "\n").strip("\n") + "\n"
    answer, shown = json.loads(output), json.loads(expected.text)
    if "extensions" not in shown:
        answer.pop("extensions", None)
    return None if same_json(shown, answer) else pretty(answer) + "\n"


def writes(page: Path) -> bool:
    """Whether a block of a page changes the graph that its service answers from."""
    return any("mutation" in block.text or "subscri" in block.text for block in blocks(page) if not block.not_run)
