"""What a client and the service say to each other, without a word about how it travels.

Every public method is a generator of commands (`commands.py`), which `Client` and `AsyncClient` drive, each in its way.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

from framework_atlas import answers, documents
from framework_atlas.commands import Answer, Chunk, Command, Open, Opened, Program, Read, Reply, Send, Tell, Wait
from framework_atlas.errors import DocumentError, OperationError, UnavailableError
from framework_atlas.events import Events
from framework_atlas.retries import Pacing, Retries

Token: TypeAlias = str | Callable[[], str]

_BOOKMARK = "Atlas-Bookmark"
_JSON = "application/graphql-response+json, application/json;q=0.9"
_EVENTS = "text/event-stream"
_ENDED = "SUBSCRIPTION_ENDED"
_VERSION = "{ graph { version } }"
_SILENCE_SECONDS = 45.0
"""Longer than the 15 seconds after which the service shows that it is there."""


@dataclass(frozen=True, slots=True)
class Operation:
    document: str
    variables: Mapping[str, Any] | None = None
    name: str | None = None

    @property
    def kind(self) -> documents.OperationKind:
        return documents.operation_kind(self.document, self.name)

    def after(self, cursor: str | None) -> Operation:
        """The same, from another place on."""
        return replace(self, variables={**(self.variables or {}), "after": cursor}) if cursor else self

    def encode(self) -> bytes:
        told = {"query": self.document, "variables": self.variables, "operationName": self.name}
        return json.dumps({key: value for key, value in told.items() if value is not None}, allow_nan=False).encode()


@dataclass(slots=True)
class Conversation:
    """All that a client remembers: who it is, how patient, and the bookmark of the last write."""

    token: Token | None
    retries: Retries
    timeout: float
    bookmark: str | None

    def execute(self, operation: Operation) -> Program:
        """Tell the data of a query or mutation."""
        if operation.kind == "subscription":
            raise DocumentError("That is a subscription: give it to `subscribe`.")
        yield Tell((yield from self._ask(operation)))

    def pages(self, operation: Operation, path: str) -> Program:
        """Tell the connection that stands at `path`, such as `framework.features`, page after page."""
        if operation.kind != "query":
            raise DocumentError("Only the lists of a query have pages.")
        _check_after(operation, "and give it to the list as `after: $after`")
        after: str | None = None
        while True:
            connection = _at((yield from self._ask(operation.after(after))), path)
            if connection is None:
                return
            yield Tell(connection)
            following = _following(connection, path)
            if following is None:
                return
            if following == after:
                raise DocumentError(f"The list at '{path}' does not go on: give it `after: $after`.")
            after = following

    def subscribe(self, operation: Operation, after: str | None, patience: float) -> Program:
        """Tell every change, once, however often the connection is lost, unless the service is away for longer than
        `patience` seconds.
        """
        if operation.kind != "subscription":
            raise DocumentError("That is no subscription: give it to `execute`.")
        _check_after(operation, "and give it to `changes` as `after: $after`")
        begin: str | None = after or (operation.variables or {}).get("after")
        if begin is None:  # else what is changed before the first change comes would be lost with the connection
            begin = str((yield from self._ask(Operation(_VERSION)))["graph"]["version"])
        heard = _Heard(begin, Pacing(replace(self.retries, attempts=2**31), patience))
        while True:
            try:
                yield from self._listen(operation, heard)
            except UnavailableError as error:
                pause = heard.pause(error.retry_after)
                if pause is None:
                    message = f"The service is away for too long; the last change told is '{heard.after}'. {error}"
                    raise UnavailableError(message, retry_after=error.retry_after, after=heard.after) from error
                yield Wait(pause)

    def _ask(self, operation: Operation) -> Generator[Command, Reply, Any]:
        """The data of an operation, after as many attempts as it takes."""
        content, repeatable = operation.encode(), operation.kind == "query" or self.retries.mutations
        pacing = Pacing(self.retries, self.timeout)
        while True:
            reply = yield Send(content, self._headers(_JSON), pacing.left)
            try:
                self._remember(reply)
                return answers.read(reply)["data"]
            except UnavailableError as error:
                if not (repeatable or error.undone):
                    raise UnavailableError(f"{error}. {_OPEN}", retry_after=error.retry_after) from error
                pause = pacing.pause(error.retry_after)
                if pause is None:
                    raise
            yield Wait(pause)

    def _listen(self, operation: Operation, heard: _Heard) -> Generator[Command, Reply, None]:
        """Tell what comes over one connection, until it ends or breaks: an UnavailableError."""
        reply = yield Open(operation.after(heard.after).encode(), self._headers(_EVENTS), _SILENCE_SECONDS)
        if not isinstance(reply, Opened):
            answers.read(reply)
            raise DocumentError("The service does not answer that with a stream of events.")
        heard.there = True
        events = Events()
        while isinstance(reply := (yield Read()), Chunk):
            for event in events.feed(reply.content):
                match event.name:
                    case "next":
                        yield Tell(heard.take(json.loads(event.data)))
                    case "complete":
                        raise UnavailableError("The service has ended the stream.")
                    case _:
                        pass
        answers.read(reply)

    def _headers(self, accept: str) -> dict[str, str]:
        told = {"Accept": accept, "Content-Type": "application/json"}
        if self.token is not None:
            told["Authorization"] = f"Bearer {self.token if isinstance(self.token, str) else self.token()}"
        if self.bookmark is not None:
            told[_BOOKMARK] = self.bookmark
        return told

    def _remember(self, reply: Reply) -> None:
        if isinstance(reply, Answer):
            self.bookmark = reply.headers.get(_BOOKMARK) or answers.bookmark(reply) or self.bookmark


_OPEN = (
    "It may have been done all the same. Every mutation is idempotent: where nobody else writes the same, just send it "
    "again, or let the client do so with Retries(mutations=True)"
)


@dataclass(slots=True)
class _Heard:
    """How far a subscriber has come: the cursor of the last change told, and how patient they still are."""

    after: str
    pacing: Pacing
    there: bool = False

    def take(self, body: Mapping[str, Any]) -> Mapping[str, Any]:
        """The change that came; raises UnavailableError where the service ends the stream and says where to go on."""
        try:
            answers.check(body)
        except OperationError as error:
            for told in error.errors:
                if told.code == _ENDED:
                    self.after = told.extensions.get("after") or self.after
                    raise UnavailableError(told.message) from error
            raise
        (change,) = body["data"].values()
        if not isinstance(change, dict) or not isinstance(change.get("cursor"), str):
            raise DocumentError("Select the `cursor` of every change; without it, nothing tells where to go on.")
        self.after = change["cursor"]
        self.pacing.succeed()
        return change

    def pause(self, asked: float | None) -> float | None:
        """How long to wait before the next connection; None where the service has been away for too long."""
        if self.there:
            self.there = False
            self.pacing.restart()
        return self.pacing.pause(asked)


def _check_after(operation: Operation, how: str) -> None:
    if not documents.takes(operation.document, "after"):
        raise DocumentError(f"The document must take `$after: String`, {how}; else it could not be gone on with.")


def _at(data: Any, path: str) -> Any:
    """What stands at a path of response keys; None where something on the way is null."""
    found = data
    for key in path.split("."):
        if found is None:
            return None
        if not isinstance(found, dict) or key not in found:
            raise DocumentError(f"The answer has nothing at '{path}': there is no '{key}'.")
        found = found[key]
    return found


def _following(connection: Any, path: str) -> str | None:
    """The cursor from which the next page goes on; None where there is none."""
    try:
        page = connection["pageInfo"]
        return page["endCursor"] if page["hasNextPage"] else None
    except (KeyError, TypeError):
        message = f"The list at '{path}' cannot be followed: select `pageInfo {{ hasNextPage endCursor }}` of it."
        raise DocumentError(message) from None
