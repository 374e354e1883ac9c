"""The two clients: what they do is written in `conversation.py`; here it is sent and waited for, in either way."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Generator, Mapping
from contextlib import AbstractAsyncContextManager, AbstractContextManager, AsyncExitStack, ExitStack, aclosing, closing
from typing import Any, Self, TypeAlias, TypedDict, TypeVar, Unpack, overload

import httpx

from framework_atlas.commands import Answer, Chunk, Fault, Open, Opened, Program, Read, Reply, Send, Tell, Wait
from framework_atlas.conversation import Conversation, Operation, Token
from framework_atlas.errors import DocumentError
from framework_atlas.retries import Retries
from framework_atlas.types import Change

T = TypeVar("T")
Variables: TypeAlias = Mapping[str, Any]

TIMEOUT_SECONDS = 30.0
PATIENCE_SECONDS = 300.0
_CONNECT_SECONDS = 10.0


class Options(TypedDict, total=False):
    """How a client asks. `token` is sent as `Authorization: Bearer ...`; a function is asked for it each time, since tokens
    expire. Every operation is done within `timeout` seconds (30), all attempts together, or fails; in
    the blocking client an answer that stalls half-way may take twice as long.
    """

    token: Token | None
    timeout: float
    retries: Retries
    bookmark: str | None


class Client:
    """A client for code that waits: `with Client("http://127.0.0.1:8000/graphql") as client: ...`.

    `transport` is one of httpx's own, for proxies, certificates or tests. May be used by several threads.
    """

    def __init__(self, url: str, *, transport: httpx.BaseTransport | None = None, **options: Unpack[Options]) -> None:
        self.url = _checked(url)
        self._conversation = _conversation(options)
        self._http = httpx.Client(transport=transport)

    @property
    def bookmark(self) -> str | None:
        """Names the last write of this client and is sent along, so that what it reads is at least as new. Another client
        that is given it sees that write too; None forgets it. On SQLite there is none: whoever reads sees every write.
        """
        return self._conversation.bookmark

    @bookmark.setter
    def bookmark(self, bookmark: str | None) -> None:
        self._conversation.bookmark = bookmark

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
        answer: type[Any] = dict,  # noqa: ARG002 - for type checkers alone
    ) -> Any:
        """The data of a query or mutation; `answer` is the type that it is taken for. Raises AtlasError."""
        (data,) = self._drive(self._conversation.execute(Operation(document, variables, operation_name)))
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
        answer: type[Any] = dict,  # noqa: ARG002 - for type checkers alone
    ) -> Generator[Any]:
        """The list at `path`, such as `framework.features`, page after page. The document takes `$after: String`, gives it
        to the list, and selects `pageInfo { hasNextPage endCursor }`. Raises AtlasError.
        """
        return self._drive(self._conversation.pages(Operation(document, variables, operation_name), path))

    def subscribe(
        self,
        document: str,
        variables: Variables | None = None,
        operation_name: str | None = None,
        *,
        after: str | None = None,
        patience: float = PATIENCE_SECONDS,
    ) -> Generator[Change]:
        """Every change from now on, or after a cursor; each once, also when the connection is lost meanwhile. The document
        takes `$after: String`, gives it to `changes`, and selects `cursor`. Raises AtlasError, UnavailableError when the
        service is away for more than `patience` seconds.
        """
        operation = Operation(document, variables, operation_name)
        return self._drive(self._conversation.subscribe(operation, after, patience))

    def close(self) -> None:
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _drive(self, program: Program) -> Generator[Any]:
        """Do what a conversation asks for, and yield what it tells."""
        reply: Reply = None
        chunks = _no_chunks()
        with closing(program), ExitStack() as opened:
            while True:
                try:
                    command = program.send(reply)
                except StopIteration:
                    return
                reply = None
                match command:
                    case Tell():
                        yield command.value
                    case Wait():
                        opened.close()
                        time.sleep(command.seconds)
                    case Send():
                        reply = self._send(command)
                    case Open():
                        reply, chunks = self._open(command, opened)
                    case Read():
                        reply = _read(chunks)

    def _send(self, command: Send) -> Answer | Fault:
        give_up = time.monotonic() + command.seconds
        try:
            with self._stream(command, command.seconds) as response:
                content = bytearray()
                for chunk in response.iter_bytes():
                    content += chunk
                    if time.monotonic() > give_up:  # as httpx counts, every piece has that long
                        return Fault(TimeoutError("the answer came too slowly"))
                return Answer(response.status_code, response.headers, bytes(content))
        except httpx.RequestError as error:
            return Fault(error)

    def _open(self, command: Open, opened: ExitStack) -> tuple[Reply, Generator[bytes]]:
        try:
            response = opened.enter_context(self._stream(command, command.silence))
            chunks = opened.enter_context(closing(_chunks(response)))
            if _is_events(response):
                return Opened(), chunks
            return Answer(response.status_code, response.headers, response.read()), chunks
        except httpx.RequestError as error:
            return Fault(error), _no_chunks()

    def _stream(self, command: Send | Open, seconds: float) -> AbstractContextManager[httpx.Response]:
        return self._http.stream(
            "POST", self.url, content=command.content, headers=command.headers, timeout=_within(seconds)
        )


class AsyncClient:
    """A client for asyncio: `async with AsyncClient("http://127.0.0.1:8000/graphql") as client: ...`.

    `transport` is one of httpx's own; with `httpx.ASGITransport(app=...)` nothing goes over a network, and
    there are no subscriptions.
    """

    def __init__(
        self, url: str, *, transport: httpx.AsyncBaseTransport | None = None, **options: Unpack[Options]
    ) -> None:
        self.url = _checked(url)
        self._conversation = _conversation(options)
        self._http = httpx.AsyncClient(transport=transport)
        self._streams = not isinstance(transport, httpx.ASGITransport)

    @property
    def bookmark(self) -> str | None:
        """Names the last write of this client and is sent along, so that what it reads is at least as new. Another client
        that is given it sees that write too; None forgets it. On SQLite there is none: whoever reads sees every write.
        """
        return self._conversation.bookmark

    @bookmark.setter
    def bookmark(self, bookmark: str | None) -> None:
        self._conversation.bookmark = bookmark

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
        answer: type[Any] = dict,  # noqa: ARG002 - for type checkers alone
    ) -> Any:
        """The data of a query or mutation; `answer` is the type that it is taken for. Raises AtlasError."""
        program = self._conversation.execute(Operation(document, variables, operation_name))
        (data,) = [told async for told in self._drive(program)]
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
        answer: type[Any] = dict,  # noqa: ARG002 - for type checkers alone
    ) -> AsyncGenerator[Any]:
        """The list at `path`, such as `framework.features`, page after page. The document takes `$after: String`, gives it
        to the list, and selects `pageInfo { hasNextPage endCursor }`. Raises AtlasError.
        """
        return self._drive(self._conversation.pages(Operation(document, variables, operation_name), path))

    def subscribe(
        self,
        document: str,
        variables: Variables | None = None,
        operation_name: str | None = None,
        *,
        after: str | None = None,
        patience: float = PATIENCE_SECONDS,
    ) -> AsyncGenerator[Change]:
        """Every change from now on, or after a cursor; each once, also when the connection is lost meanwhile. The document
        takes `$after: String`, gives it to `changes`, and selects `cursor`. Raises AtlasError, UnavailableError when the
        service is away for more than `patience` seconds.
        """
        if not self._streams:  # it would wait for the end of what has none
            raise DocumentError(
                "httpx.ASGITransport cannot stream: to subscribe, connect to the service over a network."
            )
        operation = Operation(document, variables, operation_name)
        return self._drive(self._conversation.subscribe(operation, after, patience))

    async def close(self) -> None:
        await self._http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def _drive(self, program: Program) -> AsyncGenerator[Any]:
        """Do what a conversation asks for, and yield what it tells."""
        reply: Reply = None
        chunks = _no_chunks_async()
        with closing(program):
            async with AsyncExitStack() as opened:
                while True:
                    try:
                        command = program.send(reply)
                    except StopIteration:
                        return
                    reply = None
                    match command:
                        case Tell():
                            yield command.value
                        case Wait():
                            await opened.aclose()
                            await asyncio.sleep(command.seconds)
                        case Send():
                            reply = await self._send(command)
                        case Open():
                            reply, chunks = await self._open(command, opened)
                        case Read():
                            reply = await _read_async(chunks)

    async def _send(self, command: Send) -> Answer | Fault:
        body = _Body(command.content)
        try:
            async with asyncio.timeout(command.seconds), self._stream(command, body, command.seconds) as response:
                return Answer(response.status_code, response.headers, await response.aread())
        except httpx.RequestError as error:
            return Fault(error)
        except TimeoutError as error:
            return Fault(error if body.is_taken else httpx.ConnectTimeout("no connection in time"))

    async def _open(self, command: Open, opened: AsyncExitStack) -> tuple[Reply, AsyncGenerator[bytes]]:
        try:
            stream = self._stream(command, _Body(command.content), command.silence)
            response = await opened.enter_async_context(stream)
            chunks = await opened.enter_async_context(aclosing(_chunks_async(response)))
            if _is_events(response):
                return Opened(), chunks
            return Answer(response.status_code, response.headers, await response.aread()), chunks
        except httpx.RequestError as error:
            return Fault(error), _no_chunks_async()

    def _stream(self, command: Send | Open, body: _Body, seconds: float) -> AbstractAsyncContextManager[httpx.Response]:
        headers = {**command.headers, "Content-Length": str(len(command.content))}
        return self._http.stream("POST", self.url, content=body, headers=headers, timeout=_within(seconds))


class _Body(httpx.AsyncByteStream):
    """The body of a request. Until it is taken to be sent, nothing can have been done about it."""

    def __init__(self, content: bytes) -> None:
        self.is_taken = False
        self._content = content

    async def __aiter__(self) -> AsyncGenerator[bytes]:
        self.is_taken = True
        yield self._content


def _checked(url: str) -> str:
    address = httpx.URL(url)
    if address.scheme not in {"http", "https"} or not address.host:
        raise ValueError(f"'{url}' is no address of a service, such as http://127.0.0.1:8000/graphql.")
    return url


def _conversation(options: Options) -> Conversation:
    return Conversation(
        options.get("token"),
        options.get("retries", Retries()),
        options.get("timeout", TIMEOUT_SECONDS),
        options.get("bookmark"),
    )


def _within(seconds: float) -> httpx.Timeout:
    return httpx.Timeout(seconds, connect=min(seconds, _CONNECT_SECONDS))


def _is_events(response: httpx.Response) -> bool:
    return str(response.headers.get("content-type", "")).startswith("text/event-stream")


def _chunks(response: httpx.Response) -> Generator[bytes]:
    yield from response.iter_bytes()


def _no_chunks() -> Generator[bytes]:
    yield from ()


def _read(chunks: Generator[bytes]) -> Chunk | Fault:
    try:
        return Chunk(next(chunks))
    except StopIteration:
        return Fault(EOFError("the stream has ended"))
    except httpx.RequestError as error:
        return Fault(error)


async def _chunks_async(response: httpx.Response) -> AsyncGenerator[bytes]:
    async for chunk in response.aiter_bytes():
        yield chunk


async def _no_chunks_async() -> AsyncGenerator[bytes]:
    for chunk in tuple[bytes, ...]():
        yield chunk


async def _read_async(chunks: AsyncGenerator[bytes]) -> Chunk | Fault:
    try:
        return Chunk(await anext(chunks))
    except StopAsyncIteration:
        return Fault(EOFError("the stream has ended"))
    except httpx.RequestError as error:
        return Fault(error)
