"""Subscriptions over connections that break: every change is received once, in order."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from itertools import islice
from pathlib import Path

import pytest

from framework_atlas import (
    Client,
    DocumentError,
    OperationError,
    Retries,
    UnauthenticatedError,
    UnavailableError,
)
from tests.client.blocking import BlockingClient
from tests.client.conftest import WRITER
from tests.client.servers import FaultyServer, Proxy, data, status
from tests.commands import serving

Connect = Callable[..., BlockingClient]

CHANGES = """subscription ($after: String, $kinds: [Kind!]) {
  changes(after: $after, kinds: $kinds) { cursor slug entity { name } } }"""
RENAME = """mutation ($slug: String!, $name: String!) { upsertCompany(input: {slug: $slug, name: $name}) {
  __typename ... on UpsertedCompany { version } ... on Problem { message } } }"""
FRAMEWORK = 'mutation ($name: String!) { upsertFramework(input: {slug: "only", name: $name}) { __typename } }'
QUICK = Retries(first=0.01, longest=0.1)


@pytest.fixture
def write(url: str) -> Iterator[Callable[[str], str]]:
    """Creates or renames a company, and returns the version after the write."""
    with Client(url, token=WRITER.token) as writer:
        yield lambda name: write_company(writer, name)


def write_company(writer: Client, name: str) -> str:
    payload = writer.execute(RENAME, {"slug": f"company-{name.split(maxsplit=1)[0]}", "name": name})["upsertCompany"]
    assert payload["__typename"] == "UpsertedCompany", payload
    return payload["version"]


def test_changes_are_received_as_they_happen(connect: Connect, url: str, write: Callable[[str], str]) -> None:
    with closing(connect(url).subscribe(CHANGES, after=write("begin 1"))) as changes:
        for name in ("a\u2028b", "é 2"):
            version = write(f"received {name}")
            assert next(changes) == {
                "cursor": version,
                "slug": "company-received",
                "entity": {"name": f"received {name}"},
            }


def test_only_changes_of_the_requested_kinds_are_received(
    connect: Connect, url: str, write: Callable[[str], str]
) -> None:
    begin = write("only 1")
    write("only 2")

    variables = {"kinds": ["FRAMEWORK"], "after": begin}
    with closing(connect(url, token=WRITER.token).subscribe(CHANGES, variables)) as changes:
        with Client(url, token=WRITER.token) as writer:
            writer.execute(FRAMEWORK, {"name": f"Only {time.time()}"})
        assert next(changes)["slug"] == "only"


@pytest.mark.parametrize("seed", [1, 2])
def test_broken_connections_neither_lose_nor_duplicate_changes(
    connect: Connect, proxy: Proxy, write: Callable[[str], str], seed: int
) -> None:
    rng = random.Random(seed)
    begin = write("cut 0")
    versions = [write(f"cut {number}") for number in range(1, 31)]
    proxy.limits = [rng.randrange(1, 600) for _ in range(25)]

    with closing(connect(proxy.url, retries=QUICK).subscribe(CHANGES, after=begin)) as changes:
        cursors = [change["cursor"] for change in islice(changes, 30)]

    assert cursors == versions
    assert proxy.accepted > 10


def test_no_change_is_lost_if_the_connection_breaks_before_the_first_one(
    connect: Connect, proxy: Proxy, write: Callable[[str], str]
) -> None:
    """The connection breaks before any change, and the change is made before the client reconnects."""
    cursors: list[str] = []
    client = connect(proxy.url, retries=Retries(first=0.5, longest=0.5))

    def subscribe() -> None:
        with closing(client.subscribe(CHANGES)) as changes:
            cursors.append(next(changes)["cursor"])

    thread = threading.Thread(target=subscribe)
    thread.start()
    deadline = time.monotonic() + 20
    while b"text/event-stream" not in proxy.received and time.monotonic() < deadline:
        time.sleep(0.01)
    proxy.cut()
    version = write(f"now {time.time()}")
    thread.join(20)

    assert cursors == [version]


@pytest.mark.parametrize(
    "connect", ["AsyncClient"], indirect=True
)  # slow: it starts two services; other tests cover Client
def test_a_subscription_resumes_after_a_restart_of_the_service(connect: Connect, tmp_path: Path) -> None:
    """The service writes more changes before the client reconnects."""
    with ExitStack() as first, ExitStack() as stack:
        environment = {"ATLAS_TOKENS": WRITER.entry}
        old = first.enter_context(serving(tmp_path / "atlas.db", **environment))
        proxy = stack.enter_context(Proxy(old.port))
        writer = stack.enter_context(Client(f"{old.base}/graphql", token=WRITER.token))
        versions = [write_company(writer, f"restarted {number}") for number in range(2)]
        changes = stack.enter_context(closing(connect(proxy.url, retries=QUICK).subscribe(CHANGES, after=versions[0])))
        cursors = [next(changes)["cursor"]]

        proxy.target = 1  # no server; cut the streams, because the service waits 5 seconds for them when it stops
        proxy.cut()
        first.close()
        new = stack.enter_context(serving(tmp_path / "atlas.db", **environment))
        proxy.target = new.port
        with Client(f"{new.base}/graphql", token=WRITER.token) as again:
            versions += [write_company(again, f"restarted {number}") for number in range(2, 4)]
        cursors += [change["cursor"] for change in islice(changes, 2)]
        changes.close()

    assert cursors == versions[1:]


def test_an_unavailable_service_raises_an_error_with_the_last_cursor(
    connect: Connect, proxy: Proxy, write: Callable[[str], str]
) -> None:
    begin, last = write("away 1"), write("away 2")
    changes = connect(proxy.url, retries=QUICK).subscribe(CHANGES, after=begin, patience=0.5)
    assert next(changes)["cursor"] == last
    time.sleep(0.6)  # the time that the caller takes for a change does not count
    proxy.__exit__()
    start = time.monotonic()

    with pytest.raises(UnavailableError, match=f"the last change received is '{last}'") as raised:
        next(changes)

    assert raised.value.after == last
    assert 0.2 < time.monotonic() - start < 5


def test_a_subscription_resumes_at_the_cursor_that_the_service_sends(connect: Connect, faulty: FaultyServer) -> None:
    def events(*lines: str) -> bytes:
        return "".join(
            f"event: {name}\ndata: {text}\n\n" for name, text in (line.split(" ", 1) for line in lines)
        ).encode()

    ended = (
        'next {"data": null, "errors": [{"message": "Too slow.", '
        '"extensions": {"code": "SUBSCRIPTION_ENDED", "after": "g.7"}}]}'
    )
    stream = {"Content_Type": "text/event-stream; charset=utf-8"}
    faulty.respond_with(
        data({"graph": {"version": "g.1"}}),
        status(200, events('next {"data": {"changes": {"cursor": "g.3"}}}', ended, "complete "), **stream),
        status(503, Retry_After="0"),
        status(200, events('next {"data": {"other": {"cursor": "g.8"}}}', "complete "), **stream),
        status(200, events('next {"data": {"changes": {"cursor": "g.9"}}}'), **stream),
    )

    with closing(connect(faulty.url, retries=QUICK).subscribe(CHANGES)) as changes:
        cursors = [change["cursor"] for change in islice(changes, 3)]

    assert cursors == ["g.3", "g.8", "g.9"]
    assert [request.body.get("variables", {}).get("after") for request in faulty.requests] == [
        *(None, "g.1", "g.7", "g.7", "g.8"),
    ]


@pytest.mark.parametrize(
    ("document", "options", "error", "message"),
    [
        ("subscription { changes { cursor } }", {}, DocumentError, "has no variable `\\$after"),
        (CHANGES.replace("{ cursor", "{"), {}, DocumentError, "has no `cursor`; select it"),
        (CHANGES.replace("slug", "slgu"), {}, OperationError, "Did you mean 'slug'"),
        (CHANGES, {"after": "no cursor"}, OperationError, "not a valid cursor"),
        (CHANGES, {"token": "atlas_unknown"}, UnauthenticatedError, "token"),
    ],
)
def test_an_invalid_subscription_raises_an_error_without_retries(
    connect: Connect,
    url: str,
    write: Callable[[str], str],
    document: str,
    options: dict[str, str],
    error: type,
    message: str,
) -> None:
    client = connect(url, token=options.get("token"))
    begin = write("refused 1")
    write(f"refused {time.time()}")

    with pytest.raises(error, match=message):
        next(client.subscribe(document, after=options.get("after", begin)))


def test_closing_a_subscription_closes_its_connection(
    connect: Connect, proxy: Proxy, write: Callable[[str], str]
) -> None:
    begin = write("stop 1")
    write(f"stop {time.time()}")
    with closing(connect(proxy.url).subscribe(CHANGES, after=begin)) as changes:
        next(changes)
        assert proxy._open

    deadline = time.monotonic() + 5
    while proxy._open and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not proxy._open
