"""Content negotiation: choose the format of a response from the Accept header.

https://graphql.github.io/graphql-over-http/draft/#sec-Media-Types
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from cross_web import HTTPException
from starlette.datastructures import Headers

from service.execution import tables

JSON = "application/json"
GRAPHQL_JSON = "application/graphql-response+json"
EVENT_STREAM = "text/event-stream"
_MAX_ACCEPT_LENGTH = 4096
"""The number of characters of Accept that are parsed. A browser sends about 200; each range is compared with each format."""
_CACHED_HEADERS = 32
"""Each request parses its header three times, and most clients send the same one."""


@dataclass(frozen=True, slots=True)
class ResponseFormat:
    """The format of a response: JSON, an event stream, or a table. Errors are always JSON."""

    json_media_type: str = JSON
    is_stream: bool = False
    table_media_type: str | None = None

    @property
    def error_statuses(self) -> bool:
        """Whether a request error has the status 400. Only a client of application/json expects 200."""
        return self.json_media_type == GRAPHQL_JSON or self.is_stream or self.table_media_type is not None


def negotiate(headers: Headers) -> ResponseFormat:
    """Choose the format that the client prefers, application/json by default; raise a 406 if it accepts none."""
    ranges = _media_ranges(_accept_header(headers))
    if not ranges:
        return ResponseFormat()
    best = max((JSON, GRAPHQL_JSON, *tables.WRITERS), key=lambda media_type: _preference(media_type, ranges))
    if _preference(best, ranges)[0] > 0:
        return ResponseFormat(table_media_type=best) if best in tables.WRITERS else ResponseFormat(best)
    if accepts(headers, EVENT_STREAM):
        return ResponseFormat(is_stream=True)
    available = _join((GRAPHQL_JSON, JSON, *tables.WRITERS))
    raise HTTPException(406, f"The Accept header allows no available media type; use {available}.")


def accepts(headers: Mapping[str, str], media_type: str) -> bool:
    """Return whether Accept contains this media type literally, not as part of a range."""
    return any(name == media_type and quality > 0 for name, quality in _media_ranges(_accept_header(headers)))


def _join(names: Sequence[str]) -> str:
    return f"{', '.join(names[:-1])} or {names[-1]}"


def _accept_header(headers: Mapping[str, str]) -> str:
    """Return the Accept header, truncated after the last complete range."""
    accept = headers.get("accept", "")
    return accept if len(accept) <= _MAX_ACCEPT_LENGTH else accept[:_MAX_ACCEPT_LENGTH].rpartition(",")[0]


@lru_cache(_CACHED_HEADERS)
def _media_ranges(accept: str) -> tuple[tuple[str, float], ...]:
    ranges: list[tuple[str, float]] = []
    for item in accept.split(","):
        name, *parameters = (part.strip().lower() for part in item.split(";"))
        if name:
            ranges.append((name, _quality(parameters)))
    return tuple(ranges)


def _quality(parameters: list[str]) -> float:
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "q":
            try:
                return float(value)
            except ValueError:
                return 0.0
    return 1.0


def _preference(media_type: str, ranges: tuple[tuple[str, float], ...]) -> tuple[float, int]:
    """Return the quality of a media type by its most specific range, then its rank among ranges of equal quality."""
    for specific, names in ((True, {media_type}), (False, {"application/*"}), (False, {"*/*"})):
        matching = [(quality, -index) for index, (name, quality) in enumerate(ranges) if name in names]
        if matching:
            quality, rank = max(matching)
            return (quality, rank if specific else -1000)
    return (0.0, 0)
