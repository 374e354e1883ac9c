"""Write claims with their evidence, and assess them again when their evidence or its sources change."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

from graph_seed import Claim, EvidenceFact, Reference
from graph_seed.claims import publisher_of, weigh_evidence
from schema.connections import SOURCE
from service.stores.transaction import Transaction

_BATCH_SIZE = 1000


async def put_evidence(transaction: Transaction, evidence_by_claim: Mapping[str, tuple[EvidenceFact, ...]]) -> None:
    """Replace all evidence of claims, by claim key; a claim without evidence is deleted."""
    sources = {Reference(SOURCE, item.source) for evidence in evidence_by_claim.values() for item in evidence}
    publishers = {
        reference.slug: publisher_of(stored.fact.values)
        for reference, stored in (await transaction.entities(sources)).items()
    }

    def assessed(evidence: tuple[EvidenceFact, ...]) -> Claim:
        first = evidence[0]
        assessment = weigh_evidence((publishers[item.source], item.supports) for item in evidence)
        return Claim(first.subject, first.relation, first.object, evidence, assessment)

    if deleted := [key for key, evidence in evidence_by_claim.items() if not evidence]:
        await transaction.delete_claims(deleted)
    if claims := [assessed(evidence) for evidence in evidence_by_claim.values() if evidence]:
        await transaction.put_claims(claims)


async def reassess(transaction: Transaction, claims: Collection[str], without_source: str | None = None) -> None:
    """Assess claims again, by key; `without_source` is the slug of a source whose evidence is removed."""
    for batch in _batches(sorted(claims)):
        stored = await transaction.evidence(batch)
        remaining = {
            key: tuple(item for item in evidence if item.source != without_source) for key, evidence in stored.items()
        }
        await put_evidence(transaction, remaining)


def _batches(keys: Sequence[str]) -> Iterator[Sequence[str]]:
    return (keys[start : start + _BATCH_SIZE] for start in range(0, len(keys), _BATCH_SIZE))
