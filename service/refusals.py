"""The answers to who is refused before an operation is known: what they say, their statuses and challenges."""

from __future__ import annotations

import orjson
from starlette.responses import Response
from strawberry.types.execution import ExecutionResult, PreExecutionError

from service.caching import NO_STORE
from service.engine import FORBIDDEN, INTERNAL, TIMEOUT, UNAUTHENTICATED, UNAVAILABLE, denied
from service.errors import AccessError, InvalidTokenError, PersistedError
from service.negotiation import GRAPHQL_JSON, JSON
from service.rates import RATE_LIMITED, LimitedError

_STATUS_BY_CODE = {UNAUTHENTICATED: 401, FORBIDDEN: 403, UNAVAILABLE: 503, TIMEOUT: 503, INTERNAL: 500}
_BEARER = 'Bearer realm="framework-atlas"'
INVALID = f'{_BEARER}, error="invalid_token"'  # RFC 6750, 3.1
CHALLENGES = {401: _BEARER, 403: f'{_BEARER}, error="insufficient_scope"'}


def refuse(status: int, reason: str, media_type: str) -> Response:
    """The answer to a request that is none of GraphQL over HTTP."""
    kind = media_type if media_type == GRAPHQL_JSON else JSON
    headers = {"allow": "GET, POST"} if status == 405 else None
    body = orjson.dumps({"errors": [{"message": reason}]})
    return Response(body, status, headers, media_type=f"{kind}; charset=utf-8")


def deny(error: AccessError, media_type: str) -> Response:
    """The answer to who may not do what they ask for."""
    result = denied(error)
    status = status_of(result, strict=True)
    challenge = INVALID if isinstance(error, InvalidTokenError) else CHALLENGES[status]
    body = orjson.dumps({"errors": [one.formatted for one in result.errors or ()]})
    return Response(body, status, challenged(challenge), media_type=f"{media_type}; charset=utf-8")


def unknown(error: PersistedError, media_type: str) -> Response:
    """The answer to a client that names a document which is not answered; 200 where its media type knows no other status."""
    status = error.status or (400 if media_type == GRAPHQL_JSON else 200)
    body = orjson.dumps({"errors": [{"message": str(error), "extensions": {"code": error.code}}]})
    return Response(body, status, media_type=f"{media_type}; charset=utf-8")


def limited(error: LimitedError, media_type: str) -> Response:
    """The answer to who has asked too often."""
    body = {"message": str(error), "extensions": {"code": RATE_LIMITED, "retryAfter": error.quota.seconds}}
    headers = {**error.quota.headers, **NO_STORE}
    return Response(orjson.dumps({"errors": [body]}), 429, headers, media_type=f"{media_type}; charset=utf-8")


def status_of(result: ExecutionResult, *, strict: bool) -> int:
    """The status of an answer; `strict` where one that was not executed is a 400."""
    for error in result.errors or ():
        code = (error.extensions or {}).get("code")
        if code in _STATUS_BY_CODE:
            return _STATUS_BY_CODE[code]
    return 400 if isinstance(result, PreExecutionError) and strict else 200


def is_unavailable(result: ExecutionResult) -> bool:
    """Whether the same request may be answered a moment later."""
    return any((error.extensions or {}).get("code") == UNAVAILABLE for error in result.errors or ())


def challenged(challenge: str | None) -> dict[str, str] | None:
    """The header that asks for a token."""
    return {"www-authenticate": challenge} if challenge else None
