"""What each write does to a graph, over the transaction of any store: check it, do nothing where nothing changes, write
what follows from it, log it.

    upsert    an entity; of a source whose publisher or date changes, every claim that it speaks of is weighed anew
    claim     one source's word on a relation
    retract   the same taken back; a claim that nobody speaks of any more is gone
    delete    an entity, all claims about it and, of a source, all that it said

All are idempotent: done again, they find things as they should be, and log nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, TypeAlias

from graph_seed import Claim, EntityFact, EvidenceFact, Reference
from graph_seed.claims import claim_key, parse_claim_key, publisher_of, weigh_evidence
from graph_seed.facts import FactError, entity_fact, evidence_fact, global_id, relations_from
from schema import Kind, Ontology, Relation
from schema.connections import SOURCE
from schema.text import text_key
from service.plan.version import Version
from service.stores.transaction import Action, Change, StoredEntity, Transaction


@dataclass(frozen=True, slots=True)
class Succeeded:
    """It is as it was asked for. `id` is what was written, or was; `version` that of the graph."""

    id: str
    version: str


@dataclass(frozen=True, slots=True)
class NotFound:
    """What the write is about is not there: the kind and the name to look for what is near."""

    message: str
    kind: str | None = None
    name: str = ""


@dataclass(frozen=True, slots=True)
class Conflict:
    """Something else stands in the way: `field` is what of the input, `value` what is there instead."""

    message: str
    field: str
    value: str | None = None


@dataclass(frozen=True, slots=True)
class InvalidInput:
    """The input is wrong, in this field."""

    message: str
    field: str


Outcome: TypeAlias = Succeeded | NotFound | Conflict | InvalidInput


@dataclass(frozen=True, slots=True)
class ClaimEnds:
    """A claim as clients name it: the global IDs of its ends and of a source, and the relation between them."""

    subject: str
    relation: str
    object: str
    source: str


@dataclass(frozen=True, slots=True)
class EvidenceInput:
    """What a source says of a claim."""

    supports: bool
    note: str
    term: str | None = None
    locator: str | None = None


# ------------------------------------------------------------------------------------------------------------- entities


async def upsert(
    transaction: Transaction, ontology: Ontology, kind: Kind, given: Mapping[str, Any], expected: str | None = None
) -> Outcome:
    """Make an entity, or change what is given of it; `expected` is the version since which nobody may have changed it."""
    reference = Reference(kind.name, given["slug"])
    stored = (await transaction.entities([reference])).get(reference)
    if expected is not None and (refused := _moved(transaction.version, stored, reference, expected)):
        return refused
    try:
        fact = entity_fact({"kind": kind.name, **(stored.fact.values if stored else {}), **given}, ontology)
    except FactError as fault:
        return InvalidInput(str(fault), fault.field)
    if stored and stored.fact == fact:
        return Succeeded(reference.id, str(transaction.version))
    if clash := await _taken(transaction, fact, new=stored is None):
        return clash
    voiced = stored and kind.name == SOURCE and publisher_of(stored.fact.values) != publisher_of(fact.values)
    weighed = await transaction.claim_keys_citing(fact.slug) if voiced else []
    await transaction.log_change(_change("UPSERT", reference, weighed, ontology))
    await transaction.put_entities([fact])
    await weigh_again(transaction, weighed)
    return Succeeded(reference.id, str(transaction.version))


def _moved(
    version: Version, stored: StoredEntity | None, reference: Reference, expected: str
) -> Conflict | InvalidInput | None:
    known = Version.parse(expected)
    if known is None or known.digest != version.digest or known.sequence > version.sequence:
        return InvalidInput(f"expectedVersion: '{expected}' is no version of this graph.", "expectedVersion")
    if stored is None:
        return Conflict(f"There is no {reference} (any more).", "expectedVersion")
    if stored.last_change > known.sequence:
        changed = str(Version(version.digest, stored.last_change))
        return Conflict(f"{reference} was changed since: read it again, then write.", "expectedVersion", changed)
    return None


async def _taken(transaction: Transaction, fact: EntityFact, *, new: bool) -> Conflict | None:
    names = [*map(text_key, fact.values["aliases"]), *([fact.slug] if new else [])]
    return taken(fact, await transaction.resolve(fact.kind, names))


def taken(fact: EntityFact, holders: Mapping[str, Reference]) -> Conflict | None:
    """What already has the slug or an alias of an entity: either leads to one entity of its kind. `holders` are those
    that have them now, by key.
    """
    if (holder := holders.get(fact.slug, fact.reference)) != fact.reference:
        return Conflict(f"slug: '{fact.slug}' is an alias of {holder}.", "slug", holder.slug)
    for alias in fact.values["aliases"]:
        if (holder := holders.get(text_key(alias), fact.reference)) != fact.reference:
            return Conflict(f"aliases: '{alias}' already leads to {holder}.", "aliases", holder.slug)
    return None


async def delete(transaction: Transaction, ontology: Ontology, id_: str) -> Outcome:
    """Remove an entity, the claims that it is an end of and, of a source, all that it says."""
    reference = Reference.of_id(id_)
    if reference is None or reference.kind not in ontology.kind_by_name:
        return NotFound(f"There is no entity with the ID '{id_}'.")
    if reference not in await transaction.entities([reference]):
        return _absent(reference)
    about = await transaction.claim_keys_of(reference)
    spoken = await transaction.claim_keys_citing(reference.slug) if reference.kind == SOURCE else []
    changed = {*about, *spoken}
    await transaction.log_change(_change("DELETE", reference, changed, ontology))
    await transaction.delete_claims(about)
    await weigh_again(transaction, changed - set(about), without=reference.slug)
    await transaction.delete_entity(reference)
    return Succeeded(id_, str(transaction.version))


def _change(action: Action, reference: Reference, claims: Collection[str], ontology: Ontology) -> Change:
    """The change of an entity, and of these claims along with it."""
    kinds = {reference.kind}
    for subject, _, object_ in (parse_claim_key(key_, ontology) for key_ in claims):
        kinds |= {subject.kind, object_.kind}
    return Change(action, reference, None, _sorted(kinds), 1 + len(claims))


# --------------------------------------------------------------------------------------------------------------- claims


async def claim(transaction: Transaction, ontology: Ontology, ends: ClaimEnds, said: EvidenceInput) -> Outcome:
    """Let a source say something; what it said of the same before is overwritten."""
    found = _ends(ontology, ends)
    if not isinstance(found, tuple):
        return found
    subject, relation, object_, source = found
    line = {"subject": str(subject), "relation": relation.name, "object": str(object_), "source": source.slug}
    try:
        fact = evidence_fact({**line, **asdict(said)}, ontology)
    except FactError as fault:
        return InvalidInput(str(fault), fault.field)
    there = await transaction.entities({subject, object_, source})
    for end in (subject, object_):
        if end not in there:
            return _absent(end)
    if source not in there:
        return InvalidInput(f"source: there is no {source}; every claim cites a source that is known.", "source")
    key_ = claim_key(subject, relation, object_)
    before = (await transaction.evidence([key_])).get(key_, ())
    if fact in before:
        return Succeeded(global_id("Claim", key_), str(transaction.version))
    await transaction.log_change(Change("CLAIM", subject, key_, _sorted({subject.kind, object_.kind})))
    await put_evidence(transaction, {key_: (*(one for one in before if one.source != fact.source), fact)})
    return Succeeded(global_id("Claim", key_), str(transaction.version))


async def retract(transaction: Transaction, ontology: Ontology, ends: ClaimEnds) -> Outcome:
    """Take back what a source says; a claim goes with the last that was said of it."""
    found = _ends(ontology, ends)
    if isinstance(found, InvalidInput):  # a relation that cannot be has no claim
        return NotFound(found.message)
    if isinstance(found, NotFound):
        return found
    subject, relation, object_, source = found
    key_ = claim_key(subject, relation, object_)
    before = (await transaction.evidence([key_])).get(key_, ())
    left = tuple(one for one in before if one.source != source.slug)
    if len(left) == len(before):
        there = await transaction.entities({subject, object_, source})
        for end in (subject, object_, source):
            if end not in there:
                return _absent(end)
        return NotFound(f"{source} says nothing of {subject} {relation.name} {object_}.")
    await transaction.log_change(Change("RETRACT", subject, key_, _sorted({subject.kind, object_.kind})))
    await put_evidence(transaction, {key_: left})
    return Succeeded(global_id("Claim", key_), str(transaction.version))


def _ends(
    ontology: Ontology, ends: ClaimEnds
) -> tuple[Reference, Relation, Reference, Reference] | NotFound | InvalidInput:
    """The references that global IDs stand for, and the relation between the two."""
    subject, object_, source = (Reference.of_id(one) for one in (ends.subject, ends.object, ends.source))
    for name, given, reference in (("subject", ends.subject, subject), ("object", ends.object, object_)):
        if reference is None or reference.kind not in ontology.kind_by_name:
            return NotFound(f"{name}: there is no entity with the ID '{given}'.")
    if source is None or source.kind != SOURCE:
        return InvalidInput(f"source: '{ends.source}' is not the ID of a {SOURCE}.", "source")
    assert subject is not None  # noqa: S101 - looked at above
    assert object_ is not None  # noqa: S101
    relation = ontology.relation_by_signature.get((subject.kind, ends.relation, object_.kind))
    if relation is None:
        allowed = relations_from(subject.kind, ontology)
        told = f"from {subject.kind} there are {', '.join(allowed)}" if allowed else f"nothing starts at {subject.kind}"
        return InvalidInput(f"relation: there is no {subject.kind} {ends.relation} {object_.kind}; {told}.", "relation")
    return subject, relation, object_, source


def _absent(reference: Reference) -> NotFound:
    return NotFound(f"There is no {reference}.", reference.kind, reference.slug)


# -------------------------------------------------------------------------------------------------------------- weights


async def put_evidence(transaction: Transaction, said: Mapping[str, tuple[EvidenceFact, ...]]) -> None:
    """Write claims, by their keys, as all that is said of them now weighs; those of which nothing is said go."""
    sources = {Reference(SOURCE, one.source) for evidence in said.values() for one in evidence}
    publishers = {
        item.slug: publisher_of(stored.fact.values) for item, stored in (await transaction.entities(sources)).items()
    }

    def weighed(evidence: tuple[EvidenceFact, ...]) -> Claim:
        first = evidence[0]
        assessment = weigh_evidence((publishers[one.source], one.supports) for one in evidence)
        return Claim(first.subject, first.relation, first.object, evidence, assessment)

    if gone := [key_ for key_, evidence in said.items() if not evidence]:
        await transaction.delete_claims(gone)
    if left := [weighed(evidence) for evidence in said.values() if evidence]:
        await transaction.put_claims(left)


async def weigh_again(transaction: Transaction, keys: Collection[str], without: str | None = None) -> None:
    """Write claims again, as what is said of them weighs by now; `without` is a source that says nothing any more."""
    for batch in _batches(sorted(keys)):
        said = await transaction.evidence(batch)
        left = {key_: tuple(one for one in evidence if one.source != without) for key_, evidence in said.items()}
        await put_evidence(transaction, left)


_BATCH = 1000


def _batches(items: list[str]) -> Iterable[list[str]]:
    return (items[start : start + _BATCH] for start in range(0, len(items), _BATCH))


def _sorted(kinds: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(set(kinds)))
