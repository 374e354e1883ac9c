"""Principals: the clients that send requests, and their scopes."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Literal, TypeAlias, get_args

from service.errors import ForbiddenError, UnauthenticatedError

Scope: TypeAlias = Literal["read", "write", "admin"]

SCOPES: tuple[Scope, ...] = get_args(Scope)
"""Each scope includes those before it."""

_INCLUDED_IN = {scope: frozenset(SCOPES[index:]) for index, scope in enumerate(SCOPES)}


@dataclass(frozen=True, slots=True)
class Principal:
    """A client: its name in logs, and its scopes."""

    name: str | None  # the name of a static token or the subject of a JWT; None without a token
    scopes: frozenset[Scope]
    expires: int | None = None  # Unix time, leeway included; subscriptions end then

    @property
    def expired(self) -> bool:
        return self.expires is not None and time.time() >= self.expires

    def allows(self, scope: Scope) -> bool:
        return not self.scopes.isdisjoint(_INCLUDED_IN[scope])

    def require(self, scope: Scope) -> None:
        """Raise UnauthenticatedError or ForbiddenError if the principal does not have the scope."""
        if self.allows(scope):
            return
        if self.name is None:
            raise UnauthenticatedError(
                f"This needs a token with the scope `{scope}`; send it as `Authorization: Bearer TOKEN`."
            )
        raise ForbiddenError(f"This needs the scope `{scope}`, which the token does not have; use one that has it.")


ANONYMOUS = Principal(None, frozenset({"read"}))
"""A client without a token if reading is public; also the default for Python code that calls the engine."""

NO_ACCESS = Principal(None, frozenset())
"""A client without a token if reading requires one."""
