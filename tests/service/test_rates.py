"""How often somebody may ask: by token, by address, over HTTP and WebSockets, and with nobody to count."""

from __future__ import annotations

import asyncio
import logging
import os
import socket as sockets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.exceptions import InvalidStatus

from service.app import create_app
from service.auth.principal import ANONYMOUS, Principal
from service.errors import SettingsError
from service.http.rate_limits import RateLimitedError, RateLimiter, client_key
from service.settings import Settings
from tests.commands import serving
from tests.service.test_http import DJANGO, DJANGO_ANSWER, GRAPHQL, JSON
from tests.service.test_subscriptions import connected, socket
from tests.tokens import ADMIN, ENTRIES, READER, WRITER

REDIS = os.environ.get("ATLAS_TEST_REDIS")


class Clients:
    """Clients of one application, each with an address."""

    def __init__(self, app: Any) -> None:
        self._app = app

    async def ask(
        self, address: str = "192.0.2.1", *, path: str = "/graphql", body: Any = None, **headers: str
    ) -> httpx.Response:
        transport = httpx.ASGITransport(self._app, client=(address, 1))
        async with httpx.AsyncClient(transport=transport, base_url="http://atlas", headers=headers) as client:
            return await (client.get(path) if path != "/graphql" else client.post(path, json=body or {"query": DJANGO}))


@asynccontextmanager
async def running(path: Path, **settings: Any) -> AsyncIterator[Clients]:
    app = create_app(Settings(store=f"sqlite:///{path}", tokens=ENTRIES, **settings))
    async with app.router.lifespan_context(app):
        yield Clients(app)


def bearer(token: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token}"}


@pytest.mark.anyio
@pytest.mark.parametrize("media", [JSON, GRAPHQL])
async def test_who_asks_too_often_is_told_when_to_come_back(seeded: Path, media: str) -> None:
    async with running(seeded, rate="2/hour") as clients:
        answered = [await clients.ask(accept=media) for _ in range(2)]
        refused = await clients.ask(accept=media)
        other = await clients.ask("192.0.2.2")

    assert [one.json() for one in (*answered, other)] == [DJANGO_ANSWER] * 3
    assert [one.headers["ratelimit-policy"] for one in (*answered, refused)] == ['"default";q=2;w=3600'] * 3
    assert [one.headers["ratelimit"].partition(";t=")[0] for one in (*answered, refused)] == [
        '"default";r=1',
        '"default";r=0',
        '"default";r=0',
    ]
    seconds = int(refused.headers["retry-after"])
    assert 1 <= seconds <= 3600
    assert (refused.status_code, refused.headers["content-type"], refused.headers["cache-control"]) == (
        429,
        f"{media}; charset=utf-8",
        "no-store",
    )
    assert refused.json() == {
        "errors": [
            {
                "message": f"Too many requests: at most 2 in 3600 seconds; try again in {seconds} seconds.",
                "extensions": {"code": "RATE_LIMITED", "retryAfter": seconds},
            }
        ]
    }


@pytest.mark.anyio
async def test_a_token_is_counted_by_its_name_wherever_it_comes_from(seeded: Path) -> None:
    async with running(seeded, rate="2/hour") as clients:
        found = [
            await clients.ask("192.0.2.1", **bearer(READER.token)),
            await clients.ask("192.0.2.2", **bearer(READER.token)),
            await clients.ask("192.0.2.3", **bearer(READER.token)),
            await clients.ask("192.0.2.3", **bearer(WRITER.token)),
            await clients.ask("192.0.2.3"),
        ]

    assert [one.status_code for one in found] == [200, 200, 429, 200, 200]


@pytest.mark.anyio
@pytest.mark.parametrize("public", [True, False])
async def test_who_guesses_tokens_is_counted(seeded: Path, public: bool) -> None:
    async with running(seeded, rate="2/hour", public_read=public) as clients:
        found = [await clients.ask(**bearer(f"atlas_{number}")) for number in range(3)]
        schema = await clients.ask(path="/schema.graphql")

    assert [one.status_code for one in (*found, schema)] == [401, 401, 429, 429]


@pytest.mark.anyio
async def test_who_guesses_the_token_of_an_administrator_is_counted(seeded: Path) -> None:
    async with running(seeded, rate="2/hour") as clients:
        found = [
            await clients.ask(path="/metrics", **bearer(token))
            for token in (ADMIN.token, ADMIN.token, "atlas_1", READER.token, "atlas_2", ADMIN.token)
        ]
        schema = await clients.ask(path="/schema.graphql")

    assert [one.status_code for one in (*found, schema)] == [200, 200, 401, 403, 429, 200, 429]
    assert found[4].json()["errors"][0]["extensions"]["code"] == "RATE_LIMITED"


@pytest.mark.anyio
async def test_what_is_no_question_does_not_count(seeded: Path) -> None:
    async with running(seeded, rate="1/hour") as clients:
        free = [await clients.ask(path=path) for path in ("/healthz", "/readyz", "/", "/graph", "/assets/none") * 2]
        page = await clients.ask(path="/graphql?", accept="text/html")
        asked = await clients.ask()

    assert 429 not in {one.status_code for one in (*free, page)}
    assert asked.status_code == 200


@pytest.mark.anyio
async def test_without_a_rate_nobody_is_counted(seeded: Path) -> None:
    async with running(seeded, rate="") as clients:
        answered = await clients.ask()

    assert [name for name in answered.headers if name.startswith("ratelimit")] == []


@pytest.mark.parametrize(
    ("principal", "address", "who"),
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
def test_somebody_is_a_token_or_an_address(principal: Principal, address: str | None, who: str) -> None:
    assert client_key(principal, address) == who


@pytest.mark.parametrize(
    ("settings", "reason"),
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
def test_a_wrong_rate_stops_the_start(settings: dict[str, Any], reason: str) -> None:
    with pytest.raises(SettingsError) as refused:
        RateLimiter(Settings(**settings))

    assert str(refused.value) == reason


@pytest.mark.anyio
async def test_a_redis_that_is_away_limits_nobody_and_is_told_once(
    seeded: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with sockets.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # nobody listens there
        store = f"redis://:hunter2@127.0.0.1:{taken.getsockname()[1]}/0"
        with caplog.at_level(logging.WARNING, "atlas"):
            async with running(seeded, rate="1/hour", rate_store=store) as clients:
                found = [await clients.ask() for _ in range(3)]

    assert [one.json() for one in found] == [DJANGO_ANSWER] * 3
    assert [record.getMessage().partition(":")[0] for record in caplog.records] == [
        "the rate store is unavailable, no rate limit for 5 s"
    ]
    assert "hunter2" not in caplog.text


@pytest.mark.anyio
async def test_who_has_not_asked_for_long_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("service.http.rate_limits._SWEEP_SECONDS", 0.0)
    rates = RateLimiter(Settings(rate="100/second"))
    for number in range(50):
        await rates.count(str(number))
    await asyncio.sleep(2.1)  # two windows
    await rates.count("last")
    await asyncio.sleep(0)  # what forgets runs beside

    held: Any = rates._limiter.storage
    assert len(held.storage) == 1


@pytest.mark.anyio
@pytest.mark.skipif(REDIS is None, reason="no Redis: ATLAS_TEST_REDIS names none")
async def test_processes_count_together_in_a_redis() -> None:
    settings = Settings(rate="3/hour", rate_store=REDIS)  # type: ignore[arg-type]
    one, other = RateLimiter(settings), RateLimiter(settings)
    who = f"test:{os.urandom(8).hex()}"

    quotas = [await rates.count(who) for rates in (one, other, one)]
    with pytest.raises(RateLimitedError) as refused:
        await other.count(who)
    for rates in (one, other):
        await rates.close()

    assert [quota.remaining for quota in quotas if quota] == [2, 1, 0]
    assert refused.value.quota.remaining == 0


# ------------------------------------------------------------------------------------------- WebSockets, proxies: serving


@pytest.mark.anyio
async def test_the_handshake_and_each_operation_of_a_web_socket_count(seeded: Path) -> None:
    with serving(seeded, ATLAS_RATE="3/hour", ATLAS_TOKENS=ENTRIES) as served:
        async with socket(served) as opened:
            told = []
            for _ in range(3):
                await opened.send(type="subscribe", id="1", payload={"query": DJANGO})
                told.append(await opened.receive())
                if told[-1]["type"] == "next":
                    assert (await opened.receive())["type"] == "complete"
        with pytest.raises(InvalidStatus) as refused:
            async with connected(served):
                pass
        async with httpx.AsyncClient(base_url=served.base) as client:
            another = await client.post("/graphql", json={"query": DJANGO}, headers={"x-forwarded-for": "192.0.2.1"})

    assert [one["type"] for one in told] == ["next", "next", "error"]
    assert told[-1]["payload"][0]["extensions"]["code"] == "RATE_LIMITED"
    assert refused.value.response.status_code == 429
    assert "retry-after" in refused.value.response.headers
    assert another.status_code == 429, "nobody's X-Forwarded-For is believed"


@pytest.mark.anyio
async def test_the_address_that_a_proxy_tells_is_believed_if_the_settings_name_it(seeded: Path) -> None:
    with serving(seeded, ATLAS_RATE="1/hour", ATLAS_TRUSTED_PROXIES="10.0.0.1, 127.0.0.0/8") as served:
        async with httpx.AsyncClient(base_url=served.base) as client:
            found = [
                await client.post("/graphql", json={"query": DJANGO}, headers={"x-forwarded-for": address})
                for address in ("192.0.2.1", "192.0.2.2", "192.0.2.1", "192.0.2.1, 192.0.2.3")
            ]

    assert [one.status_code for one in found] == [200, 200, 429, 200]
