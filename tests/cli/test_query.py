"""`framework-atlas query`: output formats, variables, and errors."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from service.cli.main import main
from tests.cli.terminal import run_on_terminal
from tests.commands import run

DJANGO = '{ framework(slug: "django") { name } }'
LISTS = "{ frameworks(first: 2) { nodes { name features(first: 2) { nodes { name } } } } }"


def test_query_in_a_pipe_prints_only_the_answer_as_json_even_if_it_fills_the_store(tmp_path: Path) -> None:
    completed = run("query", DJANGO, cwd=tmp_path, ATLAS_STORE="sqlite:///by-environment.db")

    assert (completed.returncode, completed.stderr) == (0, "")
    assert completed.stdout == '{\n  "data": {\n    "framework": {\n      "name": "Django"\n    }\n  }\n}\n'
    assert [path.name for path in tmp_path.iterdir()] == ["by-environment.db"]


@pytest.mark.parametrize(
    ("arguments", "name"),
    [
        (["query ($s: String!) { framework(slug: $s) { name } }", "--variables", '{"s": "flask"}'], "Flask"),
        (['query A { framework(slug: "flask") { name } } query B { framework(slug: "bottle") { name } }',
          "--operation", "B"], "Bottle"),
    ],
)  # fmt: skip
def test_query_accepts_variables_and_the_name_of_an_operation(
    store: list[str], arguments: list[str], name: str, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    code = main(["query", *arguments, *store])

    assert (code, json.loads(capsysbinary.readouterr().out)) == (0, {"data": {"framework": {"name": name}}})


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
def test_query_prints_errors_as_json_in_a_pipe_and_exits_with_1(
    store: list[str], arguments: list[str], message: str, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    code = main(["query", *arguments, *store])

    answer = json.loads(capsysbinary.readouterr().out)
    assert (code, list(answer), [error["message"] for error in answer["errors"]]) == (1, ["errors"], [message])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([DJANGO, "--variables", "{"], "--variables is not valid JSON: "),
        ([DJANGO, "--variables", "[]"], "--variables is not a JSON object."),
        ([DJANGO, "--variables", "null"], "--variables is not a JSON object."),
        ([DJANGO, "--variables", r'{"s": "\ud800"}'], "--variables is not valid JSON: "),
        ([DJANGO, "--variables", '{"n": ' + "9" * 5000 + "}"], "--variables is not valid JSON: "),
        ([""], "The document is empty; write an operation such as '{ frameworks { totalCount } }'."),
        ([DJANGO, "--operation", "Nope"], "The document has no operation named 'Nope'."),
        (["fragment F on Framework { name }"], "The document has no operation."),
        ([DJANGO, "--store", "mysql://localhost"], "ATLAS_STORE: use sqlite:///PATH or neo4j://HOST:PORT"),
        (
            [DJANGO, "--store", "sqlite:////nope/atlas.db"],
            "/nope/atlas.db: the directory /nope does not exist; create it or ",
        ),
    ],
    ids=lambda value: str(value)[:60],
)
def test_an_operation_that_cannot_be_executed_is_one_line_on_stderr(
    store: list[str], arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code = main(["query", *store, *arguments])

    output = capsys.readouterr()
    assert (code, output.out) == (1, "")
    assert (output.err.startswith(message), output.err.count("\n")) == (True, 1), output.err


def test_query_on_a_terminal_prints_rows_as_a_table_and_other_answers_as_json(store: list[str]) -> None:
    code, table, errors = run_on_terminal("query", LISTS, *store)
    _, single, _ = run_on_terminal("query", DJANGO, *store)

    lines = [re.split(r" {2,}", line.strip()) for line in table.splitlines() if line.strip()]
    assert (code, errors, json.loads(single)) == (0, "", {"data": {"framework": {"name": "Django"}}})
    assert lines[0] == ["name", "features.nodes.name"]
    assert lines[2:] == [["Ariadne"], ["Bottle", "Ease of use; Forms support"], ["2 rows"]]


def test_query_on_a_terminal_shows_the_location_of_an_error_and_a_suggestion(store: list[str]) -> None:
    code, shown, errors = run_on_terminal("query", "{ frameworks { nodes { nam } } }", *store)

    assert (code, shown) == (1, "")
    assert errors.splitlines()[0] == "Cannot query field 'nam' on type 'Framework'. Did you mean 'name'?"
    assert errors.splitlines()[-2:] == ["1 | { frameworks { nodes { nam } } }", "  |                        ^"]


def test_query_prints_csv_and_json_lines(store: list[str], capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    assert main(["query", LISTS, "--format", "csv", *store]) == 0
    csv = capsysbinary.readouterr().out.decode()
    assert main(["query", LISTS, "--format", "jsonl", *store]) == 0
    json_lines = capsysbinary.readouterr().out.decode()

    assert csv.splitlines() == [
        '"name","features.nodes.name"',
        '"Ariadne",""',
        '"Bottle","Ease of use; Forms support"',
    ]
    assert [json.loads(line)["name"] for line in json_lines.splitlines()] == ["Ariadne", "Bottle"]


def test_an_answer_without_rows_cannot_be_csv(store: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    text = '{ a: framework(slug: "flask") { name } b: frameworks { totalCount } }'

    code = main(["query", text, "--format", "csv", *store])

    output = capsys.readouterr()
    assert (code, output.out) == (1, "")
    assert output.err == "A table needs exactly one root field that returns data; this operation has a, b.\n"


def test_query_has_the_limits_of_the_settings(
    store: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ATLAS_MAX_PAGE", "5000")
    assert main(["query", "{ frameworks(first: 5000) { totalCount } }", *store]) == 0
    assert main(["query", "{ frameworks(first: 5001) { totalCount } }", *store]) == 1

    assert "first is 5001; a page has at most 5000 items (ATLAS_MAX_PAGE)." in capsys.readouterr().out


def test_explain_prints_the_plan_the_statement_and_the_times(
    store: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["query", LISTS, "--format", "csv", "--explain", *store]) == 0
    output = capsys.readouterr()
    assert main(["query", LISTS, "--explain", *store]) == 0
    as_json = json.loads(capsys.readouterr().out)

    assert output.out.startswith('"name",')
    assert "EntityList frameworks, kind Framework" in output.err
    assert "SELECT" in output.err
    assert " rows of at most 6; " in output.err
    assert as_json["extensions"]["explain"]["cost"] == 6
