"""The examples of other clients, well typed and run against a service that answers.

What they are made of comes from npm and by uv. Where it cannot be had they are skipped; ATLAS_REQUIRE_CLIENTS=1 makes that a
failure.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Never

import httpx
import pytest

from framework_atlas import AsyncClient
from tests import npm
from tests.client.conftest import WRITER
from tests.npm import NODE

ROOT = Path(__file__).parents[2]
CLIENTS = ROOT / "examples" / "clients"
TYPESCRIPT = CLIENTS / "typescript"
ARIADNE = CLIENTS / "ariadne_codegen"
TSC = "node_modules/typescript/bin/tsc"

ASKED = "asked: Django HAS Security (0.875)"


def _without(what: str) -> Never:
    if os.environ.get("ATLAS_REQUIRE_CLIENTS") == "1":
        pytest.fail(what)
    pytest.skip(what)


def run(command: Sequence[str | Path], folder: Path = ROOT, **environment: str) -> str:
    """What a command says that succeeds."""
    ours = {name: value for name, value in os.environ.items() if name not in {"VIRTUAL_ENV", "UV_PROJECT_ENVIRONMENT"}}
    asked = [str(word) for word in command]
    done = subprocess.run(
        asked, cwd=folder, env={**ours, **environment}, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def mypy(cache: Path, *arguments: str | Path, folder: Path = ROOT) -> str:
    return run([sys.executable, "-m", "mypy", "--strict", "--cache-dir", cache, *arguments], folder)


@pytest.fixture(scope="module")
def packages() -> Path:
    try:
        return npm.install(TYPESCRIPT)
    except npm.Unavailable as error:
        _without(str(error))


@pytest.fixture(scope="module")
def generated() -> Path:
    """The Python of an environment in which ariadne-codegen has made its client."""
    uv = os.environ.get("UV") or shutil.which("uv")
    if uv is None:
        _without("no uv, which makes the environment of ariadne-codegen")
    try:
        run([uv, "sync", "--quiet", "--python", sys.executable], ARIADNE)
    except AssertionError as error:
        _without(f"the environment of ariadne-codegen could not be made: {error}")
    run([uv, "run", "--no-sync", "ariadne-codegen"], ARIADNE)
    return ARIADNE / ".venv" / "bin" / "python"


@pytest.fixture
def settings(url: str) -> dict[str, str]:
    return {"ATLAS_URL": url, "ATLAS_TOKEN": WRITER.token}


# ------------------------------------------------------------------------------------------------------------- TypeScript


def test_typescript_finds_the_examples_well_typed_and_a_wrong_filter_wrong(packages: Path, tmp_path: Path) -> None:
    run([NODE, TSC], TYPESCRIPT)
    wrong = shutil.copytree(TYPESCRIPT, tmp_path / "wrong", ignore=shutil.ignore_patterns("node_modules"))
    (wrong / "node_modules").symlink_to(packages)
    text = (wrong / "urql.ts").read_text("utf-8")
    (wrong / "urql.ts").write_text(text.replace("eq: 'security'", "equals: 'security'"), "utf-8")

    with pytest.raises(AssertionError, match="'equals' does not exist in type 'TextFilter'"):
        run([NODE, TSC], wrong)


@pytest.mark.usefixtures("packages")
def test_the_types_of_the_typescript_examples_are_those_of_the_schema(tmp_path: Path) -> None:
    run([NODE, "generate.ts", tmp_path / "operations.ts"], TYPESCRIPT)

    made = (tmp_path / "operations.ts").read_text("utf-8")
    assert (TYPESCRIPT / "operations.ts").read_text("utf-8") == made, (
        "The schema has changed: write the types anew with `npm run generate`, in examples/clients/typescript"
    )


@pytest.mark.usefixtures("packages")
def test_apollo_client_asks_writes_and_listens(settings: dict[str, str]) -> None:
    told = run([NODE, "apollo.ts"], TYPESCRIPT, **settings).splitlines()

    assert told == [
        ASKED,
        "from the cache: Django",
        "written: RnJhbWV3b3JrOmFuLWV4YW1wbGUtb2YtYXBvbGxv",
        "heard: UPSERT an-example-of-apollo",
    ]


@pytest.mark.usefixtures("packages")
def test_urql_asks_writes_and_listens(settings: dict[str, str]) -> None:
    told = run([NODE, "urql.ts"], TYPESCRIPT, **settings).splitlines()

    assert told == [ASKED, "written: RnJhbWV3b3JrOmFuLWV4YW1wbGUtb2YtdXJxbA==", "heard: UPSERT an-example-of-urql"]


# ----------------------------------------------------------------------------------------------------------------- Python


def test_gql_asks_writes_and_listens(settings: dict[str, str], tmp_path: Path) -> None:
    told = run([sys.executable, CLIENTS / "python" / "gql_client.py"], **settings).splitlines()

    assert told == [ASKED, "written: RnJhbWV3b3JrOmFuLWV4YW1wbGUtb2YtZ3Fs", "heard: UPSERT an-example-of-gql"]
    mypy(tmp_path, CLIENTS / "python")


def test_what_ariadne_codegen_has_made_asks_and_writes(
    generated: Path, settings: dict[str, str], tmp_path: Path
) -> None:
    told = run([generated, "ask.py"], ARIADNE, **settings).splitlines()

    assert told[:2] == [ASKED, "written: RnJhbWV3b3JrOmFuLWV4YW1wbGUtb2YtYXJpYWRuZS1jb2RlZ2Vu"]
    assert told[2].startswith("changed: ")
    mypy(tmp_path, "--follow-imports=silent", "--python-executable", generated, "ask.py", folder=ARIADNE)


async def test_a_mounted_service_answers_below_its_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ATLAS_STORE", f"sqlite:///{tmp_path / 'atlas.db'}")
    from examples.embedding.mounted import app  # noqa: PLC0415 - it reads its settings as it is imported

    transport = httpx.ASGITransport(app=app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://outside") as browser,
        AsyncClient("http://outside/atlas/graphql", transport=transport) as client,
    ):
        pages = [(await browser.get(path)).status_code for path in ("/", "/atlas/readyz", "/graphql")]
        welcome = (await browser.get("/")).text
        answers: list[Any] = await asyncio.gather(*(client.execute("{ graph { store } }") for _ in range(3)))

    assert (pages, welcome.split()[1:]) == ([200, 200, 404], ["frameworks", "below", "/atlas"])
    assert [answer["graph"]["store"] for answer in answers] == ["sqlite"] * 3
