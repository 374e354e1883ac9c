"""The graphql-transport-ws protocol: each invalid message closes the socket with its code, and never with 1006.

https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from tests.commands import RunningService, serving
from tests.tokens import ADMIN, ENTRIES, READER

INIT = {"type": "connection_init"}
SUBSCRIPTION = {"query": "subscription { changes { cursor } }"}
TIMEOUT_SECONDS = 10


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningService]:
    origins = "https://app.example, https://Other.Example:443"
    environment = {"ATLAS_ALLOWED_ORIGINS": origins, "ATLAS_TOKENS": ENTRIES}
    with serving(tmp_path_factory.mktemp("websockets") / "atlas.db", **environment) as service:
        yield service


def connected(
    service: RunningService, protocol: str | None = "graphql-transport-ws", **headers: str
) -> ClientConnection:
    url = service.base.replace("http", "ws") + "/graphql"
    protocols: Any = [protocol] if protocol else None
    return connect(url, subprotocols=protocols, additional_headers=headers)


def receive(socket: ClientConnection) -> Any:
    return json.loads(socket.recv(TIMEOUT_SECONDS))


def initialize(socket: ClientConnection) -> None:
    socket.send(json.dumps(INIT))
    assert receive(socket)["type"] == "connection_ack"


def execute(socket: ClientConnection, **payload: Any) -> dict[str, Any]:
    """The first message in response to an operation. After a `next`, it must be complete."""
    socket.send(json.dumps({"id": "1", "type": "subscribe", "payload": payload}))
    message = receive(socket)
    if message["type"] == "next":
        assert receive(socket)["type"] == "complete"
    return message


def close_code(socket: ClientConnection, *messages: Any) -> tuple[int, str]:
    """The code and the reason with which the service closes the socket after these messages."""
    for message in messages:
        socket.send(message if isinstance(message, str | bytes) else json.dumps(message))
    with pytest.raises(ConnectionClosed) as closed:
        _receive_all(socket)
    assert closed.value.rcvd is not None, "closed without a close frame"
    return closed.value.rcvd.code, closed.value.rcvd.reason


def _receive_all(socket: ClientConnection) -> None:
    for _ in range(20):
        socket.recv(timeout=TIMEOUT_SECONDS)


@pytest.mark.parametrize(
    ("messages", "code"),
    [
        ([INIT, INIT], 4429),
        ([{"id": "1", "type": "subscribe", "payload": SUBSCRIPTION}], 4401),
        ([INIT, *[{"id": "1", "type": "subscribe", "payload": SUBSCRIPTION}] * 2], 4409),
        ([INIT, {"type": "nonsense"}], 4400),
        ([INIT, {"type": "subscribe"}], 4400),
        ([INIT, {"id": "1", "type": "subscribe", "payload": {"query": 5}}], 4400),
        ([INIT, {"id": 1, "type": "subscribe", "payload": SUBSCRIPTION}], 4400),
        ([INIT, {"type": "é" * 500}], 4400),
        ([INIT, {"id": "1", "type": "subscribe", "payload": {**SUBSCRIPTION, "variables": [1]}}], 4400),
        ([INIT, {"type": "complete"}], 4400),
        (["not JSON"], 4400),
        (["[]"], 4400),
        (["null"], 4400),
        ([b"\x00\x01"], 4400),
        ([{"type": "connection_init", "payload": 5}], 4400),
        ([{"type": "connection_init", "payload": {"authorization": "Bearer nobody"}}], 4403),
    ],
)
def test_an_invalid_message_closes_the_socket_with_its_code(
    service: RunningService, messages: list[Any], code: int
) -> None:
    with connected(service) as socket:
        assert close_code(socket, *messages)[0] == code


def test_another_protocol_is_rejected(service: RunningService) -> None:
    with connected(service, "graphql-ws") as socket:
        assert close_code(socket)[0] == 4406


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("{", "Syntax Error: Expected Name, found <EOF>."),
        ("{ nope }", "Cannot query field 'nope' on type 'Query'. Did you mean 'node' or 'nodes'?"),
        ("subscription { nope }", "Cannot query field 'nope' on type 'Subscription'."),
        ("{ graph { " + "version " * 200 + "} }", "repeats: the request has 19900, the limit is 10000;"),
    ],
)
def test_an_invalid_document_is_an_error_message_and_the_socket_stays_open(
    service: RunningService, query: str, message: str
) -> None:
    with connected(service) as socket:
        initialize(socket)
        error = execute(socket, query=query)
        socket.send(json.dumps({"type": "ping"}))
        pong = receive(socket)

    assert (error["type"], error["id"], pong["type"]) == ("error", "1", "pong")
    assert error["payload"][0]["message"].startswith(message)


@pytest.mark.parametrize("origin", ["https://app.example", "https://other.example"])
def test_pages_of_other_origins_can_connect_only_if_their_origin_is_allowed(
    service: RunningService, origin: str
) -> None:
    with connected(service, Origin=origin) as socket:
        initialize(socket)

    with pytest.raises(InvalidStatus) as rejected:
        connected(service, Origin="https://evil.example")
    assert rejected.value.response.status_code == 403


def test_request_extensions_apply_to_their_operation_only(service: RunningService) -> None:
    query = "{ frameworks { totalCount } }"
    with connected(service, Authorization=f"Bearer {ADMIN.token}") as socket:
        initialize(socket)
        explained = execute(socket, query=query, extensions={"explain": True})["payload"]
        plain = execute(socket, query=query)["payload"]
    with connected(service, Authorization=f"Bearer {READER.token}") as socket:
        initialize(socket)
        forbidden = execute(socket, query=query, extensions={"explain": True})

    assert explained["extensions"]["explain"]["statements"][0]["text"].startswith("SELECT")
    assert (plain["data"], plain["extensions"].keys()) == (explained["data"], {"cost"})
    assert (forbidden["type"], forbidden["payload"][0]["extensions"]) == ("error", {"code": "FORBIDDEN"})


@pytest.mark.parametrize(
    ("payload", "message"),
    [
        ({"query": "query A { __typename }", "operationName": "B"}, "The document has no operation named 'B'."),
        ({"query": "fragment F on Framework { slug }"}, "The document has no operation."),
        (
            {"query": "query A { __typename } query B { __typename }"},
            "The document has several operations; select one with `operationName`.",
        ),
    ],
)
def test_a_document_without_the_operation_is_an_error_message_and_the_socket_stays_open(
    service: RunningService, payload: dict[str, str], message: str
) -> None:
    with connected(service) as socket:
        initialize(socket)
        error = execute(socket, **payload)
        result = execute(socket, query="{ __typename }")

    assert (error["type"], error["payload"]) == (
        "error",
        [{"message": message, "extensions": {"code": "OPERATION_RESOLUTION_FAILURE"}}],
    )
    assert result["payload"]["data"] == {"__typename": "Query"}


@pytest.mark.parametrize("name", ["variables", "extensions"])
def test_values_that_are_nested_too_deep_are_rejected(service: RunningService, name: str) -> None:
    nested = json.loads("[" * 300 + "]" * 300)
    with connected(service) as socket:
        initialize(socket)
        error = execute(socket, query="{ __typename }", **{name: {"a": nested}})

    message = f"`{name}` must not be nested deeper than 40 levels."
    assert error["payload"] == [{"message": message, "extensions": {"code": "BAD_USER_INPUT"}}]
