"""Pagination: a client that reads a list page by page gets every row once and in order, in both directions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from graph_seed import Facts
from service.execution.engine import Engine
from tests.facts import facts_from_lines
from tests.graphs import Graphs
from tests.queries import query
from tests.texts import SHORT_TEXTS

ORDERS = (
    "[]",
    "[{ name: ASC }]",
    "[{ name: DESC }, { slug: DESC }]",
    "[{ usedBy: { count: DESC } }, { name: ASC }]",
    "[{ features: { count: ASC } }, { usedBy: { count: DESC } }]",
)
CLAIM_ORDERS = (
    "[{ claim: { firstSeen: ASC } }]",
    "[{ claim: { lastSeen: DESC } }, { name: DESC }]",
    "[{ claim: { confidence: DESC } }, { frameworks: { count: ASC } }]",
)
VARIABLES = "query ($size: Int, $cursor: String)"
PAGE_FIELDS = "{ edges { cursor node { slug } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } }"
MAX_PAGES = 60
MAX_SIZE = 1000


def list_query(list_: str) -> str:
    """A query for a list, whose arguments contain PAGE and whose selection is LIST."""
    return f"{VARIABLES} {{ list: {list_} }}"


def framework_lines(names: dict[str, str]) -> list[dict[str, Any]]:
    return [{"kind": "Framework", "slug": slug, "name": name} for slug, name in names.items()]


def related_lines(names: dict[str, str], features: int, salt: int) -> list[dict[str, Any]]:
    """Frameworks by slug and name; the n-th has n % 4 features and n % 3 users, from sources with different dates."""
    lines: list[dict[str, Any]] = [
        {"kind": "Source", "slug": f"s{number}", "name": f"S{number}", "published": published}
        for number, published in enumerate((None, "2023", "2024-05"))
    ]
    lines += [
        {"kind": "Feature", "slug": f"x{number}", "name": SHORT_TEXTS[(number + salt) % 9], "category": "QUALITY"}
        for number in range(features)
    ]
    lines += [{"kind": "Company", "slug": f"c{number}", "name": f"C{number}"} for number in range(3)]
    for number, (slug, name) in enumerate(names.items()):
        lines.append({"kind": "Framework", "slug": slug, "name": name})
        for feature in range(number % 4 if features >= 4 else 0):
            lines.append(_evidence(f"Framework:{slug}", "HAS_FEATURE", f"Feature:x{feature}", number + feature))
        for company in range(number % 3):
            lines.append(_evidence(f"Company:c{company}", "USES", f"Framework:{slug}", number))
    return lines


def _evidence(subject: str, relation: str, object_: str, number: int) -> dict[str, Any]:
    return {"subject": subject, "relation": relation, "object": object_, "source": f"s{number % 3}", "note": "So."}


async def read_pages(
    engines: Sequence[Any], document: str, *, size: int, backwards: bool
) -> tuple[list[str], list[bool]]:
    """The slugs of all pages, and of each page whether it says that there are more. The engines take turns."""
    slugs: list[str] = []
    has_more: list[bool] = []
    cursor: str | None = None
    page_arguments = "last: $size, before: $cursor" if backwards else "first: $size, after: $cursor"
    text = document.replace("PAGE", page_arguments).replace("LIST", PAGE_FIELDS)
    for number in range(MAX_PAGES):
        data = await query(engines[number % len(engines)], text, {"size": size, "cursor": cursor})
        page = data["list"].get("list", data["list"])
        page_slugs = [edge["node"]["slug"] for edge in page["edges"]]
        slugs = page_slugs + slugs if backwards else slugs + page_slugs
        info = page["pageInfo"]
        if page["edges"]:
            assert (info["startCursor"], info["endCursor"]) == (page["edges"][0]["cursor"], page["edges"][-1]["cursor"])
        has_more.append(info["hasPreviousPage" if backwards else "hasNextPage"])
        if not has_more[-1] or not page_slugs:
            return slugs, has_more
        cursor = info["startCursor" if backwards else "endCursor"]
    raise AssertionError("the list does not end")


@pytest.mark.anyio
@pytest.mark.parametrize("size", [1, 2, 3, 50])
async def test_pages_contain_every_row_once_and_in_order(
    graphs: Graphs, store: str, tmp_path_factory: pytest.TempPathFactory, size: int
) -> None:
    names = {f"f{number:02}": SHORT_TEXTS[(number * 7) % 25].strip() or "x" for number in range(11)}
    facts = facts_from_lines(tmp_path_factory.getbasetemp() / "pages", related_lines(names, 5, 1))
    engine = await graphs.load(store, facts)
    documents = [
        *(list_query(f"frameworks(orderBy: {order}, PAGE) LIST") for order in ORDERS),
        *(
            list_query(f'framework(slug: "f03") {{ list: features(orderBy: {order}, PAGE) LIST }}')
            for order in CLAIM_ORDERS
        ),
        list_query('frameworks(where: { name: { contains: "a" } }, PAGE) LIST'),
    ]

    for document in documents:
        text = document.replace("PAGE", "first: $size, after: $cursor").replace("LIST", "{ nodes { slug } }")
        data = await query(engine, text, {"size": MAX_SIZE})
        expected = [node["slug"] for node in data["list"].get("list", data["list"])["nodes"]]
        pages = max(1, -(-len(expected) // size))
        for backwards in (False, True):
            slugs, has_more = await read_pages([engine], document, size=size, backwards=backwards)
            assert (slugs, has_more) == (expected, [True] * (pages - 1) + [False]), (document, backwards)


@pytest.mark.anyio
async def test_a_cursor_is_valid_where_utf_16_and_code_points_have_different_orders(
    graphs: Graphs, store: str, tmp_path: Path
) -> None:
    names = ("z", "日本", "\ufa0e", "\ue000", "\U00020000")
    lines = framework_lines({f"f{number}": name for number, name in enumerate(names)})
    engine = await graphs.load(store, facts_from_lines(tmp_path, lines))
    document = list_query("frameworks(orderBy: [{ name: ASC }], PAGE) LIST")

    results = [await read_pages([engine], document, size=1, backwards=backwards) for backwards in (False, True)]

    assert [slugs for slugs, _ in results] == [["f0", "f1", "f3", "f2", "f4"]] * 2


# Changes between two pages


class ReloadingEngine:
    """An engine that loads its graph before each operation, so that several of them can alternate on one store."""

    def __init__(self, graphs: Graphs, store: str, facts: Facts) -> None:
        self._graphs, self._store, self._facts = graphs, store, facts
        self.schema = self

    async def execute(self, *args: Any, **kwargs: Any) -> Any:
        engine: Engine = await self._graphs.load(self._store, self._facts)
        return await engine.schema.execute(*args, **kwargs)


@dataclass(frozen=True)
class Scenario:
    """The names of frameworks that stay, that are added and that are deleted between pages; and how pages are read."""

    unchanged: list[str]
    added: list[str]
    deleted: list[str]
    order: str
    size: int
    backwards: bool


names = st.lists(st.sampled_from([text for text in SHORT_TEXTS if text.strip()]), min_size=1, max_size=9)
scenarios = st.builds(
    Scenario,
    unchanged=names,
    added=names,
    deleted=names,
    order=st.sampled_from(("[]", "[{ name: ASC }]", "[{ name: DESC }]", "[{ name: DESC }, { slug: DESC }]")),
    size=st.integers(1, 4),
    backwards=st.booleans(),
)


async def check_changing_list(graphs: Graphs, store: str, folder: Path, scenario: Scenario) -> None:
    unchanged = {f"k{number}": name for number, name in enumerate(scenario.unchanged)}
    before = {**unchanged, **{f"g{number}": name for number, name in enumerate(scenario.deleted)}}
    after = {**unchanged, **{f"n{number}": name for number, name in enumerate(scenario.added)}}
    states = [facts_from_lines(folder / "changing", framework_lines(names)) for names in (before, after)]
    engines = [ReloadingEngine(graphs, store, facts) for facts in states]
    document = list_query(f"frameworks(orderBy: {scenario.order}, PAGE) LIST")

    slugs, _ = await read_pages(engines, document, size=scenario.size, backwards=scenario.backwards)

    for facts in states:
        await graphs.close_sqlite(facts)
    assert sorted(slug for slug in slugs if slug in unchanged) == sorted(unchanged)


NO_DEADLINE = settings(deadline=None, suppress_health_check=list(HealthCheck), print_blob=True)


@pytest.mark.anyio
@settings(NO_DEADLINE, max_examples=60)
@given(scenario=scenarios)
async def test_unchanged_rows_appear_once_while_others_are_added_and_deleted(
    graphs: Graphs, tmp_path_factory: pytest.TempPathFactory, scenario: Scenario
) -> None:
    await check_changing_list(graphs, "sqlite", tmp_path_factory.getbasetemp(), scenario)


@pytest.mark.neo4j
@pytest.mark.anyio
@settings(NO_DEADLINE, max_examples=3)
@given(scenario=scenarios)
async def test_unchanged_rows_appear_once_on_neo4j(
    graphs: Graphs, neo4j_instance: Any, tmp_path_factory: pytest.TempPathFactory, scenario: Scenario
) -> None:
    await check_changing_list(graphs, "neo4j", tmp_path_factory.getbasetemp(), scenario)
