"""Read responses: return the data of an operation, or raise the error that the response means."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import httpx

from framework_atlas.commands import Failure, Reply, Response
from framework_atlas.errors import (
    ForbiddenError,
    GraphQLError,
    OperationError,
    UnauthenticatedError,
    UnavailableError,
    UnexpectedAnswerError,
)
from framework_atlas.retries import retry_after

UNAVAILABLE = "SERVICE_UNAVAILABLE"
_STATEMENT_TIMEOUT = "STATEMENT_TIMEOUT"  # status 503 as well, but another attempt would take as long
_TEMPORARY = {429, 502, 503, 504}
_ACCESS_ERRORS = {401: UnauthenticatedError, 403: ForbiddenError}
_NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)


def read(reply: Reply) -> Mapping[str, Any]:
    """Return the body of a response with data and without errors; raises the error that any other reply means."""
    if isinstance(reply, Response):
        return _read(reply)
    if isinstance(reply, Failure):
        raise _unavailable(reply.error) from reply.error
    raise TypeError(f"{reply} is not a response")


def bookmark(response: Response) -> str | None:
    """The bookmark of a write in the body of its response, for proxies that drop the header."""
    value = ((_body(response) or {}).get("extensions") or {}).get("bookmark")
    return value if isinstance(value, str) else None


def check(body: Mapping[str, Any]) -> None:
    """Raise the error that the errors of a body mean, if there are any."""
    if not body.get("errors") and "data" in body:
        return
    errors = [_error(item) for item in body["errors"] or ()]
    message = "; ".join(map(str, errors)) or "The service reported an error without a message."
    codes = {error.code for error in errors}
    if UNAVAILABLE in codes:
        raise UnavailableError(message)
    if "UNAUTHENTICATED" in codes:
        raise UnauthenticatedError(message, errors, body.get("data"))
    if "FORBIDDEN" in codes:
        raise ForbiddenError(message, errors, body.get("data"))
    raise OperationError(message, errors, body.get("data"))


def _read(response: Response) -> Mapping[str, Any]:
    body = _body(response)
    if response.status in _TEMPORARY and not _timed_out(body):
        message = "; ".join(str(_error(item)) for item in body.get("errors") or ()) if body else ""
        raise UnavailableError(
            f"The service is temporarily unavailable (status {response.status}){f': {message}' if message else ''}",
            undone=response.status == 429,  # rejected before execution; the others may occur after it
            retry_after=retry_after(response.headers.get("retry-after")),
        )
    if body is None and response.status in _ACCESS_ERRORS:  # from a proxy, which does not send GraphQL errors
        raise _ACCESS_ERRORS[response.status](
            f"Access denied by the service or a proxy (status {response.status}); use another token."
        )
    if body is None:
        location = response.headers.get("location")
        content = response.content[:100].decode("utf-8", "replace")
        detail = f"a redirect to {location}" if location else f"the content {content!r}"
        raise UnexpectedAnswerError(
            f"The response is not a GraphQL response: status {response.status} with {detail}. Check the URL.",
            response.status,
        )
    check(body)
    if response.status == 401:  # a mutation reports this in its payload
        raise UnauthenticatedError("The token is not valid; use another one.", (), body["data"])
    return body


def _body(response: Response) -> Mapping[str, Any] | None:
    """The body of a response, or None if it is not a GraphQL response."""
    try:
        body = json.loads(response.content)
    except ValueError:
        return None
    if not isinstance(body, dict) or not {"data", "errors"} & body.keys():
        return None
    return body if isinstance(body.get("errors"), list | None) else None


def _timed_out(body: Mapping[str, Any] | None) -> bool:
    """Whether the service executed the operation and stopped it after a timeout, which is not worth a retry."""
    return any(_error(item).code == _STATEMENT_TIMEOUT for item in (body or {}).get("errors") or ())


def _error(item: Any) -> GraphQLError:
    if not isinstance(item, dict):
        return GraphQLError(str(item))
    return GraphQLError(
        str(item.get("message", "")),
        tuple(item.get("path") or ()),
        tuple((location["line"], location["column"]) for location in item.get("locations") or ()),
        item.get("extensions") or {},
    )


def _unavailable(error: Exception) -> UnavailableError:
    message = str(error) or type(error).__name__
    if isinstance(error, _NOT_SENT):
        return UnavailableError(f"Cannot connect to the service: {message}", undone=True)
    if isinstance(error, httpx.TimeoutException | TimeoutError):
        return UnavailableError(f"The service did not respond in time: {message}")
    return UnavailableError(f"The connection was lost: {message}")
