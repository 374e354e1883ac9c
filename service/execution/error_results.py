"""What a client is told where there is no answer: the one place that decides what of an error it may see."""

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


def told(error: Exception, text: str, principal: Principal, *, development: bool) -> ExecutionResult:
    """What is told of an error that ended the operation of this document; called while it is handled.

    `development`: whether clients may see what went wrong inside.
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
            return _internal(error, principal, development=development)


def access_error(error: AccessError) -> GraphQLError:
    """What a client is told that may not do what it asks for."""
    return GraphQLError(str(error), extensions={"code": code_of(error)})


def code_of(error: AccessError) -> ErrorCode:
    return ErrorCode.UNAUTHENTICATED if isinstance(error, UnauthenticatedError) else ErrorCode.FORBIDDEN


def limit_error(error: LimitError) -> GraphQLError:
    return GraphQLError(str(error), extensions={"code": ErrorCode.LIMIT_EXCEEDED, "limit": error.limit})


def _input_error(error: InputError, text: str) -> GraphQLError:
    location = error.location
    extensions = (
        {"code": ErrorCode.LIMIT_EXCEEDED, "limit": error.limit} if error.limit else {"code": ErrorCode.BAD_USER_INPUT}
    )
    return GraphQLError(
        str(error), source=Source(text), positions=[location.position], path=location.path, extensions=extensions
    )


def _unavailable(error: StoreUnavailable) -> ExecutionResult:
    """What is told where the store does not answer; of a mutation also which of its root fields were done before."""
    message, code = "The graph cannot be reached just now; try again in a moment.", ErrorCode.SERVICE_UNAVAILABLE
    match error:
        case StatementTimeout():
            message, code = str(error), ErrorCode.STATEMENT_TIMEOUT
        case StoreBusy():
            log.info("refused: %s", error)
            message = "Too many requests wait for the graph just now; try again in a moment."
        case _:
            log.warning("store unavailable: %s", error)
    extensions: dict[str, Any] = {"code": code}
    if error.done:
        message += f" Done before it: {', '.join(error.done)}; what came after was not tried."
        extensions["done"] = list(error.done)
    return ExecutionResult(None, [GraphQLError(message, extensions=extensions)])


def _internal(error: Exception, principal: Principal, *, development: bool) -> ExecutionResult:
    reference = request_id() or uuid.uuid4().hex[:12]
    log.error("internal error %s", reference, exc_info=error, extra={"principal": principal.name})
    message = f"Something went wrong inside the service; its log calls this {reference}."
    if development:
        message += f" {type(error).__name__}: {error}"
    return ExecutionResult(None, [GraphQLError(message, extensions={"code": ErrorCode.INTERNAL_SERVER_ERROR})])
