"""JWTs: which are accepted, which are rejected and with which message, and the keys that verify them."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from service.auth.principal import Principal
from service.errors import SettingsError
from tests.auth.authenticators import (
    EXPIRED,
    NOT_SIGNED,
    constant_id,
    forged,
    jwt_authenticator,
    rejection,
    segment,
)
from tests.tokens import SECRET, WRITER, jwt_claims, signed

pytestmark = pytest.mark.usefixtures("no_settings")

OTHER_SECRET = "another secret of the tests, as long as it has to be"


@pytest.fixture(scope="module")
def private() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@pytest.fixture(scope="module")
def public_pem(private: rsa.RSAPrivateKey) -> str:
    return pem_of(private)


def pem_of(private: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> str:
    """The public key of a private key."""
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return private.public_key().public_bytes(serialization.Encoding.PEM, form).decode()


def ago(seconds: int) -> int:
    return int(time.time()) - seconds


# ----------------------------------------------------------------------------------------------------------------- claims


def test_a_jwt_has_a_subject_scopes_and_an_expiry_that_includes_the_leeway() -> None:
    expiry = int(time.time()) + 60
    token = signed(scope="openid write email", exp=expiry)

    principals = [
        jwt_authenticator(public_read=False, jwt_leeway=leeway).authenticate(f"Bearer {token}") for leeway in (0, 30)
    ]

    assert principals == [Principal("alice", frozenset({"write"}), expiry + leeway) for leeway in (0, 30)]


@pytest.mark.parametrize(
    ("scope", "expected"),
    [
        ("read", {"read"}),
        ("write read", {"read", "write"}),
        ("admin", {"admin"}),
        ("  admin  x ", {"admin"}),
        ("Write", {"read"}),
        ("writer atlas:write", {"read"}),
        ("read,write", {"read"}),
        ("write\tadmin", {"read"}),
        ("", {"read"}),
        (None, {"read"}),
    ],
)
def test_scopes_are_separated_by_spaces(scope: str | None, expected: set[str]) -> None:
    principal = jwt_authenticator().authenticate(f"Bearer {signed(scope=scope)}")

    assert principal.scopes - {"read"} == expected - {"read"}


def test_static_tokens_are_accepted_together_with_jwts() -> None:
    assert jwt_authenticator().authenticate(f"Bearer {WRITER.token}").name == "ci"


EARLY = "The token is not valid yet; check the clocks."
ISSUER = "The token is from another issuer; get one from the issuer of this service."
AUDIENCE = "The token is for another audience; get one for this service."
SUBJECT = "The token's claim `sub` must have 1 to 255 printable characters."
SCOPE = "The token's claim `scope` must be a text with scopes separated by spaces."

WRONG_CLAIMS: list[tuple[dict[str, Any], str]] = [
    ({"exp": ago(31)}, EXPIRED),
    ({"exp": 0}, EXPIRED),
    ({"exp": -(10**30)}, EXPIRED),
    ({"exp": "soon"}, NOT_SIGNED),
    ({"exp": 1e999}, NOT_SIGNED),
    ({"nbf": ago(-3600)}, EARLY),  # an hour, because the tests may run long after they are collected
    ({"iat": ago(-3600)}, EARLY),
    ({"nbf": []}, NOT_SIGNED),
    ({"iss": "https://issuer/"}, ISSUER),
    ({"iss": "HTTPS://ISSUER"}, ISSUER),
    ({"aud": "atlas2"}, AUDIENCE),
    ({"aud": ["other", "another"]}, AUDIENCE),
    ({"aud": 5}, AUDIENCE),
    ({"aud": {"atlas": 1}}, AUDIENCE),
    ({"sub": ""}, SUBJECT),
    ({"sub": "a\nINFO: all is well"}, SUBJECT),
    ({"sub": "a" * 256}, SUBJECT),
    ({"sub": 5}, NOT_SIGNED),
    ({"scope": ["write"]}, SCOPE),
    ({"scope": {"write": True}}, SCOPE),
    ({"scope": 5}, SCOPE),
    *(
        ({name: None}, f"The token lacks the claim `{name}`; get one with exp, iss, aud, sub.")
        for name in ("exp", "iss", "aud", "sub")
    ),
]


@pytest.mark.parametrize(("others", "reason"), WRONG_CLAIMS, ids=constant_id)
def test_a_signed_token_with_a_wrong_claim_is_rejected_with_the_reason(others: dict[str, Any], reason: str) -> None:
    assert rejection(jwt_authenticator(), signed(**others)) == reason


def test_a_token_can_have_several_audiences() -> None:
    assert jwt_authenticator().authenticate(f"Bearer {signed(aud=['other', 'atlas'])}").name == "alice"


def test_clocks_can_differ_by_the_leeway() -> None:
    late, early = signed(exp=ago(20)), signed(nbf=ago(-20))

    assert [jwt_authenticator().authenticate(f"Bearer {token}").name for token in (late, early)] == ["alice", "alice"]
    assert [rejection(jwt_authenticator(jwt_leeway=0), token) for token in (late, early)] == [EXPIRED, EARLY]


# ------------------------------------------------------------------------------------------------------------- signatures


def test_the_error_of_a_token_with_a_wrong_signature_reveals_nothing_about_its_claims() -> None:
    token = signed()
    header, payload, signature = token.split(".")
    other_payload = segment(json.dumps(jwt_claims(scope="admin")).encode())
    tokens = {
        "another key": signed(OTHER_SECRET, exp=0),
        "other claims": f"{header}.{other_payload}.{signature}",
        "no signature": f"{header}.{payload}.",
        "half a signature": token[:-10],
        "another's signature": f"{header}.{payload}.{signed(OTHER_SECRET).rpartition('.')[2]}",
        "no JSON": f"{segment(b'{')}.{payload}.{signature}",
        "a list": forged([], jwt_claims(), SECRET.encode()),
        "deep": f"{segment(b'[' * 4000)}.{payload}.{signature}",
        "no UTF-8": f"{segment(bytes([255, 254]))}.{payload}.{signature}",
        "dots": "..",
        "dots and letters": "a.b.c",
    }

    messages = {name: rejection(jwt_authenticator(), forgery) for name, forgery in tokens.items()}

    assert messages == dict.fromkeys(tokens, NOT_SIGNED)


def test_a_payload_that_is_not_an_object_is_rejected() -> None:
    header = {"alg": "HS256"}

    messages = {
        rejection(jwt_authenticator(), forged(header, payload, SECRET.encode())) for payload in ([], 5, None, "x")
    }

    assert messages == {NOT_SIGNED}


@pytest.mark.parametrize(
    "algorithm", ["none", "None", "NONE", "nOnE", "", None, "HS512", "HS384", "RS256", "hs256", [], {}, ["HS256"], 5]
)
def test_only_the_configured_algorithm_is_accepted(algorithm: Any) -> None:
    token = forged({"typ": "JWT", "alg": algorithm}, jwt_claims(scope="admin"), SECRET.encode())
    unsigned = token.rpartition(".")[0] + "."

    assert [rejection(jwt_authenticator(), item) for item in (token, unsigned)] == [NOT_SIGNED] * 2


@pytest.mark.parametrize(
    "header", [{"crit": ["exp"]}, {"crit": "x"}, {"b64": False}, {"b64": False, "crit": ["b64"]}, {"kid": 5}]
)
def test_a_header_with_unsupported_extensions_is_rejected(header: dict[str, Any]) -> None:
    token = forged({"alg": "HS256", **header}, jwt_claims(), SECRET.encode())

    assert rejection(jwt_authenticator(), token) == NOT_SIGNED


def test_a_key_in_the_header_of_the_token_is_not_used() -> None:
    header = {
        "alg": "HS256",
        "jwk": {"kty": "oct", "k": segment(OTHER_SECRET.encode())},
        "jku": "https://evil",
        "kid": "../../dev/null",
    }

    assert rejection(jwt_authenticator(), forged(header, jwt_claims(), OTHER_SECRET.encode())) == NOT_SIGNED


def test_rs256_accepts_what_the_private_key_has_signed(
    private: rsa.RSAPrivateKey, public_pem: str, tmp_path: Path
) -> None:
    file = tmp_path / "issuer.pem"
    file.write_text(public_pem + "\n")
    authenticators = [
        jwt_authenticator(jwt_key=public_pem, jwt_algorithm="RS256"),
        jwt_authenticator(jwt_key=None, jwt_key_file=file, jwt_algorithm="RS256"),
    ]
    other = rsa.generate_private_key(public_exponent=65537, key_size=2048)

    for authenticator in authenticators:
        assert authenticator.authenticate(f"Bearer {signed(private, 'RS256')}").name == "alice"
        assert rejection(authenticator, signed(private, "RS256", exp=ago(60))) == EXPIRED
        assert rejection(authenticator, signed(other, "RS256")) == NOT_SIGNED
        assert rejection(authenticator, signed(private, "RS512")) == NOT_SIGNED


def test_the_public_key_is_not_accepted_as_a_secret(public_pem: str) -> None:
    """Algorithm confusion: a token that names HS256, signed with the public key, which anyone can have."""
    authenticator = jwt_authenticator(jwt_key=public_pem, jwt_algorithm="RS256")
    secrets = [public_pem.encode(), public_pem.strip().encode(), public_pem.replace("\n", "").encode(), b""]

    messages = {
        rejection(authenticator, forged({"alg": name}, jwt_claims(), secret))
        for secret in secrets
        for name in ("HS256", "RS256", "none")
    }

    assert messages == {NOT_SIGNED}


# --------------------------------------------------------------------------------------------------------------- settings


def test_a_secret_in_a_file_does_not_include_the_end_of_the_line(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text(f"{SECRET}\n")

    assert jwt_authenticator(jwt_key=None, jwt_key_file=file).authenticate(f"Bearer {signed()}").name == "alice"


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({"jwt_key": "x" * 31}, "ATLAS_JWT_KEY: a secret for HS256 must have at least 32 bytes; `openssl rand -base64 48` generates one."),
        ({"jwt_issuer": None}, "ATLAS_JWT_ISSUER: set it; without it, every JWT that is signed with the key would be accepted."),
        ({"jwt_audience": None}, "ATLAS_JWT_AUDIENCE: set it; without it, every JWT that is signed with the key would be accepted."),
        ({"jwt_audience": ""}, "ATLAS_JWT_AUDIENCE: set it; without it, every JWT that is signed with the key would be accepted."),
        ({"jwt_key": ""}, "ATLAS_JWT_ISSUER: there is no key to verify JWTs with; set ATLAS_JWT_KEY."),
        ({"jwt_key": None, "jwt_key_file": "/nope"}, "ATLAS_JWT_KEY_FILE: /nope cannot be read: No such file or directory."),
        ({"jwt_key_file": "/nope"}, "ATLAS_JWT_KEY_FILE: ATLAS_JWT_KEY is also set; remove one of them."),
        ({"tokens_file": "/"}, "ATLAS_TOKENS_FILE: / cannot be read: Is a directory."),
        (
            {"jwt_algorithm": "RS256"},
            "ATLAS_JWT_KEY: the key cannot be read; RS256 requires the issuer's RSA public key in PEM (-----BEGIN PUBLIC KEY-----).",
        ),
    ],
)  # fmt: skip
def test_settings_that_contradict_each_other_are_an_error(settings: dict[str, Any], reason: str) -> None:
    with pytest.raises(SettingsError) as caught:
        jwt_authenticator(**settings)

    assert str(caught.value) == reason


@pytest.mark.parametrize("content", [b"", b" \n", b"\xff\xfe"])
def test_a_file_without_a_key_is_an_error(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "key"
    file.write_bytes(content)

    with pytest.raises(SettingsError, match=r"ATLAS_JWT_KEY_FILE: .*(the file is empty|is not UTF-8 text)"):
        jwt_authenticator(jwt_key=None, jwt_key_file=file)


def test_a_key_of_the_wrong_type_is_an_error(private: rsa.RSAPrivateKey, public_pem: str) -> None:
    form, plain = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    private_pem = private.private_bytes(serialization.Encoding.PEM, form, plain).decode()
    encrypted = private.private_bytes(
        serialization.Encoding.PEM, form, serialization.BestAvailableEncryption(b"x")
    ).decode()
    small = pem_of(rsa.generate_private_key(public_exponent=65537, key_size=1024))  # noqa: S505 - it is rejected
    elliptic = pem_of(ec.generate_private_key(ec.SECP256R1()))
    keys_by_reason = {
        "the key cannot be read": [
            ("RS256", encrypted),
            ("RS256", elliptic),
            ("RS256", public_pem[:-60]),
            ("RS256", "x" * 40),
        ],
        "this is a private key, which only the issuer should have": [("RS256", private_pem)],
        "the key has 1024 bits, fewer than 2048": [("RS256", small)],
        "this is a PEM or SSH key, not a secret": [
            ("HS256", public_pem),
            ("HS256", private_pem),
            ("HS256", elliptic),
        ],
    }

    for reason, keys in keys_by_reason.items():
        for algorithm, key in keys:
            with pytest.raises(SettingsError) as caught:
                jwt_authenticator(jwt_key=key, jwt_algorithm=algorithm)
            assert str(caught.value).startswith(f"ATLAS_JWT_KEY: {reason}; ")
            assert key[:40] not in str(caught.value)
