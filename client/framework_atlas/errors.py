"""The exceptions of the client.

AtlasError
├── DocumentError          the document does not suit the method
├── UnavailableError       no response: the service is down, overloaded or too slow
├── UnexpectedAnswerError  the response is not a GraphQL response
└── AnsweredError          the service returned errors, and possibly a part of the data
    ├── AccessError              access is denied
    │   ├── UnauthenticatedError    the token is missing or invalid
    │   └── ForbiddenError          the token lacks a required scope
    └── OperationError           the operation is invalid or failed
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class GraphQLError:
    """An error in a response. `code` is the code in its extensions, such as BAD_USER_INPUT."""

    message: str
    path: tuple[str | int, ...] = ()
    locations: tuple[tuple[int, int], ...] = ()
    extensions: Mapping[str, Any] = field(default_factory=dict[str, Any])

    @property
    def code(self) -> str | None:
        return self.extensions.get("code")

    def __str__(self) -> str:
        path = [".".join(map(str, self.path))] if self.path else []
        position = ", ".join([*path, *(f"line {line}, column {column}" for line, column in self.locations)])
        return f"{self.message} ({position})" if position else self.message


class AtlasError(Exception):
    """The base class of all exceptions of this package."""


class DocumentError(AtlasError):
    """The document does not suit the method, for example a document without `$after` for `pages`."""


class UnavailableError(AtlasError):
    """The service did not respond: it is down, overloaded or too slow. Try again later.

    `undone` is True if the operation was certainly not executed: the request was not sent, or was rejected before
    execution. If it is False, a mutation may have been executed. `retry_after` is the delay in seconds that the service
    requests. `after` is the cursor of the last change received, with which a subscription can be resumed.
    """

    def __init__(
        self, message: str, *, undone: bool = False, retry_after: float | None = None, after: str | None = None
    ) -> None:
        super().__init__(message)
        self.undone = undone
        self.retry_after = retry_after
        self.after = after


class UnexpectedAnswerError(AtlasError):
    """The response is not a GraphQL response. Check the URL, and proxies between the client and the service."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


class AnsweredError(AtlasError):
    """The service returned errors; `data` is the part of the data that it returned, if any."""

    def __init__(self, message: str, errors: Sequence[GraphQLError] = (), data: Any = None) -> None:
        super().__init__(message)
        self.errors = tuple(errors)
        self.data = data


class AccessError(AnsweredError):
    """Access is denied."""


class UnauthenticatedError(AccessError):
    """The token is missing, unknown, malformed or expired; use another token."""


class ForbiddenError(AccessError):
    """The token is valid, but lacks a required scope; use a token with this scope."""


class OperationError(AnsweredError):
    """The operation is invalid or failed. `errors` are the details, `codes` the set of their codes."""

    @property
    def codes(self) -> frozenset[str]:
        return frozenset(error.code for error in self.errors if error.code)
