"""WebSockets and event streams: authentication, errors, and queries and mutations over them."""

from __future__ import annotations

import time
from typing import Any

import httpx
import pytest

from service.execution.engine import Engine
from tests.changes.uvicorn_service import CURSORS, RENAME, UvicornService, run_service, settings_for
from tests.graphs import Graphs
from tests.http_requests import EVENT_STREAM, GRAPHQL_JSON, JSON
from tests.queries import response_with_cost
from tests.stream_clients import connect_websocket, open_event_stream, open_websocket
from tests.tokens import READER, UNKNOWN, WRITER, bearer, signed

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("store", ["sqlite"])
@pytest.mark.parametrize("public_read", [True, False])
async def test_a_websocket_with_an_invalid_token_is_closed(
    graphs: Graphs, other_engine: Engine, public_read: bool
) -> None:
    expired = signed(exp=int(time.time()) - 5)
    payloads: list[Any] = [{"Authorization": f"Bearer {token}"} for token in (UNKNOWN, expired, "")]
    payloads += [{"authorization": UNKNOWN}, {"AUTHORIZATION": 1}]
    without_token: list[Any] = [] if public_read else [{}]
    async with run_service(settings_for(graphs, other_engine, public_read=public_read), other_engine) as service:
        closed = []
        for payload in [*payloads, *without_token]:
            async with connect_websocket(service.base) as websocket:
                await websocket.send(type="connection_init", payload=payload)
                closed.append(await websocket.close_code())
        async with connect_websocket(service.base) as websocket:
            await websocket.subscribe(CURSORS)
            uninitialized = await websocket.close_code()
        async with connect_websocket(service.base, authorization=f"Bearer {READER.token}") as websocket:
            await websocket.send(type="connection_init")
            by_header = await websocket.receive()
        async with open_websocket(service.base, READER.token) as websocket:
            await websocket.subscribe("{ graph { store } }")
            response = await websocket.next()
        async with open_event_stream(service.base, CURSORS, UNKNOWN) as stream:
            await stream.response.aread()
            stream_response = stream.response

    assert closed == [(4403, "Forbidden")] * len(closed)
    assert len(closed) == (5 if public_read else 6)
    assert (uninitialized, by_header) == ((4401, "Unauthorized"), {"type": "connection_ack"})
    assert response["data"] == {"graph": {"store": other_engine.store.name}}
    error = stream_response.json()["errors"][0]
    assert (stream_response.status_code, error["extensions"]) == (401, {"code": "UNAUTHENTICATED"})


INVALID: dict[str, str] = {
    "subscription { changes { nope } }": "Cannot query field 'nope' on type 'Change'.",
    "subscription { changes(first: 1) { cursor } }": "Unknown argument 'first' on field 'Subscription.changes'.",
    "subscription { changes { cursor } graph: changes { slug } }": (
        "Anonymous Subscription must select only one top level field."
    ),
    'subscription { changes(after: "x") { cursor } }': (
        "after is not a valid cursor of the change log; use the cursor of a change or a version."
    ),
    'subscription { changes(after: "0123456789abcdef.1") { cursor } }': (
        "after is not a cursor of this graph's change log; start with `graph { version }`."
    ),
    "subscription ($kinds: [Kind!]!) { changes(kinds: $kinds) { cursor } }": (
        "Variable '$kinds' has invalid value: Expected a value of non-null type '[Kind!]!' to be provided."
    ),
    "subscription { changes { cursor }": "Syntax Error: Expected Name, found <EOF>.",
    "subscription { changes { cursor } } " + "x" * 200: f"Syntax Error: Unexpected Name '{'x' * 200}'.",
}


@pytest.mark.parametrize("store", ["sqlite"])
async def test_an_invalid_subscription_is_a_json_response_or_an_error_message(service: UvicornService) -> None:
    over_http, over_websocket = {}, {}
    async with open_websocket(service.base) as websocket:
        for text in INVALID:
            async with open_event_stream(service.base, text) as stream:
                response = stream.response
                await response.aread()
                content_type = response.headers["content-type"]
                assert (response.status_code, content_type) == (400, f"{JSON}; charset=utf-8"), response.text
                over_http[text] = response.json()["errors"][0]["message"]
            await websocket.subscribe(text)
            message = await websocket.receive()
            assert (message["type"], message["id"]) == ("error", "1"), message
            over_websocket[text] = message["payload"][0]["message"]
        await websocket.subscribe("{ graph { store } }")  # the socket is still open
        query = await websocket.next()

    assert over_http == INVALID
    assert over_websocket == INVALID
    assert "data" in query


@pytest.mark.parametrize("store", ["sqlite"])
async def test_a_subscription_that_is_nested_too_deep_is_rejected(service: UvicornService) -> None:
    text = "subscription { changes " + "{ entity " * 5000 + "}" * 5001

    async with open_event_stream(service.base, text) as stream:
        await stream.response.aread()
        response = stream.response
    async with open_websocket(service.base) as websocket:
        await websocket.subscribe(text)
        message = await websocket.receive()

    assert response.status_code == 400, response.text
    assert message["type"] == "error", message


async def test_a_websocket_executes_queries_and_mutations(service: UvicornService) -> None:
    by_slug = "query ($slug: String!) { framework(slug: $slug) { name } }"
    async with open_websocket(service.base, WRITER.token) as websocket, open_websocket(service.base) as anonymous:
        await websocket.subscribe(by_slug, "q", slug="dj")
        query = [await websocket.receive(), await websocket.receive()]
        await websocket.subscribe(RENAME, "m", name="Über 😀")
        mutation = [await websocket.receive(), await websocket.receive()]
        await anonymous.subscribe(RENAME, "m", name="Mine")
        unauthorized = await anonymous.next("m")
        await websocket.subscribe("{ nope }", "n")
        invalid = await websocket.receive()
        await websocket.subscribe('{ framework(slug: "dj") { name } }', "u")
        renamed = await websocket.next("u")

    assert query == [
        {"id": "q", "type": "next", "payload": response_with_cost(1, {"framework": {"name": "Django"}})},
        {"id": "q", "type": "complete"},
    ]
    assert mutation[0]["payload"]["data"]["upsertFramework"]["__typename"] == "UpsertedFramework"
    assert unauthorized["data"]["upsertFramework"]["__typename"] == "NotAuthorized"
    message = "Cannot query field 'nope' on type 'Query'. Did you mean 'node' or 'nodes'?"
    assert (invalid["type"], invalid["payload"][0]["message"]) == ("error", message)
    assert renamed["data"] == {"framework": {"name": "Über 😀"}}


@pytest.mark.parametrize("store", ["sqlite"])
async def test_only_subscriptions_are_streamed_to_a_client_that_accepts_json_too(service: UvicornService) -> None:
    query, mutation = '{ framework(slug: "dj") { name } }', RENAME.replace("$name: String!", '$name: String! = "N"')
    requests = [(text, f"{GRAPHQL_JSON}, {JSON}, {EVENT_STREAM}") for text in (query, mutation)]
    requests += [(query, f"{EVENT_STREAM}, {JSON}"), (CURSORS, JSON), (CURSORS, "*/*")]
    writer = bearer(WRITER.token)
    async with httpx.AsyncClient(base_url=service.base, timeout=60) as client:
        responses = []
        for text, accept in requests:
            response = await client.post("/graphql", json={"query": text}, headers={"accept": accept, **writer})
            body = response.json()
            content = body["errors"][0]["message"][:21] if "errors" in body else list(body["data"])
            responses.append((response.status_code, _media_type(response), content))
        streamed = await client.post("/graphql", json={"query": query}, headers={"accept": EVENT_STREAM})
        version = await service.other_engine.store.version()
        by_get = await client.get(
            "/graphql",
            params={"query": mutation.replace('"N"', '"M"')},
            headers={"accept": EVENT_STREAM, **writer},
        )
        headers = {"accept": f"{JSON}, {EVENT_STREAM};q=0.1"}
        async with client.stream("GET", "/graphql", params={"query": CURSORS}, headers=headers) as response:
            subscription = response.status_code, _media_type(response)

    assert responses == [
        (200, GRAPHQL_JSON, ["framework"]),
        (200, GRAPHQL_JSON, ["upsertFramework"]),
        (200, JSON, ["framework"]),
        (200, JSON, "A subscription needs "),
        (200, JSON, "A subscription needs "),
    ]
    assert (streamed.status_code, _media_type(streamed)) == (200, EVENT_STREAM)
    assert streamed.text.startswith('event: next\r\ndata: {"data":{"framework":{"name":"N"}},"extensions"')
    assert ('"errors"' in by_get.text, await service.other_engine.store.version()) == (True, version)
    assert subscription == (200, EVENT_STREAM)


def _media_type(response: httpx.Response) -> str:
    return response.headers["content-type"].partition(";")[0]
