"""Check, write and retract batches of evidence."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from graph_seed import EvidenceFact, Reference
from graph_seed.claims import claim_key
from graph_seed.facts import FactError, evidence_fact
from schema import Ontology
from schema.connections import SOURCE
from service.stores.transaction import Change, Transaction
from service.writes.evidence import put_evidence
from service.writes.load_results import BatchResult, FileLocation, LineError, LoadSummary


class EvidenceLine(NamedTuple):
    """A line of evidence that is valid for the ontology."""

    location: FileLocation
    claim: str
    fact: EvidenceFact

    @property
    def required(self) -> tuple[Reference, Reference, Reference]:
        """The entities that must exist."""
        return self.fact.subject, self.fact.object, Reference(SOURCE, self.fact.source)


def parse_evidence(
    ontology: Ontology, lines: Sequence[tuple[FileLocation, dict[str, Any]]]
) -> tuple[list[EvidenceLine], list[LineError]]:
    """Return the valid lines, and the errors of the others."""
    parsed: list[EvidenceLine] = []
    errors: list[LineError] = []
    for location, fields in lines:
        try:
            fact = evidence_fact(fields, ontology)
        except FactError as error:
            errors.append((location, str(error)))
        else:
            parsed.append(EvidenceLine(location, claim_key(fact.subject, fact.relation, fact.object), fact))
    return parsed, errors


def missing_entities(lines: Iterable[EvidenceLine], existing: Collection[Reference]) -> list[LineError]:
    return [
        (line.location, f"{reference} does not exist.")
        for line in lines
        for reference in line.required
        if reference not in existing
    ]


async def existing_entities(transaction: Transaction, references: Collection[Reference]) -> set[Reference]:
    return await transaction.existing(references)


async def put_evidence_lines(transaction: Transaction, lines: list[EvidenceLine]) -> BatchResult:
    """Write the evidence that changes; it replaces earlier evidence of the same source about the same claim."""
    stored = await transaction.evidence({line.claim for line in lines})
    before = {claim: {item.source: item for item in evidence} for claim, evidence in stored.items()}
    new = [line for line in lines if before.get(line.claim, {}).get(line.fact.source) != line.fact]
    existing = await transaction.existing({reference for line in new for reference in line.required}) if new else set()
    errors = missing_entities(new, existing)
    invalid = {location for location, _ in errors}
    after = {claim: dict(evidence) for claim, evidence in before.items()}
    for line in lines:
        if line.location not in invalid:
            after.setdefault(line.claim, {})[line.fact.source] = line.fact
    changed = {claim: tuple(items.values()) for claim, items in after.items() if before.get(claim) != items}
    if changed:
        await transaction.log_change(_load_change(changed))
        await put_evidence(transaction, changed)
    written = sum(item != before.get(claim, {}).get(item.source) for claim, items in changed.items() for item in items)
    return BatchResult(LoadSummary(evidence=written, unchanged=len(lines) - len(invalid) - written), errors)


async def claims_citing(transaction: Transaction, source: str) -> list[str]:
    return await transaction.claim_keys_citing(source)


async def retract_evidence(transaction: Transaction, source: str, claims: Collection[str]) -> int:
    """Remove the evidence of a source about these claims; return the number of pieces."""
    stored = await transaction.evidence(claims)
    remaining = {claim: tuple(item for item in evidence if item.source != source) for claim, evidence in stored.items()}
    changed = {claim: evidence for claim, evidence in remaining.items() if len(evidence) != len(stored[claim])}
    if changed:
        await transaction.log_change(_load_change({claim: stored[claim] for claim in changed}))
        await put_evidence(transaction, changed)
    return len(changed)


def _load_change(evidence_by_claim: Mapping[str, tuple[EvidenceFact, ...]]) -> Change:
    kinds = {end.kind for items in evidence_by_claim.values() for end in (items[0].subject, items[0].object)}
    return Change("LOAD", None, kinds=tuple(sorted(kinds)), count=len(evidence_by_claim))
