"""Side by side: what no source says is UNKNOWN, and a name that is not there is told with the nearest that are."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import pytest

from tests.graphs import Graphs, answer, data, facts_from, shipped
from tests.statements import seen

pytestmark = pytest.mark.anyio

CELLS = "{ compare(frameworks: %s) { rows { relation target { slug } cells { framework { slug } value claim { stance } } } } }"
RELATIONS = {"types": "OF_TYPE", "features": "HAS_FEATURE", "applications": "SUITS", "technologies": "WORKS_WITH"}


async def test_unknown_names_are_told_with_the_nearest_that_are_there(graphs: Graphs, store: str) -> None:
    engine = await graphs.hold(store)

    answered = await answer(engine, '{ compare(frameworks: ["Djnago", "flask", "qqqqqqqq"]) { rows { relation } } }')

    assert answered == {
        "errors": [
            {
                "message": "frameworks: there is no 'djnago' (did you mean django?), no 'qqqqqqqq'.",
                "locations": [{"line": 1, "column": 11}],
                "path": ["compare"],
                "extensions": {"code": "BAD_USER_INPUT"},
            }
        ],
        "data": None,
    }


@pytest.mark.parametrize(("slugs", "count"), [("[]", 0), (str(["x"] * 21).replace("'", '"'), 21)])
async def test_too_few_and_too_many_are_refused(graphs: Graphs, store: str, slugs: str, count: int) -> None:
    engine = await graphs.hold(store)

    answered = await answer(engine, f"{{ compare(frameworks: {slugs}) {{ rows {{ relation }} }} }}")

    assert answered["errors"][0]["message"] == f"frameworks has {count} items; give 1 to 20."


async def test_every_cell_is_what_the_sources_say_and_nothing_else(graphs: Graphs, store: str) -> None:
    engine = await graphs.hold(store)
    said: dict[tuple[str, str, str], set[bool]] = {}
    for item in shipped().evidence:
        if item.subject.kind == "Framework":
            said.setdefault((item.subject.slug, item.relation.name, item.object.slug), set()).add(item.supports)
    slugs = sorted({slug for slug, _, _ in said})

    answered = await data(engine, CELLS % str(slugs).replace("'", '"'))

    rows = answered["compare"]["rows"]
    found = {
        (cell["framework"]["slug"], RELATIONS[row["relation"]], row["target"]["slug"]): cell
        for row in rows
        for cell in row["cells"]
    }
    values = {frozenset({True}): "HAS", frozenset({False}): "LACKS", frozenset({True, False}): "DISPUTED"}
    pairs = {(relation, target) for _, relation, target in said}
    expected = {
        (slug, relation, target): values.get(frozenset(said.get((slug, relation, target), ())), "UNKNOWN")
        for slug, (relation, target) in itertools.product(slugs, pairs)
    }
    assert {name: cell["value"] for name, cell in found.items()} == expected
    assert all((cell["claim"] or {"stance": "UNKNOWN"})["stance"] == cell["value"] for cell in found.values())
    assert rows == sorted(rows, key=lambda row: (list(RELATIONS).index(row["relation"]), row["target"]["slug"]))


async def test_only_differences_leaves_out_what_is_the_same_for_all(graphs: Graphs, store: str) -> None:
    engine = await graphs.hold(store)
    asked = '(frameworks: ["django", "flask", "bottle"]%s) { rows { target { id } cells { value } } }'

    whole = await data(engine, f"{{ compare{asked % ''} }}")
    differing = await data(engine, f"{{ compare{asked % ', onlyDifferences: true'} }}")

    unequal = [row for row in whole["compare"]["rows"] if len({cell["value"] for cell in row["cells"]}) > 1]
    assert differing["compare"]["rows"] == unequal
    assert 0 < len(unequal) < len(whole["compare"]["rows"])


async def test_more_answers_than_a_statement_holds_are_refused_in_a_sentence(graphs: Graphs) -> None:
    engine = await graphs.hold("sqlite")
    one = 'compare(frameworks: ["flask"]) { rows { relation target { slug } cells { value } } }'

    answered = await answer(engine, f"{{ {' '.join(f'r{number}: {one}' for number in range(90))} }}")

    assert [error["extensions"]["code"] for error in answered["errors"]] == ["BAD_USER_INPUT"]
    assert "too many answers at once" in answered["errors"][0]["message"]


async def test_the_names_of_a_kind_are_read_once_however_many_are_unknown(graphs: Graphs, store: str) -> None:
    engine = await graphs.hold(store)
    asked = '{ compare(frameworks: ["djnago", "flaskk", "qqqqqqqq"]) { frameworks { slug } } }'
    await answer(engine, asked)

    with seen(engine.store) as traffic:
        await answer(engine, asked)

    assert len(traffic.statements) == 2


NAMED: list[dict[str, Any]] = [
    {"kind": "Framework", "slug": "rest-kit", "name": "REST Kit", "aliases": ["RK", "Kit"]},
    {"kind": "Framework", "slug": "jam-one", "name": "Jam", "aliases": ["jam"]},
    {"kind": "Framework", "slug": "jam-two", "name": "Jäm"},
    {"kind": "Framework", "slug": "kit-two", "name": "Kit"},
    {"kind": "Framework", "slug": "plain", "name": "Rest-Kit"},
    {"kind": "Company", "slug": "c", "name": "Plain"},
]


async def test_a_name_is_understood_where_only_one_has_it(graphs: Graphs, store: str, tmp_path: Path) -> None:
    engine = await graphs.hold(store, facts_from(tmp_path, NAMED))
    names = ["Rest Kit", "rk", "REST-KIT", "plain"]

    compared = await data(
        engine, "query ($names: [String!]!) { compare(frameworks: $names) { frameworks { slug } } }", {"names": names}
    )

    assert compared == {"compare": {"frameworks": [{"slug": "rest-kit"}, {"slug": "plain"}]}}


async def test_a_name_that_several_have_is_refused_with_their_slugs(graphs: Graphs, store: str, tmp_path: Path) -> None:
    engine = await graphs.hold(store, facts_from(tmp_path, NAMED))

    answered = await answer(engine, '{ compare(frameworks: ["JAM", "kit", "jam-one", "kitt"]) { rows { relation } } }')

    assert answered["errors"][0]["message"] == (
        "frameworks: there is more than one 'jam' (did you mean jam-one, jam-two?), "
        "more than one 'kit' (did you mean kit-two, rest-kit?), no 'kitt' (did you mean kit-two?)."
    )
