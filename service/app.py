"""The ASGI application: its routes, its start and its end."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket

from schema import ONTOLOGY, Ontology
from service.auth.principal import ANONYMOUS
from service.errors import ErrorCode, FactsError, StoreError
from service.http.config import HttpConfig
from service.http.endpoint import GraphQLEndpoint, refusal
from service.http.error_responses import limited
from service.http.negotiation import JSON
from service.http.rate_limits import RateLimitedError, client_key
from service.http.security_headers import middleware
from service.http.stream_limit import StreamLimit
from service.pages.assets import Pages
from service.service import STOPPING, Service
from service.settings import Settings, read_settings
from service.telemetry import TelemetryMiddleware, metrics, record_rejection

log = logging.getLogger("atlas")


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
            await service.rates.count(client_key(ANONYMOUS, request.client.host if request.client else None))
        except RateLimitedError as error:
            record_rejection(ErrorCode.RATE_LIMITED)
            return limited(error, JSON)
        return refused

    endpoint = _Endpoint(service, pages)
    lasting = Middleware(StreamLimit, connections=settings.connections)
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
        middleware=[Middleware(TelemetryMiddleware), *middleware(settings), lasting],
        lifespan=lifespan,
    )


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
        self._views: dict[int, GraphQLEndpoint] = {}

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

    async def _view(self) -> GraphQLEndpoint | None:
        """The view of the engine; None where the store cannot be opened."""
        try:
            engine = await self._service.start()
        except (StoreError, FactsError) as error:  # mounted, and nobody was told when the application started
            log.error("the store cannot be opened: %s", error)  # noqa: TRY400 - its cause is in the message
            return None
        view = self._views.get(id(engine))
        if view is None:
            policy = HttpConfig.of(self._service.settings, engine, self._service.rates, self._service.documents)
            view = GraphQLEndpoint(engine, self._service.authenticator, policy, pages=self._pages)
            self._views = {id(engine): view}
        return view
