"""Walking a list page by page gives every row once, in order, forwards and backwards, whatever happens meanwhile."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from graph_seed import Facts
from tests.drawn import TEXTS
from tests.graphs import Graphs, data, facts_from

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
MOST_PAGES = 60

names = st.lists(st.sampled_from([text for text in TEXTS if text.strip()]), min_size=1, max_size=9)


def _lines(frameworks: dict[str, str], features: int, salt: int) -> list[dict[str, Any]]:
    """Frameworks by slug and name; the n-th has n % 4 features and n % 3 users, from sources of different dates."""
    lines: list[dict[str, Any]] = [
        {"kind": "Source", "slug": f"s{number}", "name": f"S{number}", "published": published}
        for number, published in enumerate((None, "2023", "2024-05"))
    ]
    lines += [
        {"kind": "Feature", "slug": f"x{number}", "name": TEXTS[(number + salt) % 9], "category": "QUALITY"}
        for number in range(features)
    ]
    lines += [{"kind": "Company", "slug": f"c{number}", "name": f"C{number}"} for number in range(3)]
    for number, (slug, name) in enumerate(frameworks.items()):
        lines.append({"kind": "Framework", "slug": slug, "name": name})
        for end in range(number % 4 if features >= 4 else 0):
            lines.append(_said(f"Framework:{slug}", "HAS_FEATURE", f"Feature:x{end}", number + end))
        for end in range(number % 3):
            lines.append(_said(f"Company:c{end}", "USES", f"Framework:{slug}", number))
    return lines


def _said(subject: str, relation: str, object_: str, number: int) -> dict[str, Any]:
    return {"subject": subject, "relation": relation, "object": object_, "source": f"s{number % 3}", "note": "So."}


async def _walk(engines: Sequence[Any], body: str, *, size: int, backwards: bool) -> tuple[list[str], list[bool]]:
    """The slugs of all pages, and what each page says about there being more; engines take turns."""
    slugs: list[str] = []
    more: list[bool] = []
    cursor: str | None = None
    for number in range(MOST_PAGES):
        window = "last: $size, before: $cursor" if backwards else "first: $size, after: $cursor"
        text = body.replace("PAGE", window).replace(
            "LIST", "{ edges { cursor node { slug } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } }"
        )
        answered = await data(engines[number % len(engines)], text, {"size": size, "cursor": cursor})
        page = answered["list"]
        page = page.get("list", page)
        got = [edge["node"]["slug"] for edge in page["edges"]]
        slugs = got + slugs if backwards else slugs + got
        info = page["pageInfo"]
        if page["edges"]:
            assert (info["startCursor"], info["endCursor"]) == (page["edges"][0]["cursor"], page["edges"][-1]["cursor"])
        more.append(info["hasPreviousPage" if backwards else "hasNextPage"])
        if not more[-1] or not got:
            return slugs, more
        cursor = info["startCursor" if backwards else "endCursor"]
    raise AssertionError("the walk does not end")


@pytest.mark.anyio
@pytest.mark.parametrize("size", [1, 2, 3, 50])
async def test_every_row_is_seen_once_and_in_order(
    graphs: Graphs, store: str, tmp_path_factory: pytest.TempPathFactory, size: int
) -> None:
    frameworks = {f"f{number:02}": TEXTS[(number * 7) % 25].strip() or "x" for number in range(11)}
    engine = await graphs.hold(store, facts_from(tmp_path_factory.getbasetemp() / "pages", _lines(frameworks, 5, 1)))
    bodies = [
        f"query ($size: Int, $cursor: String) {{ list: frameworks(orderBy: {order}, PAGE) LIST }}" for order in ORDERS
    ]
    bodies += [
        f'query ($size: Int, $cursor: String) {{ list: framework(slug: "f03") {{ list: features(orderBy: {order}, PAGE) LIST }} }}'
        for order in CLAIM_ORDERS
    ]
    bodies.append(
        'query ($size: Int, $cursor: String) { list: frameworks(where: { name: { contains: "a" } }, PAGE) LIST }'
    )

    for body in bodies:
        text = body.replace("PAGE", "first: $size, after: $cursor").replace("LIST", "{ nodes { slug } }")
        whole = await data(engine, text, {"size": 1000})
        nodes = whole["list"].get("list", whole["list"])["nodes"]
        expected = [node["slug"] for node in nodes]
        pages = max(1, -(-len(expected) // size))
        for backwards in (False, True):
            slugs, more = await _walk([engine], body, size=size, backwards=backwards)
            assert (slugs, more) == (expected, [True] * (pages - 1) + [False]), (body, backwards)


class Turn:
    """An engine that holds a graph of its own just when it is asked."""

    def __init__(self, graphs: Graphs, store: str, facts: Facts) -> None:
        self._graphs, self._store, self._facts = graphs, store, facts
        self.schema = self

    async def execute(self, *args: Any, **kwargs: Any) -> Any:
        return await (await self._graphs.hold(self._store, self._facts)).schema.execute(*args, **kwargs)


async def _check_changing(graphs: Graphs, store: str, folder: Path, drawn: Any) -> None:
    stay, come, go, order, size, backwards = drawn
    kept = {f"k{number}": name for number, name in enumerate(stay)}
    before = {**kept, **{f"g{number}": name for number, name in enumerate(go)}}
    after = {**kept, **{f"n{number}": name for number, name in enumerate(come)}}
    facts = [facts_from(folder / "changing", _plain_lines(frameworks)) for frameworks in (before, after)]
    body = f"query ($size: Int, $cursor: String) {{ list: frameworks(orderBy: {order}, PAGE) LIST }}"

    slugs, _ = await _walk([Turn(graphs, store, one) for one in facts], body, size=size, backwards=backwards)

    for one in facts:
        await graphs.drop(one)
    seen = [slug for slug in slugs if slug in kept]
    assert sorted(seen) == sorted(kept)


def _plain_lines(frameworks: dict[str, str]) -> list[dict[str, Any]]:
    return [{"kind": "Framework", "slug": slug, "name": name} for slug, name in frameworks.items()]


changing = st.tuples(
    names,
    names,
    names,
    st.sampled_from(("[]", "[{ name: ASC }]", "[{ name: DESC }]", "[{ name: DESC }, { slug: DESC }]")),
    st.integers(1, 4),
    st.booleans(),
)
FREE = settings(deadline=None, suppress_health_check=list(HealthCheck), print_blob=True)


@pytest.mark.anyio
@settings(FREE, max_examples=60)
@given(drawn=changing)
async def test_rows_that_stay_are_neither_lost_nor_doubled_while_others_come_and_go(
    graphs: Graphs, tmp_path_factory: pytest.TempPathFactory, drawn: Any
) -> None:
    await _check_changing(graphs, "sqlite", tmp_path_factory.getbasetemp(), drawn)


@pytest.mark.neo4j
@pytest.mark.anyio
@settings(FREE, max_examples=3)
@given(drawn=changing)
async def test_rows_that_stay_are_neither_lost_nor_doubled_on_neo4j(
    graphs: Graphs, neo4j_instance: Any, tmp_path_factory: pytest.TempPathFactory, drawn: Any
) -> None:
    await _check_changing(graphs, "neo4j", tmp_path_factory.getbasetemp(), drawn)


@pytest.mark.anyio
async def test_a_cursor_holds_where_utf_16_and_code_points_sort_differently(
    graphs: Graphs, store: str, tmp_path: Path
) -> None:
    names = ("z", "日本", "\ufa0e", "\ue000", "\U00020000")
    engine = await graphs.hold(
        store, facts_from(tmp_path, _plain_lines({f"f{number}": name for number, name in enumerate(names)}))
    )
    body = "query ($size: Int, $cursor: String) { list: frameworks(orderBy: [{ name: ASC }], PAGE) LIST }"

    walks = [await _walk([engine], body, size=1, backwards=backwards) for backwards in (False, True)]

    assert [slugs for slugs, _ in walks] == [["f0", "f1", "f3", "f2", "f4"]] * 2
