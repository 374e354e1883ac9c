"""Subscriptions through connections that break: every change is told once, in order."""

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
from tests.client.clients import Asking
from tests.client.conftest import WRITER
from tests.client.faults import Faulty, Proxy, data, status
from tests.commands import serving

Connect = Callable[..., Asking]

CHANGES = """subscription ($after: String, $kinds: [Kind!]) {
  changes(after: $after, kinds: $kinds) { cursor slug entity { name } } }"""
RENAME = """mutation ($slug: String!, $name: String!) { upsertCompany(input: {slug: $slug, name: $name}) {
  __typename ... on UpsertedCompany { version } ... on Problem { message } } }"""
FRAMEWORK = 'mutation ($name: String!) { upsertFramework(input: {slug: "only", name: $name}) { __typename } }'
QUICK = Retries(first=0.01, longest=0.1)


@pytest.fixture
def write(url: str) -> Iterator[Callable[[str], str]]:
    """Makes or renames a company of this name; the version after that."""
    with Client(url, token=WRITER.token) as writer:
        yield lambda name: written(writer, name)


def written(writer: Client, name: str) -> str:
    told = writer.execute(RENAME, {"slug": f"company-{name.split(maxsplit=1)[0]}", "name": name})["upsertCompany"]
    assert told["__typename"] == "UpsertedCompany", told
    return told["version"]


def test_changes_are_told_as_they_are_made(connect: Connect, url: str, write: Callable[[str], str]) -> None:
    with closing(connect(url).subscribe(CHANGES, after=write("begin 1"))) as changes:
        for name in ("a\u2028b", "é 2"):
            version = write(f"told {name}")
            assert next(changes) == {"cursor": version, "slug": "company-told", "entity": {"name": f"told {name}"}}


def test_only_what_is_asked_for_is_told(connect: Connect, url: str, write: Callable[[str], str]) -> None:
    begin = write("only 1")
    write("only 2")

    variables = {"kinds": ["FRAMEWORK"], "after": begin}
    with closing(connect(url, token=WRITER.token).subscribe(CHANGES, variables)) as changes:
        with Client(url, token=WRITER.token) as writer:
            writer.execute(FRAMEWORK, {"name": f"Only {time.time()}"})
        assert next(changes)["slug"] == "only"


@pytest.mark.parametrize("seed", [1, 2])
def test_a_connection_that_breaks_anywhere_loses_and_doubles_nothing(
    connect: Connect, proxy: Proxy, write: Callable[[str], str], seed: int
) -> None:
    draw = random.Random(seed)
    begin = write("cut 0")
    versions = [write(f"cut {number}") for number in range(1, 31)]
    proxy.limits = [draw.randrange(1, 600) for _ in range(25)]

    with closing(connect(proxy.url, retries=QUICK).subscribe(CHANGES, after=begin)) as changes:
        cursors = [change["cursor"] for change in islice(changes, 30)]

    assert cursors == versions
    assert proxy.accepted > 10


def test_a_subscription_from_now_on_misses_nothing_of_what_comes_before_its_first_change(
    connect: Connect, proxy: Proxy, write: Callable[[str], str]
) -> None:
    """The connection breaks while nothing has come yet, and the change is made before there is another."""
    told: list[str] = []
    client = connect(proxy.url, retries=Retries(first=0.5, longest=0.5))

    def listen() -> None:
        with closing(client.subscribe(CHANGES)) as changes:
            told.append(next(changes)["cursor"])

    listening = threading.Thread(target=listen)
    listening.start()
    give_up = time.monotonic() + 20
    while b"text/event-stream" not in proxy.answered and time.monotonic() < give_up:
        time.sleep(0.01)
    proxy.cut()
    version = write(f"now {time.time()}")
    listening.join(20)

    assert told == [version]


@pytest.mark.parametrize(
    "connect", ["AsyncClient"], indirect=True
)  # two services to start; breaks are met by both above
def test_a_service_that_is_restarted_is_listened_to_again(connect: Connect, tmp_path: Path) -> None:
    """In between it writes more, and the client waits."""
    with ExitStack() as first, ExitStack() as running:
        given = {"ATLAS_TOKENS": WRITER.entry}
        old = first.enter_context(serving(tmp_path / "atlas.db", **given))
        proxy = running.enter_context(Proxy(old.port))
        writer = running.enter_context(Client(f"{old.base}/graphql", token=WRITER.token))
        versions = [written(writer, f"restarted {number}") for number in range(2)]
        changes = running.enter_context(
            closing(connect(proxy.url, retries=QUICK).subscribe(CHANGES, after=versions[0]))
        )
        cursors = [next(changes)["cursor"]]

        proxy.target = 1  # nobody; a service that is told to stop waits 5 seconds for its streams
        proxy.cut()
        first.close()
        new = running.enter_context(serving(tmp_path / "atlas.db", **given))
        proxy.target = new.port
        with Client(f"{new.base}/graphql", token=WRITER.token) as again:
            versions += [written(again, f"restarted {number}") for number in range(2, 4)]
        cursors += [change["cursor"] for change in islice(changes, 2)]
        changes.close()

    assert cursors == versions[1:]


def test_a_service_that_stays_away_is_given_up_with_the_place_to_go_on(
    connect: Connect, proxy: Proxy, write: Callable[[str], str]
) -> None:
    begin, last = write("away 1"), write("away 2")
    changes = connect(proxy.url, retries=QUICK).subscribe(CHANGES, after=begin, patience=0.5)
    assert next(changes)["cursor"] == last
    time.sleep(0.6)  # who takes long over a change has no less patience
    proxy.__exit__()
    begun = time.monotonic()

    with pytest.raises(UnavailableError, match=f"the last change told is '{last}'") as raised:
        next(changes)

    assert raised.value.after == last
    assert 0.2 < time.monotonic() - begun < 5


def test_who_is_cut_off_by_the_service_goes_on_where_it_says(connect: Connect, faulty: Faulty) -> None:
    def events(*told: str) -> bytes:
        return "".join(
            f"event: {name}\ndata: {text}\n\n" for name, text in (one.split(" ", 1) for one in told)
        ).encode()

    ended = (
        'next {"data": null, "errors": [{"message": "Too slow.", '
        '"extensions": {"code": "SUBSCRIPTION_ENDED", "after": "g.7"}}]}'
    )
    stream = {"Content_Type": "text/event-stream; charset=utf-8"}
    faulty.does(
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
    ("document", "options", "error", "told"),
    [
        ("subscription { changes { cursor } }", {}, DocumentError, "must take `\\$after"),
        (CHANGES.replace("{ cursor", "{"), {}, DocumentError, "Select the `cursor`"),
        (CHANGES.replace("slug", "slgu"), {}, OperationError, "Did you mean 'slug'"),
        (CHANGES, {"after": "no cursor"}, OperationError, "no cursor"),
        (CHANGES, {"token": "atlas_unknown"}, UnauthenticatedError, "token"),
    ],
)
def test_a_subscription_that_cannot_be_is_refused_and_not_tried_again(
    connect: Connect,
    url: str,
    write: Callable[[str], str],
    document: str,
    options: dict[str, str],
    error: type,
    told: str,
) -> None:
    client = connect(url, token=options.get("token"))
    begin = write("refused 1")
    write(f"refused {time.time()}")

    with pytest.raises(error, match=told):
        next(client.subscribe(document, after=options.get("after", begin)))


def test_who_stops_listening_leaves_no_connection(connect: Connect, proxy: Proxy, write: Callable[[str], str]) -> None:
    begin = write("stop 1")
    write(f"stop {time.time()}")
    with closing(connect(proxy.url).subscribe(CHANGES, after=begin)) as changes:
        next(changes)
        assert proxy._open

    give_up = time.monotonic() + 5
    while proxy._open and time.monotonic() < give_up:
        time.sleep(0.01)
    assert not proxy._open
