"""Comparisons: every cell is what the sources say, and unknown names are errors with suggestions."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import pytest

from tests.facts import facts_from_lines, shipped_facts
from tests.graphs import Graphs
from tests.queries import execute, query
from tests.statements import record_traffic

pytestmark = pytest.mark.anyio

CELLS = "{ compare(frameworks: %s) { rows { relation target { slug } cells { framework { slug } value claim { stance } } } } }"
RELATIONS = {"types": "OF_TYPE", "features": "HAS_FEATURE", "applications": "SUITS", "technologies": "WORKS_WITH"}


async def test_unknown_names_are_reported_with_the_most_similar_names(graphs: Graphs, store: str) -> None:
    engine = await graphs.load(store)

    response = await execute(engine, '{ compare(frameworks: ["Djnago", "flask", "qqqqqqqq"]) { rows { relation } } }')

    assert response == {
        "errors": [
            {
                "message": "frameworks: there is no 'djnago' (did you mean django?), no 'qqqqqqqq'.",
                "locations": [{"line": 1, "column": 11}],
                "extensions": {"code": "BAD_USER_INPUT"},
            }
        ],
        "data": None,
    }


@pytest.mark.parametrize(("slugs", "count"), [("[]", 0), (str(["x"] * 21).replace("'", '"'), 21)])
async def test_a_comparison_has_one_to_twenty_entities(graphs: Graphs, store: str, slugs: str, count: int) -> None:
    engine = await graphs.load(store)

    response = await execute(engine, f"{{ compare(frameworks: {slugs}) {{ rows {{ relation }} }} }}")

    assert response["errors"][0]["message"] == f"frameworks has {count} items; give 1 to 20."


async def test_every_cell_is_what_the_sources_say(graphs: Graphs, store: str) -> None:
    engine = await graphs.load(store)
    supports: dict[tuple[str, str, str], set[bool]] = {}
    for item in shipped_facts().evidence:
        if item.subject.kind == "Framework":
            supports.setdefault((item.subject.slug, item.relation.name, item.object.slug), set()).add(item.supports)
    slugs = sorted({slug for slug, _, _ in supports})

    data = await query(engine, CELLS % str(slugs).replace("'", '"'))

    rows = data["compare"]["rows"]
    cells = {
        (cell["framework"]["slug"], RELATIONS[row["relation"]], row["target"]["slug"]): cell
        for row in rows
        for cell in row["cells"]
    }
    stances = {frozenset({True}): "HAS", frozenset({False}): "LACKS", frozenset({True, False}): "DISPUTED"}
    pairs = {(relation, target) for _, relation, target in supports}
    expected = {
        (slug, relation, target): stances.get(frozenset(supports.get((slug, relation, target), ())), "UNKNOWN")
        for slug, (relation, target) in itertools.product(slugs, pairs)
    }
    assert {key: cell["value"] for key, cell in cells.items()} == expected
    assert all((cell["claim"] or {"stance": "UNKNOWN"})["stance"] == cell["value"] for cell in cells.values())
    assert rows == sorted(rows, key=lambda row: (list(RELATIONS).index(row["relation"]), row["target"]["slug"]))


async def test_only_differences_omits_rows_with_equal_cells(graphs: Graphs, store: str) -> None:
    engine = await graphs.load(store)
    comparison = 'compare(frameworks: ["django", "flask", "bottle"]%s) { rows { target { id } cells { value } } }'

    all_rows = (await query(engine, f"{{ {comparison % ''} }}"))["compare"]["rows"]
    differences = (await query(engine, f"{{ {comparison % ', onlyDifferences: true'} }}"))["compare"]["rows"]

    assert differences == [row for row in all_rows if len({cell["value"] for cell in row["cells"]}) > 1]
    assert 0 < len(differences) < len(all_rows)


async def test_more_root_fields_than_an_sqlite_statement_supports_are_an_input_error(graphs: Graphs) -> None:
    engine = await graphs.load("sqlite")
    field = 'compare(frameworks: ["flask"]) { rows { relation target { slug } cells { value } } }'

    response = await execute(engine, f"{{ {' '.join(f'r{number}: {field}' for number in range(90))} }}")

    assert [error["extensions"]["code"] for error in response["errors"]] == ["BAD_USER_INPUT"]
    assert "too large for one SQL statement" in response["errors"][0]["message"]


async def test_suggestions_for_any_number_of_unknown_names_take_one_statement(graphs: Graphs, store: str) -> None:
    engine = await graphs.load(store)
    text = '{ compare(frameworks: ["djnago", "flaskk", "qqqqqqqq"]) { frameworks { slug } } }'
    await execute(engine, text)

    with record_traffic(engine.store) as traffic:
        await execute(engine, text)

    assert len(traffic.statements) == 2  # the comparison, and the names of the kind


LINES_WITH_ALIASES: list[dict[str, Any]] = [
    {"kind": "Framework", "slug": "rest-kit", "name": "REST Kit", "aliases": ["RK", "Kit"]},
    {"kind": "Framework", "slug": "jam-one", "name": "Jam", "aliases": ["jam"]},
    {"kind": "Framework", "slug": "jam-two", "name": "Jäm"},
    {"kind": "Framework", "slug": "kit-two", "name": "Kit"},
    {"kind": "Framework", "slug": "plain", "name": "Rest-Kit"},
    {"kind": "Company", "slug": "c", "name": "Plain"},
]


async def test_a_name_or_alias_of_only_one_entity_is_a_reference_to_it(
    graphs: Graphs, store: str, tmp_path: Path
) -> None:
    engine = await graphs.load(store, facts_from_lines(tmp_path, LINES_WITH_ALIASES))
    names = ["Rest Kit", "rk", "REST-KIT", "plain"]

    data = await query(
        engine, "query ($names: [String!]!) { compare(frameworks: $names) { frameworks { slug } } }", {"names": names}
    )

    assert data == {"compare": {"frameworks": [{"slug": "rest-kit"}, {"slug": "plain"}]}}


async def test_a_name_of_several_entities_is_an_error_with_their_slugs(
    graphs: Graphs, store: str, tmp_path: Path
) -> None:
    engine = await graphs.load(store, facts_from_lines(tmp_path, LINES_WITH_ALIASES))

    response = await execute(engine, '{ compare(frameworks: ["JAM", "kit", "jam-one", "kitt"]) { rows { relation } } }')

    assert response["errors"][0]["message"] == (
        "frameworks: there is more than one 'jam' (did you mean jam-one, jam-two?), "
        "more than one 'kit' (did you mean kit-two, rest-kit?), no 'kitt' (did you mean kit-two?)."
    )
