"""The driver of Neo4j: connections, retries, time limits and errors."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import TypeVar

from neo4j import AsyncDriver, AsyncGraphDatabase, Bookmarks, NotificationMinimumSeverity
from neo4j.exceptions import (
    AuthError,
    ConfigurationError,
    ConnectionAcquisitionTimeoutError,
    DriverError,
    IncompleteCommit,
    Neo4jError,
)

from service.errors import BookmarkError, StatementTimeout, StoreAccessDenied, StoreError, StoreUnavailable
from service.settings import Settings

T = TypeVar("T")

_FIRST_PAUSE_SECONDS = 0.05
_MAX_PAUSE_SECONDS = 1.0
_CHECK_INTERVAL_SECONDS = 2.5
"""Neo4j checks the time limits of transactions every two seconds (db.transaction.monitor.check.interval)."""
_MIN_BOOKMARK_CHARACTERS = len("FB:")
"""Neo4j removes this prefix without a check, and reports an UnknownError for a shorter bookmark."""


def open_driver(settings: Settings, max_connections: int) -> AsyncDriver:
    """Return a driver, which connects at the first request."""
    try:
        return AsyncGraphDatabase.driver(
            settings.store,
            auth=(settings.neo4j_user, settings.neo4j_password.get_secret_value()),
            max_connection_pool_size=max_connections,
            # longer than the time limit of a request: if both ended at once, the driver would report an error of its pool
            connection_acquisition_timeout=settings.neo4j_timeout * 2,
            connection_timeout=min(5.0, settings.neo4j_timeout),
            notifications_min_severity=NotificationMinimumSeverity.OFF,
            telemetry_disabled=True,
        )
    except (ConfigurationError, DriverError, ValueError) as error:
        raise StoreError(f"{settings.store}: {error}") from error


async def retry(attempt: Callable[[], Awaitable[T]], seconds: float) -> T:
    """Return the result of the first successful attempt. Errors that may pass are retried within the time limit.

    Raise StoreError or one of its subclasses, or BookmarkError.
    """
    pause = _FIRST_PAUSE_SECONDS
    last_error: Exception | None = None
    try:
        async with asyncio.timeout(seconds):
            while True:
                try:
                    return await attempt()
                except (DriverError, Neo4jError, OSError) as error:
                    if not _is_transient(error):
                        raise _store_error(error, seconds) from error
                    last_error = error
                await asyncio.sleep(pause * random.uniform(0.5, 1.0))  # noqa: S311 - spreads retries, not a secret
                pause = min(pause * 2, _MAX_PAUSE_SECONDS)
    except TimeoutError as error:
        message = f"Neo4j did not answer within {seconds:g} s: {last_error or 'no answer'}"
        raise StoreUnavailable(message) from error


def transaction_timeout(seconds: float) -> float:
    """Return the time limit of a transaction in Neo4j, for a time limit of the request.

    It is shorter, so that Neo4j can report that a statement took too long before the request ends.
    """
    return max(seconds / 2, seconds - _CHECK_INTERVAL_SECONDS)


def parse_bookmark(text: str | None) -> Bookmarks | None:
    """Return the bookmark that a client sent. Raise BookmarkError if it is certainly invalid."""
    if not text:
        return None
    if len(text) < _MIN_BOOKMARK_CHARACTERS or not text.isascii():  # the driver raises ValueError for other characters
        raise BookmarkError("The bookmark is not a bookmark of this graph.")
    return Bookmarks.from_raw_values([text])


def _is_transient(error: Exception) -> bool:
    if isinstance(error, AuthError | ConfigurationError | IncompleteCommit):
        return False
    code = _code(error)
    if "InvalidBookmark" in code or ".TransactionTimedOut" in code or _is_internal(code):
        return False
    # CREATE ... IF NOT EXISTS fails if another process creates the same index at the same time.
    # A transaction that waited too long for a lock has written nothing, but the driver does not call that retryable.
    may_succeed = code.endswith((".EquivalentSchemaRuleAlreadyExists", ".LockClientStopped"))
    is_connection_error = isinstance(error, OSError | ConnectionAcquisitionTimeoutError)
    return is_connection_error or may_succeed or getattr(error, "is_retryable", lambda: False)()


def _store_error(error: Exception, seconds: float) -> StoreError | BookmarkError:
    code = _code(error)
    if isinstance(error, AuthError | ConfigurationError):
        return StoreAccessDenied(f"Neo4j rejected the connection: {error}")
    if isinstance(error, IncompleteCommit):
        message = f"The connection to Neo4j was lost during a commit, which may have succeeded: {error}"
        return StoreUnavailable(message)
    if "InvalidBookmark" in code:
        return BookmarkError("The bookmark is not a bookmark of this graph.")
    if ".TransactionTimedOut" in code:
        return StatementTimeout(seconds, "ATLAS_NEO4J_TIMEOUT")
    if _is_internal(code):
        return StoreUnavailable(f"Neo4j reported an internal error: {error}")
    return StoreError(f"Neo4j: {error}")


def _is_internal(code: str) -> bool:
    """Return whether the database itself failed, for example because its disk is full, and not the statement."""
    return code.startswith(
        ("Neo.DatabaseError.General.", "Neo.DatabaseError.Transaction.", "Neo.DatabaseError.Database.")
    )


def _code(error: Exception) -> str:
    """Return the code of an error of Neo4j, or an empty text for another error."""
    return str(getattr(error, "code", ""))
