"""Authenticators for tests, forged JWTs, and the messages for rejected tokens."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import Any

import pytest

from service.auth.authenticator import Authenticator
from service.errors import InvalidTokenError
from service.settings import read_settings
from tests.tokens import AUDIENCE, ENTRIES, ISSUER, SECRET

UNKNOWN_TOKEN = "The token is unknown; ask the operator of this service for one."
NOT_SIGNED = "The token is invalid: its format, algorithm or signature is wrong."
MALFORMED = "The Authorization header is malformed; write `Authorization: Bearer TOKEN`."
NO_TOKEN = "This needs a token with the scope `read`; send it as `Authorization: Bearer TOKEN`."
NO_SCOPE = "This needs the scope `read`, which the token does not have; use one that has it."
EXPIRED = "The token has expired; get a new one."


def authenticator(**settings: Any) -> Authenticator:
    """An authenticator with the static tokens of `tests.tokens`."""
    return Authenticator(read_settings(**{"tokens": ENTRIES, **settings}))


def jwt_authenticator(**settings: Any) -> Authenticator:
    """One that also accepts JWTs signed with SECRET."""
    return authenticator(**{"jwt_key": SECRET, "jwt_issuer": ISSUER, "jwt_audience": AUDIENCE, **settings})


def rejection(authenticator: Authenticator, token: str) -> str:
    """The message for a rejected token; it does not contain the token."""
    with pytest.raises(InvalidTokenError) as caught:
        authenticator.authenticate(f"Bearer {token}")
    assert not token or token not in str(caught.value)
    return str(caught.value)


def forged(header: Any, payload: Any, secret: bytes) -> str:
    """A token that PyJWT refuses to create: an HMAC over any header and payload."""
    text = ".".join(segment(json.dumps(part).encode()) for part in (header, payload))
    return f"{text}.{segment(hmac.new(secret, text.encode(), hashlib.sha256).digest())}"


def segment(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def constant_id(_value: object) -> str:
    """An ID for cases with random values: all processes of pytest-xdist must collect the same IDs."""
    return "case"
