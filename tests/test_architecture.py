"""The documents for developers name modules and classes; each of these exists."""

from __future__ import annotations

import pkgutil
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PAGES = [
    ROOT / "ARCHITECTURE.md",
    ROOT / "CONTRIBUTING.md",
    ROOT / "SECURITY.md",
    *sorted((ROOT / "benchmarks").glob("*.md")),
    *sorted((ROOT / "docs").rglob("*.md")),
]
FOLDERS = "benchmarks", "client", "docs", "examples", "graph_seed", "schema", "service", "tests", "web"
CREATED = "service/explorer_assets", "node_modules", "ariadne_codegen/atlas_graphql"
"""By a build, so that a clean clone does not contain them."""
MAX_LINES = 330


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_path_that_a_page_names_exists(page: Path) -> None:
    paths = re.findall(rf"`((?:{'|'.join(FOLDERS)})/[\w./*-]*)", page.read_text("utf-8"))

    missing = [path for path in paths if not any(ROOT.glob(path))]

    assert [path for path in missing if not any(created in path for created in CREATED)] == []


def test_the_architecture_names_modules_and_classes_that_exist() -> None:
    text = (ROOT / "ARCHITECTURE.md").read_text("utf-8")
    sources = [
        path
        for folder in ("benchmarks", "client", "graph_seed", "schema", "service")
        for path in (ROOT / folder).rglob("*.py")
    ]
    words = set(re.findall(r"\w+", " ".join(path.read_text("utf-8") for path in sources)))
    modules, classes = (re.findall(pattern, text) for pattern in (r"`(\w+\.py)`", r"`([A-Z][a-z]+[A-Z]\w*)"))

    assert min(len(modules), len(classes)) > 5
    assert [name for name in modules if not any(path.name == name for path in sources)] == []
    assert [name for name in classes if name not in words] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_python_name_of_a_page_exists(page: Path) -> None:
    names = re.findall(r"`((?:graph_seed|schema|service)(?:\.\w+)+)`", page.read_text("utf-8"))

    for name in names:
        pkgutil.resolve_name(name)


def test_the_architecture_stays_readable_in_one_sitting() -> None:
    lines = (ROOT / "ARCHITECTURE.md").read_text("utf-8").splitlines()

    assert len(lines) <= MAX_LINES
