"""The generated types match the schema, and type checkers find invalid operations with them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from client.generate_types import OUTPUT, SDL, generate

ROOT = Path(__file__).parents[2]

VALID = """
from framework_atlas import AsyncClient, Client
from framework_atlas.types import Change, FrameworkFilter, FrameworkInput, FrameworkOrder, Mutation, Query, TextFilter

name: TextFilter = {"startsWith": "d", "in": ["a"]}
where: FrameworkFilter = {"name": name, "not": {"features": {"none": {"slug": {"eq": "orm"}}}}, "or": [{}]}
order: list[FrameworkOrder] = [{"usedBy": {"count": "DESC"}}, {"claim": {"confidence": "ASC"}}]
fields: FrameworkInput = {"slug": "a", "summary": None}


def query(client: Client) -> str | None:
    framework = client.execute("", {"where": where, "orderBy": order}, answer=Query)["framework"]
    return None if framework is None else framework["features"]["edges"][0]["node"]["category"]


async def subscribe(client: AsyncClient) -> str:
    payload = (await client.execute("", {"input": fields}, answer=Mutation))["upsertFramework"]
    if payload["__typename"] == "UpsertedFramework":
        return payload["version"]
    change: Change
    async for change in client.subscribe(""):
        return change["cursor"]
    return payload["message"]
"""
INVALID = [
    ('a1: FrameworkFilter = {"nmae": {"eq": "a"}}', 'Extra key "nmae" for TypedDict "FrameworkFilter"'),
    ('a2: FrameworkFilter = {"name": {"equals": "a"}}', 'TypedDict item "name" has type "TextFilter | None"'),
    ('a3: FeatureFilter = {"category": ["BIG"]}', "\"Literal['CAPABILITY'"),
    ('a4: FrameworkOrder = {"name": "ASC", "slug": "ASC"}', "FrameworkOrderByName"),
    ('a5: FrameworkInput = {"name": "a"}', 'Missing key "slug" for TypedDict "FrameworkInput"'),
    ('a6: ClaimInput = {"subject": 1}', "Missing keys"),
    ('def version(query: Query) -> int: return query["graph"]["version"]', 'got "str", expected "int"'),
]


def test_the_generated_types_are_current() -> None:
    assert OUTPUT.read_text("utf-8") == generate(SDL.read_text("utf-8")), (
        "The schema has changed; run `uv run python client/generate_types.py`"
    )


def test_the_types_change_with_the_schema() -> None:
    sdl = SDL.read_text("utf-8")
    field = '  """Starts with this text."""\n  startsWith: String\n'
    assert field in sdl

    modules = [generate(sdl.replace(field, changed)) for changed in ("", "  startsWith: [String!]!\n")]

    assert len({OUTPUT.read_text("utf-8"), *modules}) == 3


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("mypy")


def mypy(cache: Path, *arguments: str) -> str:
    """Return the output of mypy in strict mode."""
    command = [sys.executable, "-m", "mypy", "--strict", "--cache-dir", str(cache), *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False).stdout


def test_the_client_and_valid_operations_pass_the_type_checker(cache: Path, tmp_path: Path) -> None:
    (tmp_path / "valid.py").write_text(VALID, "utf-8")

    assert mypy(cache, "client", str(tmp_path)).startswith("Success")


def test_the_type_checker_finds_invalid_operations(cache: Path, tmp_path: Path) -> None:
    (tmp_path / "invalid.py").write_text(
        "from framework_atlas.types import *\n" + "\n".join(line for line, _ in INVALID), "utf-8"
    )

    errors = mypy(cache, str(tmp_path)).splitlines()

    for number, (line, message) in enumerate(INVALID, 2):
        assert any(f"invalid.py:{number}:" in error and message in error for error in errors), (line, errors)
