"""The command line as a whole, and the commands `schema` and `token`."""

from __future__ import annotations

import hashlib

import pytest
from graphql import parse
from pydantic import SecretStr

from schema import build
from service.auth.authenticator import Authenticator
from service.cli.main import main
from service.settings import Settings


def test_an_invalid_command_line_exits_with_2(capsys: pytest.CaptureFixture[str]) -> None:
    for arguments in ([], ["nope"], ["query"], ["serve", "--nope"], ["token", "new"]):
        with pytest.raises(SystemExit) as caught:
            main(arguments)
        assert caught.value.code == 2
    assert "usage: framework-atlas" in capsys.readouterr().err


def test_the_help_lists_each_command_with_the_first_line_of_its_description(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["--help"])

    assert caught.value.code == 0
    words = capsys.readouterr().out.split()
    assert " ".join(words).count("Serve the graph over HTTP until stopped.") == 1
    assert {"serve", "seed", "load", "export", "check", "query", "schema", "token"} <= set(words)


def test_schema_prints_the_sdl(capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["schema"])

    printed = capsys.readouterr().out
    assert (code, printed) == (0, build().as_str() + "\n")
    assert parse(printed).definitions


def test_a_new_token_is_printed_once_with_its_entry(capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["token", "new", "--name", "ci", "--scope", "write"])

    output = capsys.readouterr()
    token, entry = output.out.splitlines()
    assert (code, entry) == (0, f"ci:write:{hashlib.sha256(token.encode()).hexdigest()}")
    assert (len(output.err.splitlines()), token in output.err) == (2, False)
    authenticator = Authenticator(Settings(tokens=SecretStr(entry), public_read=False))
    assert authenticator.authenticate(f"Bearer {token}").name == "ci"


@pytest.mark.parametrize("name", ["", "a b", "a:b", "a,b", "ж", "a" * 65, "a\n"])
def test_an_invalid_token_name_is_an_error(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["token", "new", "--name", name, "--scope", "read"])

    output = capsys.readouterr()
    assert (code, output.out) == (1, "")
    assert output.err.startswith(f"Invalid token name '{name}'; use 1 to 64 of the characters ")
