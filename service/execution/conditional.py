"""Conditional requests: whether the client already has the response."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from service.plan import Changes, Plan, Search


@dataclass(slots=True)
class ConditionalRequest:
    """A GET on its way: what its client has already, and the tag of what it gets. Not frozen: the engine fills it in."""

    request: bytes
    known: frozenset[str]
    tag: str | None = None
    unchanged: bool = False

    def meets(self, moment: str) -> bool:
        """Whether the client has the answer of this moment of the graph; its tag is set in any case."""
        hashed = hashlib.sha256(self.request + moment.encode()).hexdigest()[:40]
        self.tag = f'W/"{hashed}"'  # weak: a proxy that compresses leaves such a tag alone
        self.unchanged = hashed in self.known
        return self.unchanged


def lasts(plan: Plan) -> bool:
    """Whether a plan's answer depends on nothing but the graph."""
    return not any(isinstance(root, Search | Changes) for root in plan.roots)
