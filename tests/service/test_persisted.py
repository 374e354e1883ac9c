"""Documents that are named by their hashes: automatic ones, a folder of them, and nothing but that folder.

https://www.apollographql.com/docs/apollo-server/performance/apq, and appendix A of GraphQL over HTTP.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import httpx
import pytest

from service.app import create_app
from service.cli.main import main
from service.errors import PersistedQueryError, SettingsError
from service.http.persisted_queries import NO_TRUSTED_DOCUMENTS, PersistedQueries
from service.settings import Settings
from tests.apps import client as client_of
from tests.apps import fresh
from tests.commands import RunningService, serving
from tests.graphs import costing
from tests.service.test_http import DJANGO, DJANGO_ANSWER, GRAPHQL, JSON
from tests.service.test_subscriptions import socket

FLASK = 'query Flask { framework(slug: "flask") { name } }'
SUBSCRIPTION = "subscription { changes { cursor } }"
INTROSPECTION = "{ __schema { queryType { name } } }"
NOT_FOUND = {"errors": [{"message": "PersistedQueryNotFound", "extensions": {"code": "PERSISTED_QUERY_NOT_FOUND"}}]}
UNSAFE = {
    "errors": [
        {
            "message": "The document is not one of the trusted documents of this service; ask its operator to add it.",
            "extensions": {"code": "QUERY_NOT_IN_SAFELIST"},
        }
    ]
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("documents")
    (made / "django.graphql").write_text(f"{DJANGO}\n")
    (made / "listen.graphql").write_text(SUBSCRIPTION)
    (made / "README.md").write_text("Not a document.")
    return made


@pytest.fixture(scope="module")
async def client(anyio_backend: str, seeded: Path) -> AsyncIterator[httpx.AsyncClient]:
    async with fresh(seeded) as made:
        yield made


@pytest.fixture(scope="module")
async def closed(anyio_backend: str, seeded: Path, folder: Path) -> AsyncIterator[httpx.AsyncClient]:
    """A client of an application that answers nothing but the folder."""
    async with fresh(seeded, persisted=folder, persisted_only=True) as made:
        yield made


@pytest.fixture(scope="module")
async def open_(anyio_backend: str, seeded: Path, folder: Path) -> AsyncIterator[httpx.AsyncClient]:
    """A client of an application that has the folder, and answers everything."""
    async with fresh(seeded, persisted=folder) as made:
        yield made


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def apq(text: str, **more: Any) -> dict[str, Any]:
    """What Apollo's clients send first."""
    return {"extensions": {"persistedQuery": {"version": 1, "sha256Hash": sha256(text)}}, **more}


def in_url(body: dict[str, Any]) -> dict[str, str]:
    return {name: value if isinstance(value, str) else json.dumps(value) for name, value in body.items()}


async def post(client: httpx.AsyncClient, body: dict[str, Any], accept: str = JSON) -> tuple[int, Any]:
    answer = await client.post("/graphql", json=body, headers={"accept": accept})
    return answer.status_code, answer.json()


async def get(client: httpx.AsyncClient, body: dict[str, Any], accept: str = JSON) -> tuple[int, Any]:
    answer = await client.get("/graphql", params=in_url(body), headers={"accept": accept})
    return answer.status_code, answer.json()


# -------------------------------------------------------------------------------------------------------------- automatic


@pytest.mark.anyio
@pytest.mark.parametrize("ask", [post, get])
async def test_a_document_that_was_sent_with_its_hash_is_asked_for_by_that(client: httpx.AsyncClient, ask: Any) -> None:
    text = f"{DJANGO} # by {ask.__name__}"
    unknown = [await ask(client, apq(text)), await ask(client, apq(text), GRAPHQL)]
    sent = await ask(client, apq(text, query=text))
    named = [await ask(client, apq(text)), await ask(client, {"documentId": f"sha256:{sha256(text)}"})]

    assert unknown == [(200, NOT_FOUND), (400, NOT_FOUND)]
    assert [sent, *named] == [(200, DJANGO_ANSWER)] * 3


@pytest.mark.anyio
@pytest.mark.parametrize("wrong", ["{ nope }", "{ framework("])
async def test_a_document_that_is_not_valid_is_not_kept(client: httpx.AsyncClient, wrong: str) -> None:
    await post(client, apq(wrong, query=wrong))

    assert await post(client, apq(wrong)) == (200, NOT_FOUND)


@pytest.mark.parametrize(("length", "known"), [(20_000, True), (20_001, False)])
def test_a_document_that_is_too_long_takes_no_memory(length: int, known: bool) -> None:
    text = DJANGO.ljust(length)
    persisted = PersistedQueries(Settings(), NO_TRUSTED_DOCUMENTS, lambda _: True)
    persisted.resolve(apq(text, query=text))

    with nullcontext() if known else pytest.raises(PersistedQueryError, match="PersistedQueryNotFound"):
        assert persisted.resolve(apq(text)) == text


@pytest.mark.anyio
async def test_variables_and_the_operation_are_those_of_the_request(client: httpx.AsyncClient) -> None:
    text = "query A { __typename } query B($slug: String!) { framework(slug: $slug) { name } }"
    asked = {"operationName": "B", "variables": {"slug": "django"}}

    found = [await post(client, apq(text, query=text, **asked)), await get(client, apq(text, **asked))]

    assert found == [(200, DJANGO_ANSWER)] * 2


WRONG_NAMES: list[tuple[dict[str, Any], str, str]] = [
    (
        {**apq(FLASK), "query": DJANGO},
        "PERSISTED_QUERY_HASH_MISMATCH",
        "`sha256Hash` is not the SHA-256 of `query`.",
    ),
    (
        {"extensions": {"persistedQuery": {"version": 2, "sha256Hash": sha256(DJANGO)}}},
        "BAD_USER_INPUT",
        "`persistedQuery` must be `{version: 1, sha256Hash: ...}`; no other version is supported.",
    ),
    (
        {"extensions": {"persistedQuery": "x"}},
        "BAD_USER_INPUT",
        "`persistedQuery` must be `{version: 1, sha256Hash: ...}`; no other version is supported.",
    ),
    (
        {"extensions": {"persistedQuery": {"version": 1, "sha256Hash": "ABC"}}},
        "BAD_USER_INPUT",
        "`sha256Hash` must be 64 lowercase hexadecimal digits.",
    ),
    (
        {"documentId": "md5:abc"},
        "BAD_USER_INPUT",
        "`documentId` must be `sha256:` and 64 lowercase hexadecimal digits, or the name of a trusted document.",
    ),
    (
        {"documentId": "django", "query": DJANGO},
        "BAD_USER_INPUT",
        "Send `documentId` alone, or send `query`.",
    ),
]


@pytest.mark.anyio
@pytest.mark.parametrize("ask", [post, get])
@pytest.mark.parametrize(("body", "code", "message"), WRONG_NAMES)
async def test_a_document_that_is_named_wrongly_is_a_400(
    client: httpx.AsyncClient, ask: Any, body: dict[str, Any], code: str, message: str
) -> None:
    found = await ask(client, body)

    assert found == (400, {"errors": [{"message": message, "extensions": {"code": code}}]})


@pytest.mark.anyio
async def test_as_many_documents_are_kept_as_the_setting_says(seeded: Path) -> None:
    async with fresh(seeded, apq_cache=1) as client:
        for text in (DJANGO, FLASK):
            await post(client, apq(text, query=text))
            await post(client, apq(text))
        found = [await post(client, apq(text)) for text in (FLASK, DJANGO)]
    async with fresh(seeded, apq_cache=0) as client:
        off = [await post(client, apq(DJANGO, query=DJANGO)), await post(client, apq(DJANGO))]

    assert [status for status, _ in found] == [200, 200]
    assert [found[0][1], found[1][1]] == [costing(1, {"framework": {"name": "Flask"}}), NOT_FOUND]
    assert off[0] == (200, DJANGO_ANSWER)
    assert off[1][1]["errors"][0]["extensions"] == {"code": "PERSISTED_QUERY_NOT_SUPPORTED"}


@pytest.mark.anyio
async def test_a_mutation_is_not_done_by_get_whatever_names_it(client: httpx.AsyncClient) -> None:
    text = 'mutation { deleteEntity(id: "x") { __typename } }'
    await post(client, apq(text, query=text))

    status, _ = await get(client, apq(text))

    assert status == 405


# ------------------------------------------------------------------------------------------------------------- the folder


@pytest.mark.anyio
@pytest.mark.parametrize("ask", [post, get])
async def test_a_document_of_the_folder_is_asked_for_by_hash_name_or_text(
    closed: httpx.AsyncClient, open_: httpx.AsyncClient, ask: Any
) -> None:
    bodies = (
        apq(DJANGO),
        apq(f"{DJANGO}\n"),
        {"documentId": f"sha256:{sha256(DJANGO)}"},
        {"documentId": "django"},
        {"query": DJANGO},
        {"query": f"{DJANGO}\n"},
        apq(DJANGO, query=DJANGO),
    )

    found = [await ask(client, body) for client in (closed, open_) for body in bodies]

    assert found == [(200, DJANGO_ANSWER)] * 14


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "text": ({"query": FLASK}, "QUERY_NOT_IN_SAFELIST"),
    "text like one": ({"query": f" {DJANGO}"}, "QUERY_NOT_IN_SAFELIST"),
    "text and hash": (apq(FLASK, query=FLASK), "QUERY_NOT_IN_SAFELIST"),
    "no GraphQL": ({"query": "{"}, "QUERY_NOT_IN_SAFELIST"),
    "introspection": ({"query": INTROSPECTION}, "QUERY_NOT_IN_SAFELIST"),
    "mutation": ({"query": 'mutation { deleteEntity(id: "x") { __typename } }'}, "QUERY_NOT_IN_SAFELIST"),
    "subscription": ({"query": "subscription { changes { slug } }"}, "QUERY_NOT_IN_SAFELIST"),
    "hash": (apq(FLASK), "PERSISTED_QUERY_NOT_IN_LIST"),
    "id": ({"documentId": f"sha256:{sha256(FLASK)}"}, "PERSISTED_QUERY_NOT_IN_LIST"),
    "name": ({"documentId": "flask"}, "PERSISTED_QUERY_NOT_IN_LIST"),
    "name out of the folder": ({"documentId": "../django"}, "PERSISTED_QUERY_NOT_IN_LIST"),
}


@pytest.mark.anyio
@pytest.mark.parametrize("accept", [JSON, GRAPHQL, "text/event-stream", "text/csv"])
@pytest.mark.parametrize("ask", [post, get])
async def test_nothing_but_the_folder_is_answered(closed: httpx.AsyncClient, ask: Any, accept: str) -> None:
    cases = [body for body, _ in REFUSED.values()]

    found = [await ask(closed, body, accept) for body in (*cases, *cases)]

    told = [(status, one["errors"][0]["extensions"]["code"]) for status, one in found]
    assert told == [(403, code) for _, code in REFUSED.values()] * 2


@pytest.mark.anyio
async def test_the_schema_is_not_told_where_only_the_folder_is_answered(closed: httpx.AsyncClient) -> None:
    assert (await closed.get("/schema.graphql")).status_code == 403


@pytest.mark.anyio
async def test_a_document_that_somebody_has_warmed_elsewhere_is_refused_as_well(seeded: Path, folder: Path) -> None:
    app = create_app(Settings(store=f"sqlite:///{seeded}", persisted=folder, persisted_only=True))
    async with app.router.lifespan_context(app), client_of(app) as client:
        warmed = await app.routes[0].endpoint._service._engine.schema.execute(FLASK)
        found = await post(client, {"query": FLASK})

    assert warmed.data is not None
    assert found == (403, UNSAFE)


def test_the_folder_is_checked_at_the_start(tmp_path: Path) -> None:
    (tmp_path / "good.graphql").write_text(DJANGO)
    (tmp_path / "syntax.graphql").write_text("{\n  framework(\n")
    (tmp_path / "unknown.graphql").write_text("{\n  nope\n  frameworks { nope }\n}")
    (tmp_path / "binary.graphql").write_bytes(b"\xff")

    with pytest.raises(SettingsError) as refused:
        create_app(Settings(store=f"sqlite:///{tmp_path / 'a.db'}", persisted=tmp_path))

    assert [line.rpartition("/")[2] for line in str(refused.value).splitlines()] == [
        "binary.graphql: cannot be read as UTF-8 text ('utf-8' codec can't decode byte 0xff in position 0: invalid start byte).",
        "syntax.graphql:3: Syntax Error: Expected Name, found <EOF>.",
        "unknown.graphql:2: Cannot query field 'nope' on type 'Query'. Did you mean 'node' or 'nodes'?",
        "unknown.graphql:3: Cannot query field 'nope' on type 'FrameworkConnection'. Did you mean 'nodes'?",
    ]


def test_a_wrong_document_is_told_before_anything_is_filled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "wrong.graphql").write_text("{")
    monkeypatch.setenv("ATLAS_PERSISTED", str(tmp_path))

    code = main(["serve", "--store", f"sqlite:///{tmp_path / 'atlas.db'}"])

    assert (code, (tmp_path / "atlas.db").exists()) == (1, False)
    assert "wrong.graphql:1: Syntax Error" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        (
            {"persisted_only": True},
            "ATLAS_PERSISTED_ONLY needs a folder of trusted documents; set ATLAS_PERSISTED.",
        ),
        ({"persisted": "nowhere"}, "ATLAS_PERSISTED: nowhere is not a folder."),
    ],
)
def test_a_folder_that_is_not_there_stops_the_start(settings: dict[str, Any], reason: str) -> None:
    with pytest.raises(SettingsError) as refused:
        create_app(Settings(**settings))

    assert str(refused.value) == reason


@pytest.mark.parametrize(
    ("text", "given", "reason"),
    [
        ("{ __schema { queryType { name } } }", {"introspection": False}, "GraphQL introspection has been disabled"),
        ("{ a: graph { version } b: graph { version } }", {"max_aliases": 1}, "aliases: the request has 2"),
        ("{ graph { version } }", {"max_characters": 10}, "characters: the request has 2"),
    ],
)
def test_a_document_that_every_request_would_be_refused_for_stops_the_start(
    tmp_path: Path, text: str, given: dict[str, Any], reason: str
) -> None:
    (tmp_path / "some.graphql").write_text(text)

    with pytest.raises(SettingsError, match=rf"ATLAS_PERSISTED: .*some\.graphql:1: {reason}"):
        create_app(Settings(persisted=tmp_path, **given))


def test_an_empty_folder_stops_the_start(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"contains no \.graphql file"):
        create_app(Settings(persisted=tmp_path))


# ------------------------------------------------------------------------------------------------------------- WebSockets


@pytest.fixture(scope="module")
def locked(seeded: Path, folder: Path) -> Iterator[RunningService]:
    with serving(seeded, ATLAS_PERSISTED=str(folder), ATLAS_PERSISTED_ONLY="true") as served:
        yield served


@pytest.mark.anyio
async def test_a_web_socket_takes_the_folder_s_documents_and_no_others(locked: RunningService) -> None:
    async with socket(locked) as opened:
        told = []
        for body, _ in REFUSED.values():
            await opened.send(type="subscribe", id="1", payload=body)
            told.append(await opened.receive())
        answered = []
        for body in ({"documentId": "django"}, apq(DJANGO), {"query": DJANGO}):
            await opened.send(type="subscribe", id="1", payload=body)
            answered.append((await opened.receive())["payload"])
            assert (await opened.receive())["type"] == "complete"

    assert [(one["type"], one["payload"][0]["extensions"]["code"]) for one in told] == [
        ("error", code) for _, code in REFUSED.values()
    ]
    assert answered == [DJANGO_ANSWER] * 3


@pytest.mark.anyio
@pytest.mark.parametrize(("name", "status"), [("listen", 200), ("nothing", 403)])
async def test_a_stream_is_of_the_folder_s_documents_and_no_others(
    locked: RunningService, name: str, status: int
) -> None:
    async with (
        httpx.AsyncClient(base_url=locked.base, headers={"accept": "text/event-stream"}) as client,
        client.stream("GET", "/graphql", params={"documentId": name}) as found,
    ):
        assert found.status_code == status


@pytest.mark.anyio
async def test_a_hash_that_is_not_known_is_told_over_a_web_socket(seeded: Path) -> None:
    with serving(seeded) as served:
        async with socket(served) as opened:
            await opened.send(type="subscribe", id="1", payload=apq(DJANGO))
            unknown = await opened.receive()
            await opened.send(type="subscribe", id="1", payload=apq(DJANGO, query=DJANGO))
            sent = [await opened.receive(), await opened.receive()]
            await opened.send(type="subscribe", id="1", payload=apq(DJANGO))
            named = [await opened.receive(), await opened.receive()]
            await opened.send(type="subscribe", id="1", payload={"extensions": {}})
            unnamed = await opened.receive()

    assert (unknown["type"], unknown["payload"]) == ("error", NOT_FOUND["errors"])
    assert [one[0]["payload"] for one in (sent, named)] == [DJANGO_ANSWER] * 2
    assert unnamed["payload"][0]["message"] == "The request has no `query`."
