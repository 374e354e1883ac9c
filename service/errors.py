"""The exceptions that the service raises, and the error codes that clients receive.

AtlasError
├── InputError                   a value in a request is invalid
├── LimitError                   an operation exceeds a limit
├── OperationTooLargeError       an operation does not fit into one statement
├── BookmarkError                a client sent an invalid bookmark
├── PersistedQueryError          a client named a persisted query that is unknown or not allowed
├── RateLimitedError             a client sent too many requests (`service.http.rate_limits`)
├── AccessError                  a client may not do what it requested
│   ├── UnauthenticatedError     it sent no token, but needs one
│   │   └── InvalidTokenError    it sent an invalid token
│   └── ForbiddenError           its token lacks the scope
├── SettingsError                a setting is invalid, or contradicts another one
├── FactsError                   a folder of facts is invalid; lists all errors with file and line
└── StoreError                   the store cannot be used: wrong layout, wrong contents
    └── StoreUnavailable         the store cannot be reached at present
        ├── StoreBusy            too many requests wait for it
        ├── StatementTimeout     a statement took too long
        └── StoreAccessDenied    the store rejects our credentials; only the operator can fix this

Clients receive the messages of the exceptions above SettingsError and of StatementTimeout. For the others they receive a general
message. Two modules map exceptions to responses: `service.execution.error_results` for operations, and
`service.http.error_responses` for requests that are rejected before they are executed.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class ErrorCode(StrEnum):
    """The values of `extensions.code`. Metrics count each under its own label; docs/reference/errors.md lists their causes."""

    BAD_USER_INPUT = "BAD_USER_INPUT"
    """A value in the request is invalid."""

    # The names that Apollo Server uses for requests that cannot be executed.
    BAD_REQUEST = "BAD_REQUEST"
    """The request is not a valid request of GraphQL over HTTP, or this transport cannot execute it."""

    GRAPHQL_PARSE_FAILED = "GRAPHQL_PARSE_FAILED"
    """The document has a syntax error."""

    GRAPHQL_VALIDATION_FAILED = "GRAPHQL_VALIDATION_FAILED"
    """The document is not valid for the schema."""

    OPERATION_RESOLUTION_FAILURE = "OPERATION_RESOLUTION_FAILURE"
    """The document does not have exactly one operation with the requested name."""

    LIMIT_EXCEEDED = "LIMIT_EXCEEDED"
    """The operation exceeds a limit; `extensions.limit` names it."""

    UNAUTHENTICATED = "UNAUTHENTICATED"
    """The request has no token or an invalid one."""

    FORBIDDEN = "FORBIDDEN"
    """The token lacks the scope."""

    RATE_LIMITED = "RATE_LIMITED"
    """The client has sent too many requests; `extensions.retryAfter` has seconds."""

    SERVICE_UNAVAILABLE = "SERVICE_UNAVAILABLE"
    """The store cannot be reached, or the service is overloaded or stopping."""

    STATEMENT_TIMEOUT = "STATEMENT_TIMEOUT"
    """The store did not complete a statement in time."""

    INTERNAL_SERVER_ERROR = "INTERNAL_SERVER_ERROR"
    """An unexpected error; the log has its details."""

    SUBSCRIPTION_ENDED = "SUBSCRIPTION_ENDED"
    """The service ended the subscription; `extensions.after` is the cursor to resume from."""

    # The names that Apollo's clients and router use for persisted queries.
    PERSISTED_QUERY_NOT_FOUND = "PERSISTED_QUERY_NOT_FOUND"
    """The persisted query is unknown; the client must send its text."""

    PERSISTED_QUERY_NOT_SUPPORTED = "PERSISTED_QUERY_NOT_SUPPORTED"
    """Automatic persisted queries are disabled."""

    PERSISTED_QUERY_NOT_IN_LIST = "PERSISTED_QUERY_NOT_IN_LIST"
    """Only trusted documents are accepted, and none has this hash or name."""

    QUERY_NOT_IN_SAFELIST = "QUERY_NOT_IN_SAFELIST"
    """Only trusted documents are accepted, and none has this text."""

    PERSISTED_QUERY_HASH_MISMATCH = "PERSISTED_QUERY_HASH_MISMATCH"
    """The hash is not the SHA-256 of the text."""


@dataclass(frozen=True, slots=True)
class ArgumentLocation:
    """The location of an argument in a document: the response path of its field, its name, its offset in the text."""

    path: tuple[str, ...]
    argument: str
    position: int


class AtlasError(Exception):
    """Base class. Messages are sentences: what is wrong, where, and what to do."""


class InputError(AtlasError):
    """A value in a request is invalid or, if `limit` is set, exceeds that limit."""

    def __init__(self, message: str, location: ArgumentLocation, limit: str | None = None) -> None:
        super().__init__(message)
        self.location = location
        self.limit = limit


class LimitError(AtlasError):
    """An operation exceeds the limit of this name."""

    def __init__(self, message: str, limit: str) -> None:
        super().__init__(message)
        self.limit = limit


class OperationTooLargeError(AtlasError):
    """An operation does not fit into one statement."""


class BookmarkError(AtlasError):
    """A client sent an invalid bookmark."""


class PersistedQueryError(AtlasError):
    """A client named a persisted query that is unknown or not allowed.

    `status` is that of the HTTP response; None: the status of an invalid document.
    """

    def __init__(self, message: str, code: ErrorCode, status: int | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.status = status


class AccessError(AtlasError):
    """A client may not do what it requested. The message never contains the token."""


class UnauthenticatedError(AccessError):
    """A client sent no token, but needs one."""


class InvalidTokenError(UnauthenticatedError):
    """A client sent a token that is malformed, unknown, expired or issued for another audience."""


class ForbiddenError(AccessError):
    """The token of a client lacks the scope."""


class SettingsError(AtlasError):
    """A setting is invalid, or contradicts another one."""


class FactsError(AtlasError):
    """A folder of facts is invalid."""

    def __init__(self, errors: tuple[str, ...]) -> None:
        super().__init__("\n".join(errors))
        self.errors = errors


class StoreError(AtlasError):
    """The store cannot be used."""


class StoreUnavailable(StoreError):  # noqa: N818 - names a state, which may pass
    """The store cannot be reached at present; the same request may succeed later."""

    done: tuple[str, ...] = ()
    """The root fields of the mutation that were executed before this error."""


class StoreBusy(StoreUnavailable):
    """Too many requests wait for the store; this one was not sent to it."""


class StatementTimeout(StoreUnavailable):
    """A statement took too long and was cancelled."""

    def __init__(self, seconds: float, setting: str) -> None:
        super().__init__(f"The operation took longer than {seconds:g} s ({setting}); request less at once.")


class StoreAccessDenied(StoreUnavailable):
    """The store rejects our credentials. Waiting does not help: the operator must fix it."""
