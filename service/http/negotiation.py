"""Which shapes of an answer a client accepts, and which of them it gets.

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
_LONGEST = 4096
"""Characters of Accept that are read; a browser sends two hundred, and each item is compared with all there is."""
_REMEMBERED = 32
"""Headers: it is asked three times a request, and clients send the same one again."""


@dataclass(frozen=True, slots=True)
class ResponseFormat:
    """The shapes in which an answer is wanted: the media type of its JSON, a stream, a table."""

    json: str = JSON
    streams: bool = False
    table: str | None = None

    @property
    def strict(self) -> bool:
        """Whether what was not executed is a 400."""
        return self.json == GRAPHQL_JSON or self.streams or self.table is not None


def negotiate(headers: Headers) -> ResponseFormat:
    """What both sides like best, application/json where anything goes."""
    ranges = _ranges(_accept(headers))
    if not ranges:
        return ResponseFormat()
    best = max((JSON, GRAPHQL_JSON, *tables.WRITERS), key=lambda media: _weight(media, ranges))
    if _weight(best, ranges)[0] > 0:
        return ResponseFormat(table=best) if best in tables.WRITERS else ResponseFormat(best)
    if accepts(headers, EVENT_STREAM):
        return ResponseFormat(streams=True)
    raise HTTPException(406, f"The answer can be {_listed((GRAPHQL_JSON, JSON, *tables.WRITERS))}; Accept allows none.")


def accepts(headers: Mapping[str, str], wanted: str) -> bool:
    """Whether Accept names this very media type."""
    return any(media == wanted and quality > 0 for media, quality in _ranges(_accept(headers)))


def _listed(names: Sequence[str]) -> str:
    return f"{', '.join(names[:-1])} or {names[-1]}"


def _accept(headers: Mapping[str, str]) -> str:
    """What a client accepts, as far as it is read: of a longer header what fits, in whole items."""
    given = headers.get("accept", "")
    return given if len(given) <= _LONGEST else given[:_LONGEST].rpartition(",")[0]


@lru_cache(_REMEMBERED)
def _ranges(accept: str) -> tuple[tuple[str, float], ...]:
    found: list[tuple[str, float]] = []
    for item in accept.split(","):
        media, *parameters = (part.strip().lower() for part in item.split(";"))
        if media:
            found.append((media, _quality(parameters)))
    return tuple(found)


def _quality(parameters: list[str]) -> float:
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "q":
            try:
                return float(value)
            except ValueError:
                return 0.0
    return 1.0


def _weight(media: str, ranges: tuple[tuple[str, float], ...]) -> tuple[float, int]:
    """How much a media type is liked, and then how early it stands among equals."""
    best = (0.0, 0)
    for specific, names in ((2, {media}), (1, {"application/*"}), (0, {"*/*"})):
        matching = [(quality, -index) for index, (name, quality) in enumerate(ranges) if name in names]
        if matching:
            quality, order = max(matching)
            return (quality, order if specific == 2 else -1000)
    return best
