"""Who may do what: tokens that hold and tokens that do not, static and signed, in Python and over HTTP."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import logging
import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import apsw
import httpx
import pytest
import uvicorn
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from graphql import get_introspection_query
from starlette.types import ASGIApp

from service.app import create_app
from service.auth.authenticator import ANYONE, Authenticator, Principal, new_token
from service.errors import ForbiddenError, InvalidTokenError, SettingsError, UnauthenticatedError
from service.execution.engine import Engine
from service.execution.request_context import TransportContext
from service.http.config import HttpConfig
from service.http.endpoint import GraphQLEndpoint
from service.http.rate_limits import RateLimiter
from service.service import prepare
from service.settings import Settings, read_settings
from tests.apps import client, fresh
from tests.commands import run, serving, wait_until
from tests.graphs import costing
from tests.tokens import ADMIN, ENTRIES, READER, SECRET, UNKNOWN, WRITER, bearer, jwt_claims, signed

OTHER_SECRET = "another secret of the tests, as long as it has to be"
NO_TOKEN = "This needs a token with the scope `read`; send it as `Authorization: Bearer TOKEN`."
NO_SCOPE = "This needs the scope `read`, which the token does not have; ask for one that has it."
NOT_KNOWN = "The token is unknown here; ask whoever runs this service for one."
NOT_SIGNED = "The token is unknown here: its form, algorithm or signature is wrong."
MALFORMED = "The Authorization header is malformed; write `Authorization: Bearer TOKEN`."


@pytest.fixture(autouse=True)
def no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the shell that runs the tests has set."""
    for name in Settings.model_fields:
        monkeypatch.delenv(f"ATLAS_{name.upper()}", raising=False)


def of(**settings: Any) -> Authenticator:
    return Authenticator(read_settings(**{"tokens": ENTRIES, **settings}))


def signing(**settings: Any) -> Authenticator:
    """One that takes JWTs, signed with SECRET unless the settings say otherwise."""
    return of(**{"jwt_key": SECRET, "jwt_issuer": "https://issuer", "jwt_audience": "atlas", **settings})


def by_hand(header: dict[str, Any], payload: dict[str, Any], secret: bytes) -> str:
    """A token that PyJWT would not make: HMAC over whatever the header says."""
    text = ".".join(_segment(json.dumps(part).encode()) for part in (header, payload))
    return f"{text}.{_segment(hmac.new(secret, text.encode(), hashlib.sha256).digest())}"


def _segment(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def refused(authenticator: Authenticator, token: str) -> str:
    """Why a token is refused; it must not stand in the reason."""
    with pytest.raises(InvalidTokenError) as error:
        authenticator.authenticate(f"Bearer {token}")
    assert not token or token not in str(error.value)
    return str(error.value)


@pytest.fixture(scope="module")
def private() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@pytest.fixture(scope="module")
def public_pem(private: rsa.RSAPrivateKey) -> str:
    return pem_of(private)


def pem_of(private: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> str:
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return private.public_key().public_bytes(serialization.Encoding.PEM, form).decode()


# ------------------------------------------------------------------------------------------------------------------ scopes


def test_each_scope_allows_what_those_below_it_allow() -> None:
    scopes: list[Any] = ["read", "write", "admin"]

    allowed = {scope: [Principal("x", frozenset({scope})).allows(other) for other in scopes] for scope in scopes}

    assert allowed == {"read": [True, False, False], "write": [True, True, False], "admin": [True, True, True]}
    assert [ANYONE.allows(scope) for scope in scopes] == [True, False, False]


def test_who_lacks_a_scope_is_asked_for_a_token_or_told_that_theirs_is_not_enough() -> None:
    with pytest.raises(UnauthenticatedError, match="needs a token with the scope `write`"):
        ANYONE.require("write")
    with pytest.raises(ForbiddenError, match="needs the scope `write`, which the token does not have"):
        Principal("dash", frozenset({"read"})).require("write")


# ----------------------------------------------------------------------------------------------------------- static tokens


def test_a_known_token_is_its_name_and_scope() -> None:
    authenticator = of(public_read=False)

    found = [authenticator.authenticate(f"Bearer {one.token}") for one in (READER, WRITER, ADMIN)]

    assert found == [
        Principal("dash", frozenset({"read"})),
        Principal("ci", frozenset({"write"})),
        Principal("ops", frozenset({"admin"})),
    ]


def test_a_token_is_random_and_its_entry_holds_only_its_hash() -> None:
    made = [new_token("a.b-c_d@e", "write") for _ in range(2)]

    assert made[0].token != made[1].token
    for one in made:
        assert len(base64.urlsafe_b64decode(one.token.removeprefix("atlas_") + "=")) == 32
        assert one.entry == f"a.b-c_d@e:write:{hashlib.sha256(one.token.encode()).hexdigest()}"


def _unnamed(_value: object) -> str:
    """An id for cases that hold a token or a time: two processes that share the tests must find the same ones."""
    return "case"


@pytest.mark.parametrize(
    "token",
    [UNKNOWN, WRITER.token[:-1], WRITER.token + "A", WRITER.token.upper(), WRITER.entry.rpartition(":")[2], signed()],
    ids=["another", "shorter", "longer", "upper case", "its own hash", "a JWT where none are taken"],
)
@pytest.mark.parametrize("public_read", [True, False])
def test_an_unknown_token_is_refused_even_where_none_is_needed(token: str, public_read: bool) -> None:
    assert refused(of(public_read=public_read), token) == NOT_KNOWN


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Bearer",
        "Bearer ",
        WRITER.token,
        f"Basic {WRITER.token}",
        f"Token {WRITER.token}",
        f"Bearer{WRITER.token}",
        f"Bearer: {WRITER.token}",
        f"Bearer\t{WRITER.token}",
        f"Bearer {WRITER.token} {WRITER.token}",
        f"Bearer {WRITER.token}, Bearer {WRITER.token}",
        f"Bearer {WRITER.token},",
        f'Bearer "{WRITER.token}"',
        f"Bearer {WRITER.token}\n",
        f"Bearer {WRITER.token}\0",
        f"Bearer {WRITER.token}é",
        f"Bearer ={WRITER.token}",
        f"Bearer\xa0{WRITER.token}",
        "Bearer ÿ",
    ],
    ids=_unnamed,
)
def test_a_malformed_header_is_refused_and_not_taken_for_none(header: str) -> None:
    with pytest.raises(InvalidTokenError) as error:
        of().authenticate(header)

    assert str(error.value) == MALFORMED


def test_an_endless_token_is_not_looked_at() -> None:
    assert refused(signing(), "a" * 8193) == "The token is too long; at most 8192 characters are read."
    assert refused(signing(), "a" * 8192) == NOT_KNOWN


@pytest.mark.parametrize("header", ["bearer {}", "BEARER {}", "Bearer   {}", " Bearer {} "])
def test_the_scheme_is_read_as_http_says(header: str) -> None:
    assert of().authenticate(header.format(WRITER.token)).name == "ci"


def test_all_hashes_are_compared_in_constant_time_whichever_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    authenticator, compared = of(), []
    compare = hmac.compare_digest

    def watched(one: bytes, other: bytes) -> bool:
        compared[-1].append((one, other))
        return compare(one, other)

    monkeypatch.setattr("service.auth.authenticator.hmac.compare_digest", watched)
    for token in (READER.token, ADMIN.token, UNKNOWN):
        compared.append([])
        try:
            authenticator.authenticate(f"Bearer {token}")
        except InvalidTokenError:
            assert token == UNKNOWN

    held = [bytes.fromhex(entry.rpartition(":")[2]) for entry in ENTRIES.split(", ")]
    sent = [hashlib.sha256(token.encode()).digest() for token in (READER.token, ADMIN.token, UNKNOWN)]
    assert compared == [[(one, hashed) for one in held] for hashed in sent]


def test_two_tokens_may_have_one_name_so_that_one_can_follow_the_other() -> None:
    old, new = new_token("ci", "write"), new_token("ci", "read")
    authenticator = of(tokens=f"{old.entry} {new.entry}", public_read=False)

    found = [authenticator.authenticate(f"Bearer {one.token}") for one in (old, new)]

    assert [(one.name, one.allows("write")) for one in found] == [("ci", True), ("ci", False)]


def test_a_file_holds_tokens_a_line_each_beside_those_of_the_environment(tmp_path: Path) -> None:
    file = tmp_path / "tokens"
    name, scope, hashed = WRITER.entry.split(":")
    file.write_text(f"# Who may write\n\n{name}:{scope}:{hashed.upper()}  # the builds\n{ADMIN.entry}\n")
    authenticator = of(tokens=READER.entry, tokens_file=file)

    found = [authenticator.authenticate(f"Bearer {one.token}").name for one in (READER, WRITER, ADMIN)]

    assert found == ["dash", "ci", "ops"]


# ----------------------------------------------------------------------------------------------------------------- reading


def test_without_a_header_anyone_may_read_where_reading_is_open() -> None:
    assert of().authenticate(None) is ANYONE


def test_without_a_header_nobody_gets_further_where_reading_is_closed() -> None:
    with pytest.raises(UnauthenticatedError) as error:
        of(public_read=False).authenticate(None)

    assert (type(error.value), str(error.value)) == (UnauthenticatedError, NO_TOKEN)


def test_a_token_without_our_scopes_reads_where_anyone_does_and_nowhere_else() -> None:
    header = f"Bearer {signed(scope='email profile')}"

    open_, closed = signing(), signing(public_read=False)

    assert open_.authenticate(header).scopes == {"read"}
    with pytest.raises(ForbiddenError) as error:
        closed.authenticate(header)
    assert str(error.value) == NO_SCOPE


# -------------------------------------------------------------------------------------------------------------------- JWTs


def test_a_jwt_is_its_subject_scopes_and_end_which_the_leeway_puts_off() -> None:
    end = int(time.time()) + 60
    token = signed(scope="openid write email", exp=end)

    found = [signing(public_read=False, jwt_leeway=leeway).authenticate(f"Bearer {token}") for leeway in (0, 30)]

    assert found == [Principal("alice", frozenset({"write"}), end + leeway) for leeway in (0, 30)]
    assert [Principal("x", frozenset(), expires).expired for expires in (None, end, ago(1))] == [False, False, True]


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
def test_scopes_are_those_that_stand_between_spaces(scope: str | None, expected: set[str]) -> None:
    found = signing().authenticate(f"Bearer {signed(scope=scope)}")

    assert found.scopes - {"read"} == expected - {"read"}


def test_static_tokens_hold_beside_jwts() -> None:
    assert signing().authenticate(f"Bearer {WRITER.token}").name == "ci"


def ago(seconds: int) -> int:
    return int(time.time()) - seconds


EXPIRED = "The token has expired; get a new one."
EARLY = "The token is not valid yet; wait, or set the clocks right."
ISSUER = "The token is from an issuer that is not the one of this service."
AUDIENCE = "The token is meant for another audience; get one for this service."
SUBJECT = "The token's claim `sub` must be 1 to 255 printable characters."
SCOPE = "The token's claim `scope` must be text, with spaces between the scopes."

WRONG_CLAIMS: list[tuple[dict[str, Any], str]] = [
    ({"exp": ago(31)}, EXPIRED),
    ({"exp": 0}, EXPIRED),
    ({"exp": -(10**30)}, EXPIRED),
    ({"exp": "soon"}, NOT_SIGNED),
    ({"exp": 1e999}, NOT_SIGNED),
    ({"nbf": ago(-3600)}, EARLY),  # later than the end of the run that has collected this
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
        ({name: None}, f"The token lacks the claim `{name}`; get one that has exp, iss, aud, sub.")
        for name in ("exp", "iss", "aud", "sub")
    ),
]


@pytest.mark.parametrize(("others", "reason"), WRONG_CLAIMS, ids=_unnamed)
def test_a_signed_token_with_a_wrong_claim_is_refused_with_the_reason(others: dict[str, Any], reason: str) -> None:
    assert refused(signing(), signed(**others)) == reason


def test_an_audience_may_be_one_of_several() -> None:
    assert signing().authenticate(f"Bearer {signed(aud=['other', 'atlas'])}").name == "alice"


def test_clocks_may_differ_by_the_leeway() -> None:
    late, early = signed(exp=ago(20)), signed(nbf=ago(-20))

    assert [signing().authenticate(f"Bearer {token}").name for token in (late, early)] == ["alice", "alice"]
    assert [refused(signing(jwt_leeway=0), token) for token in (late, early)] == [EXPIRED, EARLY]


def test_a_token_that_nobody_here_has_signed_is_told_nothing_of_its_claims() -> None:
    token = signed()
    header, payload, signature = token.split(".")
    forged = _segment(json.dumps(jwt_claims(scope="admin")).encode())
    wrong = {
        "another key": signed(OTHER_SECRET, exp=0),
        "other claims": f"{header}.{forged}.{signature}",
        "no signature": f"{header}.{payload}.",
        "half a signature": token[:-10],
        "another's signature": f"{header}.{payload}.{signed(OTHER_SECRET).rpartition('.')[2]}",
        "no JSON": f"{_segment(b'{')}.{payload}.{signature}",
        "a list": by_hand([], jwt_claims(), SECRET.encode()),  # type: ignore[arg-type]
        "deep": f"{_segment(b'[' * 4000)}.{payload}.{signature}",
        "no UTF-8": f"{_segment(bytes([255, 254]))}.{payload}.{signature}",
        "dots": "..",
        "dots and letters": "a.b.c",
    }

    assert {what: refused(signing(), forgery) for what, forgery in wrong.items()} == dict.fromkeys(wrong, NOT_SIGNED)


def test_a_payload_that_is_no_object_is_refused() -> None:
    header = {"alg": "HS256"}

    found = {refused(signing(), by_hand(header, payload, SECRET.encode())) for payload in ([], 5, None, "x")}  # type: ignore[arg-type]

    assert found == {NOT_SIGNED}


@pytest.mark.parametrize(
    "algorithm", ["none", "None", "NONE", "nOnE", "", None, "HS512", "HS384", "RS256", "hs256", [], {}, ["HS256"], 5]
)
def test_the_algorithm_is_ours_whatever_the_token_says(algorithm: Any) -> None:
    token = by_hand({"typ": "JWT", "alg": algorithm}, jwt_claims(scope="admin"), SECRET.encode())
    unsigned = token.rpartition(".")[0] + "."

    assert [refused(signing(), one) for one in (token, unsigned)] == [NOT_SIGNED] * 2


@pytest.mark.parametrize(
    "header", [{"crit": ["exp"]}, {"crit": "x"}, {"b64": False}, {"b64": False, "crit": ["b64"]}, {"kid": 5}]
)
def test_a_header_that_asks_for_what_we_do_not_know_is_refused(header: dict[str, Any]) -> None:
    assert refused(signing(), by_hand({"alg": "HS256", **header}, jwt_claims(), SECRET.encode())) == NOT_SIGNED


def test_a_key_that_the_token_brings_along_is_not_used() -> None:
    brought = {
        "jwk": {"kty": "oct", "k": _segment(OTHER_SECRET.encode())},
        "jku": "https://evil",
        "kid": "../../dev/null",
    }

    assert refused(signing(), by_hand({"alg": "HS256", **brought}, jwt_claims(), OTHER_SECRET.encode())) == NOT_SIGNED


def test_rs256_takes_what_the_private_key_has_signed(
    private: rsa.RSAPrivateKey, public_pem: str, tmp_path: Path
) -> None:
    file = tmp_path / "issuer.pem"
    file.write_text(public_pem + "\n")
    authenticators = [
        signing(jwt_key=public_pem, jwt_algorithm="RS256"),
        signing(jwt_key=None, jwt_key_file=file, jwt_algorithm="RS256"),
    ]
    other = rsa.generate_private_key(public_exponent=65537, key_size=2048)

    for authenticator in authenticators:
        assert authenticator.authenticate(f"Bearer {signed(private, 'RS256')}").name == "alice"
        assert refused(authenticator, signed(private, "RS256", exp=ago(60))) == EXPIRED
        assert refused(authenticator, signed(other, "RS256")) == NOT_SIGNED
        assert refused(authenticator, signed(private, "RS512")) == NOT_SIGNED


def test_a_public_key_is_no_secret(public_pem: str) -> None:
    """The oldest hole in JWTs: what everybody may know, used to sign a token that names HS256."""
    authenticator = signing(jwt_key=public_pem, jwt_algorithm="RS256")
    secrets = [public_pem.encode(), public_pem.strip().encode(), public_pem.replace("\n", "").encode(), b""]

    found = {
        refused(authenticator, by_hand({"alg": name}, jwt_claims(), one))
        for one in secrets
        for name in ("HS256", "RS256", "none")
    }

    assert found == {NOT_SIGNED}


def test_a_secret_in_a_file_is_read_without_the_end_of_its_line(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text(f"{SECRET}\n")

    assert signing(jwt_key=None, jwt_key_file=file).authenticate(f"Bearer {signed()}").name == "alice"


# -------------------------------------------------------------------------------------------------------------- WebSockets


@pytest.mark.parametrize("name", ["Authorization", "authorization", "AUTHORIZATION"])
def test_a_connection_says_who_it_is_by_its_payload(name: str) -> None:
    authenticator = of(public_read=False)

    assert authenticator.authenticate_connection({name: f"Bearer {WRITER.token}", "more": 1}).name == "ci"
    with pytest.raises(InvalidTokenError, match="unknown here"):
        authenticator.authenticate_connection({name: f"Bearer {UNKNOWN}"})


@pytest.mark.parametrize("payload", [None, {}, [], "Bearer x", 5, {"token": WRITER.token}, {5: 5}])
def test_a_connection_without_a_token_is_anyone_or_is_refused(payload: object) -> None:
    assert of().authenticate_connection(payload) is ANYONE
    with pytest.raises(UnauthenticatedError) as error:
        of(public_read=False).authenticate_connection(payload)
    assert type(error.value) is UnauthenticatedError


@pytest.mark.parametrize(
    "payload",
    [
        {"Authorization": None},
        {"Authorization": 5},
        {"Authorization": ""},
        {"Authorization": WRITER.token},
        {"authorization": [f"Bearer {WRITER.token}"]},
        {"authorization": {"Bearer": WRITER.token}},
        {"authorization": f"Bearer {WRITER.token}", "Authorization": f"Bearer {WRITER.token}"},
    ],
    ids=_unnamed,
)
def test_a_connection_with_a_malformed_token_is_refused(payload: object) -> None:
    with pytest.raises(InvalidTokenError) as error:
        of().authenticate_connection(payload)

    assert str(error.value) == MALFORMED


# ---------------------------------------------------------------------------------------------------------------- settings

HASH = "0" * 64
FORM = "is not NAME:SCOPE:SHA256; `framework-atlas token new` prints one."
NAMES = "it has 1 to 64 of the characters A-Z, a-z, 0-9, '.', '_', '@' and '-'."
NO_HASH = "must end in the token's SHA-256 as 64 hexadecimal digits, not in the token."

WRONG_TOKENS = {
    "hunter2": f"entry 1 {FORM}",
    "ci:write": f"entry 1 {FORM}",
    f"ci:write:{HASH}:more": f"entry 1 {FORM}",
    f":write:{HASH}": f"entry 1 has a name that is none; {NAMES}",
    f"hünter2:write:{HASH}": f"entry 1 has a name that is none; {NAMES}",
    f"ci:hunter2:{HASH}": "entry 1 has a scope that is none; write read, write or admin.",
    f"ci:Write:{HASH}": "entry 1 has a scope that is none; write read, write or admin.",
    f"ci::{HASH}": "entry 1 has a scope that is none; write read, write or admin.",
    "ci:write:hunter2": f"entry 1 {NO_HASH}",
    "ci:write:": f"entry 1 {NO_HASH}",
    f"ci:write:{HASH}0": f"entry 1 {NO_HASH}",
    f"ci:write:{UNKNOWN}": f"entry 1 {NO_HASH}",
    f"ci:write:{HASH},, ,ops:admin:{'f' * 63}": f"entry 2 {NO_HASH}",
    f"ci:write:{HASH} ops:admin:{HASH}": "entry 2 has the hash of another; keep one of them.",
}  # fmt: skip


@pytest.mark.parametrize(("text", "reason"), WRONG_TOKENS.items(), ids=_unnamed)
def test_an_entry_that_is_none_is_told_by_its_number_and_never_shown(text: str, reason: str, tmp_path: Path) -> None:
    file = tmp_path / "tokens"
    file.write_text(text, "utf-8")
    for settings, variable in (
        ({"tokens": text}, "ATLAS_TOKENS"),
        ({"tokens": None, "tokens_file": file}, "ATLAS_TOKENS_FILE"),
    ):
        with pytest.raises(SettingsError) as error:
            of(**settings)
        assert (str(error.value), "hunter2" in str(error.value)) == (f"{variable}: {reason}", False)


def test_a_token_in_both_places_is_told(tmp_path: Path) -> None:
    file = tmp_path / "tokens"
    file.write_text(WRITER.entry)

    with pytest.raises(SettingsError, match="ATLAS_TOKENS_FILE: entry 1 has the hash of another"):
        of(tokens_file=file)


def test_closed_reading_without_any_token_is_refused() -> None:
    with pytest.raises(SettingsError, match="ATLAS_PUBLIC_READ: reading needs a token, and there is none; give some"):
        of(tokens="", public_read=False)

    of(tokens="")  # reading is open
    signing(tokens="", public_read=False)


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({"jwt_key": "x" * 31}, "ATLAS_JWT_KEY: a secret for HS256 has at least 32 bytes; `openssl rand -base64 48` makes one."),
        ({"jwt_issuer": None}, "ATLAS_JWT_ISSUER: set it, or any JWT that the key has signed for whatever would do."),
        ({"jwt_audience": None}, "ATLAS_JWT_AUDIENCE: set it, or any JWT that the key has signed for whatever would do."),
        ({"jwt_audience": ""}, "ATLAS_JWT_AUDIENCE: set it, or any JWT that the key has signed for whatever would do."),
        ({"jwt_key": ""}, "ATLAS_JWT_ISSUER: there is no key that JWTs are checked with; set ATLAS_JWT_KEY."),
        ({"jwt_key": None, "jwt_key_file": "/nope"}, "ATLAS_JWT_KEY_FILE: /nope cannot be read: No such file or directory."),
        ({"jwt_key_file": "/nope"}, "ATLAS_JWT_KEY_FILE: there is ATLAS_JWT_KEY too; keep one of them."),
        ({"tokens_file": "/"}, "ATLAS_TOKENS_FILE: / cannot be read: Is a directory."),
        (
            {"jwt_algorithm": "RS256"},
            "ATLAS_JWT_KEY: the key cannot be read; RS256 takes the issuer's RSA public key in PEM (-----BEGIN PUBLIC KEY-----).",
        ),
    ],
)  # fmt: skip
def test_settings_that_do_not_fit_each_other_are_refused(settings: dict[str, Any], reason: str) -> None:
    with pytest.raises(SettingsError) as error:
        signing(**settings)

    assert str(error.value) == reason


@pytest.mark.parametrize("content", [b"", b" \n", b"\xff\xfe"])
def test_a_file_without_a_key_is_refused(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "key"
    file.write_bytes(content)

    with pytest.raises(SettingsError, match=r"ATLAS_JWT_KEY_FILE: .*(the file is empty|is not UTF-8 text)"):
        signing(jwt_key=None, jwt_key_file=file)


def test_a_key_of_the_wrong_sort_is_refused(private: rsa.RSAPrivateKey, public_pem: str) -> None:
    form, plain = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    own = private.private_bytes(serialization.Encoding.PEM, form, plain).decode()
    locked = private.private_bytes(
        serialization.Encoding.PEM, form, serialization.BestAvailableEncryption(b"x")
    ).decode()
    small = pem_of(rsa.generate_private_key(public_exponent=65537, key_size=1024))  # noqa: S505 - what is refused
    curve = pem_of(ec.generate_private_key(ec.SECP256R1()))
    wrong = {
        "the key cannot be read": [
            ("RS256", locked),
            ("RS256", curve),
            ("RS256", public_pem[:-60]),
            ("RS256", "x" * 40),
        ],
        "this is a private key, which belongs to the issuer alone": [("RS256", own)],
        "the key has 1024 bits, fewer than 2048": [("RS256", small)],
        "this is a key in PEM or another such form, no secret": [
            ("HS256", public_pem),
            ("HS256", own),
            ("HS256", curve),
        ],
    }

    for reason, cases in wrong.items():
        for algorithm, key in cases:
            with pytest.raises(SettingsError) as error:
                signing(jwt_key=key, jwt_algorithm=algorithm)
            assert str(error.value).startswith(f"ATLAS_JWT_KEY: {reason}; ")
            assert key[:40] not in str(error.value)


def test_secrets_are_not_printed() -> None:
    settings = read_settings(tokens=ENTRIES, jwt_key=SECRET, jwt_issuer="i", jwt_audience="a")
    shown = f"{settings!r} {settings} {settings.model_dump()} {Authenticator(settings)!r}"

    assert (SECRET in shown, WRITER.entry in shown) == (False, False)
    with pytest.raises(SettingsError) as error:
        read_settings(jwt_key=[SECRET], tokens=5, port="hunter2 is no port")
    told = str(error.value)
    assert (SECRET in told, "hunter2" in told, SECRET in str(error.value.__cause__)) == (False, True, False)


# -------------------------------------------------------------------------------------------------------------------- HTTP

JSON = "application/json"
GRAPHQL = "application/graphql-response+json"
DJANGO = '{ framework(slug: "django") { name } }'
DJANGO_ANSWER = costing(1, {"framework": {"name": "Django"}})
ASK = 'Bearer realm="framework-atlas"'
INVALID = 'Bearer realm="framework-atlas", error="invalid_token"'
INSUFFICIENT = 'Bearer realm="framework-atlas", error="insufficient_scope"'


@asynccontextmanager
async def serve(path: Path, **settings: Any) -> AsyncIterator[httpx.AsyncClient]:
    """A client of an application that knows the three tokens and takes JWTs."""
    given = {"tokens": ENTRIES, "jwt_key": SECRET, "jwt_issuer": "https://issuer", "jwt_audience": "atlas", **settings}
    async with fresh(path, **given) as made:
        yield made


def denial(message: str, code: str = "UNAUTHENTICATED") -> dict[str, Any]:
    return {"errors": [{"message": message, "extensions": {"code": code}}]}


def shown(answer: httpx.Response) -> tuple[int, str | None, Any]:
    return answer.status_code, answer.headers.get("www-authenticate"), answer.json()


@pytest.mark.anyio
@pytest.mark.parametrize("media", [JSON, GRAPHQL])
async def test_closed_reading_is_a_401_that_says_how_to_ask(seeded: Path, media: str) -> None:
    async with serve(seeded, public_read=False) as asking:
        posted = await asking.post("/graphql", json={"query": DJANGO}, headers={"accept": media})
        got = await asking.get("/graphql", params={"query": DJANGO}, headers={"accept": media})

    for one in (posted, got):
        assert shown(one) == (401, ASK, denial(NO_TOKEN))
        assert one.headers["content-type"] == f"{media}; charset=utf-8"


@pytest.mark.anyio
async def test_closed_reading_shows_nothing_of_the_schema(seeded: Path) -> None:
    texts = [get_introspection_query(), "{ __typename }", "{ framework { nmae } }", "{", "mutation { nope }", ""]
    async with serve(seeded, public_read=False) as asking:
        found = [await asking.post("/graphql", json={"query": text}) for text in texts]
        broken = await asking.post("/graphql", content=b"{", headers={"content-type": JSON})
        empty = await asking.get("/graphql")

    assert [shown(one) for one in (*found, broken, empty)] == [(401, ASK, denial(NO_TOKEN))] * (len(texts) + 2)


@pytest.mark.anyio
@pytest.mark.parametrize(
    "token", [READER.token, WRITER.token, ADMIN.token, signed(scope="read"), signed(scope="admin")], ids=_unnamed
)
async def test_closed_reading_is_open_to_a_token_that_may_read(seeded: Path, token: str) -> None:
    async with serve(seeded, public_read=False) as asking:
        found = [
            await asking.post("/graphql", json={"query": DJANGO}, headers=bearer(token)),
            await asking.get("/graphql", params={"query": DJANGO}, headers=bearer(token, accept=GRAPHQL)),
        ]

    assert [shown(one) for one in found] == [(200, None, DJANGO_ANSWER)] * 2


@pytest.mark.anyio
@pytest.mark.parametrize(
    "text", [DJANGO, "{ __schema { queryType { name } } }", "{ nope }"], ids=["data", "schema", "wrong"]
)
async def test_a_document_that_has_just_been_answered_is_refused_to_others(seeded: Path, text: str) -> None:
    others = [{}, bearer(UNKNOWN), bearer(signed(exp=0)), bearer(signed(scope="email"))]
    asked = {"json": {"query": text}}
    async with serve(seeded, public_read=False) as asking:
        first = await asking.post("/graphql", **asked, headers=bearer(READER.token))
        denied = [await asking.post("/graphql", **asked, headers=headers) for headers in others]
        again = await asking.post("/graphql", **asked, headers=bearer(READER.token))

    assert (first.status_code, first.json()) == (again.status_code, again.json())
    assert [shown(one) for one in denied] == [
        (401, ASK, denial(NO_TOKEN)),
        (401, INVALID, denial(NOT_KNOWN)),
        (401, INVALID, denial(EXPIRED)),
        (403, INSUFFICIENT, denial(NO_SCOPE, "FORBIDDEN")),
    ]


@pytest.mark.anyio
async def test_a_wrong_token_is_a_401_even_where_none_is_needed(seeded: Path) -> None:
    asked = {"json": {"query": DJANGO}}
    async with serve(seeded) as asking:
        open_ = [
            await asking.post("/graphql", **asked, headers=headers)
            for headers in ({}, bearer(READER.token), bearer(signed()), bearer(signed(scope="email")))
        ]
        wrong = [
            await asking.post("/graphql", **asked, headers=headers)
            for headers in (bearer(UNKNOWN), bearer(signed(exp=0)), {"authorization": ""}, {"authorization": "Basic x"})
        ]
        twice = [("authorization", f"Bearer {READER.token}"), ("authorization", f"Bearer {READER.token}")]
        several = await asking.post("/graphql", **asked, headers=twice)

    assert [shown(one) for one in open_] == [(200, None, DJANGO_ANSWER)] * 4
    assert [shown(one) for one in (*wrong, several)] == [
        (401, INVALID, denial(reason)) for reason in (NOT_KNOWN, EXPIRED, MALFORMED, MALFORMED, MALFORMED)
    ]


@pytest.mark.anyio
async def test_a_token_in_the_url_or_the_body_is_none(seeded: Path) -> None:
    token = READER.token
    body = {"query": DJANGO, "access_token": token, "extensions": {"authorization": f"Bearer {token}"}}
    async with serve(seeded, public_read=False) as asking:
        found = [
            await asking.get("/graphql", params={"query": DJANGO, "access_token": token}),
            await asking.post("/graphql", json=body),
            await asking.post("/graphql", json=body, headers={"cookie": f"authorization=Bearer {token}"}),
        ]

    assert [shown(one) for one in found] == [(401, ASK, denial(NO_TOKEN))] * 3


@pytest.mark.anyio
async def test_the_page_and_what_says_that_it_runs_are_open_to_all(seeded: Path) -> None:
    async with serve(seeded, public_read=False) as asking:
        found = [
            await asking.get(path, headers={"accept": "text/html, */*;q=0.8", **headers})
            for headers in ({}, bearer(UNKNOWN))
            for path in ("/graphql", "/healthz", "/readyz")
        ]

    assert [(one.status_code, "<html" in one.text) for one in found] == [(200, True), (200, False), (200, False)] * 2


@pytest.mark.anyio
async def test_the_engine_asks_again_whichever_way_an_operation_came(seeded: Path) -> None:
    """Warm and cold, with its own code and status: this is where a mutation's scope is asked for."""

    class Lax(Authenticator):
        def authenticate(self, authorization: str | None) -> Principal:
            return Principal("nobody", frozenset()) if authorization else Principal(None, frozenset())

    settings = read_settings(store=f"sqlite:///{seeded}")
    store = await prepare(settings)
    engine = Engine(store)
    try:
        async with client(
            GraphQLEndpoint(engine, Lax(settings), HttpConfig.of(settings, engine, RateLimiter(settings)), pages=None)
        ) as asking:
            cold = await asking.post("/", json={"query": DJANGO})
            alone = await engine.schema.execute(DJANGO)
            given = await engine.schema.execute(
                DJANGO, context_value=TransportContext(Principal("dash", frozenset({"read"})))
            )
            warm = await asking.post("/", json={"query": DJANGO}, headers={"authorization": "x"})
    finally:
        await engine.close()
        await store.close()

    assert shown(cold) == (401, ASK, denial(NO_TOKEN))
    assert shown(warm) == (403, INSUFFICIENT, denial(NO_SCOPE, "FORBIDDEN"))
    assert (alone.errors, given.errors) == (None, None)


@pytest.mark.anyio
async def test_the_log_of_a_fault_says_who_asked(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "atlas.db"
    async with serve(path) as asking:
        apsw.Connection(str(path)).execute("DROP TABLE evidence")
        text = "{ claims(first: 1) { nodes { evidence { note } } } }"
        for headers in ({}, bearer(WRITER.token), bearer(signed())):
            await asking.post("/graphql", json={"query": text}, headers=headers)

    assert [getattr(record, "principal", "none") for record in caplog.records if record.levelno == logging.ERROR] == [
        None,
        "ci",
        "alice",
    ]


# ----------------------------------------------------------------------------------------------------------- a real server


@contextmanager
def listening(app: ASGIApp) -> Iterator[str]:
    """Uvicorn in a thread, with its access log, on the test's own logging."""
    config = uvicorn.Config(app, port=0, log_config=None, log_level=None, access_log=True, ws="none")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        wait_until(lambda: server.started or not thread.is_alive(), "it listens")
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()


@pytest.mark.parametrize("public_read", [True, False])
def test_no_token_reaches_a_log(
    tmp_path: Path, public_read: bool, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "atlas.db"
    good, bad = [WRITER.token, signed()], [UNKNOWN, signed(OTHER_SECRET), signed(exp=0), signed(aud="other")]
    settings = {"jwt_key": SECRET, "jwt_issuer": "https://issuer", "jwt_audience": "atlas", "public_read": public_read}
    app = create_app(read_settings(store=f"sqlite:///{path}", tokens=ENTRIES, **settings))
    sent = [f"Bearer {token}" for token in (*good, *bad)] + [UNKNOWN, f"Basic {UNKNOWN}", f"Bearer {UNKNOWN} x"]

    caplog.set_level(logging.DEBUG)
    caplog.set_level(logging.DEBUG, "uvicorn.error")
    caplog.set_level(logging.DEBUG, "uvicorn.access")
    with listening(app) as base, httpx.Client(base_url=base, timeout=30) as asking:
        statuses = []
        for header in sent:
            answer = asking.post("/graphql", json={"query": DJANGO}, headers={"authorization": header})
            statuses.append(answer.status_code)
        apsw.Connection(str(path)).execute("DROP TABLE evidence")
        text = "{ claims(first: 1) { nodes { evidence { note } } } }"
        broken = asking.post("/graphql", json={"query": text}, headers=bearer(WRITER.token))

    told = caplog.text + "".join(str(vars(record)) for record in caplog.records) + "".join(capfd.readouterr())
    assert (statuses, broken.status_code) == ([200, 200, *[401] * 7], 500)
    assert "POST /graphql HTTP/1.1" in told  # the access log
    assert f"refused: {EXPIRED}" in told
    for token in (*good, *bad):
        assert [part for part in (token, *token.split(".")[1:]) if part in told] == []
    assert (SECRET in told, WRITER.entry in told) == (False, False)


def test_every_worker_knows_the_tokens(seeded: Path, tmp_path: Path) -> None:
    file = tmp_path / "tokens"
    file.write_text(READER.entry)
    environment = {
        "ATLAS_TOKENS": WRITER.entry,
        "ATLAS_TOKENS_FILE": str(file),
        "ATLAS_JWT_KEY": SECRET,
        "ATLAS_JWT_ISSUER": "https://issuer",
        "ATLAS_JWT_AUDIENCE": "atlas",
        "ATLAS_PUBLIC_READ": "false",
        "ATLAS_LOG_LEVEL": "debug",
    }
    with serving(seeded, "--workers", "2", **environment) as served:
        ask = {"url": f"{served.base}/graphql", "json": {"query": DJANGO}, "timeout": 30}
        tokens = [READER.token, WRITER.token, signed(), UNKNOWN] * 3
        statuses = [httpx.post(**ask, headers=bearer(token)).status_code for token in tokens]
        alone = httpx.post(**ask).status_code

    assert (statuses, alone) == ([200, 200, 200, 401] * 3, 401)


def test_what_is_wrong_about_tokens_is_told_before_anything_is_made(tmp_path: Path) -> None:
    found = run("serve", "--port", "0", cwd=tmp_path, ATLAS_TOKENS=f"ci:write:{UNKNOWN}")

    assert (found.returncode, found.stderr) == (1, f"ATLAS_TOKENS: entry 1 {NO_HASH}\n")
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(SettingsError, match="ATLAS_PUBLIC_READ"):
        create_app(read_settings(public_read=False))
