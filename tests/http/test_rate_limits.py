"""Rate limits: by token and by address, over HTTP and WebSockets, behind a proxy, and without a rate store."""

from __future__ import annotations

import asyncio
import logging
import os
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.types import ASGIApp
from websockets.exceptions import InvalidStatus

from service.app import create_app
from service.auth.principal import ANONYMOUS, Principal
from service.errors import SettingsError
from service.http.rate_limits import RateLimitedError, RateLimiter, client_key
from service.settings import Settings
from tests.apps import asgi_client
from tests.commands import serving
from tests.http_requests import DJANGO_QUERY, DJANGO_RESPONSE, GRAPHQL_JSON, JSON
from tests.stream_clients import connect_websocket, open_websocket
from tests.tokens import ADMIN, ENTRIES, READER, WRITER, bearer

REDIS = os.environ.get("ATLAS_TEST_REDIS")


class Clients:
    """Clients of one application, at different addresses."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def post(self, address: str = "192.0.2.1", **headers: str) -> httpx.Response:
        async with asgi_client(self._app, client=(address, 1)) as client:
            return await client.post("/graphql", json={"query": DJANGO_QUERY}, headers=headers)

    async def get(self, path: str, **headers: str) -> httpx.Response:
        async with asgi_client(self._app, client=("192.0.2.1", 1)) as client:
            return await client.get(path, headers=headers)


@asynccontextmanager
async def running_app(path: Path, **settings: Any) -> AsyncIterator[Clients]:
    app = create_app(Settings(store=f"sqlite:///{path}", tokens=ENTRIES, **settings))
    async with app.router.lifespan_context(app):
        yield Clients(app)


@pytest.mark.anyio
@pytest.mark.parametrize("media_type", [JSON, GRAPHQL_JSON])
async def test_a_client_over_its_limit_gets_a_429_with_the_seconds_to_wait(seeded: Path, media_type: str) -> None:
    async with running_app(seeded, rate="2/hour") as clients:
        allowed = [await clients.post(accept=media_type) for _ in range(2)]
        rejected = await clients.post(accept=media_type)
        other_client = await clients.post("192.0.2.2")

    counted = *allowed, rejected
    assert [response.json() for response in (*allowed, other_client)] == [DJANGO_RESPONSE] * 3
    assert [response.headers["ratelimit-policy"] for response in counted] == ['"default";q=2;w=3600'] * 3
    assert [response.headers["ratelimit"].partition(";t=")[0] for response in counted] == [
        '"default";r=1',
        '"default";r=0',
        '"default";r=0',
    ]
    seconds = int(rejected.headers["retry-after"])
    assert 1 <= seconds <= 3600
    assert (rejected.status_code, rejected.headers["content-type"], rejected.headers["cache-control"]) == (
        429,
        f"{media_type}; charset=utf-8",
        "no-store",
    )
    assert rejected.json() == {
        "errors": [
            {
                "message": f"Too many requests: at most 2 in 3600 seconds; try again in {seconds} seconds.",
                "extensions": {"code": "RATE_LIMITED", "retryAfter": seconds},
            }
        ]
    }


@pytest.mark.anyio
async def test_a_token_is_counted_by_its_name_at_any_address(seeded: Path) -> None:
    async with running_app(seeded, rate="2/hour") as clients:
        responses = [
            await clients.post("192.0.2.1", **bearer(READER.token)),
            await clients.post("192.0.2.2", **bearer(READER.token)),
            await clients.post("192.0.2.3", **bearer(READER.token)),
            await clients.post("192.0.2.3", **bearer(WRITER.token)),
            await clients.post("192.0.2.3"),
        ]

    assert [response.status_code for response in responses] == [200, 200, 429, 200, 200]


@pytest.mark.anyio
@pytest.mark.parametrize("public_read", [True, False])
async def test_requests_with_invalid_tokens_count_for_the_address(seeded: Path, public_read: bool) -> None:
    async with running_app(seeded, rate="2/hour", public_read=public_read) as clients:
        guesses = [await clients.post(**bearer(f"atlas_{number}")) for number in range(3)]
        schema = await clients.get("/schema.graphql")

    assert [response.status_code for response in (*guesses, schema)] == [401, 401, 429, 429]


@pytest.mark.anyio
async def test_rejected_requests_for_metrics_count_for_the_address(seeded: Path) -> None:
    async with running_app(seeded, rate="2/hour") as clients:
        tokens = ADMIN.token, ADMIN.token, "atlas_1", READER.token, "atlas_2", ADMIN.token
        responses = [await clients.get("/metrics", **bearer(token)) for token in tokens]
        schema = await clients.get("/schema.graphql")

    statuses = [response.status_code for response in (*responses, schema)]
    assert statuses == [200, 200, 401, 403, 429, 200, 429]
    assert responses[4].json()["errors"][0]["extensions"]["code"] == "RATE_LIMITED"


@pytest.mark.anyio
async def test_probes_and_pages_do_not_count(seeded: Path) -> None:
    async with running_app(seeded, rate="1/hour") as clients:
        uncounted = [await clients.get(path) for path in ("/healthz", "/readyz", "/", "/graph", "/assets/none") * 2]
        explorer = await clients.get("/graphql?", accept="text/html")
        counted = await clients.post()

    assert 429 not in {response.status_code for response in (*uncounted, explorer)}
    assert counted.status_code == 200


@pytest.mark.anyio
async def test_without_a_rate_requests_are_not_counted(seeded: Path) -> None:
    async with running_app(seeded, rate="") as clients:
        response = await clients.post()

    assert [name for name in response.headers if name.startswith("ratelimit")] == []


@pytest.mark.parametrize(
    ("principal", "address", "key"),
    [
        (Principal("ci", frozenset()), "192.0.2.1", "token:ci"),
        (ANONYMOUS, "192.0.2.1", "address:192.0.2.1"),
        (ANONYMOUS, "::ffff:192.0.2.1", "address:192.0.2.1"),
        (ANONYMOUS, "2001:db8:1:2:3:4:5:6", "address:2001:db8:1:2::"),
        (ANONYMOUS, "fe80::1%eth0", "address:fe80::"),
        (ANONYMOUS, None, "address:local"),
        (ANONYMOUS, "testclient", "address:testclient"),
    ],
)
def test_a_client_is_counted_by_its_token_or_by_its_network(
    principal: Principal, address: str | None, key: str
) -> None:
    assert client_key(principal, address) == key


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (
            {"rate": "often"},
            "ATLAS_RATE: 'often' is not a rate; write a number and a period, such as 600/minute, or nothing for no limit.",
        ),
        (
            {"rate": "0/minute"},
            "ATLAS_RATE: '0/minute' is not a rate; write a number and a period, such as 600/minute, or nothing for no limit.",
        ),
        ({"rate_store": "mongodb://:hunter2@x"}, "ATLAS_RATE_STORE: use memory:// or redis://HOST:PORT/0."),
    ],
)
def test_an_invalid_setting_is_rejected_without_quoting_a_password(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(SettingsError) as error:
        RateLimiter(Settings(**settings))

    assert str(error.value) == message


@pytest.mark.anyio
async def test_without_its_redis_the_service_has_no_limit_and_logs_that_once(
    seeded: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))  # not listening, so that connections are refused
        store = f"redis://:hunter2@127.0.0.1:{bound.getsockname()[1]}/0"
        with caplog.at_level(logging.WARNING, "atlas"):
            async with running_app(seeded, rate="1/hour", rate_store=store) as clients:
                responses = [await clients.post() for _ in range(3)]

    assert [response.json() for response in responses] == [DJANGO_RESPONSE] * 3
    assert [record.getMessage().partition(":")[0] for record in caplog.records] == [
        "the rate store is unavailable, no rate limit for 5 s"
    ]
    assert "hunter2" not in caplog.text


@pytest.mark.anyio
async def test_expired_counts_are_dropped_from_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("service.http.rate_limits._SWEEP_SECONDS", 0.0)
    rate_limiter = RateLimiter(Settings(rate="100/second"))
    storage: Any = rate_limiter._limiter.storage
    for number in range(50):
        await rate_limiter.count(str(number))
    counts = len(storage.storage)

    async with asyncio.timeout(30):
        while any("last" not in key for key in storage.storage):
            await rate_limiter.count("last")
            await asyncio.sleep(0.1)

    assert counts == 50


@pytest.mark.anyio
@pytest.mark.skipif(REDIS is None, reason="no Redis: ATLAS_TEST_REDIS is not set")
async def test_processes_share_their_counts_in_a_redis() -> None:
    settings = Settings(rate="3/hour", rate_store=REDIS)  # type: ignore[arg-type]
    first, second = RateLimiter(settings), RateLimiter(settings)
    key = f"test:{os.urandom(8).hex()}"

    quotas = [await rate_limiter.count(key) for rate_limiter in (first, second, first)]
    with pytest.raises(RateLimitedError) as error:
        await second.count(key)
    for rate_limiter in (first, second):
        await rate_limiter.close()

    assert [quota.remaining for quota in quotas if quota] == [2, 1, 0]
    assert error.value.quota.remaining == 0


@pytest.mark.anyio
async def test_the_handshake_and_each_operation_of_a_websocket_count(seeded: Path) -> None:
    with serving(seeded, ATLAS_RATE="3/hour", ATLAS_TOKENS=ENTRIES) as service:
        async with open_websocket(service.base) as client:
            messages = []
            for _ in range(3):
                await client.send(type="subscribe", id="1", payload={"query": DJANGO_QUERY})
                messages.append(await client.receive())
                if messages[-1]["type"] == "next":
                    assert (await client.receive())["type"] == "complete"
        with pytest.raises(InvalidStatus) as rejected:
            async with connect_websocket(service.base):
                pass
        async with httpx.AsyncClient(base_url=service.base) as http:
            forged = await http.post("/graphql", json={"query": DJANGO_QUERY}, headers={"x-forwarded-for": "192.0.2.1"})

    assert [message["type"] for message in messages] == ["next", "next", "error"]
    assert messages[-1]["payload"][0]["extensions"]["code"] == "RATE_LIMITED"
    assert rejected.value.response.status_code == 429
    assert "retry-after" in rejected.value.response.headers
    assert forged.status_code == 429, "X-Forwarded-For is used only from trusted proxies"


@pytest.mark.anyio
async def test_clients_behind_a_trusted_proxy_count_by_the_address_that_it_forwards(seeded: Path) -> None:
    addresses = "192.0.2.1", "192.0.2.2", "192.0.2.1", "192.0.2.1, 192.0.2.3"
    with serving(seeded, ATLAS_RATE="1/hour", ATLAS_TRUSTED_PROXIES="10.0.0.1, 127.0.0.0/8") as service:
        async with httpx.AsyncClient(base_url=service.base) as client:
            responses = [
                await client.post("/graphql", json={"query": DJANGO_QUERY}, headers={"x-forwarded-for": address})
                for address in addresses
            ]

    assert [response.status_code for response in responses] == [200, 200, 429, 200]
