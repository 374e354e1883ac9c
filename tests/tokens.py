"""Tokens for tests: one static token per scope, and JWTs signed with a secret."""

from __future__ import annotations

import time
from typing import Any

import jwt

from service.auth.static_tokens import new_token

READER, WRITER, ADMIN = new_token("dash", "read"), new_token("ci", "write"), new_token("ops", "admin")
ENTRIES = ", ".join(token.entry for token in (READER, WRITER, ADMIN))
"""The value of ATLAS_TOKENS for these three."""

UNKNOWN = new_token("ci", "admin").token
"""A token that no service has an entry for."""

SECRET = "a secret of the tests that is long enough for HS256"
ISSUER, AUDIENCE = "https://issuer", "atlas"


def bearer(token: str, **headers: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token}", **headers}


def jwt_claims(**claims: Any) -> dict[str, Any]:
    """The claims of a valid token. Arguments override them; None removes a claim."""
    now = int(time.time())
    valid = {"iss": ISSUER, "aud": AUDIENCE, "sub": "alice", "scope": "write", "iat": now, "exp": now + 600}
    return {name: value for name, value in {**valid, **claims}.items() if value is not None}


def signed(key: Any = SECRET, algorithm: str = "HS256", headers: Any = None, **claims: Any) -> str:
    return jwt.encode(jwt_claims(**claims), key, algorithm, headers)
