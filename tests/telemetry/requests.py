"""A client of an application with few facts and static tokens, and an operation to send."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import apsw
import httpx

from tests.apps import sqlite_client
from tests.fact_lines import VALID_LINES, write_folder
from tests.tokens import ENTRIES

DOCUMENT = "query Named($s: String!) { framework(slug: $s) { name } more: frameworks { totalCount } }"
BODY = {"query": DOCUMENT, "variables": {"s": "django"}}
EVIDENCE = {"query": "{ claims(first: 1) { nodes { evidence { note } } } }"}


@asynccontextmanager
async def small_client(folder: Path, **settings: Any) -> AsyncIterator[httpx.AsyncClient]:
    facts = write_folder(folder / "facts", good=VALID_LINES)
    async with sqlite_client(folder / "atlas.db", facts=facts, tokens=ENTRIES, **settings) as client:
        yield client


def break_store(folder: Path) -> None:
    """Make every operation that reads evidence fail with an internal error."""
    apsw.Connection(str(folder / "atlas.db")).execute("DROP TABLE evidence")
