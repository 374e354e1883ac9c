"""Check and write batches of entities."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from graph_seed import EntityFact, Reference
from graph_seed.claims import publisher_of
from graph_seed.facts import FactError, entity_fact
from schema import Kind, Ontology, PropertyType
from schema.connections import SOURCE
from schema.text import text_key
from service.stores.transaction import Change, StoredEntity, Transaction
from service.writes.evidence import reassess
from service.writes.load_results import BatchResult, FileLocation, LineError, LoadSummary
from service.writes.operations import name_conflict


class EntityUpdate(NamedTuple):
    """The fields of an entity on one line; properties without a field stay as they are."""

    location: FileLocation
    reference: Reference
    fields: dict[str, Any]


class StoredEntities(NamedTuple):
    """The entities of a batch that the store has, and the owners of the names in the batch, by kind and text key."""

    entities: Mapping[Reference, StoredEntity]
    owners: Mapping[tuple[str, str], Reference | None]


@dataclass(slots=True)
class EarlierLines:
    """The entities of earlier lines, and the names that these lines assign (or remove: None), by kind and text key."""

    entities: set[Reference] = field(default_factory=set)
    owners: dict[tuple[str, str], Reference | None] = field(default_factory=dict)


def parse_updates(
    ontology: Ontology, lines: Sequence[tuple[FileLocation, dict[str, Any]]]
) -> tuple[list[EntityUpdate], list[LineError]]:
    """Return the lines whose fields are all valid, and the errors of the others. Required properties may be missing."""
    updates: list[EntityUpdate] = []
    errors: list[LineError] = []
    for location, fields in lines:
        kind = ontology.kind_by_name.get(str(fields.get("kind")))
        try:
            fact = entity_fact({**(_placeholders(kind) if kind else {}), **fields}, ontology)
        except FactError as error:
            errors.append((location, str(error)))
        else:
            updates.append(EntityUpdate(location, fact.reference, fields))
    return updates, errors


async def read_stored(transaction: Transaction, updates: list[EntityUpdate]) -> StoredEntities:
    entities = await transaction.entities({update.reference for update in updates})
    names_by_kind: defaultdict[str, set[str]] = defaultdict(set)
    for _, reference, fields in updates:
        names_by_kind[reference.kind].update(map(text_key, fields.get("aliases") or ()))
        if reference not in entities:
            names_by_kind[reference.kind].add(reference.slug)
    owners: dict[tuple[str, str], Reference | None] = {}
    for kind, names in names_by_kind.items():
        resolved = await transaction.resolve(kind, names) if names else {}
        owners.update({(kind, name): owner for name, owner in resolved.items()})
    return StoredEntities(entities, owners)


def apply_updates(
    ontology: Ontology, updates: list[EntityUpdate], stored: StoredEntities, earlier: EarlierLines
) -> tuple[dict[Reference, EntityFact], list[LineError]]:
    """Return the updated entities, and the errors of invalid lines. Add the entities and their names to `earlier`."""
    facts: dict[Reference, EntityFact] = {}
    errors: list[LineError] = []
    for location, reference, fields in updates:
        stored_entity = stored.entities.get(reference)
        before = facts.get(reference) or (stored_entity.fact if stored_entity else None)
        exists = before is not None or reference in earlier.entities
        # An entity of an earlier batch of a check is not in the store, and its properties are not kept in memory.
        values = before.values if before else _placeholders(ontology.kind_by_name[reference.kind]) if exists else {}
        try:
            fact = entity_fact({**values, **fields}, ontology)
        except FactError as error:
            errors.append((location, str(error)))
            continue
        aliases = [text_key(alias) for alias in fact.values["aliases"]]
        names = {name: (fact.kind, name) for name in [*aliases, *([] if exists else [fact.slug])]}
        owners = {name: earlier.owners.get(key, stored.owners.get(key)) for name, key in names.items()}
        if conflict := name_conflict(fact, {name: owner for name, owner in owners.items() if owner}):
            errors.append((location, conflict.message))
            continue
        if before:
            earlier.owners.update({(fact.kind, text_key(alias)): None for alias in before.values["aliases"]})
        earlier.owners.update(dict.fromkeys(names.values(), reference))
        earlier.entities.add(reference)
        facts[reference] = fact
    return facts, errors


async def put_updates(transaction: Transaction, ontology: Ontology, updates: list[EntityUpdate]) -> BatchResult:
    """Write the entities that change, and assess the claims again that cite a changed source."""
    stored = await read_stored(transaction, updates)
    facts, errors = apply_updates(ontology, updates, stored, EarlierLines())
    before = {reference: entity.fact for reference, entity in stored.entities.items()}
    changed = [fact for reference, fact in facts.items() if before.get(reference) != fact]
    if changed:
        kinds = tuple(sorted({fact.kind for fact in changed}))
        await transaction.log_change(Change("LOAD", None, kinds=kinds, count=len(changed)))
        await transaction.put_entities(changed)
    for fact in changed:
        old = before.get(fact.reference)
        if fact.kind == SOURCE and old and publisher_of(old.values) != publisher_of(fact.values):
            await reassess(transaction, await transaction.claim_keys_citing(fact.slug))
    unchanged = len(updates) - len(errors) - len(changed)
    return BatchResult(LoadSummary(entities=len(changed), unchanged=unchanged), errors)


def _placeholders(kind: Kind) -> dict[str, Any]:
    """Return valid values for required properties, which a line may omit."""
    values = {PropertyType.INTEGER: 0, PropertyType.DATE: "2000", PropertyType.TEXTS: []}
    required = (item for item in kind.properties if item.required and item.name not in {"id", "slug"})
    return {item.name: item.choices[0] if item.choices else values.get(item.type, "?") for item in required}
