"""Static tokens: random texts. The settings contain only their hashes, as `NAME:SCOPE:SHA256`."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Iterator
from dataclasses import dataclass

from service.auth.files import read_file
from service.auth.principal import SCOPES, Principal, Scope
from service.errors import SettingsError
from service.settings import Settings

_NAME = re.compile(r"[A-Za-z0-9._@-]{1,64}")
_NAME_RULE = "use 1 to 64 of the characters A-Z, a-z, 0-9, '.', '_', '@' and '-'"
_SHA256 = re.compile(r"[0-9a-fA-F]{64}")


@dataclass(frozen=True, slots=True)
class NewToken:
    """A token that was just created, and its entry for ATLAS_TOKENS."""

    token: str
    entry: str


def new_token(name: str, scope: Scope) -> NewToken:
    """Create a token with 256 random bits. Raises SettingsError if the name is invalid."""
    if not _NAME.fullmatch(name):
        raise SettingsError(f"Invalid token name '{name}'; {_NAME_RULE}.")
    token = f"atlas_{secrets.token_urlsafe(32)}"  # the prefix lets secret scanners find leaked tokens
    return NewToken(token, f"{name}:{scope}:{_hash(token).hex()}")


@dataclass(frozen=True, slots=True)
class StaticToken:
    """An entry of the settings: the hash of a token, and its principal."""

    hash: bytes
    principal: Principal


def static_tokens(settings: Settings) -> tuple[StaticToken, ...]:
    """Return the tokens of ATLAS_TOKENS and ATLAS_TOKENS_FILE.

    Raises SettingsError. Its message has the number of the invalid entry, not the entry, which may be a token by mistake.
    """
    tokens: dict[bytes, StaticToken] = {}
    texts = {"ATLAS_TOKENS": settings.tokens.get_secret_value()}
    if settings.tokens_file is not None:
        texts["ATLAS_TOKENS_FILE"] = read_file("ATLAS_TOKENS_FILE", settings.tokens_file)
    for variable, text in texts.items():
        for number, entry in enumerate(_entries(text), 1):
            token = _parse(entry, f"{variable}: entry {number}")
            if token.hash in tokens:
                raise SettingsError(
                    f"{variable}: entry {number} has the same hash as another entry; remove one of them."
                )
            tokens[token.hash] = token
    return tuple(tokens.values())


def find_principal(token: str, static_tokens: tuple[StaticToken, ...]) -> Principal | None:
    """Return the principal of a token; None if the token is unknown.

    All hashes are compared, each in constant time, so that the duration does not reveal which one matches.
    """
    hash_ = _hash(token)
    principal = None
    for static_token in static_tokens:
        if hmac.compare_digest(static_token.hash, hash_):
            principal = static_token.principal
    return principal


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def _entries(text: str) -> Iterator[str]:
    for line in text.splitlines():
        yield from filter(None, re.split(r"[,\s]+", line.partition("#")[0]))


def _parse(entry: str, location: str) -> StaticToken:
    parts = entry.split(":")
    if len(parts) != 3:
        raise SettingsError(f"{location} is not NAME:SCOPE:SHA256; create one with `framework-atlas token new`.")
    name, scope, hash_ = parts
    if not _NAME.fullmatch(name):
        raise SettingsError(f"{location} has an invalid name; {_NAME_RULE}.")
    if scope not in SCOPES:
        raise SettingsError(f"{location} has an invalid scope; use {', '.join(SCOPES[:-1])} or {SCOPES[-1]}.")
    if not _SHA256.fullmatch(hash_):
        raise SettingsError(
            f"{location} must end with the SHA-256 of the token (64 hexadecimal digits), not with the token."
        )
    return StaticToken(bytes.fromhex(hash_), Principal(name, frozenset({scope})))
