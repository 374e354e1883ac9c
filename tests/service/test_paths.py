"""How two things are related: both stores answer as a model does that follows every chain of claims there is."""

from __future__ import annotations

import functools
import itertools
import json
import math
import os
import random
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from graph_seed import Claim, Facts, Reference, group_claims
from graph_seed.facts import global_id
from schema import ONTOLOGY
from service.stores.ranking import MAX_CLAIMS_PER_STEP
from tests.drawn import PayloadField, facts_of
from tests.graphs import Graphs, answer, data, shipped

pytestmark = pytest.mark.anyio

ASKED = """query ($from: ID!, $to: ID!, $longest: Int, $first: Int) {
  paths(from: $from, to: $to, maxLength: $longest, first: $first) {
    length
    confidence
    sentence
    steps { from { __typename slug } relation to { __typename slug } claim { id stance } }
  }
}"""
BETWEEN_COMPANIES = Path(__file__).parents[1] / "golden" / "paths_between_companies.json"
REFRESH = os.environ.get("ATLAS_REFRESH_GOLDENS") == "1"


# -------------------------------------------------------------------------------------------------------------- the model


@dataclass(frozen=True)
class Step:
    """A claim as it is walked."""

    claim: Claim
    start: Reference
    end: Reference


class Model:
    """What `paths` says of facts."""

    def __init__(self, facts: Facts) -> None:
        self.names = {item.reference: item.values["name"] for item in facts.entities}
        self.steps: dict[Reference, list[Step]] = {reference: [] for reference in self.names}
        for claim in group_claims(facts):
            if claim.assessment.stance != "LACKS":
                self.steps[claim.subject].append(Step(claim, claim.subject, claim.object))
                self.steps[claim.object].append(Step(claim, claim.object, claim.subject))

    def paths(self, start: Reference, end: Reference, longest: int, first: int) -> list[dict[str, Any]]:
        found: list[tuple[Step, ...]] = []
        for length in range(1, longest + 1) if start != end else ():
            if len(found) < first:
                found += sorted(self._chains(start, end, length, self._distances(end)), key=_order)
        return [self._told(chain) for chain in found[:first]]

    def _chains(
        self,
        start: Reference,
        end: Reference,
        length: int,
        distances: dict[Reference, int],
        passed: tuple[Step, ...] = (),
    ) -> Iterator[tuple[Step, ...]]:
        """The chains of so many steps that pass nothing twice."""
        if not length:
            yield from [passed] if start == end else []
            return
        if start == end:
            return
        been = {step.start for step in passed} | {start}
        for step in self.steps[start]:
            if step.end not in been and distances.get(step.end, length) < length:
                yield from self._chains(step.end, end, length - 1, distances, (*passed, step))

    @functools.cache  # noqa: B019 - as long as the tests
    def _distances(self, end: Reference) -> dict[Reference, int]:
        """How many steps everything is away."""
        distances, edge = {end: 0}, [end]
        while edge:
            edge = [step.end for one in edge for step in self.steps[one] if step.end not in distances]
            distances |= dict.fromkeys(edge, max(distances.values()) + 1)
        return distances

    def _told(self, chain: tuple[Step, ...]) -> dict[str, Any]:
        return {
            "length": len(chain),
            "confidence": math.floor(1000 * _confidence(chain) + Fraction(1, 2)) / 1000,
            "sentence": self._sentence(chain),
            "steps": [
                {
                    "from": {"__typename": step.start.kind, "slug": step.start.slug},
                    "relation": step.claim.relation.name,
                    "to": {"__typename": step.end.kind, "slug": step.end.slug},
                    "claim": {"id": global_id("Claim", step.claim.key), "stance": step.claim.assessment.stance},
                }
                for step in chain
            ],
        }

    def _sentence(self, chain: tuple[Step, ...]) -> str:
        clauses = []
        for number, step in enumerate(chain):
            relation, ahead = step.claim.relation, step.start == step.claim.subject
            start, end = self.names[step.start], self.names[step.end]
            if not number:
                clauses.append(f"{start} {relation.verb if ahead else relation.passive} {end}")
            else:
                clauses.append(f"which {relation.verb} {end}" if ahead else f"which {end} {relation.verb}")
        return ", ".join(clauses)


def _confidence(chain: tuple[Step, ...]) -> Fraction:
    return math.prod(Fraction(step.claim.assessment.confidence, 1000) for step in chain)


def _order(chain: tuple[Step, ...]) -> tuple[Any, ...]:
    return -_confidence(chain), [step.claim.key for step in chain]


# ------------------------------------------------------------------------------------------------------- what is drawn


@dataclass(frozen=True)
class Question:
    start: Reference
    end: Reference
    longest: int
    first: int

    @property
    def variables(self) -> dict[str, Any]:
        return {"from": self.start.id, "to": self.end.id, "longest": self.longest, "first": self.first}


def questions(model: Model) -> st.SearchStrategy[Question]:
    """Questions about what some claim speaks of, now and then about anything; long ways more often than short ones."""
    joined = list(itertools.permutations([thing for thing in model.names if model.steps[thing]], 2))
    anything = st.tuples(*[st.sampled_from(list(model.names))] * 2)
    ends = st.one_of(*[st.sampled_from(joined) if joined else anything] * 7, anything)
    lengths = st.sampled_from((6, 6, 6, 5, 5, 4, 3, 2, 1))
    return st.builds(lambda two, length, first: Question(*two, length, first), ends, lengths, st.integers(1, 5))


NAMES = {
    "Framework": ("f1", "f2", "f3"),
    "FrameworkType": ("y1", "y2"),
    "Feature": ("x1",),
    "Application": ("a1",),
    "Technology": ("t1", "t2", "t3", "t4", "t5", "t6", "t7"),
    "Company": ("c1", "c2"),
}
CLAIMS: tuple[PayloadField, ...] = tuple(
    (Reference(relation.subject, subject), relation.name, Reference(relation.object, object_))
    for relation in ONTOLOGY.relations
    for subject in NAMES[relation.subject]
    for object_ in NAMES[relation.object]
)
WORDS = ("HAS", "HAS", "SURE", "DISPUTED", "DOUBTED", "LACKS")


@st.composite
def webs(draw: st.DrawFn) -> tuple[Facts, list[Question]]:
    """A line of technologies and some other claims between a dozen things; questions."""
    line = itertools.pairwise(draw(st.permutations(NAMES["Technology"])))
    told = [(Reference("Technology", one), "WORKS_WITH", Reference("Technology", other)) for one, other in line]
    told += draw(st.lists(st.sampled_from(CLAIMS), min_size=4, max_size=14, unique=True))
    words = draw(st.lists(st.sampled_from(WORDS), min_size=20, max_size=20))
    facts = facts_of(NAMES, dict(zip(told, words, strict=False)))
    return facts, draw(st.lists(questions(Model(facts)), min_size=20, max_size=20))


# ---------------------------------------------------------------------------------------------------------- the claims


async def test_the_best_of_all_chains_are_found(graphs: Graphs, store: str) -> None:
    """For any two things of the shipped graph; chosen by chance, since Hypothesis would prefer the first of them."""
    engine, model, chance = await graphs.hold(store), Model(shipped()), random.Random(1)
    for _ in range(400 if store == "sqlite" else 100):
        question = Question(*chance.choices(list(model.names), k=2), chance.randint(1, 4), chance.randint(1, 5))

        found = await data(engine, ASKED, question.variables)

        assert found["paths"] == model.paths(question.start, question.end, question.longest, question.first), question


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck), print_blob=True)
@given(cases=st.lists(webs(), min_size=3, max_size=3))
async def test_long_chains_pass_nothing_twice_and_nothing_denied(
    graphs: Graphs, store: str, cases: list[tuple[Facts, list[Question]]]
) -> None:
    for facts, asked in cases[: 3 if store == "sqlite" else 1]:
        engine, model = await graphs.hold(store, facts), Model(facts)

        try:
            for question in asked:
                found = (await data(engine, ASKED, question.variables))["paths"]

                assert found == model.paths(question.start, question.end, question.longest, question.first), question
                for path in found:
                    passed = [path["steps"][0]["from"], *(step["to"] for step in path["steps"])]
                    assert len({json.dumps(thing) for thing in passed}) == path["length"] + 1
                    assert all(step["claim"]["stance"] != "LACKS" for step in path["steps"])
        finally:
            await graphs.drop(facts)


async def test_every_two_companies_are_related_as_was_read(graphs: Graphs, store: str) -> None:
    """What was checked by hand; `ATLAS_REFRESH_GOLDENS=1` writes it anew."""
    engine = await graphs.hold(store)
    companies = sorted(item.reference for item in shipped().entities if item.kind == "Company")

    sentences = {
        f"{one.slug} -> {other.slug}": (await data(engine, ASKED, Question(one, other, 4, 1).variables))["paths"][0][
            "sentence"
        ]
        for one, other in itertools.combinations(companies, 2)
    }

    if REFRESH or not BETWEEN_COMPANIES.exists():
        BETWEEN_COMPANIES.write_text(json.dumps(sentences, indent=2, ensure_ascii=False) + "\n", "utf-8")
    assert sentences == json.loads(BETWEEN_COMPANIES.read_text("utf-8"))


async def test_a_thing_has_no_path_to_itself(graphs: Graphs, store: str) -> None:
    engine = await graphs.hold(store)
    django = Reference("Framework", "django")

    answered = await data(engine, ASKED, Question(django, django, 6, 5).variables)

    assert answered == {"paths": []}


DJANGO = global_id("Framework", "django")
NOBODY = global_id("Company", "nobody")
CLAIM = global_id("Claim", "Framework:django/HAS_FEATURE/Feature:admin-panel")


@pytest.mark.parametrize(
    ("start", "end", "message"),
    [
        (NOBODY, DJANGO, f"from: there is no entity with the ID '{NOBODY}'."),
        (DJANGO, NOBODY, f"to: there is no entity with the ID '{NOBODY}'."),
        (
            NOBODY,
            NOBODY,
            f"from: there is no entity with the ID '{NOBODY}'. to: there is no entity with the ID '{NOBODY}'.",
        ),
        (CLAIM, "", f"from: there is no entity with the ID '{CLAIM}'. to: there is no entity with the ID ''."),
        ("'\\`{}", DJANGO, "from: there is no entity with the ID ''\\`{}'."),
        ("a\0", DJANGO, "from contains the character U+0000."),
    ],
)
async def test_ends_that_are_not_there_are_told(graphs: Graphs, store: str, start: str, end: str, message: str) -> None:
    engine = await graphs.hold(store)

    answered = await answer(engine, ASKED, {"from": start, "to": end})

    assert [(error["message"], error["path"]) for error in answered["errors"]] == [(message, ["paths"])]
    assert answered["errors"][0]["extensions"] == {"code": "BAD_USER_INPUT"}


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
async def test_lengths_and_numbers_out_of_bounds_are_refused(
    graphs: Graphs, store: str, arguments: str, message: str
) -> None:
    engine = await graphs.hold(store)
    name, _, number = arguments.partition(": ")
    asked = f'paths(from: "{DJANGO}", to: "{DJANGO}", {name}: %s) {{ length }}'

    given_ = await answer(engine, f"{{ {asked % number} }}")
    by_variable = await answer(engine, f"query ($number: Int) {{ {asked % '$number'} }}", {"number": int(number)})

    for answered in (given_, by_variable):
        assert [error["message"] for error in answered["errors"]] == [message]


async def test_a_hub_is_crossed_where_the_way_is_short_and_given_up_where_it_is_long(
    graphs: Graphs, store: str
) -> None:
    near, far, hub, feature = (
        Reference("Framework", "near"),
        Reference("Framework", "far"),
        Reference("Technology", "hub"),
        Reference("Feature", "feature"),
    )
    leaves = [Reference("Technology", f"leaf-{number}") for number in range(MAX_CLAIMS_PER_STEP // 2 + 1)]
    told: dict[PayloadField, str] = {(hub, "WORKS_WITH", leaf): "HAS" for leaf in leaves}
    told |= {(leaf, "WORKS_WITH", hub): "HAS" for leaf in leaves}
    told |= {
        (near, "WORKS_WITH", hub): "HAS",
        (leaves[7], "HAS_FEATURE", feature): "HAS",
        (far, "HAS_FEATURE", feature): "HAS",
    }
    names = {
        "Framework": ["near", "far"],
        "Technology": ["hub", *(leaf.slug for leaf in leaves)],
        "Feature": ["feature"],
    }
    facts = facts_of(names, told)
    engine, model = await graphs.hold(store, facts), Model(facts)

    try:
        crossed = {
            question: (await data(engine, ASKED, question.variables))["paths"]
            for question in (
                Question(hub, leaves[5], 1, 5),
                Question(near, leaves[5], 2, 2),
                Question(leaves[5], leaves[6], 2, 4),
                Question(hub, feature, 2, 2),
                Question(near, feature, 3, 2),
                Question(far, near, 3, 5),
            )
        }
        given_up = await answer(engine, ASKED, Question(near, far, 4, 1).variables)
        some = (await data(engine, ASKED, Question(near, feature, 4, 5).variables))["paths"]
    finally:
        await graphs.drop(facts)

    assert crossed == {
        question: model.paths(question.start, question.end, question.longest, question.first) for question in crossed
    }
    assert [len(found) for found in crossed.values()] == [2, 2, 4, 2, 2, 0]
    assert given_up["data"] is None
    assert [error["message"] for error in given_up["errors"]] == [
        "maxLength: too many claims are on paths of 4 steps between these two; use at most 3."
    ]
    assert len(some) == 2


async def test_a_longer_chain_does_not_pass_for_the_shortest_where_shorter_ones_are_given_up(
    graphs: Graphs, store: str
) -> None:
    """From `a` to `b`, by way of `m`, lead 1,810 x 60 chains of 5 steps, and by way of `p1` one of 6."""
    pairs = [
        pair
        for number in range(181)
        for each in range(10)
        for pair in itertools.pairwise(("a", f"u{number}-{each}", f"x{number}", "m"))
    ]
    pairs += [pair for number in range(60) for pair in itertools.pairwise(("m", f"y{number}", "b"))]
    pairs += itertools.pairwise(("a", "p1", "p2", "p3", "p4", "p5", "b"))
    told: dict[PayloadField, str] = {
        (Reference("Technology", one), "WORKS_WITH", Reference("Technology", other)): "HAS" for one, other in pairs
    }
    facts = facts_of({"Technology": sorted({name for pair in pairs for name in pair})}, told)
    engine = await graphs.hold(store, facts)

    try:
        ends = Reference("Technology", "a"), Reference("Technology", "b")
        five, six = [await answer(engine, ASKED, Question(*ends, longest, 1).variables) for longest in (5, 6)]
    finally:
        await graphs.drop(facts)

    assert [error["message"].partition(";")[0] for error in five["errors"]] == [
        "maxLength: too many claims are on paths of 5 steps between these two"
    ]
    assert six == five
