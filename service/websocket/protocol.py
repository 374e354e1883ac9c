"""graphql-transport-ws to the letter, where Strawberry takes less care: what a message must be, and how a socket closes.

https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md
"""

from __future__ import annotations

from collections.abc import Mapping
from contextvars import ContextVar
from typing import Any, cast

from graphql import GraphQLError
from starlette.websockets import WebSocketDisconnect
from strawberry.asgi import ASGIWebSocketAdapter
from strawberry.http.exceptions import WebSocketDisconnected
from strawberry.subscriptions.protocols.graphql_transport_ws.handlers import BaseGraphQLTransportWSHandler

from service.execution.request_parameters import mistyped

_LONGEST_REASON = 123  # bytes, RFC 6455, 5.5
_extensions: ContextVar[dict[str, Any] | None] = ContextVar("extensions", default=None)
"""Those of the operation that a task runs: a task gets what is set where it is made."""


class TextFrameAdapter(ASGIWebSocketAdapter):
    """A WebSocket of text frames, as the protocol asks for; Strawberry sends bytes as binary ones."""

    async def send_json(self, message: Mapping[str, object]) -> None:
        try:
            await self.ws.send_text(self.view.encode_json_string(message))
        except WebSocketDisconnect as error:
            raise WebSocketDisconnected from error

    async def close(self, code: int, reason: str) -> None:
        """Close; a reason that is longer than a frame of control holds would break the connection off."""
        await super().close(code, reason.encode()[:_LONGEST_REASON].decode(errors="ignore"))


class OperationRejected(Exception):  # noqa: N818 - a verdict on an operation
    """An operation that is not admitted; the client of a WebSocket gets this error for it."""

    def __init__(self, message: str, extensions: dict[str, Any]) -> None:
        super().__init__(message)
        self.error = GraphQLError(message, extensions=extensions)


class TransportWSHandler(BaseGraphQLTransportWSHandler[Any, Any]):
    """graphql-transport-ws for a view that has `admit(context, payload)`, which returns the payload or raises Turned.

    What is asked here so passes the same door as over HTTP. A message that is none closes the socket with 4400.
    """

    view: Any

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self.schema = cast("Any", _Extended(self.schema))

    async def handle_message(self, message: Any) -> None:
        fault = _fault(message)
        if fault is None:
            await super().handle_message(message)
        else:
            await self.handle_invalid_message(fault)

    async def handle_subscribe(self, message: Any) -> None:
        if self.connection_acknowledged and message["id"] not in self.operations:
            try:
                message = {**message, "payload": await self.view.admit(self.context, message["payload"])}
            except OperationRejected as turned:
                refused = {"id": message["id"], "type": "error", "payload": [turned.error.formatted]}
                await self.send_message(refused)  # type: ignore[arg-type]
                return
            _extensions.set(message["payload"].get("extensions"))
        await super().handle_subscribe(message)


class _Extended:
    """A schema that is told an operation's `extensions` (a bookmark, explain), which Strawberry's handler leaves out."""

    def __init__(self, schema: Any) -> None:
        self._schema = schema

    async def stream(self, *given: Any, **named: Any) -> Any:
        return await self._schema.stream(*given, **named, operation_extensions=_extensions.get())


def _fault(message: Any) -> str | None:
    """What is wrong with a message; None where nothing is that its type would not tell."""
    if not isinstance(message, dict):
        return "A message must be a JSON object."
    given = cast("dict[str, Any]", message)
    if not isinstance(given.get("type"), str):
        return "A message must have a `type`."
    if given["type"] not in {"subscribe", "complete"}:
        return None
    if not isinstance(given.get("id"), str) or not given["id"]:
        return "`id` must be text that is not empty."
    if given["type"] == "complete":
        return None
    payload = given.get("payload")
    if not isinstance(payload, dict):
        return "`payload` must be an object with a `query`."
    return mistyped(payload)
