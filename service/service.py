"""The parts of a running service: its store, engine, rate limiter and background tasks."""

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
from service.execution.warm_up import warm_up
from service.http.persisted_queries import read_trusted_documents
from service.http.rate_limits import RateLimiter
from service.settings import Settings
from service.stores import Progress, Store, no_progress, open_store
from service.stores.base import timestamp

log = logging.getLogger("atlas")

SERVICE_STATE = "atlas.service"
"""The key of the service in the state of the application's lifespan, where the server finds it."""

_SEED_RETRY_SECONDS = 1.0
_COMPACT_SECONDS = 600.0
_READINESS_SECONDS = 0.5


async def open_seeded_store(
    settings: Settings, ontology: Ontology = ONTOLOGY, progress: Progress = no_progress
) -> Store[Any]:
    """Open the store of the settings, and seed it if it is empty; raises StoreError and FactsError."""
    store = await open_store(settings, ontology)
    try:
        await seed_store(store, settings, ontology, progress)
    except BaseException:
        await store.close()
        raise
    return store


async def seed_store(
    store: Store[Any], settings: Settings, ontology: Ontology, progress: Progress = no_progress
) -> bool:
    """Seed a store with the facts of the settings; return False if it is not empty."""
    return await store.seed(lambda: read_facts(settings.facts, ontology), progress)


class Service:
    """The parts of one application. They exist before it starts, except the store and the engine."""

    def __init__(self, settings: Settings, ontology: Ontology, examples: Mapping[str, str]) -> None:
        """`examples`: the documents of the explorer, by name."""
        self.settings = settings
        self.authenticator = Authenticator(settings)
        self.trusted_documents = read_trusted_documents(settings, ontology)
        self.rate_limiter = RateLimiter(settings)
        self.draining = False
        """Whether a shutdown has begun: the service still answers, and `/readyz` tells load balancers to stop."""
        self._warm_up_documents = [
            *self.trusted_documents.by_name.items(),
            *(() if settings.persisted_only else examples.items()),
        ]
        self._ontology = ontology
        self._engine: Engine | None = None
        self._start_lock = asyncio.Lock()
        self._readiness_lock = asyncio.Lock()
        self._readiness = False, -math.inf
        """The last readiness, and when it was determined."""
        self._seeding: asyncio.Task[None] | None = None
        self._warming_up: asyncio.Task[None] | None = None
        self._compacting: asyncio.Task[None] | None = None

    async def start(self) -> Engine:
        """Open the store and return the engine; the same engine at every call.

        If the store is unavailable, the service starts anyway, and seeds the store when it becomes available.
        """
        if self._engine is None:
            async with self._start_lock:
                if self._engine is None:
                    self._engine = await self._open()
        return self._engine

    async def is_ready(self) -> bool:
        """Return whether the store answers and the plan-cache warm-up is done. Asks the store at most twice a second."""
        async with self._readiness_lock:
            is_ready, determined_at = self._readiness
            if time.monotonic() < determined_at + _READINESS_SECONDS:
                return is_ready
            try:
                is_ready = await (await self.start()).store.is_ready() and self._is_warmed_up
            except StoreError as error:
                log.warning("not ready: %s", error)
                is_ready = False
            self._readiness = is_ready, time.monotonic()
            return is_ready

    @property
    def _is_warmed_up(self) -> bool:
        return self._warming_up is None or self._warming_up.done()

    @property
    def is_idle(self) -> bool:
        """Whether no operation runs and no subscription is open."""
        return self._engine is None or self._engine.is_idle

    def end_streams(self) -> None:
        """End all subscriptions."""
        if self._engine is not None:
            self._engine.end_streams()

    async def stop(self) -> None:
        """Stop the background tasks and close everything. The service can start again."""
        tasks = [task for task in (self._warming_up, self._seeding, self._compacting) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._warming_up = self._seeding = self._compacting = None
        await self.rate_limiter.close()
        if self._engine is not None:
            await self._engine.close()
            await self._engine.store.close()
            self._engine = None
        self._readiness = False, -math.inf
        self.draining = False

    async def _open(self) -> Engine:
        store = await open_store(self.settings, self._ontology)
        try:
            await seed_store(store, self.settings, self._ontology)
        except StoreAccessDenied:
            await store.close()
            raise
        except StoreUnavailable as error:
            log.warning("the store is unavailable, waiting for it: %s", error)
            self._seeding = _create_background_task(self._seed_when_available(store))
        except BaseException:
            await store.close()
            raise
        self._compacting = _create_background_task(self._compact_log(store))
        engine = Engine(store, self._ontology, EngineConfig.of(self.settings))
        if store.caches_plans and self.settings.plan_ahead and self._warm_up_documents:
            self._warming_up = _create_background_task(self._warm_up(engine))
        return engine

    async def _warm_up(self, engine: Engine) -> None:
        try:
            if self._seeding is not None:
                await self._seeding
            await warm_up(engine, self._warm_up_documents, self.settings.plan_ahead)
        except Exception:
            log.exception("the plan-cache warm-up failed; the database plans each query at its first request")

    async def _compact_log(self, store: Store[Any]) -> None:
        """Delete old log entries at intervals. If there are several processes, each of them does this."""
        while True:
            await asyncio.sleep(_COMPACT_SECONDS)
            try:
                deleted = await store.compact_log(self.settings.changes_kept, timestamp(self.settings.changes_days))
            except Exception:
                log.exception("the change log could not be compacted; trying again")
            else:
                if deleted:
                    log.info("deleted %d old entries of the change log", deleted)

    async def _seed_when_available(self, store: Store[Any]) -> None:
        while True:
            await asyncio.sleep(_SEED_RETRY_SECONDS)
            try:
                await seed_store(store, self.settings, self._ontology)
            except StoreUnavailable:
                continue
            except StoreError as error:
                log.warning("the store cannot be seeded, trying again: %s", error)
                continue
            except AtlasError:
                log.exception("the store cannot be seeded; correct the facts and start the service again")
            return


def _create_background_task(work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
    """Create a task outside the context of the request that happens to start the service."""
    return asyncio.create_task(work, context=Context())
