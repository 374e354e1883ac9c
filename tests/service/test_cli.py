"""The command, as a shell runs it."""

from __future__ import annotations

import hashlib
import json
import os
import pty
import re
import signal
import socket
import subprocess
from pathlib import Path

import httpx
import pytest
from graphql import parse
from pydantic import SecretStr

from graph_seed import SHIPPED, group_claims, read_facts
from schema import build
from service.auth.authenticator import Authenticator
from service.cli.main import main, settings_table
from service.settings import Settings
from tests.commands import COMMAND, run, serving
from tests.fact_lines import ERRORS, GOOD, LATE_ERRORS, folder_of
from tests.graphs import costing

DJANGO = '{ framework(slug: "django") { name } }'


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run in an empty folder."""
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def store(seeded: Path) -> list[str]:
    return ["--store", f"sqlite:///{seeded}"]


# ------------------------------------------------------------------------------------------------------------------ check


def test_check_counts_what_the_shipped_facts_hold(capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["check"])

    lines = [line.split(maxsplit=1) for line in capsys.readouterr().out.splitlines()]
    counts = {what: int(number) for number, what in lines}
    facts = read_facts(SHIPPED)
    assert code == 0
    assert list(counts)[:7] == [
        "frameworks",
        "frameworkTypes",
        "features",
        "applications",
        "technologies",
        "companies",
        "sources",
    ]
    assert sum(list(counts.values())[:7]) == len(facts.entities)
    assert sum(count for what, count in counts.items() if what.startswith("claims ")) == len(list(group_claims(facts)))
    assert counts["pieces of evidence"] == len(facts.evidence)
    assert (counts["companies"], counts["sources"], counts["claims USES"]) == (12, 5, 12)


def test_check_tells_every_fault_with_its_file_and_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    reasons = [*ERRORS.values(), *LATE_ERRORS.values()]
    folder = folder_of(tmp_path, good=GOOD, later=[*ERRORS, *LATE_ERRORS])

    code = main(["check", str(folder)])

    told = capsys.readouterr()
    assert (code, told.out) == (1, "")
    assert sorted(told.err.splitlines()) == sorted(
        f"later.jsonl:{number}: {reason}" for number, reason in enumerate(reasons, start=1)
    )


def test_check_of_nothing_is_a_fault(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["check", str(tmp_path / "nope")])

    told = capsys.readouterr()
    assert (code, told.out, told.err) == (
        1,
        "",
        f"{tmp_path / 'nope'}: found no .jsonl file; give a folder of facts in JSON Lines.\n",
    )


# ------------------------------------------------------------------------------------------------------------------ query


def test_query_in_a_pipe_prints_the_answer_as_json_and_nothing_else(tmp_path: Path) -> None:
    """Not even when it has to fill the store first."""
    found = run("query", DJANGO, cwd=tmp_path, ATLAS_STORE="sqlite:///by-environment.db")

    assert (found.returncode, found.stderr) == (0, "")
    assert found.stdout == '{\n  "data": {\n    "framework": {\n      "name": "Django"\n    }\n  }\n}\n'
    assert [path.name for path in tmp_path.iterdir()] == ["by-environment.db"]


@pytest.mark.parametrize(
    ("arguments", "answer"),
    [
        (["query ($s: String!) { framework(slug: $s) { name } }", "--variables", '{"s": "flask"}'], "Flask"),
        (['query A { framework(slug: "flask") { name } } query B { framework(slug: "bottle") { name } }',
          "--operation", "B"], "Bottle"),
    ],
)  # fmt: skip
def test_query_takes_variables_and_the_name_of_an_operation(
    store: list[str], arguments: list[str], answer: str, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    code = main(["query", *arguments, *store])

    assert (code, json.loads(capsysbinary.readouterr().out)) == (0, {"data": {"framework": {"name": answer}}})


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["{ frameworks(first: -1) { totalCount } }"], "first is -1; it must not be negative."),
        (
            ["query ($s: String!) { framework(slug: $s) { name } }"],
            "Variable '$s' has invalid value: Expected a value of non-null type 'String!' to be provided.",
        ),
        (
            ["query ($s: String!) { framework(slug: $s) { name } }", "--variables", '{"s": 5}'],
            "Variable '$s' has invalid value: String cannot represent a non string value: 5",
        ),
        (["query A { __typename } query B { __typename }"], "The document has several operations; select one with `operationName`."),
    ],
)  # fmt: skip
def test_query_prints_errors_as_an_answer_and_exits_with_1(
    store: list[str], arguments: list[str], message: str, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    code = main(["query", *arguments, *store])

    answer = json.loads(capsysbinary.readouterr().out)
    assert (code, list(answer), [error["message"] for error in answer["errors"]]) == (1, ["errors"], [message])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([DJANGO, "--variables", "{"], "--variables is not JSON: "),
        ([DJANGO, "--variables", "[]"], "--variables is not a JSON object."),
        ([DJANGO, "--variables", "null"], "--variables is not a JSON object."),
        ([DJANGO, "--variables", r'{"s": "\ud800"}'], "--variables is not JSON: "),
        ([DJANGO, "--variables", '{"n": ' + "9" * 5000 + "}"], "--variables is not JSON: "),
        ([""], "There is no operation; write one, such as '{ frameworks { totalCount } }'."),
        ([DJANGO, "--operation", "Nope"], "The document has no operation named 'Nope'."),
        (["fragment F on Framework { name }"], "The document has no operation."),
        ([DJANGO, "--store", "mysql://localhost"], "ATLAS_STORE: write sqlite:///PATH or neo4j://HOST:PORT"),
        (
            [DJANGO, "--store", "sqlite:////nope/atlas.db"],
            "/nope/atlas.db: the directory /nope does not exist; create it ",
        ),
    ],
    ids=lambda given: str(given)[:60],
)
def test_query_that_cannot_be_asked_says_why_on_stderr(
    store: list[str], arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code = main(["query", *store, *arguments])

    told = capsys.readouterr()
    assert (code, told.out, told.err.startswith(message), told.err.count("\n")) == (1, "", True, 1), told.err


def shown_on_a_terminal(*arguments: str) -> tuple[int, str, str]:
    """The exit code of a command, what it shows on a terminal of 100 columns, and its standard error."""
    ours, theirs = pty.openpty()
    environment = {**os.environ, "TERM": "dumb", "COLUMNS": "100"}
    with subprocess.Popen(
        [COMMAND, *arguments], stdout=theirs, stderr=subprocess.PIPE, text=True, env=environment
    ) as process:
        os.close(theirs)
        shown = b"".join(iter(lambda: _read(ours), b"")).decode()
        assert process.stderr is not None
        told = process.stderr.read()
    os.close(ours)
    return process.returncode, shown, told


ASKED = "{ frameworks(first: 2) { nodes { name features(first: 2) { nodes { name } } } } }"


def test_query_on_a_terminal_prints_rows_as_a_table_and_all_else_as_json(store: list[str]) -> None:
    code, table, told = shown_on_a_terminal("query", ASKED, *store)
    _, one, _ = shown_on_a_terminal("query", DJANGO, *store)

    lines = [re.split(r" {2,}", line.strip()) for line in table.splitlines() if line.strip()]
    assert (code, told, json.loads(one)) == (0, "", {"data": {"framework": {"name": "Django"}}})
    assert lines[0] == ["name", "features.nodes.name"]
    assert lines[2:] == [["Ariadne"], ["Bottle", "Ease of use; Forms support"], ["2 rows"]]


def test_query_on_a_terminal_shows_where_a_fault_stands_and_what_was_meant(store: list[str]) -> None:
    code, shown, told = shown_on_a_terminal("query", "{ frameworks { nodes { nam } } }", *store)

    assert (code, shown) == (1, "")
    assert told.splitlines()[0] == "Cannot query field 'nam' on type 'Framework'. Did you mean 'name'?"
    assert told.splitlines()[-2:] == ["1 | { frameworks { nodes { nam } } }", "  |                        ^"]


def test_query_prints_the_format_that_is_asked_for(
    store: list[str], capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    assert main(["query", ASKED, "--format", "csv", *store]) == 0
    as_csv = capsysbinary.readouterr().out.decode()
    assert main(["query", ASKED, "--format", "jsonl", *store]) == 0
    as_lines = capsysbinary.readouterr().out.decode()

    assert as_csv.splitlines() == [
        '"name","features.nodes.name"',
        '"Ariadne",""',
        '"Bottle","Ease of use; Forms support"',
    ]
    assert [json.loads(line)["name"] for line in as_lines.splitlines()] == ["Ariadne", "Bottle"]


def test_query_without_rows_is_no_csv(store: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    code = main(
        ["query", '{ a: framework(slug: "flask") { name } b: frameworks { totalCount } }', "--format", "csv", *store]
    )

    told = capsys.readouterr()
    assert (code, told.out) == (1, "")
    assert told.err == "A table needs exactly one root field that returns data; this operation has a, b.\n"


def test_query_has_the_limits_of_the_settings(
    store: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ATLAS_MAX_PAGE", "5000")
    assert main(["query", "{ frameworks(first: 5000) { totalCount } }", *store]) == 0
    assert main(["query", "{ frameworks(first: 5001) { totalCount } }", *store]) == 1

    assert "a page has at most 5000 items (ATLAS_MAX_PAGE)" in capsys.readouterr().out


def test_query_explains_itself(store: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["query", ASKED, "--format", "csv", "--explain", *store]) == 0
    told = capsys.readouterr()
    assert main(["query", ASKED, "--explain", *store]) == 0
    as_json = json.loads(capsys.readouterr().out)

    assert told.out.startswith('"name",')
    assert "EntityList frameworks, kind Framework" in told.err
    assert "SELECT" in told.err
    assert " rows of at most 6; " in told.err
    assert as_json["extensions"]["explain"]["cost"] == 6


def test_a_command_line_that_cannot_be_read_exits_with_2(capsys: pytest.CaptureFixture[str]) -> None:
    for arguments in ([], ["nope"], ["query"], ["serve", "--nope"], ["token", "new"]):
        with pytest.raises(SystemExit) as ended:
            main(arguments)
        assert ended.value.code == 2
    assert "usage: framework-atlas" in capsys.readouterr().err


# ----------------------------------------------------------------------------------------------------------------- schema


def test_schema_prints_the_sdl(capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["schema"])

    printed = capsys.readouterr().out
    assert (code, printed) == (0, build().as_str() + "\n")
    assert parse(printed).definitions


# ------------------------------------------------------------------------------------------------------------------ token


def test_a_new_token_is_printed_once_with_the_entry_that_makes_it_known(capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["token", "new", "--name", "ci", "--scope", "write"])

    told = capsys.readouterr()
    token, entry = told.out.splitlines()
    assert (code, entry) == (0, f"ci:write:{hashlib.sha256(token.encode()).hexdigest()}")
    assert (len(told.err.splitlines()), token in told.err) == (2, False)
    authenticator = Authenticator(Settings(tokens=SecretStr(entry), public_read=False))
    assert authenticator.authenticate(f"Bearer {token}").name == "ci"


@pytest.mark.parametrize("name", ["", "a b", "a:b", "a,b", "ж", "a" * 65, "a\n"])
def test_a_name_that_cannot_stand_in_an_entry_is_refused(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["token", "new", "--name", name, "--scope", "read"])

    told = capsys.readouterr()
    assert (code, told.out, told.err.startswith(f"Invalid token name '{name}'; use 1 to 64")) == (1, "", True)


# ------------------------------------------------------------------------------------------------------------------- seed


def test_seed_fills_an_empty_store_and_leaves_a_full_one_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store = f"sqlite:///{tmp_path / 'atlas.db'}"
    other = folder_of(tmp_path / "facts", good=GOOD)

    codes = [main(["seed", "--store", store]), main(["seed", "--store", store, "--facts", str(other)])]
    code = main(["query", "{ frameworks { totalCount } }", "--store", store])

    told = capsys.readouterr()
    filled, again, answer = told.out.split("\n", maxsplit=2)
    assert (codes, code, told.err) == ([0, 0], 0, "")
    assert (filled, again) == (f"{store}: filled.", f"{store}: holds a graph already, left as it is.")
    assert json.loads(answer) == {"data": {"frameworks": {"totalCount": 13}}}


def test_seed_takes_other_facts_and_says_what_is_wrong_with_them(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store = f"sqlite:///{tmp_path / 'atlas.db'}"
    wrong = folder_of(tmp_path / "wrong", good=GOOD, later=["{"])
    right = folder_of(tmp_path / "right", good=GOOD)

    codes = [main(["seed", "--store", store, "--facts", str(folder)]) for folder in (wrong, right)]

    told = capsys.readouterr()
    assert (codes, told.out) == ([1, 0], f"{store}: filled.\n")
    assert told.err.startswith("later.jsonl:1: invalid JSON")


def test_an_option_goes_before_its_variable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ATLAS_STORE", f"sqlite:///{tmp_path / 'first.db'}")

    code = main(["seed", "--store", f"sqlite:///{tmp_path / 'second.db'}"])

    assert (code, capsys.readouterr().out) == (0, f"sqlite:///{tmp_path / 'second.db'}: filled.\n")
    assert [path.name for path in tmp_path.iterdir()] == ["second.db"]


def test_seeding_shows_its_progress_on_a_terminal(tmp_path: Path) -> None:
    ours, theirs = pty.openpty()
    arguments = [COMMAND, "seed", "--store", f"sqlite:///{tmp_path / 'atlas.db'}"]
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": "100"}

    with subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=theirs, env=environment) as process:
        os.close(theirs)
        shown = b"".join(iter(lambda: _read(ours), b"")).decode()
        assert process.wait(60) == 0
    os.close(ours)

    facts = read_facts(SHIPPED)
    entities, gathered = len(facts.entities), len(list(group_claims(facts)))
    ends = {f"entities {entities}/{entities}", f"claims {gathered}/{gathered}"}
    assert ends <= {f"{what} {count}" for what, count in re.findall(r"(entities|claims)[^/]*?(\d+/\d+)", shown)}


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65536)
    except OSError:  # the other side has closed it
        return b""


def test_seed_update_tells_what_it_did(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    store = f"sqlite:///{tmp_path / 'atlas.db'}"
    less = folder_of(tmp_path / "less", good=GOOD[:-1])
    more = folder_of(tmp_path / "more", good=GOOD)
    wrong = folder_of(tmp_path / "wrong", good=[{**GOOD[2], "slug": "other"}])

    codes = [
        main(["seed", "--update", "--store", store, "--facts", str(folder)]) for folder in (more, more, less, more)
    ]
    refused = main(["seed", "--update", "--store", store, "--facts", str(wrong)])

    told = capsys.readouterr()
    assert (codes, refused) == ([0, 0, 0, 0], 1)
    assert told.out.splitlines() == [
        f"{store}: filled.",
        f"{store}: 0 entities and 0 pieces of evidence written, 8 were there.",
        f"{store}: 0 entities and 0 pieces of evidence written, 1 taken back, 7 were there.",
        f"{store}: 0 entities and 1 pieces of evidence written, 7 were there.",
    ]
    assert told.err == f"{wrong}/good.jsonl:1: aliases: 'Джанго' already leads to Framework:django.\n"


# --------------------------------------------------------------------------------------------------------------- load, export


def test_load_and_export_in_a_pipe(tmp_path: Path) -> None:
    """What one store writes another one reads, and says no more than the result."""
    lines = "".join(json.dumps(line) + "\n" for line in GOOD)

    loaded = run("load", "-", "--store", "sqlite:///one.db", cwd=tmp_path, stdin=lines)
    first = run("export", "--store", "sqlite:///one.db", cwd=tmp_path)
    again = run("load", "-", "--format", "jsonl", "--store", "sqlite:///two.db", cwd=tmp_path, stdin=first.stdout)
    second = run("export", "two.jsonl", "--store", "sqlite:///two.db", cwd=tmp_path)

    assert (loaded.returncode, loaded.stdout, loaded.stderr) == (
        0,
        "sqlite:///one.db: 5 entities and 3 pieces of evidence written, 0 were there.\n",
        "",
    )
    assert (first.returncode, first.stderr, first.stdout.count("\n")) == (0, "", 8)
    assert (again.returncode, second.returncode, second.stdout, second.stderr) == (0, 0, "", "")
    assert (tmp_path / "two.jsonl").read_text() == first.stdout
    assert sorted(path.name for path in tmp_path.iterdir()) == ["one.db", "two.db", "two.jsonl"]


def test_load_lists_faults_and_writes_nothing_unless_told_to(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store = f"sqlite:///{tmp_path / 'atlas.db'}"
    file = folder_of(tmp_path, good=[*GOOD, "{", '{"kind": "Framework", "slug": "x"}']) / "good.jsonl"
    faults = (
        f"{file}:9: invalid JSON (Expecting property name enclosed in double quotes at column 2).\n"
        f"{file}:10: name is missing.\n"
    )

    refused = main(["load", str(file), "--store", store])
    first = capsys.readouterr()
    dry = main(["load", str(file), "--store", store, "--dry-run", "--max-errors", "1"])
    second = capsys.readouterr()
    kept = main(["load", str(file), "--store", store, "--keep-going"])
    third = capsys.readouterr()

    assert (refused, dry, kept) == (1, 1, 1)
    assert (first.out, first.err) == (
        "",
        f"{faults}2 faults; nothing was written. --keep-going writes all lines but these.\n",
    )
    assert (second.out, second.err) == (
        "0 entities and 0 pieces of evidence are right; nothing was written.\n",
        f"{faults.splitlines()[0]}\n1 fault and perhaps more (--max-errors).\n",
    )
    assert (third.out, third.err) == (
        f"{store}: 5 entities and 3 pieces of evidence written, 0 were there.\n",
        f"{faults}2 faults; all lines but these were written.\n",
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["load", "nope.jsonl"], "nope.jsonl: cannot be read (No such file or directory)."),
        (["load", "."], ".: its name ends in none of .jsonl, .ndjson, .json, .csv; say what it is by --format."),
        (["load", ".", "--format", "csv"], ".: cannot be read (Is a directory)."),
        (["export", "nowhere/x.jsonl"], "nowhere/x.jsonl: cannot be written (No such file or directory)."),
        (["export", "--store", "sqlite:///empty.db"], "The store holds no graph; fill it by seed or load."),
        (["export", "--store", "sqlite:///nowhere.db"], "nowhere.db: there is no such file."),
    ],
)
@pytest.mark.usefixtures("elsewhere")
def test_load_and_export_say_what_they_cannot_do(
    store: list[str], arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("empty.db").touch()
    code = main([*arguments[:1], *store, *arguments[1:]])

    told = capsys.readouterr()
    assert (code, told.out, told.err) == (1, "", f"{message}\n")


def test_export_into_a_pipe_that_is_closed_ends_quietly(seeded: Path) -> None:
    with subprocess.Popen(
        [COMMAND, "export", "--store", f"sqlite:///{seeded}"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        told = process.stderr.read()

    assert (process.returncode, told) == (1, b"")


def test_loading_shows_progress_rate_and_what_is_left_on_a_terminal(tmp_path: Path) -> None:
    ours, theirs = pty.openpty()
    facts = "".join(
        json.dumps(line) + "\n" for line in GOOD[:-1] + [{**GOOD[-3], "note": f"{n}."} for n in range(25_000)]
    )
    (tmp_path / "many.jsonl").write_text(facts)
    arguments = [COMMAND, "load", str(tmp_path / "many.jsonl"), "--store", f"sqlite:///{tmp_path / 'atlas.db'}"]
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": "120"}

    with subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=theirs, env=environment) as process:
        os.close(theirs)
        shown = b"".join(iter(lambda: _read(ours), b"")).decode()
        assert process.wait(60) == 0
    os.close(ours)

    assert {"checking entities", "checking evidence", "entities", "evidence"} <= set(
        re.findall(r"(?:checking )?(?:entities|evidence)", shown)
    )
    assert re.search(r"[\d.]+ .?B/s", shown)
    assert "0:00:00" in shown


# ------------------------------------------------------------------------------------------------------------------ serve


def test_serve_help_lists_every_setting_with_its_default(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["serve", "--help"])

    told = capsys.readouterr().out
    assert (ended.value.code, settings_table() in told) == (0, True)
    for name, item in Settings.model_fields.items():
        assert f"ATLAS_{name.upper()}" in told
        assert str(item.description) in told


@pytest.mark.skipif(not socket.has_dualstack_ipv6(), reason="this machine speaks no IPv6")
def test_serve_listens_on_ipv6_too_and_ends_on_ctrl_c(seeded: Path) -> None:
    with serving(seeded, "--host", "::1") as served:
        answer = httpx.post(f"{served.base}/graphql", json={"query": DJANGO}, timeout=30)
        served.process.send_signal(signal.SIGINT)
        served.process.wait(20)

    assert served.base.startswith("http://[::1]:")
    assert answer.json() == costing(1, {"framework": {"name": "Django"}})


def test_a_port_that_is_taken_is_told_at_once(seeded: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

        found = run("serve", "--store", f"sqlite:///{seeded}", "--port", str(port))

    assert (found.returncode, found.stdout, found.stderr) == (
        1,
        "",
        f"cannot listen on 127.0.0.1:{port}: Address already in use.\n",
    )


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--host", "nowhere.invalid"], "cannot listen on nowhere.invalid:8000: "),
        (["--port", "99999"], "ATLAS_PORT: Input should be less than or equal to 65535 (it is '99999')"),
        (["--workers", "0"], "ATLAS_WORKERS: Input should be greater than or equal to 1 (it is '0')"),
        (["--facts", "/nope", "--store", "sqlite:///empty.db"], "/nope: found no .jsonl file"),
    ],
)
@pytest.mark.usefixtures("elsewhere")
def test_serve_says_what_it_cannot_do(
    store: list[str], options: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code = main(["serve", *store, *options])

    told = capsys.readouterr()
    assert (code, told.out, told.err.startswith(message)) == (1, "", True), told.err
