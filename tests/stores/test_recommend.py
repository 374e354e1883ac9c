"""Recommendations: both stores return the results of a model that implements the descriptions in the schema."""

from __future__ import annotations

import functools
import json
import math
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from graph_seed import Facts
from tests.claim_facts import FRAMEWORK_TARGET_TRIPLES, framework_facts, framework_verdicts
from tests.facts import shipped_facts
from tests.graphs import Graphs
from tests.queries import execute, query
from tests.stores.recommend_model import LISTS, RecommendModel, needs

pytestmark = pytest.mark.anyio
property_settings = functools.partial(settings, deadline=None, suppress_health_check=list(HealthCheck), print_blob=True)

RECOMMEND = """query ($need: Need!, $first: Int) {
  recommend(need: $need, first: $first) { best { ...fields } nearMisses { ...fields } }
}
fragment fields on Recommendation {
  framework { slug }
  score
  reasons { requirement target { __typename slug } answer weight claim { id } }
}"""


@functools.cache
def shipped_model() -> RecommendModel:
    return RecommendModel(shipped_facts())


@st.composite
def facts_and_needs(draw: st.DrawFn) -> tuple[Facts, list[dict[str, Any]]]:
    facts = framework_facts(draw(framework_verdicts()))
    return facts, draw(st.lists(needs(RecommendModel(facts)), min_size=5, max_size=5))


@st.composite
def worse_facts(draw: st.DrawFn) -> tuple[Facts, Facts, str, list[dict[str, Any]]]:
    """Facts, the same facts with a worse verdict on one claim, the subject of the claim, and needs that want its object."""
    verdicts = draw(framework_verdicts())
    triple = draw(st.sampled_from(FRAMEWORK_TARGET_TRIPLES))
    verdicts[triple] = draw(st.sampled_from(("HAS", "CONFIRMED", "UNKNOWN")))
    worse_verdict = "LACKS" if verdicts[triple] == "UNKNOWN" else "UNKNOWN"
    facts, worse = framework_facts(verdicts), framework_facts({**verdicts, triple: worse_verdict})
    framework, relation, target = triple
    wanting = [name for name, list_ in LISTS.items() if list_ == (relation, target.kind) and name != "avoid"]
    wanting_needs: list[dict[str, Any]] = []
    for need in draw(st.lists(needs(RecommendModel(facts)), min_size=20, max_size=20)):
        name = draw(st.sampled_from(wanting))
        if target.kind == "Feature" and "avoid" in need:
            need["avoid"] = [slug for slug in need["avoid"] if slug != target.slug]
        wanting_needs.append({**need, name: [*need.get(name, ()), target.slug]})
    return facts, worse, framework.slug, wanting_needs


@property_settings(max_examples=50)
@given(
    generated_needs=st.lists(st.deferred(lambda: needs(shipped_model())), min_size=20, max_size=20),
    first=st.integers(1, 10),
)
async def test_recommendations_are_those_of_the_model(
    graphs: Graphs, store: str, generated_needs: list[dict[str, Any]], first: int
) -> None:
    engine = await graphs.load(store)

    for need in generated_needs[: 20 if store == "sqlite" else 3]:
        result = (await query(engine, RECOMMEND, {"need": need, "first": first}))["recommend"]

        assert result == shipped_model().recommend(need, first), need
        for item in (*result["best"], *result["nearMisses"]):
            assert item["score"] == round(sum(reason["weight"] for reason in item["reasons"]), 3)


@property_settings(max_examples=8)
@given(cases=st.lists(facts_and_needs(), min_size=4, max_size=4))
async def test_recommendations_for_denied_and_disputed_claims_are_those_of_the_model(
    graphs: Graphs, store: str, cases: list[tuple[Facts, list[dict[str, Any]]]]
) -> None:
    for facts, generated_needs in cases[: 4 if store == "sqlite" else 1]:
        engine = await graphs.load(store, facts)

        try:
            for need in generated_needs:
                data = await query(engine, RECOMMEND, {"need": need, "first": 3})

                assert data["recommend"] == RecommendModel(facts).recommend(need, 3), need
        finally:
            await graphs.close_sqlite(facts)


@property_settings(max_examples=50)
@given(case=worse_facts())
async def test_a_worse_verdict_on_a_wanted_claim_never_improves_the_rank(
    graphs: Graphs, case: tuple[Facts, Facts, str, list[dict[str, Any]]]
) -> None:
    """HAS is at least as good as UNKNOWN, and UNKNOWN at least as good as LACKS.

    This runs on SQLite only: Neo4j takes long to load two graphs for each example, and the tests above show that its
    results are the same.
    """
    *both_facts, framework, wanting_needs = case
    try:
        for need in wanting_needs:
            before, after = [
                _rank_and_score(
                    await query(await graphs.load("sqlite", facts), RECOMMEND, {"need": need, "first": 10}), framework
                )
                for facts in both_facts
            ]

            assert after[0] <= before[0], need
            assert after[1] <= before[1], need
    finally:
        for facts in both_facts:
            await graphs.close_sqlite(facts)


def _rank_and_score(data: dict[str, Any], framework: str) -> tuple[int, float]:
    """Whether a framework is among the best (2), among the near misses (1) or missing (0), and its score."""
    for rank, name in ((2, "best"), (1, "nearMisses")):
        for item in data["recommend"][name]:
            if item["framework"]["slug"] == framework:
                return rank, item["score"]
    return 0, -math.inf


BEST = "{ best { score } }"


async def test_unknown_names_are_reported_by_list_with_the_most_similar_names(graphs: Graphs, store: str) -> None:
    engine = await graphs.load(store)
    need = {"avoid": ["qqqqqqqq"], "must": ["ORM", "Lightwieght", "popularty"], "applications": ["startps"]}

    response = await execute(engine, f"query ($need: Need!) {{ recommend(need: $need) {BEST} }}", {"need": need})

    assert response == {
        "errors": [
            {
                "message": "need.applications: there is no 'startps' (did you mean startups, rest-apis?). "
                "need.must: there is no 'lightwieght' (did you mean lightweight?), "
                "no 'popularty' (did you mean popularity, popular, modularity?). "
                "need.avoid: there is no 'qqqqqqqq'.",
                "locations": [{"line": 1, "column": 34}],
                "extensions": {"code": "BAD_USER_INPUT"},
            }
        ],
        "data": None,
    }


async def test_requirements_may_be_slugs_or_names(graphs: Graphs, store: str) -> None:
    engine = await graphs.load(store)

    by_name, by_slug = [
        await query(engine, RECOMMEND, {"need": {"must": [name], "types": [type_]}})
        for name, type_ in (("Open Source", "Full-Stack Framework"), ("open-source", "full-stack-framework"))
    ]

    assert by_name == by_slug
    assert by_name["recommend"]["best"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("need: {}", "need: give at least one of applications, must, types, technologies, prefer and usedByAtLeast."),
        (
            'need: {avoid: ["ORM"], must: null}',
            "need: give at least one of applications, must, types, technologies, prefer and usedByAtLeast.",
        ),
        ('need: {must: ["ORM"]}, first: -1', "first is -1; it must not be negative."),
        ('need: {must: ["ORM"]}, first: 1001', "first is 1001; a page has at most 1000 items (ATLAS_MAX_PAGE)."),
        ("need: {usedByAtLeast: -1}", "need.usedByAtLeast is -1; give at least 1, or omit it."),
        (
            'need: {must: ["ORM"], usedByAtLeast: 0}',
            "need.usedByAtLeast is 0; give at least 1, or omit it.",
        ),
    ],
)
async def test_invalid_arguments_are_input_errors(graphs: Graphs, store: str, arguments: str, message: str) -> None:
    engine = await graphs.load(store)

    response = await execute(engine, f"{{ recommend({arguments}) {BEST} }}")

    assert [error["message"] for error in response["errors"]] == [message]
    page_limit = {"code": "LIMIT_EXCEEDED", "limit": "page"}
    assert response["errors"][0]["extensions"] == (
        page_limit if "ATLAS_MAX_PAGE" in message else {"code": "BAD_USER_INPUT"}
    )


@pytest.mark.parametrize("name", LISTS)
async def test_a_list_has_at_most_twenty_items(graphs: Graphs, store: str, name: str) -> None:
    engine = await graphs.load(store)

    response = await execute(
        engine,
        f"query ($need: Need!) {{ recommend(need: $need) {BEST} }}",
        {"need": {"usedByAtLeast": 1, name: ["ORM"] * 21}},
    )

    assert [error["message"] for error in response["errors"]] == [f"need.{name} has 21 items; give at most 20."]


NO_REQUIREMENT = {
    "message": "need: give at least one of applications, must, types, technologies, prefer and usedByAtLeast.",
    "locations": [{"line": 1, "column": 34}],
    "extensions": {"code": "BAD_USER_INPUT"},
}


@pytest.mark.parametrize("empty", [(), ("must",), ("prefer", "types"), ("must", "avoid")])
async def test_empty_lists_are_no_requirements(graphs: Graphs, store: str, empty: tuple[str, ...]) -> None:
    engine = await graphs.load(store)
    text = f"query ($need: Need!) {{ recommend(need: $need) {BEST} }}"

    response = await execute(engine, text, {"need": {"avoid": ["ORM"], **{name: [] for name in empty}}})
    data = await query(engine, text, {"need": {"prefer": ["ORM"], **{name: [] for name in empty if name != "prefer"}}})

    assert response == {"errors": [NO_REQUIREMENT], "data": None}
    assert data["recommend"]["best"]


async def test_items_of_lists_may_be_variables(graphs: Graphs, store: str) -> None:
    engine = await graphs.load(store)

    with_variable = await query(
        engine, f'query ($a: String!) {{ recommend(need: {{must: ["open-source", $a]}}) {BEST} }}', {"a": "ORM"}
    )
    with_constants = await query(engine, f'{{ recommend(need: {{must: ["open-source", "ORM"]}}) {BEST} }}')

    assert with_variable == with_constants
    assert with_variable["recommend"]["best"]


async def test_a_recommendation_has_the_selected_fields_under_their_aliases(graphs: Graphs, store: str) -> None:
    engine = await graphs.load(store)

    data = await query(
        engine,
        """{
          __typename
          advice: recommend(need: {types: ["microframework"], must: ["lightweight"], avoid: ["performance"]}, first: 1) {
            __typename
            near: nearMisses { __typename it: framework { __typename slug usedBy { __typename nodes { __typename slug } } } }
            best { score }
            why: nearMisses {
              reasons {
                list: requirement
                target { __typename ... on Feature { category } ... on FrameworkType { title: name } }
                claim { __typename subject { slug } evidence { __typename source { __typename } } }
              }
            }
            again: best { __typename framework { usedBy(first: 1) { nodes { slug } } } reasons { __typename } }
            best { reasons { weight } }
          }
        }""",
    )

    source = {"__typename": "Evidence", "source": {"__typename": "Source"}}
    light = {"__typename": "Claim", "subject": {"slug": "fastapi"}, "evidence": [source]}
    fast = {**light, "evidence": [source] * 2}
    companies = [{"__typename": "Company", "slug": slug} for slug in ("expedia-group", "travelperk", "uber")]
    users = {"__typename": "CompanyConnection", "nodes": companies}
    quality = {"__typename": "Feature", "category": "QUALITY"}
    microframework = {"__typename": "FrameworkType", "title": "Microframework"}
    assert json.dumps(data) == json.dumps(
        {
            "__typename": "Query",
            "advice": {
                "__typename": "Recommendations",
                "near": [
                    {
                        "__typename": "Recommendation",
                        "it": {"__typename": "Framework", "slug": "fastapi", "usedBy": users},
                    }
                ],
                "best": [
                    {
                        "score": 0.655,
                        "reasons": [{"weight": 0.314}, {"weight": 0.295}, {"weight": 0.0}, {"weight": 0.046}],
                    }
                ],
                "why": [
                    {
                        "reasons": [
                            {"list": "must", "target": quality, "claim": light},
                            {"list": "types", "target": microframework, "claim": None},
                            {"list": "avoid", "target": quality, "claim": fast},
                            {"list": "usedBy", "target": None, "claim": None},
                        ]
                    }
                ],
                "again": [
                    {
                        "__typename": "Recommendation",
                        "framework": {"usedBy": {"nodes": [{"slug": "lyft"}]}},
                        "reasons": [{"__typename": "Reason"}] * 4,
                    }
                ],
            },
        }
    )
