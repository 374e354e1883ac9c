"""The configuration of the GraphQL endpoint."""

from __future__ import annotations

from dataclasses import dataclass

from service.execution.engine import Engine
from service.http.caching import HttpCaching
from service.http.persisted_queries import NO_TRUSTED_DOCUMENTS, PersistedQueries, TrustedDocuments
from service.http.rate_limits import RateLimiter
from service.settings import Settings


@dataclass(frozen=True, slots=True)
class HttpConfig:
    """Persisted queries, HTTP caching, rate limits, and the limits of requests.

    `max_body_bytes` is the maximum size of a request body. Pages of `allowed_origins` may open WebSockets.
    """

    persisted_queries: PersistedQueries
    caching: HttpCaching
    rate_limiter: RateLimiter
    max_body_bytes: int
    allowed_origins: tuple[str, ...]

    @classmethod
    def of(
        cls,
        settings: Settings,
        engine: Engine,
        rate_limiter: RateLimiter,
        documents: TrustedDocuments = NO_TRUSTED_DOCUMENTS,
    ) -> HttpConfig:
        """Derive the configuration of an engine's endpoint from the settings."""
        return cls(
            PersistedQueries(settings, documents, lambda text: engine.documents.cached(text) is not None),
            HttpCaching(settings.cache_seconds, engine.store.name, settings.max_cost, engine.schema.as_str),
            rate_limiter,
            settings.max_body,
            settings.origins,
        )
