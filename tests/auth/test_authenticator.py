"""Authentication by the Authorization header and by the payload of a WebSocket connection."""

from __future__ import annotations

import pytest

from service.auth.authenticator import Authenticator
from service.auth.principal import ANONYMOUS
from service.errors import ForbiddenError, InvalidTokenError, SettingsError, UnauthenticatedError
from service.settings import read_settings
from tests.auth.authenticators import (
    MALFORMED,
    NO_SCOPE,
    NO_TOKEN,
    UNKNOWN_TOKEN,
    authenticator,
    constant_id,
    jwt_authenticator,
    rejection,
)
from tests.tokens import ENTRIES, SECRET, UNKNOWN, WRITER, signed

pytestmark = pytest.mark.usefixtures("no_settings")


# ----------------------------------------------------------------------------------------------------------------- header


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
    ids=constant_id,
)
def test_a_malformed_header_is_rejected_and_not_treated_as_missing(header: str) -> None:
    with pytest.raises(InvalidTokenError) as caught:
        authenticator().authenticate(header)

    assert str(caught.value) == MALFORMED


def test_a_token_above_the_maximum_length_is_not_verified() -> None:
    assert rejection(jwt_authenticator(), "a" * 8193) == "The token is longer than 8192 characters."
    assert rejection(jwt_authenticator(), "a" * 8192) == UNKNOWN_TOKEN


@pytest.mark.parametrize("header", ["bearer {}", "BEARER {}", "Bearer   {}", " Bearer {} "])
def test_the_scheme_is_case_insensitive_and_spaces_are_ignored(header: str) -> None:
    assert authenticator().authenticate(header.format(WRITER.token)).name == "ci"


def test_without_a_header_a_client_may_read_if_reading_is_public() -> None:
    assert authenticator().authenticate(None) is ANONYMOUS


def test_without_a_header_a_client_is_rejected_if_reading_is_not_public() -> None:
    with pytest.raises(UnauthenticatedError) as caught:
        authenticator(public_read=False).authenticate(None)

    assert (type(caught.value), str(caught.value)) == (UnauthenticatedError, NO_TOKEN)


def test_a_token_without_our_scopes_may_read_only_if_reading_is_public() -> None:
    header = f"Bearer {signed(scope='email profile')}"

    public, private = jwt_authenticator(), jwt_authenticator(public_read=False)

    assert public.authenticate(header).scopes == {"read"}
    with pytest.raises(ForbiddenError) as caught:
        private.authenticate(header)
    assert str(caught.value) == NO_SCOPE


# -------------------------------------------------------------------------------------------------------------- WebSockets


@pytest.mark.parametrize("name", ["Authorization", "authorization", "AUTHORIZATION"])
def test_a_connection_is_authenticated_by_its_payload(name: str) -> None:
    private = authenticator(public_read=False)

    assert private.authenticate_connection({name: f"Bearer {WRITER.token}", "more": 1}).name == "ci"
    with pytest.raises(InvalidTokenError, match="The token is unknown"):
        private.authenticate_connection({name: f"Bearer {UNKNOWN}"})


@pytest.mark.parametrize("payload", [None, {}, [], "Bearer x", 5, {"token": WRITER.token}, {5: 5}])
def test_a_connection_without_a_token_is_anonymous_or_rejected(payload: object) -> None:
    assert authenticator().authenticate_connection(payload) is ANONYMOUS
    with pytest.raises(UnauthenticatedError) as caught:
        authenticator(public_read=False).authenticate_connection(payload)
    assert type(caught.value) is UnauthenticatedError


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
    ids=constant_id,
)
def test_a_connection_with_a_malformed_token_is_rejected(payload: object) -> None:
    with pytest.raises(InvalidTokenError) as caught:
        authenticator().authenticate_connection(payload)

    assert str(caught.value) == MALFORMED


# --------------------------------------------------------------------------------------------------------------- settings


def test_private_reading_without_any_token_is_an_error() -> None:
    with pytest.raises(SettingsError, match="ATLAS_PUBLIC_READ: reading requires a token, but none is configured; set"):
        authenticator(tokens="", public_read=False)

    authenticator(tokens="")  # reading is public
    jwt_authenticator(tokens="", public_read=False)


def test_secrets_are_not_printed() -> None:
    settings = read_settings(tokens=ENTRIES, jwt_key=SECRET, jwt_issuer="i", jwt_audience="a")
    printed = f"{settings!r} {settings} {settings.model_dump()} {Authenticator(settings)!r}"

    assert (SECRET in printed, WRITER.entry in printed) == (False, False)
    with pytest.raises(SettingsError) as caught:
        read_settings(jwt_key=[SECRET], tokens=5, port="hunter2 is no port")
    message = str(caught.value)
    assert (SECRET in message, "hunter2" in message, SECRET in str(caught.value.__cause__)) == (False, True, False)
