"""The ASGI application: its routes, its start and its end."""

from __future__ import annotations

import asyncio
import logging
import math
import time
from collections.abc import AsyncIterator, Coroutine, Mapping
from contextlib import asynccontextmanager
from contextvars import Context
from typing import Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket

from graph_seed import read
from schema import ONTOLOGY, Ontology
from service.auth import ANYONE, Authenticator
from service.codes import RATE_LIMITED
from service.engine import Engine, Options
from service.errors import AtlasError, FactsError, StoreError, StoreRefused, StoreUnavailable
from service.http import GraphQLView, refusal
from service.lasting import Lasting
from service.negotiation import JSON
from service.pages import Pages
from service.persisted import read_documents
from service.planning import plan_ahead
from service.policy import Policy
from service.rates import LimitedError, Rates, who_asks
from service.refusals import limited
from service.security import middleware
from service.settings import Settings, read_settings
from service.stores import Progress, Store, no_progress, open_store
from service.stores.base import now
from service.telemetry import Observed, metrics, note_refusal

log = logging.getLogger("atlas")

_WAIT_SECONDS = 1.0
_COMPACT_SECONDS = 600.0
_READY_SECONDS = 0.5
STOPPING = "atlas.service"
"""Under this name a server finds the service in the state of the lifespan."""

_CLOSED = "The graph cannot be opened."


def create_app(settings: Settings | None = None, ontology: Ontology = ONTOLOGY) -> Starlette:
    """The service as an ASGI application, to be run or mounted in another one.

    Routes: `/graphql`, `/schema.graphql`, `/healthz`, `/readyz`, `/metrics`, and for browsers `/`, `/graph`, `/assets/`. The store is
    opened, and filled where it is empty, when the application starts; where it is mounted and nobody tells it that it
    starts, at the first request. Raises SettingsError where settings contradict each other, or a
    document of their folder is none.
    """
    settings = settings or read_settings()
    pages = Pages() if settings.explorer else None
    service = Service(settings, ontology, pages.examples if pages else {})

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[dict[str, Service]]:
        await service.start()
        yield {STOPPING: service}
        await service.stop()

    async def ready(_request: Request) -> Response:
        if service.draining:
            return JSONResponse({"status": "stopping"}, 503)
        answers = await service.ready()
        return JSONResponse({"status": "ready" if answers else "unavailable"}, 200 if answers else 503)

    async def numbers(request: Request) -> Response:
        refused = refusal(service.authenticator, request.headers, "admin")
        if refused is None:
            return Response(await run_in_threadpool(metrics.exposition), media_type=metrics.CONTENT_TYPE)
        try:
            await service.rates.count(who_asks(ANYONE, request.client.host if request.client else None))
        except LimitedError as error:
            note_refusal(RATE_LIMITED)
            return limited(error, JSON)
        return refused

    endpoint = _Endpoint(service, pages)
    lasting = Middleware(Lasting, connections=settings.connections)
    return Starlette(
        routes=[
            Route("/graphql", endpoint, methods=None),
            WebSocketRoute("/graphql", endpoint),
            *((Route("/schema.graphql", endpoint.schema_text),) if settings.introspection else ()),
            Route("/healthz", _healthy),
            Route("/readyz", ready),
            Route("/metrics", numbers),
            *(_page_routes(pages) if pages else ()),
        ],
        middleware=[Middleware(Observed), *middleware(settings), lasting],
        lifespan=lifespan,
    )


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
    return await store.seed(lambda: read(settings.facts, ontology), progress)


class Service:
    """What the application holds while it runs."""

    def __init__(self, settings: Settings, ontology: Ontology, examples: Mapping[str, str]) -> None:
        self.settings = settings
        self.authenticator = Authenticator(settings)
        self.documents = read_documents(settings, ontology)
        self._foreseen = [*self.documents.files.items(), *(() if settings.persisted_only else examples.items())]
        """Documents that will be asked, and the names of their files."""
        self.rates = Rates(settings)
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
                answers = await (await self.start()).store.ready() and self._has_planned
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
        except StoreRefused:
            await store.close()
            raise
        except StoreUnavailable as error:
            log.warning("the store is away, waiting for it: %s", error)
            self._filling = _in_background(self._fill_later(store))
        except BaseException:
            await store.close()
            raise
        self._compacting = _in_background(self._compact(store))
        engine = Engine(store, self._ontology, Options.of(self.settings))
        if store.keeps_plans and self.settings.plan_ahead and self._foreseen:
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
                removed = await store.compact(self.settings.changes_kept, now(self.settings.changes_days))
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


def _page_routes(pages: Pages) -> tuple[Route, ...]:
    def start(_request: Request) -> Response:
        return pages.page("index")

    def picture(_request: Request) -> Response:
        return pages.page("graph")

    return Route("/", start), Route("/graph", picture), Route("/assets/{name}", pages.asset)


async def _healthy(_request: Request) -> Response:
    return JSONResponse({"status": "ok"})


def _closed() -> Response:
    return JSONResponse({"errors": [{"message": _CLOSED}]}, 503)


class _Endpoint:
    """Hands requests to the view, once the engine runs."""

    def __init__(self, service: Service, pages: Pages | None) -> None:
        self._service = service
        self._pages = pages
        self._views: dict[int, GraphQLView] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        view = await self._view()
        if view is not None:
            await view(scope, receive, send)
        elif scope["type"] == "websocket":
            await WebSocket(scope, receive, send).close(1013, _CLOSED)
        else:
            await _closed()(scope, receive, send)

    async def schema_text(self, request: Request) -> Response:
        view = await self._view()
        return _closed() if view is None else await view.schema_text(request)

    async def _view(self) -> GraphQLView | None:
        """The view of the engine; None where the store cannot be opened."""
        try:
            engine = await self._service.start()
        except (StoreError, FactsError) as error:  # mounted, and nobody was told when the application started
            log.error("the store cannot be opened: %s", error)  # noqa: TRY400 - its cause is in the message
            return None
        view = self._views.get(id(engine))
        if view is None:
            policy = Policy.of(self._service.settings, engine, self._service.rates, self._service.documents)
            view = GraphQLView(engine, self._service.authenticator, policy, pages=self._pages)
            self._views = {id(engine): view}
        return view
