"""Authenticate the clients of requests and WebSockets, and apply their rate limits."""

from __future__ import annotations

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.websockets import WebSocket

from service.auth.authenticator import Authenticator
from service.auth.principal import ANONYMOUS, Principal, Scope
from service.errors import AccessError, InvalidTokenError
from service.execution.request_context import TransportContext
from service.http.rate_limits import Quota, RateLimiter, client_key


class AccessControl:
    """Decide whether a client may send a request. Methods that count raise RateLimitedError if it sends too many."""

    def __init__(self, authenticator: Authenticator, rate_limiter: RateLimiter) -> None:
        self._authenticator = authenticator
        self._rate_limiter = rate_limiter

    @property
    def public_read(self) -> bool:
        return self._authenticator.public_read

    async def authenticate(self, request: Request) -> TransportContext:
        """Authenticate and count a request; raise AccessError if the client may not read.

        With public read access, an invalid token is no error here: the engine reports it, in the payload of a mutation.
        Otherwise it is rejected here, so that the client learns nothing about its document.
        """
        try:
            context = TransportContext(self._authenticator.authenticate(_authorization(request.headers)))
        except InvalidTokenError as error:
            await self._count_request(ANONYMOUS, request)
            if not self.public_read:
                raise
            return TransportContext(access_error=error)
        except AccessError:
            await self._count_request(ANONYMOUS, request)
            raise
        await self._count_request(context.principal, request)
        return context

    async def require(self, scope: Scope, request: Request) -> None:
        """Raise AccessError if the client lacks the scope. Only rejected requests count: they may be guesses."""
        try:
            self._authenticator.authenticate(_authorization(request.headers)).require(scope)
        except AccessError:
            await self._rate_limiter.count(client_key(ANONYMOUS, _address(request)))
            raise

    async def admit_websocket(self, socket: WebSocket) -> TransportContext:
        """Count a handshake by its address. The client is authenticated later, by `authenticate_connection`."""
        address = _address(socket)
        await self._rate_limiter.count(client_key(ANONYMOUS, address))
        return TransportContext(authorization=_authorization(socket.headers), address=address)

    def authenticate_connection(self, context: TransportContext) -> None:
        """Authenticate a WebSocket by the payload of its `connection_init`, or else by the header of its handshake."""
        parameters = context.connection_params or {}
        if context.authorization is not None and not any(name.lower() == "authorization" for name in parameters):
            parameters = {**parameters, "authorization": context.authorization}
        context.principal = self._authenticator.authenticate_connection(parameters)

    async def count_operation(self, context: TransportContext) -> None:
        """Count an operation on a WebSocket."""
        await self._rate_limiter.count(client_key(context.principal, context.address))

    async def _count_request(self, principal: Principal, request: Request) -> None:
        request.scope["atlas.quota"] = await self._rate_limiter.count(client_key(principal, _address(request)))


def quota_of(request: Request) -> Quota | None:
    """Return the quota of a request that has been counted."""
    return request.scope.get("atlas.quota")


def _address(connection: Request | WebSocket) -> str | None:
    return connection.client.host if connection.client else None


def _authorization(headers: Headers) -> str | None:
    """Return the Authorization header. Several headers are joined, which makes them invalid."""
    values = headers.getlist("authorization")
    return ", ".join(values) if values else None
