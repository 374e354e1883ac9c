"""A service on uvicorn in the test process, and an engine that changes its graph without its knowledge."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import uvicorn

from service.app import create_app
from service.changes.feed import ChangeFeed
from service.execution.engine import Engine
from service.settings import Settings, read_settings
from tests.graphs import Graphs
from tests.queries import mutate
from tests.tokens import AUDIENCE, ENTRIES, ISSUER, SECRET, WRITER, bearer
from tests.waiting import wait_for

CHANGES = """subscription ($after: String, $kinds: [Kind!]) { changes(after: $after, kinds: $kinds) {
  cursor action slug entity { ... on Framework { name features { nodes { slug } } } } claim { stance } } }"""
CURSORS = "subscription ($after: String) { changes(after: $after) { cursor } }"
RENAME = """mutation ($name: String!) { upsertFramework(input: {slug: "django", name: $name}) {
  __typename ... on UpsertedFramework { version } ... on NotAuthorized { message } } }"""
_JWT = {"jwt_key": SECRET, "jwt_issuer": ISSUER, "jwt_audience": AUDIENCE, "jwt_leeway": 0}


@dataclass
class UvicornService:
    """A running service; `base` is its URL without a path, `other_engine` another engine on its graph."""

    base: str
    app: Any
    settings: Settings
    other_engine: Engine
    server: uvicorn.Server

    @property
    def engine(self) -> Engine:
        return self.app.routes[0].endpoint._service._engine

    @property
    def feed(self) -> ChangeFeed:
        return self.engine._feed

    async def rename(self, *names: str) -> str:
        """Rename Django by the other engine, once for each name; return the last version."""
        for name in names:
            payload = (await mutate(self.other_engine, RENAME, {"name": name}))["upsertFramework"]
        return payload["version"]

    async def post(self, text: str, token: str = WRITER.token, **variables: Any) -> Any:
        """Send an operation over HTTP and return the response."""
        async with httpx.AsyncClient(base_url=self.base, timeout=60, headers=bearer(token)) as client:
            return (await client.post("/graphql", json={"query": text, "variables": variables})).json()

    async def joined(self, count: int = 1) -> None:
        """Wait until this number of subscriptions gets changes as they are made."""
        await wait_for(lambda: len(self.feed._listeners) == count, f"{count} listeners have joined the reader")


@asynccontextmanager
async def run_service(settings: Settings, other_engine: Engine) -> AsyncIterator[UvicornService]:
    app = create_app(settings)
    config = uvicorn.Config(app, port=0, log_config=None, log_level=None, timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server._serve())  # `serve` would handle the signals of the test process
    try:
        await wait_for(lambda: server.started or serving.done(), "the server has started", 60)
        assert not serving.done(), serving
        base = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
        yield UvicornService(base, app, settings, other_engine, server)
    finally:
        server.should_exit = True
        await serving


def settings_for(graphs: Graphs, engine: Engine, **others: Any) -> Settings:
    """Settings of a service on the store of an engine."""
    store: dict[str, Any] = {"store": f"sqlite:///{getattr(engine.store, 'path', '')}"}
    if engine.store.name == "neo4j":
        neo4j = graphs.neo4j_settings()
        password = neo4j.neo4j_password.get_secret_value()
        store = {"store": neo4j.store, "neo4j_user": neo4j.neo4j_user, "neo4j_password": password, "neo4j_timeout": 120}
    return read_settings(**{"tokens": ENTRIES, **_JWT, **store, **others})
