"""The graphql-transport-ws protocol, where Strawberry's handler is less strict: message validation and close frames.

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

from service.execution.request_parameters import type_error

_MAX_REASON_BYTES = 123  # RFC 6455, 5.5
_extensions: ContextVar[dict[str, Any] | None] = ContextVar("extensions", default=None)
"""The request extensions of an operation. Strawberry runs each operation in a task, which copies the context."""


class TextFrameAdapter(ASGIWebSocketAdapter):
    """A WebSocket that sends text frames, as the protocol requires. Strawberry sends bytes in binary frames."""

    async def send_json(self, message: Mapping[str, object]) -> None:
        try:
            await self.ws.send_text(self.view.encode_json_string(message))
        except WebSocketDisconnect as error:
            raise WebSocketDisconnected from error

    async def close(self, code: int, reason: str) -> None:
        """Close the socket. The reason is truncated: a control frame that is too long would be a protocol error."""
        await super().close(code, reason.encode()[:_MAX_REASON_BYTES].decode(errors="ignore"))


class OperationRejected(Exception):  # noqa: N818 - a decision, not a failure
    """An operation is not admitted. The client gets `error` as the protocol's message of type `error`."""

    def __init__(self, message: str, extensions: dict[str, Any]) -> None:
        super().__init__(message)
        self.error = GraphQLError(message, extensions=extensions)


class TransportWSHandler(BaseGraphQLTransportWSHandler[Any, Any]):
    """Handle graphql-transport-ws for a view with a method `admit_operation`, which applies the same checks as HTTP.

    An invalid message closes the socket with the code 4400.
    """

    view: Any

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.schema = cast("Any", _SchemaWithExtensions(self.schema))

    async def handle_message(self, message: Any) -> None:
        error = _validation_error(message)
        if error is None:
            await super().handle_message(message)
        else:
            await self.handle_invalid_message(error)

    async def handle_subscribe(self, message: Any) -> None:
        if self.connection_acknowledged and message["id"] not in self.operations:
            try:
                message = {**message, "payload": await self.view.admit_operation(self.context, message["payload"])}
            except OperationRejected as rejection:
                error_message = {"id": message["id"], "type": "error", "payload": [rejection.error.formatted]}
                await self.send_message(error_message)  # type: ignore[arg-type]
                return
            _extensions.set(message["payload"].get("extensions"))
        await super().handle_subscribe(message)


class _SchemaWithExtensions:
    """A schema that executes an operation with its request extensions, which Strawberry's handler ignores."""

    def __init__(self, schema: Any) -> None:
        self._schema = schema

    async def stream(self, *args: Any, **kwargs: Any) -> Any:
        return await self._schema.stream(*args, **kwargs, operation_extensions=_extensions.get())


def _validation_error(message: Any) -> str | None:
    """Return why a message is invalid, None if it is valid. Strawberry rejects unknown types."""
    if not isinstance(message, dict):
        return "A message must be a JSON object."
    fields = cast("dict[str, Any]", message)
    if not isinstance(fields.get("type"), str):
        return "A message must have a `type`."
    if fields["type"] not in {"subscribe", "complete"}:
        return None
    if not isinstance(fields.get("id"), str) or not fields["id"]:
        return "`id` must be a non-empty string."
    if fields["type"] == "complete":
        return None
    payload = fields.get("payload")
    if not isinstance(payload, dict):
        return "`payload` must be a JSON object with a `query`."
    return type_error(payload)
