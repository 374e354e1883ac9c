"""Answers as CSV and JSON Lines: by the Accept header, whatever the store."""

from __future__ import annotations

import asyncio
import csv
import io
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest

from schema import ONTOLOGY
from service.compiler import RequestError
from service.execution import tables
from service.execution.engine import Engine
from tests.apps import fresh
from tests.graphs import Graphs, answer, facts_from

FORMULAS = ["=1+1", "+1", "-1+2", "@SUM(A1)", "\tx", "＝1"]
SEMICOLON = "a;=1+1"
NASTY = 'a "quoted", name\nin two lines'


async def table(engine: Engine, text: str, variables: dict[str, Any] | None = None) -> list[list[str]]:
    """The answer to a query as a reader of CSV gets it."""
    data = (await answer(engine, text, variables))["data"]
    written = tables.write_csv(data, engine.table_layout(text, None, variables)).decode()
    return list(csv.reader(io.StringIO(written, newline="")))


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        pytest.param(
            '{ framework(slug: "django") { name features(first: 2) { nodes { name } totalCount } } }',
            [["name"], ["Admin panel"], ["Asynchronous programming"]],
            id="the first list of objects, below what is around it",
        ),
        pytest.param(
            '{ framework(slug: "django") { name type: __typename } }',
            [["name", "type"], ["Django", "Framework"]],
            id="one thing is one row",
        ),
        pytest.param(
            '{ framework(slug: "nothing") { name } }', [["name"]], id="nothing is no row, but has its columns"
        ),
        pytest.param(
            '{ frameworks(where: {name: {eq: "no such"}}) { nodes { name features { nodes { name } } } } }',
            [["name", "features.nodes.name"]],
            id="an empty list has its columns",
        ),
        pytest.param(
            '{ frameworks(where: {name: {eq: "django"}}) { edges { node { name features(first: 2) { edges { node { name }'
            " claim { confidence } } } } } } }",
            [
                ["node.name", "node.features.edges.node.name", "node.features.edges.claim.confidence"],
                ["Django", "Admin panel; Asynchronous programming", "0.75; 0.5"],
            ],
            id="lists below a row are joined",
        ),
        pytest.param(
            'query ($all: Boolean = false) { them: frameworks(where: {name: {eq: "django"}})'
            " { nodes { ...named slug @include(if: $all) } } } fragment named on Framework { called: name }",
            [["called"], ["Django"]],
            id="aliases, fragments and directives",
        ),
        pytest.param(
            '{ nodes(ids: ["RnJhbWV3b3JrOmRqYW5nbw==", "x"]) { __typename ... on Framework { name } ... on Company { name'
            " industry: slug } } }",
            [["__typename", "name", "industry"], ["Framework", "Django", ""], ["", "", ""]],
            id="the columns of all kinds that may be there",
        ),
    ],
)
async def test_rows_and_columns(graphs: Graphs, store: str, asked: str, expected: list[list[str]]) -> None:
    assert await table(await graphs.hold(store), asked) == expected


@pytest.mark.anyio
@pytest.mark.parametrize(
    "asked",
    [
        "{ a: frameworks { totalCount } b: companies { totalCount } }",
        "{ __typename }",
        "{ __schema { types { name } } }",
    ],
)
async def test_what_has_no_rows_says_so(graphs: Graphs, asked: str) -> None:
    engine = await graphs.hold("sqlite")
    await answer(engine, asked)

    with pytest.raises(RequestError, match="A table needs exactly one root field"):
        engine.table_layout(asked, None, None)


@pytest.mark.anyio
async def test_no_cell_is_a_formula_and_every_text_comes_back(graphs: Graphs, store: str, tmp_path: Path) -> None:
    names = [*FORMULAS, NASTY, SEMICOLON]
    lines = [
        {"kind": "Feature", "slug": f"f{number}", "name": name, "category": "QUALITY"}
        for number, name in enumerate(names)
    ]
    engine = await graphs.hold(store, facts_from(tmp_path, lines))

    _, *rows = await table(engine, "{ features { nodes { slug name } } }")

    held = [row[1] for row in rows]
    kept = (await answer(engine, "{ features { nodes { name } } }"))["data"]["features"]["nodes"]
    assert not any(cell.startswith(tuple("=+-@\t\r\n＝")) for cell in held)
    assert [cell.removeprefix("'") for cell in held] == [one["name"] for one in kept]
    assert [cell.startswith("'") for cell in held] == [True] * len(FORMULAS) + [False] * 2


def test_numbers_stay_numbers() -> None:
    rows = tables.TableLayout(("list",), listed=True, columns=(("count",), ("sure",), ("none",)))
    data = {"list": [{"count": -3, "sure": True, "none": None}]}

    assert tables.write_csv(data, rows) == b'"count","sure","none"\r\n-3,"true",""\r\n'


@pytest.fixture
async def client(tmp_path: Path, anyio_backend: str) -> AsyncIterator[httpx.AsyncClient]:
    async with fresh(tmp_path / "atlas.db") as made:
        yield made


QUERY = "{ frameworks(first: 2) { nodes { name slug } totalCount } }"


@pytest.mark.anyio
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_accept_chooses_the_format(client: httpx.AsyncClient, method: str) -> None:
    async def ask(accept: str) -> httpx.Response:
        given = {"params": {"query": QUERY}} if method == "GET" else {"json": {"query": QUERY}}
        return await client.request(method, "/graphql", headers={"accept": accept}, **given)  # type: ignore[arg-type]

    as_csv, as_lines, as_json = await ask("text/csv"), await ask("application/jsonl, text/csv;q=0.5"), await ask("*/*")

    nodes = as_json.json()["data"]["frameworks"]["nodes"]
    assert list(csv.DictReader(io.StringIO(as_csv.text, newline=""))) == nodes
    assert [orjson.loads(line) for line in as_lines.text.splitlines()] == nodes
    shown = [
        (one.status_code, one.headers["content-type"], one.headers["content-disposition"]) for one in (as_csv, as_lines)
    ]
    assert shown == [
        (200, "text/csv; charset=utf-8", 'attachment; filename="frameworks.csv"'),
        (200, "application/jsonl; charset=utf-8", 'attachment; filename="frameworks.jsonl"'),
    ]


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("query", "status", "told"),
    [
        ("{ frameworks { nodes { nam } } }", 400, "Cannot query field 'nam' on type 'Framework'. Did you mean 'name'?"),
        ("{ frameworks(first: -1) { totalCount } }", 400, "first is -1; it must not be negative."),
        ("{ a: __typename }", 400, "A table needs exactly one root field that returns data; this operation has none."),
        (
            "{ a: frameworks { totalCount } b: frameworks { totalCount } }",
            400,
            "A table needs exactly one root field that returns data; this operation has a, b.",
        ),
        (
            'mutation { retract(input: {subject: "x", relation: "x", object: "x", source: "x"}) { __typename } }',
            400,
            "Only the answer to a query can be a table.",
        ),
    ],
)
async def test_what_is_no_table_is_refused_as_json(
    client: httpx.AsyncClient, query: str, status: int, told: str
) -> None:
    refused = await client.post("/graphql", json={"query": query}, headers={"accept": "text/csv"})

    assert (refused.status_code, refused.headers["content-type"]) == (status, "application/json; charset=utf-8")
    assert [error["message"] for error in json.loads(refused.text)["errors"]] == [told]


@pytest.mark.anyio
async def test_a_text_is_never_cut_whatever_a_spreadsheet_cuts_at(graphs: Graphs, tmp_path: Path) -> None:
    lines = [{"kind": "Feature", "slug": "f", "name": SEMICOLON, "category": "QUALITY"}]
    engine = await graphs.hold("sqlite", facts_from(tmp_path, lines))
    asked = "{ features { nodes { name } } }"

    data = (await answer(engine, asked))["data"]

    assert tables.write_csv(data, engine.table_layout(asked, None, None)) == b'"name"\r\n"a;=1+1"\r\n'


@pytest.mark.anyio
async def test_a_table_needs_no_plan_that_is_kept(tmp_path: Path) -> None:
    """Other documents may push its own out while its statement runs."""
    async with fresh(tmp_path / "atlas.db", plan_cache=1, rate="") as asking:

        async def ask(number: int) -> int:
            query = f"{{ frameworks(first: {number + 1}) {{ nodes {{ name }} }} }}"
            return (await asking.post("/graphql", json={"query": query}, headers={"accept": "text/csv"})).status_code

        assert await asyncio.gather(*(ask(number) for number in range(8))) == [200] * 8


@pytest.mark.anyio
async def test_every_kind_is_a_table(graphs: Graphs, store: str) -> None:
    engine = await graphs.hold(store)
    for kind in ONTOLOGY.kinds:
        asked = f"{{ {kind.plural}(first: 2) {{ nodes {{ slug name }} }} }}"
        header, *rows = await table(engine, asked)
        assert (header, len(rows)) == (["slug", "name"], 2)
