"""Conditional requests: decide whether the client already has the current response."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from service.plan import Changes, Plan, Search


@dataclass(slots=True)
class ConditionalRequest:
    """A GET request with the tags that its client has. Not frozen: the engine sets `etag` and `not_modified`.

    `key` is a hash of everything that determines the response, except the state of the graph.
    """

    key: bytes
    client_tags: frozenset[str]
    etag: str | None = None
    not_modified: bool = False

    def matches(self, state: str) -> bool:
        """Return whether the client has the response for this state of the graph; set the tag of the response."""
        tag = hashlib.sha256(self.key + state.encode()).hexdigest()[:40]
        self.etag = f'W/"{tag}"'  # weak: proxies that compress responses keep weak tags only
        self.not_modified = tag in self.client_tags
        return self.not_modified


def is_cacheable(plan: Plan) -> bool:
    """Return whether the answer to a plan depends on nothing but the state of the graph."""
    return not any(isinstance(root, Search | Changes) for root in plan.roots)
