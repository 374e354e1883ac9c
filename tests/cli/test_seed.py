"""`framework-atlas seed`, and `seed --update`."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from graph_seed import SHIPPED, group_claims, read_facts
from service.cli.main import main
from tests.cli.terminal import run_on_terminal
from tests.fact_lines import VALID_LINES, write_folder


def test_seed_fills_an_empty_store_and_leaves_a_filled_one_unchanged(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store = f"sqlite:///{tmp_path / 'atlas.db'}"
    other = write_folder(tmp_path / "facts", good=VALID_LINES)

    codes = [main(["seed", "--store", store]), main(["seed", "--store", store, "--facts", str(other)])]
    code = main(["query", "{ frameworks { totalCount } }", "--store", store])

    output = capsys.readouterr()
    first, second, answer = output.out.split("\n", maxsplit=2)
    assert (codes, code, output.err) == ([0, 0], 0, "")
    assert (first, second) == (f"{store}: filled.", f"{store}: not empty, left unchanged.")
    assert json.loads(answer) == {"data": {"frameworks": {"totalCount": 13}}}


def test_seed_accepts_another_folder_of_facts_and_reports_its_errors(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store = f"sqlite:///{tmp_path / 'atlas.db'}"
    invalid = write_folder(tmp_path / "invalid", good=VALID_LINES, later=["{"])
    valid = write_folder(tmp_path / "valid", good=VALID_LINES)

    codes = [main(["seed", "--store", store, "--facts", str(folder)]) for folder in (invalid, valid)]

    output = capsys.readouterr()
    assert (codes, output.out) == ([1, 0], f"{store}: filled.\n")
    assert output.err.startswith("later.jsonl:1: invalid JSON")


def test_an_option_overrides_its_variable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ATLAS_STORE", f"sqlite:///{tmp_path / 'first.db'}")

    code = main(["seed", "--store", f"sqlite:///{tmp_path / 'second.db'}"])

    assert (code, capsys.readouterr().out) == (0, f"sqlite:///{tmp_path / 'second.db'}: filled.\n")
    assert [path.name for path in tmp_path.iterdir()] == ["second.db"]


def test_seed_shows_its_progress_on_a_terminal(tmp_path: Path) -> None:
    store = f"sqlite:///{tmp_path / 'atlas.db'}"

    code, shown, _ = run_on_terminal("seed", "--store", store, on="stderr", terminal="xterm")

    facts = read_facts(SHIPPED)
    entities, claims = len(facts.entities), len(list(group_claims(facts)))
    finished = {f"entities {entities}/{entities}", f"claims {claims}/{claims}"}
    assert code == 0
    assert finished <= {f"{step} {count}" for step, count in re.findall(r"(entities|claims)[^/]*?(\d+/\d+)", shown)}


def test_seed_update_reports_what_it_changed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    store = f"sqlite:///{tmp_path / 'atlas.db'}"
    fewer = write_folder(tmp_path / "fewer", good=VALID_LINES[:-1])
    all_ = write_folder(tmp_path / "all", good=VALID_LINES)
    conflicting = write_folder(tmp_path / "conflicting", good=[{**VALID_LINES[2], "slug": "other"}])

    codes = [
        main(["seed", "--update", "--store", store, "--facts", str(folder)]) for folder in (all_, all_, fewer, all_)
    ]
    failed = main(["seed", "--update", "--store", store, "--facts", str(conflicting)])

    output = capsys.readouterr()
    assert (codes, failed) == ([0, 0, 0, 0], 1)
    assert output.out.splitlines() == [
        f"{store}: filled.",
        f"{store}: 0 entities and 0 pieces of evidence written, 8 unchanged.",
        f"{store}: 0 entities and 0 pieces of evidence written, 1 retracted, 7 unchanged.",
        f"{store}: 0 entities and 1 piece of evidence written, 7 unchanged.",
    ]
    assert output.err == f"{conflicting}/good.jsonl:1: aliases: 'Джанго' already belongs to Framework:django.\n"
