"""The protocol between a client and the service, without I/O.

Every public method is a generator of commands (`commands.py`) that `Client` and `AsyncClient` execute.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

from framework_atlas import documents, responses
from framework_atlas.commands import (
    Chunk,
    Command,
    Emit,
    Flow,
    OpenStream,
    ReadChunk,
    Reply,
    Response,
    Send,
    Sleep,
    StreamOpened,
)
from framework_atlas.errors import DocumentError, OperationError, UnavailableError
from framework_atlas.events import EventParser
from framework_atlas.retries import Backoff, Retries

Token: TypeAlias = str | Callable[[], str]

_BOOKMARK = "Atlas-Bookmark"
_JSON = "application/graphql-response+json, application/json;q=0.9"
_EVENTS = "text/event-stream"
_SUBSCRIPTION_ENDED = "SUBSCRIPTION_ENDED"
_VERSION = "{ graph { version } }"
_MAX_SILENCE_SECONDS = 45.0
"""Three times the interval of 15 seconds at which the service sends keep-alive comments."""


@dataclass(frozen=True, slots=True)
class Operation:
    document: str
    variables: Mapping[str, Any] | None = None
    name: str | None = None

    @property
    def kind(self) -> documents.OperationKind:
        return documents.operation_kind(self.document, self.name)

    def after(self, cursor: str | None) -> Operation:
        """The same operation, starting after a cursor."""
        return replace(self, variables={**(self.variables or {}), "after": cursor}) if cursor else self

    def encode(self) -> bytes:
        body = {"query": self.document, "variables": self.variables, "operationName": self.name}
        return json.dumps({key: value for key, value in body.items() if value is not None}, allow_nan=False).encode()


@dataclass(slots=True)
class Session:
    """The state of a client: token, retries, timeout, and the bookmark of the last write."""

    token: Token | None
    retries: Retries
    timeout: float
    bookmark: str | None

    def execute(self, operation: Operation) -> Flow:
        """Emit the data of a query or mutation."""
        if operation.kind == "subscription":
            raise DocumentError("The operation is a subscription; pass it to `subscribe`.")
        yield Emit((yield from self._request(operation)))

    def pages(self, operation: Operation, path: str) -> Flow:
        """Emit the connection at `path`, such as `framework.features`, page by page."""
        if operation.kind != "query":
            raise DocumentError("The operation is not a query; only the lists of a query have pages.")
        _check_after(operation, "pass it to the list as `after: $after`")
        after: str | None = None
        while True:
            connection = _value_at((yield from self._request(operation.after(after))), path)
            if connection is None:
                return
            yield Emit(connection)
            cursor = _next_cursor(connection, path)
            if cursor is None:
                return
            if cursor == after:
                raise DocumentError(f"The list at '{path}' repeats the same page; pass it `after: $after`.")
            after = cursor

    def subscribe(self, operation: Operation, after: str | None, patience: float) -> Flow:
        """Emit every change exactly once, and reconnect if the connection is lost.

        Raises UnavailableError if the service is unavailable for more than `patience` seconds.
        """
        if operation.kind != "subscription":
            raise DocumentError("The operation is not a subscription; pass it to `execute`.")
        _check_after(operation, "pass it to `changes` as `after: $after`")
        start: str | None = after or (operation.variables or {}).get("after")
        if start is None:
            # Without a cursor, changes would be lost if the connection breaks before the first change arrives.
            start = str((yield from self._request(Operation(_VERSION)))["graph"]["version"])
        progress = _Progress(start, Backoff(replace(self.retries, attempts=2**31), patience))
        while True:
            try:
                yield from self._stream(operation, progress)
            except UnavailableError as error:
                delay = progress.delay(error.retry_after)
                if delay is None:
                    message = (
                        f"The service was unavailable for more than {patience:g} seconds; the last change received is "
                        f"'{progress.after}'. {error}"
                    )
                    raise UnavailableError(message, retry_after=error.retry_after, after=progress.after) from error
                yield Sleep(delay)

    def _request(self, operation: Operation) -> Generator[Command, Reply, Any]:
        """Return the data of an operation; failed attempts are retried."""
        content, repeatable = operation.encode(), operation.kind == "query" or self.retries.mutations
        backoff = Backoff(self.retries, self.timeout)
        while True:
            reply = yield Send(content, self._headers(_JSON), backoff.remaining)
            try:
                self._store_bookmark(reply)
                return responses.read(reply)["data"]
            except UnavailableError as error:
                if not (repeatable or error.undone):
                    raise UnavailableError(f"{error}. {_UNCERTAIN}", retry_after=error.retry_after) from error
                delay = backoff.delay(error.retry_after)
                if delay is None:
                    raise
            yield Sleep(delay)

    def _stream(self, operation: Operation, progress: _Progress) -> Generator[Command, Reply, None]:
        """Emit the changes of one connection; raises UnavailableError when it ends or breaks."""
        reply = yield OpenStream(operation.after(progress.after).encode(), self._headers(_EVENTS), _MAX_SILENCE_SECONDS)
        if not isinstance(reply, StreamOpened):
            responses.read(reply)
            raise DocumentError("The response to the subscription is not an event stream.")
        progress.connected = True
        parser = EventParser()
        while isinstance(reply := (yield ReadChunk()), Chunk):
            for event in parser.feed(reply.content):
                match event.name:
                    case "next":
                        yield Emit(progress.receive(json.loads(event.data)))
                    case "complete":
                        raise UnavailableError("The service has ended the stream.")
                    case _:
                        pass
        responses.read(reply)

    def _headers(self, accept: str) -> dict[str, str]:
        headers = {"Accept": accept, "Content-Type": "application/json"}
        if self.token is not None:
            headers["Authorization"] = f"Bearer {self.token if isinstance(self.token, str) else self.token()}"
        if self.bookmark is not None:
            headers[_BOOKMARK] = self.bookmark
        return headers

    def _store_bookmark(self, reply: Reply) -> None:
        if isinstance(reply, Response):
            self.bookmark = reply.headers.get(_BOOKMARK) or responses.bookmark(reply) or self.bookmark


_UNCERTAIN = (
    "The mutation may have been executed. Mutations are idempotent: if no other client writes the same data, send it "
    "again, or let the client do this with Retries(mutations=True)"
)


@dataclass(slots=True)
class _Progress:
    """The progress of a subscription: the cursor of the last change received, and the backoff for reconnecting."""

    after: str
    backoff: Backoff
    connected: bool = False

    def receive(self, body: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return the change in an event; raises UnavailableError if the service has ended the stream."""
        try:
            responses.check(body)
        except OperationError as error:
            for item in error.errors:
                if item.code == _SUBSCRIPTION_ENDED:
                    self.after = item.extensions.get("after") or self.after
                    raise UnavailableError(item.message) from error
            raise
        (change,) = body["data"].values()
        if not isinstance(change, dict) or not isinstance(change.get("cursor"), str):
            raise DocumentError("The change has no `cursor`; select it, so that the subscription can be resumed.")
        self.after = change["cursor"]
        self.backoff.reset()
        return change

    def delay(self, retry_after: float | None) -> float | None:
        """The seconds to wait before reconnecting, or None if the service has been unavailable for too long."""
        if self.connected:
            self.connected = False
            self.backoff.restart_clock()
        return self.backoff.delay(retry_after)


def _check_after(operation: Operation, usage: str) -> None:
    if not documents.has_variable(operation.document, "after"):
        raise DocumentError(f"The document has no variable `$after: String`; declare it and {usage}.")


def _value_at(data: Any, path: str) -> Any:
    """The value at a path of response keys; None if a value on the path is null."""
    value = data
    for key in path.split("."):
        if value is None:
            return None
        if not isinstance(value, dict) or key not in value:
            raise DocumentError(f"The data has no '{key}' in the path '{path}'; use the response keys of the document.")
        value = value[key]
    return value


def _next_cursor(connection: Any, path: str) -> str | None:
    """The cursor of the next page, or None on the last page."""
    try:
        page = connection["pageInfo"]
        return page["endCursor"] if page["hasNextPage"] else None
    except (KeyError, TypeError):
        message = f"The list at '{path}' has no page information; select `pageInfo {{ hasNextPage endCursor }}`."
        raise DocumentError(message) from None
