"""What is asked over a WebSocket passes the same door as over HTTP: the view admits each operation before it is read."""

from __future__ import annotations

from typing import Any

from graphql import GraphQLError
from strawberry.subscriptions.protocols.graphql_transport_ws.handlers import BaseGraphQLTransportWSHandler


class Turned(Exception):  # noqa: N818 - a verdict on an operation
    """An operation that is not admitted; the client of a WebSocket gets this error for it."""

    def __init__(self, message: str, extensions: dict[str, Any]) -> None:
        super().__init__(message)
        self.error = GraphQLError(message, extensions=extensions)


class Operations(BaseGraphQLTransportWSHandler[Any, Any]):
    """graphql-transport-ws for a view that has `admit(context, payload)`, which returns the payload or raises Turned."""

    view: Any

    async def handle_subscribe(self, message: Any) -> None:
        payload = message["payload"]
        if self.connection_acknowledged and message["id"] not in self.operations and isinstance(payload, dict):
            try:
                message = {**message, "payload": await self.view.admit(self.context, payload)}
            except Turned as turned:
                refused = {"id": message["id"], "type": "error", "payload": [turned.error.formatted]}
                await self.send_message(refused)  # type: ignore[arg-type]
                return
        await super().handle_subscribe(message)
