"""Turn the exceptions of operations into results with errors: what a client may see of an error.

`service.changes.subscription` does this for errors that end a subscription.
"""

from __future__ import annotations

import logging
import uuid
from typing import Any

from graphql import GraphQLError, Source
from strawberry.types.execution import ExecutionResult, PreExecutionError

from service.auth.principal import Principal
from service.compiler import RequestError
from service.errors import (
    AccessError,
    BookmarkError,
    ErrorCode,
    InputError,
    LimitError,
    OperationTooLargeError,
    StatementTimeout,
    StoreBusy,
    StoreUnavailable,
    UnauthenticatedError,
)
from service.telemetry import request_id

log = logging.getLogger("atlas")


def error_result(error: Exception, text: str, principal: Principal, *, development: bool) -> ExecutionResult:
    """Return the result of an operation that raised an exception; `text` is its document.

    `development`: whether clients may see details of internal errors.
    """
    match error:
        case RequestError(errors=errors):
            return PreExecutionError(None, errors)
        case InputError():
            return PreExecutionError(None, [_input_error(error, text)])
        case LimitError():
            return PreExecutionError(None, [limit_error(error)])
        case AccessError():
            return PreExecutionError(None, [access_error(error)])
        case BookmarkError() | OperationTooLargeError():
            return PreExecutionError(None, [GraphQLError(str(error), extensions={"code": ErrorCode.BAD_USER_INPUT})])
        case StoreUnavailable():
            return _unavailable(error)
        case _:
            return _internal_error(error, principal, development=development)


def access_error(error: AccessError) -> GraphQLError:
    return GraphQLError(str(error), extensions={"code": code_of(error)})


def code_of(error: AccessError) -> str:
    return ErrorCode.UNAUTHENTICATED if isinstance(error, UnauthenticatedError) else ErrorCode.FORBIDDEN


def limit_error(error: LimitError) -> GraphQLError:
    return GraphQLError(str(error), extensions={"code": ErrorCode.LIMIT_EXCEEDED, "limit": error.limit})


def _input_error(error: InputError, text: str) -> GraphQLError:
    location = error.location
    extensions = (
        {"code": ErrorCode.LIMIT_EXCEEDED, "limit": error.limit} if error.limit else {"code": ErrorCode.BAD_USER_INPUT}
    )
    return GraphQLError(str(error), source=Source(text), positions=[location.position], extensions=extensions)


def _unavailable(error: StoreUnavailable) -> ExecutionResult:
    """Return a result that lists the root fields of a mutation that were executed before the store became unavailable."""
    message, code = "The database is unavailable; try again in a moment.", ErrorCode.SERVICE_UNAVAILABLE
    match error:
        case StatementTimeout():
            message, code = str(error), ErrorCode.STATEMENT_TIMEOUT
        case StoreBusy():
            log.info("store busy: %s", error)
            message = "Too many requests wait for the database; try again in a moment."
        case _:
            log.warning("store unavailable: %s", error)
    extensions: dict[str, Any] = {"code": code}
    if error.done:
        message += f" Executed root fields: {', '.join(error.done)}; the others were not executed."
        extensions["done"] = list(error.done)
    return ExecutionResult(None, [GraphQLError(message, extensions=extensions)])


def _internal_error(error: Exception, principal: Principal, *, development: bool) -> ExecutionResult:
    reference = request_id() or uuid.uuid4().hex[:12]
    log.error("internal error %s", reference, exc_info=error, extra={"principal": principal.name})
    message = f"Internal error. The log of the service contains the details under {reference}."
    if development:
        message += f" {type(error).__name__}: {error}"
    return ExecutionResult(None, [GraphQLError(message, extensions={"code": ErrorCode.INTERNAL_SERVER_ERROR})])
