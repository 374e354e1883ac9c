"""Answers to GET that a client has already: 304 while nothing has changed, and never for somebody else's answer."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import apsw
import httpx
import pytest

from tests.apps import fresh
from tests.graphs import Graphs, facts_from, write
from tests.service.test_http import DJANGO, DJANGO_ANSWER, GRAPHQL, JSON
from tests.service.test_persisted import apq
from tests.small_graph import LINES
from tests.tokens import ADMIN, ENTRIES, READER, WRITER

INTROSPECTION = "{ __schema { queryType { name } } }"
RENAME = 'mutation { upsertFramework(input: {slug: "django", summary: "%s"}) { __typename } }'


@pytest.fixture(scope="module")
async def client(anyio_backend: str, seeded: Path) -> AsyncIterator[httpx.AsyncClient]:
    async with fresh(seeded, tokens=ENTRIES) as made:
        yield made


@pytest.fixture(scope="module")
async def closed(anyio_backend: str, seeded: Path) -> AsyncIterator[httpx.AsyncClient]:
    async with fresh(seeded, tokens=ENTRIES, public_read=False, cache_seconds=60) as made:
        yield made


async def get(client: httpx.AsyncClient, text: str = DJANGO, tag: str | None = None, **more: Any) -> httpx.Response:
    headers = {name.replace("_", "-"): value for name, value in more.items() if isinstance(value, str)}
    given = {name: json.dumps(value) for name, value in more.items() if not isinstance(value, str)}
    if tag:
        headers["if-none-match"] = tag
    return await client.get("/graphql", params={"query": text, **given}, headers=headers)


def bearer(token: str) -> str:
    return f"Bearer {token}"


async def change(client: httpx.AsyncClient, summary: str) -> None:
    headers = {"authorization": bearer(WRITER.token)}
    assert (await client.post("/graphql", json={"query": RENAME % summary}, headers=headers)).status_code == 200


@pytest.mark.anyio
async def test_the_same_request_is_answered_by_304_until_the_graph_changes(client: httpx.AsyncClient) -> None:
    first = await get(client)
    again = await get(client, tag=first.headers["etag"])
    await change(client, "changed once")
    changed = await get(client, tag=first.headers["etag"])
    settled = await get(client, tag=changed.headers["etag"])

    assert [one.status_code for one in (first, again, changed, settled)] == [200, 304, 200, 304]
    assert (again.content, again.headers["etag"], "content-type" in again.headers) == (
        b"",
        first.headers["etag"],
        False,
    )
    assert changed.headers["etag"] != first.headers["etag"]
    assert changed.json() == DJANGO_ANSWER


@pytest.mark.anyio
async def test_a_304_runs_no_statement_but_the_one_for_the_version(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    tag = (await get(client)).headers["etag"]
    ran: list[str] = []
    execute = apsw.Connection.execute

    class TracedConnection(apsw.Connection):
        def execute(self, statement: Any, *given: Any, **more: Any) -> Any:
            ran.append(statement)
            return execute(self, statement, *given, **more)

    monkeypatch.setattr("service.stores.sqlite.database.Database.connection", _told(TracedConnection))
    assert (await get(client, tag=tag)).status_code == 304
    assert ran == ["SELECT concat(version, ' ', changed) FROM graph"]


def _told(kind: Any) -> Any:
    return lambda store: kind(str(store.path))


@pytest.mark.anyio
async def test_whatever_decides_the_answer_is_in_its_tag(client: httpx.AsyncClient) -> None:
    text = "query A($s: String!) { framework(slug: $s) { name } } query B { __typename }"
    operations = ({"query": text, "operationName": name, "variables": '{"s": "django"}'} for name in "AB")
    asked = [
        await get(client),
        await get(client, f"{DJANGO} "),
        await get(client, accept=GRAPHQL),
        await get(client, accept="text/csv", text="{ frameworks { nodes { name } } }"),
        await get(client, accept=JSON, text="{ frameworks { nodes { name } } }"),
        *[await client.get("/graphql", params=asked) for asked in operations],
        await get(client, authorization=bearer(READER.token)),
        await get(client, authorization=bearer(WRITER.token)),
        await get(client, INTROSPECTION),
    ]
    tags = {one.headers["etag"] for one in asked}

    assert len(tags) == len(asked) == 10


@pytest.mark.anyio
async def test_another_limit_of_costs_is_another_tag_since_answers_tell_it(
    client: httpx.AsyncClient, seeded: Path
) -> None:
    usual = await get(client)
    async with fresh(seeded, tokens=ENTRIES, max_cost=1000) as stricter:
        asked = await get(stricter, tag=usual.headers["etag"])

    assert (asked.status_code, asked.json()["extensions"]["cost"]["limit"]) == (200, 1000)


@pytest.mark.anyio
async def test_however_a_document_is_named_its_tag_is_one(client: httpx.AsyncClient) -> None:
    sent = await client.get("/graphql", params={"query": DJANGO, "extensions": json.dumps(apq(DJANGO)["extensions"])})
    named = await client.get("/graphql", params={"extensions": json.dumps(apq(DJANGO)["extensions"])})

    assert sent.headers["etag"] == named.headers["etag"] == (await get(client)).headers["etag"]


@pytest.mark.anyio
@pytest.mark.parametrize("given", ['"a", {}', "{}", " {} ,", 'W/"x", {}'])
async def test_one_of_several_tags_is_enough(client: httpx.AsyncClient, given: str) -> None:
    tag = (await get(client)).headers["etag"]

    found = [await get(client, tag=given.format(one)) for one in (tag, tag.removeprefix("W/"))]

    assert [one.status_code for one in found] == [304, 304]


@pytest.mark.anyio
async def test_what_is_not_the_graph_s_alone_has_no_tag(client: httpx.AsyncClient) -> None:
    asked = [
        await get(client, '{ search(text: "djano") { totalCount } }'),
        await get(client, "{ changes(first: 1) { totalCount } }"),
        await get(client, "{ changes(first: 1) { edges { cursor } } }"),
        await get(client, authorization=bearer(ADMIN.token), extensions={"explain": True}),
    ]

    assert [one.headers.get("etag") for one in asked] == [None] * 4
    assert asked[-1].headers["cache-control"] == "no-store"


@pytest.mark.anyio
async def test_errors_mutations_and_posts_are_not_kept(client: httpx.AsyncClient) -> None:
    writer = {"authorization": bearer(WRITER.token)}
    asked = [
        await get(client, "{"),
        await get(client, "{ nope }", accept=GRAPHQL),
        await get(client, '{ compare(frameworks: ["nope"]) { __typename } }'),
        await get(client, "mutation { nope }"),
        await get(client, authorization="Bearer nope"),
        await client.post("/graphql", json={"query": RENAME % "unkept"}, headers=writer),
        await client.post("/graphql", json={"query": DJANGO}, headers={"if-none-match": "*"}),
        await client.put("/graphql"),
        await client.get("/graphql"),
    ]

    assert [(one.headers["cache-control"], one.headers.get("etag")) for one in asked] == [("no-store", None)] * 9


@pytest.mark.anyio
async def test_a_star_is_no_tag(client: httpx.AsyncClient) -> None:
    assert (await get(client, tag="*")).status_code == 200


@pytest.mark.anyio
async def test_a_tag_opens_nothing_to_who_may_not_read(closed: httpx.AsyncClient) -> None:
    tag = (await get(closed, authorization=bearer(READER.token))).headers["etag"]

    asked = [
        await get(closed, tag=tag, authorization=bearer(READER.token)),
        await get(closed, tag=tag, authorization=bearer(WRITER.token)),
        await get(closed, tag=tag),
        await get(closed, tag=tag, authorization="Bearer nope"),
    ]

    assert [one.status_code for one in asked] == [304, 200, 401, 401]


@pytest.mark.anyio
async def test_shared_caches_keep_what_everybody_may_read_and_nothing_else(
    client: httpx.AsyncClient, closed: httpx.AsyncClient
) -> None:
    asked = [
        await get(client),
        await get(client, authorization=bearer(READER.token)),
        await get(closed, authorization=bearer(READER.token)),
    ]

    assert [(one.headers["cache-control"], one.headers["vary"]) for one in asked] == [
        ("no-cache", "Accept, Authorization, Atlas-Bookmark"),
        ("private, no-cache", "Accept, Authorization, Atlas-Bookmark"),
        ("private, max-age=60", "Accept, Authorization, Atlas-Bookmark"),
    ]


@pytest.mark.anyio
async def test_a_moment_lasts_until_the_next_change(graphs: Graphs, store: str, tmp_path: Path) -> None:
    async with graphs.fresh(store, facts_from(tmp_path / "facts", LINES)) as engine:
        first, bookmark = await engine.store.state_token()
        same, _ = await engine.store.state_token(bookmark)
        await write(engine, RENAME % "a moment")
        changed, _ = await engine.store.state_token()

    assert first == same != changed


@pytest.mark.anyio
async def test_a_restored_graph_that_counts_alike_is_told_apart(seeded: Path, tmp_path: Path) -> None:
    backup = tmp_path / "atlas.db"
    tags = []
    for summary in ("one history", "another history"):
        apsw.Connection(str(seeded)).execute(f"VACUUM INTO '{backup}'")
        async with fresh(backup, tokens=ENTRIES) as client:
            await change(client, summary)
            version = (await client.post("/graphql", json={"query": "{ graph { version } }"})).json()
            tags.append((version["data"]["graph"]["version"], (await get(client)).headers["etag"]))
        backup.unlink()

    assert tags[0][0] == tags[1][0]
    assert tags[0][1] != tags[1][1]
