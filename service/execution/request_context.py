"""On which terms an operation is answered: who asks, and how they want it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from service.auth.jwt_tokens import EXPIRED
from service.auth.principal import ANONYMOUS, Principal, Scope
from service.errors import AccessError, InvalidTokenError
from service.execution.conditional import ConditionalRequest
from service.execution.tables import Table

BOOKMARK = "bookmark"
"""The request extension by which a client names the write that it wants to see; `Atlas-Bookmark` over HTTP."""

EXPLAIN = "explain"
"""The request extension by which a client asks how its query is answered, and that of the answer which says so."""


@dataclass(slots=True)
class TransportContext:
    """What a request hands to its operation: Strawberry's context value.

    Not frozen: Strawberry itself sets what a WebSocket's `connection_init` brings.
    """

    principal: Principal = ANONYMOUS
    refused: AccessError | None = None
    table: Table | None = None
    """The table that the answer is to be: what has no rows is refused before it runs."""
    conditional: ConditionalRequest | None = None
    """What a client that asks by GET has of the answer already."""
    connection_params: dict[str, object] | None = field(default=None, repr=False)  # may hold a token
    authorization: str | None = field(default=None, repr=False)  # the header of a WebSocket's handshake
    address: str | None = None  # of who has opened the WebSocket


@dataclass(frozen=True, slots=True)
class RequestContext:
    """On which an operation is answered: for whom, and, with a bookmark, at least as new as the write that gave it.

    `refused` says why the token that was sent is not taken; nothing is answered then.
    """

    principal: Principal = ANONYMOUS
    bookmark: str | None = None
    refused: AccessError | None = None
    explain: bool = False
    table: Table | None = None
    conditional: ConditionalRequest | None = None

    @classmethod
    def of(cls, context: object, extensions: dict[str, Any] | None = None) -> RequestContext:
        """The terms of a request by its context and extensions; where there is no context anyone asks."""
        if not isinstance(context, TransportContext):
            context = TransportContext()
        refused = context.refused
        if refused is None and context.principal.expired:  # a WebSocket may stay open for longer than its token holds
            refused = InvalidTokenError(EXPIRED)
        given = extensions or {}
        bookmark = given.get(BOOKMARK)
        return cls(
            context.principal,
            bookmark if isinstance(bookmark, str) else None,
            refused,
            given.get(EXPLAIN) is True,
            context.table,
            context.conditional,
        )

    def require(self, scope: Scope) -> None:
        """Raise AccessError where the token that was sent is not taken, or does not allow this."""
        if self.refused is not None:
            raise self.refused
        self.principal.require(scope)


ANONYMOUS = RequestContext()
"""Those of who says nothing of them: anyone, who may see what anyone may."""
