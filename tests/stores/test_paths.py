"""Paths: both stores return the results of a model that follows every chain of claims."""

from __future__ import annotations

import itertools
import json
import os
import random
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from graph_seed import Facts, Reference
from graph_seed.facts import global_id
from schema import ONTOLOGY
from service.stores.ranking import MAX_CLAIMS_PER_STEP
from tests.claim_facts import Triple, facts_with_verdicts
from tests.facts import shipped_facts
from tests.graphs import Graphs
from tests.queries import execute, query
from tests.stores.paths_model import PathsModel, PathsQuery, paths_queries

pytestmark = pytest.mark.anyio

PATHS = """query ($from: ID!, $to: ID!, $maxLength: Int, $first: Int) {
  paths(from: $from, to: $to, maxLength: $maxLength, first: $first) {
    length
    confidence
    sentence
    steps { from { __typename slug } relation to { __typename slug } claim { id stance } }
  }
}"""
PATHS_BETWEEN_COMPANIES = Path(__file__).parents[1] / "golden" / "paths_between_companies.json"
REFRESH = os.environ.get("ATLAS_REFRESH_GOLDENS") == "1"

SLUGS = {
    "Framework": ("f1", "f2", "f3"),
    "FrameworkType": ("y1", "y2"),
    "Feature": ("x1",),
    "Application": ("a1",),
    "Technology": ("t1", "t2", "t3", "t4", "t5", "t6", "t7"),
    "Company": ("c1", "c2"),
}
TRIPLES: tuple[Triple, ...] = tuple(
    (Reference(relation.subject, subject), relation.name, Reference(relation.object, object_))
    for relation in ONTOLOGY.relations
    for subject in SLUGS[relation.subject]
    for object_ in SLUGS[relation.object]
)
VERDICTS = ("HAS", "HAS", "CONFIRMED", "DISPUTED", "DOUBTED", "LACKS")


@st.composite
def facts_and_queries(draw: st.DrawFn) -> tuple[Facts, list[PathsQuery]]:
    """A chain of technologies and some other claims between a dozen entities, and queries."""
    pairs = itertools.pairwise(draw(st.permutations(SLUGS["Technology"])))
    triples = [(Reference("Technology", slug), "WORKS_WITH", Reference("Technology", other)) for slug, other in pairs]
    triples += draw(st.lists(st.sampled_from(TRIPLES), min_size=4, max_size=14, unique=True))
    verdicts = draw(st.lists(st.sampled_from(VERDICTS), min_size=20, max_size=20))
    facts = facts_with_verdicts(SLUGS, dict(zip(triples, verdicts, strict=False)))
    return facts, draw(st.lists(paths_queries(PathsModel(facts)), min_size=20, max_size=20))


async def test_the_paths_between_any_two_entities_are_those_of_the_model(graphs: Graphs, store: str) -> None:
    """The entities are chosen by `random`, because Hypothesis prefers the first ones."""
    engine, model, chooser = await graphs.load(store), PathsModel(shipped_facts()), random.Random(1)
    for _ in range(400 if store == "sqlite" else 100):
        ends = chooser.choices(list(model.names), k=2)
        paths_query = PathsQuery(*ends, chooser.randint(1, 4), chooser.randint(1, 5))

        data = await query(engine, PATHS, paths_query.variables)

        assert data["paths"] == model.paths(paths_query), paths_query


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck), print_blob=True)
@given(cases=st.lists(facts_and_queries(), min_size=3, max_size=3))
async def test_paths_repeat_no_entity_and_contain_no_denied_claim(
    graphs: Graphs, store: str, cases: list[tuple[Facts, list[PathsQuery]]]
) -> None:
    for facts, queries in cases[: 3 if store == "sqlite" else 1]:
        engine, model = await graphs.load(store, facts), PathsModel(facts)

        try:
            for paths_query in queries:
                paths = (await query(engine, PATHS, paths_query.variables))["paths"]

                assert paths == model.paths(paths_query), paths_query
                for path in paths:
                    entities = [path["steps"][0]["from"], *(step["to"] for step in path["steps"])]
                    assert len({json.dumps(entity) for entity in entities}) == path["length"] + 1
                    assert all(step["claim"]["stance"] != "LACKS" for step in path["steps"])
        finally:
            await graphs.close_sqlite(facts)


async def test_the_best_paths_between_companies_are_the_checked_ones(graphs: Graphs, store: str) -> None:
    """The expected sentences were checked manually. `ATLAS_REFRESH_GOLDENS=1` writes them again."""
    engine = await graphs.load(store)
    companies = sorted(item.reference for item in shipped_facts().entities if item.kind == "Company")

    async def sentence(start: Reference, end: Reference) -> str:
        return (await query(engine, PATHS, PathsQuery(start, end, 4, 1).variables))["paths"][0]["sentence"]

    sentences = {
        f"{start.slug} -> {end.slug}": await sentence(start, end) for start, end in itertools.combinations(companies, 2)
    }

    if REFRESH or not PATHS_BETWEEN_COMPANIES.exists():
        PATHS_BETWEEN_COMPANIES.write_text(json.dumps(sentences, indent=2, ensure_ascii=False) + "\n", "utf-8")
    assert sentences == json.loads(PATHS_BETWEEN_COMPANIES.read_text("utf-8"))


async def test_an_entity_has_no_path_to_itself(graphs: Graphs, store: str) -> None:
    engine = await graphs.load(store)
    django = Reference("Framework", "django")

    data = await query(engine, PATHS, PathsQuery(django, django, 6, 5).variables)

    assert data == {"paths": []}


DJANGO = global_id("Framework", "django")
UNKNOWN = global_id("Company", "unknown")
CLAIM = global_id("Claim", "Framework:django/HAS_FEATURE/Feature:admin-panel")


@pytest.mark.parametrize(
    ("start", "end", "message"),
    [
        (UNKNOWN, DJANGO, f"from: there is no entity with the ID '{UNKNOWN}'."),
        (DJANGO, UNKNOWN, f"to: there is no entity with the ID '{UNKNOWN}'."),
        (
            UNKNOWN,
            UNKNOWN,
            f"from: there is no entity with the ID '{UNKNOWN}'. to: there is no entity with the ID '{UNKNOWN}'.",
        ),
        (CLAIM, "", f"from: there is no entity with the ID '{CLAIM}'. to: there is no entity with the ID ''."),
        ("'\\`{}", DJANGO, "from: there is no entity with the ID ''\\`{}'."),
        ("a\0", DJANGO, "from contains the character U+0000."),
    ],
)
async def test_an_id_without_an_entity_is_an_input_error(
    graphs: Graphs, store: str, start: str, end: str, message: str
) -> None:
    engine = await graphs.load(store)

    response = await execute(engine, PATHS, {"from": start, "to": end})

    assert [(error["message"], "path" in error) for error in response["errors"]] == [(message, False)]
    assert response["errors"][0]["extensions"] == {"code": "BAD_USER_INPUT"}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("maxLength: 0", "maxLength is 0; give a length from 1 to 6."),
        ("maxLength: 7", "maxLength is 7; give a length from 1 to 6."),
        ("maxLength: -1", "maxLength is -1; give a length from 1 to 6."),
        ("first: -1", "first is -1; it must not be negative."),
        ("first: 1001", "first is 1001; a page has at most 1000 items (ATLAS_MAX_PAGE)."),
    ],
)
async def test_invalid_lengths_and_page_sizes_are_input_errors(
    graphs: Graphs, store: str, arguments: str, message: str
) -> None:
    engine = await graphs.load(store)
    name, _, number = arguments.partition(": ")
    field = f'paths(from: "{DJANGO}", to: "{DJANGO}", {name}: %s) {{ length }}'

    with_constant = await execute(engine, f"{{ {field % number} }}")
    with_variable = await execute(engine, f"query ($number: Int) {{ {field % '$number'} }}", {"number": int(number)})

    for response in (with_constant, with_variable):
        assert [error["message"] for error in response["errors"]] == [message]


async def test_a_search_over_a_hub_succeeds_for_short_paths_and_is_given_up_for_long_ones(
    graphs: Graphs, store: str
) -> None:
    near, far, hub, feature = (
        Reference("Framework", "near"),
        Reference("Framework", "far"),
        Reference("Technology", "hub"),
        Reference("Feature", "feature"),
    )
    leaves = [Reference("Technology", f"leaf-{number}") for number in range(MAX_CLAIMS_PER_STEP // 2 + 1)]
    verdicts: dict[Triple, str] = {(hub, "WORKS_WITH", leaf): "HAS" for leaf in leaves}
    verdicts |= {(leaf, "WORKS_WITH", hub): "HAS" for leaf in leaves}
    verdicts |= {
        (near, "WORKS_WITH", hub): "HAS",
        (leaves[7], "HAS_FEATURE", feature): "HAS",
        (far, "HAS_FEATURE", feature): "HAS",
    }
    slugs = {
        "Framework": ["near", "far"],
        "Technology": ["hub", *(leaf.slug for leaf in leaves)],
        "Feature": ["feature"],
    }
    facts = facts_with_verdicts(slugs, verdicts)
    engine, model = await graphs.load(store, facts), PathsModel(facts)

    try:
        paths = {
            paths_query: (await query(engine, PATHS, paths_query.variables))["paths"]
            for paths_query in (
                PathsQuery(hub, leaves[5], 1, 5),
                PathsQuery(near, leaves[5], 2, 2),
                PathsQuery(leaves[5], leaves[6], 2, 4),
                PathsQuery(hub, feature, 2, 2),
                PathsQuery(near, feature, 3, 2),
                PathsQuery(far, near, 3, 5),
            )
        }
        given_up = await execute(engine, PATHS, PathsQuery(near, far, 4, 1).variables)
        shorter_paths = (await query(engine, PATHS, PathsQuery(near, feature, 4, 5).variables))["paths"]
    finally:
        await graphs.close_sqlite(facts)

    assert paths == {paths_query: model.paths(paths_query) for paths_query in paths}
    assert [len(items) for items in paths.values()] == [2, 2, 4, 2, 2, 0]
    assert given_up["data"] is None
    assert [error["message"] for error in given_up["errors"]] == [
        "maxLength: paths of 4 steps between these two involve too many claims; use at most 3."
    ]
    assert len(shorter_paths) == 2


async def test_longer_paths_are_not_returned_if_the_search_for_shorter_ones_was_given_up(
    graphs: Graphs, store: str
) -> None:
    """From `a` to `b`, there are 1,810 * 60 chains of 5 steps through `m`, and one of 6 steps through `p1`."""
    pairs = [
        pair
        for number in range(181)
        for branch in range(10)
        for pair in itertools.pairwise(("a", f"u{number}-{branch}", f"x{number}", "m"))
    ]
    pairs += [pair for number in range(60) for pair in itertools.pairwise(("m", f"y{number}", "b"))]
    pairs += itertools.pairwise(("a", "p1", "p2", "p3", "p4", "p5", "b"))
    verdicts: dict[Triple, str] = {
        (Reference("Technology", slug), "WORKS_WITH", Reference("Technology", other)): "HAS" for slug, other in pairs
    }
    facts = facts_with_verdicts({"Technology": sorted({slug for pair in pairs for slug in pair})}, verdicts)
    engine = await graphs.load(store, facts)

    try:
        ends = Reference("Technology", "a"), Reference("Technology", "b")
        five, six = [await execute(engine, PATHS, PathsQuery(*ends, length, 1).variables) for length in (5, 6)]
    finally:
        await graphs.close_sqlite(facts)

    assert [error["message"].partition(";")[0] for error in five["errors"]] == [
        "maxLength: paths of 5 steps between these two involve too many claims"
    ]
    assert six == five
