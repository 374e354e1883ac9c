"""The answers to who is refused before an operation is known: what they say, their statuses and challenges."""

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
INVALID = f'{_BEARER}, error="invalid_token"'  # RFC 6750, 3.1
CHALLENGES = {401: _BEARER, 403: f'{_BEARER}, error="insufficient_scope"'}


def refuse(status: int, reason: str, media_type: str) -> Response:
    """The answer to a request that is none of GraphQL over HTTP."""
    kind = media_type if media_type == GRAPHQL_JSON else JSON
    return _answer({"message": reason}, status, kind, {"allow": "GET, POST"} if status == 405 else None)


def deny(error: AccessError, media_type: str) -> Response:
    """The answer to who may not do what they ask for."""
    status = _STATUS_BY_CODE[code_of(error)]
    challenge = INVALID if isinstance(error, InvalidTokenError) else CHALLENGES[status]
    return _answer(access_error(error).formatted, status, media_type, challenged(challenge))


def unknown(error: PersistedQueryError, media_type: str) -> Response:
    """The answer to a client that names a document which is not answered; 200 where its media type knows no other status."""
    status = error.status or (400 if media_type == GRAPHQL_JSON else 200)
    return _answer({"message": str(error), "extensions": {"code": error.code}}, status, media_type)


def limited(error: RateLimitedError, media_type: str) -> Response:
    """The answer to who has asked too often."""
    told = {"message": str(error), "extensions": {"code": ErrorCode.RATE_LIMITED, "retryAfter": error.quota.seconds}}
    return _answer(told, 429, media_type, {**error.quota.headers, **NO_STORE})


def overloaded(reason: str) -> Response:
    """The answer to whom there is no room for just now."""
    told = {"message": reason, "extensions": {"code": ErrorCode.SERVICE_UNAVAILABLE}}
    return JSONResponse({"errors": [told]}, 503, {"retry-after": "1", "connection": "close"})


async def refuse_socket(socket: WebSocket, response: Response, reason: str) -> None:
    """Refuse a WebSocket's handshake by this answer, or where the server cannot send one by closing for this reason."""
    if "websocket.http.response" in socket.scope.get("extensions", {}):
        await socket.send_denial_response(response)
    else:
        await socket.close(1013, reason)


def _answer(
    error: Mapping[str, Any], status: int, media_type: str, headers: Mapping[str, str] | None = None
) -> Response:
    return Response(orjson.dumps({"errors": [error]}), status, headers, media_type=f"{media_type}; charset=utf-8")


def status_of(result: ExecutionResult, *, strict: bool) -> int:
    """The status of an answer; `strict` where one that was not executed is a 400."""
    for error in result.errors or ():
        code = (error.extensions or {}).get("code")
        if code in _STATUS_BY_CODE:
            return _STATUS_BY_CODE[code]
    return 400 if isinstance(result, PreExecutionError) and strict else 200


def is_unavailable(result: ExecutionResult) -> bool:
    """Whether the same request may be answered a moment later."""
    return any((error.extensions or {}).get("code") == ErrorCode.SERVICE_UNAVAILABLE for error in result.errors or ())


def challenged(challenge: str | None) -> dict[str, str] | None:
    """The header that asks for a token."""
    return {"www-authenticate": challenge} if challenge else None
