"""Responses to requests that fail before the engine executes them, and the HTTP status of results."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson
from starlette.responses import JSONResponse, Response
from starlette.websockets import WebSocket
from strawberry.types.execution import ExecutionResult, PreExecutionError

from service.errors import AccessError, ErrorCode, InvalidTokenError, PersistedQueryError
from service.execution.error_results import access_error, code_of
from service.http.caching import NO_STORE
from service.http.negotiation import GRAPHQL_JSON, JSON
from service.http.rate_limits import RateLimitedError

_STATUS_BY_CODE: dict[str | None, int] = {
    ErrorCode.UNAUTHENTICATED: 401,
    ErrorCode.FORBIDDEN: 403,
    ErrorCode.SERVICE_UNAVAILABLE: 503,
    ErrorCode.STATEMENT_TIMEOUT: 503,
    ErrorCode.INTERNAL_SERVER_ERROR: 500,
}
_BEARER = 'Bearer realm="framework-atlas"'
INVALID_TOKEN_CHALLENGE = f'{_BEARER}, error="invalid_token"'  # RFC 6750, 3.1
CHALLENGES = {401: _BEARER, 403: f'{_BEARER}, error="insufficient_scope"'}
"""The WWW-Authenticate header by status."""


def request_error(status: int, message: str, media_type: str) -> Response:
    """Return the response to a request that violates HTTP or GraphQL over HTTP."""
    if media_type != GRAPHQL_JSON:
        media_type = JSON
    return _error_response(
        {"message": message, "extensions": {"code": ErrorCode.BAD_REQUEST}},
        status,
        media_type,
        {"allow": "GET, POST"} if status == 405 else None,
    )


def access_denied(error: AccessError, media_type: str) -> Response:
    """Return the response to a client that is not authenticated or lacks a scope."""
    status = _STATUS_BY_CODE[code_of(error)]
    challenge = INVALID_TOKEN_CHALLENGE if isinstance(error, InvalidTokenError) else CHALLENGES[status]
    return _error_response(access_error(error).formatted, status, media_type, challenge_header(challenge))


def persisted_query_error(error: PersistedQueryError, media_type: str) -> Response:
    """Return the response to a document that is unknown or not trusted.

    Without a status of its own the error is a request error: 400, and 200 for clients that accept only application/json.
    """
    status = error.status or (400 if media_type == GRAPHQL_JSON else 200)
    return _error_response({"message": str(error), "extensions": {"code": error.code}}, status, media_type)


def too_many_requests(error: RateLimitedError, media_type: str) -> Response:
    """Return the response to a client that has exceeded its rate limit."""
    extensions = {"code": ErrorCode.RATE_LIMITED, "retryAfter": error.quota.reset_seconds}
    headers = {**error.quota.headers, **NO_STORE}
    return _error_response({"message": str(error), "extensions": extensions}, 429, media_type, headers)


def overloaded(message: str) -> Response:
    """Return the response to a request for which the service has no capacity."""
    error = {"message": message, "extensions": {"code": ErrorCode.SERVICE_UNAVAILABLE}}
    return JSONResponse({"errors": [error]}, 503, {"retry-after": "1", "connection": "close"})


async def reject_websocket(socket: WebSocket, response: Response, reason: str) -> None:
    """Reject a WebSocket handshake with a response, or close the socket if the server cannot send one."""
    if "websocket.http.response" in socket.scope.get("extensions", {}):
        await socket.send_denial_response(response)
    else:
        await socket.close(1013, reason)


def status_of(result: ExecutionResult, *, error_statuses: bool) -> int:
    """Return the HTTP status of a result; `error_statuses`: whether a request error is a 400 rather than a 200."""
    for error in result.errors or ():
        code = (error.extensions or {}).get("code")
        if code in _STATUS_BY_CODE:
            return _STATUS_BY_CODE[code]
    return 400 if isinstance(result, PreExecutionError) and error_statuses else 200


def is_unavailable(result: ExecutionResult) -> bool:
    """Return whether the request failed for lack of a store, so that it can succeed a moment later."""
    return any((error.extensions or {}).get("code") == ErrorCode.SERVICE_UNAVAILABLE for error in result.errors or ())


def challenge_header(challenge: str | None) -> dict[str, str] | None:
    return {"www-authenticate": challenge} if challenge else None


def _error_response(
    error: Mapping[str, Any], status: int, media_type: str, headers: Mapping[str, str] | None = None
) -> Response:
    return Response(orjson.dumps({"errors": [error]}), status, headers, media_type=f"{media_type}; charset=utf-8")
