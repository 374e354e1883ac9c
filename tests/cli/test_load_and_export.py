"""`framework-atlas load` and `export`: pipes, errors, options and progress."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest

from service.cli.main import main
from tests.cli.terminal import run_on_terminal
from tests.commands import COMMAND, run
from tests.fact_lines import VALID_LINES, write_folder


def test_what_export_writes_to_a_pipe_load_reads_from_one(tmp_path: Path) -> None:
    lines = "".join(json.dumps(line) + "\n" for line in VALID_LINES)

    loaded = run("load", "-", "--store", "sqlite:///one.db", cwd=tmp_path, stdin=lines)
    first = run("export", "--store", "sqlite:///one.db", cwd=tmp_path)
    again = run("load", "-", "--format", "jsonl", "--store", "sqlite:///two.db", cwd=tmp_path, stdin=first.stdout)
    second = run("export", "two.jsonl", "--store", "sqlite:///two.db", cwd=tmp_path)

    assert (loaded.returncode, loaded.stdout, loaded.stderr) == (
        0,
        "sqlite:///one.db: 5 entities and 3 pieces of evidence written, 0 unchanged.\n",
        "",
    )
    assert (first.returncode, first.stderr, first.stdout.count("\n")) == (0, "", 8)
    assert (again.returncode, second.returncode, second.stdout, second.stderr) == (0, 0, "", "")
    assert (tmp_path / "two.jsonl").read_text() == first.stdout
    assert sorted(path.name for path in tmp_path.iterdir()) == ["one.db", "two.db", "two.jsonl"]


def test_load_reports_errors_and_writes_nothing_without_keep_going(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store = f"sqlite:///{tmp_path / 'atlas.db'}"
    file = write_folder(tmp_path, good=[*VALID_LINES, "{", '{"kind": "Framework", "slug": "x"}']) / "good.jsonl"
    errors = (
        f"{file}:9: invalid JSON (Expecting property name enclosed in double quotes at column 2).\n"
        f"{file}:10: name is missing.\n"
    )

    code = main(["load", str(file), "--store", store])
    load = capsys.readouterr()
    dry_run_code = main(["load", str(file), "--store", store, "--dry-run", "--max-errors", "1"])
    dry_run = capsys.readouterr()
    keep_going_code = main(["load", str(file), "--store", store, "--keep-going"])
    keep_going = capsys.readouterr()

    assert (code, dry_run_code, keep_going_code) == (1, 1, 1)
    assert (load.out, load.err) == (
        "",
        f"{errors}2 errors; nothing was written. --keep-going writes all other lines.\n",
    )
    assert (dry_run.out, dry_run.err) == (
        "Valid: 0 entities and 0 pieces of evidence. Nothing was written.\n",
        f"{errors.splitlines()[0]}\n1 error, perhaps more (--max-errors).\n",
    )
    assert (keep_going.out, keep_going.err) == (
        f"{store}: 5 entities and 3 pieces of evidence written, 0 unchanged.\n",
        f"{errors}2 errors; all other lines were written.\n",
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["load", "nope.jsonl"], "nope.jsonl: cannot be read (No such file or directory)."),
        (["load", "."], ".: the suffix is none of .jsonl, .ndjson, .json, .csv; name the format with --format."),
        (["load", ".", "--format", "csv"], ".: cannot be read (Is a directory)."),
        (["export", "nowhere/x.jsonl"], "nowhere/x.jsonl: cannot be written (No such file or directory)."),
        (["export", "--store", "sqlite:///empty.db"], "The store is empty; fill it with `seed` or `load`."),
        (["export", "--store", "sqlite:///nowhere.db"], "nowhere.db: no such file."),
    ],
)
@pytest.mark.usefixtures("empty_folder")
def test_files_and_stores_that_cannot_be_read_or_written_are_reported(
    store: list[str], arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("empty.db").touch()
    code = main([*arguments[:1], *store, *arguments[1:]])

    output = capsys.readouterr()
    assert (code, output.out, output.err) == (1, "", f"{message}\n")


def test_export_to_a_closed_pipe_ends_without_a_message(seeded: Path) -> None:
    with subprocess.Popen(
        [COMMAND, "export", "--store", f"sqlite:///{seeded}"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        errors = process.stderr.read()

    assert (process.returncode, errors) == (1, b"")


def test_load_shows_progress_speed_and_remaining_time_on_a_terminal(tmp_path: Path) -> None:
    lines = VALID_LINES[:-1] + [{**VALID_LINES[-3], "note": f"{number}."} for number in range(25_000)]
    write_folder(tmp_path, many=lines)
    arguments = "load", str(tmp_path / "many.jsonl"), "--store", f"sqlite:///{tmp_path / 'atlas.db'}"

    code, shown, _ = run_on_terminal(*arguments, on="stderr", columns=120, terminal="xterm")

    assert code == 0
    assert {"checking entities", "checking evidence", "entities", "evidence"} <= set(
        re.findall(r"(?:checking )?(?:entities|evidence)", shown)
    )
    assert re.search(r"[\d.]+ .?B/s", shown)
    assert "0:00:00" in shown
