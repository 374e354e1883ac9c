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

from service.changes.feed import BEHIND, Ended, Feed, Listener
from service.errors import TIMEOUT, InputError, Place, StatementTimeout, StoreUnavailable
from service.plan import Listening, Lost
from service.plan.parameters import Version
from service.stores import Entry, Store
from service.telemetry.metrics import SUBSCRIPTIONS

log = logging.getLogger("atlas")

ENDED = "SUBSCRIPTION_ENDED"
_EXPIRED = "The token has expired"
_PAUSE_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class Stream:
    """A subscription that has been opened: what it asks of each change, as a statement and the values of its slots, of
    which the first is the change's number. It ends when the token `expires`, in Unix seconds.
    """

    store: Store[Any]
    key: str
    statement: Any
    values: list[Any]
    digest: str
    expires: int | None

    async def events(self, listener: Listener) -> AsyncGenerator[ExecutionResult]:
        """One result for every change; the last one says why there are no more, and how to go on."""
        SUBSCRIPTIONS.inc()
        try:
            while True:
                yield ExecutionResult({self.key: await self._next(listener)}, None)
        except Ended as error:
            cursor = str(Version(self.digest, listener.position))
            message = (
                f"{error.reason}; the last change that you have is '{cursor}': subscribe again with it as `after`."
            )
            yield ExecutionResult(None, [GraphQLError(message, extensions={"code": ENDED, "after": cursor})])
        except StatementTimeout as error:  # the next time it would take as long
            after = str(Version(self.digest, listener.position))
            yield ExecutionResult(None, [GraphQLError(str(error), extensions={"code": TIMEOUT, "after": after})])
        finally:
            SUBSCRIPTIONS.dec()
            listener.close()

    async def _next(self, listener: Listener) -> Any:
        self._check_token()  # nothing times out where nothing is waited for
        try:
            async with asyncio.timeout(None if self.expires is None else self.expires - time.time()):
                entry = await listener.next()
        except TimeoutError:
            raise Ended(_EXPIRED) from None
        try:
            found = await self._found(entry)
        except (Ended, StatementTimeout):
            listener.position = entry.sequence - 1  # the client has not been told
            raise
        if isinstance(found, Lost):
            raise Ended(BEHIND)
        return found

    async def _found(self, entry: Entry) -> Any:
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
            raise Ended(_EXPIRED)


async def begin(store: Store[Any], feed: Feed, plan: Listening, values: list[Any]) -> tuple[str, Listener]:
    """The digest of the graph, and who listens to it as planned; raises InputError where `after` leads nowhere."""
    current = Version.of(await store.version()) or Version("", 0)
    if plan.after is None:
        return current.digest, feed.listen(current.sequence, plan.kinds)
    digest, after = (values[slot] for slot in plan.after)
    place = plan.slots[plan.after[0]].place
    if digest != current.digest or after > current.sequence:
        raise lost(place, foreign=True)
    first = await store.entries(after, 1)
    if first and first[0].sequence > after + 1:
        raise lost(place, foreign=False)
    return current.digest, feed.listen(after, plan.kinds)


def lost(place: Place, *, foreign: bool) -> InputError:
    """What to tell a client that asks for what came after a version that the log does not know."""
    if foreign:
        return InputError(
            f"{place.argument} is no cursor of this graph's log; begin with `graph {{ version }}`.", place
        )
    return InputError(
        f"{place.argument} is older than the log of changes, which keeps the latest only; read the graph anew and begin "
        "with its version.",
        place,
    )
