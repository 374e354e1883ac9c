"""GraphQL over HTTP from a real server, in a process of its own."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import httpx
import pytest

from tests.commands import RunningService, serving
from tests.http_requests import DJANGO_QUERY, DJANGO_RESPONSE, GRAPHQL_JSON, JSON


@pytest.fixture(scope="module")
def service(seeded: Path) -> Iterator[RunningService]:
    with serving(seeded) as service:
        yield service


def test_a_real_server_responds_as_the_application_does(service: RunningService) -> None:
    with httpx.Client(base_url=service.base, timeout=30) as client:
        posted = client.post("/graphql", json={"query": DJANGO_QUERY})
        got = client.get("/graphql", params={"query": DJANGO_QUERY}, headers={"accept": GRAPHQL_JSON})
        page = client.get("/graphql", headers={"accept": "text/html,*/*;q=0.8"})
        invalid = client.post("/graphql", content=b"{", headers={"content-type": JSON})
        head = client.head("/graphql")
        unknown = client.get("/nope")

    responses = posted, got, page, invalid, head
    assert [(response.status_code, response.headers["content-type"].split(";")[0]) for response in responses] == [
        (200, JSON),
        (200, GRAPHQL_JSON),
        (200, "text/html"),
        (400, JSON),
        (405, JSON),
    ]
    assert (posted.json(), got.json(), head.content) == (DJANGO_RESPONSE, DJANGO_RESPONSE, b"")
    assert unknown.status_code == 404


def test_a_real_server_survives_requests_that_are_not_http(service: RunningService) -> None:
    requests = [
        b"\x16\x03\x01\x00\x05hello",
        b"POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Length: nope\r\n\r\n",
        b"POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{",
    ]

    for request in requests:
        connection = socket.create_connection(("127.0.0.1", service.port), timeout=30)
        with connection, suppress(OSError):  # the server may close the connection at any time
            connection.sendall(request)
            connection.shutdown(socket.SHUT_WR)
            while connection.recv(4096):
                pass

    response = httpx.post(f"{service.base}/graphql", json={"query": DJANGO_QUERY}, timeout=30)
    assert response.json() == DJANGO_RESPONSE
