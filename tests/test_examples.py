"""Every example starts with a comment, and both stores return the same non-empty result for it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.compare_examples import EXAMPLES
from tests.differences import difference
from tests.graphs import Graphs
from tests.queries import execute, query

each_example = pytest.mark.parametrize("name", EXAMPLES)


@each_example
async def test_an_example_returns_a_non_empty_result(graphs: Graphs, store: str, name: str) -> None:
    engine = await graphs.load(store)

    result = await execute(engine, EXAMPLES[name])

    assert "errors" not in result, result["errors"]
    assert not list(_empty_locations(result["data"]))


@pytest.mark.neo4j
@pytest.mark.usefixtures("neo4j_instance")
@each_example
async def test_both_stores_return_the_same_result_for_an_example(graphs: Graphs, name: str) -> None:
    sqlite = await execute(await graphs.load("sqlite"), EXAMPLES[name])
    neo4j = await execute(await graphs.load("neo4j"), EXAMPLES[name])

    assert difference(sqlite, neo4j) is None


@each_example
def test_an_example_starts_with_a_sentence_in_a_comment(name: str) -> None:
    first_line = EXAMPLES[name].splitlines()[0]

    assert first_line.startswith("# ")
    assert first_line.endswith((".", "?"))


def test_the_numbers_of_the_examples_have_no_gaps() -> None:
    assert [name.split("-")[0] for name in EXAMPLES] == [f"{n:02}" for n in range(1, len(EXAMPLES) + 1)]


async def test_the_second_page_of_the_pagination_example_follows_its_first_page(graphs: Graphs) -> None:
    text = EXAMPLES["05-pages-and-cursors"]

    pages = await query(await graphs.load("sqlite"), text)

    names = [node["name"] for page in ("firstPage", "nextPage") for node in pages[page]["nodes"]]
    assert pages["firstPage"]["pageInfo"]["endCursor"] in text
    assert len(set(names)) == 6
    assert names[:2] == [node["name"] for node in pages["previousItems"]["nodes"]]


def test_a_difference_has_its_location() -> None:
    result = {"a": [1, {"b": None}], "c": "x"}

    assert difference(result, {"a": [1, {"b": None}], "c": "x"}) is None
    assert difference(result, {"a": [1, {"b": 0}], "c": "x"}) == "a[1].b: None instead of 0"
    assert difference({"a": 1}, {"a": 1.0}) == "a: 1 instead of 1.0"
    assert difference(result, {"c": "x", "a": [1, {"b": None}]}) is not None


def _empty_locations(value: Any, location: str = "data") -> Iterator[str]:
    """The locations of root fields that are null and of lists that are empty."""
    match value:
        case dict():
            for key, item in value.items():
                if (location == "data" and item is None) or (key in {"nodes", "edges", "evidence"} and not item):
                    yield f"{location}.{key}"
                yield from _empty_locations(item, f"{location}.{key}")
        case list():
            for index, item in enumerate(value):
                yield from _empty_locations(item, f"{location}[{index}]")
        case _:
            pass
