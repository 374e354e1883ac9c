"""The examples of other client libraries are type-checked and run against a service.

They need packages from npm and PyPI. Without them the tests are skipped, or fail if ATLAS_REQUIRE_CLIENTS=1.
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

QUERIED = "query: Django HAS Security (0.875)"


def _unavailable(reason: str) -> Never:
    if os.environ.get("ATLAS_REQUIRE_CLIENTS") == "1":
        pytest.fail(reason)
    pytest.skip(reason)


def run(command: Sequence[str | Path], folder: Path = ROOT, **environment: str) -> str:
    """Run a command that must succeed, and return its output."""
    inherited = {
        name: value for name, value in os.environ.items() if name not in {"VIRTUAL_ENV", "UV_PROJECT_ENVIRONMENT"}
    }
    completed = subprocess.run(
        [str(word) for word in command],
        cwd=folder,
        env={**inherited, **environment},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert completed.returncode == 0, completed.stdout + completed.stderr
    return completed.stdout


def mypy(cache: Path, *arguments: str | Path, folder: Path = ROOT) -> str:
    return run([sys.executable, "-m", "mypy", "--strict", "--cache-dir", cache, *arguments], folder)


@pytest.fixture(scope="module")
def packages() -> Path:
    try:
        return npm.install(TYPESCRIPT)
    except npm.Unavailable as error:
        _unavailable(str(error))


@pytest.fixture(scope="module")
def generated() -> Path:
    """The Python of an environment with the client that ariadne-codegen generated."""
    uv = os.environ.get("UV") or shutil.which("uv")
    if uv is None:
        _unavailable("uv is not installed")
    try:
        run([uv, "sync", "--quiet", "--python", sys.executable], ARIADNE)
    except AssertionError as error:
        _unavailable(f"the environment of ariadne-codegen could not be created: {error}")
    run([uv, "run", "--no-sync", "ariadne-codegen"], ARIADNE)
    return ARIADNE / ".venv" / "bin" / "python"


@pytest.fixture
def settings(url: str) -> dict[str, str]:
    return {"ATLAS_URL": url, "ATLAS_TOKEN": WRITER.token}


# ------------------------------------------------------------------------------------------------------------- TypeScript


def test_the_typescript_examples_are_type_safe(packages: Path, tmp_path: Path) -> None:
    run([NODE, TSC], TYPESCRIPT)
    wrong = shutil.copytree(TYPESCRIPT, tmp_path / "wrong", ignore=shutil.ignore_patterns("node_modules"))
    (wrong / "node_modules").symlink_to(packages)
    text = (wrong / "urql.ts").read_text("utf-8")
    (wrong / "urql.ts").write_text(text.replace("eq: 'security'", "equals: 'security'"), "utf-8")

    with pytest.raises(AssertionError, match="'equals' does not exist in type 'TextFilter'"):
        run([NODE, TSC], wrong)


@pytest.mark.usefixtures("packages")
def test_the_generated_typescript_operations_are_current(tmp_path: Path) -> None:
    run([NODE, "generate.ts", tmp_path / "operations.ts"], TYPESCRIPT)

    generated = (tmp_path / "operations.ts").read_text("utf-8")
    assert (TYPESCRIPT / "operations.ts").read_text("utf-8") == generated, (
        "The schema has changed; run `npm run generate` in examples/clients/typescript"
    )


@pytest.mark.usefixtures("packages")
def test_apollo_client_queries_writes_and_subscribes(settings: dict[str, str]) -> None:
    lines = run([NODE, "apollo.ts"], TYPESCRIPT, **settings).splitlines()

    assert lines == [
        QUERIED,
        "cache: Django",
        "mutation: RnJhbWV3b3JrOmFuLWV4YW1wbGUtb2YtYXBvbGxv",
        "subscription: UPSERT an-example-of-apollo",
    ]


@pytest.mark.usefixtures("packages")
def test_urql_queries_writes_and_subscribes(settings: dict[str, str]) -> None:
    lines = run([NODE, "urql.ts"], TYPESCRIPT, **settings).splitlines()

    assert lines == [
        QUERIED,
        "mutation: RnJhbWV3b3JrOmFuLWV4YW1wbGUtb2YtdXJxbA==",
        "subscription: UPSERT an-example-of-urql",
    ]


# ----------------------------------------------------------------------------------------------------------------- Python


def test_gql_queries_writes_and_subscribes(settings: dict[str, str], tmp_path: Path) -> None:
    lines = run([sys.executable, CLIENTS / "python" / "gql_client.py"], **settings).splitlines()

    assert lines == [
        QUERIED,
        "mutation: RnJhbWV3b3JrOmFuLWV4YW1wbGUtb2YtZ3Fs",
        "subscription: UPSERT an-example-of-gql",
    ]
    mypy(tmp_path, CLIENTS / "python")


def test_the_client_of_ariadne_codegen_queries_and_writes(
    generated: Path, settings: dict[str, str], tmp_path: Path
) -> None:
    lines = run([generated, "main.py"], ARIADNE, **settings).splitlines()

    assert lines[:2] == [QUERIED, "mutation: RnJhbWV3b3JrOmFuLWV4YW1wbGUtb2YtYXJpYWRuZS1jb2RlZ2Vu"]
    assert lines[2].startswith("change: ")
    mypy(tmp_path, "--follow-imports=silent", "--python-executable", generated, "main.py", folder=ARIADNE)


async def test_a_mounted_service_serves_requests_below_its_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ATLAS_STORE", f"sqlite:///{tmp_path / 'atlas.db'}")
    from examples.embedding.mounted import app  # noqa: PLC0415 - it reads its settings when it is imported

    transport = httpx.ASGITransport(app=app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://outside") as browser,
        AsyncClient("http://outside/atlas/graphql", transport=transport) as client,
    ):
        statuses = [(await browser.get(path)).status_code for path in ("/", "/atlas/readyz", "/graphql")]
        welcome = (await browser.get("/")).text
        answers: list[Any] = await asyncio.gather(*(client.execute("{ graph { store } }") for _ in range(3)))

    assert (statuses, welcome.split()[1:]) == ([200, 200, 404], ["frameworks", "below", "/atlas"])
    assert [answer["graph"]["store"] for answer in answers] == ["sqlite"] * 3
