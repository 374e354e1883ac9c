"""A service with short timeouts."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.commands import RunningService, serving


@pytest.fixture(scope="module")
def impatient_service(seeded: Path) -> Iterator[RunningService]:
    """A service whose timeouts are a second, with at most 60 connections."""
    timeouts = ("HEADER_TIMEOUT", "BODY_TIMEOUT", "WRITE_TIMEOUT", "KEEP_ALIVE")
    with serving(seeded, ATLAS_CONNECTIONS="60", **{f"ATLAS_{name}": "1" for name in timeouts}) as service:
        yield service
