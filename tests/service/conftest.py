"""What several tests of the service share."""

from __future__ import annotations

from pathlib import Path

import pytest

from service.cli.main import main


@pytest.fixture(scope="module")
def seeded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite file that holds the shipped facts."""
    path = tmp_path_factory.mktemp("seeded") / "atlas.db"
    assert main(["seed", "--store", f"sqlite:///{path}"]) == 0
    return path
