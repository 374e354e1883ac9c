"""Write transactions of a store, and the log of changes.

A store runs one write transaction at a time. So nothing that a transaction has read changes before the transaction ends,
and the entries of the log are in the order of the commits.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from graph_seed import Claim, EntityFact, EvidenceFact, Facts, Reference
from service.plan.version import Version

Action = Literal["UPSERT", "DELETE", "CLAIM", "RETRACT", "LOAD"]


@dataclass(frozen=True, slots=True)
class Change:
    """The content of a log entry.

    `reference` is the entity that changed, or the subject of the claim that changed; None for a batch of a bulk load.
    `claim` is the key of the claim. `kinds` are the kinds of all affected entities, `count` is the number of entities and
    claims.
    """

    action: Action
    reference: Reference | None
    claim: str | None = None
    kinds: tuple[str, ...] = ()
    count: int = 1


def load_change(facts: Facts) -> Change:
    """Return the change that fills an empty graph with these facts."""
    kinds = tuple(sorted({item.kind for item in facts.entities}))
    claims = {(item.subject, item.relation, item.object) for item in facts.evidence}
    return Change("LOAD", None, None, kinds, len(facts.entities) + len(claims))


@dataclass(frozen=True, slots=True)
class LogEntry:
    """An entry of the log; `at` is a time in UTC (ISO 8601)."""

    sequence: int
    at: str
    change: Change


@dataclass(frozen=True, slots=True)
class StoredEntity:
    """An entity of the graph, and the sequence number of the change that last wrote it."""

    fact: EntityFact
    last_change: int


class Transaction(Protocol):
    """One write transaction. Its end commits everything that it wrote, or nothing."""

    version: Version
    """The version of the graph at the beginning; `log_change` replaces it."""

    async def entities(self, references: Collection[Reference]) -> dict[Reference, StoredEntity]:
        """Return the entities that exist, by reference."""
        ...

    async def existing(self, references: Collection[Reference]) -> set[Reference]:
        """Return the references of entities that exist; cheaper than reading the entities."""
        ...

    async def resolve(self, kind: str, keys: Collection[str]) -> dict[str, Reference]:
        """Return the entities of a kind whose slug or alias is one of these keys, by key."""
        ...

    async def evidence(self, keys: Collection[str]) -> dict[str, tuple[EvidenceFact, ...]]:
        """Return all evidence of the claims that exist, by the key of the claim."""
        ...

    async def claim_keys_of(self, reference: Reference) -> list[str]:
        """Return the keys of the claims of which an entity is the subject or the object."""
        ...

    async def claim_keys_citing(self, source: str) -> list[str]:
        """Return the keys of the claims that have evidence from a source."""
        ...

    async def put_entities(self, facts: Sequence[EntityFact]) -> None:
        """Insert or replace entities."""
        ...

    async def put_claims(self, claims: Iterable[Claim]) -> None:
        """Insert or replace claims, with their evidence and edges."""
        ...

    async def delete_claims(self, keys: Collection[str]) -> None:
        """Delete claims with their evidence and edges."""
        ...

    async def delete_entity(self, reference: Reference) -> None:
        """Delete an entity that no claim refers to."""
        ...

    async def log_change(self, change: Change) -> None:
        """Append a change to the log. All writes of the transaction belong to the version that this makes."""
        ...

    async def fetch(self, statement: Any, values: Sequence[Any]) -> Sequence[Any]:
        """Run a statement as `Store.fetch` does; it sees what the transaction has written."""
        ...
