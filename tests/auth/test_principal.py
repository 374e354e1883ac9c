"""Scopes: which one includes which, and the error of a principal that lacks one."""

from __future__ import annotations

import time
from typing import Any

import pytest

from service.auth.principal import ANONYMOUS, Principal
from service.errors import ForbiddenError, UnauthenticatedError


def test_each_scope_includes_those_below_it() -> None:
    scopes: list[Any] = ["read", "write", "admin"]

    allowed = {scope: [Principal("x", frozenset({scope})).allows(other) for other in scopes] for scope in scopes}

    assert allowed == {"read": [True, False, False], "write": [True, True, False], "admin": [True, True, True]}
    assert [ANONYMOUS.allows(scope) for scope in scopes] == [True, False, False]


def test_without_a_token_a_missing_scope_is_unauthenticated_and_with_one_it_is_forbidden() -> None:
    with pytest.raises(UnauthenticatedError, match="needs a token with the scope `write`"):
        ANONYMOUS.require("write")
    with pytest.raises(ForbiddenError, match="needs the scope `write`, which the token does not have"):
        Principal("dash", frozenset({"read"})).require("write")


def test_a_principal_expires_with_its_token() -> None:
    now = int(time.time())

    expired = [Principal("x", frozenset(), expires).expired for expires in (None, now + 60, now - 1)]

    assert expired == [False, False, True]
