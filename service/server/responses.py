"""Responses that are written to a connection without the application."""

from __future__ import annotations

from functools import cache
from http import HTTPStatus
from typing import Any

import orjson

from service.errors import ErrorCode
from service.http.error_responses import overloaded

_TOO_MANY_CONNECTIONS = "There are too many connections; try again in a moment."


class RequestRejected(Exception):  # noqa: N818 - not an error of ours: its message goes to the client
    """A request that is rejected while it is read; raised in a callback, it stops httptools."""

    def __init__(self, status: HTTPStatus, message: str) -> None:
        super().__init__(message)
        self.status = status


def rejection(rejected: RequestRejected) -> bytes:
    """Return the response to a rejected request."""
    return _response(
        rejected.status,
        orjson.dumps({"errors": [{"message": str(rejected), "extensions": {"code": ErrorCode.BAD_REQUEST}}]}),
    )


@cache
def too_many_connections() -> bytes:
    """Return the response to a connection that is not admitted."""
    body = bytes(overloaded(_TOO_MANY_CONNECTIONS).body)
    return _response(HTTPStatus.SERVICE_UNAVAILABLE, body, "retry-after: 1")


async def too_many_connections_app(scope: Any, receive: Any, send: Any) -> None:
    """Send the same response as an ASGI application."""
    await overloaded(_TOO_MANY_CONNECTIONS)(scope, receive, send)


def _response(status: HTTPStatus, body: bytes, *headers: str) -> bytes:
    lines = (
        f"HTTP/1.1 {status.value} {status.phrase}",
        "content-type: application/json; charset=utf-8",
        *headers,
        "connection: close",
        f"content-length: {len(body)}",
    )
    return "\r\n".join((*lines, "", "")).encode() + body
