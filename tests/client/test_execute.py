"""Queries, mutations and pages of both clients, against a running service."""

from __future__ import annotations

import re
import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from framework_atlas import (
    AsyncClient,
    DocumentError,
    ForbiddenError,
    OperationError,
    Retries,
    UnauthenticatedError,
    UnavailableError,
    UnexpectedAnswerError,
)
from service.app import create_app
from service.settings import read_settings
from tests.client.blocking import BlockingClient
from tests.client.conftest import READER, WRITER
from tests.client.servers import FaultyServer, data, status

Connect = Callable[..., BlockingClient]

NAMED = "query Named($slug: String!) { framework(slug: $slug) { name } }  query Other { graph { version } }"
PAGED = """query ($after: String, $slug: String!) { framework(slug: $slug) {
  features(first: 2, after: $after) { nodes { slug } pageInfo { hasNextPage endCursor } totalCount } } }"""
WRITE = """mutation ($slug: String!) { upsertFramework(input: {slug: $slug, name: "Written"}) {
  __typename ... on Problem { message } } }"""


def test_the_named_operation_of_a_document_is_executed(connect: Connect, url: str) -> None:
    client = connect(url)

    assert client.execute(NAMED, {"slug": "DRF"}, "Named") == {"framework": {"name": "Django REST Framework"}}
    assert client.execute('{ framework(slug: "no such") { name } }') == {"framework": None}


def test_an_invalid_document_raises_an_error_with_its_location(connect: Connect, url: str) -> None:
    with pytest.raises(OperationError, match=r"Cannot query field 'nmae' .*\(line 1, column 31\)") as raised:
        connect(url).execute('{ framework(slug: "django") { nmae } }')

    assert raised.value.data is None
    assert raised.value.errors[0].locations == ((1, 31),)


def test_an_invalid_value_raises_an_error_with_its_code(connect: Connect, url: str) -> None:
    with pytest.raises(OperationError) as raised:
        connect(url).execute("query ($first: Int) { frameworks(first: $first) { nodes { name } } }", {"first": 5000})

    assert raised.value.codes == {"LIMIT_EXCEEDED"}
    assert raised.value.errors[0].path == ()


@pytest.mark.parametrize("token", ["atlas_nonsense", lambda: "atlas_nonsense"])
def test_an_invalid_token_raises_an_error_for_reads_and_writes(connect: Connect, url: str, token: Any) -> None:
    client = connect(url, token=token)

    with pytest.raises(UnauthenticatedError):
        client.execute("{ graph { version } }")
    with pytest.raises(UnauthenticatedError) as raised:
        client.execute(WRITE, {"slug": "unwritten"})
    assert raised.value.data["upsertFramework"]["__typename"] == "NotAuthorized"


def test_a_write_without_the_scope_is_rejected_in_its_payload(connect: Connect, url: str) -> None:
    results = [
        connect(url, token=token).execute(WRITE, {"slug": "authorized"}) for token in (READER.token, WRITER.token)
    ]

    assert [data["upsertFramework"]["__typename"] for data in results] == ["NotAuthorized", "UpsertedFramework"]


def test_pages_iterates_to_the_end_of_a_list(connect: Connect, url: str) -> None:
    pages = list(connect(url).pages(PAGED, {"slug": "django"}, path="framework.features"))

    slugs = [node["slug"] for page in pages for node in page["nodes"]]
    assert len(pages) > 2
    assert len(set(slugs)) == len(slugs) == pages[0]["totalCount"]
    assert list(connect(url).pages(PAGED, {"slug": "no such"}, path="framework.features")) == []


@pytest.mark.parametrize(
    ("document", "path", "message"),
    [
        ("{ features { nodes { slug } } }", "features", "has no variable `$after: String`"),
        ("query ($after: String) { features(after: $after) { nodes { slug } } }", "features", "select `pageInfo"),
        (PAGED, "framework.types", "has no 'types' in the path"),
        ("mutation { a }", "a", "only the lists of a query have pages"),
    ],
)
def test_a_document_without_pages_raises_an_error(
    connect: Connect, url: str, document: str, path: str, message: str
) -> None:
    with pytest.raises(DocumentError, match=re.escape(message)):
        list(connect(url).pages(document, {"slug": "django"}, path=path))


def test_a_list_that_repeats_a_page_raises_an_error(connect: Connect, faulty: FaultyServer) -> None:
    faulty.respond_with(data({"list": {"pageInfo": {"hasNextPage": True, "endCursor": "same"}}}))

    with pytest.raises(DocumentError, match="repeats the same page"):
        list(connect(faulty.url).pages("query ($after: String) { list(after: null) { a } }", path="list"))

    assert len(faulty.requests) == 2


def test_each_kind_of_operation_needs_its_method(connect: Connect, url: str) -> None:
    with pytest.raises(DocumentError, match="pass it to `subscribe`"):
        connect(url).execute("subscription { changes { cursor } }")
    with pytest.raises(DocumentError, match="pass it to `execute`"):
        next(connect(url).subscribe("{ graph { version } }"))


def test_an_invalid_url_raises_an_error_immediately(connect: Connect) -> None:
    with pytest.raises(ValueError, match="'localhost:8000' is not an HTTP URL"):
        connect("localhost:8000")


def test_a_response_that_is_not_graphql_is_shown_in_the_error(connect: Connect, faulty: FaultyServer) -> None:
    faulty.respond_with(
        status(200, b"<html>Hello</html>"), status(302, b"", Location="/elsewhere"), status(404, {"not": "graphql"})
    )
    errors = []

    for _ in range(3):
        with pytest.raises(UnexpectedAnswerError) as raised:
            connect(faulty.url).execute("{ a }")
        errors.append((raised.value.status, str(raised.value)))

    assert [status for status, _ in errors] == [200, 302, 404]
    assert "'<html>Hello</html>'" in errors[0][1]
    assert "a redirect to /elsewhere" in errors[1][1]


@pytest.mark.parametrize("body", [b"<html>", {"errors": [{"message": "No.", "extensions": {"code": "FORBIDDEN"}}]}])
def test_status_403_of_the_service_or_of_a_proxy_is_a_forbidden_error(
    connect: Connect, faulty: FaultyServer, body: Any
) -> None:
    faulty.respond_with(status(403, body))

    with pytest.raises(ForbiddenError):
        connect(faulty.url).execute("{ a }")


def test_an_unreachable_service_raises_an_error_within_the_timeout(connect: Connect) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    start = time.monotonic()

    with pytest.raises(UnavailableError, match="Cannot connect") as raised:
        connect(f"http://127.0.0.1:{port}/graphql", timeout=0.5, retries=Retries(attempts=100)).execute("{ a }")

    assert raised.value.undone
    assert 0.1 < time.monotonic() - start < 4


def test_a_write_without_a_connection_was_certainly_not_executed(
    connect: Connect, full_server: str, faulty: FaultyServer
) -> None:
    faulty.respond_with(lambda _: time.sleep(3))

    with pytest.raises(UnavailableError, match="Cannot connect") as unsent:
        connect(full_server, timeout=0.3).execute(WRITE, {"slug": "written"})
    with pytest.raises(UnavailableError, match="did not respond in time") as unanswered:
        connect(faulty.url, timeout=0.3).execute(WRITE, {"slug": "written"})

    assert (unsent.value.undone, unanswered.value.undone) == (True, False)


async def test_a_service_in_the_same_process_needs_no_network(tmp_path: Path) -> None:
    app = create_app(read_settings(store=f"sqlite:///{tmp_path / 'atlas.db'}"))
    transport = httpx.ASGITransport(app=app)

    async with app.router.lifespan_context(app), AsyncClient("http://inside/graphql", transport=transport) as client:
        data = await client.execute('{ framework(slug: "django") { name } }')
        with pytest.raises(DocumentError, match="does not support subscriptions"):
            client.subscribe("subscription ($after: String) { changes(after: $after) { cursor } }")

    assert data == {"framework": {"name": "Django"}}
