"""The types are those of the schema, and a type checker finds with them what the service would refuse."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from client.generate_types import SDL, WRITTEN, generate

ROOT = Path(__file__).parents[2]

RIGHT = """
from framework_atlas import AsyncClient, Client
from framework_atlas.types import Change, FrameworkFilter, FrameworkInput, FrameworkOrder, Mutation, Query, TextFilter

name: TextFilter = {"startsWith": "d", "in": ["a"]}
where: FrameworkFilter = {"name": name, "not": {"features": {"none": {"slug": {"eq": "orm"}}}}, "or": [{}]}
order: list[FrameworkOrder] = [{"usedBy": {"count": "DESC"}}, {"claim": {"confidence": "ASC"}}]
given: FrameworkInput = {"slug": "a", "summary": None}


def ask(client: Client) -> str | None:
    found = client.execute("", {"where": where, "orderBy": order}, answer=Query)["framework"]
    return None if found is None else found["features"]["edges"][0]["node"]["category"]


async def listen(client: AsyncClient) -> str:
    written = (await client.execute("", {"input": given}, answer=Mutation))["upsertFramework"]
    if written["__typename"] == "UpsertedFramework":
        return written["version"]
    change: Change
    async for change in client.subscribe(""):
        return change["cursor"]
    return written["message"]
"""
WRONG = [
    ('a1: FrameworkFilter = {"nmae": {"eq": "a"}}', 'Extra key "nmae" for TypedDict "FrameworkFilter"'),
    ('a2: FrameworkFilter = {"name": {"equals": "a"}}', 'TypedDict item "name" has type "TextFilter | None"'),
    ('a3: FeatureFilter = {"category": ["BIG"]}', "\"Literal['CAPABILITY'"),
    ('a4: FrameworkOrder = {"name": "ASC", "slug": "ASC"}', "FrameworkOrderByName"),
    ('a5: FrameworkInput = {"name": "a"}', 'Missing key "slug" for TypedDict "FrameworkInput"'),
    ('a6: ClaimInput = {"subject": 1}', "Missing keys"),
    ('def told(query: Query) -> int: return query["graph"]["version"]', 'got "str", expected "int"'),
]


def test_the_types_are_those_of_the_schema() -> None:
    assert WRITTEN.read_text("utf-8") == generate(SDL.read_text("utf-8")), (
        "The schema has changed: write the client's types anew with `uv run python client/generate_types.py`"
    )


def test_the_types_change_with_the_schema() -> None:
    sdl = SDL.read_text("utf-8")
    field = '  """Starts with this text."""\n  startsWith: String\n'
    assert field in sdl

    modules = [generate(sdl.replace(field, changed)) for changed in ("", "  startsWith: [String!]!\n")]

    assert len({WRITTEN.read_text("utf-8"), *modules}) == 3


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("mypy")


def mypy(cache: Path, *arguments: str) -> str:
    """What mypy says of them, strictly."""
    asked = [sys.executable, "-m", "mypy", "--strict", "--cache-dir", str(cache), *arguments]
    return subprocess.run(asked, cwd=ROOT, capture_output=True, text=True, check=False).stdout


def test_the_client_and_who_uses_it_rightly_are_well_typed(cache: Path, tmp_path: Path) -> None:
    (tmp_path / "right.py").write_text(RIGHT, "utf-8")

    assert mypy(cache, "client", str(tmp_path)).startswith("Success")


def test_what_is_wrong_is_found_by_the_type_checker(cache: Path, tmp_path: Path) -> None:
    (tmp_path / "wrong.py").write_text(
        "from framework_atlas.types import *\n" + "\n".join(line for line, _ in WRONG), "utf-8"
    )

    told = mypy(cache, str(tmp_path)).splitlines()

    for number, (line, fault) in enumerate(WRONG, 2):
        assert any(f"wrong.py:{number}:" in one and fault in one for one in told), (line, told)
