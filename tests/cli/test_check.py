"""`framework-atlas check`."""

from __future__ import annotations

from pathlib import Path

import pytest

from graph_seed import SHIPPED, group_claims, read_facts
from service.cli.main import main
from tests.fact_lines import FOLDER_ERRORS, LINE_ERRORS, VALID_LINES, write_folder


def test_check_counts_the_shipped_facts(capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["check"])

    lines = [line.split(maxsplit=1) for line in capsys.readouterr().out.splitlines()]
    counts = {name: int(number) for number, name in lines}
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
    claims = sum(count for name, count in counts.items() if name.startswith("claims "))
    assert claims == len(list(group_claims(facts)))
    assert counts["pieces of evidence"] == len(facts.evidence)
    assert (counts["companies"], counts["sources"], counts["claims USES"]) == (12, 5, 12)


def test_check_reports_every_error_with_its_file_and_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    reasons = [*LINE_ERRORS.values(), *FOLDER_ERRORS.values()]
    folder = write_folder(tmp_path, good=VALID_LINES, later=[*LINE_ERRORS, *FOLDER_ERRORS])

    code = main(["check", str(folder)])

    output = capsys.readouterr()
    assert (code, output.out) == (1, "")
    assert sorted(output.err.splitlines()) == sorted(
        f"later.jsonl:{number}: {reason}" for number, reason in enumerate(reasons, start=1)
    )


def test_a_folder_without_facts_is_an_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["check", str(tmp_path / "nope")])

    output = capsys.readouterr()
    assert (code, output.out, output.err) == (
        1,
        "",
        f"{tmp_path / 'nope'}: found no .jsonl file; give a folder of facts in JSON Lines.\n",
    )
