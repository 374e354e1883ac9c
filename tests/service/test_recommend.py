"""What meets a need: both stores answer as a model does that was written from the descriptions in the schema alone."""

from __future__ import annotations

import functools
import json
import math
from collections import Counter
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from graph_seed import Claim, Facts, group_claims
from graph_seed.facts import global_id
from schema.text import text_key
from tests.drawn import JOINED, frameworks_told, told_of_frameworks
from tests.graphs import Graphs, answer, data, shipped

pytestmark = pytest.mark.anyio
drawn = functools.partial(settings, deadline=None, suppress_health_check=list(HealthCheck), print_blob=True)

ASKED = """query ($need: Need!, $first: Int) {
  recommend(need: $need, first: $first) { best { ...told } nearMisses { ...told } }
}
fragment told on Recommendation {
  framework { slug }
  score
  reasons { requirement target { __typename slug } answer weight claim { id } }
}"""
LISTS = {
    "applications": ("SUITS", "Application"),
    "must": ("HAS_FEATURE", "Feature"),
    "types": ("OF_TYPE", "FrameworkType"),
    "technologies": ("WORKS_WITH", "Technology"),
    "prefer": ("HAS_FEATURE", "Feature"),
    "avoid": ("HAS_FEATURE", "Feature"),
}
SHAPES = (tuple(LISTS), ("applications", "must", "avoid"), ("types", "prefer"), ("technologies",), ("avoid",), ())
"""The lists that a need has: few sets of them, because Neo4j takes a second to plan a statement."""
KNOWN = ("HAS", "DISPUTED")


# -------------------------------------------------------------------------------------------------------------- the model


class Model:
    """What `recommend` says of facts. Weights and scores are in thousandths."""

    def __init__(self, facts: Facts) -> None:
        self.slugs: dict[str, list[str]] = {}
        self.aliases: dict[tuple[str, str], str] = {}
        for item in facts.entities:
            self.slugs.setdefault(item.kind, []).append(item.slug)
            self.aliases |= {(item.kind, text_key(alias)): item.slug for alias in item.values["aliases"]}
        self.claims: dict[tuple[str, str, str], Claim] = {}
        self.having: Counter[tuple[str, str]] = Counter()
        self.users: Counter[str] = Counter()
        for claim in group_claims(facts):
            if claim.subject.kind == "Framework":
                self.claims[claim.subject.slug, claim.relation.name, claim.object.slug] = claim
                self.having[claim.relation.name, claim.object.slug] += claim.assessment.stance in KNOWN
            if claim.relation.name == "USES" and claim.assessment.stance in KNOWN:
                self.users[claim.object.slug] += 1

    def answer(self, need: dict[str, Any], first: int) -> dict[str, Any]:
        ranked = sorted(order for slug in self.slugs["Framework"] if (order := self._order(slug, need)))
        best = [order for order in ranked if order[0] == 0][:first]
        near = [order for order in ranked if order[0] > 0][:first]
        told = {"best": best, "nearMisses": near}
        return {name: [self._told(order, need) for order in orders] for name, orders in told.items()}

    def _order(self, framework: str, need: dict[str, Any]) -> tuple[int, int, str] | None:
        """What it is ordered by: failures, the score's negative, slug. None where nothing that is asked for holds."""
        least, users = need.get("usedByAtLeast"), self.users[framework]
        met = [(name, self._answer(framework, name, target) in KNOWN) for name, target in self._named(need)]
        failures = sum(known if name == "avoid" else name != "prefer" and not known for name, known in met)
        score = sum(self._weight(framework, name, target) for name, target in self._named(need))
        enough = least is not None and users >= least
        if not enough and not any(known for name, known in met if name != "avoid"):
            return None
        return failures + (least is not None and not enough), -score - _adoption(users), framework

    def _told(self, order: tuple[int, int, str], need: dict[str, Any]) -> dict[str, Any]:
        _, score, framework = order
        reasons = [self._reason(framework, name, target) for name, target in self._named(need)]
        users, least = self.users[framework], need.get("usedByAtLeast")
        adopted = {
            "requirement": "usedBy" if least is None else "usedByAtLeast",
            "target": None,
            "answer": "HAS" if users >= (1 if least is None else least) else "UNKNOWN",
            "weight": _adoption(users) / 1000,
            "claim": None,
        }
        return {"framework": {"slug": framework}, "score": -score / 1000, "reasons": [*reasons, adopted]}

    def _reason(self, framework: str, name: str, target: str) -> dict[str, Any]:
        claim = self._claim(framework, name, target)
        return {
            "requirement": name,
            "target": {"__typename": LISTS[name][1], "slug": target},
            "answer": self._answer(framework, name, target),
            "weight": self._weight(framework, name, target) / 1000,
            "claim": {"id": global_id("Claim", claim.key)} if claim else None,
        }

    def _named(self, need: dict[str, Any]) -> Iterator[tuple[str, str]]:
        """The requirements, each once, in the order of Need."""
        for name, (_, kind) in LISTS.items():
            keys = map(text_key, need.get(name) or ())
            yield from dict.fromkeys((name, self.aliases.get((kind, one), one)) for one in keys)

    def _claim(self, framework: str, name: str, target: str) -> Claim | None:
        return self.claims.get((framework, LISTS[name][0], target))

    def _answer(self, framework: str, name: str, target: str) -> str:
        claim = self._claim(framework, name, target)
        return claim.assessment.stance if claim else "UNKNOWN"

    def _weight(self, framework: str, name: str, target: str) -> int:
        claim = self._claim(framework, name, target)
        if claim is None:
            return 0
        everyone = len(self.slugs["Framework"])
        rarity = _cut(Fraction(everyone, everyone + 9 * self.having[LISTS[name][0], target]))
        sure = Fraction(claim.assessment.confidence, 1000) * rarity
        wanted = {"HAS": sure, "DISPUTED": rarity / 4, "LACKS": -sure}
        unwanted = {"HAS": -sure, "DISPUTED": -rarity / 4, "LACKS": sure / 4}
        weights = unwanted if name == "avoid" else wanted
        return int(1000 * _cut(weights[claim.assessment.stance] * Fraction(1, 2 if name == "prefer" else 1)))


def _cut(value: Fraction) -> Fraction:
    """Three decimals, the others cut off."""
    return Fraction(math.trunc(value * 1000), 1000)


def _adoption(users: int) -> int:
    return math.trunc(Fraction(200 * users, users + 10))


@functools.cache
def _shipped_model() -> Model:
    return Model(shipped())


# ------------------------------------------------------------------------------------------------------- what is drawn


@st.composite
def needs(draw: st.DrawFn, model: Model) -> dict[str, Any]:
    """A need of what there is; often of what some framework has, so that something meets it."""
    liked = draw(st.sampled_from(model.slugs["Framework"]))
    need: dict[str, Any] = {}
    for name in draw(st.sampled_from(SHAPES)):
        relation, kind = LISTS[name]
        known = [target for framework, told, target in model.claims if (framework, told) == (liked, relation)]
        aliases = [alias for of, alias in model.aliases if of == kind]
        of_any = st.sampled_from(model.slugs[kind] + aliases)
        named = draw(st.lists(st.sampled_from(known) | of_any if known else of_any, min_size=1, max_size=4))
        need[name] = named if len(named) > 1 else named * 2  # Neo4j plans once for lists of none, of one, of 2 to 10
    if need and draw(st.sampled_from((False, False, False, True))):
        need[draw(st.sampled_from(list(need)))] = []
    if not any(named for name, named in need.items() if name != "avoid") or draw(st.booleans()):
        need["usedByAtLeast"] = draw(st.integers(1, 4))
    return need


@st.composite
def doubts(draw: st.DrawFn) -> tuple[Facts, list[dict[str, Any]]]:
    """Facts, and needs."""
    facts = frameworks_told(draw(told_of_frameworks()))
    return facts, draw(st.lists(needs(Model(facts)), min_size=5, max_size=5))


@st.composite
def worsened(draw: st.DrawFn) -> tuple[Facts, Facts, str, list[dict[str, Any]]]:
    """Facts; the same but that less is known of one framework and one target; the framework; needs that want that."""
    told = draw(told_of_frameworks())
    pair = draw(st.sampled_from(JOINED))
    told[pair] = draw(st.sampled_from(("HAS", "SURE", "UNKNOWN")))
    framework, relation, target = pair
    before, after = (
        frameworks_told(told),
        frameworks_told({**told, pair: "LACKS" if told[pair] == "UNKNOWN" else "UNKNOWN"}),
    )
    wanting = st.sampled_from([name for name, of in LISTS.items() if of == (relation, target.kind) and name != "avoid"])
    asked: list[dict[str, Any]] = []
    for need in draw(st.lists(needs(Model(before)), min_size=20, max_size=20)):
        name = draw(wanting)
        if target.kind == "Feature" and "avoid" in need:
            need["avoid"] = [one for one in need["avoid"] if one != target.slug]
        asked.append({**need, name: [*need.get(name, ()), target.slug]})
    return before, after, framework.slug, asked


# ---------------------------------------------------------------------------------------------------------- the claims


@drawn(max_examples=50)
@given(asked=st.lists(st.deferred(lambda: needs(_shipped_model())), min_size=20, max_size=20), first=st.integers(1, 10))
async def test_a_need_is_answered_as_the_descriptions_say(
    graphs: Graphs, store: str, asked: list[dict[str, Any]], first: int
) -> None:
    engine = await graphs.hold(store)

    for need in asked[: 20 if store == "sqlite" else 3]:
        found = (await data(engine, ASKED, {"need": need, "first": first}))["recommend"]

        assert found == _shipped_model().answer(need, first), need
        for told in (*found["best"], *found["nearMisses"]):
            assert told["score"] == round(sum(reason["weight"] for reason in told["reasons"]), 3)


@drawn(max_examples=8)
@given(cases=st.lists(doubts(), min_size=4, max_size=4))
async def test_what_is_denied_and_disputed_is_answered_as_the_descriptions_say(
    graphs: Graphs, store: str, cases: list[tuple[Facts, list[dict[str, Any]]]]
) -> None:
    for facts, asked in cases[: 4 if store == "sqlite" else 1]:
        engine = await graphs.hold(store, facts)

        try:
            for need in asked:
                found = await data(engine, ASKED, {"need": need, "first": 3})

                assert found["recommend"] == Model(facts).answer(need, 3), need
        finally:
            await graphs.drop(facts)


@drawn(max_examples=50)
@given(case=worsened())
async def test_knowing_less_of_what_is_wanted_never_helps(
    graphs: Graphs, case: tuple[Facts, Facts, str, list[dict[str, Any]]]
) -> None:
    """HAS is at least as good as UNKNOWN, and that as LACKS.

    On SQLite only: an example fills two graphs, which takes Neo4j long, and that Neo4j answers as SQLite does is tested
    above.
    """
    *held, framework, asked = case
    try:
        for need in asked:
            before, after = [
                _standing(await data(await graphs.hold("sqlite", facts), ASKED, {"need": need, "first": 10}), framework)
                for facts in held
            ]

            assert after[0] <= before[0], need
            assert after[1] <= before[1], need
    finally:
        for facts in held:
            await graphs.drop(facts)


def _standing(found: dict[str, Any], framework: str) -> tuple[int, float]:
    """Whether a framework is among the best (2), the near misses (1) or neither (0), and its score."""
    for place, name in ((2, "best"), (1, "nearMisses")):
        for told in found["recommend"][name]:
            if told["framework"]["slug"] == framework:
                return place, told["score"]
    return 0, -math.inf


BEST = "{ best { score } }"


async def test_unknown_names_are_told_list_by_list_with_the_nearest_that_are_there(graphs: Graphs, store: str) -> None:
    engine = await graphs.hold(store)
    need = {"avoid": ["qqqqqqqq"], "must": ["ORM", "Lightwieght", "popularty"], "applications": ["startps"]}

    answered = await answer(engine, f"query ($need: Need!) {{ recommend(need: $need) {BEST} }}", {"need": need})

    assert answered == {
        "errors": [
            {
                "message": "need.applications: there is no 'startps' (did you mean startups, rest-apis?). "
                "need.must: there is no 'lightwieght' (did you mean lightweight?), "
                "no 'popularty' (did you mean popularity, popular, modularity?). "
                "need.avoid: there is no 'qqqqqqqq'.",
                "locations": [{"line": 1, "column": 34}],
                "path": ["recommend"],
                "extensions": {"code": "BAD_USER_INPUT"},
            }
        ],
        "data": None,
    }


async def test_what_is_needed_may_be_named_as_it_is_called(graphs: Graphs, store: str) -> None:
    engine = await graphs.hold(store)

    called, slugged = [
        await data(engine, ASKED, {"need": {"must": [name], "types": [type_]}})
        for name, type_ in (("Open Source", "Full-Stack Framework"), ("open-source", "full-stack-framework"))
    ]

    assert called == slugged
    assert called["recommend"]["best"]


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
async def test_what_cannot_be_answered_is_refused(graphs: Graphs, store: str, arguments: str, message: str) -> None:
    engine = await graphs.hold(store)

    answered = await answer(engine, f"{{ recommend({arguments}) {BEST} }}")

    assert [error["message"] for error in answered["errors"]] == [message]
    limited = {"code": "LIMIT_EXCEEDED", "limit": "page"}
    assert answered["errors"][0]["extensions"] == (
        limited if "ATLAS_MAX_PAGE" in message else {"code": "BAD_USER_INPUT"}
    )


@pytest.mark.parametrize("name", LISTS)
async def test_a_list_names_at_most_twenty(graphs: Graphs, store: str, name: str) -> None:
    engine = await graphs.hold(store)

    answered = await answer(
        engine,
        f"query ($need: Need!) {{ recommend(need: $need) {BEST} }}",
        {"need": {"usedByAtLeast": 1, name: ["ORM"] * 21}},
    )

    assert [error["message"] for error in answered["errors"]] == [f"need.{name} has 21 items; give at most 20."]


NOTHING = {
    "message": "need: give at least one of applications, must, types, technologies, prefer and usedByAtLeast.",
    "locations": [{"line": 1, "column": 34}],
    "path": ["recommend"],
    "extensions": {"code": "BAD_USER_INPUT"},
}


@pytest.mark.parametrize("empty", [(), ("must",), ("prefer", "types"), ("must", "avoid")])
async def test_empty_lists_ask_for_nothing(graphs: Graphs, store: str, empty: tuple[str, ...]) -> None:
    engine = await graphs.hold(store)
    asked = f"query ($need: Need!) {{ recommend(need: $need) {BEST} }}"

    refused = await answer(engine, asked, {"need": {"avoid": ["ORM"], **{name: [] for name in empty}}})
    answered = await data(
        engine, asked, {"need": {"prefer": ["ORM"], **{name: [] for name in empty if name != "prefer"}}}
    )

    assert refused == {"errors": [NOTHING], "data": None}
    assert answered["recommend"]["best"]


async def test_the_items_of_lists_may_be_variables(graphs: Graphs, store: str) -> None:
    engine = await graphs.hold(store)

    given = await data(
        engine, f'query ($a: String!) {{ recommend(need: {{must: ["open-source", $a]}}) {BEST} }}', {"a": "ORM"}
    )
    written = await data(engine, f'{{ recommend(need: {{must: ["open-source", "ORM"]}}) {BEST} }}')

    assert given == written
    assert given["recommend"]["best"]


async def test_what_is_selected_below_a_recommendation_is_answered_under_its_names(graphs: Graphs, store: str) -> None:
    engine = await graphs.hold(store)

    answered = await data(
        engine,
        """{
          __typename
          advice: recommend(need: {types: ["microframework"], must: ["lightweight"], avoid: ["performance"]}, first: 1) {
            __typename
            near: nearMisses { __typename it: framework { __typename slug usedBy { __typename nodes { __typename slug } } } }
            best { score }
            why: nearMisses {
              reasons {
                asked: requirement
                target { __typename ... on Feature { category } ... on FrameworkType { called: name } }
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
    microframework = {"__typename": "FrameworkType", "called": "Microframework"}
    assert json.dumps(answered) == json.dumps(
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
                            {"asked": "must", "target": quality, "claim": light},
                            {"asked": "types", "target": microframework, "claim": None},
                            {"asked": "avoid", "target": quality, "claim": fast},
                            {"asked": "usedBy", "target": None, "claim": None},
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
