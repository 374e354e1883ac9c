"""Read the parameters of a GraphQL request from its URL or its body.

https://graphql.github.io/graphql-over-http/draft/#sec-Request
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson
from cross_web import HTTPException
from starlette.requests import Request

from service.execution.request_context import BOOKMARK
from service.execution.request_parameters import PARAMETERS, depth_error, type_error
from service.http.negotiation import JSON

BOOKMARK_HEADER = "atlas-bookmark"
NO_DOCUMENT = "The request has no `query`."
_DOCUMENT_PARAMETERS = {"query", "documentId", "extensions"}
_MAX_READ_FACTOR = 10


def check_method(request: Request) -> None:
    if request.method not in {"GET", "POST"}:
        raise HTTPException(405, f"{request.method} is not allowed; use POST, or GET for queries.")


def identifies_document(query_params: Mapping[str, str]) -> bool:
    """Return whether a URL identifies a document, so that it requests an operation and not the explorer."""
    return not query_params.keys().isdisjoint(_DOCUMENT_PARAMETERS)


async def read_parameters(request: Any, max_body_bytes: int) -> dict[str, Any]:
    """Return the request parameters of a GET or POST, with correct types; raise HTTPException if they are invalid.

    `request` is Strawberry's adapter of the request.
    """
    if request.method == "GET":
        parameters = _url_parameters(request.query_params)
    else:
        parameters = await _body_parameters(request, max_body_bytes)
    if message := type_error(parameters) or depth_error(parameters):
        raise HTTPException(400, message)
    if bookmark := request.headers.get(BOOKMARK_HEADER):
        parameters["extensions"] = {**(parameters.get("extensions") or {}), BOOKMARK: bookmark}
    return parameters


def _url_parameters(query_params: Mapping[str, str]) -> dict[str, Any]:
    """Return the parameters in a URL. An empty parameter counts as omitted."""
    present = {name: value for name, value in query_params.items() if value}
    return {
        name: _parse_json(value, f"`{name}`") if PARAMETERS.get(name) is dict else value
        for name, value in present.items()
    }


async def _body_parameters(request: Any, max_body_bytes: int) -> dict[str, Any]:
    content_type = (request.content_type or "").partition(";")[0].strip().lower()
    if content_type != JSON:
        raise HTTPException(415, f"The content type must be {JSON}, not '{content_type}'.")
    encoding = request.headers.get("content-encoding", "identity").strip().lower()
    if encoding != "identity":
        raise HTTPException(415, f"The content encoding '{encoding}' is not supported; send the body without encoding.")
    body = await _read_body(request._request, max_body_bytes)  # noqa: SLF001 - the adapter itself has no limit
    parameters = _parse_json(body, "The body")
    if not isinstance(parameters, dict):
        raise HTTPException(400, "The body must be a single JSON object with a `query`.")
    return parameters


async def _read_body(request: Request, max_bytes: int) -> bytes:
    """Return the body; raise a 413 if it is too long.

    A longer body is read and discarded up to a multiple of its limit: a client that is still sending misses the response.
    """
    chunks: list[bytes] = []
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size <= max_bytes:
            chunks.append(chunk)
        elif size > _MAX_READ_FACTOR * max_bytes:
            break
    if size > max_bytes:
        raise HTTPException(413, f"The body is longer than {max_bytes} bytes (ATLAS_MAX_BODY); send a shorter one.")
    return b"".join(chunks)


def _parse_json(text: str | bytes, label: str) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise HTTPException(400, f"{label} is not JSON in UTF-8: {error}.") from error
