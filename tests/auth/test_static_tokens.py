"""Static tokens: how they are created, looked up, and configured."""

from __future__ import annotations

import base64
import hashlib
import hmac
from pathlib import Path

import pytest

from service.auth.principal import Principal
from service.auth.static_tokens import new_token
from service.errors import InvalidTokenError, SettingsError
from tests.auth.authenticators import UNKNOWN_TOKEN, authenticator, constant_id, rejection
from tests.tokens import ADMIN, ENTRIES, READER, UNKNOWN, WRITER, signed

pytestmark = pytest.mark.usefixtures("no_settings")


def test_a_token_has_the_name_and_the_scope_of_its_entry() -> None:
    private = authenticator(public_read=False)

    principals = [private.authenticate(f"Bearer {item.token}") for item in (READER, WRITER, ADMIN)]

    assert principals == [
        Principal("dash", frozenset({"read"})),
        Principal("ci", frozenset({"write"})),
        Principal("ops", frozenset({"admin"})),
    ]


def test_a_token_is_random_and_its_entry_contains_only_its_hash() -> None:
    tokens = [new_token("a.b-c_d@e", "write") for _ in range(2)]

    assert tokens[0].token != tokens[1].token
    for item in tokens:
        assert len(base64.urlsafe_b64decode(item.token.removeprefix("atlas_") + "=")) == 32
        assert item.entry == f"a.b-c_d@e:write:{hashlib.sha256(item.token.encode()).hexdigest()}"


@pytest.mark.parametrize(
    "token",
    [UNKNOWN, WRITER.token[:-1], WRITER.token + "A", WRITER.token.upper(), WRITER.entry.rpartition(":")[2], signed()],
    ids=["another", "shorter", "longer", "upper case", "its own hash", "a JWT without a key"],
)
@pytest.mark.parametrize("public_read", [True, False])
def test_an_unknown_token_is_rejected_even_if_no_token_is_required(token: str, public_read: bool) -> None:
    assert rejection(authenticator(public_read=public_read), token) == UNKNOWN_TOKEN


def test_a_token_is_compared_with_all_hashes_in_constant_time(monkeypatch: pytest.MonkeyPatch) -> None:
    tokens = READER.token, ADMIN.token, UNKNOWN
    tested, comparisons = authenticator(), []
    compare = hmac.compare_digest

    def recorded(left: bytes, right: bytes) -> bool:
        comparisons[-1].append((left, right))
        return compare(left, right)

    monkeypatch.setattr("service.auth.static_tokens.hmac.compare_digest", recorded)
    for token in tokens:
        comparisons.append([])
        try:
            tested.authenticate(f"Bearer {token}")
        except InvalidTokenError:
            assert token == UNKNOWN

    configured = [bytes.fromhex(entry.rpartition(":")[2]) for entry in ENTRIES.split(", ")]
    sent = [hashlib.sha256(token.encode()).digest() for token in tokens]
    assert comparisons == [[(hash_, other) for hash_ in configured] for other in sent]


def test_two_tokens_can_have_the_same_name_so_that_one_can_replace_the_other() -> None:
    old, new = new_token("ci", "write"), new_token("ci", "read")
    tested = authenticator(tokens=f"{old.entry} {new.entry}", public_read=False)

    principals = [tested.authenticate(f"Bearer {item.token}") for item in (old, new)]

    assert [(principal.name, principal.allows("write")) for principal in principals] == [("ci", True), ("ci", False)]


def test_tokens_come_from_the_environment_and_from_the_lines_of_a_file(tmp_path: Path) -> None:
    file = tmp_path / "tokens"
    name, scope, hash_ = WRITER.entry.split(":")
    file.write_text(f"# May write\n\n{name}:{scope}:{hash_.upper()}  # the builds\n{ADMIN.entry}\n")
    tested = authenticator(tokens=READER.entry, tokens_file=file)

    names = [tested.authenticate(f"Bearer {item.token}").name for item in (READER, WRITER, ADMIN)]

    assert names == ["dash", "ci", "ops"]


HASH = "0" * 64
FORM = "is not NAME:SCOPE:SHA256; create one with `framework-atlas token new`."
NAME = "has an invalid name; use 1 to 64 of the characters A-Z, a-z, 0-9, '.', '_', '@' and '-'."
SCOPE = "has an invalid scope; use read, write or admin."
NO_HASH = "must end with the SHA-256 of the token (64 hexadecimal digits), not with the token."

INVALID_ENTRIES = {
    "hunter2": f"entry 1 {FORM}",
    "ci:write": f"entry 1 {FORM}",
    f"ci:write:{HASH}:more": f"entry 1 {FORM}",
    f":write:{HASH}": f"entry 1 {NAME}",
    f"hünter2:write:{HASH}": f"entry 1 {NAME}",
    f"ci:hunter2:{HASH}": f"entry 1 {SCOPE}",
    f"ci:Write:{HASH}": f"entry 1 {SCOPE}",
    f"ci::{HASH}": f"entry 1 {SCOPE}",
    "ci:write:hunter2": f"entry 1 {NO_HASH}",
    "ci:write:": f"entry 1 {NO_HASH}",
    f"ci:write:{HASH}0": f"entry 1 {NO_HASH}",
    f"ci:write:{UNKNOWN}": f"entry 1 {NO_HASH}",
    f"ci:write:{HASH},, ,ops:admin:{'f' * 63}": f"entry 2 {NO_HASH}",
    f"ci:write:{HASH} ops:admin:{HASH}": "entry 2 has the same hash as another entry; remove one of them.",
}  # fmt: skip


@pytest.mark.parametrize(("text", "reason"), INVALID_ENTRIES.items(), ids=constant_id)
def test_the_error_of_an_invalid_entry_has_its_number_and_not_its_text(text: str, reason: str, tmp_path: Path) -> None:
    file = tmp_path / "tokens"
    file.write_text(text, "utf-8")
    for settings, variable in (
        ({"tokens": text}, "ATLAS_TOKENS"),
        ({"tokens": None, "tokens_file": file}, "ATLAS_TOKENS_FILE"),
    ):
        with pytest.raises(SettingsError) as caught:
            authenticator(**settings)
        assert (str(caught.value), "hunter2" in str(caught.value)) == (f"{variable}: {reason}", False)


def test_a_token_in_the_environment_and_in_the_file_is_an_error(tmp_path: Path) -> None:
    file = tmp_path / "tokens"
    file.write_text(WRITER.entry)

    with pytest.raises(SettingsError, match="ATLAS_TOKENS_FILE: entry 1 has the same hash as another entry"):
        authenticator(tokens_file=file)
