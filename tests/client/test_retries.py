"""Retries and bookmarks of both clients, against a server with faults."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest

from framework_atlas import OperationError, Retries, UnavailableError
from tests.client.blocking import BlockingClient
from tests.client.servers import Behaviour, FaultyServer, cut, data, status, trickle

Connect = Callable[..., BlockingClient]

QUERY = "{ graph { version } }"
MUTATION = "mutation { deleteEntity(id: 1) { __typename } }"
AWAY = {
    "data": None,
    "errors": [{"message": "The graph is unavailable.", "extensions": {"code": "SERVICE_UNAVAILABLE"}}],
}
SLOW = {
    "data": None,
    "errors": [{"message": "It took too long; ask for less at once.", "extensions": {"code": "STATEMENT_TIMEOUT"}}],
}


@pytest.mark.parametrize("fault", [status(503), status(503, AWAY), status(200, AWAY), status(502), status(504), cut])
def test_a_query_is_retried_until_it_succeeds(connect: Connect, faulty: FaultyServer, fault: Behaviour) -> None:
    faulty.respond_with(fault, fault, data({"fine": 1}))

    result = connect(faulty.url, retries=Retries(first=0.01)).execute(QUERY)

    assert (result, len(faulty.requests)) == ({"fine": 1}, 3)


@pytest.mark.parametrize("code", [429, 503])
def test_the_client_waits_as_long_as_retry_after_requests(connect: Connect, faulty: FaultyServer, code: int) -> None:
    faulty.respond_with(status(code, Retry_After="1"), data({}))
    start = time.monotonic()

    connect(faulty.url, retries=Retries(first=0.01)).execute(QUERY)

    assert 1 <= time.monotonic() - start < 5


def test_a_retry_after_beyond_the_deadline_is_an_error(connect: Connect, faulty: FaultyServer) -> None:
    faulty.respond_with(status(503, AWAY, Retry_After="60"))
    start = time.monotonic()

    with pytest.raises(UnavailableError, match=r"status 503.*The graph is unavailable") as raised:
        connect(faulty.url, timeout=5).execute(QUERY)

    assert (raised.value.retry_after, len(faulty.requests)) == (60, 1)
    assert time.monotonic() - start < 4


def test_the_number_of_attempts_is_limited(connect: Connect, faulty: FaultyServer) -> None:
    faulty.respond_with(status(503))

    with pytest.raises(UnavailableError):
        connect(faulty.url, retries=Retries(attempts=4, first=0.01)).execute(QUERY)

    assert len(faulty.requests) == 4


@pytest.mark.parametrize("fault", [lambda _: time.sleep(10), trickle, status(503)], ids=["silent", "slow", "away"])
def test_the_deadline_includes_all_attempts(connect: Connect, faulty: FaultyServer, fault: Behaviour) -> None:
    faulty.respond_with(fault)
    start = time.monotonic()

    with pytest.raises(UnavailableError):
        connect(faulty.url, timeout=0.6, retries=Retries(attempts=1000, first=0.05, longest=0.1)).execute(QUERY)

    assert time.monotonic() - start < 4


def test_a_response_with_errors_is_not_retried(connect: Connect, faulty: FaultyServer) -> None:
    faulty.respond_with(status(200, {"data": {"a": 1, "b": None}, "errors": [{"message": "No b.", "path": ["b"]}]}))

    with pytest.raises(OperationError, match=r"No b\. \(b\)") as raised:
        connect(faulty.url).execute(QUERY)

    assert (raised.value.data, len(faulty.requests)) == ({"a": 1, "b": None}, 1)


@pytest.mark.parametrize("document", [QUERY, MUTATION])
def test_a_statement_timeout_is_not_retried(connect: Connect, faulty: FaultyServer, document: str) -> None:
    faulty.respond_with(status(503, SLOW), data({"fine": 1}))

    with pytest.raises(OperationError, match="ask for less at once") as raised:
        connect(faulty.url, retries=Retries(first=0.01, mutations=True)).execute(document)

    assert (raised.value.codes, len(faulty.requests)) == ({"STATEMENT_TIMEOUT"}, 1)


@pytest.mark.parametrize("fault", [status(503), status(502), status(200, AWAY), cut])
def test_a_mutation_that_may_have_been_executed_is_not_retried(
    connect: Connect, faulty: FaultyServer, fault: Behaviour
) -> None:
    faulty.respond_with(fault, data({"fine": 1}))

    with pytest.raises(UnavailableError, match="may have been executed") as raised:
        connect(faulty.url, retries=Retries(first=0.01)).execute(MUTATION)

    assert (raised.value.undone, len(faulty.requests)) == (False, 1)


@pytest.mark.parametrize(
    ("fault", "retries"),
    [(status(429), Retries(first=0.01)), (cut, Retries(first=0.01, mutations=True))],
    ids=["rejected", "requested"],
)
def test_a_mutation_is_retried_if_it_is_safe_or_requested(
    connect: Connect, faulty: FaultyServer, fault: Behaviour, retries: Retries
) -> None:
    faulty.respond_with(fault, data({"fine": 1}))

    assert connect(faulty.url, retries=retries).execute(MUTATION) == {"fine": 1}
    assert len(faulty.requests) == 2


def test_a_mutation_waits_until_the_service_starts(connect: Connect) -> None:
    with FaultyServer() as stopped:
        url = stopped.url
    port = int(url.split(":")[2].partition("/")[0])
    later: list[FaultyServer] = []

    def start() -> None:
        later.append(FaultyServer(port))
        later[0].respond_with(data({"fine": 1}))
        later[0].__enter__()

    timer = threading.Timer(0.4, start)
    timer.start()
    result = connect(url, retries=Retries(attempts=100, longest=0.1)).execute(MUTATION)
    later[0].__exit__()

    assert (result, len(later[0].requests)) == ({"fine": 1}, 1)


# -------------------------------------------------------------------------------------------------------------- bookmarks


def test_the_bookmark_of_a_write_is_sent_with_later_reads(connect: Connect, faulty: FaultyServer) -> None:
    faulty.respond_with(data({}), data({}, Atlas_Bookmark="FB:one"), data({}), status(503), data({}))
    client = connect(faulty.url, retries=Retries(first=0.01))

    for document in (QUERY, MUTATION, QUERY, QUERY):
        client.execute(document)

    sent = [request.headers.get("atlas-bookmark") for request in faulty.requests]
    assert sent == [None, None, "FB:one", "FB:one", "FB:one"]


def test_a_bookmark_can_be_passed_to_another_client(connect: Connect, faulty: FaultyServer) -> None:
    faulty.respond_with(status(200, {"data": {}, "extensions": {"bookmark": "FB:two"}}), data({}))
    writer = connect(faulty.url)
    writer.execute(MUTATION)
    reader = connect(faulty.url, bookmark=writer.bookmark)
    reader.execute(QUERY)
    reader.bookmark = None
    reader.execute(QUERY)

    sent = [request.headers.get("atlas-bookmark") for request in faulty.requests]
    assert (writer.bookmark, sent) == ("FB:two", [None, "FB:two", None])


def test_the_bookmark_of_a_response_with_errors_is_stored(connect: Connect, faulty: FaultyServer) -> None:
    faulty.respond_with(status(200, {"data": {"a": {}}, "errors": [{"message": "Not b."}]}, Atlas_Bookmark="FB:three"))
    client = connect(faulty.url)

    with pytest.raises(OperationError):
        client.execute(MUTATION)

    assert client.bookmark == "FB:three"
