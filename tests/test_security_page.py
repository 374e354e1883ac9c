"""docs/security.md names a test for each threat; each of these tests exists."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parent.parent


def test_every_test_that_the_security_page_names_exists() -> None:
    page = (ROOT / "docs" / "security.md").read_text("utf-8")
    sources: dict[str, str] = {}
    for path in (ROOT / "tests").rglob("test_*.py"):  # two folders may contain a file of the same name
        sources[path.name] = sources.get(path.name, "") + path.read_text("utf-8")
    named = re.findall(r"`(test_\w+\.py)(?:::(test_\w+))?`", page)

    assert len(named) > 40
    assert [file for file, _ in named if file not in sources] == []
    assert [(file, test) for file, test in named if test and f"def {test}(" not in sources[file]] == []


def test_every_threat_has_a_test() -> None:
    page = (ROOT / "docs" / "security.md").read_text("utf-8")
    rows = [line for line in page.splitlines() if line.startswith("| ") and not re.match(r"\| (threat|item) \|", line)]

    assert [row for row in rows if not re.search(r"`(test_\w+\.py|Dockerfile)", row)] == []
