"""Subscriptions: answer the selection of a subscription for each change that its listener gets."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Any

import orjson
from graphql import GraphQLError
from strawberry.types.execution import ExecutionResult

from service.changes.feed import TOO_OLD, ChangeFeed, FeedListener, SubscriptionEnded
from service.compiler.field_errors import FieldError, apply_field_errors
from service.errors import ArgumentLocation, ErrorCode, InputError, StatementTimeout, StoreUnavailable
from service.plan import SubscriptionPlan, VersionUnavailable
from service.plan.version import Version
from service.stores import LogEntry, Store
from service.telemetry.metrics import SUBSCRIPTIONS

log = logging.getLogger("atlas")

_EXPIRED = "The token has expired"
_RETRY_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class Subscription:
    """An open subscription: the statement for its selection, and the values of the statement's parameters.

    The first parameter is the sequence number of the change. `digest` is the digest of the graph. The subscription ends
    when its token `expires`, in Unix seconds.
    """

    store: Store[Any]
    key: str
    statement: Any
    values: list[Any]
    field_errors: tuple[FieldError, ...]
    digest: str
    expires: int | None

    async def events(self, listener: FeedListener) -> AsyncGenerator[ExecutionResult]:
        """Yield one result for each change. The last result has an error: why the subscription ended, and how to resume."""
        SUBSCRIPTIONS.inc()
        try:
            while True:
                yield self._result(await self._next(listener))
        except SubscriptionEnded as error:
            cursor = str(Version(self.digest, listener.position))
            message = f"{error.reason}; your last change is '{cursor}': subscribe again with it as `after`."
            yield ExecutionResult(
                None, [GraphQLError(message, extensions={"code": ErrorCode.SUBSCRIPTION_ENDED, "after": cursor})]
            )
        except StatementTimeout as error:  # another attempt would take as long
            after = str(Version(self.digest, listener.position))
            yield ExecutionResult(
                None, [GraphQLError(str(error), extensions={"code": ErrorCode.STATEMENT_TIMEOUT, "after": after})]
            )
        finally:
            SUBSCRIPTIONS.dec()
            listener.close()

    def _result(self, change: Any) -> ExecutionResult:
        data = {self.key: change}
        if not self.field_errors:
            return ExecutionResult(data, None)
        return ExecutionResult(*apply_field_errors(orjson.loads(orjson.dumps(data)), self.field_errors))

    async def _next(self, listener: FeedListener) -> Any:
        self._check_token()  # the timeout below never fires while the queue has changes
        try:
            async with asyncio.timeout(None if self.expires is None else self.expires - time.time()):
                entry = await listener.next()
        except TimeoutError:
            raise SubscriptionEnded(_EXPIRED) from None
        try:
            answer = await self._fetch(entry)
        except (SubscriptionEnded, StatementTimeout):
            listener.position = entry.sequence - 1  # the client has not received this change
            raise
        if isinstance(answer, VersionUnavailable):
            raise SubscriptionEnded(TOO_OLD)
        return answer

    async def _fetch(self, entry: LogEntry) -> Any:
        """Fetch the selection for a change. Wait while the store is unavailable, so that the client misses nothing."""
        while True:
            try:
                (answer,) = await self.store.fetch(self.statement, [entry.sequence, *self.values[1:]])
            except StatementTimeout:
                raise
            except StoreUnavailable as error:
                log.warning("store unavailable: %s", error)
                await asyncio.sleep(_RETRY_SECONDS)
                self._check_token()
            else:
                return answer

    def _check_token(self) -> None:
        if self.expires is not None and time.time() >= self.expires:
            raise SubscriptionEnded(_EXPIRED)


async def open_listener(
    store: Store[Any], feed: ChangeFeed, plan: SubscriptionPlan, values: list[Any]
) -> tuple[str, FeedListener]:
    """Return the digest of the graph, and a listener at the position of the plan's `after`, by default the end of the log.

    Raises InputError if the log does not contain that position.
    """
    current = Version.parse(await store.version()) or Version("", 0)
    if plan.after is None:
        return current.digest, feed.listen(current.sequence, plan.kinds)
    digest, after = (values[parameter] for parameter in plan.after)
    location = plan.parameters[plan.after[0]].location
    if digest != current.digest or after > current.sequence:
        raise version_error(location, foreign=True)
    first = await store.log_entries(after, 1)
    if first and first[0].sequence > after + 1:
        raise version_error(location, foreign=False)
    return current.digest, feed.listen(after, plan.kinds)


def version_error(location: ArgumentLocation, *, foreign: bool) -> InputError:
    """Return the error for a version from which the log cannot continue: of another graph (`foreign`), or too old."""
    if foreign:
        message = "is not a cursor of this graph's change log; start with `graph { version }`."
    else:
        message = "is older than the oldest entry of the change log; read the graph again and start with its version."
    return InputError(f"{location.argument} {message}", location)
