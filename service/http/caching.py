"""HTTP caching: entity tags, 304 responses and Cache-Control for queries by GET.

An entity tag (`ETag`) is a hash of everything that determines a response:

    the graph      its version and the time of its last change. The time distinguishes two states with the same version
                   number, which exist after the restore of a backup.
    the request    the text of the document (not the way it is identified), operation name, variables, other extensions
    the response   its media type
    the client     its name and scopes: clients with different tokens never share a tag, even if both may read everything
    the service    its release, its schema, the store, and the cost limit, which is part of every response

The engine compares the tags after it has planned and authorized the operation, and before it runs the statement. So the
response to an invalid or forbidden request is never a 304. It reads the version before the data (on Neo4j, it reads the
data with the bookmark of the version), so the data are never older than their tag. They can be newer; then the next
request fetches them again.

Staleness: with SQLite and a single Neo4j, a 304 is never stale. In a Neo4j cluster, it is as stale as any read from the
same member, and never older than the bookmark in the request. A change that bypasses the service does not change the
version, and is invisible to caches.

Some responses depend on more than the graph and have no tag: `search`, because the spelling correction follows the graph
with a delay of some seconds; `changes`, because the log drops old entries without a new version; and responses with
`extensions.explain`, because they contain measured times. Introspection does not depend on the version of the graph.

All other responses have `Cache-Control: no-store`: errors, mutations, explanations, and every response to POST.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from functools import cached_property
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import orjson

from service.auth.principal import Principal
from service.execution.conditional import ConditionalRequest

NO_STORE = {"cache-control": "no-store"}

_VARY = "Accept, Authorization, Atlas-Bookmark"
# How the document is identified, and the minimum version, which is part of the state of the graph.
_IGNORED_EXTENSIONS = {"persistedQuery", "bookmark"}


class HttpCaching:
    """Compute entity tags and caching headers."""

    def __init__(self, max_age_seconds: int, store: str, max_cost: int, schema: Callable[[], str]) -> None:
        """`max_age_seconds`: how long a cache may reuse a response without revalidation; `store`: the name of the store."""
        self._max_age_seconds = max_age_seconds
        self._store = store
        self._max_cost = max_cost
        self._schema = schema

    def conditional_request(
        self, parameters: Mapping[str, Any], media_type: str, principal: Principal, if_none_match: str | None
    ) -> ConditionalRequest:
        """Hash everything that determines the response to a GET request, except the state of the graph."""
        extensions = parameters.get("extensions") or {}
        relevant = {name: value for name, value in extensions.items() if name not in _IGNORED_EXTENSIONS}
        client = principal.name, sorted(principal.scopes)
        operation = parameters["query"], parameters.get("operationName"), parameters.get("variables") or {}, relevant
        key = orjson.dumps((self._service_hash, media_type, client, operation), option=orjson.OPT_SORT_KEYS)
        return ConditionalRequest(hashlib.sha256(key).digest(), _parse_tags(if_none_match))

    def headers(self, conditional: ConditionalRequest, *, private: bool) -> dict[str, str]:
        """Return the caching headers of a cacheable response; `private`: whether shared caches must not store it."""
        directive = f"max-age={self._max_age_seconds}" if self._max_age_seconds else "no-cache"
        headers = {"cache-control": f"private, {directive}" if private else directive, "vary": _VARY}
        return {**headers, "etag": conditional.etag} if conditional.etag else headers

    @cached_property
    def _service_hash(self) -> str:
        try:
            release = version("framework-atlas")
        except PackageNotFoundError:  # run from a source tree that is not installed
            release = ""
        return hashlib.sha256(f"{release} {self._store} {self._max_cost} {self._schema()}".encode()).hexdigest()


def _parse_tags(if_none_match: str | None) -> frozenset[str]:
    """Return the tags of an If-None-Match header, for weak comparison (RFC 9110, 13.1.2).

    `*` is ignored: a client that has no tag has no response to reuse.
    """
    tags = (tag.strip().removeprefix("W/") for tag in (if_none_match or "").split(","))
    return frozenset(tag[1:-1] for tag in tags if len(tag) > 2 and tag[0] == tag[-1] == '"')
