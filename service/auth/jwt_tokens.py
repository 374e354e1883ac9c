"""JWTs as access tokens (RFC 9068), verified with the key, algorithm, issuer and audience of the settings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NoReturn, cast

import jwt
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from service.auth.files import read_file
from service.auth.principal import SCOPES, Principal, Scope
from service.errors import InvalidTokenError, SettingsError
from service.settings import Settings

EXPIRED = "The token has expired; get a new one."

_MIN_HS256_BYTES = 32  # RFC 7518, 3.2: at least the size of the hash
_MIN_RS256_BITS = 2048  # RFC 7518, 3.3
_MAX_SUBJECT_CHARACTERS = 255
_REQUIRED_CLAIMS = ["exp", "iss", "aud", "sub"]


@dataclass(frozen=True, slots=True)
class JwtVerifier:
    """Verifies JWTs of one issuer."""

    key: bytes | RSAPublicKey
    algorithm: str
    issuer: str
    audience: str
    leeway: int

    def verify(self, token: str) -> Principal:
        """Return the principal that a JWT names. Raises InvalidTokenError.

        PyJWT checks the signature first: only a client with a correctly signed token learns which claim is wrong.
        """
        try:
            claims = jwt.decode(
                token,
                self.key,
                algorithms=[self.algorithm],
                issuer=self.issuer,
                audience=self.audience,
                leeway=self.leeway,
                options={"require": _REQUIRED_CLAIMS},
            )
        except jwt.PyJWTError as error:
            raise InvalidTokenError(_message(error)) from error
        expires = int(claims["exp"]) + self.leeway
        return Principal(_subject(claims["sub"]), _scopes(claims.get("scope", "")), expires)


def jwt_verifier(settings: Settings) -> JwtVerifier | None:
    """Return the verifier for the configured key; None without a key. Raises SettingsError."""
    key = settings.jwt_key.get_secret_value()
    if settings.jwt_key_file is not None:
        if key:
            raise SettingsError("ATLAS_JWT_KEY_FILE: ATLAS_JWT_KEY is also set; remove one of them.")
        key = read_file("ATLAS_JWT_KEY_FILE", settings.jwt_key_file).strip()
        if not key:
            raise SettingsError("ATLAS_JWT_KEY_FILE: the file is empty; write the key into it.")
    variable = "ATLAS_JWT_KEY" if settings.jwt_key_file is None else "ATLAS_JWT_KEY_FILE"
    names = {"ATLAS_JWT_ISSUER": settings.jwt_issuer, "ATLAS_JWT_AUDIENCE": settings.jwt_audience}
    if not key:
        if set_ := [name for name, value in names.items() if value]:
            raise SettingsError(f"{set_[0]}: there is no key to verify JWTs with; set ATLAS_JWT_KEY.")
        return None
    for name, value in names.items():
        if not value:
            raise SettingsError(f"{name}: set it; without it, every JWT that is signed with the key would be accepted.")
    return JwtVerifier(
        _secret(key, variable) if settings.jwt_algorithm == "HS256" else _public_key(key, variable),
        settings.jwt_algorithm,
        str(settings.jwt_issuer),
        str(settings.jwt_audience),
        settings.jwt_leeway,
    )


def _message(error: jwt.PyJWTError) -> str:
    match error:
        case jwt.ExpiredSignatureError():
            return EXPIRED
        case jwt.ImmatureSignatureError():
            return "The token is not valid yet; check the clocks."
        case jwt.InvalidIssuerError():
            return "The token is from another issuer; get one from the issuer of this service."
        case jwt.InvalidAudienceError():
            return "The token is for another audience; get one for this service."
        case jwt.MissingRequiredClaimError():
            return f"The token lacks the claim `{error.claim}`; get one with {', '.join(_REQUIRED_CLAIMS)}."
        case _:
            return "The token is invalid: its format, algorithm or signature is wrong."


def _subject(claim: str) -> str:
    if not claim or len(claim) > _MAX_SUBJECT_CHARACTERS or not claim.isprintable():  # it appears in logs
        raise InvalidTokenError(
            f"The token's claim `sub` must have 1 to {_MAX_SUBJECT_CHARACTERS} printable characters."
        )
    return claim


def _scopes(claim: object) -> frozenset[Scope]:
    """Return our scopes in a claim `scope` (RFC 8693, 4.2), which may also contain scopes of other services."""
    if not isinstance(claim, str):
        raise InvalidTokenError("The token's claim `scope` must be a text with scopes separated by spaces.")
    names = claim.split(" ")
    return frozenset(scope for scope in SCOPES if scope in names)


def _secret(text: str, variable: str) -> bytes:
    try:
        key = cast("bytes", jwt.get_algorithm_by_name("HS256").prepare_key(text))
    except jwt.InvalidKeyError as error:
        # If a public key were used as the secret, anyone could sign tokens (algorithm confusion).
        raise SettingsError(
            f"{variable}: this is a PEM or SSH key, not a secret; for the issuer's public key, set "
            "ATLAS_JWT_ALGORITHM=RS256."
        ) from error
    if len(key) < _MIN_HS256_BYTES:
        raise SettingsError(
            f"{variable}: a secret for HS256 must have at least {_MIN_HS256_BYTES} bytes; "
            "`openssl rand -base64 48` generates one."
        )
    return key


def _public_key(text: str, variable: str) -> RSAPublicKey:
    def reject(reason: str, cause: Exception | None = None) -> NoReturn:
        raise SettingsError(
            f"{variable}: {reason}; RS256 requires the issuer's RSA public key in PEM (-----BEGIN PUBLIC KEY-----)."
        ) from cause

    try:
        key: Any = jwt.get_algorithm_by_name("RS256").prepare_key(text)
    except (jwt.InvalidKeyError, UnsupportedAlgorithm, TypeError, ValueError) as error:
        reject("the key cannot be read", error)
    if not isinstance(key, RSAPublicKey):
        reject("this is a private key, which only the issuer should have")
    if key.key_size < _MIN_RS256_BITS:
        reject(f"the key has {key.key_size} bits, fewer than {_MIN_RS256_BITS}")
    return key
