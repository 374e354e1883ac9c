"""Responses as CSV and JSON Lines, selected by the Accept header."""

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
from tests.apps import sqlite_client
from tests.facts import facts_from_lines
from tests.graphs import Graphs
from tests.queries import execute

FORMULAS = ["=1+1", "+1", "-1+2", "@SUM(A1)", "\tx", "＝1"]
WITH_SEMICOLON = "a;=1+1"
WITH_QUOTES_AND_LINES = 'a "quoted", name\nin two lines'


async def csv_rows(engine: Engine, text: str, variables: dict[str, Any] | None = None) -> list[list[str]]:
    """The response to a query in CSV, as a program reads it."""
    data = (await execute(engine, text, variables))["data"]
    written = tables.write_csv(data, engine.table_layout(text, None, variables)).decode()
    return list(csv.reader(io.StringIO(written, newline="")))


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("query", "expected"),
    [
        pytest.param(
            '{ framework(slug: "django") { name features(first: 2) { nodes { name } totalCount } } }',
            [["name"], ["Admin panel"], ["Asynchronous programming"]],
            id="the first list of objects",
        ),
        pytest.param(
            '{ framework(slug: "django") { name type: __typename } }',
            [["name", "type"], ["Django", "Framework"]],
            id="one entity is one row",
        ),
        pytest.param('{ framework(slug: "nothing") { name } }', [["name"]], id="null is no row, but has columns"),
        pytest.param(
            '{ frameworks(where: {name: {eq: "no such"}}) { nodes { name features { nodes { name } } } } }',
            [["name", "features.nodes.name"]],
            id="an empty list has columns",
        ),
        pytest.param(
            '{ frameworks(where: {name: {eq: "django"}}) { edges { node { name features(first: 2) { edges { node { name }'
            " claim { confidence } } } } } } }",
            [
                ["node.name", "node.features.edges.node.name", "node.features.edges.claim.confidence"],
                ["Django", "Admin panel; Asynchronous programming", "0.75; 0.5"],
            ],
            id="nested lists are joined",
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
            id="the columns of all possible kinds",
        ),
    ],
)
async def test_rows_and_columns_follow_the_selection(
    graphs: Graphs, store: str, query: str, expected: list[list[str]]
) -> None:
    assert await csv_rows(await graphs.load(store), query) == expected


@pytest.mark.anyio
@pytest.mark.parametrize(
    "query",
    [
        "{ a: frameworks { totalCount } b: companies { totalCount } }",
        "{ __typename }",
        "{ __schema { types { name } } }",
    ],
)
async def test_an_operation_without_rows_has_no_table(graphs: Graphs, query: str) -> None:
    engine = await graphs.load("sqlite")
    await execute(engine, query)

    with pytest.raises(RequestError, match="A table needs exactly one root field"):
        engine.table_layout(query, None, None)


@pytest.mark.anyio
async def test_no_cell_is_a_formula_and_every_text_is_preserved(graphs: Graphs, store: str, tmp_path: Path) -> None:
    names = [*FORMULAS, WITH_QUOTES_AND_LINES, WITH_SEMICOLON]
    lines = [
        {"kind": "Feature", "slug": f"f{number}", "name": name, "category": "QUALITY"}
        for number, name in enumerate(names)
    ]
    engine = await graphs.load(store, facts_from_lines(tmp_path, lines))

    _, *rows = await csv_rows(engine, "{ features { nodes { slug name } } }")

    cells = [row[1] for row in rows]
    nodes = (await execute(engine, "{ features { nodes { name } } }"))["data"]["features"]["nodes"]
    assert not any(cell.startswith(tuple("=+-@\t\r\n＝")) for cell in cells)
    assert [cell.removeprefix("'") for cell in cells] == [node["name"] for node in nodes]
    assert [cell.startswith("'") for cell in cells] == [True] * len(FORMULAS) + [False] * 2


def test_numbers_are_not_quoted() -> None:
    layout = tables.TableLayout(("list",), is_list=True, columns=(("count",), ("sure",), ("none",)))
    data = {"list": [{"count": -3, "sure": True, "none": None}]}

    assert tables.write_csv(data, layout) == b'"count","sure","none"\r\n-3,"true",""\r\n'


@pytest.fixture
async def client(tmp_path: Path, anyio_backend: str) -> AsyncIterator[httpx.AsyncClient]:
    async with sqlite_client(tmp_path / "atlas.db") as client:
        yield client


QUERY = "{ frameworks(first: 2) { nodes { name slug } totalCount } }"


@pytest.mark.anyio
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_the_accept_header_selects_the_format(client: httpx.AsyncClient, method: str) -> None:
    async def send(accept: str) -> httpx.Response:
        content = {"params": {"query": QUERY}} if method == "GET" else {"json": {"query": QUERY}}
        return await client.request(method, "/graphql", headers={"accept": accept}, **content)  # type: ignore[arg-type]

    as_csv, as_lines, as_json = (
        await send("text/csv"),
        await send("application/jsonl, text/csv;q=0.5"),
        await send("*/*"),
    )

    nodes = as_json.json()["data"]["frameworks"]["nodes"]
    assert list(csv.DictReader(io.StringIO(as_csv.text, newline=""))) == nodes
    assert [orjson.loads(line) for line in as_lines.text.splitlines()] == nodes
    assert [
        (response.status_code, response.headers["content-type"], response.headers["content-disposition"])
        for response in (as_csv, as_lines)
    ] == [
        (200, "text/csv; charset=utf-8", 'attachment; filename="frameworks.csv"'),
        (200, "application/jsonl; charset=utf-8", 'attachment; filename="frameworks.jsonl"'),
    ]


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("query", "status", "message"),
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
            "Only a query can be answered as a table.",
        ),
    ],
)
async def test_an_error_is_json(client: httpx.AsyncClient, query: str, status: int, message: str) -> None:
    response = await client.post("/graphql", json={"query": query}, headers={"accept": "text/csv"})

    assert (response.status_code, response.headers["content-type"]) == (status, "application/json; charset=utf-8")
    assert [error["message"] for error in json.loads(response.text)["errors"]] == [message]


@pytest.mark.anyio
async def test_text_is_quoted_so_that_no_spreadsheet_splits_it(graphs: Graphs, tmp_path: Path) -> None:
    lines = [{"kind": "Feature", "slug": "f", "name": WITH_SEMICOLON, "category": "QUALITY"}]
    engine = await graphs.load("sqlite", facts_from_lines(tmp_path, lines))
    query = "{ features { nodes { name } } }"

    data = (await execute(engine, query))["data"]

    assert tables.write_csv(data, engine.table_layout(query, None, None)) == b'"name"\r\n"a;=1+1"\r\n'


@pytest.mark.anyio
async def test_a_table_does_not_need_its_plan_in_the_cache(tmp_path: Path) -> None:
    """Other documents may evict it while its statement runs."""
    async with sqlite_client(tmp_path / "atlas.db", plan_cache=1, rate="") as client:

        async def status(number: int) -> int:
            query = f"{{ frameworks(first: {number + 1}) {{ nodes {{ name }} }} }}"
            response = await client.post("/graphql", json={"query": query}, headers={"accept": "text/csv"})
            return response.status_code

        assert await asyncio.gather(*(status(number) for number in range(8))) == [200] * 8


@pytest.mark.anyio
async def test_every_kind_can_be_a_table(graphs: Graphs, store: str) -> None:
    engine = await graphs.load(store)
    for kind in ONTOLOGY.kinds:
        query = f"{{ {kind.plural}(first: 2) {{ nodes {{ slug name }} }} }}"
        header, *rows = await csv_rows(engine, query)
        assert (header, len(rows)) == (["slug", "name"], 2)
