"""Open the configured store for the duration of a command."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from schema import ONTOLOGY
from service.settings import Settings
from service.stores import Store, open_store


@asynccontextmanager
async def opened_store(settings: Settings) -> AsyncIterator[Store[Any]]:
    store = await open_store(settings, ONTOLOGY)
    try:
        yield store
    finally:
        await store.close()
