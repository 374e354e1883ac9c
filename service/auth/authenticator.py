"""Who asks, and what they may do: a bearer token becomes a principal, or is refused.

A token is one of those whose hashes the settings hold, or a JWT (RFC 9068) that the settings' key, issuer and audience
hold true. What is sent and does not hold is refused, never taken for nothing sent.
"""

from __future__ import annotations

import hashlib
import hmac
import logging
import re
import secrets
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, NoReturn, TypeAlias, cast, get_args

import jwt
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from service.errors import AccessError, ForbiddenError, InvalidTokenError, SettingsError, UnauthenticatedError
from service.settings import Settings

log = logging.getLogger("atlas")

Scope: TypeAlias = Literal["read", "write", "admin"]

SCOPES: tuple[Scope, ...] = get_args(Scope)
"""Each allows what those before it allow."""

_HOLDERS = {scope: frozenset(SCOPES[number:]) for number, scope in enumerate(SCOPES)}
_HEADER = re.compile(r"bearer +([A-Za-z0-9._~+/-]+=*)", re.IGNORECASE)  # RFC 6750, 2.1
_NAME = re.compile(r"[A-Za-z0-9._@-]{1,64}")
_NAME_RULE = "it has 1 to 64 of the characters A-Z, a-z, 0-9, '.', '_', '@' and '-'"
_SHA256 = re.compile(r"[0-9a-fA-F]{64}")
_LONGEST = 8192  # bytes of a token; a JWT of a large issuer has two thousand
_HS256_BYTES = 32  # RFC 7518, 3.2: a key at least as long as the hash
_RS256_BITS = 2048  # RFC 7518, 3.3
_CLAIMS = ["exp", "iss", "aud", "sub"]


@dataclass(frozen=True, slots=True)
class Principal:
    """Who asks: what a log may call them, and what they may do."""

    name: str | None  # of the token, or a JWT's subject; None who has sent no token
    scopes: frozenset[Scope]
    expires: int | None = None  # in Unix seconds, leeway and all, where the token says so: what lasts longer ends then

    @property
    def expired(self) -> bool:
        return self.expires is not None and time.time() >= self.expires

    def allows(self, scope: Scope) -> bool:
        return not self.scopes.isdisjoint(_HOLDERS[scope])

    def require(self, scope: Scope) -> None:
        """Raise UnauthenticatedError or ForbiddenError where the scope is not allowed."""
        if self.allows(scope):
            return
        if self.name is None:
            raise UnauthenticatedError(
                f"This needs a token with the scope `{scope}`; send it as `Authorization: Bearer TOKEN`."
            )
        raise ForbiddenError(f"This needs the scope `{scope}`, which the token does not have; ask for one that has it.")


ANYONE = Principal(None, frozenset({"read"}))
"""Who sends no token where reading is open, and who calls the engine without saying for whom."""

EXPIRED = "The token has expired; get a new one."

_NOBODY = Principal(None, frozenset())


class Authenticator:
    """What the settings hold about tokens. Raises SettingsError where they contradict themselves."""

    def __init__(self, settings: Settings) -> None:
        self.public_read = settings.public_read
        self._tokens = _tokens(settings)
        self._issuer = _issuer(settings)
        if not (self.public_read or self._tokens or self._issuer):
            raise SettingsError(
                "ATLAS_PUBLIC_READ: reading needs a token, and there is none; give some by ATLAS_TOKENS or a key by "
                "ATLAS_JWT_KEY."
            )

    def authenticate(self, authorization: str | None) -> Principal:
        """Who sends this Authorization header, None where there is no such header.

        Nobody gets further who may not even read: raises UnauthenticatedError (InvalidTokenError where a token was sent)
        or ForbiddenError.
        """
        try:
            if authorization is None:
                principal = ANYONE if self.public_read else _NOBODY
            else:
                principal = self._principal(_sent(authorization))
            principal.require("read")
        except AccessError as refused:
            log.info("refused: %s", refused)
            raise
        return principal

    def authenticate_connection(self, payload: object) -> Principal:
        """Who opens a WebSocket, by the payload of its `connection_init`: `{"Authorization": "Bearer TOKEN"}`.

        The name is read in any case, as that of a header; raises as `authenticate` does.
        """
        given = payload.items() if isinstance(payload, Mapping) else ()
        values = [value for name, value in given if isinstance(name, str) and name.lower() == "authorization"]
        if not values:
            return self.authenticate(None)
        return self.authenticate(values[0] if len(values) == 1 and isinstance(values[0], str) else "")

    def _principal(self, token: str) -> Principal:
        found = _look_up(token, self._tokens)
        if found is not None:
            principal = found
        elif self._issuer is not None and token.count(".") == 2:
            principal = self._issuer.read(token)
        else:
            raise InvalidTokenError("The token is unknown here; ask whoever runs this service for one.")
        return replace(principal, scopes=principal.scopes | ANYONE.scopes) if self.public_read else principal


@dataclass(frozen=True, slots=True)
class NewToken:
    """A token that was made just now, and the entry of ATLAS_TOKENS by which it is known."""

    token: str
    entry: str


def new_token(name: str, scope: Scope) -> NewToken:
    """Make a token of 256 random bits. Raises SettingsError where the name cannot be one."""
    if not _NAME.fullmatch(name):
        raise SettingsError(f"'{name}' is no name of a token; {_NAME_RULE}.")
    token = f"atlas_{secrets.token_urlsafe(32)}"  # the prefix lets scanners find tokens that have leaked
    return NewToken(token, f"{name}:{scope}:{_hash(token).hex()}")


@dataclass(frozen=True, slots=True)
class _Known:
    """A token as the settings know it."""

    hash: bytes
    principal: Principal


@dataclass(frozen=True, slots=True)
class _Issuer:
    """Who signs JWTs for this service, and how."""

    key: bytes | RSAPublicKey
    algorithm: str
    issuer: str
    audience: str
    leeway: int

    def read(self, token: str) -> Principal:
        """Whom a JWT names; raises InvalidTokenError.

        The signature is checked first: whoever is told more than that a token is wrong has one that is signed.
        """
        try:
            claims = jwt.decode(
                token,
                self.key,
                algorithms=[self.algorithm],
                issuer=self.issuer,
                audience=self.audience,
                leeway=self.leeway,
                options={"require": _CLAIMS},
            )
        except jwt.PyJWTError as error:
            raise InvalidTokenError(_reason(error)) from error
        expires = int(claims["exp"]) + self.leeway
        return Principal(_subject(claims["sub"]), _scopes(claims.get("scope", "")), expires)


def _reason(error: jwt.PyJWTError) -> str:
    match error:
        case jwt.ExpiredSignatureError():
            return EXPIRED
        case jwt.ImmatureSignatureError():
            return "The token is not valid yet; wait, or set the clocks right."
        case jwt.InvalidIssuerError():
            return "The token is from an issuer that is not the one of this service."
        case jwt.InvalidAudienceError():
            return "The token is meant for another audience; get one for this service."
        case jwt.MissingRequiredClaimError():
            return f"The token lacks the claim `{error.claim}`; get one that has {', '.join(_CLAIMS)}."
        case _:
            return "The token is unknown here: its form, algorithm or signature is wrong."


def _subject(claim: str) -> str:
    if not claim or len(claim) > 255 or not claim.isprintable():  # it is going to stand in logs
        raise InvalidTokenError("The token's claim `sub` must be 1 to 255 printable characters.")
    return claim


def _scopes(claim: object) -> frozenset[Scope]:
    """Those of ours in a `scope` claim (RFC 8693, 4.2); others are somebody else's."""
    if not isinstance(claim, str):
        raise InvalidTokenError("The token's claim `scope` must be text, with spaces between the scopes.")
    named = claim.split(" ")
    return frozenset(scope for scope in SCOPES if scope in named)


def _sent(authorization: str) -> str:
    """The token in a header."""
    found = _HEADER.fullmatch(authorization.strip(" \t"))
    if found is None:
        raise InvalidTokenError("The Authorization header is malformed; write `Authorization: Bearer TOKEN`.")
    if len(found[1]) > _LONGEST:
        raise InvalidTokenError(f"The token is too long; at most {_LONGEST} characters are read.")
    return found[1]


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def _look_up(token: str, known: tuple[_Known, ...]) -> Principal | None:
    """The one with the token's hash. All are compared, each in constant time: how long it takes tells nothing."""
    hashed = _hash(token)
    found = None
    for one in known:
        if hmac.compare_digest(one.hash, hashed):
            found = one.principal
    return found


def _tokens(settings: Settings) -> tuple[_Known, ...]:
    """Those of both settings; a fault tells which entry it is, but never the entry, which may be a token by mistake."""
    found: dict[bytes, _Known] = {}
    texts = {"ATLAS_TOKENS": settings.tokens.get_secret_value()}
    if settings.tokens_file is not None:
        texts["ATLAS_TOKENS_FILE"] = _content("ATLAS_TOKENS_FILE", settings.tokens_file)
    for variable, text in texts.items():
        for number, entry in enumerate(_entries(text), 1):
            known = _known(entry, f"{variable}: entry {number}")
            if known.hash in found:
                raise SettingsError(f"{variable}: entry {number} has the hash of another; keep one of them.")
            found[known.hash] = known
    return tuple(found.values())


def _entries(text: str) -> Iterator[str]:
    for line in text.splitlines():
        yield from filter(None, re.split(r"[,\s]+", line.partition("#")[0]))


def _known(entry: str, where: str) -> _Known:
    parts = entry.split(":")
    if len(parts) != 3:
        raise SettingsError(f"{where} is not NAME:SCOPE:SHA256; `framework-atlas token new` prints one.")
    name, scope, hashed = parts
    if not _NAME.fullmatch(name):
        raise SettingsError(f"{where} has a name that is none; {_NAME_RULE}.")
    if scope not in SCOPES:
        raise SettingsError(f"{where} has a scope that is none; write {', '.join(SCOPES[:-1])} or {SCOPES[-1]}.")
    if not _SHA256.fullmatch(hashed):
        raise SettingsError(f"{where} must end in the token's SHA-256 as 64 hexadecimal digits, not in the token.")
    return _Known(bytes.fromhex(hashed), Principal(name, frozenset({scope})))


def _issuer(settings: Settings) -> _Issuer | None:
    key = settings.jwt_key.get_secret_value()
    if settings.jwt_key_file is not None:
        if key:
            raise SettingsError("ATLAS_JWT_KEY_FILE: there is ATLAS_JWT_KEY too; keep one of them.")
        key = _content("ATLAS_JWT_KEY_FILE", settings.jwt_key_file).strip()
        if not key:
            raise SettingsError("ATLAS_JWT_KEY_FILE: the file is empty; write the key into it.")
    variable = "ATLAS_JWT_KEY" if settings.jwt_key_file is None else "ATLAS_JWT_KEY_FILE"
    named = {"ATLAS_JWT_ISSUER": settings.jwt_issuer, "ATLAS_JWT_AUDIENCE": settings.jwt_audience}
    if not key:
        if set_ := [name for name, value in named.items() if value]:
            raise SettingsError(f"{set_[0]}: there is no key that JWTs are checked with; set ATLAS_JWT_KEY.")
        return None
    for name, value in named.items():
        if not value:
            raise SettingsError(f"{name}: set it, or any JWT that the key has signed for whatever would do.")
    read = _secret if settings.jwt_algorithm == "HS256" else _public_key
    return _Issuer(
        read(key, variable),
        settings.jwt_algorithm,
        str(settings.jwt_issuer),
        str(settings.jwt_audience),
        settings.jwt_leeway,
    )


def _secret(text: str, variable: str) -> bytes:
    try:
        key = cast("bytes", jwt.get_algorithm_by_name("HS256").prepare_key(text))
    except jwt.InvalidKeyError as error:
        # A public key taken for a secret would let everybody sign: the oldest hole in JWTs.
        raise SettingsError(
            f"{variable}: this is a key in PEM or another such form, no secret; if it is the issuer's public key, set "
            "ATLAS_JWT_ALGORITHM=RS256."
        ) from error
    if len(key) < _HS256_BYTES:
        raise SettingsError(
            f"{variable}: a secret for HS256 has at least {_HS256_BYTES} bytes; `openssl rand -base64 48` makes one."
        )
    return key


def _public_key(text: str, variable: str) -> RSAPublicKey:
    def refuse(why: str, cause: Exception | None = None) -> NoReturn:
        raise SettingsError(
            f"{variable}: {why}; RS256 takes the issuer's RSA public key in PEM (-----BEGIN PUBLIC KEY-----)."
        ) from cause

    try:
        key: Any = jwt.get_algorithm_by_name("RS256").prepare_key(text)
    except (jwt.InvalidKeyError, UnsupportedAlgorithm, TypeError, ValueError) as error:
        refuse("the key cannot be read", error)
    if not isinstance(key, RSAPublicKey):
        refuse("this is a private key, which belongs to the issuer alone")
    if key.key_size < _RS256_BITS:
        refuse(f"the key has {key.key_size} bits, fewer than {_RS256_BITS}")
    return key


def _content(variable: str, path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except OSError as error:
        raise SettingsError(f"{variable}: {path} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError:  # it quotes what it could not read
        raise SettingsError(f"{variable}: {path} is not UTF-8 text.") from None
