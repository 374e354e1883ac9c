"""A seeded store as options of a command."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture
def store(seeded: Path) -> list[str]:
    """The option for a store with the shipped facts."""
    return ["--store", f"sqlite:///{seeded}"]


@pytest.fixture
def empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The current folder is an empty one."""
    monkeypatch.chdir(tmp_path)
