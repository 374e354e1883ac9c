"""A graph in memory: entities, claims, and the log that says how it was filled."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from graph_seed import Claim, EntityFact, Facts, Reference, group_claims
from graph_seed.facts import EvidenceFact, global_id
from schema import Edge, Ontology
from schema.text import search_words, text_key

POSITIVE = ("HAS", "DISPUTED")


@dataclass(frozen=True)
class Step:
    """A claim as seen from one of its ends."""

    claim: Claim
    start: Reference
    end: Reference


@dataclass(frozen=True)
class MemoryGraph:
    """The facts of one graph. `changed` is the time at which it was filled, as the log says it."""

    ontology: Ontology
    facts: Facts
    changed: str

    @cached_property
    def entities(self) -> dict[Reference, EntityFact]:
        return {item.reference: item for item in self.facts.entities}

    @cached_property
    def claims(self) -> dict[str, Claim]:
        """The claims by key, in the order of their keys."""
        return {claim.key: claim for claim in group_claims(self.facts)}

    @cached_property
    def claim_by_id(self) -> dict[str, Claim]:
        return {global_id("Claim", name): claim for name, claim in self.claims.items()}

    @cached_property
    def entity_by_id(self) -> dict[str, EntityFact]:
        return {reference.id: item for reference, item in self.entities.items()}

    @cached_property
    def _steps(self) -> dict[tuple[Reference, Edge], list[Step]]:
        steps: dict[tuple[Reference, Edge], list[Step]] = {}
        for claim in self.claims.values():
            for edge, start, end in (
                (Edge(claim.relation, reverse=False), claim.subject, claim.object),
                (Edge(claim.relation, reverse=True), claim.object, claim.subject),
            ):
                steps.setdefault((start, edge), []).append(Step(claim, start, end))
        return steps

    def of_kind(self, kind: str) -> list[EntityFact]:
        return [item for item in self.facts.entities if item.kind == kind]

    def steps(self, start: Reference, edge: Edge, stances: Iterable[str] = POSITIVE) -> list[Step]:
        """The claims of these stances that lead from an entity along an edge."""
        wanted = tuple(stances)
        return [step for step in self._steps.get((start, edge), []) if step.claim.assessment.stance in wanted]

    def names(self, item: EntityFact) -> list[str]:
        """The keys of the name and the aliases of an entity."""
        return [text_key(item.values["name"]), *(text_key(alias) for alias in item.values["aliases"])]

    def words(self, item: EntityFact) -> tuple[list[str], list[str]]:
        """The words by which search finds an entity: those of its names, and those of its summary."""
        names, summary = search_words(item.values["name"], item.values["aliases"], item.values.get("summary"))
        return names.split(), summary.split()

    @cached_property
    def mentions(self) -> Counter[Reference]:
        """The number of claims that mention an entity, or cite it."""
        counts = Counter[Reference]()
        for claim in self.claims.values():
            counts.update({claim.subject, claim.object, *(Reference("Source", item.source) for item in claim.evidence)})
        return counts

    def resolve(self, kind: str, name: str) -> EntityFact | None:
        """The entity that a name means: the one with this slug, or else the only one with this name or alias."""
        by_slug = self.entities.get(Reference(kind, name))
        if by_slug is not None:
            return by_slug
        named = [item for item in self.of_kind(kind) if name in self.names(item)]
        return named[0] if len(named) == 1 else None

    def evidence(self, claim: Claim) -> Iterator[tuple[EvidenceFact, EntityFact]]:
        """The evidence of a claim with its sources: oldest first, without a date last, then by slug."""

        def age(pair: tuple[EvidenceFact, EntityFact]) -> Any:
            published = pair[1].values.get("published")
            return published is None, published or "", pair[1].slug

        pairs = ((item, self.entities[Reference("Source", item.source)]) for item in claim.evidence)
        return iter(sorted(pairs, key=age))
