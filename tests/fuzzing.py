"""Requests that nobody would send on purpose, drawn by Hypothesis, and what holds of every answer to them.

`uv run python -m benchmarks.fuzz` sends 100,000 of them; the tests send some hundred.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import anyio.from_thread
import httpx
from hypothesis import strategies as st

from service.app import create_app
from service.settings import Settings
from tests.apps import client

EXAMPLES = [path.read_text("utf-8") for path in sorted((Path(__file__).parent.parent / "examples").glob("*.graphql"))]
NAMES = sorted(set(re.findall(r"[A-Za-z_]\w*", " ".join(EXAMPLES))))
DEEP = "[" * 300 + "]" * 300
PIECES = (
    *(
        "{",
        "}",
        "(",
        ")",
        "[",
        "]",
        ":",
        "!",
        "$",
        "@",
        "...",
        "=",
        "|",
        "&",
        '"',
        '"""',
        "#",
        ",",
        "\0",
        "\ufeff",
        "\ud800",
    ),
    *(
        "null",
        "true",
        "-1",
        "0",
        "1e400",
        "99999999999999999999",
        "9" * 400,
        "1001",
        '"x"',
        '"\\u0000"',
        "'",
        "\\",
        "$v0",
    ),
    *(
        "query",
        "mutation",
        "subscription",
        "fragment F on Framework {",
        "on",
        "...F",
        "@skip(if: true)",
        "@include(if: $x)",
    ),
    *("__schema { types { name } }", "__type(name: 5) { name }", "__typename", "first: -1", 'after: "x"', "where: {}"),
    *(
        "where: {not: {not: {not: {}}}}",
        "orderBy: []",
        "ids: []",
        "a: a",
        "{" * 60,
        "[" * 60,
        DEEP,
        "{a" * 40,
        "... { " * 30,
    ),
    *("') UNION SELECT 1 --", "}) DETACH DELETE n //", "😀", "日本", "\u202e", "\u2028"),
)
LEAKS = re.compile(
    r"Traceback|sqlite3?_|apsw\.|\bSELECT \(|\bMATCH \(|neo4j\.|bolt://|site-packages|\.py\b|File \"|framework_has|_pk\b|0x[0-9a-f]{8}"
)
SLOWEST_SECONDS = 2.0
READY_SECONDS = 300
LONGEST_URL = 60_000  # httpx sends none of more than 65,536

_scalars = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text(max_size=20), st.sampled_from(PIECES)
)
VALUES = st.recursive(
    _scalars,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(NAMES) | st.text(max_size=5), inner, max_size=4)
    ),
    max_leaves=12,
)


@st.composite
def documents(draw: st.DrawFn) -> str:
    """A document: an example, cut and patched a few times."""
    text = draw(st.sampled_from(EXAMPLES))
    for _ in range(draw(st.integers(0, 4))):
        at = draw(st.integers(0, len(text)))
        until = draw(st.sampled_from((at, at, at + 1, at + 5, at + 40)))
        piece = draw(st.sampled_from(PIECES) | st.sampled_from(NAMES) | st.just(text[at : at + 60]))
        text = text[:at] + piece * draw(st.sampled_from((1, 1, 1, 3, 40))) + text[until:]
    return text


@dataclass(frozen=True)
class Sent:
    """A request."""

    method: str
    content: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    params: dict[str, str] = field(default_factory=dict)


@st.composite
def requests(draw: st.DrawFn) -> Sent:
    """A request to `/graphql`: most are JSON that has a document, and are wrong in one way or another, or in none."""
    accept = draw(
        st.sampled_from(("*/*", "application/json", "application/graphql-response+json", "text/csv", "x", ";q="))
    )
    headers = {"accept": accept, "content-type": "application/json"}
    kind = draw(
        st.sampled_from(("document", "document", "document", "shape", "value", "bytes", "get", "headers", "nested"))
    )
    asked: Any = {"query": draw(documents())}
    if kind in {"document", "get"} and draw(st.booleans()):
        asked["variables"] = draw(st.dictionaries(st.sampled_from(NAMES), VALUES, max_size=3))
    if kind == "nested":
        levels = draw(st.sampled_from((39, 45, 260, 400)))
        asked[draw(st.sampled_from(("variables", "extensions")))] = {"a": json.loads("[" * levels + "]" * levels)}
    if kind == "shape":
        asked = {
            name: draw(VALUES)
            for name in draw(
                st.sets(st.sampled_from(("query", "variables", "operationName", "extensions", "documentId")))
            )
        }
    elif kind == "value":
        asked = draw(VALUES)
    elif kind == "headers":
        name = draw(
            st.sampled_from(
                ("authorization", "content-type", "content-encoding", "atlas-bookmark", "if-none-match", "x-request-id")
            )
        )
        headers[name] = draw(st.text(st.characters(min_codepoint=32, max_codepoint=255), max_size=40))
    if kind == "get" or (kind == "nested" and draw(st.booleans())):
        params = {name: value if isinstance(value, str) else json.dumps(value) for name, value in asked.items()}
        return Sent("GET", headers=headers, params=_sendable(params))
    content = draw(st.binary(max_size=60)) if kind == "bytes" else json.dumps(asked).encode()
    return Sent(draw(st.sampled_from(("POST", "POST", "POST", "POST", "PUT"))), content, headers)


def _sendable(params: dict[str, str]) -> dict[str, str]:
    """These in UTF-8, and cut where the client would not send so long a URL."""
    texts = {name: value.encode("utf-8", "replace").decode() for name, value in params.items()}
    return texts if len(urlencode(texts)) < LONGEST_URL else {name: text[:1000] for name, text in texts.items()}


@contextmanager
def asking(settings: Settings) -> Iterator[Callable[[Sent], list[str]]]:
    """While the application runs, in an event loop of its own: what tells what is wrong with the answer to a request."""
    app = create_app(settings)
    with (
        anyio.from_thread.start_blocking_portal() as portal,
        portal.wrap_async_context_manager(app.router.lifespan_context(app)),
    ):
        made = client(app)
        give_up = time.monotonic() + READY_SECONDS
        while portal.call(_readiness, made) != 200:
            assert time.monotonic() < give_up, f"not ready within {READY_SECONDS} s"
            time.sleep(0.1)
        yield lambda sent: portal.call(_ask, made, sent)


async def _readiness(client: httpx.AsyncClient) -> int:
    return (await client.get("/readyz")).status_code


async def _ask(client: httpx.AsyncClient, sent: Sent) -> list[str]:
    headers = [(name, value.encode("latin-1", "replace")) for name, value in sent.headers.items()]
    begun, worked = time.perf_counter(), time.process_time()
    try:
        answered = await client.request(
            sent.method, "/graphql", content=sent.content, headers=headers, params=sent.params
        )
    except Exception as error:  # noqa: BLE001 - whatever the application does not catch itself
        return [f"raises {error!r}"]
    return list(faults(sent, answered, time.perf_counter() - begun, time.process_time() - worked))


def faults(sent: Sent, answered: httpx.Response, seconds: float, worked: float) -> Iterator[str]:
    """What is wrong with an answer that came after so many seconds, of which the process worked; nothing should be."""
    text = answered.content.decode("utf-8", "replace")
    if answered.status_code >= 500:
        yield f"status {answered.status_code}: {text[:300]}"
    if seconds > SLOWEST_SECONDS:
        yield f"{seconds:.1f} s, {worked:.1f} of them at work"
    given = json.dumps(sent.params) + sent.content.decode("utf-8", "replace")
    said = " ".join(_messages(text))
    leaked = [found for found in LEAKS.findall(said) if found not in given]
    if leaked:
        yield f"leaks {leaked}: {text[:300]}"
    if answered.status_code >= 400 and not said:
        yield f"status {answered.status_code} without a sentence: {text[:100]}"


def _messages(text: str) -> Iterator[str]:
    try:
        answer = json.loads(text)
    except ValueError:
        return
    for error in answer.get("errors", ()) if isinstance(answer, dict) else ():
        yield str(error.get("message"))
