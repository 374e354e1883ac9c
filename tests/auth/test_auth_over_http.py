"""Authentication over HTTP: statuses and challenges, and that no token appears in a log."""

from __future__ import annotations

import logging
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import apsw
import httpx
import pytest
import uvicorn
from graphql import get_introspection_query
from starlette.types import ASGIApp

from service.app import create_app
from service.auth.authenticator import Authenticator
from service.auth.principal import Principal
from service.errors import SettingsError
from service.execution.engine import Engine
from service.execution.request_context import TransportContext
from service.http.config import HttpConfig
from service.http.endpoint import GraphQLEndpoint
from service.http.rate_limits import RateLimiter
from service.service import open_seeded_store
from service.settings import read_settings
from tests.apps import asgi_client, sqlite_client
from tests.auth.authenticators import EXPIRED, MALFORMED, NO_SCOPE, NO_TOKEN, UNKNOWN_TOKEN, constant_id
from tests.commands import run, serving, wait_until
from tests.queries import response_with_cost
from tests.tokens import ADMIN, AUDIENCE, ENTRIES, ISSUER, READER, SECRET, UNKNOWN, WRITER, bearer, signed

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("no_settings")]

JSON = "application/json"
GRAPHQL = "application/graphql-response+json"
DJANGO = '{ framework(slug: "django") { name } }'
DJANGO_ANSWER = response_with_cost(1, {"framework": {"name": "Django"}})
EVIDENCE = "{ claims(first: 1) { nodes { evidence { note } } } }"
CHALLENGE = 'Bearer realm="framework-atlas"'
INVALID = 'Bearer realm="framework-atlas", error="invalid_token"'
INSUFFICIENT = 'Bearer realm="framework-atlas", error="insufficient_scope"'


@asynccontextmanager
async def authenticating(path: Path, **settings: Any) -> AsyncIterator[httpx.AsyncClient]:
    """A client of an application that accepts the three static tokens and JWTs."""
    jwts = {"jwt_key": SECRET, "jwt_issuer": ISSUER, "jwt_audience": AUDIENCE}
    async with sqlite_client(path, **{"tokens": ENTRIES, **jwts, **settings}) as opened:
        yield opened


def rejected(message: str, code: str = "UNAUTHENTICATED") -> dict[str, Any]:
    return {"errors": [{"message": message, "extensions": {"code": code}}]}


def summary(response: httpx.Response) -> tuple[int, str | None, Any]:
    return response.status_code, response.headers.get("www-authenticate"), response.json()


# ----------------------------------------------------------------------------------------------------------------- status


@pytest.mark.parametrize("media_type", [JSON, GRAPHQL])
async def test_private_reading_without_a_token_is_a_401_with_a_challenge(seeded: Path, media_type: str) -> None:
    async with authenticating(seeded, public_read=False) as http:
        by_post = await http.post("/graphql", json={"query": DJANGO}, headers={"accept": media_type})
        by_get = await http.get("/graphql", params={"query": DJANGO}, headers={"accept": media_type})

    for response in (by_post, by_get):
        assert summary(response) == (401, CHALLENGE, rejected(NO_TOKEN))
        assert response.headers["content-type"] == f"{media_type}; charset=utf-8"


async def test_private_reading_reveals_nothing_of_the_schema(seeded: Path) -> None:
    texts = [get_introspection_query(), "{ __typename }", "{ framework { nmae } }", "{", "mutation { nope }", ""]
    async with authenticating(seeded, public_read=False) as http:
        responses = [await http.post("/graphql", json={"query": text}) for text in texts]
        broken = await http.post("/graphql", content=b"{", headers={"content-type": JSON})
        empty = await http.get("/graphql")

    expected = [(401, CHALLENGE, rejected(NO_TOKEN))] * (len(texts) + 2)
    assert [summary(response) for response in (*responses, broken, empty)] == expected


@pytest.mark.parametrize(
    "token", [READER.token, WRITER.token, ADMIN.token, signed(scope="read"), signed(scope="admin")], ids=constant_id
)
async def test_private_reading_is_possible_with_any_scope(seeded: Path, token: str) -> None:
    async with authenticating(seeded, public_read=False) as http:
        responses = [
            await http.post("/graphql", json={"query": DJANGO}, headers=bearer(token)),
            await http.get("/graphql", params={"query": DJANGO}, headers=bearer(token, accept=GRAPHQL)),
        ]

    assert [summary(response) for response in responses] == [(200, None, DJANGO_ANSWER)] * 2


@pytest.mark.parametrize(
    "text", [DJANGO, "{ __schema { queryType { name } } }", "{ nope }"], ids=["data", "schema", "wrong"]
)
async def test_a_cached_document_is_still_rejected_for_others(seeded: Path, text: str) -> None:
    others = [{}, bearer(UNKNOWN), bearer(signed(exp=0)), bearer(signed(scope="email"))]
    body = {"json": {"query": text}}
    async with authenticating(seeded, public_read=False) as http:
        first = await http.post("/graphql", **body, headers=bearer(READER.token))
        denied = [await http.post("/graphql", **body, headers=headers) for headers in others]
        again = await http.post("/graphql", **body, headers=bearer(READER.token))

    assert (first.status_code, first.json()) == (again.status_code, again.json())
    assert [summary(response) for response in denied] == [
        (401, CHALLENGE, rejected(NO_TOKEN)),
        (401, INVALID, rejected(UNKNOWN_TOKEN)),
        (401, INVALID, rejected(EXPIRED)),
        (403, INSUFFICIENT, rejected(NO_SCOPE, "FORBIDDEN")),
    ]


async def test_an_invalid_token_is_a_401_even_if_no_token_is_required(seeded: Path) -> None:
    body = {"json": {"query": DJANGO}}
    async with authenticating(seeded) as http:
        accepted = [
            await http.post("/graphql", **body, headers=headers)
            for headers in ({}, bearer(READER.token), bearer(signed()), bearer(signed(scope="email")))
        ]
        invalid = [
            await http.post("/graphql", **body, headers=headers)
            for headers in (bearer(UNKNOWN), bearer(signed(exp=0)), {"authorization": ""}, {"authorization": "Basic x"})
        ]
        twice = [("authorization", f"Bearer {READER.token}"), ("authorization", f"Bearer {READER.token}")]
        several = await http.post("/graphql", **body, headers=twice)

    assert [summary(response) for response in accepted] == [(200, None, DJANGO_ANSWER)] * 4
    assert [summary(response) for response in (*invalid, several)] == [
        (401, INVALID, rejected(reason)) for reason in (UNKNOWN_TOKEN, EXPIRED, MALFORMED, MALFORMED, MALFORMED)
    ]


async def test_a_token_in_the_url_the_body_or_a_cookie_is_ignored(seeded: Path) -> None:
    token = READER.token
    body = {"query": DJANGO, "access_token": token, "extensions": {"authorization": f"Bearer {token}"}}
    async with authenticating(seeded, public_read=False) as http:
        responses = [
            await http.get("/graphql", params={"query": DJANGO, "access_token": token}),
            await http.post("/graphql", json=body),
            await http.post("/graphql", json=body, headers={"cookie": f"authorization=Bearer {token}"}),
        ]

    assert [summary(response) for response in responses] == [(401, CHALLENGE, rejected(NO_TOKEN))] * 3


async def test_the_explorer_and_the_probes_are_public(seeded: Path) -> None:
    async with authenticating(seeded, public_read=False) as http:
        responses = [
            await http.get(path, headers={"accept": "text/html, */*;q=0.8", **headers})
            for headers in ({}, bearer(UNKNOWN))
            for path in ("/graphql", "/healthz", "/readyz")
        ]

    statuses = [(response.status_code, "<html" in response.text) for response in responses]
    assert statuses == [(200, True), (200, False), (200, False)] * 2


async def test_the_engine_checks_the_scope_again_for_new_and_for_cached_documents(seeded: Path) -> None:
    """The HTTP layer checks only that a client may read; mutations need another scope, which the engine checks."""

    class Lax(Authenticator):
        def authenticate(self, authorization: str | None) -> Principal:
            return Principal("powerless", frozenset()) if authorization else Principal(None, frozenset())

    settings = read_settings(store=f"sqlite:///{seeded}")
    store = await open_seeded_store(settings)
    engine = Engine(store)
    config = HttpConfig.of(settings, engine, RateLimiter(settings))
    try:
        async with asgi_client(GraphQLEndpoint(engine, Lax(settings), config, pages=None)) as http:
            new = await http.post("/", json={"query": DJANGO})
            without_context = await engine.schema.execute(DJANGO)
            with_context = await engine.schema.execute(
                DJANGO, context_value=TransportContext(Principal("dash", frozenset({"read"})))
            )
            cached = await http.post("/", json={"query": DJANGO}, headers={"authorization": "x"})
    finally:
        await engine.close()
        await store.close()

    assert summary(new) == (401, CHALLENGE, rejected(NO_TOKEN))
    assert summary(cached) == (403, INSUFFICIENT, rejected(NO_SCOPE, "FORBIDDEN"))
    assert (without_context.errors, with_context.errors) == (None, None)


# ------------------------------------------------------------------------------------------------------------------- logs


async def test_the_log_of_an_internal_error_has_the_name_of_the_principal(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "atlas.db"
    async with authenticating(path) as http:
        apsw.Connection(str(path)).execute("DROP TABLE evidence")
        for headers in ({}, bearer(WRITER.token), bearer(signed())):
            await http.post("/graphql", json={"query": EVIDENCE}, headers=headers)

    errors = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert [getattr(record, "principal", "none") for record in errors] == [None, "ci", "alice"]


@contextmanager
def uvicorn_server(app: ASGIApp) -> Iterator[str]:
    """The URL of a plain uvicorn in a thread, with its access log, which logs as the test does."""
    config = uvicorn.Config(app, port=0, log_config=None, log_level=None, access_log=True, ws="none")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        wait_until(lambda: server.started or not thread.is_alive(), "the server listens")
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()


@pytest.mark.parametrize("public_read", [True, False])
def test_no_token_appears_in_a_log(
    tmp_path: Path, public_read: bool, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "atlas.db"
    valid, invalid = [WRITER.token, signed()], [UNKNOWN, signed("x" * 32), signed(exp=0), signed(aud="other")]
    jwts = {"jwt_key": SECRET, "jwt_issuer": ISSUER, "jwt_audience": AUDIENCE}
    app = create_app(read_settings(store=f"sqlite:///{path}", tokens=ENTRIES, public_read=public_read, **jwts))
    headers = [f"Bearer {token}" for token in (*valid, *invalid)] + [UNKNOWN, f"Basic {UNKNOWN}", f"Bearer {UNKNOWN} x"]

    for logger in (None, "uvicorn.error", "uvicorn.access"):
        caplog.set_level(logging.DEBUG, logger)
    with uvicorn_server(app) as base, httpx.Client(base_url=base, timeout=30) as http:
        statuses = [
            http.post("/graphql", json={"query": DJANGO}, headers={"authorization": header}).status_code
            for header in headers
        ]
        apsw.Connection(str(path)).execute("DROP TABLE evidence")
        broken = http.post("/graphql", json={"query": EVIDENCE}, headers=bearer(WRITER.token))

    logged = caplog.text + "".join(str(vars(record)) for record in caplog.records) + "".join(capfd.readouterr())
    assert (statuses, broken.status_code) == ([200, 200, *[401] * 7], 500)
    assert "POST /graphql HTTP/1.1" in logged  # uvicorn's access log
    assert f"authentication failed: {EXPIRED}" in logged
    for token in (*valid, *invalid):
        assert [part for part in (token, *token.split(".")[1:]) if part in logged] == []
    assert (SECRET in logged, WRITER.entry in logged) == (False, False)


# -------------------------------------------------------------------------------------------------------------- processes


def test_every_worker_has_the_tokens(seeded: Path, tmp_path: Path) -> None:
    file = tmp_path / "tokens"
    file.write_text(READER.entry)
    environment = {
        "ATLAS_TOKENS": WRITER.entry,
        "ATLAS_TOKENS_FILE": str(file),
        "ATLAS_JWT_KEY": SECRET,
        "ATLAS_JWT_ISSUER": ISSUER,
        "ATLAS_JWT_AUDIENCE": AUDIENCE,
        "ATLAS_PUBLIC_READ": "false",
        "ATLAS_LOG_LEVEL": "debug",
    }
    with serving(seeded, "--workers", "2", **environment) as service:
        request = {"url": f"{service.base}/graphql", "json": {"query": DJANGO}, "timeout": 30}
        tokens = [READER.token, WRITER.token, signed(), UNKNOWN] * 3
        statuses = [httpx.post(**request, headers=bearer(token)).status_code for token in tokens]
        without_token = httpx.post(**request).status_code

    assert (statuses, without_token) == ([200, 200, 200, 401] * 3, 401)


def test_invalid_token_settings_are_reported_before_any_file_is_created(tmp_path: Path) -> None:
    completed = run("serve", "--port", "0", cwd=tmp_path, ATLAS_TOKENS=f"ci:write:{UNKNOWN}")

    assert (completed.returncode, completed.stderr) == (
        1,
        "ATLAS_TOKENS: entry 1 must end with the SHA-256 of the token (64 hexadecimal digits), not with the token.\n",
    )
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(SettingsError, match="ATLAS_PUBLIC_READ"):
        create_app(read_settings(public_read=False))
