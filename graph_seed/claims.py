"""Weigh evidence: many sources' words on one relation make one claim."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Literal

from graph_seed.facts import EvidenceFact, Facts, Reference
from schema import Ontology, Relation

Stance = Literal["HAS", "DISPUTED", "LACKS"]


@dataclass(frozen=True, slots=True)
class Weight:
    """What the evidence for a claim comes to. `confidence` is in thousandths, 0 to 1000."""

    stance: Stance
    confidence: int
    first_seen: str | None
    last_seen: str | None


@dataclass(frozen=True, slots=True)
class Claim:
    """One relation between two things, with all that was said about it."""

    subject: Reference
    relation: Relation
    object: Reference
    evidence: tuple[EvidenceFact, ...]
    weight: Weight
    key: str = field(init=False, compare=False, repr=False)
    """Unique over all claims; lists of claims are ordered by it."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "key", claim_key(self.subject, self.relation, self.object))


def claim_key(subject: Reference, relation: Relation, object_: Reference) -> str:
    """What is unique over all claims."""
    return f"{subject.kind}:{subject.slug}/{relation.name}/{object_.kind}:{object_.slug}"


def ends_of(key: str, ontology: Ontology) -> tuple[Reference, Relation, Reference]:
    """The ends and the relation of the claim with this key."""
    subject, name, object_ = (part.partition(":") for part in key.split("/"))
    return (
        Reference(subject[0], subject[2]),
        ontology.relation_by_signature[subject[0], name[0], object_[0]],
        Reference(object_[0], object_[2]),
    )


def claims(facts: Facts) -> Iterator[Claim]:
    """Gather the evidence of facts into claims, ordered by key."""
    gathered: dict[tuple[Reference, Relation, Reference], list[EvidenceFact]] = {}
    for item in facts.evidence:
        gathered.setdefault((item.subject, item.relation, item.object), []).append(item)
    voices = {item.slug: voice_of(item.values) for item in facts.entities if item.kind == "Source"}
    made = (
        Claim(*ends, tuple(evidence), weigh((voices[item.source], item.supports) for item in evidence))
        for ends, evidence in gathered.items()
    )
    return iter(sorted(made, key=lambda claim: claim.key))


@dataclass(frozen=True, slots=True)
class Voice:
    """Who speaks, and when: the publisher, or else the document itself."""

    name: tuple[str, str]
    published: str | None


def weigh(said: Iterable[tuple[Voice, bool]]) -> Weight:
    """Weigh what voices said for (True) or against (False) a claim.

    Confidence is 1 - 0.5^n for n distinct publishers on the stance's side; when both sides have one, it is the larger
    side's share of them.
    """
    sides: dict[bool, set[tuple[str, str]]] = {True: set(), False: set()}
    dates: list[str] = []
    for voice, supports in said:
        sides[supports].add(voice.name)
        if voice.published:
            dates.append(voice.published)
    for_it, against = len(sides[True]), len(sides[False])
    if for_it and against:
        stance, confidence = "DISPUTED", max(for_it, against) / (for_it + against)
    else:
        stance, confidence = ("HAS", 1 - 0.5**for_it) if for_it else ("LACKS", 1 - 0.5**against)
    return Weight(stance, round(confidence * 1000), min(dates, default=None), max(dates, default=None))


def voice_of(source: dict[str, object]) -> Voice:
    """Who speaks in a source, given its properties."""
    publisher, slug, published = source.get("publisher"), source["slug"], source.get("published")
    name = ("publisher", str(publisher)) if publisher else ("document", str(slug))
    return Voice(name, str(published) if published else None)
