"""Alternatives: both stores return the results of a model that implements the descriptions in the schema."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any, TypeAlias

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from graph_seed import Facts, Reference, group_claims
from service.stores.ranking import MAX_ALTERNATIVE_HOPS
from tests.claim_facts import Triple, facts_with_verdicts, framework_facts, framework_verdicts
from tests.facts import shipped_facts
from tests.graphs import Graphs
from tests.queries import execute, query

pytestmark = pytest.mark.anyio

FIELDS = "score framework { slug } shared { __typename slug } missing { __typename slug } extra { __typename slug }"
ALL_FRAMEWORKS = f"query ($first: Int) {{ frameworks(first: 100) {{ nodes {{ slug alternatives(first: $first) {{ {FIELDS} }} }} }} }}"
ONE_FRAMEWORK = (
    f"query ($slug: String!, $first: Int) {{ framework(slug: $slug) {{ alternatives(first: $first) {{ {FIELDS} }} }} }}"
)

Target: TypeAlias = tuple[int, Reference]
"""A target of a framework: the index of its relation in `RELATIONS`, and the entity."""
RELATIONS = ("HAS_FEATURE", "OF_TYPE", "SUITS", "USES")


class Model:
    """The alternatives according to some facts. Rarities are in thousandths."""

    def __init__(self, facts: Facts) -> None:
        slugs = sorted(item.slug for item in facts.entities if item.kind == "Framework")
        self.targets: dict[str, set[Target]] = {slug: set() for slug in slugs}
        for claim in group_claims(facts):
            name, ends = claim.relation.name, (claim.subject, claim.object)
            framework, target = reversed(ends) if name == "USES" else ends
            if framework.kind == "Framework" and name in RELATIONS and claim.assessment.stance != "LACKS":
                self.targets[framework.slug].add((RELATIONS.index(name), target))
        self.degree = Counter(target for targets in self.targets.values() for target in targets)

    def alternatives(self, slug: str, first: int) -> list[dict[str, Any]]:
        mine, others = self.targets[slug], [other for other in self.targets if other != slug]
        weights = {other: self._weight(mine & self.targets[other]) for other in others}
        best = sorted((other for other in others if weights[other]), key=lambda other: (-weights[other], other))
        return [
            {
                "score": 1000 * weights[other] // self._weight(mine) / 1000,
                "framework": {"slug": other},
                "shared": _json(self._rarest_first(mine & self.targets[other])),
                "missing": _json(self._rarest_first(mine - self.targets[other])),
                "extra": _json(sorted(self.targets[other] - mine)),
            }
            for other in best[:first]
        ]

    def _weight(self, targets: set[Target]) -> int:
        count = len(self.targets)
        return sum(1000 * count // (count + 9 * self.degree[target]) for target in targets)

    def _rarest_first(self, targets: set[Target]) -> list[Target]:
        return sorted(targets, key=lambda target: (self.degree[target], target))


def _json(targets: list[Target]) -> list[dict[str, str]]:
    return [{"__typename": target.kind, "slug": target.slug} for _, target in targets]


@pytest.mark.parametrize("first", [100, 2, 1, 0])
async def test_the_alternatives_of_every_framework_are_those_of_the_model(
    graphs: Graphs, store: str, first: int
) -> None:
    engine, model = await graphs.load(store), Model(shipped_facts())

    data = await query(engine, ALL_FRAMEWORKS, {"first": first})

    alternatives = {node["slug"]: node["alternatives"] for node in data["frameworks"]["nodes"]}
    assert alternatives == {slug: model.alternatives(slug, first) for slug in model.targets}


@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck), print_blob=True)
@given(graphs_verdicts=st.lists(framework_verdicts(), min_size=4, max_size=4))
async def test_disputed_targets_are_shared_and_denied_ones_are_not(
    graphs: Graphs, store: str, graphs_verdicts: list[dict[Triple, str]]
) -> None:
    for verdicts in graphs_verdicts[: 4 if store == "sqlite" else 1]:
        facts = framework_facts(verdicts)
        engine, model = await graphs.load(store, facts), Model(facts)

        try:
            data = await query(engine, ALL_FRAMEWORKS, {"first": 2})

            alternatives = {node["slug"]: node["alternatives"] for node in data["frameworks"]["nodes"]}
            assert alternatives == {slug: model.alternatives(slug, 2) for slug in model.targets}
        finally:
            await graphs.close_sqlite(facts)


async def test_alternatives_can_be_nested(graphs: Graphs, store: str) -> None:
    engine, model = await graphs.load(store), Model(shipped_facts())

    data = await query(
        engine,
        """{
          framework(slug: "flask") {
            few: alternatives(first: 2) {
              __typename
              framework { slug nested: alternatives(first: 3) { ...fields framework { alternatives(first: 1) { ...fields } } } }
              shared {
                slug
                ... on Feature { frameworks(first: 1) { nodes { slug alternatives(first: 2) { ...fields } } } }
              }
            }
            many: alternatives { extra { slug } score }
          }
        }
        fragment fields on Alternative { score framework { slug } extra { slug } }""",
    )

    def expected(slug: str, first: int, **nested: int) -> list[dict[str, Any]]:
        return [
            {
                "score": item["score"],
                "framework": item["framework"]
                | {name: expected(item["framework"]["slug"], size) for name, size in nested.items()},
                "extra": [{"slug": target["slug"]} for target in item["extra"]],
            }
            for item in model.alternatives(slug, first)
        ]

    def expected_target(target: dict[str, str]) -> dict[str, Any]:
        if target["__typename"] != "Feature":
            return {"slug": target["slug"]}
        feature = 0, Reference("Feature", target["slug"])
        frameworks = [slug for slug in model.targets if feature in model.targets[slug]][:1]
        nodes = [{"slug": slug, "alternatives": expected(slug, 2)} for slug in frameworks]
        return {"slug": target["slug"], "frameworks": {"nodes": nodes}}

    few = [
        {
            "__typename": "Alternative",
            "framework": {
                "slug": item["framework"]["slug"],
                "nested": expected(item["framework"]["slug"], 3, alternatives=1),
            },
            "shared": [expected_target(target) for target in item["shared"]],
        }
        for item in model.alternatives("flask", 2)
    ]
    many = [{"extra": item["extra"], "score": item["score"]} for item in expected("flask", 5)]
    assert json.dumps(data) == json.dumps({"framework": {"few": few, "many": many}})


@pytest.mark.parametrize(
    ("first", "message"),
    [
        (-1, "first is -1; it must not be negative."),
        (1001, "first is 1001; a nested page has at most 1000 items (ATLAS_MAX_NESTED_PAGE)."),
    ],
)
async def test_an_invalid_number_of_alternatives_is_an_error(
    graphs: Graphs, store: str, first: int, message: str
) -> None:
    engine = await graphs.load(store)

    response = await execute(engine, ONE_FRAMEWORK, {"slug": "flask", "first": first})

    assert [error["message"] for error in response["errors"]] == [message]


async def test_only_the_rarest_of_the_targets_of_thousands_of_frameworks_are_followed(
    graphs: Graphs, store: str
) -> None:
    frameworks = [f"f{number:04}" for number in range(MAX_ALTERNATIVE_HOPS + 1)]
    hub, rare = Reference("Feature", "hub"), Reference("Feature", "rare")
    verdicts = {(Reference("Framework", slug), "HAS_FEATURE", hub): "HAS" for slug in frameworks}
    verdicts |= {(Reference("Framework", slug), "HAS_FEATURE", rare): "HAS" for slug in ("f1000", "f2000")}
    slugs = {"Framework": [*frameworks, "unrelated"], "Feature": ["hub", "rare"]}
    facts = facts_with_verdicts(slugs, verdicts)
    engine = await graphs.load(store, facts)

    async def alternatives(slug: str) -> list[str]:
        data = await query(engine, ONE_FRAMEWORK, {"slug": slug, "first": 3})
        return [item["framework"]["slug"] for item in data["framework"]["alternatives"]]

    try:
        results = {slug: await alternatives(slug) for slug in ("f1000", "f0001", "unrelated")}
    finally:
        await graphs.close_sqlite(facts)

    assert results == {"f1000": ["f2000"], "f0001": ["f0000", "f0002", "f0003"], "unrelated": []}
