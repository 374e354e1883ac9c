"""Combine the evidence of all sources for a relation into one claim."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Literal

from graph_seed.facts import EvidenceFact, Facts, Reference
from schema import Ontology, Relation

Stance = Literal["HAS", "DISPUTED", "LACKS"]


@dataclass(frozen=True, slots=True)
class Assessment:
    """The combined evidence for a claim. `confidence` is in thousandths, 0 to 1000."""

    stance: Stance
    confidence: int
    first_seen: str | None
    last_seen: str | None


@dataclass(frozen=True, slots=True)
class Claim:
    """A relation between two entities, with all its evidence."""

    subject: Reference
    relation: Relation
    object: Reference
    evidence: tuple[EvidenceFact, ...]
    assessment: Assessment
    key: str = field(init=False, compare=False, repr=False)
    """Unique across all claims; lists of claims are ordered by it."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "key", claim_key(self.subject, self.relation, self.object))


def claim_key(subject: Reference, relation: Relation, object_: Reference) -> str:
    """Return the unique key of a claim: `Framework:django/HAS_FEATURE/Feature:orm`."""
    return f"{subject.kind}:{subject.slug}/{relation.name}/{object_.kind}:{object_.slug}"


def parse_claim_key(key: str, ontology: Ontology) -> tuple[Reference, Relation, Reference]:
    """Return the subject, the relation and the object of the claim with this key."""
    subject, name, object_ = (part.partition(":") for part in key.split("/"))
    return (
        Reference(subject[0], subject[2]),
        ontology.relation_by_signature[subject[0], name[0], object_[0]],
        Reference(object_[0], object_[2]),
    )


def group_claims(facts: Facts) -> Iterator[Claim]:
    """Group the evidence of facts into claims, ordered by key."""
    groups: dict[tuple[Reference, Relation, Reference], list[EvidenceFact]] = {}
    for item in facts.evidence:
        groups.setdefault((item.subject, item.relation, item.object), []).append(item)
    publishers = {item.slug: publisher_of(item.values) for item in facts.entities if item.kind == "Source"}
    grouped = (
        Claim(*ends, tuple(evidence), weigh_evidence((publishers[item.source], item.supports) for item in evidence))
        for ends, evidence in groups.items()
    )
    return iter(sorted(grouped, key=lambda claim: claim.key))


@dataclass(frozen=True, slots=True)
class Publisher:
    """The publisher of a source, or the document itself if it has none, and the date of publication."""

    name: tuple[str, str]
    published: str | None


def weigh_evidence(statements: Iterable[tuple[Publisher, bool]]) -> Assessment:
    """Combine statements for (True) or against (False) a claim.

    Confidence is 1 - 0.5^n for n distinct publishers on the side of the stance. If there are publishers on both sides,
    it is the share of the larger side.
    """
    sides: dict[bool, set[tuple[str, str]]] = {True: set(), False: set()}
    dates: list[str] = []
    for publisher, supports in statements:
        sides[supports].add(publisher.name)
        if publisher.published:
            dates.append(publisher.published)
    supporting, denying = len(sides[True]), len(sides[False])
    if supporting and denying:
        stance, confidence = "DISPUTED", max(supporting, denying) / (supporting + denying)
    else:
        stance, confidence = ("HAS", 1 - 0.5**supporting) if supporting else ("LACKS", 1 - 0.5**denying)
    return Assessment(stance, round(confidence * 1000), min(dates, default=None), max(dates, default=None))


def publisher_of(source: dict[str, object]) -> Publisher:
    """Return the publisher of a source with these properties."""
    publisher, slug, published = source.get("publisher"), source["slug"], source.get("published")
    name = ("publisher", str(publisher)) if publisher else ("document", str(slug))
    return Publisher(name, str(published) if published else None)
