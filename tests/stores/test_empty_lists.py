"""Connections without rows: every part of a connection has its value, alone and with the others."""

from __future__ import annotations

import itertools

import pytest

from tests.graphs import Graphs
from tests.queries import query

pytestmark = pytest.mark.anyio

EMPTY = {
    "totalCount": 0,
    "nodes": [],
    "edges": [],
    "hasNextPage": False,
    "hasPreviousPage": False,
    "startCursor": None,
    "endCursor": None,
}
"""The value of each part if the list has no rows and the page no cursor."""
PAGE_INFO = ("hasNextPage", "hasPreviousPage", "startCursor", "endCursor")
SELECTIONS = [
    *itertools.combinations(EMPTY, 1),
    *itertools.combinations(EMPTY, 2),
    ("totalCount", "hasPreviousPage", "hasNextPage"),
    tuple(EMPTY),
]
NO_MATCH = 'where: { slug: { eq: "no-such-slug" } }'
ROOTS = {
    "frameworks": f"frameworks({NO_MATCH}, %s)",
    "claims": "claims(where: { relation: [] }, %s)",
}


def _selection(parts: tuple[str, ...]) -> str:
    rows = {"nodes": "nodes { id }", "edges": "edges { cursor }", "totalCount": "totalCount"}
    page_info = [part for part in parts if part in PAGE_INFO]
    texts = [rows[part] for part in parts if part in rows]
    return " ".join([*texts, *([f"pageInfo {{ {' '.join(page_info)} }}"] if page_info else [])])


def _expected(parts: tuple[str, ...]) -> dict[str, object]:
    values = {part: EMPTY[part] for part in parts if part not in PAGE_INFO}
    page_info = {part: EMPTY[part] for part in parts if part in PAGE_INFO}
    return {**values, **({"pageInfo": page_info} if page_info else {})}


@pytest.mark.parametrize("page", ["first: 2", "last: 2", "first: 0", "last: 0"])
@pytest.mark.parametrize("root", ROOTS)
async def test_every_part_of_an_empty_root_list_has_a_value(graphs: Graphs, store: str, root: str, page: str) -> None:
    engine = await graphs.load(store)
    field = ROOTS[root] % page
    fields = [f"s{index}: {field} {{ {_selection(parts)} }}" for index, parts in enumerate(SELECTIONS)]

    result = await query(engine, f"{{ {' '.join(fields)} }}")

    assert result == {f"s{index}": _expected(parts) for index, parts in enumerate(SELECTIONS)}


@pytest.mark.parametrize("page", ["first: 2", "last: 2"])
async def test_every_part_of_an_empty_relation_has_a_value(graphs: Graphs, store: str, page: str) -> None:
    engine = await graphs.load(store)
    fields = [f"s{index}: extends({page}) {{ {_selection(parts)} }}" for index, parts in enumerate(SELECTIONS)]

    selected = " ".join(fields)
    result = await query(engine, f'{{ framework(slug: "django") {{ slug {selected} }} }}')

    expected = {f"s{index}": _expected(parts) for index, parts in enumerate(SELECTIONS)}
    assert result == {"framework": {"slug": "django", **expected}}


async def test_a_page_size_of_zero_keeps_the_count_and_says_that_there_is_more(graphs: Graphs, store: str) -> None:
    engine = await graphs.load(store)

    result = await query(
        engine,
        "{ first: frameworks(first: 0) { totalCount pageInfo { hasNextPage hasPreviousPage endCursor } }"
        " last: frameworks(last: 0) { pageInfo { hasPreviousPage } totalCount } }",
    )

    assert result == {
        "first": {
            "totalCount": 13,
            "pageInfo": {"hasNextPage": True, "hasPreviousPage": False, "endCursor": None},
        },
        "last": {"pageInfo": {"hasPreviousPage": True}, "totalCount": 13},
    }


async def test_a_page_after_the_last_row_has_a_previous_one(graphs: Graphs, store: str) -> None:
    engine = await graphs.load(store)
    last = await query(engine, "{ frameworks(last: 1) { pageInfo { endCursor } } }")
    cursor = last["frameworks"]["pageInfo"]["endCursor"]

    result = await query(
        engine,
        "query ($c: String) { frameworks(after: $c) { totalCount pageInfo { hasPreviousPage } } }",
        {"c": cursor},
    )

    assert result == {"frameworks": {"totalCount": 13, "pageInfo": {"hasPreviousPage": True}}}


async def test_a_search_for_punctuation_finds_nothing(graphs: Graphs, store: str) -> None:
    engine = await graphs.load(store)

    result = await query(engine, '{ search(text: "?!") { totalCount pageInfo { hasPreviousPage } } }')

    assert result == {"search": {"totalCount": 0, "pageInfo": {"hasPreviousPage": False}}}


async def test_the_end_of_the_log_has_no_further_page(graphs: Graphs, store: str) -> None:
    engine = await graphs.load(store)
    version = (await query(engine, "{ graph { version } }"))["graph"]["version"]

    result = await query(
        engine, "query ($v: String) { changes(after: $v) { pageInfo { hasNextPage } } }", {"v": version}
    )

    assert result == {"changes": {"pageInfo": {"hasNextPage": False}}}
