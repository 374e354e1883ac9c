"""Everything that can go wrong, as a tree.

What a client may see of it is decided in `service.execution.engine`; of what is refused before an operation is known to the engine
(PersistedError, LimitedError, and AccessError of the request itself), in `service.http.error_responses`.

AtlasError
├── InputError     a client's value is wrong; its message goes to the client
├── SettingsError  the operator's value is wrong
├── FactsError     a facts folder is wrong; carries every fault with file and line
├── BookmarkError  a client's bookmark is none; its message goes to the client
├── PersistedError a client names a document that is not known or not allowed; its message goes to the client
├── TooLargeError  an operation asks for more than one statement can hold; its message goes to the client
├── LimitedError   somebody has asked too often (`service.http.rate_limits`); its message goes to the client and says when to come back
├── LimitError     a request asks for more than it may; its message goes to the client and names the limit
├── AccessError    a client may not do what it asks for; its message goes to the client and names no token
│   ├── UnauthenticatedError   it has not said who it is
│   │   └── InvalidTokenError  it has, by a token that does not hold
│   └── ForbiddenError         it has, and that is not enough
└── StoreError     the store cannot be used as it is
    └── StoreUnavailable   the store cannot be reached just now
        ├── StoreBusy          too many wait for it already
        ├── StatementTimeout   it was not done with a statement in time; its message goes to the client
        └── StoreRefused   the store does not let us in: waiting does not help, the operator must act
"""

from __future__ import annotations

from dataclasses import dataclass

BAD_INPUT = "BAD_USER_INPUT"
LIMIT = "LIMIT_EXCEEDED"
UNAVAILABLE = "SERVICE_UNAVAILABLE"
TIMEOUT = "STATEMENT_TIMEOUT"
INTERNAL = "INTERNAL_SERVER_ERROR"
UNAUTHENTICATED = "UNAUTHENTICATED"
FORBIDDEN = "FORBIDDEN"
RATE_LIMITED = "RATE_LIMITED"

# of documents by their hashes, as Apollo's clients and router call them
NOT_FOUND = "PERSISTED_QUERY_NOT_FOUND"
NOT_SUPPORTED = "PERSISTED_QUERY_NOT_SUPPORTED"
NOT_IN_LIST = "PERSISTED_QUERY_NOT_IN_LIST"
NOT_SAFE = "QUERY_NOT_IN_SAFELIST"
MISMATCH = "PERSISTED_QUERY_HASH_MISMATCH"

REFUSED = "REFUSED"
"""Not in answers: how operators are told of what has no code."""

COUNTED = frozenset(
    {
        BAD_INPUT,
        LIMIT,
        UNAVAILABLE,
        TIMEOUT,
        INTERNAL,
        UNAUTHENTICATED,
        FORBIDDEN,
        RATE_LIMITED,
        NOT_FOUND,
        NOT_SUPPORTED,
        NOT_IN_LIST,
        NOT_SAFE,
        MISMATCH,
        REFUSED,
    }
)
"""Those that are a label of their own."""


@dataclass(frozen=True, slots=True)
class ArgumentLocation:
    """Where in a document something stands: the response path of its field, the argument, the offset in the text."""

    path: tuple[str, ...]
    argument: str
    position: int


class AtlasError(Exception):
    """Base of all errors of the service; its message is a sentence that says what, where and what to do."""


class InputError(AtlasError):
    """A client's value is wrong, or (`limit`) more than it may be."""

    def __init__(self, message: str, location: ArgumentLocation, limit: str | None = None) -> None:
        super().__init__(message)
        self.location = location
        self.limit = limit


class SettingsError(AtlasError):
    """A setting is wrong or contradicts another."""


class FactsError(AtlasError):
    """A facts folder does not hold what the ontology asks for."""

    def __init__(self, faults: tuple[str, ...]) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


class BookmarkError(AtlasError):
    """What a client has sent as a bookmark is none."""


class PersistedError(AtlasError):
    """A client names a document that is not known here or not allowed, or in a wrong way.

    `status` is the answer's over HTTP; None where that is the one of a document that is wrong.
    """

    def __init__(self, message: str, code: str, status: int | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.status = status


class TooLargeError(AtlasError):
    """An operation asks for more than one statement can hold."""


class LimitError(AtlasError):
    """A request asks for more than one request may."""

    def __init__(self, message: str, limit: str) -> None:
        super().__init__(message)
        self.limit = limit


class AccessError(AtlasError):
    """A client may not do what it asks for."""


class UnauthenticatedError(AccessError):
    """A client has not said who it is, and must."""


class InvalidTokenError(UnauthenticatedError):
    """A client has sent a token that is malformed, unknown, expired or meant for others."""


class ForbiddenError(AccessError):
    """We know who asks, and that they may not."""


class StoreError(AtlasError):
    """The store cannot be used as it is."""


class StoreUnavailable(StoreError):  # noqa: N818 - a state, not a mistake
    """The store cannot be reached just now; the same request may succeed later."""

    done: tuple[str, ...] = ()
    """The root fields of a mutation that were done before."""


class StoreBusy(StoreUnavailable):
    """Too many requests wait for the store; it was not asked."""


class StatementTimeout(StoreUnavailable):
    """The store has given a statement up."""

    def __init__(self, seconds: float, setting: str) -> None:
        super().__init__(
            f"The operation took longer than the {seconds:g} s that the service gives it ({setting}); ask for less at once."
        )


class StoreRefused(StoreUnavailable):
    """The store does not let us in; somebody must put that right."""
