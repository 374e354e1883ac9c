"""The ASGI application: on its own, inside another one, starting and ending."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import apsw
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Mount, Route

from service.app import create_app
from service.errors import StoreError
from service.settings import Settings
from service.stores.sqlite.store import SqliteStore
from tests.apps import client
from tests.fact_lines import GOOD, folder_of
from tests.graphs import costing

DJANGO = '{ framework(slug: "django") { name } }'
DJANGO_ANSWER = costing(1, {"framework": {"name": "Django"}})


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Those of a store that is not there yet, to be filled with a few facts."""
    return Settings(store=f"sqlite:///{tmp_path / 'atlas.db'}", facts=folder_of(tmp_path / "facts", good=GOOD))


def files(folder: Path) -> list[str]:
    return sorted(file.name for file in folder.iterdir() if file.is_file())


def parent(children: dict[str, Starlette], *, tells: bool) -> Starlette:
    """Another application, with routes of its own; `tells` its children when it starts and ends, or does not."""

    async def greet(_request: Request) -> PlainTextResponse:
        return PlainTextResponse("the parent's own")

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        async with AsyncExitStack() as running:
            for child in children.values() if tells else ():
                await running.enter_async_context(child.router.lifespan_context(child))
            yield

    mounts = [Mount(path, child) for path, child in children.items()]
    return Starlette(routes=[*mounts, Route("/graphql", greet)], lifespan=lifespan)


@pytest.mark.anyio
@pytest.mark.parametrize("tells", [True, False])
async def test_it_answers_inside_another_application(settings: Settings, tells: bool) -> None:
    outer = parent({"/deep/atlas": create_app(settings)}, tells=tells)

    async with outer.router.lifespan_context(outer), client(outer) as asking:
        found = [
            await asking.post("/deep/atlas/graphql", json={"query": DJANGO}),
            await asking.get("/deep/atlas/graphql", params={"query": DJANGO}),
            await asking.get("/deep/atlas/healthz"),
            await asking.get("/deep/atlas/readyz"),
        ]
        page = await asking.get("/deep/atlas/graphql", headers={"accept": "text/html"})
        own = await asking.get("/graphql")

    assert [(one.status_code, one.json()) for one in found] == [
        (200, DJANGO_ANSWER),
        (200, DJANGO_ANSWER),
        (200, {"status": "ok"}),
        (200, {"status": "ready"}),
    ]
    assert (page.status_code, "<html" in page.text, own.text) == (200, True, "the parent's own")


@pytest.mark.anyio
async def test_where_nobody_starts_it_the_first_request_opens_it_once_for_all(
    settings: Settings, tmp_path: Path
) -> None:
    app = create_app(settings)
    async with client(parent({"/atlas": app}, tells=False)) as asking:
        found = await asyncio.gather(*(asking.post("/atlas/graphql", json={"query": DJANGO}) for _ in range(20)))
    async with app.router.lifespan_context(app):
        pass  # what has been opened is closed

    assert [one.json() for one in found] == [DJANGO_ANSWER] * 20
    assert files(tmp_path) == ["atlas.db"]


@pytest.mark.anyio
async def test_two_of_them_stand_side_by_side(settings: Settings, tmp_path: Path) -> None:
    lines = [{**line, "name": "Other"} if line.get("slug") == "django" else line for line in GOOD]
    others = Settings(store=f"sqlite:///{tmp_path / 'other.db'}", facts=folder_of(tmp_path / "others", good=lines))
    outer = parent({"/one": create_app(settings), "/two": create_app(others)}, tells=True)

    async with outer.router.lifespan_context(outer), client(outer) as asking:
        found = [(await asking.post(f"/{name}/graphql", json={"query": DJANGO})).json() for name in ("one", "two")]

    assert found == [DJANGO_ANSWER, costing(1, {"framework": {"name": "Other"}})]


@pytest.mark.anyio
async def test_it_can_end_and_start_again(settings: Settings) -> None:
    app = create_app(settings)
    found = []
    async with client(app) as asking:
        for _ in range(3):
            async with app.router.lifespan_context(app):
                found.append((await asking.post("/graphql", json={"query": DJANGO})).json())

    assert found == [DJANGO_ANSWER] * 3


@pytest.mark.anyio
async def test_what_has_ended_leaves_the_file_to_others(settings: Settings, tmp_path: Path) -> None:
    app = create_app(settings)
    async with app.router.lifespan_context(app), client(app) as asking:
        await asking.post("/graphql", json={"query": DJANGO})

    assert files(tmp_path) == ["atlas.db"]  # SQLite leaves files beside it as long as somebody has it open


@pytest.mark.anyio
async def test_it_is_filled_before_it_says_that_it_has_started(settings: Settings) -> None:
    app = create_app(settings)
    async with app.router.lifespan_context(app):
        count = apsw.Connection(str(settings.sqlite_path)).execute("SELECT count(*) FROM entity").get

    assert count == 5


@pytest.mark.anyio
async def test_a_store_that_cannot_serve_stops_the_start(tmp_path: Path) -> None:
    (tmp_path / "atlas.db").write_text("This is no database. " * 100)
    app = create_app(Settings(store=f"sqlite:///{tmp_path / 'atlas.db'}"))

    with pytest.raises(StoreError, match=r"atlas\.db: damaged or not an SQLite file"):
        async with app.router.lifespan_context(app):
            pass


@pytest.mark.anyio
async def test_where_nobody_starts_it_a_store_that_cannot_serve_is_tried_again(
    settings: Settings, tmp_path: Path
) -> None:
    (tmp_path / "atlas.db").write_text("This is no database. " * 100)
    app = create_app(settings)
    async with client(app, raise_app_exceptions=False) as asking:
        refused = [
            await asking.get("/healthz"),
            await asking.get("/readyz"),
            await asking.post("/graphql", json={"query": DJANGO}),
        ]
        (tmp_path / "atlas.db").unlink()
        answered = await asking.post("/graphql", json={"query": DJANGO})
        async with app.router.lifespan_context(app):
            pass

    assert [one.status_code for one in refused] == [200, 503, 503]
    assert str(tmp_path) not in "".join(one.text for one in refused)
    assert answered.json() == DJANGO_ANSWER


@pytest.mark.anyio
async def test_probes_ask_the_store_twice_a_second_at_the_most(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[float] = []

    async def is_ready(_store: SqliteStore) -> bool:
        asked.append(time.monotonic())
        return True

    monkeypatch.setattr(SqliteStore, "is_ready", is_ready)
    app = create_app(settings)
    async with app.router.lifespan_context(app), client(app) as asking:
        at_once = await asyncio.gather(*(asking.get("/readyz") for _ in range(20)))
        count = len(asked)
        await asyncio.sleep(0.6)
        later = await asking.get("/readyz")

    assert {one.status_code for one in (*at_once, later)} == {200}
    assert (count, len(asked)) == (1, 2)


@pytest.mark.anyio
async def test_it_is_healthy_without_a_store_and_ready_only_with_one(settings: Settings, tmp_path: Path) -> None:
    app = create_app(settings)
    async with client(app) as asking:
        healthy = await asking.get("/healthz")
        opened = (tmp_path / "atlas.db").exists()

        async with app.router.lifespan_context(app):
            ready = await asking.get("/readyz")
            apsw.Connection(str(tmp_path / "atlas.db")).execute("ALTER TABLE entity RENAME TO gone")
            await asyncio.sleep(0.6)  # for so long the last answer holds
            unready = await asking.get("/readyz")
            alive = await asking.get("/healthz")

    assert not opened
    assert [(one.status_code, one.json()) for one in (healthy, ready, unready, alive)] == [
        (200, {"status": "ok"}),
        (200, {"status": "ready"}),
        (503, {"status": "unavailable"}),
        (200, {"status": "ok"}),
    ]


@pytest.mark.anyio
async def test_what_is_not_there_is_a_404_and_what_must_not_be_posted_a_405(settings: Settings) -> None:
    app = create_app(settings)
    async with client(app) as asking:
        found = [await asking.get("/nope"), await asking.get("/assets/nope.js"), await asking.post("/healthz")]

    assert [one.status_code for one in found] == [404, 404, 405]


def test_an_application_answers_each_event_loop_that_runs_it(settings: Settings) -> None:
    app = create_app(settings)

    async def ask() -> Any:
        async with app.router.lifespan_context(app), client(app) as asking:
            found = await asyncio.gather(*(asking.post("/graphql", json={"query": DJANGO}) for _ in range(5)))
            return [json.loads(one.text) for one in found]

    assert [asyncio.run(ask()) for _ in range(2)] == [[DJANGO_ANSWER] * 5] * 2
