"""What a browser is told about every answer: what it may do with it, and which other sites may ask.

https://cheatsheetseries.owasp.org/cheatsheets/HTTP_Headers_Cheat_Sheet.html
"""

from __future__ import annotations

from starlette.datastructures import MutableHeaders
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.settings import Settings

_HEADERS = {
    # An answer is data: nothing in it may run, and no page may show it in a frame. Pages bring a policy of their own.
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}
_ASKED_WITH = ["Accept", "Atlas-Bookmark", "Authorization", "Content-Type", "If-None-Match", "X-Request-ID"]
_TOLD = [
    "Atlas-Bookmark",
    "Content-Disposition",
    "ETag",
    "RateLimit",
    "RateLimit-Policy",
    "Retry-After",
    "X-Request-ID",
]


def middleware(settings: Settings) -> list[Middleware]:
    """Headers on every answer; answers to pages of other sites where those are allowed."""
    found = [Middleware(SecurityHeaders)]
    if settings.origins:
        found.append(
            Middleware(
                CORSMiddleware,
                allow_origins=settings.origins,
                allow_methods=["GET", "POST"],
                allow_headers=_ASKED_WITH,
                expose_headers=_TOLD,
                max_age=600,
            )
        )
    return found


class SecurityHeaders:
    """Gives answers the headers that they do not bring themselves."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, sending if scope["type"] == "http" else send)
