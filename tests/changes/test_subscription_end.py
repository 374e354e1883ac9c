"""The end of a subscription: the token expires, the client disconnects, the service shuts down."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import suppress

import httpx
import pytest

from service.auth.principal import Principal
from service.execution.engine import Engine
from service.execution.request_context import TransportContext
from tests.changes.uvicorn_service import CURSORS, RENAME, UvicornService, run_service, settings_for
from tests.graphs import Graphs
from tests.stream_clients import open_event_stream, open_websocket
from tests.tokens import signed
from tests.waiting import wait_for

pytestmark = pytest.mark.anyio

SetClock = Callable[[float], None]


async def test_a_subscription_ends_with_its_token_and_says_where_to_resume(
    service: UvicornService, set_clock: SetClock
) -> None:
    expires = int(time.time()) + 600
    token = signed(exp=expires)
    async with (
        open_websocket(service.base, token) as websocket,
        open_event_stream(service.base, CURSORS, token) as stream,
    ):
        await websocket.subscribe(CURSORS)
        await service.joined(2)
        set_clock(expires - 1.5)
        version = await service.rename("One")
        first = [await websocket.next(), await stream.next()]
        ended = [await websocket.next(), await stream.next()]
        completed = [await websocket.receive(), await stream.receive()]

    message = f"The token has expired; your last change is '{version}': subscribe again with it as `after`."
    error = {"message": message, "extensions": {"code": "SUBSCRIPTION_ENDED", "after": version}}
    assert first == [{"data": {"changes": {"cursor": version}}}] * 2
    assert ended == [{"data": None, "errors": [error]}] * 2
    assert completed == [{"type": "complete", "id": "1"}, ("complete", None)]
    await service.joined(0)


@pytest.mark.parametrize("store", ["sqlite"])
async def test_a_websocket_whose_token_has_expired_can_no_longer_write(
    service: UvicornService, set_clock: SetClock
) -> None:
    expires = int(time.time()) + 600
    async with open_websocket(service.base, signed(exp=expires)) as websocket:
        await websocket.subscribe(RENAME, name="Mine")
        before = await websocket.next()
        assert (await websocket.receive())["type"] == "complete"
        set_clock(expires)
        await websocket.subscribe(RENAME, name="Still mine")
        after = await websocket.next()

    assert before["data"]["upsertFramework"]["__typename"] == "UpsertedFramework"
    assert after["data"]["upsertFramework"] == {
        "__typename": "NotAuthorized",
        "message": "The token has expired; get a new one.",
    }


@pytest.mark.parametrize("store", ["sqlite"])
async def test_an_expired_token_ends_a_subscription_that_always_has_changes_to_send(
    service: UvicornService, set_clock: SetClock
) -> None:
    version = await service.other_engine.store.version()
    await service.rename(*(f"{count}" for count in range(20)))
    expires = int(time.time()) + 600
    context = TransportContext(Principal("alice", frozenset({"read"}), expires))

    stream = await service.engine.subscribe(CURSORS, {"after": version}, context, None)
    assert isinstance(stream, AsyncGenerator)
    first = await anext(stream)
    set_clock(expires)
    results = [result async for result in stream]

    assert first.data is not None
    assert [result.data for result in results] == [None]
    (error,) = results[0].errors or ()
    digest = version.rpartition(".")[0]
    assert error.extensions == {"code": "SUBSCRIPTION_ENDED", "after": f"{digest}.2"}


async def test_a_client_that_disconnects_leaves_no_listener_and_no_reader(service: UvicornService) -> None:
    version = await service.other_engine.store.version()
    await service.rename(*(f"{count}" for count in range(30)))
    for after in (None, version):  # clients that wait for changes, and clients that receive past ones
        async with (
            open_websocket(service.base) as aborting,
            open_websocket(service.base) as completing,
            open_event_stream(service.base, CURSORS, after=after) as stream,
        ):
            await aborting.subscribe(CURSORS, after=after)
            await completing.subscribe(CURSORS, after=after)
            if after is None:
                await service.joined(3)
            else:
                await asyncio.gather(aborting.next(), completing.next(), stream.next())
            aborting.connection.transport.abort()
            await completing.send(type="complete", id="1")
        await service.joined(0)
        await wait_for(lambda: service.feed._reader is None, "the reader has stopped")

    names = [task.get_coro().__qualname__ for task in asyncio.all_tasks()]  # type: ignore[union-attr]
    assert [name for name in names if "run_operation" in name or "drain" in name or "Feed" in name] == []


@pytest.mark.parametrize("store", ["sqlite"])
@pytest.mark.parametrize("resumed", [False, True])
async def test_a_service_that_shuts_down_ends_its_subscriptions(
    graphs: Graphs, other_engine: Engine, resumed: bool
) -> None:
    after = await other_engine.store.version() if resumed else None
    async with run_service(settings_for(graphs, other_engine), other_engine) as service:
        await service.rename("One")
        async with (
            open_websocket(service.base) as websocket,
            open_event_stream(service.base, CURSORS, after=after) as stream,
        ):
            await websocket.subscribe(CURSORS, after=after)
            await service.joined(2)
            start = time.monotonic()
            service.server.should_exit = True
            if resumed:
                assert await websocket.next() == await stream.next()
            code, _ = await websocket.close_code()
            with suppress(EOFError, httpx.RemoteProtocolError):
                while True:
                    await stream.receive()
            seconds = time.monotonic() - start

    assert code == 1012  # service restart: clients may connect again
    assert seconds < 8
