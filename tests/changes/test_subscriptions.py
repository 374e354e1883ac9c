"""Subscriptions as clients meet them: over a WebSocket and as server-sent events, of a service that really listens."""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from concurrent.futures import ProcessPoolExecutor
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from schema import ONTOLOGY
from service.app import create_app
from service.auth.principal import Principal
from service.changes.feed import ChangeFeed
from service.execution.engine import Engine
from service.execution.request_context import TransportContext
from service.settings import Settings, read_settings
from service.stores import LogEntry, open_store
from tests.commands import RunningService
from tests.graphs import Graphs, costing, facts_from, write
from tests.model import number
from tests.small_graph import DJANGO, LINES, ends
from tests.tokens import ENTRIES, READER, SECRET, UNKNOWN, WRITER, signed

pytestmark = pytest.mark.anyio

whatever_store = pytest.mark.parametrize("store", ["sqlite"])
"""For what no store has a part in."""

CHANGES = """subscription ($after: String, $kinds: [Kind!]) { changes(after: $after, kinds: $kinds) {
  cursor action slug entity { ... on Framework { name features { nodes { slug } } } } claim { stance } } }"""
CURSORS = "subscription ($after: String) { changes(after: $after) { cursor } }"
RENAME = """mutation ($name: String!) { upsertFramework(input: {slug: "django", name: $name}) {
  __typename ... on UpsertedFramework { version } ... on NotAuthorized { message } } }"""
CLAIM = "mutation ($input: ClaimInput!) { claim(input: $input) { __typename } }"
JWT = {"jwt_key": SECRET, "jwt_issuer": "https://issuer", "jwt_audience": "atlas", "jwt_leeway": 0}


@dataclass
class Running:
    """A service that listens; `elsewhere` is an engine on the same graph that it knows nothing of."""

    base: str
    app: Any
    settings: Settings
    elsewhere: Engine
    server: uvicorn.Server

    @property
    def engine(self) -> Engine:
        return self.app.routes[0].endpoint._service._engine

    @property
    def feed(self) -> ChangeFeed:
        return self.engine._feed

    async def rename(self, *names: str) -> str:
        """Change django in this process behind the service's back; the version after that."""
        for name in names:
            payload = (await write(self.elsewhere, RENAME, {"name": name}))["upsertFramework"]
        return payload["version"]

    async def ask(self, text: str, token: str = WRITER.token, **variables: Any) -> Any:
        """Ask it over HTTP."""
        headers = {"authorization": f"Bearer {token}"}
        async with httpx.AsyncClient(base_url=self.base, timeout=60, headers=headers) as client:
            return (await client.post("/graphql", json={"query": text, "variables": variables})).json()


@asynccontextmanager
async def listening(settings: Settings, elsewhere: Engine) -> AsyncIterator[Running]:
    app = create_app(settings)
    config = uvicorn.Config(app, port=0, log_config=None, log_level=None, timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server._serve())  # `serve` would take the signals of the tests' own process
    try:
        async with asyncio.timeout(60):
            while not server.started:
                await asyncio.sleep(0.01)
                assert not serving.done(), serving
        base = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
        yield Running(base, app, settings, elsewhere, server)
    finally:
        server.should_exit = True
        await serving


@pytest.fixture
async def elsewhere(store: str, graphs: Graphs, tmp_path: Path) -> AsyncIterator[Engine]:
    async with graphs.fresh(store, facts_from(tmp_path / "facts", LINES)) as engine:
        yield engine


def settings_of(graphs: Graphs, engine: Engine, **given: Any) -> Settings:
    named: dict[str, Any] = {"store": f"sqlite:///{getattr(engine.store, 'path', '')}"}
    if engine.store.name == "neo4j":
        used = graphs.neo4j_settings()
        password = used.neo4j_password.get_secret_value()
        named = {"store": used.store, "neo4j_user": used.neo4j_user, "neo4j_password": password, "neo4j_timeout": 120}
    return read_settings(**{"tokens": ENTRIES, **JWT, **named, **given})


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Puts the clock of this process to a moment, in Unix seconds, from which it goes on."""
    told = time.time

    def put(moment: float) -> None:
        ahead = moment - told()
        monkeypatch.setattr(time, "time", lambda: told() + ahead)

    return put


@pytest.fixture
async def service(graphs: Graphs, elsewhere: Engine) -> AsyncIterator[Running]:
    async with listening(settings_of(graphs, elsewhere), elsewhere) as running:
        yield running


# ----------------------------------------------------------------------------------------------------------- transports


class Socket:
    """A client of graphql-transport-ws."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection

    async def send(self, **message: Any) -> None:
        await self.connection.send(json.dumps(message))

    async def receive(self) -> dict[str, Any]:
        async with asyncio.timeout(30):
            frame = await self.connection.recv()
        assert isinstance(frame, str), "a binary frame"
        return json.loads(frame)

    async def subscribe(self, query: str, id_: str = "1", **variables: Any) -> None:
        await self.send(type="subscribe", id=id_, payload={"query": query, "variables": variables})

    async def next(self, id_: str = "1") -> Any:
        """The payload of the next message, which must be a `next`."""
        message = await self.receive()
        assert (message["type"], message["id"]) == ("next", id_), message
        return message["payload"]

    async def closed(self) -> tuple[int, str]:
        """Why it is closed, by then."""
        with pytest.raises(ConnectionClosed) as closed:
            await self.receive()
        assert closed.value.rcvd is not None
        return closed.value.rcvd.code, closed.value.rcvd.reason


@asynccontextmanager
async def connected(service: Running | RunningService, **headers: str) -> AsyncIterator[Socket]:
    url = service.base.replace("http", "ws") + "/graphql"
    subprotocols = [Subprotocol("graphql-transport-ws")]
    async with connect(url, subprotocols=subprotocols, additional_headers=headers) as connection:
        yield Socket(connection)


@asynccontextmanager
async def socket(service: Running | RunningService, token: str | None = None) -> AsyncIterator[Socket]:
    """One that has been acknowledged."""
    async with connected(service) as opened:
        await opened.send(type="connection_init", payload={"Authorization": f"Bearer {token}"} if token else {})
        assert await opened.receive() == {"type": "connection_ack"}
        yield opened


class Events:
    """A client of server-sent events."""

    def __init__(self, response: httpx.Response) -> None:
        self.response = response
        self._lines: Any = response.aiter_lines()

    async def receive(self) -> tuple[str, Any]:
        """The next event and its data."""
        name = ""
        async with asyncio.timeout(30):
            async for line in self._lines:
                if line.startswith("event: "):
                    name = line.removeprefix("event: ")
                elif line.startswith("data:"):
                    text = line.removeprefix("data:").strip()
                    return name, json.loads(text) if text else None
        raise EOFError

    async def close(self) -> None:
        """Left to the garbage collector, httpx's generators would end each other twice."""
        await self._lines.aclose()

    async def next(self) -> Any:
        name, payload = await self.receive()
        assert name == "next", (name, payload)
        return payload


@asynccontextmanager
async def events(service: Running, query: str, token: str | None = None, **variables: Any) -> AsyncIterator[Events]:
    headers = {"accept": "text/event-stream", **({"authorization": f"Bearer {token}"} if token else {})}
    given = {"query": query, "variables": variables}
    async with (
        httpx.AsyncClient(base_url=service.base, timeout=60, headers=headers) as client,
        client.stream("POST", "/graphql", json=given) as response,
    ):
        opened = Events(response)
        yield opened
        await opened.close()


async def settled(holds: Callable[[], Any], what: str, seconds: float = 30) -> None:
    give_up = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < give_up, f"waited {seconds} s and in vain that {what}"
        await asyncio.sleep(0.01)


async def joined(service: Running, count: int = 1) -> None:
    """Wait until so many have caught up and hear of changes as they are made."""
    await settled(lambda: len(service.feed._listeners) == count, f"{count} listen")


# --------------------------------------------------------------------------------------------------------------- events


async def test_changes_of_entities_and_relations_are_seen_as_they_are_made_over_both(service: Running) -> None:
    async with socket(service) as over_socket, events(service, CHANGES) as as_events:
        await over_socket.subscribe(CHANGES)
        await joined(service, 2)
        version = (await service.ask(RENAME, name="Jazz"))["data"]["upsertFramework"]["version"]
        heard = [[await over_socket.next(), await as_events.next()]]
        given = ends(DJANGO, "HAS_FEATURE", "Feature:admin", "alpha", note="Yes.")
        await service.ask(CLAIM, input=given)
        heard.append([await over_socket.next(), await as_events.next()])
        kind = as_events.response.headers["content-type"]

    def change(cursor: str, action: str, features: list[str], claim: Any) -> dict[str, Any]:
        nodes = [{"slug": slug} for slug in features]
        entity = {"name": "Jazz", "features": {"nodes": nodes}}
        told = {"cursor": cursor, "action": action, "slug": "django", "entity": entity, "claim": claim}
        return {"data": {"changes": told}}

    digest = version.rpartition(".")[0]
    assert heard == [
        [change(version, "UPSERT", ["orm"], None)] * 2,
        [change(f"{digest}.3", "CLAIM", ["admin", "orm"], {"stance": "HAS"})] * 2,
    ]
    assert kind.startswith("text/event-stream")


async def test_only_what_concerns_the_kinds_is_sent(service: Running) -> None:
    async with socket(service) as opened:
        await opened.subscribe(CHANGES, kinds=["FEATURE", "COMPANY"])
        await joined(service)
        await service.rename("One")
        await write(
            service.elsewhere, CLAIM, {"input": ends(DJANGO, "HAS_FEATURE", "Feature:admin", "beta", note="Y.")}
        )
        heard = await opened.next()

    assert (heard["data"]["changes"]["action"], number(heard["data"]["changes"]["cursor"])) == ("CLAIM", 3)


async def test_who_resumes_gets_each_change_exactly_once(service: Running) -> None:
    heard: list[int] = []
    after = await service.elsewhere.store.version()
    for turn in range(3):
        await service.rename(*(f"{turn} {count} while away" for count in range(3)))
        async with socket(service) as opened:
            await opened.subscribe(CURSORS, after=after)
            for _ in range(4):
                await service.rename(f"{turn} {len(heard)} live")
                after = (await opened.next())["data"]["changes"]["cursor"]
                heard.append(number(after))
            opened.connection.transport.abort()  # no goodbye
    async with events(service, CURSORS, after=after) as stream:
        last = number(await service.elsewhere.store.version())
        while not heard or heard[-1] < last:
            heard.append(number((await stream.next())["data"]["changes"]["cursor"]))

    assert heard == list(range(2, 2 + 21))


@whatever_store
async def test_many_subscribers_of_a_process_read_its_log_once(
    service: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    reads: list[int] = []
    entries = service.engine.store.log_entries

    async def counted(after: int, most: int, **more: Any) -> list[LogEntry]:
        reads.append(after)
        return await entries(after, most, **more)

    monkeypatch.setattr(service.engine.store, "log_entries", counted)
    async with socket(service) as opened:
        for id_ in range(30):
            await opened.subscribe(CURSORS, str(id_))
        await joined(service, 30)
        reads.clear()
        start = time.monotonic()
        await service.rename("One", "Two")
        heard = [await opened.receive() for _ in range(60)]
        seconds = time.monotonic() - start

    assert sorted(int(one["id"]) for one in heard) == sorted([*range(30)] * 2)
    assert len(reads) <= seconds / 0.25 + 4  # four a second and one for each page, not thirty times as many


def change_elsewhere(environment: dict[str, Any], name: str) -> float:
    """Change django in a process of its own; the moment when that was acknowledged."""

    async def change() -> float:
        store = await open_store(Settings(**environment), ONTOLOGY)
        engine = Engine(store)
        await write(engine, RENAME, {"name": "Warm"})  # the database plans the statements first
        done = time.time()
        for given in (name, f"{name}!"):
            await asyncio.sleep(0.3)
            await write(engine, RENAME, {"name": given})
            done = time.time()
        await engine.close()
        await store.close()
        return done

    return asyncio.run(change())


async def test_a_write_of_another_process_is_seen_within_a_second(service: Running) -> None:
    async with socket(service) as opened:
        await opened.subscribe(CHANGES)
        await joined(service)
        given = service.settings.model_dump(exclude_none=True)
        with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
            changing = asyncio.get_running_loop().run_in_executor(pool, change_elsewhere, given, "Other")
            heard = []
            for _ in range(3):
                heard.append((await opened.next())["data"]["changes"])
                seen = time.time()
            done = await changing

    numbers = [int(change["cursor"].rpartition(".")[2]) for change in heard]
    assert numbers == [numbers[0], numbers[0] + 1, numbers[0] + 2]
    assert heard[-1]["entity"]["name"] == "Other!"  # before the last, it is called as it is by now
    assert seen - done < 1


# ------------------------------------------------------------------------------------------------------------------ end


async def test_a_stream_ends_with_the_token_and_says_where_to_go_on(
    service: Running, clock: Callable[[float], None]
) -> None:
    expires = int(time.time()) + 600
    token = signed(exp=expires)
    async with socket(service, token) as opened, events(service, CURSORS, token) as stream:
        await opened.subscribe(CURSORS)
        await joined(service, 2)
        clock(expires - 1.5)
        version = await service.rename("One")
        first = [await opened.next(), await stream.next()]
        ended = [await opened.next(), await stream.next()]
        after = [await opened.receive(), await stream.receive()]

    message = f"The token has expired; your last change is '{version}': subscribe again with it as `after`."
    told = {"message": message, "extensions": {"code": "SUBSCRIPTION_ENDED", "after": version}}
    assert first == [{"data": {"changes": {"cursor": version}}}] * 2
    assert ended == [{"data": None, "errors": [told]}] * 2
    assert after == [{"type": "complete", "id": "1"}, ("complete", None)]
    await joined(service, 0)


@whatever_store
async def test_a_socket_whose_token_has_expired_may_do_nothing_more(
    service: Running, clock: Callable[[float], None]
) -> None:
    expires = int(time.time()) + 600
    async with socket(service, signed(exp=expires)) as opened:
        await opened.subscribe(RENAME, name="Mine")
        before = await opened.next()
        assert (await opened.receive())["type"] == "complete"
        clock(expires)
        await opened.subscribe(RENAME, name="Still mine")
        after = await opened.next()

    told = {"__typename": "NotAuthorized", "message": "The token has expired; get a new one."}
    assert before["data"]["upsertFramework"]["__typename"] == "UpsertedFramework"
    assert after["data"]["upsertFramework"] == told


@whatever_store
async def test_an_expired_token_ends_a_stream_that_always_has_something_to_send(
    service: Running, clock: Callable[[float], None]
) -> None:
    begun = await service.elsewhere.store.version()
    await service.rename(*(f"{count}" for count in range(20)))
    expires = int(time.time()) + 600
    context = TransportContext(Principal("alice", frozenset({"read"}), expires))

    stream = await service.engine.subscribe(CURSORS, {"after": begun}, context, None)
    assert isinstance(stream, AsyncGenerator)
    first = await anext(stream)
    clock(expires)
    results = [result async for result in stream]

    assert first.data is not None
    assert [result.data for result in results] == [None]
    (error,) = results[0].errors or ()
    digest = begun.rpartition(".")[0]
    assert error.extensions == {"code": "SUBSCRIPTION_ENDED", "after": f"{digest}.2"}


async def test_who_goes_away_leaves_no_listener_and_no_reader(service: Running) -> None:
    begun = await service.elsewhere.store.version()
    await service.rename(*(f"{count}" for count in range(30)))
    for after in (None, begun):  # who waits for what comes, and who is in the middle of what was
        async with socket(service) as one, socket(service) as other, events(service, CURSORS, after=after) as stream:
            await one.subscribe(CURSORS, after=after)
            await other.subscribe(CURSORS, after=after)
            if after is None:
                await joined(service, 3)
            else:
                await asyncio.gather(one.next(), other.next(), stream.next())
            one.connection.transport.abort()
            await other.send(type="complete", id="1")
        await joined(service, 0)
        await settled(lambda: service.feed._reader is None, "nobody reads")

    names = [task.get_coro().__qualname__ for task in asyncio.all_tasks()]  # type: ignore[union-attr]
    assert [name for name in names if "run_operation" in name or "drain" in name or "Feed" in name] == []


@whatever_store
@pytest.mark.parametrize("after", [False, True])
async def test_a_service_that_stops_ends_what_it_streams(graphs: Graphs, elsewhere: Engine, after: bool) -> None:
    begun = await elsewhere.store.version() if after else None
    async with listening(settings_of(graphs, elsewhere), elsewhere) as service:
        await service.rename("One")
        async with socket(service) as opened, events(service, CURSORS, after=begun) as stream:
            await opened.subscribe(CURSORS, after=begun)
            await joined(service, 2)
            start = time.monotonic()
            service.server.should_exit = True
            if after:
                assert await opened.next() == await stream.next()
            code, _ = await opened.closed()
            with suppress(EOFError, httpx.RemoteProtocolError):
                while True:
                    await stream.receive()
            seconds = time.monotonic() - start

    assert code == 1012  # the service restarts: come again
    assert seconds < 8


# ------------------------------------------------------------------------------------------------------------- refusals


@whatever_store
@pytest.mark.parametrize("public_read", [True, False])
async def test_a_socket_is_refused_to_who_has_no_good_token(
    graphs: Graphs, elsewhere: Engine, public_read: bool
) -> None:
    expired = signed(exp=int(time.time()) - 5)
    payloads: list[Any] = [{"Authorization": f"Bearer {token}"} for token in (UNKNOWN, expired, "")]
    payloads += [{"authorization": UNKNOWN}, {"AUTHORIZATION": 1}]
    async with listening(settings_of(graphs, elsewhere, public_read=public_read), elsewhere) as service:
        refused = []
        for payload in [*payloads, *([{}] if not public_read else [])]:
            async with connected(service) as opened:
                await opened.send(type="connection_init", payload=payload)
                refused.append(await opened.closed())
        async with connected(service) as opened:
            await opened.subscribe(CURSORS)
            unasked = await opened.closed()
        async with connected(service, authorization=f"Bearer {READER.token}") as opened:
            await opened.send(type="connection_init")
            by_header = await opened.receive()
        async with socket(service, READER.token) as opened:
            await opened.subscribe("{ graph { store } }")
            answered = await opened.next()
        async with events(service, CURSORS, UNKNOWN) as stream:
            await stream.response.aread()
            over_http = stream.response

    assert refused == [(4403, "Forbidden")] * len(refused)
    assert len(refused) == (5 if public_read else 6)
    assert (unasked, by_header) == ((4401, "Unauthorized"), {"type": "connection_ack"})
    assert answered["data"] == {"graph": {"store": elsewhere.store.name}}
    assert (over_http.status_code, over_http.json()["errors"][0]["extensions"]) == (401, {"code": "UNAUTHENTICATED"})


INVALID: dict[str, str] = {
    "subscription { changes { nope } }": "Cannot query field 'nope' on type 'Change'.",
    "subscription { changes(first: 1) { cursor } }": "Unknown argument 'first' on field 'Subscription.changes'.",
    "subscription { changes { cursor } graph: changes { slug } }": "Anonymous Subscription must select only one top level field.",
    'subscription { changes(after: "x") { cursor } }': "after is not a valid cursor of the change log; use the cursor of a change or a "
    "version.",
    'subscription { changes(after: "0123456789abcdef.1") { cursor } }': "after is not a cursor of this graph's change log; start with "
    "`graph { version }`.",
    "subscription ($kinds: [Kind!]!) { changes(kinds: $kinds) { cursor } }": "Variable '$kinds' has invalid value: Expected a "
    "value of non-null type '[Kind!]!' to be provided.",
    "subscription { changes { cursor }": "Syntax Error: Expected Name, found <EOF>.",
    "subscription { changes { cursor } } " + "x" * 200: f"Syntax Error: Unexpected Name '{'x' * 200}'.",
}


@whatever_store
async def test_a_subscription_that_is_wrong_is_refused_in_json_and_by_an_error_message(service: Running) -> None:
    over_http, over_socket = {}, {}
    async with socket(service) as opened:
        for text in INVALID:
            async with events(service, text) as stream:
                await stream.response.aread()
                kind = stream.response.headers["content-type"]
                assert (stream.response.status_code, kind) == (400, "application/json; charset=utf-8"), (
                    stream.response.text
                )
                over_http[text] = stream.response.json()["errors"][0]["message"]
            await opened.subscribe(text)
            message = await opened.receive()
            assert (message["type"], message["id"]) == ("error", "1"), message
            over_socket[text] = message["payload"][0]["message"]
        await opened.subscribe("{ graph { store } }")  # it is still open
        alive = await opened.next()

    assert over_http == INVALID
    assert over_socket == INVALID
    assert "data" in alive


@whatever_store
async def test_a_document_nested_too_deeply_is_refused_as_any_other(service: Running) -> None:
    text = "subscription { changes " + "{ entity " * 5000 + "}" * 5001

    async with events(service, text) as stream:
        await stream.response.aread()
        over_http = stream.response
    async with socket(service) as opened:
        await opened.subscribe(text)
        message = await opened.receive()

    assert over_http.status_code == 400, over_http.text
    assert message["type"] == "error", message


# ---------------------------------------------------------------------------------------------------------- negotiation


async def test_queries_and_mutations_are_answered_over_a_socket(service: Running) -> None:
    async with socket(service, WRITER.token) as opened, socket(service) as anyone:
        await opened.subscribe("query ($slug: String!) { framework(slug: $slug) { name } }", "q", slug="dj")
        query = [await opened.receive(), await opened.receive()]
        await opened.subscribe(RENAME, "m", name="Über 😀")
        mutation = [await opened.receive(), await opened.receive()]
        await anyone.subscribe(RENAME, "m", name="Mine")
        refused = await anyone.next("m")
        await opened.subscribe("{ nope }", "n")
        invalid = await opened.receive()
        await opened.subscribe('{ framework(slug: "dj") { name } }', "u")
        renamed = await opened.next("u")

    assert query == [
        {"id": "q", "type": "next", "payload": costing(1, {"framework": {"name": "Django"}})},
        {"id": "q", "type": "complete"},
    ]
    assert mutation[0]["payload"]["data"]["upsertFramework"]["__typename"] == "UpsertedFramework"
    assert refused["data"]["upsertFramework"]["__typename"] == "NotAuthorized"
    told = "Cannot query field 'nope' on type 'Query'. Did you mean 'node' or 'nodes'?"
    assert (invalid["type"], invalid["payload"][0]["message"]) == ("error", told)
    assert renamed["data"] == {"framework": {"name": "Über 😀"}}


@whatever_store
async def test_only_subscriptions_stream_where_json_is_accepted_too(service: Running) -> None:
    query, mutation = '{ framework(slug: "dj") { name } }', RENAME.replace("$name: String!", '$name: String! = "N"')
    strict, plain, stream = "application/graphql-response+json", "application/json", "text/event-stream"
    asked = [(text, f"{strict}, {plain}, {stream}") for text in (query, mutation)]
    asked += [(query, f"{stream}, {plain}"), (CURSORS, plain), (CURSORS, "*/*")]
    async with httpx.AsyncClient(base_url=service.base, timeout=60) as client:
        found = []
        for text, accept in asked:
            headers = {"accept": accept, "authorization": f"Bearer {WRITER.token}"}
            response = await client.post("/graphql", json={"query": text}, headers=headers)
            answer = response.json()
            told = answer["errors"][0]["message"][:21] if "errors" in answer else list(answer["data"])
            found.append((response.status_code, response.headers["content-type"].partition(";")[0], told))
        streamed = await client.post("/graphql", json={"query": query}, headers={"accept": stream})
        given = {"accept": stream, "authorization": f"Bearer {WRITER.token}"}
        before = await service.elsewhere.store.version()
        by_get = await client.get("/graphql", params={"query": mutation.replace('"N"', '"M"')}, headers=given)
        headers = {"accept": f"{plain}, {stream};q=0.1"}
        async with client.stream("GET", "/graphql", params={"query": CURSORS}, headers=headers) as response:
            opened = response.status_code, response.headers["content-type"].partition(";")[0]

    assert found == [
        (200, strict, ["framework"]),
        (200, strict, ["upsertFramework"]),
        (200, plain, ["framework"]),
        (200, plain, "A subscription needs "),
        (200, plain, "A subscription needs "),
    ]
    assert (streamed.status_code, streamed.headers["content-type"].partition(";")[0]) == (200, stream)
    assert streamed.text.startswith('event: next\r\ndata: {"data":{"framework":{"name":"N"}},"extensions"')
    assert ('"errors"' in by_get.text, await service.elsewhere.store.version()) == (True, before)
    assert opened == (200, stream)
