"""What one running service holds: its store, engine, rate limits and background tasks."""

from __future__ import annotations

import asyncio
import logging
import math
import time
from collections.abc import Coroutine, Mapping
from contextvars import Context
from typing import Any

from graph_seed import read_facts
from schema import ONTOLOGY, Ontology
from service.auth.authenticator import Authenticator
from service.errors import AtlasError, StoreAccessDenied, StoreError, StoreUnavailable
from service.execution.engine import Engine, EngineConfig
from service.execution.warm_up import plan_ahead
from service.http.persisted_queries import read_trusted_documents
from service.http.rate_limits import RateLimiter
from service.settings import Settings
from service.stores import Progress, Store, no_progress, open_store
from service.stores.base import timestamp

log = logging.getLogger("atlas")

_WAIT_SECONDS = 1.0
_COMPACT_SECONDS = 600.0
_READY_SECONDS = 0.5
STOPPING = "atlas.service"
"""Under this name a server finds the service in the state of the lifespan."""


async def prepare(settings: Settings, ontology: Ontology = ONTOLOGY, progress: Progress = no_progress) -> Store[Any]:
    """Open the store that the settings name and fill it where it is empty; raises StoreError."""
    store = await open_store(settings, ontology)
    try:
        await fill(store, settings, ontology, progress)
    except BaseException:
        await store.close()
        raise
    return store


async def fill(store: Store[Any], settings: Settings, ontology: Ontology, progress: Progress = no_progress) -> bool:
    """Fill a store where it is empty; False where it is not."""
    return await store.seed(lambda: read_facts(settings.facts, ontology), progress)


class Service:
    """What the application holds while it runs."""

    def __init__(self, settings: Settings, ontology: Ontology, examples: Mapping[str, str]) -> None:
        self.settings = settings
        self.authenticator = Authenticator(settings)
        self.documents = read_trusted_documents(settings, ontology)
        self._foreseen = [*self.documents.files.items(), *(() if settings.persisted_only else examples.items())]
        """Documents that will be asked, and the names of their files."""
        self.rates = RateLimiter(settings)
        self.draining = False
        """Whether it is about to stop: it answers still, and whoever asks is sent away afterwards."""
        self._ontology = ontology
        self._engine: Engine | None = None
        self._starting = asyncio.Lock()
        self._asking = asyncio.Lock()
        self._readiness = False, -math.inf
        """Whether the store was ready, and when it was asked."""
        self._filling: asyncio.Task[None] | None = None
        self._planning: asyncio.Task[None] | None = None
        self._compacting: asyncio.Task[None] | None = None

    async def start(self) -> Engine:
        """Open the store, once. Where it is away, the service starts all the same and fills it when it is back."""
        if self._engine is None:
            async with self._starting:
                if self._engine is None:
                    self._engine = await self._open()
        return self._engine

    async def ready(self) -> bool:
        """Whether the store answers, and what is known beforehand has been planned; it is asked twice a second at the most,
        however often that is.
        """
        async with self._asking:
            answers, asked = self._readiness
            if time.monotonic() < asked + _READY_SECONDS:
                return answers
            try:
                answers = await (await self.start()).store.is_ready() and self._has_planned
            except StoreError as error:
                log.warning("not ready: %s", error)
                answers = False
            self._readiness = answers, time.monotonic()
            return answers

    @property
    def _has_planned(self) -> bool:
        return self._planning is None or self._planning.done()

    @property
    def settled(self) -> bool:
        """Whether no operation runs and nobody listens."""
        return self._engine is None or self._engine.settled

    def end_streams(self) -> None:
        """Tell all who listen that there is nothing more to come."""
        if self._engine is not None:
            self._engine.end_streams()

    async def stop(self) -> None:
        tasks = [task for task in (self._planning, self._filling, self._compacting) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._planning = self._filling = self._compacting = None
        await self.rates.close()
        if self._engine is not None:
            await self._engine.close()
            await self._engine.store.close()
            self._engine = None
        self._readiness = False, -math.inf
        self.draining = False

    async def _open(self) -> Engine:
        store = await open_store(self.settings, self._ontology)
        try:
            await fill(store, self.settings, self._ontology)
        except StoreAccessDenied:
            await store.close()
            raise
        except StoreUnavailable as error:
            log.warning("the store is away, waiting for it: %s", error)
            self._filling = _in_background(self._fill_later(store))
        except BaseException:
            await store.close()
            raise
        self._compacting = _in_background(self._compact(store))
        engine = Engine(store, self._ontology, EngineConfig.of(self.settings))
        if store.caches_plans and self.settings.plan_ahead and self._foreseen:
            self._planning = _in_background(self._plan_ahead(engine))
        return engine

    async def _plan_ahead(self, engine: Engine) -> None:
        try:
            if self._filling is not None:
                await self._filling
            await plan_ahead(engine, self._foreseen, self.settings.plan_ahead)
        except Exception:
            log.exception("documents could not be planned ahead; they are planned when they are asked")

    async def _compact(self, store: Store[Any]) -> None:
        """Forget old changes now and then; every process does, and finds what another has done."""
        while True:
            await asyncio.sleep(_COMPACT_SECONDS)
            try:
                removed = await store.compact_log(self.settings.changes_kept, timestamp(self.settings.changes_days))
            except Exception:
                log.exception("the log of changes could not be compacted; trying again")
            else:
                if removed:
                    log.info("forgot %d old changes", removed)

    async def _fill_later(self, store: Store[Any]) -> None:
        while True:
            await asyncio.sleep(_WAIT_SECONDS)
            try:
                await fill(store, self.settings, self._ontology)
            except StoreUnavailable:
                continue
            except StoreError as error:
                log.warning("the store cannot be filled, trying again: %s", error)
                continue
            except AtlasError:
                log.exception("the store cannot be filled; mend the facts and start again")
            return


def _in_background(work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
    """A task that belongs to no request, whichever opened the store."""
    return asyncio.create_task(work, context=Context())
