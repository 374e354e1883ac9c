"""Generate requests that are malformed or hostile, send them to the application, and check the responses.

`uv run python -m benchmarks.fuzz` sends 100,000 of them; the tests send some hundreds.
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
from tests.apps import asgi_client

EXAMPLES = [path.read_text("utf-8") for path in sorted((Path(__file__).parent.parent / "examples").glob("*.graphql"))]
NAMES = sorted(set(re.findall(r"[A-Za-z_]\w*", " ".join(EXAMPLES))))
FRAGMENTS = (
    *("{", "}", "(", ")", "[", "]", ":", "!", "$", "@", "...", "=", "|", "&", '"', '"""', "#", ","),
    *("\0", "\ufeff", "\ud800"),
    *("null", "true", "-1", "0", "1e400", "99999999999999999999", "9" * 400, "1001"),
    *('"x"', '"\\u0000"', "'", "\\", "$v0"),
    *("query", "mutation", "subscription", "fragment F on Framework {", "on", "...F"),
    *("@skip(if: true)", "@include(if: $x)"),
    *("__schema { types { name } }", "__type(name: 5) { name }", "__typename", "first: -1", 'after: "x"', "where: {}"),
    *("where: {not: {not: {not: {}}}}", "orderBy: []", "ids: []", "a: a"),
    *("{" * 60, "[" * 60, "[" * 300 + "]" * 300, "{a" * 40, "... { " * 30),
    *("') UNION SELECT 1 --", "}) DETACH DELETE n //", "😀", "日本", "\u202e", "\u2028"),
)
"""Inserted into documents, and used as values."""
INTERNAL_DETAILS = re.compile(
    r"Traceback|sqlite3?_|apsw\.|\bSELECT \(|\bMATCH \(|neo4j\.|bolt://|site-packages|\.py\b|File \"|framework_has|_pk\b|0x[0-9a-f]{8}"
)
MAX_SECONDS = 2.0
READY_SECONDS = 300
MAX_URL_LENGTH = 60_000
"""Less than the 65,536 characters that httpx accepts."""

_scalars = st.one_of(
    *(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False)),
    *(st.text(max_size=20), st.sampled_from(FRAGMENTS)),
)
VALUES = st.recursive(
    _scalars,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(NAMES) | st.text(max_size=5), inner, max_size=4)
    ),
    max_leaves=12,
)
ACCEPT = ("*/*", "application/json", "application/graphql-response+json", "text/csv", "x", ";q=")
HEADERS = ("authorization", "content-type", "content-encoding", "atlas-bookmark", "if-none-match", "x-request-id")
MEMBERS = ("query", "variables", "operationName", "extensions", "documentId")
VARIATIONS = ("document", "document", "document", "members", "value", "bytes", "get", "headers", "nested")


@dataclass(frozen=True)
class Request:
    """A request to `/graphql`."""

    method: str
    content: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    params: dict[str, str] = field(default_factory=dict)


@st.composite
def documents(draw: st.DrawFn) -> str:
    """An example in which up to four places are replaced."""
    text = draw(st.sampled_from(EXAMPLES))
    for _ in range(draw(st.integers(0, 4))):
        start = draw(st.integers(0, len(text)))
        end = draw(st.sampled_from((start, start, start + 1, start + 5, start + 40)))
        inserted = draw(st.sampled_from(FRAGMENTS) | st.sampled_from(NAMES) | st.just(text[start : start + 60]))
        text = text[:start] + inserted * draw(st.sampled_from((1, 1, 1, 3, 40))) + text[end:]
    return text


@st.composite
def requests(draw: st.DrawFn) -> Request:
    """Most requests are JSON with a document; at most one part of the request is unusual."""
    headers = {"accept": draw(st.sampled_from(ACCEPT)), "content-type": "application/json"}
    variation = draw(st.sampled_from(VARIATIONS))
    body: Any = {"query": draw(documents())}
    if variation in {"document", "get"} and draw(st.booleans()):
        body["variables"] = draw(st.dictionaries(st.sampled_from(NAMES), VALUES, max_size=3))
    if variation == "nested":
        levels = draw(st.sampled_from((39, 45, 260, 400)))
        body[draw(st.sampled_from(("variables", "extensions")))] = {"a": json.loads("[" * levels + "]" * levels)}
    if variation == "members":
        body = {name: draw(VALUES) for name in draw(st.sets(st.sampled_from(MEMBERS)))}
    elif variation == "value":
        body = draw(VALUES)
    elif variation == "headers":
        name = draw(st.sampled_from(HEADERS))
        headers[name] = draw(st.text(st.characters(min_codepoint=32, max_codepoint=255), max_size=40))
    if variation == "get" or (variation == "nested" and draw(st.booleans())):
        params = {name: value if isinstance(value, str) else json.dumps(value) for name, value in body.items()}
        return Request("GET", headers=headers, params=_valid_params(params))
    content = draw(st.binary(max_size=60)) if variation == "bytes" else json.dumps(body).encode()
    return Request(draw(st.sampled_from(("POST", "POST", "POST", "POST", "PUT"))), content, headers)


def _valid_params(params: dict[str, str]) -> dict[str, str]:
    """URL parameters that the client can send: valid UTF-8, and truncated if the URL would be too long."""
    texts = {name: value.encode("utf-8", "replace").decode() for name, value in params.items()}
    is_short = len(urlencode(texts)) < MAX_URL_LENGTH
    return texts if is_short else {name: text[:1000] for name, text in texts.items()}


@contextmanager
def application(settings: Settings) -> Iterator[Callable[[Request], list[str]]]:
    """Run the application in an event loop of its own. Yields a function that sends a request and returns `problems`."""
    app = create_app(settings)
    with (
        anyio.from_thread.start_blocking_portal() as portal,
        portal.wrap_async_context_manager(app.router.lifespan_context(app)),
    ):
        client = asgi_client(app)
        deadline = time.monotonic() + READY_SECONDS
        while portal.call(_readiness, client) != 200:
            assert time.monotonic() < deadline, f"not ready within {READY_SECONDS} s"
            time.sleep(0.1)
        yield lambda request: portal.call(_send, client, request)


async def _readiness(client: httpx.AsyncClient) -> int:
    return (await client.get("/readyz")).status_code


async def _send(client: httpx.AsyncClient, request: Request) -> list[str]:
    headers = [(name, value.encode("latin-1", "replace")) for name, value in request.headers.items()]
    start, cpu_start = time.perf_counter(), time.process_time()
    try:
        response = await client.request(
            request.method, "/graphql", content=request.content, headers=headers, params=request.params
        )
    except Exception as error:  # noqa: BLE001 - any exception that the application does not catch
        return [f"raises {error!r}"]
    return list(problems(request, response, time.perf_counter() - start, time.process_time() - cpu_start))


def problems(request: Request, response: httpx.Response, seconds: float, cpu_seconds: float) -> Iterator[str]:
    """The rules that a response breaks."""
    text = response.content.decode("utf-8", "replace")
    if response.status_code >= 500:
        yield f"status {response.status_code}: {text[:300]}"
    if seconds > MAX_SECONDS:
        yield f"slow: {seconds:.1f} s, of which {cpu_seconds:.1f} s CPU time"
    request_text = json.dumps(request.params) + request.content.decode("utf-8", "replace")
    messages = " ".join(_messages(text))
    details = [match for match in INTERNAL_DETAILS.findall(messages) if match not in request_text]
    if details:
        yield f"contains internal details {details}: {text[:300]}"
    if response.status_code >= 400 and not messages:
        yield f"status {response.status_code} without a message: {text[:100]}"


def _messages(text: str) -> Iterator[str]:
    try:
        response = json.loads(text)
    except ValueError:
        return
    for error in response.get("errors", ()) if isinstance(response, dict) else ():
        yield str(error.get("message"))
