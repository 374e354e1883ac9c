"""The context in which an operation is executed: the client, and how it wants the response."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from service.auth.jwt_tokens import EXPIRED
from service.auth.principal import ANONYMOUS, Principal, Scope
from service.errors import AccessError, InvalidTokenError
from service.execution.conditional import ConditionalRequest
from service.execution.tables import Table

BOOKMARK = "bookmark"
"""The request extension with the bookmark of a write that the query must see; over HTTP also `Atlas-Bookmark`."""

EXPLAIN = "explain"
"""The request extension that asks for an explanation, and the response extension that contains it."""


@dataclass(slots=True)
class TransportContext:
    """What the transport knows about a request: Strawberry's context value.

    Not frozen: Strawberry sets `connection_params`, and a WebSocket is authenticated after its handshake.
    """

    principal: Principal = ANONYMOUS
    access_error: AccessError | None = None
    """The reason why the client's token is invalid."""
    table: Table | None = None
    """The table to respond with. The engine rejects operations without rows before it runs them."""
    conditional: ConditionalRequest | None = None
    """The conditional part of a GET request."""
    connection_params: dict[str, object] | None = field(default=None, repr=False)  # may contain a token
    authorization: str | None = field(default=None, repr=False)  # the header of a WebSocket's handshake
    address: str | None = None  # of the client of a WebSocket


@dataclass(frozen=True, slots=True)
class RequestContext:
    """The context of one operation.

    With a `bookmark`, the operation sees at least the write that returned it. With an `access_error`, nothing is executed.
    """

    principal: Principal = ANONYMOUS
    bookmark: str | None = None
    access_error: AccessError | None = None
    explain: bool = False
    table: Table | None = None
    conditional: ConditionalRequest | None = None

    @classmethod
    def of(cls, context: object, extensions: dict[str, Any] | None = None) -> RequestContext:
        """Combine the context of the transport, if there is one, with the request extensions."""
        if not isinstance(context, TransportContext):
            context = TransportContext()
        access_error = context.access_error
        if access_error is None and context.principal.expired:  # a WebSocket can outlive its token
            access_error = InvalidTokenError(EXPIRED)
        extensions = extensions or {}
        bookmark = extensions.get(BOOKMARK)
        return cls(
            context.principal,
            bookmark if isinstance(bookmark, str) else None,
            access_error,
            extensions.get(EXPLAIN) is True,
            context.table,
            context.conditional,
        )

    def require(self, scope: Scope) -> None:
        """Raise AccessError if the client's token is invalid or lacks the scope."""
        if self.access_error is not None:
            raise self.access_error
        self.principal.require(scope)


ANONYMOUS_CONTEXT = RequestContext()
"""The context of an operation that is executed without one: a client without a token."""
