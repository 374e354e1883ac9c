"""The GraphQL endpoint: GraphQL over HTTP, server-sent events and WebSockets.

It extends Strawberry's view where https://graphql.github.io/graphql-over-http/draft/ asks for more: content negotiation
decides the media type and the status of a response, and only an explicit text/html gets the explorer. A client is
authenticated before anything of its request is parsed.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from typing import Any

import orjson
from cross_web import HTTPException
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
from service.compiler import no_operation
from service.errors import AccessError, ErrorCode, ForbiddenError, PersistedQueryError
from service.execution.engine import COST, Engine
from service.execution.error_results import code_of
from service.execution.request_context import BOOKMARK, TransportContext
from service.execution.request_parameters import depth_error
from service.execution.tables import Table
from service.http.access_control import AccessControl, quota_of
from service.http.caching import NO_STORE
from service.http.config import HttpConfig
from service.http.error_responses import (
    CHALLENGES,
    INVALID_TOKEN_CHALLENGE,
    access_denied,
    challenge_header,
    is_unavailable,
    persisted_query_error,
    reject_websocket,
    request_error,
    status_of,
    too_many_requests,
)
from service.http.negotiation import EVENT_STREAM, JSON, ResponseFormat, accepts, negotiate
from service.http.rate_limits import RateLimitedError
from service.http.request_parsing import (
    BOOKMARK_HEADER,
    NO_DOCUMENT,
    check_method,
    identifies_document,
    read_parameters,
)
from service.pages.assets import Pages
from service.telemetry import record_rejection
from service.websocket.protocol import OperationRejected, TextFrameAdapter, TransportWSHandler

_RESPONSE_FORMAT = "atlas.response_format"


class GraphQLEndpoint(GraphQL[Any, Any]):
    """The ASGI application that serves an engine."""

    websocket_adapter_class = TextFrameAdapter  # type: ignore[assignment]
    graphql_transport_ws_handler_class = TransportWSHandler  # type: ignore[assignment]

    def __init__(
        self, engine: Engine, authenticator: Authenticator, config: HttpConfig, *, pages: Pages | None
    ) -> None:
        """`pages`: the explorer; None to serve none."""
        self._engine = engine
        self._access_control = AccessControl(authenticator, config.rate_limiter)
        self._persisted_queries = config.persisted_queries
        self._caching = config.caching
        self._max_body_bytes = config.max_body_bytes
        self._pages = pages
        protocols = GRAPHQL_TRANSPORT_WS_PROTOCOL, GRAPHQL_SSE_PROTOCOL
        super().__init__(engine.schema, graphql_ide=None, subscription_protocols=protocols)
        self.allowed_origins = config.allowed_origins

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await self._serve_websocket(WebSocket(scope, receive, send))
            return
        request = Request(scope, receive)
        media_type = JSON
        try:
            check_method(request)
            if pages := self._explorer(request):
                # Not authenticated: browsers send no token for a page, and it contains no data.
                await pages.page("explorer")(scope, receive, send)
                return
            response_format = scope[_RESPONSE_FORMAT] = negotiate(request.headers)
            media_type = response_format.json_media_type
            context = await self._access_control.authenticate(request)
            context.table = Table(response_format.table_media_type) if response_format.table_media_type else None
            response = await self.run(request, context)
            response = self._with_caching(response, context)
            if context.access_error is not None:  # the body has the error, for a mutation in its payload
                response.status_code, response.headers["www-authenticate"] = 401, INVALID_TOKEN_CHALLENGE
        except HTTPException as error:
            response = request_error(error.status_code, error.reason, media_type)
        except AccessError as error:
            record_rejection(code_of(error))
            response = access_denied(error, media_type)
        except PersistedQueryError as error:
            record_rejection(error.code)
            response = persisted_query_error(error, media_type)
        except RateLimitedError as error:
            record_rejection(ErrorCode.RATE_LIMITED)
            response = too_many_requests(error, media_type)
        except ClientDisconnect:
            return
        if quota := quota_of(request):
            response.headers.update(quota.headers)
        response.headers.setdefault("vary", "Accept")
        response.headers.setdefault("cache-control", NO_STORE["cache-control"])
        await response(scope, receive, send)

    async def schema_text(self, request: Request) -> Response:
        """Serve the schema in SDL to clients that may read, unless only trusted documents are allowed."""
        try:
            context = await self._access_control.authenticate(request)
            if context.access_error is not None:
                raise context.access_error
            if self._persisted_queries.trusted_only:
                raise ForbiddenError("This service executes trusted documents only, so it does not publish its schema.")
        except AccessError as error:
            return access_denied(error, JSON)
        except RateLimitedError as error:
            return too_many_requests(error, JSON)
        return PlainTextResponse(self.schema.as_str(), headers={"cache-control": "no-cache"})

    def _explorer(self, request: Request) -> Pages | None:
        """Return the explorer if a browser requests it, None otherwise."""
        requests_page = request.method == "GET" and not identifies_document(request.query_params)
        return self._pages if requests_page and accepts(request.headers, "text/html") else None

    def _with_caching(self, response: Response, context: TransportContext) -> Response:
        """Add the caching headers; replace the response by a 304 if the client already has it."""
        conditional = context.conditional
        if conditional is None:
            return response
        private = context.principal.name is not None or not self._access_control.public_read
        headers = self._caching.headers(conditional, private=private)
        if conditional.not_modified:
            return Response(status_code=304, headers=headers)
        response.headers.update(headers)
        return response

    # WebSockets

    async def _serve_websocket(self, socket: WebSocket) -> None:
        try:
            context = await self._access_control.admit_websocket(socket)
        except RateLimitedError as error:
            record_rejection(ErrorCode.RATE_LIMITED)
            await reject_websocket(socket, too_many_requests(error, JSON), str(error))
            return
        await self.run(socket, context)

    async def on_ws_connect(self, context: TransportContext) -> Any:
        try:
            self._access_control.authenticate_connection(context)
        except AccessError as error:
            record_rejection(code_of(error))
            raise ConnectionRejectionError from error
        return UNSET

    async def admit_operation(self, context: TransportContext, payload: dict[str, Any]) -> dict[str, Any]:
        """Count an operation on a WebSocket, and return its payload with the text of its document as `query`.

        Raises OperationRejected.
        """
        try:
            await self._access_control.count_operation(context)
        except RateLimitedError as error:
            record_rejection(ErrorCode.RATE_LIMITED)
            extensions = {"code": ErrorCode.RATE_LIMITED, "retryAfter": error.quota.reset_seconds}
            raise OperationRejected(str(error), extensions) from error
        if message := depth_error(payload):
            raise OperationRejected(message, {"code": ErrorCode.BAD_USER_INPUT})
        try:
            text = self._persisted_queries.resolve(payload)
        except PersistedQueryError as error:
            record_rejection(error.code)
            raise OperationRejected(str(error), {"code": error.code}) from error
        if not text:
            raise OperationRejected(NO_DOCUMENT, {"code": ErrorCode.BAD_USER_INPUT})
        return {**payload, "query": text}

    # The methods of Strawberry's view

    def should_render_graphql_ide(self, request: Any) -> bool:  # noqa: ARG002 - the explorer replaces it
        return False

    def decode_json(self, data: str | bytes) -> object:
        return orjson.loads(data)

    def encode_json(self, data: object) -> bytes:
        return orjson.dumps(data)

    async def parse_http_body(self, request: Any) -> GraphQLRequestData:
        parameters = await read_parameters(request, self._max_body_bytes)
        text = self._persisted_queries.resolve(parameters)
        if not text:
            raise HTTPException(400, NO_DOCUMENT)
        return GraphQLRequestData(
            query=text,
            variables=parameters.get("variables"),
            operation_name=parameters.get("operationName"),
            extensions=parameters.get("extensions"),
        )

    async def execute_operation(self, request: Any, **arguments: Any) -> Any:  # type: ignore[override]
        data: GraphQLRequestData = arguments["request_data"]
        response_format: ResponseFormat = request.scope[_RESPONSE_FORMAT]
        data.protocol = "sse" if response_format.is_stream else "http"
        context: TransportContext = arguments["context"]
        if request.method == "GET" and context.access_error is None and not response_format.is_stream:
            parameters = {
                "query": data.query,
                "operationName": data.operation_name,
                "variables": data.variables,
                "extensions": data.extensions,
            }
            media_type = response_format.table_media_type or response_format.json_media_type
            context.conditional = self._caching.conditional_request(
                parameters, media_type, context.principal, request.headers.get("if-none-match")
            )
        result: Any = None
        try:
            if data.query and accepts(request.headers, EVENT_STREAM):
                result = await self._engine.subscribe(data.query, data.variables, context, data.operation_name)
            if result is None:
                if response_format.is_stream and request.method == "GET":
                    self._reject_mutation(data)
                result = await super().execute_operation(request=request, **arguments)
        except HTTPException as error:
            result = _missing_operation(error)
        if isinstance(result, AsyncGenerator) or result.errors or (result.extensions or {}).keys() - {BOOKMARK, COST}:
            context.conditional = None  # streams, errors and explanations are not cacheable
        if isinstance(result, AsyncGenerator):
            data.protocol = "sse"
            return result
        draft: _ResponseDraft = arguments["sub_response"]
        draft.status_code = status_of(result, error_statuses=response_format.error_statuses)
        draft.media_type = response_format.json_media_type
        if is_unavailable(result):
            draft.headers["retry-after"] = "1"
        not_modified = context.conditional is not None and context.conditional.not_modified
        if context.table and draft.status_code == 200 and not not_modified and not result.errors:
            draft.table = await asyncio.to_thread(context.table.write, result.data)
            draft.media_type = context.table.media_type
            draft.headers["content-disposition"] = f'attachment; filename="{context.table.file_name}"'
        if bookmark := (result.extensions or {}).get(BOOKMARK):
            draft.headers[BOOKMARK_HEADER] = bookmark
        return result

    async def process_result(self, request: Any, result: ExecutionResult) -> GraphQLHTTPResponse:  # noqa: ARG002
        response: GraphQLHTTPResponse = {}
        if result.errors:
            response["errors"] = [error.formatted for error in result.errors]
        if not isinstance(result, PreExecutionError):
            response["data"] = result.data
        if result.extensions:
            response["extensions"] = result.extensions
        return response

    async def get_sub_response(self, request: Request | WebSocket) -> Response:  # noqa: ARG002
        return _ResponseDraft()

    def create_response(self, response_data: Any, sub_response: Response) -> Response:
        assert isinstance(sub_response, _ResponseDraft)  # noqa: S101 - from get_sub_response
        status, media_type = sub_response.status_code or 200, str(sub_response.media_type)
        headers = {**sub_response.headers, **(challenge_header(CHALLENGES.get(status)) or {})}
        content = self.encode_json(response_data) if sub_response.table is None else sub_response.table
        return Response(content, status, headers, media_type=f"{media_type}; charset=utf-8")

    def _reject_mutation(self, data: GraphQLRequestData) -> None:
        """Reject a mutation by GET before its stream starts. Strawberry would send the error as an event of the stream."""
        if data.query and self._engine.is_mutation(data.query, data.operation_name):
            error = InvalidOperationTypeError(OperationType.MUTATION)
            raise HTTPException(400, error.as_http_error_reason("GET")) from error


class _ResponseDraft(Response):
    """The status and the headers of a response whose body is not written yet; `table`: the body, if it is a table."""

    table: bytes | None = None

    def __init__(self) -> None:
        super().__init__()
        del self.headers["content-length"]


def _missing_operation(error: HTTPException) -> ExecutionResult:
    """Return a GraphQL error where Strawberry raises an HTTP error because a document lacks the requested operation."""
    match error.__cause__:
        case CannotGetOperationTypeError(operation_name=name):
            return PreExecutionError(None, [no_operation(name)])
        case InvalidOperationTypeError():
            raise HTTPException(405, f"{error.reason}; use POST.") from error
        case _:
            raise error
