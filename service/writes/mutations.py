"""Execute the root fields of mutations, each in one transaction, which also fetches what the payload selects."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeAlias

from schema import Ontology
from schema.mutations import CONFLICT, INVALID, NOT_AUTHORIZED, NOT_FOUND
from schema.nearest import nearest
from service.plan import MutationField, Payload, PayloadEntity, PayloadField, Typename
from service.stores import Store, Transaction
from service.writes import operations
from service.writes.operations import ClaimEnds, Conflict, EvidenceInput, InvalidInput, NotFound, Outcome, Succeeded

Answer: TypeAlias = dict[str, Any]
"""A payload; orjson serializes it to its JSON."""

_MAX_SUGGESTIONS = 3


def reject(root: MutationField, message: str) -> Answer:
    """Return the payload for a client that may not write."""
    return _payload(root.payload, NOT_AUTHORIZED, {"message": message}, iter(()))


async def execute(
    store: Store[Any],
    ontology: Ontology,
    root: MutationField,
    values: Mapping[str, Any],
    fetch: tuple[Any, list[Any]] | None,
) -> tuple[Answer, str | None]:
    """Execute a root field with the values of its input; return its payload, and the bookmark of the write.

    `fetch` is the statement for the entities that the payload selects, and its parameters; the first one is the ID of the
    entity or claim that was written.
    """

    async def work(transaction: Transaction) -> tuple[Outcome, Sequence[Any]]:
        outcome = await _write(transaction, ontology, root, values)
        if fetch is None or not isinstance(outcome, Succeeded):
            return outcome, ()
        statement, parameters = fetch
        return outcome, await transaction.fetch(statement, [outcome.id, *parameters[1:]])

    (outcome, fetched), bookmark = await store.transact(work)
    match outcome:
        case Succeeded(id_, version):
            success, _ = root.payload.parts[0]
            return _payload(root.payload, success, {"id": id_, "version": version}, iter(fetched)), bookmark
        case NotFound(message, kind, name):
            suggestions = [] if kind is None else await _nearest_slugs(store, kind, name)
            return _payload(root.payload, NOT_FOUND, {"message": message, "nearest": suggestions}, iter(())), bookmark
        case Conflict(message, field, value):
            fields = {"message": message, "field": field, "value": value}
            return _payload(root.payload, CONFLICT, fields, iter(())), bookmark
        case InvalidInput(message, field):
            return _payload(root.payload, INVALID, {"message": message, "field": field}, iter(())), bookmark


async def _write(
    transaction: Transaction, ontology: Ontology, root: MutationField, values: Mapping[str, Any]
) -> Outcome:
    if root.kind is not None:
        properties = {name: value for name, value in values.items() if name != "expectedVersion"}
        return await operations.upsert(transaction, ontology, root.kind, properties, values.get("expectedVersion"))
    if root.name == "deleteEntity":
        return await operations.delete(transaction, ontology, values["id"])
    ends = ClaimEnds(values["subject"], values["relation"], values["object"], values["source"])
    if root.name == "retract":
        return await operations.retract(transaction, ontology, ends)
    supports = values.get("supports")
    evidence = EvidenceInput(supports is None or supports, values["note"], values.get("term"), values.get("locator"))
    return await operations.claim(transaction, ontology, ends, evidence)


async def _nearest_slugs(store: Store[Any], kind: str, name: str) -> list[str]:
    """Return the slugs of the entities with the most similar names."""
    slugs_by_name = await store.slugs_by_name(kind)
    names = nearest(name, slugs_by_name)  # an entity may have several of them
    return list(dict.fromkeys(slug for item in names for slug in slugs_by_name[item]))[:_MAX_SUGGESTIONS]


def _payload(payload: Payload, type_name: str, fields: Mapping[str, Any], fetched: Iterator[Any]) -> Answer:
    """Return what the operation selects on this type of the payload."""
    answer: Answer = {}
    for part in dict(payload.parts)[type_name]:
        match part:
            case Typename(key, name):
                answer[key] = name
            case PayloadField(key, name):
                answer[key] = fields[name]
            case PayloadEntity(key):
                answer[key] = next(fetched)
    return answer
