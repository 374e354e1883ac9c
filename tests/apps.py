"""HTTP clients of an application that runs in the test process."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
from starlette.types import ASGIApp

from service.app import create_app
from service.settings import Settings, read_settings

BASE_URL = "http://atlas"


def asgi_client(app: ASGIApp, **options: Any) -> httpx.AsyncClient:
    """A client of an application. The options are those of `httpx.ASGITransport`."""
    return httpx.AsyncClient(transport=httpx.ASGITransport(app, **options), base_url=BASE_URL, timeout=60)


@asynccontextmanager
async def app_client(settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    """Start an application and yield a client of it. The plan cache is warmed up only if the settings request it."""
    warm_up = {} if "plan_ahead" in settings.model_fields_set else {"plan_ahead": 0}
    app = create_app(settings.model_copy(update=warm_up))
    async with app.router.lifespan_context(app), asgi_client(app) as client:
        yield client


@asynccontextmanager
async def sqlite_client(path: Path, **settings: Any) -> AsyncIterator[httpx.AsyncClient]:
    """Start an application on an SQLite file and yield a client of it."""
    async with app_client(read_settings(store=f"sqlite:///{path}", **settings)) as client:
        yield client


# The former names, for tests that have not followed yet.
client, running, fresh, BASE = asgi_client, app_client, sqlite_client, BASE_URL
