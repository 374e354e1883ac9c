"""A model of recommendations, which implements the descriptions in the schema, and generated needs."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

from hypothesis import strategies as st

from graph_seed import Claim, Facts, group_claims
from graph_seed.facts import global_id
from schema.text import text_key

LISTS = {
    "applications": ("SUITS", "Application"),
    "must": ("HAS_FEATURE", "Feature"),
    "types": ("OF_TYPE", "FrameworkType"),
    "technologies": ("WORKS_WITH", "Technology"),
    "prefer": ("HAS_FEATURE", "Feature"),
    "avoid": ("HAS_FEATURE", "Feature"),
}
"""The lists of a need: the relation and the kind of the references."""
_LIST_SETS = (tuple(LISTS), ("applications", "must", "avoid"), ("types", "prefer"), ("technologies",), ("avoid",), ())
"""The lists of generated needs. There are few sets, because Neo4j takes a second to plan a statement."""
_NOT_DENIED = ("HAS", "DISPUTED")


class RecommendModel:
    """The recommendations according to some facts. Weights and scores are in thousandths."""

    def __init__(self, facts: Facts) -> None:
        self.slugs: dict[str, list[str]] = {}
        self.aliases: dict[tuple[str, str], str] = {}
        for item in facts.entities:
            self.slugs.setdefault(item.kind, []).append(item.slug)
            self.aliases |= {(item.kind, text_key(alias)): item.slug for alias in item.values["aliases"]}
        self.claims: dict[tuple[str, str, str], Claim] = {}
        self._degrees: Counter[tuple[str, str]] = Counter()
        self._users: Counter[str] = Counter()
        for claim in group_claims(facts):
            is_denied = claim.assessment.stance not in _NOT_DENIED
            if claim.subject.kind == "Framework":
                self.claims[claim.subject.slug, claim.relation.name, claim.object.slug] = claim
                self._degrees[claim.relation.name, claim.object.slug] += not is_denied
            if claim.relation.name == "USES" and not is_denied:
                self._users[claim.object.slug] += 1

    def recommend(self, need: dict[str, Any], first: int) -> dict[str, Any]:
        ranks = sorted(rank for slug in self.slugs["Framework"] if (rank := self._rank(slug, need)))
        best = [rank for rank in ranks if rank[0] == 0][:first]
        near_misses = [rank for rank in ranks if rank[0] > 0][:first]
        return {
            "best": [self._recommendation(rank, need) for rank in best],
            "nearMisses": [self._recommendation(rank, need) for rank in near_misses],
        }

    def _rank(self, framework: str, need: dict[str, Any]) -> tuple[int, int, str] | None:
        """The sort key: failures, negative score, slug. None if the framework meets no requirement."""
        min_users, users = need.get("usedByAtLeast"), self._users[framework]
        answers = [(name, self._answer(framework, name, target) in _NOT_DENIED) for name, target in self._targets(need)]
        failures = sum(has if name == "avoid" else name != "prefer" and not has for name, has in answers)
        score = sum(self._weight(framework, name, target) for name, target in self._targets(need))
        has_users = min_users is not None and users >= min_users
        if not has_users and not any(has for name, has in answers if name != "avoid"):
            return None
        return failures + (min_users is not None and not has_users), -score - _adoption(users), framework

    def _recommendation(self, rank: tuple[int, int, str], need: dict[str, Any]) -> dict[str, Any]:
        _, negative_score, framework = rank
        reasons = [self._reason(framework, name, target) for name, target in self._targets(need)]
        users, min_users = self._users[framework], need.get("usedByAtLeast")
        user_reason = {
            "requirement": "usedBy" if min_users is None else "usedByAtLeast",
            "target": None,
            "answer": "HAS" if users >= (1 if min_users is None else min_users) else "UNKNOWN",
            "weight": _adoption(users) / 1000,
            "claim": None,
        }
        return {
            "framework": {"slug": framework},
            "score": -negative_score / 1000,
            "reasons": [*reasons, user_reason],
        }

    def _reason(self, framework: str, name: str, target: str) -> dict[str, Any]:
        claim = self._claim(framework, name, target)
        return {
            "requirement": name,
            "target": {"__typename": LISTS[name][1], "slug": target},
            "answer": self._answer(framework, name, target),
            "weight": self._weight(framework, name, target) / 1000,
            "claim": {"id": global_id("Claim", claim.key)} if claim else None,
        }

    def _targets(self, need: dict[str, Any]) -> Iterator[tuple[str, str]]:
        """The distinct targets, each with the name of its list, in the order of the lists."""
        for name, (_, kind) in LISTS.items():
            keys = map(text_key, need.get(name) or ())
            yield from dict.fromkeys((name, self.aliases.get((kind, key), key)) for key in keys)

    def _claim(self, framework: str, name: str, target: str) -> Claim | None:
        return self.claims.get((framework, LISTS[name][0], target))

    def _answer(self, framework: str, name: str, target: str) -> str:
        claim = self._claim(framework, name, target)
        return claim.assessment.stance if claim else "UNKNOWN"

    def _weight(self, framework: str, name: str, target: str) -> int:
        claim = self._claim(framework, name, target)
        if claim is None:
            return 0
        count = len(self.slugs["Framework"])
        rarity = _truncate(Fraction(count, count + 9 * self._degrees[LISTS[name][0], target]))
        weight = Fraction(claim.assessment.confidence, 1000) * rarity
        wanted = {"HAS": weight, "DISPUTED": rarity / 4, "LACKS": -weight}
        unwanted = {"HAS": -weight, "DISPUTED": -rarity / 4, "LACKS": weight / 4}
        weights = unwanted if name == "avoid" else wanted
        factor = Fraction(1, 2 if name == "prefer" else 1)
        return int(1000 * _truncate(weights[claim.assessment.stance] * factor))


@st.composite
def needs(draw: st.DrawFn, model: RecommendModel) -> dict[str, Any]:
    """A need with references to existing entities; many of them are targets of one framework, which often meets the need."""
    framework = draw(st.sampled_from(model.slugs["Framework"]))
    need: dict[str, Any] = {}
    for name in draw(st.sampled_from(_LIST_SETS)):
        relation, kind = LISTS[name]
        targets = [target for subject, claimed, target in model.claims if (subject, claimed) == (framework, relation)]
        aliases = [alias for of_kind, alias in model.aliases if of_kind == kind]
        any_reference = st.sampled_from(model.slugs[kind] + aliases)
        references = st.sampled_from(targets) | any_reference if targets else any_reference
        items = draw(st.lists(references, min_size=1, max_size=4))
        need[name] = items if len(items) > 1 else items * 2  # Neo4j plans again for lists of 0, 1 and 2 to 10 items
    if need and draw(st.sampled_from((False, False, False, True))):
        need[draw(st.sampled_from(list(need)))] = []
    if not any(items for name, items in need.items() if name != "avoid") or draw(st.booleans()):
        need["usedByAtLeast"] = draw(st.integers(1, 4))
    return need


def _truncate(value: Fraction) -> Fraction:
    """Truncate to three decimals."""
    return Fraction(math.trunc(value * 1000), 1000)


def _adoption(users: int) -> int:
    return math.trunc(Fraction(200 * users, users + 10))
