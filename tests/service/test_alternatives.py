"""What to look at instead: both stores answer as a model does that was written from the descriptions in the schema."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any, TypeAlias

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from graph_seed import Facts, Reference, group_claims
from service.stores.ranking import MAX_ALTERNATIVE_HOPS
from tests.drawn import PayloadField, facts_of, frameworks_told, told_of_frameworks
from tests.graphs import Graphs, answer, data, shipped

pytestmark = pytest.mark.anyio

TOLD = "score framework { slug } shared { __typename slug } missing { __typename slug } extra { __typename slug }"
ALL = (
    f"query ($first: Int) {{ frameworks(first: 100) {{ nodes {{ slug alternatives(first: $first) {{ {TOLD} }} }} }} }}"
)
OF = f"query ($slug: String!, $first: Int) {{ framework(slug: $slug) {{ alternatives(first: $first) {{ {TOLD} }} }} }}"

Target: TypeAlias = tuple[int, Reference]
"""What a framework is joined to: the place of the relation among those that count, and the thing."""
RELATIONS = ("HAS_FEATURE", "OF_TYPE", "SUITS", "USES")


class Model:
    """What `alternatives` says of facts. Rarities are in thousandths."""

    def __init__(self, facts: Facts) -> None:
        slugs = sorted(item.slug for item in facts.entities if item.kind == "Framework")
        self.joined: dict[str, set[Target]] = {slug: set() for slug in slugs}
        for claim in group_claims(facts):
            name, ends = claim.relation.name, (claim.subject, claim.object)
            framework, target = reversed(ends) if name == "USES" else ends
            if framework.kind == "Framework" and name in RELATIONS and claim.assessment.stance != "LACKS":
                self.joined[framework.slug].add((RELATIONS.index(name), target))
        self.degree = Counter(target for targets in self.joined.values() for target in targets)

    def alternatives(self, slug: str, first: int) -> list[dict[str, Any]]:
        mine, others = self.joined[slug], [other for other in self.joined if other != slug]
        weights = {other: self._weight(mine & self.joined[other]) for other in others}
        best = sorted((other for other in others if weights[other]), key=lambda other: (-weights[other], other))
        return [
            {
                "score": 1000 * weights[other] // self._weight(mine) / 1000,
                "framework": {"slug": other},
                "shared": _told(self._rarest_first(mine & self.joined[other])),
                "missing": _told(self._rarest_first(mine - self.joined[other])),
                "extra": _told(sorted(self.joined[other] - mine)),
            }
            for other in best[:first]
        ]

    def _weight(self, targets: set[Target]) -> int:
        everyone = len(self.joined)
        return sum(1000 * everyone // (everyone + 9 * self.degree[target]) for target in targets)

    def _rarest_first(self, targets: set[Target]) -> list[Target]:
        return sorted(targets, key=lambda target: (self.degree[target], target))


def _told(targets: list[Target]) -> list[dict[str, str]]:
    return [{"__typename": target.kind, "slug": target.slug} for _, target in targets]


@pytest.mark.parametrize("first", [100, 2, 1, 0])
async def test_every_framework_has_the_alternatives_that_share_most_of_what_is_rare(
    graphs: Graphs, store: str, first: int
) -> None:
    engine, model = await graphs.hold(store), Model(shipped())

    answered = await data(engine, ALL, {"first": first})

    found = {node["slug"]: node["alternatives"] for node in answered["frameworks"]["nodes"]}
    assert found == {slug: model.alternatives(slug, first) for slug in model.joined}


@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck), print_blob=True)
@given(cases=st.lists(told_of_frameworks(), min_size=4, max_size=4))
async def test_what_is_denied_is_not_shared_and_what_is_disputed_is(
    graphs: Graphs, store: str, cases: list[dict[PayloadField, str]]
) -> None:
    for told in cases[: 4 if store == "sqlite" else 1]:
        facts = frameworks_told(told)
        engine, model = await graphs.hold(store, facts), Model(facts)

        try:
            answered = await data(engine, ALL, {"first": 2})

            found = {node["slug"]: node["alternatives"] for node in answered["frameworks"]["nodes"]}
            assert found == {slug: model.alternatives(slug, 2) for slug in model.joined}
        finally:
            await graphs.drop(facts)


async def test_alternatives_have_alternatives(graphs: Graphs, store: str) -> None:
    engine, model = await graphs.hold(store), Model(shipped())

    answered = await data(
        engine,
        """{
          framework(slug: "flask") {
            few: alternatives(first: 2) {
              __typename
              framework { slug deeper: alternatives(first: 3) { ...told framework { alternatives(first: 1) { ...told } } } }
              shared {
                slug
                ... on Feature { frameworks(first: 1) { nodes { slug alternatives(first: 2) { ...told } } } }
              }
            }
            many: alternatives { extra { slug } score }
          }
        }
        fragment told on Alternative { score framework { slug } extra { slug } }""",
    )

    def told(slug: str, first: int, **deeper: int) -> list[dict[str, Any]]:
        return [
            {
                "score": one["score"],
                "framework": one["framework"]
                | {name: told(one["framework"]["slug"], size) for name, size in deeper.items()},
                "extra": [{"slug": target["slug"]} for target in one["extra"]],
            }
            for one in model.alternatives(slug, first)
        ]

    def target(one: dict[str, str]) -> dict[str, Any]:
        having = [slug for slug in model.joined if (0, Reference("Feature", one["slug"])) in model.joined[slug]][:1]
        nodes = [{"slug": slug, "alternatives": told(slug, 2)} for slug in having]
        return {"slug": one["slug"]} | ({"frameworks": {"nodes": nodes}} if one["__typename"] == "Feature" else {})

    few = [
        {
            "__typename": "Alternative",
            "framework": {
                "slug": one["framework"]["slug"],
                "deeper": told(one["framework"]["slug"], 3, alternatives=1),
            },
            "shared": [target(shared) for shared in one["shared"]],
        }
        for one in model.alternatives("flask", 2)
    ]
    many = [{"extra": one["extra"], "score": one["score"]} for one in told("flask", 5)]
    assert json.dumps(answered) == json.dumps({"framework": {"few": few, "many": many}})


@pytest.mark.parametrize(
    ("first", "message"),
    [
        (-1, "first is -1; it must not be negative."),
        (1001, "first is 1001; a nested page has at most 1000 items (ATLAS_MAX_NESTED_PAGE)."),
    ],
)
async def test_too_few_and_too_many_are_refused(graphs: Graphs, store: str, first: int, message: str) -> None:
    engine = await graphs.hold(store)

    answered = await answer(engine, OF, {"slug": "flask", "first": first})

    assert [error["message"] for error in answered["errors"]] == [message]


async def test_of_what_thousands_share_only_the_rarest_is_followed(graphs: Graphs, store: str) -> None:
    frameworks = [f"f{number:04}" for number in range(MAX_ALTERNATIVE_HOPS + 1)]
    hub, rare = Reference("Feature", "hub"), Reference("Feature", "rare")
    told = {(Reference("Framework", slug), "HAS_FEATURE", hub): "HAS" for slug in frameworks}
    told |= {(Reference("Framework", slug), "HAS_FEATURE", rare): "HAS" for slug in ("f1000", "f2000")}
    facts = facts_of({"Framework": [*frameworks, "unknown"], "Feature": ["hub", "rare"]}, told)
    engine = await graphs.hold(store, facts)

    try:
        found = {
            slug: [
                one["framework"]["slug"]
                for one in (await data(engine, OF, {"slug": slug, "first": 3}))["framework"]["alternatives"]
            ]
            for slug in ("f1000", "f0001", "unknown")
        }
    finally:
        await graphs.drop(facts)

    assert found == {"f1000": ["f2000"], "f0001": ["f0000", "f0002", "f0003"], "unknown": []}
