"""Filters on missing values: every operator of every property type, plain and negated."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from schema import ONTOLOGY, Ontology
from schema.entities import KINDS, Entity
from schema.ontology import kind
from schema.scalars import Date
from tests.facts import facts_from_lines
from tests.graphs import Graphs
from tests.queries import query

pytestmark = pytest.mark.anyio


@kind("planets")
class Planet(Entity):
    """A world."""

    moons: int | None
    found: Date | None
    nickname: str | None


WORLDS = Ontology.of(*KINDS, Planet)
LINES: list[dict[str, Any]] = [
    {"kind": "Planet", "slug": "a", "name": "A"},
    {"kind": "Planet", "slug": "b", "name": "B", "moons": 2, "found": "1781-03-13", "nickname": "Blue"},
    {"kind": "Planet", "slug": "c", "name": "C", "moons": 0, "found": "2006", "nickname": ""},
    {"kind": "Planet", "slug": "d", "name": "D", "moons": -1, "found": "1781-03", "nickname": "z\U0010ffff\U0010ffffx"},
]
CASES: dict[str, str] = {
    # a comparison with a missing value is false, so its negation is true
    '{ nickname: { eq: "" } }': "c",
    '{ nickname: { ne: "" } }': "abd",
    "{ nickname: { eq: null } }": "a",
    "{ nickname: { ne: null } }": "bcd",
    '{ nickname: { in: ["blue", ""] } }': "bc",
    "{ nickname: { in: [] } }": "",
    '{ nickname: { notIn: ["blue"] } }': "acd",
    "{ nickname: { notIn: [] } }": "abcd",
    '{ nickname: { contains: "" } }': "bcd",
    '{ nickname: { contains: "lu" } }': "b",
    '{ nickname: { startsWith: "" } }': "bcd",
    '{ nickname: { startsWith: "z" } }': "d",
    '{ nickname: { startsWith: "z\U0010ffff" } }': "d",
    '{ nickname: { startsWith: "z\U0010ffff\U0010ffff" } }': "d",
    '{ nickname: { endsWith: "" } }': "bcd",
    '{ nickname: { endsWith: "ue" } }': "b",
    '{ nickname: { endsWith: "very blue" } }': "",
    "{ moons: { eq: null } }": "a",
    "{ moons: { ne: null } }": "bcd",
    "{ moons: { eq: 0 } }": "c",
    "{ moons: { ne: 0 } }": "abd",
    "{ moons: { in: [0, 2] } }": "bc",
    "{ moons: { lt: 0 } }": "d",
    "{ moons: { lte: 0 } }": "cd",
    "{ moons: { gt: 0 } }": "b",
    "{ moons: { gte: 0 } }": "bc",
    "{ found: { eq: null } }": "a",
    "{ found: { ne: null } }": "bcd",
    '{ found: { eq: "2006" } }': "c",
    '{ found: { ne: "2006" } }': "abd",
    '{ found: { lt: "1781-03-13" } }': "d",
    '{ found: { lte: "1781-03-13" } }': "bd",
    '{ found: { gt: "1781-03" } }': "bc",
    '{ found: { gte: "1781-03" } }': "bcd",
    '{ name: { startsWith: "" } }': "abcd",
    '{ name: { endsWith: "" } }': "abcd",
    '{ name: { contains: "" } }': "abcd",
}


@pytest.mark.parametrize("prop", ["nickname", "moons", "found", "name"])
async def test_a_missing_value_matches_no_comparison(graphs: Graphs, store: str, prop: str, tmp_path: Path) -> None:
    engine = await graphs.load(store, facts_from_lines(tmp_path, LINES, WORLDS), WORLDS)
    cases = {where: slugs for where, slugs in CASES.items() if where.startswith(f"{{ {prop}:")}
    fields = (
        f"plain_{index}: planets(where: {where}) {{ nodes {{ slug }} }}"
        f" negated_{index}: planets(where: {{ not: {where} }}) {{ nodes {{ slug }} }}"
        for index, where in enumerate(cases)
    )

    result = await query(engine, f"{{ {' '.join(fields)} }}")

    slugs = {name: "".join(node["slug"] for node in planets["nodes"]) for name, planets in result.items()}
    assert {where: (slugs[f"plain_{index}"], slugs[f"negated_{index}"]) for index, where in enumerate(cases)} == {
        where: (matching, "".join(slug for slug in "abcd" if slug not in matching)) for where, matching in cases.items()
    }


async def test_names_that_continue_with_the_highest_code_points_are_found(
    graphs: Graphs, store: str, tmp_path: Path
) -> None:
    lines = [
        {"kind": "Company", "slug": "high", "name": "ab\U0010ffff\U0010ffffc"},
        {"kind": "Company", "slug": "other", "name": "ac"},
    ]
    engine = await graphs.load(store, facts_from_lines(tmp_path, lines), ONTOLOGY)

    result = await query(engine, '{ companies(where: { name: { startsWith: "ab" } }) { nodes { slug } } }')

    assert result == {"companies": {"nodes": [{"slug": "high"}]}}
