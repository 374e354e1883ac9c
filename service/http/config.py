"""What an operator has decided about requests, beside who may send them: one thing for the view to be given."""

from __future__ import annotations

from dataclasses import dataclass

from service.execution.engine import Engine
from service.http.caching import HttpCaching
from service.http.persisted_queries import NONE, PersistedQueries, TrustedDocuments
from service.http.rate_limits import RateLimiter
from service.settings import Settings


@dataclass(frozen=True, slots=True)
class HttpConfig:
    """Which documents are answered, how long answers may be kept, how often somebody may ask.

    `most_bytes` is how long a body may be; pages of `origins` may open WebSockets.
    """

    persisted: PersistedQueries
    caching: HttpCaching
    rates: RateLimiter
    most_bytes: int
    origins: tuple[str, ...]

    @classmethod
    def of(
        cls, settings: Settings, engine: Engine, rates: RateLimiter, documents: TrustedDocuments = NONE
    ) -> HttpConfig:
        """What these settings decide for an engine; `documents` are those of their folder."""
        return cls(
            PersistedQueries(settings, documents, lambda text: engine.known(text) is not None),
            HttpCaching(settings.cache_seconds, engine.store.name, settings.max_cost, engine.schema.as_str),
            rates,
            settings.max_body,
            settings.origins,
        )
