"""Trusted documents: validated at startup, requested by hash, name or text, and optionally the only allowed ones."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from service.app import create_app
from service.cli.main import main
from service.errors import SettingsError
from service.settings import Settings
from tests.apps import asgi_client, sqlite_client
from tests.commands import RunningService, serving
from tests.http_requests import DJANGO_QUERY, DJANGO_RESPONSE, GRAPHQL_JSON, JSON, apq, send_get, send_post, sha256
from tests.stream_clients import open_websocket

FLASK = 'query Flask { framework(slug: "flask") { name } }'
SUBSCRIPTION = "subscription { changes { cursor } }"
INTROSPECTION = "{ __schema { queryType { name } } }"
NOT_TRUSTED = {
    "errors": [
        {
            "message": "The document is not one of the trusted documents of this service; ask its operator to add it.",
            "extensions": {"code": "QUERY_NOT_IN_SAFELIST"},
        }
    ]
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("documents")
    (folder / "django.graphql").write_text(f"{DJANGO_QUERY}\n")
    (folder / "changes.graphql").write_text(SUBSCRIPTION)
    (folder / "README.md").write_text("Not a document.")
    return folder


@pytest.fixture(scope="module")
async def trusted_only_client(anyio_backend: str, seeded: Path, folder: Path) -> AsyncIterator[httpx.AsyncClient]:
    """A client of an application that allows trusted documents only."""
    async with sqlite_client(seeded, persisted=folder, persisted_only=True) as client:
        yield client


@pytest.fixture(scope="module")
async def open_client(anyio_backend: str, seeded: Path, folder: Path) -> AsyncIterator[httpx.AsyncClient]:
    """A client of an application that has trusted documents and allows all others."""
    async with sqlite_client(seeded, persisted=folder) as client:
        yield client


@pytest.mark.anyio
@pytest.mark.parametrize("send", [send_post, send_get])
async def test_a_trusted_document_can_be_requested_by_hash_name_or_text(
    trusted_only_client: httpx.AsyncClient, open_client: httpx.AsyncClient, send: Any
) -> None:
    bodies = (
        apq(DJANGO_QUERY),
        apq(f"{DJANGO_QUERY}\n"),
        {"documentId": f"sha256:{sha256(DJANGO_QUERY)}"},
        {"documentId": "django"},
        {"query": DJANGO_QUERY},
        {"query": f"{DJANGO_QUERY}\n"},
        apq(DJANGO_QUERY, query=DJANGO_QUERY),
    )

    responses = [await send(client, body) for client in (trusted_only_client, open_client) for body in bodies]

    assert responses == [(200, DJANGO_RESPONSE)] * 14


UNTRUSTED: dict[str, tuple[dict[str, Any], str]] = {
    "text": ({"query": FLASK}, "QUERY_NOT_IN_SAFELIST"),
    "similar text": ({"query": f" {DJANGO_QUERY}"}, "QUERY_NOT_IN_SAFELIST"),
    "text and hash": (apq(FLASK, query=FLASK), "QUERY_NOT_IN_SAFELIST"),
    "syntax error": ({"query": "{"}, "QUERY_NOT_IN_SAFELIST"),
    "introspection": ({"query": INTROSPECTION}, "QUERY_NOT_IN_SAFELIST"),
    "mutation": ({"query": 'mutation { deleteEntity(id: "x") { __typename } }'}, "QUERY_NOT_IN_SAFELIST"),
    "subscription": ({"query": "subscription { changes { slug } }"}, "QUERY_NOT_IN_SAFELIST"),
    "hash": (apq(FLASK), "PERSISTED_QUERY_NOT_IN_LIST"),
    "id": ({"documentId": f"sha256:{sha256(FLASK)}"}, "PERSISTED_QUERY_NOT_IN_LIST"),
    "name": ({"documentId": "flask"}, "PERSISTED_QUERY_NOT_IN_LIST"),
    "path out of the folder": ({"documentId": "../django"}, "PERSISTED_QUERY_NOT_IN_LIST"),
}


@pytest.mark.anyio
@pytest.mark.parametrize("accept", [JSON, GRAPHQL_JSON, "text/event-stream", "text/csv"])
@pytest.mark.parametrize("send", [send_post, send_get])
async def test_only_trusted_documents_are_executed(
    trusted_only_client: httpx.AsyncClient, send: Any, accept: str
) -> None:
    bodies = [body for body, _ in UNTRUSTED.values()] * 2

    responses = [await send(trusted_only_client, body, accept) for body in bodies]

    codes = [(status, response["errors"][0]["extensions"]["code"]) for status, response in responses]
    assert codes == [(403, code) for _, code in UNTRUSTED.values()] * 2


@pytest.mark.anyio
async def test_the_schema_is_not_published_if_only_trusted_documents_are_allowed(
    trusted_only_client: httpx.AsyncClient,
) -> None:
    assert (await trusted_only_client.get("/schema.graphql")).status_code == 403


@pytest.mark.anyio
async def test_an_untrusted_document_is_rejected_even_if_the_engine_has_cached_it(seeded: Path, folder: Path) -> None:
    app = create_app(Settings(store=f"sqlite:///{seeded}", persisted=folder, persisted_only=True))
    async with app.router.lifespan_context(app), asgi_client(app) as client:
        executed = await app.routes[0].endpoint._service._engine.schema.execute(FLASK)
        response = await send_post(client, {"query": FLASK})

    assert executed.data is not None
    assert response == (403, NOT_TRUSTED)


def test_all_errors_in_the_folder_are_reported_at_startup(tmp_path: Path) -> None:
    (tmp_path / "valid.graphql").write_text(DJANGO_QUERY)
    (tmp_path / "syntax.graphql").write_text("{\n  framework(\n")
    (tmp_path / "unknown.graphql").write_text("{\n  nope\n  frameworks { nope }\n}")
    (tmp_path / "binary.graphql").write_bytes(b"\xff")

    with pytest.raises(SettingsError) as error:
        create_app(Settings(store=f"sqlite:///{tmp_path / 'a.db'}", persisted=tmp_path))

    assert [line.rpartition("/")[2] for line in str(error.value).splitlines()] == [
        "binary.graphql: cannot be read as UTF-8 text ('utf-8' codec can't decode byte 0xff in position 0: invalid start byte).",
        "syntax.graphql:3: Syntax Error: Expected Name, found <EOF>.",
        "unknown.graphql:2: Cannot query field 'nope' on type 'Query'. Did you mean 'node' or 'nodes'?",
        "unknown.graphql:3: Cannot query field 'nope' on type 'FrameworkConnection'. Did you mean 'nodes'?",
    ]


def test_an_invalid_document_is_reported_before_the_store_is_created(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "invalid.graphql").write_text("{")
    monkeypatch.setenv("ATLAS_PERSISTED", str(tmp_path))

    code = main(["serve", "--store", f"sqlite:///{tmp_path / 'atlas.db'}"])

    assert (code, (tmp_path / "atlas.db").exists()) == (1, False)
    assert "invalid.graphql:1: Syntax Error" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (
            {"persisted_only": True},
            "ATLAS_PERSISTED_ONLY needs a folder of trusted documents; set ATLAS_PERSISTED.",
        ),
        ({"persisted": "nowhere"}, "ATLAS_PERSISTED: nowhere is not a folder."),
    ],
)
def test_a_missing_folder_prevents_the_start(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(SettingsError) as error:
        create_app(Settings(**settings))

    assert str(error.value) == message


@pytest.mark.parametrize(
    ("text", "settings", "message"),
    [
        ("{ __schema { queryType { name } } }", {"introspection": False}, "GraphQL introspection has been disabled"),
        ("{ a: graph { version } b: graph { version } }", {"max_aliases": 1}, "aliases: the request has 2"),
        ("{ graph { version } }", {"max_characters": 10}, "characters: the request has 2"),
    ],
)
def test_a_document_that_exceeds_a_limit_or_needs_introspection_prevents_the_start(
    tmp_path: Path, text: str, settings: dict[str, Any], message: str
) -> None:
    (tmp_path / "some.graphql").write_text(text)

    with pytest.raises(SettingsError, match=rf"ATLAS_PERSISTED: .*some\.graphql:1: {message}"):
        create_app(Settings(persisted=tmp_path, **settings))


def test_an_empty_folder_prevents_the_start(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"contains no \.graphql file"):
        create_app(Settings(persisted=tmp_path))


@pytest.fixture(scope="module")
def trusted_service(seeded: Path, folder: Path) -> Iterator[RunningService]:
    with serving(seeded, ATLAS_PERSISTED=str(folder), ATLAS_PERSISTED_ONLY="true") as service:
        yield service


@pytest.mark.anyio
async def test_a_websocket_executes_only_trusted_documents(trusted_service: RunningService) -> None:
    async with open_websocket(trusted_service.base) as client:
        errors = []
        for body, _ in UNTRUSTED.values():
            await client.send(type="subscribe", id="1", payload=body)
            errors.append(await client.receive())
        responses = []
        for body in ({"documentId": "django"}, apq(DJANGO_QUERY), {"query": DJANGO_QUERY}):
            await client.send(type="subscribe", id="1", payload=body)
            responses.append((await client.receive())["payload"])
            assert (await client.receive())["type"] == "complete"

    assert [(error["type"], error["payload"][0]["extensions"]["code"]) for error in errors] == [
        ("error", code) for _, code in UNTRUSTED.values()
    ]
    assert responses == [DJANGO_RESPONSE] * 3


@pytest.mark.anyio
@pytest.mark.parametrize(("name", "status"), [("changes", 200), ("unknown", 403)])
async def test_an_event_stream_executes_only_trusted_documents(
    trusted_service: RunningService, name: str, status: int
) -> None:
    async with (
        httpx.AsyncClient(base_url=trusted_service.base, headers={"accept": "text/event-stream"}) as client,
        client.stream("GET", "/graphql", params={"documentId": name}) as response,
    ):
        assert response.status_code == status
