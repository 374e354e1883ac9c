"""What both clients answer, asked of a service that runs."""

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
from tests.client.clients import Asking
from tests.client.conftest import READER, WRITER
from tests.client.faults import Faulty, data, status

Connect = Callable[..., Asking]

NAMED = "query Named($slug: String!) { framework(slug: $slug) { name } }  query Other { graph { version } }"
PAGED = """query ($after: String, $slug: String!) { framework(slug: $slug) {
  features(first: 2, after: $after) { nodes { slug } pageInfo { hasNextPage endCursor } totalCount } } }"""
WRITE = """mutation ($slug: String!) { upsertFramework(input: {slug: $slug, name: "Written"}) {
  __typename ... on Problem { message } } }"""


def test_an_operation_of_a_document_is_answered_with_its_data(connect: Connect, url: str) -> None:
    client = connect(url)

    assert client.execute(NAMED, {"slug": "DRF"}, "Named") == {"framework": {"name": "Django REST Framework"}}
    assert client.execute('{ framework(slug: "no such") { name } }') == {"framework": None}


def test_what_a_document_has_wrong_is_told_with_its_place(connect: Connect, url: str) -> None:
    with pytest.raises(OperationError, match=r"Cannot query field 'nmae' .*\(line 1, column 31\)") as raised:
        connect(url).execute('{ framework(slug: "django") { nmae } }')

    assert raised.value.data is None
    assert raised.value.errors[0].locations == ((1, 31),)


def test_what_a_value_has_wrong_is_told_with_its_code(connect: Connect, url: str) -> None:
    with pytest.raises(OperationError) as raised:
        connect(url).execute("query ($first: Int) { frameworks(first: $first) { nodes { name } } }", {"first": 5000})

    assert raised.value.codes == {"LIMIT_EXCEEDED"}
    assert raised.value.errors[0].path == ("frameworks",)


@pytest.mark.parametrize("token", ["atlas_nonsense", lambda: "atlas_nonsense"])
def test_a_token_that_does_not_hold_is_told_of_a_read_and_of_a_write(connect: Connect, url: str, token: Any) -> None:
    client = connect(url, token=token)

    with pytest.raises(UnauthenticatedError):
        client.execute("{ graph { version } }")
    with pytest.raises(UnauthenticatedError) as raised:
        client.execute(WRITE, {"slug": "unwritten"})
    assert raised.value.data["upsertFramework"]["__typename"] == "NotAuthorized"


def test_a_write_is_refused_in_its_payload_and_done_with_the_scope(connect: Connect, url: str) -> None:
    written = [connect(url, token=token).execute(WRITE, {"slug": "asked"}) for token in (READER.token, WRITER.token)]

    assert [one["upsertFramework"]["__typename"] for one in written] == ["NotAuthorized", "UpsertedFramework"]


def test_pages_follow_a_list_to_its_end(connect: Connect, url: str) -> None:
    pages = list(connect(url).pages(PAGED, {"slug": "django"}, path="framework.features"))

    slugs = [node["slug"] for page in pages for node in page["nodes"]]
    assert len(pages) > 2
    assert len(set(slugs)) == len(slugs) == pages[0]["totalCount"]
    assert list(connect(url).pages(PAGED, {"slug": "no such"}, path="framework.features")) == []


@pytest.mark.parametrize(
    ("document", "path", "told"),
    [
        ("{ features { nodes { slug } } }", "features", "must take `$after: String`"),
        ("query ($after: String) { features(after: $after) { nodes { slug } } }", "features", "select `pageInfo"),
        (PAGED, "framework.types", "there is no 'types'"),
        ("mutation { a }", "a", "Only the lists of a query"),
    ],
)
def test_a_document_without_pages_is_refused(connect: Connect, url: str, document: str, path: str, told: str) -> None:
    with pytest.raises(DocumentError, match=re.escape(told)):
        list(connect(url).pages(document, {"slug": "django"}, path=path))


def test_a_list_that_does_not_go_on_is_not_followed_for_ever(connect: Connect, faulty: Faulty) -> None:
    faulty.does(data({"list": {"pageInfo": {"hasNextPage": True, "endCursor": "same"}}}))

    with pytest.raises(DocumentError, match="does not go on"):
        list(connect(faulty.url).pages("query ($after: String) { list(after: null) { a } }", path="list"))

    assert len(faulty.requests) == 2


def test_a_subscription_is_not_executed_and_a_query_not_subscribed_to(connect: Connect, url: str) -> None:
    with pytest.raises(DocumentError, match="give it to `subscribe`"):
        connect(url).execute("subscription { changes { cursor } }")
    with pytest.raises(DocumentError, match="give it to `execute`"):
        next(connect(url).subscribe("{ graph { version } }"))


def test_an_address_that_is_none_is_refused_at_once(connect: Connect) -> None:
    with pytest.raises(ValueError, match="'localhost:8000' is no address"):
        connect("localhost:8000")


def test_what_is_no_graphql_service_is_told_by_what_it_says(connect: Connect, faulty: Faulty) -> None:
    faulty.does(
        status(200, b"<html>Hello</html>"), status(302, b"", Location="/elsewhere"), status(404, {"no": "thing"})
    )
    told = []

    for _ in range(3):
        with pytest.raises(UnexpectedAnswerError) as raised:
            connect(faulty.url).execute("{ a }")
        told.append((raised.value.status, str(raised.value)))

    assert [status for status, _ in told] == [200, 302, 404]
    assert "'<html>Hello</html>'" in told[0][1]
    assert "leads to /elsewhere" in told[1][1]


@pytest.mark.parametrize("body", [b"<html>", {"errors": [{"message": "No.", "extensions": {"code": "FORBIDDEN"}}]}])
def test_who_may_not_is_told_so_by_the_service_and_by_proxies(connect: Connect, faulty: Faulty, body: Any) -> None:
    faulty.does(status(403, body))

    with pytest.raises(ForbiddenError):
        connect(faulty.url).execute("{ a }")


def test_where_nobody_listens_is_told_within_the_time(connect: Connect) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    begun = time.monotonic()

    with pytest.raises(UnavailableError, match="cannot be reached") as raised:
        connect(f"http://127.0.0.1:{port}/graphql", timeout=0.5, retries=Retries(attempts=100)).execute("{ a }")

    assert raised.value.undone
    assert 0.1 < time.monotonic() - begun < 4


def test_a_write_that_waited_for_a_connection_only_is_known_to_be_undone(
    connect: Connect, overrun: str, faulty: Faulty
) -> None:
    faulty.does(lambda _: time.sleep(3))

    with pytest.raises(UnavailableError, match="cannot be reached") as unsent:
        connect(overrun, timeout=0.3).execute(WRITE, {"slug": "written"})
    with pytest.raises(UnavailableError, match="did not answer in time") as unanswered:
        connect(faulty.url, timeout=0.3).execute(WRITE, {"slug": "written"})

    assert (unsent.value.undone, unanswered.value.undone) == (True, False)


async def test_a_service_in_the_same_process_is_asked_without_a_network(tmp_path: Path) -> None:
    app = create_app(read_settings(store=f"sqlite:///{tmp_path / 'atlas.db'}"))
    transport = httpx.ASGITransport(app=app)

    async with app.router.lifespan_context(app), AsyncClient("http://inside/graphql", transport=transport) as client:
        data = await client.execute('{ framework(slug: "django") { name } }')
        with pytest.raises(DocumentError, match="cannot stream"):
            client.subscribe("subscription ($after: String) { changes(after: $after) { cursor } }")

    assert data == {"framework": {"name": "Django"}}
