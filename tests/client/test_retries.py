"""When both clients ask again, when they do not, and how long they wait: met by a server that fails on purpose."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest

from framework_atlas import OperationError, Retries, UnavailableError
from tests.client.clients import Asking
from tests.client.faults import Behaviour, Faulty, cut, data, status, trickle

Connect = Callable[..., Asking]

QUERY = "{ graph { version } }"
MUTATION = "mutation { deleteEntity(id: 1) { __typename } }"
AWAY = {"data": None, "errors": [{"message": "The graph is away.", "extensions": {"code": "SERVICE_UNAVAILABLE"}}]}
SLOW = {
    "data": None,
    "errors": [{"message": "It took too long; ask for less at once.", "extensions": {"code": "STATEMENT_TIMEOUT"}}],
}


@pytest.mark.parametrize("fault", [status(503), status(503, AWAY), status(200, AWAY), status(502), status(504), cut])
def test_a_query_is_asked_again_until_it_is_answered(connect: Connect, faulty: Faulty, fault: Behaviour) -> None:
    faulty.does(fault, fault, data({"fine": 1}))

    answered = connect(faulty.url, retries=Retries(first=0.01)).execute(QUERY)

    assert (answered, len(faulty.requests)) == ({"fine": 1}, 3)


@pytest.mark.parametrize("code", [429, 503])
def test_the_time_that_the_service_names_is_waited(connect: Connect, faulty: Faulty, code: int) -> None:
    faulty.does(status(code, Retry_After="1"), data({}))
    begun = time.monotonic()

    connect(faulty.url, retries=Retries(first=0.01)).execute(QUERY)

    assert 1 <= time.monotonic() - begun < 5


def test_a_time_beyond_the_deadline_is_not_waited(connect: Connect, faulty: Faulty) -> None:
    faulty.does(status(503, AWAY, Retry_After="60"))
    begun = time.monotonic()

    with pytest.raises(UnavailableError, match=r"status 503.*The graph is away") as raised:
        connect(faulty.url, timeout=5).execute(QUERY)

    assert (raised.value.retry_after, len(faulty.requests)) == (60, 1)
    assert time.monotonic() - begun < 4


def test_attempts_come_to_an_end(connect: Connect, faulty: Faulty) -> None:
    faulty.does(status(503))

    with pytest.raises(UnavailableError):
        connect(faulty.url, retries=Retries(attempts=4, first=0.01)).execute(QUERY)

    assert len(faulty.requests) == 4


@pytest.mark.parametrize("fault", [lambda _: time.sleep(10), trickle, status(503)], ids=["silent", "slow", "away"])
def test_the_deadline_holds_for_all_attempts_together(connect: Connect, faulty: Faulty, fault: Behaviour) -> None:
    faulty.does(fault)
    begun = time.monotonic()

    with pytest.raises(UnavailableError):
        connect(faulty.url, timeout=0.6, retries=Retries(attempts=1000, first=0.05, longest=0.1)).execute(QUERY)

    assert time.monotonic() - begun < 4


def test_an_answer_with_errors_is_an_answer(connect: Connect, faulty: Faulty) -> None:
    faulty.does(status(200, {"data": {"a": 1, "b": None}, "errors": [{"message": "No b.", "path": ["b"]}]}))

    with pytest.raises(OperationError, match=r"No b\. \(b\)") as raised:
        connect(faulty.url).execute(QUERY)

    assert (raised.value.data, len(faulty.requests)) == ({"a": 1, "b": None}, 1)


@pytest.mark.parametrize("document", [QUERY, MUTATION])
def test_what_took_the_service_too_long_is_not_asked_again(connect: Connect, faulty: Faulty, document: str) -> None:
    faulty.does(status(503, SLOW), data({"fine": 1}))

    with pytest.raises(OperationError, match="ask for less at once") as raised:
        connect(faulty.url, retries=Retries(first=0.01, mutations=True)).execute(document)

    assert (raised.value.codes, len(faulty.requests)) == ({"STATEMENT_TIMEOUT"}, 1)


@pytest.mark.parametrize("fault", [status(503), status(502), status(200, AWAY), cut])
def test_a_mutation_that_may_have_been_done_is_not_doubled(connect: Connect, faulty: Faulty, fault: Behaviour) -> None:
    faulty.does(fault, data({"fine": 1}))

    with pytest.raises(UnavailableError, match="may have been done all the same") as raised:
        connect(faulty.url, retries=Retries(first=0.01)).execute(MUTATION)

    assert (raised.value.undone, len(faulty.requests)) == (False, 1)


@pytest.mark.parametrize(
    ("fault", "retries"),
    [(status(429), Retries(first=0.01)), (cut, Retries(first=0.01, mutations=True))],
    ids=["refused at the door", "asked for"],
)
def test_a_mutation_is_sent_again_where_that_is_safe_or_wanted(
    connect: Connect, faulty: Faulty, fault: Behaviour, retries: Retries
) -> None:
    faulty.does(fault, data({"fine": 1}))

    assert connect(faulty.url, retries=retries).execute(MUTATION) == {"fine": 1}
    assert len(faulty.requests) == 2


def test_a_mutation_waits_for_a_service_that_is_not_there_yet(connect: Connect) -> None:
    with Faulty() as gone:
        url = gone.url
    port = int(url.split(":")[2].partition("/")[0])
    later: list[Faulty] = []

    def start() -> None:
        later.append(Faulty(port))
        later[0].does(data({"fine": 1}))
        later[0].__enter__()

    timer = threading.Timer(0.4, start)
    timer.start()
    answered = connect(url, retries=Retries(attempts=100, longest=0.1)).execute(MUTATION)
    later[0].__exit__()

    assert (answered, len(later[0].requests)) == ({"fine": 1}, 1)


# -------------------------------------------------------------------------------------------------------------- bookmarks


def test_the_bookmark_of_a_write_goes_with_what_is_read_later(connect: Connect, faulty: Faulty) -> None:
    faulty.does(data({}), data({}, Atlas_Bookmark="FB:one"), data({}), status(503), data({}))
    client = connect(faulty.url, retries=Retries(first=0.01))

    for document in (QUERY, MUTATION, QUERY, QUERY):
        client.execute(document)

    sent = [request.headers.get("atlas-bookmark") for request in faulty.requests]
    assert sent == [None, None, "FB:one", "FB:one", "FB:one"]


def test_a_bookmark_is_handed_from_client_to_client(connect: Connect, faulty: Faulty) -> None:
    faulty.does(status(200, {"data": {}, "extensions": {"bookmark": "FB:two"}}), data({}))
    writer = connect(faulty.url)
    writer.execute(MUTATION)
    reader = connect(faulty.url, bookmark=writer.bookmark)
    reader.execute(QUERY)
    reader.bookmark = None
    reader.execute(QUERY)

    sent = [request.headers.get("atlas-bookmark") for request in faulty.requests]
    assert (writer.bookmark, sent) == ("FB:two", [None, "FB:two", None])


def test_the_bookmark_of_a_write_that_answered_with_errors_counts(connect: Connect, faulty: Faulty) -> None:
    faulty.does(status(200, {"data": {"a": {}}, "errors": [{"message": "Not b."}]}, Atlas_Bookmark="FB:three"))
    client = connect(faulty.url)

    with pytest.raises(OperationError):
        client.execute(MUTATION)

    assert client.bookmark == "FB:three"
