"""What can go wrong between a client and the service, as one tree.

    AtlasError
    ├── DocumentError          the document cannot be used this way; nothing was sent
    ├── UnavailableError       no answer: the service is away, overloaded or too slow
    ├── UnexpectedAnswerError  something answered that is no GraphQL service, or not this one
    └── AnsweredError          the service answered with errors, and perhaps with a part of the data
        ├── AccessError              who asks may not
        │   ├── UnauthenticatedError    no token where one is needed, or one that does not hold
        │   └── ForbiddenError          a good token without the scope that is needed
        └── OperationError           the operation was refused, or failed

A message says what is wrong and what to do.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class GraphQLError:
    """One error of an answer; `code` is that of its extensions, such as BAD_USER_INPUT."""

    message: str
    path: tuple[str | int, ...] = ()
    locations: tuple[tuple[int, int], ...] = ()
    extensions: Mapping[str, Any] = field(default_factory=dict[str, Any])

    @property
    def code(self) -> str | None:
        return self.extensions.get("code")

    def __str__(self) -> str:
        places = [f"line {line}, column {column}" for line, column in self.locations]
        where = ", ".join([*([".".join(map(str, self.path))] if self.path else []), *places])
        return f"{self.message} ({where})" if where else self.message


class AtlasError(Exception):
    """Anything that this package raises by itself."""


class DocumentError(AtlasError):
    """The document cannot be used this way; nothing was sent."""


class UnavailableError(AtlasError):
    """No answer: the service is away, overloaded or too slow. Try again later.

    `undone` is True where it is certain that nothing was done: it never came to the service, or was refused at the door.
    Where it is False, a mutation may have been done. `retry_after` is how many seconds the service asked to wait.
    `after` is where a subscription can go on: the cursor of the last change that was told.
    """

    def __init__(
        self, message: str, *, undone: bool = False, retry_after: float | None = None, after: str | None = None
    ) -> None:
        super().__init__(message)
        self.undone = undone
        self.retry_after = retry_after
        self.after = after


class UnexpectedAnswerError(AtlasError):
    """Something answered that is no GraphQL service, or not this one: look at the address, and at proxies between."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


class AnsweredError(AtlasError):
    """The service answered with errors; `data` is what it answered all the same, if anything."""

    def __init__(self, message: str, errors: Sequence[GraphQLError] = (), data: Any = None) -> None:
        super().__init__(message)
        self.errors = tuple(errors)
        self.data = data


class AccessError(AnsweredError):
    """Who asks may not."""


class UnauthenticatedError(AccessError):
    """No token where one is needed, or one that is unknown, malformed or expired: give the client another."""


class ForbiddenError(AccessError):
    """A good token without the scope that is needed: ask for one with it."""


class OperationError(AnsweredError):
    """The operation was refused or failed: `errors` says where and why, `codes` are their codes."""

    @property
    def codes(self) -> frozenset[str]:
        return frozenset(error.code for error in self.errors if error.code)
