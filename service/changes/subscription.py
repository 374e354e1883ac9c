"""What a subscriber gets: for every change that a listener hears of, what the subscription asks of it."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Any

from graphql import GraphQLError
from strawberry.types.execution import ExecutionResult

from service.changes.feed import BEHIND, ChangeFeed, FeedListener, SubscriptionEnded
from service.errors import ArgumentLocation, ErrorCode, InputError, StatementTimeout, StoreUnavailable
from service.plan import SubscriptionPlan, VersionUnavailable
from service.plan.version import Version
from service.stores import LogEntry, Store
from service.telemetry.metrics import SUBSCRIPTIONS

log = logging.getLogger("atlas")

_EXPIRED = "The token has expired"
_PAUSE_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class Subscription:
    """A subscription that has been opened: what it asks of each change, as a statement and the values of its slots, of
    which the first is the change's number. It ends when the token `expires`, in Unix seconds.
    """

    store: Store[Any]
    key: str
    statement: Any
    values: list[Any]
    digest: str
    expires: int | None

    async def events(self, listener: FeedListener) -> AsyncGenerator[ExecutionResult]:
        """One result for every change; the last one says why there are no more, and how to go on."""
        SUBSCRIPTIONS.inc()
        try:
            while True:
                yield ExecutionResult({self.key: await self._next(listener)}, None)
        except SubscriptionEnded as error:
            cursor = str(Version(self.digest, listener.position))
            message = (
                f"{error.reason}; the last change that you have is '{cursor}': subscribe again with it as `after`."
            )
            yield ExecutionResult(
                None, [GraphQLError(message, extensions={"code": ErrorCode.SUBSCRIPTION_ENDED, "after": cursor})]
            )
        except StatementTimeout as error:  # the next time it would take as long
            after = str(Version(self.digest, listener.position))
            yield ExecutionResult(
                None, [GraphQLError(str(error), extensions={"code": ErrorCode.STATEMENT_TIMEOUT, "after": after})]
            )
        finally:
            SUBSCRIPTIONS.dec()
            listener.close()

    async def _next(self, listener: FeedListener) -> Any:
        self._check_token()  # nothing times out where nothing is waited for
        try:
            async with asyncio.timeout(None if self.expires is None else self.expires - time.time()):
                entry = await listener.next()
        except TimeoutError:
            raise SubscriptionEnded(_EXPIRED) from None
        try:
            found = await self._found(entry)
        except (SubscriptionEnded, StatementTimeout):
            listener.position = entry.sequence - 1  # the client has not been told
            raise
        if isinstance(found, VersionUnavailable):
            raise SubscriptionEnded(BEHIND)
        return found

    async def _found(self, entry: LogEntry) -> Any:
        """What is asked of a change. Who listens waits for a store that is away, and misses nothing."""
        while True:
            try:
                (found,) = await self.store.fetch(self.statement, [entry.sequence, *self.values[1:]])
            except StatementTimeout:
                raise
            except StoreUnavailable as error:
                log.warning("store unavailable: %s", error)
                await asyncio.sleep(_PAUSE_SECONDS)
                self._check_token()
            else:
                return found

    def _check_token(self) -> None:
        if self.expires is not None and time.time() >= self.expires:
            raise SubscriptionEnded(_EXPIRED)


async def begin(
    store: Store[Any], feed: ChangeFeed, plan: SubscriptionPlan, values: list[Any]
) -> tuple[str, FeedListener]:
    """The digest of the graph, and who listens to it as planned; raises InputError where `after` leads nowhere."""
    current = Version.parse(await store.version()) or Version("", 0)
    if plan.after is None:
        return current.digest, feed.listen(current.sequence, plan.kinds)
    digest, after = (values[parameter] for parameter in plan.after)
    location = plan.parameters[plan.after[0]].location
    if digest != current.digest or after > current.sequence:
        raise lost(location, foreign=True)
    first = await store.log_entries(after, 1)
    if first and first[0].sequence > after + 1:
        raise lost(location, foreign=False)
    return current.digest, feed.listen(after, plan.kinds)


def lost(location: ArgumentLocation, *, foreign: bool) -> InputError:
    """What to tell a client that asks for what came after a version that the log does not know."""
    if foreign:
        return InputError(
            f"{location.argument} is no cursor of this graph's log; begin with `graph {{ version }}`.", location
        )
    return InputError(
        f"{location.argument} is older than the log of changes, which keeps the latest only; read the graph anew and begin "
        "with its version.",
        location,
    )
