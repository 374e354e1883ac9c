"""Security headers of every response, and cross-origin access (CORS).

https://cheatsheetseries.owasp.org/cheatsheets/HTTP_Headers_Cheat_Sheet.html
"""

from __future__ import annotations

from starlette.datastructures import MutableHeaders
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.settings import Settings

_HEADERS = {
    # Responses are data: a browser must neither execute nor frame them. HTML pages set a policy of their own.
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}
_REQUEST_HEADERS = ["Accept", "Atlas-Bookmark", "Authorization", "Content-Type", "If-None-Match", "X-Request-ID"]
_RESPONSE_HEADERS = [
    "Atlas-Bookmark",
    "Content-Disposition",
    "ETag",
    "RateLimit",
    "RateLimit-Policy",
    "Retry-After",
    "X-Request-ID",
]
_PREFLIGHT_CACHE_SECONDS = 600


def security_middleware(settings: Settings) -> list[Middleware]:
    """Return the middleware for security headers and, if the settings allow other origins, for CORS."""
    middleware = [Middleware(SecurityHeadersMiddleware)]
    if settings.origins:
        middleware.append(
            Middleware(
                CORSMiddleware,
                allow_origins=settings.origins,
                allow_methods=["GET", "POST"],
                allow_headers=_REQUEST_HEADERS,
                expose_headers=_RESPONSE_HEADERS,
                max_age=_PREFLIGHT_CACHE_SECONDS,
            )
        )
    return middleware


class SecurityHeadersMiddleware:
    """ASGI middleware that adds the security headers a response does not set itself."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, send_with_headers if scope["type"] == "http" else send)
