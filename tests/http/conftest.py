"""Fixtures of the tests over HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from tests.apps import sqlite_client


@pytest.fixture(scope="module")
async def client(anyio_backend: str, seeded: Path) -> AsyncIterator[httpx.AsyncClient]:
    """A client of an application with the shipped facts and default settings."""
    async with sqlite_client(seeded) as client:
        yield client
