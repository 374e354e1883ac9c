"""`framework-atlas serve`: its help, its addresses, and the errors before it starts."""

from __future__ import annotations

import signal
import socket
from pathlib import Path

import httpx
import pytest

from service.cli.main import main
from service.cli.options import settings_table
from service.settings import Settings
from tests.commands import run, serving
from tests.queries import response_with_cost

DJANGO = '{ framework(slug: "django") { name } }'


def test_the_help_lists_every_setting_with_its_default(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["serve", "--help"])

    output = capsys.readouterr().out
    assert (caught.value.code, settings_table() in output) == (0, True)
    for name, field in Settings.model_fields.items():
        assert f"ATLAS_{name.upper()}" in output
        assert str(field.description) in output


@pytest.mark.skipif(not socket.has_dualstack_ipv6(), reason="this machine has no IPv6")
def test_serve_listens_on_ipv6_and_stops_on_ctrl_c(seeded: Path) -> None:
    with serving(seeded, "--host", "::1") as service:
        answer = httpx.post(f"{service.base}/graphql", json={"query": DJANGO}, timeout=30)
        service.process.send_signal(signal.SIGINT)
        service.process.wait(20)

    assert service.base.startswith("http://[::1]:")
    assert answer.json() == response_with_cost(1, {"framework": {"name": "Django"}})


def test_a_port_in_use_is_an_error(seeded: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]

        completed = run("serve", "--store", f"sqlite:///{seeded}", "--port", str(port))

    assert (completed.returncode, completed.stdout, completed.stderr) == (
        1,
        "",
        f"cannot listen on 127.0.0.1:{port}: Address already in use.\n",
    )


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--host", "nowhere.invalid"], "cannot listen on nowhere.invalid:8000: "),
        (["--port", "99999"], "ATLAS_PORT: Input should be less than or equal to 65535 (got '99999')"),
        (["--workers", "0"], "ATLAS_WORKERS: Input should be greater than or equal to 1 (got '0')"),
        (["--facts", "/nope", "--store", "sqlite:///empty.db"], "/nope: found no .jsonl file"),
    ],
)
@pytest.mark.usefixtures("empty_folder")
def test_options_that_serve_cannot_use_are_reported(
    store: list[str], options: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code = main(["serve", *store, *options])

    output = capsys.readouterr()
    assert (code, output.out, output.err.startswith(message)) == (1, "", True), output.err
