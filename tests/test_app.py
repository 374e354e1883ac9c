"""The ASGI application: standalone, mounted in another application, starting and stopping."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import apsw
import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Mount, Route

from service.app import create_app
from service.errors import StoreError
from service.settings import Settings
from service.stores.sqlite.store import SqliteStore
from tests.apps import asgi_client
from tests.fact_lines import VALID_LINES, write_folder
from tests.http_requests import DJANGO_QUERY, DJANGO_RESPONSE
from tests.queries import response_with_cost

BODY = {"query": DJANGO_QUERY}


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings with a store that does not exist yet, and a few facts to seed it with."""
    return Settings(
        store=f"sqlite:///{tmp_path / 'atlas.db'}", facts=write_folder(tmp_path / "facts", good=VALID_LINES)
    )


def files(folder: Path) -> list[str]:
    return sorted(file.name for file in folder.iterdir() if file.is_file())


def mounting_app(children: dict[str, Starlette], *, runs_lifespans: bool) -> Starlette:
    """An application with routes of its own that mounts others; `runs_lifespans`: whether it starts and stops them."""

    async def greet(_request: Request) -> PlainTextResponse:
        return PlainTextResponse("from the mounting application")

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        async with AsyncExitStack() as running:
            for child in children.values() if runs_lifespans else ():
                await running.enter_async_context(child.router.lifespan_context(child))
            yield

    mounts = [Mount(path, child) for path, child in children.items()]
    return Starlette(routes=[*mounts, Route("/graphql", greet)], lifespan=lifespan)


@pytest.mark.anyio
@pytest.mark.parametrize("runs_lifespans", [True, False])
async def test_it_works_mounted_in_another_application(settings: Settings, runs_lifespans: bool) -> None:
    outer = mounting_app({"/deep/atlas": create_app(settings)}, runs_lifespans=runs_lifespans)

    async with outer.router.lifespan_context(outer), asgi_client(outer) as client:
        responses = [
            await client.post("/deep/atlas/graphql", json=BODY),
            await client.get("/deep/atlas/graphql", params=BODY),
            await client.get("/deep/atlas/healthz"),
            await client.get("/deep/atlas/readyz"),
        ]
        explorer = await client.get("/deep/atlas/graphql", headers={"accept": "text/html"})
        greeting = await client.get("/graphql")

    assert [(response.status_code, response.json()) for response in responses] == [
        (200, DJANGO_RESPONSE),
        (200, DJANGO_RESPONSE),
        (200, {"status": "ok"}),
        (200, {"status": "ready"}),
    ]
    assert (explorer.status_code, "<html" in explorer.text) == (200, True)
    assert greeting.text == "from the mounting application"


@pytest.mark.anyio
async def test_without_a_lifespan_the_first_requests_open_the_store_once(settings: Settings, tmp_path: Path) -> None:
    app = create_app(settings)
    async with asgi_client(mounting_app({"/atlas": app}, runs_lifespans=False)) as client:
        responses = await asyncio.gather(*(client.post("/atlas/graphql", json=BODY) for _ in range(20)))
    async with app.router.lifespan_context(app):
        pass  # its end closes the store

    assert [response.json() for response in responses] == [DJANGO_RESPONSE] * 20
    assert files(tmp_path) == ["atlas.db"]


@pytest.mark.anyio
async def test_one_process_can_run_several_applications(settings: Settings, tmp_path: Path) -> None:
    lines = [{**line, "name": "Other"} if line.get("slug") == "django" else line for line in VALID_LINES]
    others = Settings(store=f"sqlite:///{tmp_path / 'other.db'}", facts=write_folder(tmp_path / "others", good=lines))
    outer = mounting_app({"/one": create_app(settings), "/two": create_app(others)}, runs_lifespans=True)

    async with outer.router.lifespan_context(outer), asgi_client(outer) as client:
        responses = [(await client.post(f"/{name}/graphql", json=BODY)).json() for name in ("one", "two")]

    assert responses == [DJANGO_RESPONSE, response_with_cost(1, {"framework": {"name": "Other"}})]


@pytest.mark.anyio
async def test_it_can_stop_and_start_again(settings: Settings) -> None:
    app = create_app(settings)
    responses = []
    async with asgi_client(app) as client:
        for _ in range(3):
            async with app.router.lifespan_context(app):
                responses.append((await client.post("/graphql", json=BODY)).json())

    assert responses == [DJANGO_RESPONSE] * 3


@pytest.mark.anyio
async def test_a_stopped_application_has_closed_its_database(settings: Settings, tmp_path: Path) -> None:
    app = create_app(settings)
    async with app.router.lifespan_context(app), asgi_client(app) as client:
        await client.post("/graphql", json=BODY)

    assert files(tmp_path) == ["atlas.db"]  # while a connection is open, SQLite has other files next to it


@pytest.mark.anyio
async def test_the_store_is_seeded_when_the_startup_is_complete(settings: Settings) -> None:
    app = create_app(settings)
    async with app.router.lifespan_context(app):
        count = apsw.Connection(str(settings.sqlite_path)).execute("SELECT count(*) FROM entity").get

    assert count == 5


@pytest.mark.anyio
async def test_an_unusable_store_prevents_the_startup(tmp_path: Path) -> None:
    (tmp_path / "atlas.db").write_text("This is no database. " * 100)
    app = create_app(Settings(store=f"sqlite:///{tmp_path / 'atlas.db'}"))

    with pytest.raises(StoreError, match=r"atlas\.db: damaged or not an SQLite file"):
        async with app.router.lifespan_context(app):
            pass


@pytest.mark.anyio
async def test_without_a_lifespan_each_request_tries_to_open_an_unusable_store(
    settings: Settings, tmp_path: Path
) -> None:
    (tmp_path / "atlas.db").write_text("This is no database. " * 100)
    app = create_app(settings)
    async with asgi_client(app, raise_app_exceptions=False) as client:
        unusable = [
            await client.get("/healthz"),
            await client.get("/readyz"),
            await client.post("/graphql", json=BODY),
        ]
        (tmp_path / "atlas.db").unlink()
        usable = await client.post("/graphql", json=BODY)
        async with app.router.lifespan_context(app):
            pass

    assert [response.status_code for response in unusable] == [200, 503, 503]
    assert str(tmp_path) not in "".join(response.text for response in unusable)
    assert usable.json() == DJANGO_RESPONSE


@pytest.mark.anyio
async def test_readiness_probes_query_the_store_at_most_twice_a_second(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    queries = 0

    async def is_ready(_store: SqliteStore) -> bool:
        nonlocal queries
        queries += 1
        return True

    monkeypatch.setattr(SqliteStore, "is_ready", is_ready)
    app = create_app(settings)
    async with app.router.lifespan_context(app), asgi_client(app) as client:
        responses = await asyncio.gather(*(client.get("/readyz") for _ in range(20)))
        first_queries, start = queries, time.monotonic()
        async with asyncio.timeout(30):
            while queries == first_queries:
                responses.append(await client.get("/readyz"))
                await asyncio.sleep(0.01)
        seconds = time.monotonic() - start

    assert {response.status_code for response in responses} == {200}
    assert (first_queries, queries) == (1, 2)
    assert seconds > 0.3


@pytest.mark.anyio
async def test_it_is_healthy_without_a_store_and_ready_only_with_one(settings: Settings, tmp_path: Path) -> None:
    app = create_app(settings)
    async with asgi_client(app) as client:
        healthy = await client.get("/healthz")
        opened = (tmp_path / "atlas.db").exists()

        async with app.router.lifespan_context(app):
            ready = await client.get("/readyz")
            apsw.Connection(str(tmp_path / "atlas.db")).execute("ALTER TABLE entity RENAME TO gone")
            unready = await _readiness_after_change(client, ready)
            alive = await client.get("/healthz")

    assert not opened
    assert [(response.status_code, response.json()) for response in (healthy, ready, unready, alive)] == [
        (200, {"status": "ok"}),
        (200, {"status": "ready"}),
        (503, {"status": "unavailable"}),
        (200, {"status": "ok"}),
    ]


async def _readiness_after_change(client: httpx.AsyncClient, former: httpx.Response) -> httpx.Response:
    """The first response that differs. The service caches its readiness for a moment."""
    async with asyncio.timeout(30):
        while (response := await client.get("/readyz")).status_code == former.status_code:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    return response


@pytest.mark.anyio
async def test_an_unknown_path_is_a_404_and_a_wrong_method_a_405(settings: Settings) -> None:
    app = create_app(settings)
    async with asgi_client(app) as client:
        responses = [await client.get("/nope"), await client.get("/assets/nope.js"), await client.post("/healthz")]

    assert [response.status_code for response in responses] == [404, 404, 405]


def test_an_application_can_run_in_one_event_loop_after_another(settings: Settings) -> None:
    app = create_app(settings)

    async def run() -> list[Any]:
        async with app.router.lifespan_context(app), asgi_client(app) as client:
            responses = await asyncio.gather(*(client.post("/graphql", json=BODY) for _ in range(5)))
            return [response.json() for response in responses]

    assert [asyncio.run(run()) for _ in range(2)] == [[DJANGO_RESPONSE] * 5] * 2
