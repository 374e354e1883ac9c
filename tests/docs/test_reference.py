"""The reference pages are those that the code gives; `ATLAS_REFRESH_GOLDENS=1 uv run pytest tests/docs/test_reference.py` writes them."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from service.errors import ErrorCode
from service.settings import Settings
from tests.docs.reference import SECTIONS, command_page, commands, examples_page, schema_page, settings_page

DOCS = Path(__file__).parents[2] / "docs"
REFERENCE = DOCS / "reference"
GENERATED = {
    REFERENCE / "settings.md": settings_page,
    REFERENCE / "cli.md": command_page,
    REFERENCE / "schema.md": schema_page,
    DOCS / "examples.md": examples_page,
}
REFRESH = os.environ.get("ATLAS_REFRESH_GOLDENS") == "1"


@pytest.mark.parametrize(("path", "page"), GENERATED.items(), ids=lambda value: getattr(value, "name", None))
def test_a_generated_page_is_current(path: Path, page: Callable[[], str]) -> None:
    if REFRESH:
        path.write_text(page(), "utf-8")

    assert path.read_text("utf-8") == page()


def test_every_setting_is_documented_once() -> None:
    documented = [name for names in SECTIONS.values() for name in names]

    assert sorted(documented) == sorted(Settings.model_fields)


def test_every_command_is_documented() -> None:
    headings = re.findall(r"^## (.+)$", (REFERENCE / "cli.md").read_text("utf-8"), re.MULTILINE)

    assert headings == list(commands())


def test_every_error_code_is_documented() -> None:
    documented = re.findall(r"^\| `([A-Z_]+)` \|", (REFERENCE / "errors.md").read_text("utf-8"), re.MULTILINE)

    assert sorted(documented) == sorted(ErrorCode)


def test_the_pages_name_settings_that_exist() -> None:
    settings = {f"ATLAS_{name.upper()}" for name in Settings.model_fields} | {"ATLAS_URL", "ATLAS_TOKEN"}
    of_tests = re.compile(r"ATLAS_(TEST|REQUIRE|REFRESH)_")
    pages = [*DOCS.rglob("*.md"), *DOCS.parent.glob("*.md")]
    named = {
        (page.name, name)
        for page in pages
        for name in re.findall(r"\bATLAS_[A-Z0-9_]*[A-Z0-9]\b(?!_)", page.read_text("utf-8"))
    }

    assert [(page, name) for page, name in sorted(named) if name not in settings and not of_tests.match(name)] == []
