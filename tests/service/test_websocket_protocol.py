"""graphql-transport-ws to the letter: each wrong message closes the socket with its own code, and none with 1006.

https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from service.auth.static_tokens import new_token
from tests.commands import RunningService, serving

INIT = {"type": "connection_init"}
ADMIN, READER = new_token("admin", "admin"), new_token("reader", "read")
LISTEN = {"query": "subscription { changes { cursor } }"}


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningService]:
    origins = "https://app.example, https://Other.Example:443"
    environment = {"ATLAS_ALLOWED_ORIGINS": origins, "ATLAS_TOKENS": f"{ADMIN.entry}, {READER.entry}"}
    with serving(tmp_path_factory.mktemp("sockets") / "atlas.db", **environment) as found:
        yield found


def opened(served: RunningService, protocol: str | None = "graphql-transport-ws", **headers: str) -> ClientConnection:
    address = served.base.replace("http", "ws") + "/graphql"
    protocols: Any = [protocol] if protocol else None
    return connect(address, subprotocols=protocols, additional_headers=headers)


def close_of(socket: ClientConnection, *messages: Any) -> tuple[int, str]:
    """The code and reason with which the service closes after these messages."""
    for message in messages:
        socket.send(message if isinstance(message, str | bytes) else json.dumps(message))
    with pytest.raises(ConnectionClosed) as closed:
        _read_to_the_end(socket)
    assert closed.value.rcvd is not None, "it was broken off"
    return closed.value.rcvd.code, closed.value.rcvd.reason


def _read_to_the_end(socket: ClientConnection) -> None:
    for _ in range(20):
        socket.recv(timeout=10)


@pytest.mark.parametrize(
    ("messages", "code"),
    [
        ([INIT, INIT], 4429),
        ([{"id": "1", "type": "subscribe", "payload": LISTEN}], 4401),
        ([INIT, *[{"id": "1", "type": "subscribe", "payload": LISTEN}] * 2], 4409),
        ([INIT, {"type": "nonsense"}], 4400),
        ([INIT, {"type": "subscribe"}], 4400),
        ([INIT, {"id": "1", "type": "subscribe", "payload": {"query": 5}}], 4400),
        ([INIT, {"id": 1, "type": "subscribe", "payload": LISTEN}], 4400),
        ([INIT, {"type": "é" * 500}], 4400),
        ([INIT, {"id": "1", "type": "subscribe", "payload": {**LISTEN, "variables": [1]}}], 4400),
        ([INIT, {"type": "complete"}], 4400),
        (["not JSON"], 4400),
        (["[]"], 4400),
        (["null"], 4400),
        ([b"\x00\x01"], 4400),
        ([{"type": "connection_init", "payload": 5}], 4400),
        ([{"type": "connection_init", "payload": {"authorization": "Bearer nobody"}}], 4403),
    ],
)
def test_a_wrong_message_closes_with_its_code(served: RunningService, messages: list[Any], code: int) -> None:
    with opened(served) as socket:
        assert close_of(socket, *messages)[0] == code


def test_another_protocol_is_refused(served: RunningService) -> None:
    with opened(served, "graphql-ws") as socket:
        assert close_of(socket)[0] == 4406


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("{", "Syntax Error: Expected Name, found <EOF>."),
        ("{ nope }", "Cannot query field 'nope' on type 'Query'. Did you mean 'node' or 'nodes'?"),
        ("subscription { nope }", "Cannot query field 'nope' on type 'Subscription'."),
        ("{ graph { " + "version " * 200 + "} }", "repeats: the request has 19900, the limit is 10000;"),
    ],
)
def test_a_wrong_document_is_an_error_message_and_the_socket_goes_on(
    served: RunningService, query: str, told: str
) -> None:
    with opened(served) as socket:
        socket.send(json.dumps(INIT))
        acknowledged = json.loads(socket.recv(10))
        socket.send(json.dumps({"id": "1", "type": "subscribe", "payload": {"query": query}}))
        refused = json.loads(socket.recv(10))
        socket.send(json.dumps({"type": "ping"}))
        pong = json.loads(socket.recv(10))

    assert (acknowledged["type"], refused["type"], refused["id"], pong["type"]) == (
        "connection_ack",
        "error",
        "1",
        "pong",
    )
    assert refused["payload"][0]["message"].startswith(told)


@pytest.mark.parametrize("site", ["https://app.example", "https://other.example"])
def test_pages_of_other_sites_open_no_socket_unless_their_site_is_allowed(served: RunningService, site: str) -> None:
    with opened(served, Origin=site) as socket:
        socket.send(json.dumps(INIT))
        assert json.loads(socket.recv(10))["type"] == "connection_ack"

    with pytest.raises(InvalidStatus) as refused:
        opened(served, Origin="https://evil.example")
    assert refused.value.response.status_code == 403


def asked(socket: ClientConnection, **payload: Any) -> dict[str, Any]:
    """The first message that answers an operation."""
    socket.send(json.dumps({"id": "1", "type": "subscribe", "payload": payload}))
    answered = json.loads(socket.recv(10))
    if answered["type"] == "next":
        assert json.loads(socket.recv(10))["type"] == "complete"
    return answered


def test_extensions_reach_their_operation_and_no_other(served: RunningService) -> None:
    query = "{ frameworks { totalCount } }"
    with opened(served, Authorization=f"Bearer {ADMIN.token}") as socket:
        socket.send(json.dumps(INIT))
        socket.recv(10)
        explained = asked(socket, query=query, extensions={"explain": True})["payload"]
        plain = asked(socket, query=query)["payload"]
    with opened(served, Authorization=f"Bearer {READER.token}") as socket:
        socket.send(json.dumps(INIT))
        socket.recv(10)
        refused = asked(socket, query=query, extensions={"explain": True})

    assert explained["extensions"]["explain"]["statements"][0]["text"].startswith("SELECT")
    assert (plain["data"], plain["extensions"].keys()) == (explained["data"], {"cost"})
    assert (refused["type"], refused["payload"][0]["extensions"]) == ("error", {"code": "FORBIDDEN"})


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
def test_a_document_without_the_operation_is_an_error_of_its_own_and_ends_nothing_else(
    served: RunningService, payload: dict[str, str], message: str
) -> None:
    with opened(served) as socket:
        socket.send(json.dumps(INIT))
        socket.recv(10)
        refused = asked(socket, **payload)
        answered = asked(socket, query="{ __typename }")

    assert (refused["type"], refused["payload"]) == ("error", [{"message": message}])
    assert answered["payload"]["data"] == {"__typename": "Query"}


@pytest.mark.parametrize("name", ["variables", "extensions"])
def test_values_that_are_nested_too_deep_are_refused(served: RunningService, name: str) -> None:
    nested = json.loads("[" * 300 + "]" * 300)
    with opened(served) as socket:
        socket.send(json.dumps(INIT))
        socket.recv(10)
        refused = asked(socket, query="{ __typename }", **{name: {"a": nested}})

    message = f"`{name}` must not be nested deeper than 40 levels."
    assert refused["payload"] == [{"message": message, "extensions": {"code": "BAD_USER_INPUT"}}]
