"""The examples are real: each says what it shows, and both stores answer it, alike and with something to see."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.compare_examples import EXAMPLES, difference
from tests.graphs import Graphs, answer, data

each_example = pytest.mark.parametrize("name", EXAMPLES)


@each_example
async def test_an_example_answers_with_something_to_see(graphs: Graphs, store: str, name: str) -> None:
    engine = await graphs.hold(store)

    answered = await answer(engine, EXAMPLES[name])

    assert "errors" not in answered, answered["errors"]
    assert not list(_void(answered["data"]))


@pytest.mark.neo4j
@pytest.mark.usefixtures("neo4j_instance")
@each_example
async def test_both_stores_answer_an_example_alike(graphs: Graphs, name: str) -> None:
    sqlite = await answer(await graphs.hold("sqlite"), EXAMPLES[name])
    neo4j = await answer(await graphs.hold("neo4j"), EXAMPLES[name])

    assert difference(sqlite, neo4j) is None


@each_example
def test_an_example_begins_with_what_it_shows(name: str) -> None:
    first = EXAMPLES[name].splitlines()[0]

    assert first.startswith("# ")
    assert first.endswith((".", "?"))


def test_examples_are_numbered_from_one_without_a_gap() -> None:
    assert [name.split("-")[0] for name in EXAMPLES] == [f"{n:02}" for n in range(1, len(EXAMPLES) + 1)]


async def test_the_next_page_of_the_example_begins_where_its_first_page_ends(graphs: Graphs) -> None:
    text = EXAMPLES["05-pages-and-cursors"]

    pages = await data(await graphs.hold("sqlite"), text)

    names = [node["name"] for page in ("firstPage", "nextPage") for node in pages[page]["nodes"]]
    assert pages["firstPage"]["pageInfo"]["endCursor"] in text
    assert len(set(names)) == 6
    assert names[:2] == [node["name"] for node in pages["upToThere"]["nodes"]]


def test_a_difference_is_told_by_its_place() -> None:
    alike = {"a": [1, {"b": None}], "c": "x"}

    assert difference(alike, {"a": [1, {"b": None}], "c": "x"}) is None
    assert difference(alike, {"a": [1, {"b": 0}], "c": "x"}) == "a[1].b: None | 0"
    assert difference({"a": 1}, {"a": 1.0}) == "a: 1 | 1.0"
    assert difference(alike, {"c": "x", "a": [1, {"b": None}]}) is not None


def _void(value: Any, place: str = "data") -> Iterator[str]:
    """The places where an answer shows nothing: root fields that are null, lists of rows without a row."""
    match value:
        case dict():
            for key, item in value.items():
                if (place == "data" and item is None) or (key in {"nodes", "edges", "evidence"} and not item):
                    yield f"{place}.{key}"
                yield from _void(item, f"{place}.{key}")
        case list():
            for index, item in enumerate(value):
                yield from _void(item, f"{place}[{index}]")
        case _:
            pass
