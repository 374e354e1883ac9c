"""The operations of mutations, over the transaction of any store.

    upsert    create or update an entity; if the publisher or date of a source changes, assess the claims that cite it again
    delete    delete an entity, its claims and, for a source, its evidence
    claim     add or replace the evidence of one source for a relation
    retract   remove it again; a claim without evidence is deleted

Each operation checks its input, writes nothing if nothing changes, and adds an entry to the log of changes.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, TypeAlias

from graph_seed import EntityFact, Reference
from graph_seed.claims import claim_key, parse_claim_key, publisher_of
from graph_seed.facts import FactError, entity_fact, evidence_fact, global_id, relations_from
from schema import Kind, Ontology, Relation
from schema.connections import SOURCE
from schema.text import text_key
from service.plan.version import Version
from service.stores.transaction import Action, Change, StoredEntity, Transaction
from service.writes.evidence import put_evidence, reassess


@dataclass(frozen=True, slots=True)
class Succeeded:
    """The graph is as requested. `id` is that of the entity or claim, `version` that of the graph."""

    id: str
    version: str


@dataclass(frozen=True, slots=True)
class NotFound:
    """An entity or a claim does not exist. With `kind`, similar names can be suggested for `name`."""

    message: str
    kind: str | None = None
    name: str = ""


@dataclass(frozen=True, slots=True)
class Conflict:
    """The input contradicts the graph: `field` is a field of the input, `value` what the graph has instead."""

    message: str
    field: str
    value: str | None = None


@dataclass(frozen=True, slots=True)
class InvalidInput:
    """A field of the input is invalid."""

    message: str
    field: str


Outcome: TypeAlias = Succeeded | NotFound | Conflict | InvalidInput


@dataclass(frozen=True, slots=True)
class ClaimEnds:
    """A claim and a source as clients name them: global IDs of entities, and the name of the relation."""

    subject: str
    relation: str
    object: str
    source: str


@dataclass(frozen=True, slots=True)
class EvidenceInput:
    """The statement of a source about a claim."""

    supports: bool
    note: str
    term: str | None = None
    locator: str | None = None


# --------------------------------------------------------------------------------------------------------------- entities


async def upsert(
    transaction: Transaction,
    ontology: Ontology,
    kind: Kind,
    values: Mapping[str, Any],
    expected_version: str | None = None,
) -> Outcome:
    """Create an entity, or update its properties that have values here.

    With `expected_version`, the entity must not have changed since that version (optimistic locking).
    """
    reference = Reference(kind.name, values["slug"])
    stored = (await transaction.entities([reference])).get(reference)
    if expected_version is not None:
        problem = _check_version(transaction.version, stored, reference, expected_version)
        if problem is not None:
            return problem
    try:
        fact = entity_fact({"kind": kind.name, **values}, ontology, stored.fact.values if stored else {})
    except FactError as error:
        return InvalidInput(str(error), error.field)
    if stored and stored.fact == fact:
        return Succeeded(reference.id, str(transaction.version))
    names = [*map(text_key, fact.values["aliases"]), *([] if stored else [fact.slug])]
    if conflict := name_conflict(fact, await transaction.resolve(fact.kind, names)):
        return conflict
    is_other_publisher = (
        stored and kind.name == SOURCE and publisher_of(stored.fact.values) != publisher_of(fact.values)
    )
    claims = await transaction.claim_keys_citing(fact.slug) if is_other_publisher else []
    await transaction.log_change(_entity_change("UPSERT", reference, claims, ontology))
    await transaction.put_entities([fact])
    await reassess(transaction, claims)
    return Succeeded(reference.id, str(transaction.version))


async def delete(transaction: Transaction, ontology: Ontology, id_: str) -> Outcome:
    """Delete an entity, the claims of which it is the subject or object and, for a source, its evidence."""
    reference = Reference.of_id(id_)
    if reference is None or reference.kind not in ontology.kind_by_name:
        return NotFound(f"There is no entity with the ID '{id_}'.")
    if reference not in await transaction.entities([reference]):
        return _not_found(reference)
    own = await transaction.claim_keys_of(reference)
    citing = await transaction.claim_keys_citing(reference.slug) if reference.kind == SOURCE else []
    changed = {*own, *citing}
    await transaction.log_change(_entity_change("DELETE", reference, changed, ontology))
    await transaction.delete_claims(own)
    await reassess(transaction, changed - set(own), without_source=reference.slug)
    await transaction.delete_entity(reference)
    return Succeeded(id_, str(transaction.version))


def name_conflict(fact: EntityFact, owners: Mapping[str, Reference]) -> Conflict | None:
    """Check that the slug and the aliases of an entity belong to no other entity of its kind.

    `owners` are the entities that have these names now, by text key.
    """
    if (owner := owners.get(fact.slug, fact.reference)) != fact.reference:
        return Conflict(f"slug: '{fact.slug}' is an alias of {owner}.", "slug", owner.slug)
    for alias in fact.values["aliases"]:
        if (owner := owners.get(text_key(alias), fact.reference)) != fact.reference:
            return Conflict(f"aliases: '{alias}' already belongs to {owner}.", "aliases", owner.slug)
    return None


def _check_version(
    version: Version, stored: StoredEntity | None, reference: Reference, expected: str
) -> Conflict | InvalidInput | None:
    parsed = Version.parse(expected)
    if parsed is None or parsed.digest != version.digest or parsed.sequence > version.sequence:
        return InvalidInput(f"expectedVersion: '{expected}' is not a version of this graph.", "expectedVersion")
    if stored is None:
        return Conflict(f"{reference} does not exist, or was deleted.", "expectedVersion")
    if stored.last_change > parsed.sequence:
        changed = str(Version(version.digest, stored.last_change))
        return Conflict(
            f"{reference} has changed since this version; read it again before you write.", "expectedVersion", changed
        )
    return None


def _entity_change(action: Action, reference: Reference, claims: Collection[str], ontology: Ontology) -> Change:
    """Return the change of an entity and, as a consequence, of claims."""
    kinds = {reference.kind}
    for subject, _, object_ in (parse_claim_key(key, ontology) for key in claims):
        kinds |= {subject.kind, object_.kind}
    return Change(action, reference, None, _sorted(kinds), 1 + len(claims))


# ----------------------------------------------------------------------------------------------------------------- claims


async def claim(transaction: Transaction, ontology: Ontology, ends: ClaimEnds, evidence: EvidenceInput) -> Outcome:
    """Add the evidence of a source for a relation, or replace its earlier evidence."""
    parsed = _parse_ends(ontology, ends)
    if not isinstance(parsed, tuple):
        return parsed
    subject, relation, object_, source = parsed
    line = {"subject": str(subject), "relation": relation.name, "object": str(object_), "source": source.slug}
    try:
        fact = evidence_fact({**line, **asdict(evidence)}, ontology)
    except FactError as error:
        return InvalidInput(str(error), error.field)
    existing = await transaction.entities({subject, object_, source})
    for end in (subject, object_):
        if end not in existing:
            return _not_found(end)
    if source not in existing:
        return InvalidInput(f"source: {source} does not exist; create it first.", "source")
    key = claim_key(subject, relation, object_)
    before = (await transaction.evidence([key])).get(key, ())
    if fact in before:
        return Succeeded(global_id("Claim", key), str(transaction.version))
    await transaction.log_change(Change("CLAIM", subject, key, _sorted({subject.kind, object_.kind})))
    await put_evidence(transaction, {key: (*(item for item in before if item.source != fact.source), fact)})
    return Succeeded(global_id("Claim", key), str(transaction.version))


async def retract(transaction: Transaction, ontology: Ontology, ends: ClaimEnds) -> Outcome:
    """Remove the evidence of a source for a relation; a claim without evidence is deleted."""
    parsed = _parse_ends(ontology, ends)
    if isinstance(parsed, InvalidInput):  # an unknown relation has no claims
        return NotFound(parsed.message)
    if isinstance(parsed, NotFound):
        return parsed
    subject, relation, object_, source = parsed
    key = claim_key(subject, relation, object_)
    before = (await transaction.evidence([key])).get(key, ())
    remaining = tuple(item for item in before if item.source != source.slug)
    if len(remaining) == len(before):
        existing = await transaction.entities({subject, object_, source})
        for end in (subject, object_, source):
            if end not in existing:
                return _not_found(end)
        return NotFound(f"{source} has no evidence about {subject} {relation.name} {object_}.")
    await transaction.log_change(Change("RETRACT", subject, key, _sorted({subject.kind, object_.kind})))
    await put_evidence(transaction, {key: remaining})
    return Succeeded(global_id("Claim", key), str(transaction.version))


def _parse_ends(
    ontology: Ontology, ends: ClaimEnds
) -> tuple[Reference, Relation, Reference, Reference] | NotFound | InvalidInput:
    """Return the subject, the relation, the object and the source."""
    subject, object_, source = (Reference.of_id(id_) for id_ in (ends.subject, ends.object, ends.source))
    for field, id_, reference in (("subject", ends.subject, subject), ("object", ends.object, object_)):
        if reference is None or reference.kind not in ontology.kind_by_name:
            return NotFound(f"{field}: there is no entity with the ID '{id_}'.")
    if source is None or source.kind != SOURCE:
        return InvalidInput(f"source: '{ends.source}' is not the ID of a {SOURCE}.", "source")
    assert subject is not None  # noqa: S101 - checked above
    assert object_ is not None  # noqa: S101 - checked above
    relation = ontology.relation_by_signature.get((subject.kind, ends.relation, object_.kind))
    if relation is None:
        allowed = relations_from(subject.kind, ontology)
        hint = (
            f"use {subject.kind} {', '.join(allowed)}"
            if allowed
            else f"{subject.kind} is not the subject of any relation"
        )
        return InvalidInput(
            f"relation: unknown relation {subject.kind} {ends.relation} {object_.kind}; {hint}.", "relation"
        )
    return subject, relation, object_, source


def _not_found(reference: Reference) -> NotFound:
    return NotFound(f"{reference} does not exist.", reference.kind, reference.slug)


def _sorted(kinds: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(set(kinds)))
