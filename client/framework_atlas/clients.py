"""The blocking client and the asyncio client. Both execute the I/O commands of a session (`session.py`)."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Generator, Mapping
from contextlib import AbstractAsyncContextManager, AbstractContextManager, AsyncExitStack, ExitStack, aclosing, closing
from typing import Any, Self, TypeAlias, TypedDict, TypeVar, Unpack, overload

import httpx

from framework_atlas.commands import (
    Chunk,
    Emit,
    Failure,
    Flow,
    OpenStream,
    ReadChunk,
    Reply,
    Response,
    Send,
    Sleep,
    StreamOpened,
)
from framework_atlas.errors import DocumentError
from framework_atlas.retries import Retries
from framework_atlas.session import Operation, Session, Token
from framework_atlas.types import Change

T = TypeVar("T")
Variables: TypeAlias = Mapping[str, Any]

TIMEOUT_SECONDS = 30.0
PATIENCE_SECONDS = 300.0
_CONNECT_SECONDS = 10.0


class Options(TypedDict, total=False):
    """The options of a client.

    `token` is sent as `Authorization: Bearer ...`. A function is called for each request, so that it can renew an expired
    token. `timeout` is the maximum time of an operation in seconds (30), including all attempts. In the blocking client, a
    response that stalls can take twice as long.
    """

    token: Token | None
    timeout: float
    retries: Retries
    bookmark: str | None


class Client:
    """A blocking client: `with Client("http://127.0.0.1:8000/graphql") as client: ...`.

    `transport` is an httpx transport, for proxies, certificates or tests. A client can be shared by threads.
    """

    def __init__(self, url: str, *, transport: httpx.BaseTransport | None = None, **options: Unpack[Options]) -> None:
        self.url = _valid_url(url)
        self._session = _new_session(options)
        self._http = httpx.Client(transport=transport)

    @property
    def bookmark(self) -> str | None:
        """The bookmark of the last write of this client. The client sends it with every request, so that reads include that
        write. Pass it to another client for the same guarantee; set it to None to forget it. SQLite does not need
        bookmarks, because every read includes all writes.
        """
        return self._session.bookmark

    @bookmark.setter
    def bookmark(self, bookmark: str | None) -> None:
        self._session.bookmark = bookmark

    @overload
    def execute(
        self, document: str, variables: Variables | None = None, operation_name: str | None = None
    ) -> dict[str, Any]: ...

    @overload
    def execute(
        self,
        document: str,
        variables: Variables | None = None,
        operation_name: str | None = None,
        *,
        answer: type[T],
    ) -> T: ...

    def execute(
        self,
        document: str,
        variables: Variables | None = None,
        operation_name: str | None = None,
        *,
        answer: type[Any] = dict,  # noqa: ARG002 - only used by type checkers
    ) -> Any:
        """Return the data of a query or mutation. `answer` is its type for type checkers. Raises AtlasError."""
        (data,) = self._run(self._session.execute(Operation(document, variables, operation_name)))
        return data

    @overload
    def pages(
        self, document: str, variables: Variables | None = None, operation_name: str | None = None, *, path: str
    ) -> Generator[dict[str, Any]]: ...

    @overload
    def pages(
        self,
        document: str,
        variables: Variables | None = None,
        operation_name: str | None = None,
        *,
        path: str,
        answer: type[T],
    ) -> Generator[T]: ...

    def pages(
        self,
        document: str,
        variables: Variables | None = None,
        operation_name: str | None = None,
        *,
        path: str,
        answer: type[Any] = dict,  # noqa: ARG002 - only used by type checkers
    ) -> Generator[Any]:
        """Yield the pages of the list at `path`, such as `framework.features`.

        The document must declare `$after: String`, pass it to the list, and select `pageInfo { hasNextPage endCursor }`.
        Raises AtlasError.
        """
        return self._run(self._session.pages(Operation(document, variables, operation_name), path))

    def subscribe(
        self,
        document: str,
        variables: Variables | None = None,
        operation_name: str | None = None,
        *,
        after: str | None = None,
        patience: float = PATIENCE_SECONDS,
    ) -> Generator[Change]:
        """Yield every change from now on, or after a cursor. Each change is yielded once, even if the connection is lost.

        The document must declare `$after: String`, pass it to `changes`, and select `cursor`. Raises AtlasError, and
        UnavailableError if the service is unavailable for more than `patience` seconds.
        """
        operation = Operation(document, variables, operation_name)
        return self._run(self._session.subscribe(operation, after, patience))

    def close(self) -> None:
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _run(self, flow: Flow) -> Generator[Any]:
        """Execute the commands of a flow, and yield the values that it emits."""
        reply: Reply = None
        chunks = _no_chunks()
        with closing(flow), ExitStack() as stack:
            while True:
                try:
                    command = flow.send(reply)
                except StopIteration:
                    return
                reply = None
                match command:
                    case Emit():
                        yield command.value
                    case Sleep():
                        stack.close()
                        time.sleep(command.seconds)
                    case Send():
                        reply = self._send(command)
                    case OpenStream():
                        reply, chunks = self._open(command, stack)
                    case ReadChunk():
                        reply = _read(chunks)

    def _send(self, command: Send) -> Response | Failure:
        deadline = time.monotonic() + command.seconds
        try:
            with self._stream(command, command.seconds) as response:
                content = bytearray()
                for chunk in response.iter_bytes():
                    content += chunk
                    if time.monotonic() > deadline:  # the timeout of httpx applies to each chunk
                        return Failure(TimeoutError("the response took too long"))
                return Response(response.status_code, response.headers, bytes(content))
        except httpx.RequestError as error:
            return Failure(error)

    def _open(self, command: OpenStream, stack: ExitStack) -> tuple[Reply, Generator[bytes]]:
        try:
            response = stack.enter_context(self._stream(command, command.max_silence))
            chunks = stack.enter_context(closing(_chunks(response)))
            if _is_event_stream(response):
                return StreamOpened(), chunks
            return Response(response.status_code, response.headers, response.read()), chunks
        except httpx.RequestError as error:
            return Failure(error), _no_chunks()

    def _stream(self, command: Send | OpenStream, seconds: float) -> AbstractContextManager[httpx.Response]:
        return self._http.stream(
            "POST", self.url, content=command.content, headers=command.headers, timeout=_timeout(seconds)
        )


class AsyncClient:
    """A client for asyncio: `async with AsyncClient("http://127.0.0.1:8000/graphql") as client: ...`.

    `transport` is an httpx transport. With `httpx.ASGITransport(app=...)` the client calls an application in the same
    process, without subscriptions.
    """

    def __init__(
        self, url: str, *, transport: httpx.AsyncBaseTransport | None = None, **options: Unpack[Options]
    ) -> None:
        self.url = _valid_url(url)
        self._session = _new_session(options)
        self._http = httpx.AsyncClient(transport=transport)
        self._streams = not isinstance(transport, httpx.ASGITransport)

    @property
    def bookmark(self) -> str | None:
        """The bookmark of the last write of this client. The client sends it with every request, so that reads include that
        write. Pass it to another client for the same guarantee; set it to None to forget it. SQLite does not need
        bookmarks, because every read includes all writes.
        """
        return self._session.bookmark

    @bookmark.setter
    def bookmark(self, bookmark: str | None) -> None:
        self._session.bookmark = bookmark

    @overload
    async def execute(
        self, document: str, variables: Variables | None = None, operation_name: str | None = None
    ) -> dict[str, Any]: ...

    @overload
    async def execute(
        self,
        document: str,
        variables: Variables | None = None,
        operation_name: str | None = None,
        *,
        answer: type[T],
    ) -> T: ...

    async def execute(
        self,
        document: str,
        variables: Variables | None = None,
        operation_name: str | None = None,
        *,
        answer: type[Any] = dict,  # noqa: ARG002 - only used by type checkers
    ) -> Any:
        """Return the data of a query or mutation. `answer` is its type for type checkers. Raises AtlasError."""
        flow = self._session.execute(Operation(document, variables, operation_name))
        (data,) = [value async for value in self._run(flow)]
        return data

    @overload
    def pages(
        self, document: str, variables: Variables | None = None, operation_name: str | None = None, *, path: str
    ) -> AsyncGenerator[dict[str, Any]]: ...

    @overload
    def pages(
        self,
        document: str,
        variables: Variables | None = None,
        operation_name: str | None = None,
        *,
        path: str,
        answer: type[T],
    ) -> AsyncGenerator[T]: ...

    def pages(
        self,
        document: str,
        variables: Variables | None = None,
        operation_name: str | None = None,
        *,
        path: str,
        answer: type[Any] = dict,  # noqa: ARG002 - only used by type checkers
    ) -> AsyncGenerator[Any]:
        """Yield the pages of the list at `path`, such as `framework.features`.

        The document must declare `$after: String`, pass it to the list, and select `pageInfo { hasNextPage endCursor }`.
        Raises AtlasError.
        """
        return self._run(self._session.pages(Operation(document, variables, operation_name), path))

    def subscribe(
        self,
        document: str,
        variables: Variables | None = None,
        operation_name: str | None = None,
        *,
        after: str | None = None,
        patience: float = PATIENCE_SECONDS,
    ) -> AsyncGenerator[Change]:
        """Yield every change from now on, or after a cursor. Each change is yielded once, even if the connection is lost.

        The document must declare `$after: String`, pass it to `changes`, and select `cursor`. Raises AtlasError, and
        UnavailableError if the service is unavailable for more than `patience` seconds.
        """
        if not self._streams:  # ASGITransport returns a response only when it is complete
            raise DocumentError("httpx.ASGITransport does not support subscriptions; connect over a network.")
        operation = Operation(document, variables, operation_name)
        return self._run(self._session.subscribe(operation, after, patience))

    async def close(self) -> None:
        await self._http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def _run(self, flow: Flow) -> AsyncGenerator[Any]:
        """Execute the commands of a flow, and yield the values that it emits."""
        reply: Reply = None
        chunks = _no_chunks_async()
        with closing(flow):
            async with AsyncExitStack() as stack:
                while True:
                    try:
                        command = flow.send(reply)
                    except StopIteration:
                        return
                    reply = None
                    match command:
                        case Emit():
                            yield command.value
                        case Sleep():
                            await stack.aclose()
                            await asyncio.sleep(command.seconds)
                        case Send():
                            reply = await self._send(command)
                        case OpenStream():
                            reply, chunks = await self._open(command, stack)
                        case ReadChunk():
                            reply = await _read_async(chunks)

    async def _send(self, command: Send) -> Response | Failure:
        body = _Body(command.content)
        try:
            async with asyncio.timeout(command.seconds), self._stream(command, body, command.seconds) as response:
                return Response(response.status_code, response.headers, await response.aread())
        except httpx.RequestError as error:
            return Failure(error)
        except TimeoutError as error:
            return Failure(
                error if body.is_started else httpx.ConnectTimeout("the connection was not established in time")
            )

    async def _open(self, command: OpenStream, stack: AsyncExitStack) -> tuple[Reply, AsyncGenerator[bytes]]:
        try:
            stream = self._stream(command, _Body(command.content), command.max_silence)
            response = await stack.enter_async_context(stream)
            chunks = await stack.enter_async_context(aclosing(_chunks_async(response)))
            if _is_event_stream(response):
                return StreamOpened(), chunks
            return Response(response.status_code, response.headers, await response.aread()), chunks
        except httpx.RequestError as error:
            return Failure(error), _no_chunks_async()

    def _stream(
        self, command: Send | OpenStream, body: _Body, seconds: float
    ) -> AbstractAsyncContextManager[httpx.Response]:
        headers = {**command.headers, "Content-Length": str(len(command.content))}
        return self._http.stream("POST", self.url, content=body, headers=headers, timeout=_timeout(seconds))


class _Body(httpx.AsyncByteStream):
    """The body of a request. It records whether httpx has started to send it; before that, nothing was executed."""

    def __init__(self, content: bytes) -> None:
        self.is_started = False
        self._content = content

    async def __aiter__(self) -> AsyncGenerator[bytes]:
        self.is_started = True
        yield self._content


def _valid_url(url: str) -> str:
    parsed = httpx.URL(url)
    if parsed.scheme not in {"http", "https"} or not parsed.host:
        raise ValueError(f"'{url}' is not an HTTP URL; use one such as http://127.0.0.1:8000/graphql.")
    return url


def _new_session(options: Options) -> Session:
    return Session(
        options.get("token"),
        options.get("retries", Retries()),
        options.get("timeout", TIMEOUT_SECONDS),
        options.get("bookmark"),
    )


def _timeout(seconds: float) -> httpx.Timeout:
    return httpx.Timeout(seconds, connect=min(seconds, _CONNECT_SECONDS))


def _is_event_stream(response: httpx.Response) -> bool:
    return str(response.headers.get("content-type", "")).startswith("text/event-stream")


def _chunks(response: httpx.Response) -> Generator[bytes]:
    yield from response.iter_bytes()


def _no_chunks() -> Generator[bytes]:
    yield from ()


def _read(chunks: Generator[bytes]) -> Chunk | Failure:
    try:
        return Chunk(next(chunks))
    except StopIteration:
        return Failure(EOFError("the stream has ended"))
    except httpx.RequestError as error:
        return Failure(error)


async def _chunks_async(response: httpx.Response) -> AsyncGenerator[bytes]:
    async for chunk in response.aiter_bytes():
        yield chunk


async def _no_chunks_async() -> AsyncGenerator[bytes]:
    for chunk in tuple[bytes, ...]():
        yield chunk


async def _read_async(chunks: AsyncGenerator[bytes]) -> Chunk | Failure:
    try:
        return Chunk(await anext(chunks))
    except StopAsyncIteration:
        return Failure(EOFError("the stream has ended"))
    except httpx.RequestError as error:
        return Failure(error)
