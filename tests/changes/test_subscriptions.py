"""Subscriptions over WebSockets and event streams: which changes a client gets, and how soon."""

from __future__ import annotations

import asyncio
import multiprocessing
import time
from concurrent.futures import ProcessPoolExecutor
from typing import Any

import pytest

from schema import ONTOLOGY
from service.execution.engine import Engine
from service.settings import Settings
from service.stores import LogEntry, open_store
from tests.changes.uvicorn_service import CHANGES, CURSORS, RENAME, UvicornService
from tests.queries import mutate
from tests.small_graph import DJANGO, claim_input
from tests.stream_clients import open_event_stream, open_websocket
from tests.write_model import change_number

pytestmark = pytest.mark.anyio

CLAIM = "mutation ($input: ClaimInput!) { claim(input: $input) { __typename } }"


async def test_changes_of_entities_and_claims_arrive_over_websockets_and_event_streams(service: UvicornService) -> None:
    async with open_websocket(service.base) as websocket, open_event_stream(service.base, CHANGES) as stream:
        await websocket.subscribe(CHANGES)
        await service.joined(2)
        version = (await service.post(RENAME, name="Jazz"))["data"]["upsertFramework"]["version"]
        renamed = [await websocket.next(), await stream.next()]
        await service.post(CLAIM, input=claim_input(DJANGO, "HAS_FEATURE", "Feature:admin", "alpha", note="Yes."))
        claimed = [await websocket.next(), await stream.next()]
        content_type = stream.response.headers["content-type"]

    def change(cursor: str, action: str, features: list[str], claim: Any) -> dict[str, Any]:
        entity = {"name": "Jazz", "features": {"nodes": [{"slug": slug} for slug in features]}}
        fields = {"cursor": cursor, "action": action, "slug": "django", "entity": entity, "claim": claim}
        return {"data": {"changes": fields}}

    digest = version.rpartition(".")[0]
    assert renamed == [change(version, "UPSERT", ["orm"], None)] * 2
    assert claimed == [change(f"{digest}.3", "CLAIM", ["admin", "orm"], {"stance": "HAS"})] * 2
    assert content_type.startswith("text/event-stream")


async def test_a_subscription_to_kinds_gets_their_changes_only(service: UvicornService) -> None:
    async with open_websocket(service.base) as websocket:
        await websocket.subscribe(CHANGES, kinds=["FEATURE", "COMPANY"])
        await service.joined()
        await service.rename("One")
        claim = claim_input(DJANGO, "HAS_FEATURE", "Feature:admin", "beta", note="Y.")
        await mutate(service.other_engine, CLAIM, {"input": claim})
        change = (await websocket.next())["data"]["changes"]

    assert (change["action"], change_number(change["cursor"])) == ("CLAIM", 3)


async def test_a_client_that_resumes_gets_each_change_exactly_once(service: UvicornService) -> None:
    received: list[int] = []
    after = await service.other_engine.store.version()
    for turn in range(3):
        await service.rename(*(f"{turn} {count} while disconnected" for count in range(3)))
        async with open_websocket(service.base) as websocket:
            await websocket.subscribe(CURSORS, after=after)
            for _ in range(4):
                await service.rename(f"{turn} {len(received)} while connected")
                after = (await websocket.next())["data"]["changes"]["cursor"]
                received.append(change_number(after))
            websocket.connection.transport.abort()  # without a close frame
    async with open_event_stream(service.base, CURSORS, after=after) as stream:
        last = change_number(await service.other_engine.store.version())
        while not received or received[-1] < last:
            received.append(change_number((await stream.next())["data"]["changes"]["cursor"]))

    assert received == list(range(2, 2 + 21))


@pytest.mark.parametrize("store", ["sqlite"])
async def test_many_subscriptions_of_a_process_share_one_reader(
    service: UvicornService, monkeypatch: pytest.MonkeyPatch
) -> None:
    reads: list[int] = []
    log_entries = service.engine.store.log_entries

    async def recorded(after: int, limit: int, **options: Any) -> list[LogEntry]:
        reads.append(after)
        return await log_entries(after, limit, **options)

    monkeypatch.setattr(service.engine.store, "log_entries", recorded)
    async with open_websocket(service.base) as websocket:
        for id_ in range(30):
            await websocket.subscribe(CURSORS, str(id_))
        await service.joined(30)
        reads.clear()
        start = time.monotonic()
        await service.rename("One", "Two")
        messages = [await websocket.receive() for _ in range(60)]
        seconds = time.monotonic() - start

    assert sorted(int(message["id"]) for message in messages) == sorted([*range(30)] * 2)
    assert len(reads) <= seconds / 0.25 + 4  # four polls a second and one for each page, not thirty times as many


def rename_in_process(settings: dict[str, Any], name: str) -> float:
    """Rename Django three times, as another process; return the time after the last commit."""

    async def rename() -> float:
        store = await open_store(Settings(**settings), ONTOLOGY)
        engine = Engine(store)
        await mutate(engine, RENAME, {"name": "Warm"})  # the database plans the statements
        committed = time.time()
        for new_name in (name, f"{name}!"):
            await asyncio.sleep(0.3)  # longer than the interval of the reader, so that each change is read by itself
            await mutate(engine, RENAME, {"name": new_name})
            committed = time.time()
        await engine.close()
        await store.close()
        return committed

    return asyncio.run(rename())


async def test_a_change_by_another_process_arrives_within_a_second(service: UvicornService) -> None:
    async with open_websocket(service.base) as websocket:
        await websocket.subscribe(CHANGES)
        await service.joined()
        settings = service.settings.model_dump(exclude_none=True)
        with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
            renaming = asyncio.get_running_loop().run_in_executor(pool, rename_in_process, settings, "Other")
            changes = []
            for _ in range(3):
                changes.append((await websocket.next())["data"]["changes"])
                received = time.time()
            committed = await renaming

    numbers = [change_number(change["cursor"]) for change in changes]
    assert numbers == [numbers[0], numbers[0] + 1, numbers[0] + 2]
    assert (
        changes[-1]["entity"]["name"] == "Other!"
    )  # the earlier changes may have it too: an event has the current name
    assert received - committed < 1
