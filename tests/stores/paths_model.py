"""A model of paths, which follows every chain of claims, and generated questions."""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from hypothesis import strategies as st

from graph_seed import Claim, Facts, Reference, group_claims
from graph_seed.facts import global_id


@dataclass(frozen=True)
class PathsQuery:
    """The arguments of `paths`."""

    start: Reference
    end: Reference
    max_length: int
    first: int

    @property
    def variables(self) -> dict[str, Any]:
        return {"from": self.start.id, "to": self.end.id, "maxLength": self.max_length, "first": self.first}


@dataclass(frozen=True)
class _Step:
    """A claim, in the direction of the path."""

    claim: Claim
    start: Reference
    end: Reference


class PathsModel:
    """The paths according to some facts."""

    def __init__(self, facts: Facts) -> None:
        self.names = {item.reference: item.values["name"] for item in facts.entities}
        self._steps: dict[Reference, list[_Step]] = {reference: [] for reference in self.names}
        for claim in group_claims(facts):
            if claim.assessment.stance != "LACKS":
                self._steps[claim.subject].append(_Step(claim, claim.subject, claim.object))
                self._steps[claim.object].append(_Step(claim, claim.object, claim.subject))

    def paths(self, query: PathsQuery) -> list[dict[str, Any]]:
        chains: list[tuple[_Step, ...]] = []
        for length in range(1, query.max_length + 1) if query.start != query.end else ():
            if len(chains) < query.first:
                distances = self._distances(query.end)
                chains += sorted(self._chains(query.start, query.end, length, distances), key=_sort_key)
        return [self._path(chain) for chain in chains[: query.first]]

    def connected(self) -> list[Reference]:
        """The entities that have claims."""
        return [reference for reference in self.names if self._steps[reference]]

    def _chains(
        self,
        start: Reference,
        end: Reference,
        length: int,
        distances: dict[Reference, int],
        passed: tuple[_Step, ...] = (),
    ) -> Iterator[tuple[_Step, ...]]:
        """The chains of a number of steps without repeated entities."""
        if not length:
            yield from [passed] if start == end else []
            return
        if start == end:
            return
        visited = {step.start for step in passed} | {start}
        for step in self._steps[start]:
            if step.end not in visited and distances.get(step.end, length) < length:
                yield from self._chains(step.end, end, length - 1, distances, (*passed, step))

    @functools.cache  # noqa: B019 - the model lives as long as the test run
    def _distances(self, end: Reference) -> dict[Reference, int]:
        """The number of steps to an entity from every other one."""
        distances, frontier = {end: 0}, [end]
        while frontier:
            frontier = [step.end for node in frontier for step in self._steps[node] if step.end not in distances]
            distances |= dict.fromkeys(frontier, max(distances.values()) + 1)
        return distances

    def _path(self, chain: tuple[_Step, ...]) -> dict[str, Any]:
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

    def _sentence(self, chain: tuple[_Step, ...]) -> str:
        clauses = []
        for number, step in enumerate(chain):
            relation, is_forward = step.claim.relation, step.start == step.claim.subject
            start, end = self.names[step.start], self.names[step.end]
            if not number:
                clauses.append(f"{start} {relation.verb if is_forward else relation.passive} {end}")
            else:
                clauses.append(f"which {relation.verb} {end}" if is_forward else f"which {end} {relation.verb}")
        return ", ".join(clauses)


def paths_queries(model: PathsModel) -> st.SearchStrategy[PathsQuery]:
    """Queries for paths, mostly between entities with claims, and more often long than short ones."""
    pairs = list(itertools.permutations(model.connected(), 2))
    any_two = st.tuples(*[st.sampled_from(list(model.names))] * 2)
    ends = st.one_of(*[st.sampled_from(pairs) if pairs else any_two] * 7, any_two)
    lengths = st.sampled_from((6, 6, 6, 5, 5, 4, 3, 2, 1))
    return st.builds(lambda two, length, first: PathsQuery(*two, length, first), ends, lengths, st.integers(1, 5))


def _confidence(chain: tuple[_Step, ...]) -> Fraction:
    return math.prod(Fraction(step.claim.assessment.confidence, 1000) for step in chain)


def _sort_key(chain: tuple[_Step, ...]) -> tuple[Any, ...]:
    return -_confidence(chain), [step.claim.key for step in chain]
