"""Answers to GET that a client has already: their tags, and for how long they may be used without asking.

A tag (`ETag`) is a hash of all that decides an answer, so that two answers with one tag say the same:

    the graph        its version and the time of its last change: together they tell apart states that a restored backup
                     would count alike
    the request      the document's text (however it was named), operation, variables, other extensions
    the answer's     media type
    who asks         name and scopes: no tag of one token is ever that of another, though all who may read read the same
    the service      its release, its schema, the kind of its store, the cost that it allows, which answers tell

The engine compares tags once the operation is planned and allowed, and before its statement runs: a request that is
wrong or not allowed is never answered by 304. It reads the version first and the data then, on Neo4j with the bookmark of
the first read, so data are never older than their tag. They may be newer, and then the next request gets them anew.

How stale a 304 can be: on SQLite and a single Neo4j not at all; on a Neo4j cluster as much as any answer of the member
that was asked, and not older than the bookmark that the client sends. Changes made past the service are not seen,
since they leave the version as it is.

What is not the graph's alone gets no tag: `search`, whose mending of typing mistakes follows the graph by some seconds;
`changes`, whose old entries are forgotten without a new version; and `extensions.explain`, which tells times. Questions
about the schema alone need no version, and get a tag without one.

`no-store` is whatever is no good answer to a GET: errors, mutations, explanations, POST.
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
_IMMATERIAL = {
    "persistedQuery",
    "bookmark",
}  # how a document is named; how new the answer is to be, which its moment tells


class HttpCaching:
    """What clients are told of reusing answers."""

    def __init__(self, seconds: int, store: str, most_cost: int, schema: Callable[[], str]) -> None:
        """`seconds`: for how long an answer may be reused without asking; `store`: the kind of the store; `most_cost`:
        what an operation may cost.
        """
        self._seconds = seconds
        self._store = store
        self._most_cost = most_cost
        self._schema = schema

    def conditional(
        self, asked: Mapping[str, Any], media_type: str, principal: Principal, if_none_match: str | None
    ) -> ConditionalRequest:
        """A GET that asks for this text, operation, variables and extensions."""
        extensions = {name: value for name, value in (asked.get("extensions") or {}).items() if name not in _IMMATERIAL}
        who = principal.name, sorted(principal.scopes)
        deciding = (asked["query"], asked.get("operationName"), asked.get("variables") or {}, extensions)
        request = orjson.dumps((self._service, media_type, who, deciding), option=orjson.OPT_SORT_KEYS)
        return ConditionalRequest(hashlib.sha256(request).digest(), _tags(if_none_match))

    def headers(self, conditional: ConditionalRequest, *, private: bool) -> dict[str, str]:
        """The headers of a good answer; `private` where caches that several share must not keep it."""
        control = f"max-age={self._seconds}" if self._seconds else "no-cache"
        found = {"cache-control": f"private, {control}" if private else control, "vary": _VARY}
        return {**found, "etag": conditional.tag} if conditional.tag else found

    @cached_property
    def _service(self) -> str:
        try:
            release = version("framework-atlas")
        except PackageNotFoundError:  # run from its sources
            release = ""
        return hashlib.sha256(f"{release} {self._store} {self._most_cost} {self._schema()}".encode()).hexdigest()


def _tags(if_none_match: str | None) -> frozenset[str]:
    """The tags in an If-None-Match header, compared weakly; `*` names none, since nobody has asked what is there."""
    given = (one.strip().removeprefix("W/") for one in (if_none_match or "").split(","))
    return frozenset(one[1:-1] for one in given if len(one) > 2 and one[0] == one[-1] == '"')
