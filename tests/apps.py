"""The application inside the tests' own process, and clients of it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
from starlette.types import ASGIApp

from service.app import create_app
from service.settings import Settings, read_settings

BASE = "http://atlas"


def client(app: ASGIApp, **transport: Any) -> httpx.AsyncClient:
    """A client of an application; `transport` is said to httpx.ASGITransport."""
    return httpx.AsyncClient(transport=httpx.ASGITransport(app, **transport), base_url=BASE, timeout=60)


@asynccontextmanager
async def running(settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    """A client of an application that has answered nothing yet, while that runs. It plans ahead only where that is said."""
    unsaid = {} if "plan_ahead" in settings.model_fields_set else {"plan_ahead": 0}
    app = create_app(settings.model_copy(update=unsaid))
    async with app.router.lifespan_context(app), client(app) as made:
        yield made


@asynccontextmanager
async def fresh(path: Path, **settings: Any) -> AsyncIterator[httpx.AsyncClient]:
    """The same on the store in this file."""
    async with running(read_settings(store=f"sqlite:///{path}", **settings)) as made:
        yield made
