"""The ASGI application: routes, middleware and lifespan."""

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
from service.errors import AccessError, ErrorCode, FactsError, StoreError
from service.http.access_control import AccessControl
from service.http.config import HttpConfig
from service.http.endpoint import GraphQLEndpoint
from service.http.error_responses import access_denied, too_many_requests
from service.http.negotiation import JSON
from service.http.rate_limits import RateLimitedError
from service.http.security_headers import security_middleware
from service.http.stream_limit import StreamLimit
from service.pages.assets import Pages
from service.service import SERVICE_STATE, Service
from service.settings import Settings, read_settings
from service.telemetry import TelemetryMiddleware, metrics, record_rejection

log = logging.getLogger("atlas")

_CANNOT_OPEN = "The service cannot open its database."


def create_app(settings: Settings | None = None, ontology: Ontology = ONTOLOGY) -> Starlette:
    """Return the service as an ASGI application, to run or to mount in another application.

    Routes: `/graphql`, `/schema.graphql`, `/healthz`, `/readyz`, `/metrics`, and the pages `/`, `/graph` and `/assets/`.

    The lifespan of the application opens the store and seeds it if it is empty. If a mounting application does not run
    the lifespan, the first request does that. Raises SettingsError for contradictory settings and invalid trusted
    documents.
    """
    settings = settings or read_settings()
    pages = Pages() if settings.explorer else None
    service = Service(settings, ontology, pages.examples if pages else {})
    access_control = AccessControl(service.authenticator, service.rate_limiter)

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[dict[str, Service]]:
        await service.start()
        yield {SERVICE_STATE: service}
        await service.stop()

    async def readiness(_request: Request) -> Response:
        if service.draining:
            return JSONResponse({"status": "stopping"}, 503)
        is_ready = await service.is_ready()
        return JSONResponse({"status": "ready" if is_ready else "unavailable"}, 200 if is_ready else 503)

    async def prometheus(request: Request) -> Response:
        try:
            await access_control.require("admin", request)
        except AccessError as error:
            return access_denied(error, JSON)
        except RateLimitedError as error:
            record_rejection(ErrorCode.RATE_LIMITED)
            return too_many_requests(error, JSON)
        return Response(await run_in_threadpool(metrics.exposition), media_type=metrics.CONTENT_TYPE)

    endpoint = _LazyEndpoint(service, pages)
    stream_limit = Middleware(StreamLimit, connections=settings.connections)
    return Starlette(
        routes=[
            Route("/graphql", endpoint, methods=None),
            WebSocketRoute("/graphql", endpoint),
            *((Route("/schema.graphql", endpoint.schema_text),) if settings.introspection else ()),
            Route("/healthz", _health),
            Route("/readyz", readiness),
            Route("/metrics", prometheus),
            *(_page_routes(pages) if pages else ()),
        ],
        middleware=[Middleware(TelemetryMiddleware), *security_middleware(settings), stream_limit],
        lifespan=lifespan,
    )


def _page_routes(pages: Pages) -> tuple[Route, ...]:
    def index(_request: Request) -> Response:
        return pages.page("index")

    def graph(_request: Request) -> Response:
        return pages.page("graph")

    return Route("/", index), Route("/graph", graph), Route("/assets/{name}", pages.asset)


async def _health(_request: Request) -> Response:
    return JSONResponse({"status": "ok"})


def _unavailable() -> Response:
    return JSONResponse(
        {"errors": [{"message": _CANNOT_OPEN, "extensions": {"code": ErrorCode.SERVICE_UNAVAILABLE}}]}, 503
    )


class _LazyEndpoint:
    """Create the GraphQL endpoint when the service has an engine, and pass requests on to it."""

    def __init__(self, service: Service, pages: Pages | None) -> None:
        self._service = service
        self._pages = pages
        self._endpoints: dict[int, GraphQLEndpoint] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        endpoint = await self._endpoint()
        if endpoint is not None:
            await endpoint(scope, receive, send)
        elif scope["type"] == "websocket":
            await WebSocket(scope, receive, send).close(1013, _CANNOT_OPEN)
        else:
            await _unavailable()(scope, receive, send)

    async def schema_text(self, request: Request) -> Response:
        endpoint = await self._endpoint()
        return _unavailable() if endpoint is None else await endpoint.schema_text(request)

    async def _endpoint(self) -> GraphQLEndpoint | None:
        """Return the endpoint of the current engine, None if the service cannot open its store."""
        try:
            engine = await self._service.start()
        except (StoreError, FactsError) as error:  # only without a lifespan, where the startup cannot fail
            log.error("the store cannot be opened: %s", error)  # noqa: TRY400 - its cause is in the message
            return None
        endpoint = self._endpoints.get(id(engine))
        if endpoint is None:
            service = self._service
            config = HttpConfig.of(service.settings, engine, service.rate_limiter, service.trusted_documents)
            endpoint = GraphQLEndpoint(engine, service.authenticator, config, pages=self._pages)
            self._endpoints = {id(engine): endpoint}
        return endpoint
