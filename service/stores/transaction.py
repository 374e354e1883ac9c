"""What a store offers to those who write: one transaction at a time, and the log of what was changed.

Writers of one graph wait for each other, so what a transaction reads nobody else changes before it ends, and the
entries of the log have the order in which they were committed.
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
    """An entry of the log, but for its number and its time.

    `reference` is the entity that was changed, the subject where it was a claim, None for a batch of a bulk load;
    `claim` the key of the claim. `kinds` are those of all entities concerned, `count` how many entities and claims.
    """

    action: Action
    reference: Reference | None
    claim: str | None = None
    kinds: tuple[str, ...] = ()
    count: int = 1


def loaded(facts: Facts) -> Change:
    """The change that a graph was filled by."""
    kinds = tuple(sorted({item.kind for item in facts.entities}))
    claims = {(item.subject, item.relation, item.object) for item in facts.evidence}
    return Change("LOAD", None, None, kinds, len(facts.entities) + len(claims))


@dataclass(frozen=True, slots=True)
class LogEntry:
    """An entry of the log as it is read again; `at` is a moment in UTC (ISO 8601)."""

    sequence: int
    at: str
    change: Change


@dataclass(frozen=True, slots=True)
class StoredEntity:
    """An entity that is there, and the number of the change that wrote it last."""

    fact: EntityFact
    changed: int


class Transaction(Protocol):
    """One write transaction. All that it is told is written when it ends, or nothing."""

    version: Version
    """The state that it found, until it logs a change."""

    async def entities(self, references: Collection[Reference]) -> dict[Reference, StoredEntity]:
        """Those of them that are there."""
        ...

    async def present(self, references: Collection[Reference]) -> set[Reference]:
        """Those of them that are there; cheaper than reading them."""
        ...

    async def named(self, kind: str, keys: Collection[str]) -> dict[str, Reference]:
        """The entities of a kind that these keys lead to, by slug or by alias."""
        ...

    async def evidence(self, keys: Collection[str]) -> dict[str, tuple[EvidenceFact, ...]]:
        """All that is said of those of these claims that are there, by their keys."""
        ...

    async def about(self, reference: Reference) -> list[str]:
        """The keys of the claims that an entity is an end of."""
        ...

    async def citing(self, source: str) -> list[str]:
        """The keys of the claims that a source speaks of."""
        ...

    async def put_entities(self, facts: Sequence[EntityFact]) -> None:
        """Write entities whole, new ones and those that are there."""
        ...

    async def put_claims(self, claims: Iterable[Claim]) -> None:
        """Write claims whole, with their evidence and edges, new ones and those that are there."""
        ...

    async def drop_claims(self, keys: Collection[str]) -> None:
        """Remove claims with their evidence and edges."""
        ...

    async def drop_entity(self, reference: Reference) -> None:
        """Remove an entity of which nothing is claimed any more."""
        ...

    async def log(self, change: Change) -> None:
        """Append to the log; what the transaction wrote before, and what it writes after, is of this version."""
        ...

    async def fetch(self, statement: Any, values: Sequence[Any]) -> Sequence[Any]:
        """What `Store.fetch` does, with what the transaction has written."""
        ...
