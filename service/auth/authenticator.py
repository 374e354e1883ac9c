"""Authenticate requests and WebSocket connections by their bearer token."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from dataclasses import replace

from service.auth.jwt_tokens import jwt_verifier
from service.auth.principal import ANONYMOUS, NO_ACCESS, Principal
from service.auth.static_tokens import find_principal, static_tokens
from service.errors import AccessError, InvalidTokenError, SettingsError
from service.settings import Settings

log = logging.getLogger("atlas")

_HEADER = re.compile(r"bearer +([A-Za-z0-9._~+/-]+=*)", re.IGNORECASE)  # RFC 6750, 2.1
_MAX_CHARACTERS = 8192  # the JWTs of large issuers have about 2000


class Authenticator:
    """Maps tokens to principals, as the settings define them. Raises SettingsError if these contradict each other."""

    def __init__(self, settings: Settings) -> None:
        self.public_read = settings.public_read
        self._static_tokens = static_tokens(settings)
        self._jwt_verifier = jwt_verifier(settings)
        if not (self.public_read or self._static_tokens or self._jwt_verifier):
            raise SettingsError(
                "ATLAS_PUBLIC_READ: reading requires a token, but none is configured; set ATLAS_TOKENS or ATLAS_JWT_KEY."
            )

    def authenticate(self, authorization: str | None) -> Principal:
        """Return the principal of a request, by its Authorization header; None means that it has none.

        Every returned principal may read. Otherwise raises UnauthenticatedError (InvalidTokenError if a token was sent) or
        ForbiddenError.
        """
        try:
            if authorization is None:
                principal = ANONYMOUS if self.public_read else NO_ACCESS
            else:
                principal = self._principal(_token(authorization))
            principal.require("read")
        except AccessError as error:
            log.info("authentication failed: %s", error)
            raise
        return principal

    def authenticate_connection(self, payload: object) -> Principal:
        """Return the principal of a WebSocket, by the payload of `connection_init`: `{"Authorization": "Bearer TOKEN"}`.

        As with HTTP headers, the case of the name does not matter. Raises the errors of `authenticate`.
        """
        items = payload.items() if isinstance(payload, Mapping) else ()
        values = [value for name, value in items if isinstance(name, str) and name.lower() == "authorization"]
        if not values:
            return self.authenticate(None)
        return self.authenticate(values[0] if len(values) == 1 and isinstance(values[0], str) else "")

    def _principal(self, token: str) -> Principal:
        principal = find_principal(token, self._static_tokens)
        if principal is None:
            if self._jwt_verifier is None or token.count(".") != 2:
                raise InvalidTokenError("The token is unknown; ask the operator of this service for one.")
            principal = self._jwt_verifier.verify(token)
        return replace(principal, scopes=principal.scopes | ANONYMOUS.scopes) if self.public_read else principal


def _token(authorization: str) -> str:
    match = _HEADER.fullmatch(authorization.strip(" \t"))
    if match is None:
        raise InvalidTokenError("The Authorization header is malformed; write `Authorization: Bearer TOKEN`.")
    if len(match[1]) > _MAX_CHARACTERS:
        raise InvalidTokenError(f"The token is longer than {_MAX_CHARACTERS} characters.")
    return match[1]
