"""SECURITY.md names tests; each of them is there."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parent.parent


def test_every_test_that_the_page_names_is_there() -> None:
    page = (ROOT / "SECURITY.md").read_text("utf-8")
    files: dict[str, str] = {}
    for path in (ROOT / "tests").rglob("test_*.py"):  # two rooms may have a file of the same name
        files[path.name] = files.get(path.name, "") + path.read_text("utf-8")
    named = re.findall(r"`(test_\w+\.py)(?:::(test_\w+))?`", page)

    assert len(named) > 40
    assert [(file, test) for file, test in named if file not in files or f"def {test}" not in files[file]] == []
