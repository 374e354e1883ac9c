"""The sources of the pages: types, linter, formatter, and the code generated from the schema."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.npm import NODE
from tests.web.conftest import WEB

BIOME = "node_modules/@biomejs/biome/bin/biome"
TSC = "node_modules/typescript/bin/tsc"


@pytest.fixture
def project(packages: Path, tmp_path: Path) -> Path:
    """A copy of `web/` in a repository without other files."""
    project = shutil.copytree(WEB, tmp_path / "web", ignore=shutil.ignore_patterns("node_modules", "dist"))
    (project / "node_modules").symlink_to(packages)
    return project


def run(project: Path, *arguments: str) -> tuple[int, str]:
    """The exit code and the output of a script that runs on Node.js."""
    process = subprocess.run([NODE, *arguments], cwd=project, capture_output=True, text=True, check=False)
    return process.returncode, process.stdout + process.stderr


def lint(project: Path) -> tuple[int, str]:
    return run(project, BIOME, "check", "--error-on-warnings", "--colors=off", ".")


@pytest.mark.usefixtures("packages")
def test_the_sources_have_no_type_errors() -> None:
    assert run(WEB, TSC) == (0, "")


@pytest.mark.usefixtures("packages")
def test_the_sources_follow_the_rules_of_the_linter_and_the_formatter() -> None:
    code, output = lint(WEB)

    assert code == 0, output


@pytest.mark.usefixtures("packages")
def test_the_generated_operations_are_current(tmp_path: Path) -> None:
    result = run(WEB, "generate.ts", str(tmp_path / "operations.ts"))

    assert result == (0, "")
    assert (WEB / "src" / "api" / "operations.ts").read_text("utf-8") == (tmp_path / "operations.ts").read_text(
        "utf-8"
    ), "The schema or the operations have changed: run `npm run generate` in web/"


@pytest.mark.parametrize(
    ("source", "violation"),
    [
        (
            "let count = 0;\nexport function next(): number {\n  count += 1;\n  return count;\n}\n",
            "must not have state",
        ),
        ("export const CACHE = new Map<string, string>();\n", "must not have state"),
        ("export const LISTENERS: (() => void)[] = [];\n", "must not have state"),
        (
            'import { THEMES } from "./theme-select";\n\nexport const NAMES = THEMES;\n',
            "lint/suspicious/noImportCycles",
        ),
        ("export function load(): void {\n  fetch('graph');\n}\n", "Formatter would have printed"),
        ('export function load(): void {\n  fetch("graph");\n}\n', "lint/nursery/noFloatingPromises"),
        ("export const first = (names: any): string => names[0];\n", "lint/suspicious/noExplicitAny"),
    ],
)
def test_the_linter_reports(project: Path, source: str, violation: str) -> None:
    (project / "src" / "new.ts").write_text(source)
    selector = project / "src" / "theme-select.ts"
    selector.write_text(f'{selector.read_text()}\nexport {{ NAMES as THEMES }} from "./new";\n')

    code, output = lint(project)

    assert code == 1
    assert violation in output


@pytest.mark.parametrize(
    ("source", "violation"),
    [(".new {\n  colour: red;\n}\n", "noUnknownProperty"), (".new { color: red }\n", "Formatter would have printed")],
)
def test_the_linter_checks_styles(project: Path, source: str, violation: str) -> None:
    (project / "src" / "new.css").write_text(source)

    code, output = lint(project)

    assert code == 1
    assert violation in output
