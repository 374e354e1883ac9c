"""HTTP caching: a GET is a 304 while the graph is unchanged, and clients never share private responses."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import apsw
import httpx
import pytest

from tests.apps import sqlite_client
from tests.facts import facts_from_lines
from tests.graphs import Graphs
from tests.http_requests import DJANGO_QUERY, DJANGO_RESPONSE, GRAPHQL_JSON, JSON, apq
from tests.queries import mutate
from tests.small_graph import LINES
from tests.tokens import ADMIN, ENTRIES, READER, WRITER, bearer

pytestmark = pytest.mark.anyio

INTROSPECTION = "{ __schema { queryType { name } } }"
SET_SUMMARY = 'mutation { upsertFramework(input: {slug: "django", summary: "%s"}) { __typename } }'
VARY = "Accept, Authorization, Atlas-Bookmark"


@pytest.fixture(scope="module")
async def client(anyio_backend: str, seeded: Path) -> AsyncIterator[httpx.AsyncClient]:
    async with sqlite_client(seeded, tokens=ENTRIES) as client:
        yield client


@pytest.fixture(scope="module")
async def private_client(anyio_backend: str, seeded: Path) -> AsyncIterator[httpx.AsyncClient]:
    """A client of an application that requires a token to read."""
    async with sqlite_client(seeded, tokens=ENTRIES, public_read=False, cache_seconds=60) as client:
        yield client


async def get(
    client: httpx.AsyncClient,
    text: str = DJANGO_QUERY,
    *,
    tag: str | None = None,
    token: str | None = None,
    accept: str = "*/*",
    **parameters: Any,
) -> httpx.Response:
    headers = {"accept": accept}
    if tag:
        headers["if-none-match"] = tag
    if token:
        headers |= bearer(token)
    json_parameters = {name: json.dumps(value) for name, value in parameters.items()}
    return await client.get("/graphql", params={"query": text, **json_parameters}, headers=headers)


async def set_summary(client: httpx.AsyncClient, summary: str) -> httpx.Response:
    response = await client.post("/graphql", json={"query": SET_SUMMARY % summary}, headers=bearer(WRITER.token))
    assert response.status_code == 200
    return response


async def test_a_repeated_request_is_a_304_until_the_graph_changes(client: httpx.AsyncClient) -> None:
    first = await get(client)
    repeated = await get(client, tag=first.headers["etag"])
    await set_summary(client, "changed once")
    changed = await get(client, tag=first.headers["etag"])
    repeated_again = await get(client, tag=changed.headers["etag"])

    statuses = [response.status_code for response in (first, repeated, changed, repeated_again)]
    assert statuses == [200, 304, 200, 304]
    assert (repeated.content, repeated.headers["etag"], "content-type" in repeated.headers) == (
        b"",
        first.headers["etag"],
        False,
    )
    assert changed.headers["etag"] != first.headers["etag"]
    assert changed.json() == DJANGO_RESPONSE


async def test_a_304_runs_only_the_statement_for_the_version(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    tag = (await get(client)).headers["etag"]
    statements: list[str] = []
    execute = apsw.Connection.execute

    class TracedConnection(apsw.Connection):
        def execute(self, statement: Any, *args: Any, **kwargs: Any) -> Any:
            statements.append(statement)
            return execute(self, statement, *args, **kwargs)

    monkeypatch.setattr(
        "service.stores.sqlite.database.Database.connection", lambda database: TracedConnection(str(database.path))
    )
    assert (await get(client, tag=tag)).status_code == 304
    assert statements == ["SELECT concat(version, ' ', changed) FROM graph"]


async def test_a_tag_depends_on_everything_that_determines_the_response(client: httpx.AsyncClient) -> None:
    text = "query A($s: String!) { framework(slug: $s) { name } } query B { __typename }"
    operations = ({"query": text, "operationName": name, "variables": '{"s": "django"}'} for name in "AB")
    names = "{ frameworks { nodes { name } } }"
    responses = [
        await get(client),
        await get(client, f"{DJANGO_QUERY} "),
        await get(client, accept=GRAPHQL_JSON),
        await get(client, names, accept="text/csv"),
        await get(client, names, accept=JSON),
        *[await client.get("/graphql", params=parameters) for parameters in operations],
        await get(client, token=READER.token),
        await get(client, token=WRITER.token),
        await get(client, INTROSPECTION),
    ]

    tags = {response.headers["etag"] for response in responses}
    assert len(tags) == len(responses) == 10


async def test_a_tag_depends_on_the_cost_limit_which_is_part_of_the_response(
    client: httpx.AsyncClient, seeded: Path
) -> None:
    default = await get(client)
    async with sqlite_client(seeded, tokens=ENTRIES, max_cost=1000) as other_client:
        other = await get(other_client, tag=default.headers["etag"])

    assert (other.status_code, other.json()["extensions"]["cost"]["limit"]) == (200, 1000)


async def test_a_tag_does_not_depend_on_how_the_document_is_identified(client: httpx.AsyncClient) -> None:
    extensions = json.dumps(apq(DJANGO_QUERY)["extensions"])
    by_text_and_hash = await client.get("/graphql", params={"query": DJANGO_QUERY, "extensions": extensions})
    by_hash = await client.get("/graphql", params={"extensions": extensions})
    by_text = await get(client)

    assert by_text_and_hash.headers["etag"] == by_hash.headers["etag"] == by_text.headers["etag"]


@pytest.mark.parametrize("if_none_match", ['"a", {}', "{}", " {} ,", 'W/"x", {}'])
async def test_one_matching_tag_of_several_is_enough(client: httpx.AsyncClient, if_none_match: str) -> None:
    weak = (await get(client)).headers["etag"]
    strong = weak.removeprefix("W/")

    responses = [await get(client, tag=if_none_match.format(tag)) for tag in (weak, strong)]

    assert [response.status_code for response in responses] == [304, 304]


async def test_responses_that_depend_on_more_than_the_graph_have_no_tag(client: httpx.AsyncClient) -> None:
    responses = [
        await get(client, '{ search(text: "djano") { totalCount } }'),
        await get(client, "{ changes(first: 1) { totalCount } }"),
        await get(client, "{ changes(first: 1) { edges { cursor } } }"),
        await get(client, token=ADMIN.token, extensions={"explain": True}),
    ]

    assert [response.headers.get("etag") for response in responses] == [None] * 4
    assert responses[-1].headers["cache-control"] == "no-store"


async def test_errors_mutations_and_responses_to_post_are_not_cacheable(client: httpx.AsyncClient) -> None:
    responses = [
        await get(client, "{"),
        await get(client, "{ nope }", accept=GRAPHQL_JSON),
        await get(client, '{ compare(frameworks: ["nope"]) { __typename } }'),
        await get(client, "mutation { nope }"),
        await get(client, token="nope"),
        await set_summary(client, "not cached"),
        await client.post("/graphql", json={"query": DJANGO_QUERY}, headers={"if-none-match": "*"}),
        await client.put("/graphql"),
        await client.get("/graphql"),
    ]

    headers = [(response.headers["cache-control"], response.headers.get("etag")) for response in responses]
    assert headers == [("no-store", None)] * 9


async def test_an_asterisk_matches_no_tag(client: httpx.AsyncClient) -> None:
    assert (await get(client, tag="*")).status_code == 200


async def test_a_tag_gives_no_access_to_clients_that_may_not_read(private_client: httpx.AsyncClient) -> None:
    tag = (await get(private_client, token=READER.token)).headers["etag"]

    responses = [
        await get(private_client, tag=tag, token=READER.token),
        await get(private_client, tag=tag, token=WRITER.token),
        await get(private_client, tag=tag),
        await get(private_client, tag=tag, token="nope"),
    ]

    assert [response.status_code for response in responses] == [304, 200, 401, 401]


async def test_shared_caches_may_store_public_responses_only(
    client: httpx.AsyncClient, private_client: httpx.AsyncClient
) -> None:
    responses = [
        await get(client),
        await get(client, token=READER.token),
        await get(private_client, token=READER.token),
    ]

    assert [(response.headers["cache-control"], response.headers["vary"]) for response in responses] == [
        ("no-cache", VARY),
        ("private, no-cache", VARY),
        ("private, max-age=60", VARY),
    ]


async def test_the_state_token_of_a_store_changes_with_every_write(graphs: Graphs, store: str, tmp_path: Path) -> None:
    async with graphs.load_isolated(store, facts_from_lines(tmp_path / "facts", LINES)) as engine:
        first, bookmark = await engine.store.state_token()
        repeated, _ = await engine.store.state_token(bookmark)
        await mutate(engine, SET_SUMMARY % "changed")
        changed, _ = await engine.store.state_token()

    assert first == repeated != changed


async def test_two_histories_of_a_restored_backup_have_different_tags_for_the_same_version(
    seeded: Path, tmp_path: Path
) -> None:
    backup = tmp_path / "atlas.db"
    versions, tags = [], []
    for summary in ("one history", "another history"):
        apsw.Connection(str(seeded)).execute(f"VACUUM INTO '{backup}'")
        async with sqlite_client(backup, tokens=ENTRIES) as client:
            await set_summary(client, summary)
            version = (await client.post("/graphql", json={"query": "{ graph { version } }"})).json()
            versions.append(version["data"]["graph"]["version"])
            tags.append((await get(client)).headers["etag"])
        backup.unlink()

    assert versions[0] == versions[1]
    assert tags[0] != tags[1]
