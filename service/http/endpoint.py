"""GraphQL over HTTP: what https://graphql.github.io/graphql-over-http/draft/ asks beyond Strawberry's view.

Media types are negotiated, statuses follow them, and only an explicit text/html gets the explorer. Who asks is known
before anything of the operation is read.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Mapping
from typing import Any

import orjson
from cross_web import HTTPException
from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket
from strawberry import UNSET
from strawberry.asgi import GraphQL
from strawberry.exceptions import ConnectionRejectionError
from strawberry.http import GraphQLHTTPResponse, GraphQLRequestData
from strawberry.schema.exceptions import CannotGetOperationTypeError, InvalidOperationTypeError
from strawberry.subscriptions import GRAPHQL_SSE_PROTOCOL, GRAPHQL_TRANSPORT_WS_PROTOCOL
from strawberry.types.execution import ExecutionResult, PreExecutionError
from strawberry.types.graphql import OperationType

from service.auth.authenticator import Authenticator
from service.auth.principal import ANONYMOUS, Principal
from service.auth.principal import Scope as Scope_
from service.compiler import no_operation
from service.errors import AccessError, ErrorCode, ForbiddenError, InvalidTokenError, PersistedQueryError
from service.execution.engine import COST, Engine
from service.execution.error_results import code_of
from service.execution.request_context import BOOKMARK, TransportContext
from service.execution.request_parameters import PARAMETERS, mistyped, too_deep
from service.execution.tables import Table
from service.http.caching import NO_STORE
from service.http.config import HttpConfig
from service.http.error_responses import (
    CHALLENGES,
    INVALID,
    challenged,
    deny,
    is_unavailable,
    limited,
    refuse,
    refuse_socket,
    status_of,
    unknown,
)
from service.http.negotiation import EVENT_STREAM, JSON, ResponseFormat, accepts, negotiate
from service.http.rate_limits import RateLimitedError, client_key
from service.pages.assets import Pages
from service.telemetry import record_rejection
from service.websocket.protocol import OperationRejected, TextFrameAdapter, TransportWSHandler

_BOOKMARK_HEADER = "atlas-bookmark"
_DOCUMENT = {"query", "documentId", "extensions"}  # one of which a URL has that asks for an answer
_UNNAMED = "The request names no `query`."
_DRAINED = 10


class GraphQLEndpoint(GraphQL[Any, Any]):
    """GraphQL over HTTP for an engine."""

    websocket_adapter_class = TextFrameAdapter  # type: ignore[assignment]
    graphql_transport_ws_handler_class = TransportWSHandler  # type: ignore[assignment]

    def __init__(
        self, engine: Engine, authenticator: Authenticator, policy: HttpConfig, *, pages: Pages | None
    ) -> None:
        """`pages` has the explorer; None where there is to be none."""
        self._most_bytes = policy.most_bytes
        self._authenticator = authenticator
        self._persisted = policy.persisted
        self._caching = policy.caching
        self._rates = policy.rates
        self._engine = engine
        self._pages = pages
        protocols = GRAPHQL_TRANSPORT_WS_PROTOCOL, GRAPHQL_SSE_PROTOCOL
        super().__init__(engine.schema, graphql_ide=None, subscription_protocols=protocols)
        self.allowed_origins = policy.origins

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await self._open(WebSocket(scope, receive, send))
            return
        request = Request(scope, receive)
        media_type = JSON
        try:
            _check_method(request)
            if pages := self._explorer(request):
                # A browser sends no token for the page itself, and the page holds nothing of the graph or its schema.
                await pages.page("explorer")(scope, receive, send)
                return
            wanted = scope["atlas.wanted"] = negotiate(request.headers)
            media_type = wanted.json
            context = await self._context(request)
            context.table = Table(wanted.table) if wanted.table else None
            response = await self.run(request, context)
            response = self._cached(response, context)
            if context.refused is not None:  # a mutation has said so in its payload
                response.status_code, response.headers["www-authenticate"] = 401, INVALID
        except HTTPException as error:
            response = refuse(error.status_code, error.reason, media_type)
        except AccessError as error:
            record_rejection(code_of(error))
            response = deny(error, media_type)
        except PersistedQueryError as error:
            record_rejection(error.code)
            response = unknown(error, media_type)
        except RateLimitedError as error:
            record_rejection(ErrorCode.RATE_LIMITED)
            response = limited(error, media_type)
        except ClientDisconnect:
            return  # nobody is left to answer
        if quota := scope.get("atlas.quota"):
            response.headers.update(quota.headers)
        response.headers.setdefault("vary", "Accept")
        response.headers.setdefault("cache-control", NO_STORE["cache-control"])
        await response(scope, receive, send)

    async def _open(self, socket: WebSocket) -> None:
        """A WebSocket, unless its address has asked too often; who it is, is known later."""
        address = socket.client.host if socket.client else None
        try:
            await self._rates.count(client_key(ANONYMOUS, address))
        except RateLimitedError as error:
            record_rejection(ErrorCode.RATE_LIMITED)
            await refuse_socket(socket, limited(error, JSON), str(error))
            return
        await self.run(socket, TransportContext(authorization=_authorization(socket.headers), address=address))

    async def _context(self, request: Request) -> TransportContext:
        """Who asks, counted. A token that does not hold is told by the engine, in the payload of a mutation; where reading
        is closed it is refused at once, since nothing of the document's faults may be learnt.
        """
        try:
            context = TransportContext(self._authenticator.authenticate(_authorization(request.headers)))
        except InvalidTokenError as error:
            await self._count(ANONYMOUS, request)
            if not self._authenticator.public_read:
                raise
            return TransportContext(refused=error)
        except AccessError:
            await self._count(ANONYMOUS, request)
            raise
        await self._count(context.principal, request)
        return context

    async def _count(self, principal: Principal, request: Request) -> None:
        """Count a request; raises RateLimitedError where there were too many."""
        address = request.client.host if request.client else None
        request.scope["atlas.quota"] = await self._rates.count(client_key(principal, address))

    def _cached(self, response: Response, context: TransportContext) -> Response:
        """The answer as caches may keep it: with its tag, or without a body where the client has it already."""
        conditional = context.conditional
        if conditional is None:
            return response
        private = context.principal.name is not None or not self._authenticator.public_read
        headers = self._caching.headers(conditional, private=private)
        if conditional.unchanged:
            return Response(status_code=304, headers=headers)
        response.headers.update(headers)
        return response

    async def on_ws_connect(self, context: TransportContext) -> Any:
        """Know who opens a WebSocket: by what `connection_init` brings, or else by the header of the handshake."""
        given = context.connection_params or {}
        if context.authorization is not None and not any(name.lower() == "authorization" for name in given):
            given = {**given, "authorization": context.authorization}
        try:
            context.principal = self._authenticator.authenticate_connection(given)
        except AccessError as error:
            record_rejection(code_of(error))
            raise ConnectionRejectionError from error
        return UNSET

    async def admit(self, context: TransportContext, payload: dict[str, Any]) -> dict[str, Any]:
        """An operation over a WebSocket, counted, with the text of its document; raises Turned."""
        try:
            await self._rates.count(client_key(context.principal, context.address))
        except RateLimitedError as error:
            record_rejection(ErrorCode.RATE_LIMITED)
            raise OperationRejected(
                str(error), {"code": ErrorCode.RATE_LIMITED, "retryAfter": error.quota.seconds}
            ) from error
        if fault := too_deep(payload):
            raise OperationRejected(fault, {"code": ErrorCode.BAD_USER_INPUT})
        try:
            text = self._persisted.text(payload)
        except PersistedQueryError as error:
            record_rejection(error.code)
            raise OperationRejected(str(error), {"code": error.code}) from error
        if not text:
            raise OperationRejected(_UNNAMED, {"code": ErrorCode.BAD_USER_INPUT})
        return {**payload, "query": text}

    def should_render_graphql_ide(self, request: Any) -> bool:  # noqa: ARG002 - our pages, not Strawberry's
        return False

    def _explorer(self, request: Request) -> Pages | None:
        """Who has the page, where a page is what is asked for."""
        wanted = request.method == "GET" and request.query_params.keys().isdisjoint(_DOCUMENT)
        return self._pages if wanted and accepts(request.headers, "text/html") else None

    async def schema_text(self, request: Request) -> Response:
        """The schema as clients see it, to who may read; to nobody where only certain documents are answered."""
        try:
            context = await self._context(request)
            if context.refused is not None:
                raise context.refused
            if self._persisted.only:
                raise ForbiddenError("Only certain documents are answered here, and the schema is not among them.")
        except AccessError as error:
            return deny(error, JSON)
        except RateLimitedError as error:
            return limited(error, JSON)
        return PlainTextResponse(self.schema.as_str(), headers={"cache-control": "no-cache"})

    def decode_json(self, data: str | bytes) -> object:
        return orjson.loads(data)

    def encode_json(self, data: object) -> bytes:
        return orjson.dumps(data)

    async def parse_http_body(self, request: Any) -> GraphQLRequestData:
        given = _parameters(request.query_params) if request.method == "GET" else await self._body(request)
        if fault := mistyped(given) or too_deep(given):
            raise HTTPException(400, fault)
        text = self._persisted.text(given)
        if not text:
            raise HTTPException(400, _UNNAMED)
        return GraphQLRequestData(
            query=text,
            variables=given.get("variables"),
            operation_name=given.get("operationName"),
            extensions=_extensions(given.get("extensions"), request.headers),
        )

    async def _body(self, request: Any) -> dict[str, Any]:
        content_type = (request.content_type or "").partition(";")[0].strip().lower()
        if content_type != JSON:
            raise HTTPException(415, f"Send the operation as {JSON}, not as '{content_type}'.")
        encoding = request.headers.get("content-encoding", "identity").strip().lower()
        if encoding != "identity":
            raise HTTPException(415, f"Send the body as it is, not in the encoding '{encoding}'.")
        body = _json(await self._content(request._request), "The body")  # noqa: SLF001 - the adapter reads it all
        if not isinstance(body, dict):
            raise HTTPException(400, "The body must be one JSON object with a `query`.")
        return body

    async def _content(self, request: Request) -> bytes:
        """The body, within its limit. Of one that is longer the rest is read and forgotten, up to a point: who is still
        sending would not see the answer.
        """
        parts: list[bytes] = []
        size = 0
        async for part in request.stream():
            size += len(part)
            if size <= self._most_bytes:
                parts.append(part)
            elif size > _DRAINED * self._most_bytes:
                break
        if size > self._most_bytes:
            raise HTTPException(
                413, f"The body has more than {self._most_bytes} bytes; at most so many are allowed (ATLAS_MAX_BODY)."
            )
        return b"".join(parts)

    async def process_result(self, request: Any, result: ExecutionResult) -> GraphQLHTTPResponse:  # noqa: ARG002
        answer: GraphQLHTTPResponse = {}
        if result.errors:
            answer["errors"] = [error.formatted for error in result.errors]
        if not isinstance(result, PreExecutionError):
            answer["data"] = result.data
        if result.extensions:
            answer["extensions"] = result.extensions
        return answer

    async def execute_operation(self, request: Any, **given: Any) -> Any:  # type: ignore[override]
        data: GraphQLRequestData = given["request_data"]
        wanted: ResponseFormat = request.scope["atlas.wanted"]
        data.protocol = "sse" if wanted.streams else "http"
        context: TransportContext = given["context"]
        if request.method == "GET" and context.refused is None and not wanted.streams:
            asked = {
                "query": data.query,
                "operationName": data.operation_name,
                "variables": data.variables,
                "extensions": data.extensions,
            }
            context.conditional = self._caching.conditional(
                asked, wanted.table or wanted.json, context.principal, request.headers.get("if-none-match")
            )
        result: Any = None
        try:
            if data.query and accepts(request.headers, EVENT_STREAM):
                result = await self._engine.listen(data.query, data.variables, given["context"], data.operation_name)
            if result is None:
                if wanted.streams and request.method == "GET":
                    self._check_reads(data)
                result = await super().execute_operation(request=request, **given)
        except HTTPException as refused:
            result = _undetermined(refused)
        if isinstance(result, AsyncGenerator) or result.errors or (result.extensions or {}).keys() - {BOOKMARK, COST}:
            context.conditional = None  # a stream, an error, an explanation: nothing to keep
        if isinstance(result, AsyncGenerator):
            data.protocol = "sse"
            return result
        response: _Draft = given["sub_response"]
        response.status_code, response.media_type = status_of(result, strict=wanted.strict), wanted.json
        if is_unavailable(result):
            response.headers["retry-after"] = "1"
        unchanged = context.conditional is not None and context.conditional.unchanged
        if context.table and response.status_code == 200 and not unchanged:
            response.table = await asyncio.to_thread(context.table.write, result.data)
            response.media_type = context.table.media_type
            response.headers["content-disposition"] = f'attachment; filename="{context.table.name}"'
        if bookmark := (result.extensions or {}).get(BOOKMARK):
            response.headers[_BOOKMARK_HEADER] = bookmark
        return result

    def _check_reads(self, data: GraphQLRequestData) -> None:
        """Refuse a mutation by GET before its stream begins; Strawberry would tell that in it."""
        if data.query and self._engine.is_mutation(data.query, data.operation_name):
            error = InvalidOperationTypeError(OperationType.MUTATION)
            raise HTTPException(400, error.as_http_error_reason("GET")) from error

    async def get_sub_response(self, request: Request | WebSocket) -> Response:  # noqa: ARG002
        return _Draft()

    def create_response(self, response_data: Any, sub_response: Response) -> Response:
        assert isinstance(sub_response, _Draft)  # noqa: S101 - made above
        status, media_type = sub_response.status_code or 200, str(sub_response.media_type)
        headers = {**sub_response.headers, **(challenged(CHALLENGES.get(status)) or {})}
        content = self.encode_json(response_data) if sub_response.table is None else sub_response.table
        return Response(content, status, headers, media_type=f"{media_type}; charset=utf-8")


def refusal(authenticator: Authenticator, headers: Headers, scope: Scope_) -> Response | None:
    """The answer to who may not do what needs this scope; None for who may."""
    try:
        authenticator.authenticate(_authorization(headers)).require(scope)
    except AccessError as error:
        return deny(error, JSON)
    return None


class _Draft(Response):
    """What is known of an answer before it is written; `table`: the one that it is."""

    table: bytes | None = None

    def __init__(self) -> None:
        super().__init__()
        del self.headers["content-length"]


def _undetermined(refused: HTTPException) -> ExecutionResult:
    """The answer where a document lacks the operation asked for; raises again what concerns HTTP."""
    match refused.__cause__:
        case CannotGetOperationTypeError(operation_name=name):
            return PreExecutionError(None, [no_operation(name)])
        case InvalidOperationTypeError():
            raise HTTPException(405, f"{refused.reason}; use POST.") from refused
        case _:
            raise refused


def _extensions(given: dict[str, Any] | None, headers: Mapping[str, str]) -> dict[str, Any] | None:
    """The request's extensions, with the bookmark that its header holds."""
    bookmark = headers.get(_BOOKMARK_HEADER)
    return {**(given or {}), BOOKMARK: bookmark} if bookmark else given


def _parameters(given: Mapping[str, Any]) -> dict[str, Any]:
    """The request that stands in a URL; what is empty counts as left out."""
    found = {name: value for name, value in given.items() if value}
    return {name: _json(value, f"`{name}`") if PARAMETERS.get(name) is dict else value for name, value in found.items()}


def _json(text: str | bytes, what: str) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise HTTPException(400, f"{what} is not JSON in UTF-8: {error}.") from error


def _check_method(request: Request) -> None:
    if request.method not in {"GET", "POST"}:
        raise HTTPException(405, f"{request.method} is not allowed; use POST, or GET for queries.")


def _authorization(headers: Headers) -> str | None:
    """The header, None where there is none; of several only one can be meant, and all together are no token."""
    given = headers.getlist("authorization")
    return ", ".join(given) if given else None
