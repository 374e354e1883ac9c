"""Do what a mutation asks for: each root field one transaction, and in it what its payload selects of what was written."""

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
"""A payload, as orjson writes its JSON."""

_NEAREST = 3


def refuse(root: MutationField, message: str) -> Answer:
    """The payload for who may not write."""
    return _told(root.payload, NOT_AUTHORIZED, {"message": message}, iter(()))


async def perform(
    store: Store[Any],
    ontology: Ontology,
    root: MutationField,
    given: Mapping[str, Any],
    fetch: tuple[Any, list[Any]] | None,
) -> tuple[Answer, str | None]:
    """Write what a root field asks for, with the values of its input; its payload, and the bookmark of the write.

    `fetch` is the statement that asks for what was written, and the values of its slots, the ID at the first.
    """

    async def work(transaction: Transaction) -> tuple[Outcome, Sequence[Any]]:
        outcome = await _write(transaction, ontology, root, given)
        if fetch is None or not isinstance(outcome, Succeeded):
            return outcome, ()
        statement, values = fetch
        return outcome, await transaction.fetch(statement, [outcome.id, *values[1:]])

    (outcome, fetched), bookmark = await store.transact(work)
    match outcome:
        case Succeeded(id_, version):
            success, _ = root.payload.parts[0]
            return _told(root.payload, success, {"id": id_, "version": version}, iter(fetched)), bookmark
        case NotFound(message, kind, name):
            near = [] if kind is None else await _near(store, kind, name)
            return _told(root.payload, NOT_FOUND, {"message": message, "nearest": near}, iter(())), bookmark
        case Conflict(message, field, value):
            facts = {"message": message, "field": field, "value": value}
            return _told(root.payload, CONFLICT, facts, iter(())), bookmark
        case InvalidInput(message, field):
            return _told(root.payload, INVALID, {"message": message, "field": field}, iter(())), bookmark


async def _write(
    transaction: Transaction, ontology: Ontology, root: MutationField, given: Mapping[str, Any]
) -> Outcome:
    if root.kind is not None:
        values = {name: value for name, value in given.items() if name != "expectedVersion"}
        return await operations.upsert(transaction, ontology, root.kind, values, given.get("expectedVersion"))
    if root.name == "deleteEntity":
        return await operations.delete(transaction, ontology, given["id"])
    ends = ClaimEnds(given["subject"], given["relation"], given["object"], given["source"])
    if root.name == "retract":
        return await operations.retract(transaction, ontology, ends)
    supports = given.get("supports")
    said = EvidenceInput(supports is None or supports, given["note"], given.get("term"), given.get("locator"))
    return await operations.claim(transaction, ontology, ends, said)


async def _near(store: Store[Any], kind: str, name: str) -> list[str]:
    """The slugs of what is called most alike."""
    names = await store.slugs_by_name(kind)
    near = nearest(name, names)  # of which one thing may have many
    return list(dict.fromkeys(slug for one in near for slug in names[one]))[:_NEAREST]


def _told(payload: Payload, type_name: str, facts: Mapping[str, Any], fetched: Iterator[Any]) -> Answer:
    """What is selected of this type."""
    answer: Answer = {}
    for part in dict(payload.parts)[type_name]:
        match part:
            case Typename(key, name):
                answer[key] = name
            case PayloadField(key, name):
                answer[key] = facts[name]
            case PayloadEntity(key):
                answer[key] = next(fetched)
    return answer
