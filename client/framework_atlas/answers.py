"""Read what came back: the data of an operation, or the error that it means."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import httpx

from framework_atlas.commands import Answer, Fault, Reply
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
_GIVEN_UP = "STATEMENT_TIMEOUT"  # a 503 too, but the same operation would take as long again
_NOT_NOW = {429, 502, 503, 504}
_NOT_ALLOWED = {401: UnauthenticatedError, 403: ForbiddenError}
_NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)


def read(reply: Reply) -> Mapping[str, Any]:
    """The body of an answer that has data and no errors; raises the error that anything else means."""
    if isinstance(reply, Answer):
        return _answered(reply)
    if isinstance(reply, Fault):
        raise _unavailable(reply.error) from reply.error
    raise TypeError(f"{reply} is no answer")


def bookmark(answer: Answer) -> str | None:
    """The bookmark of a write in the body of its answer, where a proxy keeps headers to itself."""
    found = ((_body(answer) or {}).get("extensions") or {}).get("bookmark")
    return found if isinstance(found, str) else None


def check(body: Mapping[str, Any]) -> None:
    """Raise what the errors of a body mean, if it has any."""
    if not body.get("errors") and "data" in body:
        return
    errors = [_error(given) for given in body["errors"] or ()]
    told = "; ".join(map(str, errors)) or "The service answered with errors and does not say which."
    codes = {error.code for error in errors}
    if UNAVAILABLE in codes:
        raise UnavailableError(told)
    if "UNAUTHENTICATED" in codes:
        raise UnauthenticatedError(told, errors, body.get("data"))
    if "FORBIDDEN" in codes:
        raise ForbiddenError(told, errors, body.get("data"))
    raise OperationError(told, errors, body.get("data"))


def _answered(answer: Answer) -> Mapping[str, Any]:
    body = _body(answer)
    if answer.status in _NOT_NOW and not _was_given_up(body):
        told = "; ".join(str(_error(given)) for given in body.get("errors") or ()) if body else ""
        raise UnavailableError(
            f"The service has no answer just now (status {answer.status}){f': {told}' if told else ''}",
            undone=answer.status == 429,  # refused at the door; any other may come when something was done already
            retry_after=retry_after(answer.headers.get("retry-after")),
        )
    if body is None and answer.status in _NOT_ALLOWED:  # a proxy, which says it in its own way
        raise _NOT_ALLOWED[answer.status](
            f"Status {answer.status}: the service, or a proxy before it, wants another token."
        )
    if body is None:
        location = answer.headers.get("location")
        shown = f"leads to {location}" if location else f"says {answer.content[:100].decode('utf-8', 'replace')!r}"
        raise UnexpectedAnswerError(
            f"What answered is no GraphQL service: status {answer.status}, it {shown}. Is the address right?",
            answer.status,
        )
    check(body)
    if answer.status == 401:  # a mutation says so in its payload
        raise UnauthenticatedError("The token does not hold; give the client another.", (), body["data"])
    return body


def _body(answer: Answer) -> Mapping[str, Any] | None:
    """The body, where it is one of GraphQL's."""
    try:
        body = json.loads(answer.content)
    except ValueError:
        return None
    if not isinstance(body, dict) or not {"data", "errors"} & body.keys():
        return None
    return body if isinstance(body.get("errors"), list | None) else None


def _was_given_up(body: Mapping[str, Any] | None) -> bool:
    """Whether the service took the operation on and gave it up: that is its answer."""
    return any(_error(given).code == _GIVEN_UP for given in (body or {}).get("errors") or ())


def _error(given: Any) -> GraphQLError:
    if not isinstance(given, dict):
        return GraphQLError(str(given))
    return GraphQLError(
        str(given.get("message", "")),
        tuple(given.get("path") or ()),
        tuple((place["line"], place["column"]) for place in given.get("locations") or ()),
        given.get("extensions") or {},
    )


def _unavailable(error: Exception) -> UnavailableError:
    told = str(error) or type(error).__name__
    if isinstance(error, _NEVER_SENT):
        return UnavailableError(f"The service cannot be reached: {told}", undone=True)
    if isinstance(error, httpx.TimeoutException | TimeoutError):
        return UnavailableError(f"The service did not answer in time: {told}")
    return UnavailableError(f"The connection broke: {told}")
