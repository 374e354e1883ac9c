"""Parse server-sent events.

https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Event:
    name: str
    data: str


@dataclass(slots=True)
class EventParser:
    """An incremental parser. An event that is incomplete when the stream ends is discarded.

    Lines end with CR, LF or both. `str.splitlines` is not used, because it also splits at characters that names may
    contain.
    """

    _rest: bytes = b""
    _name: str = ""
    _data: list[str] = field(default_factory=list[str])

    def feed(self, chunk: bytes) -> Iterator[Event]:
        """Yield the events that this chunk completes."""
        lines = (self._rest + chunk).replace(b"\r\n", b"\n")
        pending = b"\r" if lines.endswith(b"\r") else b""  # possibly the first half of CR LF
        *complete, rest = lines.removesuffix(b"\r").replace(b"\r", b"\n").split(b"\n")
        self._rest = rest + pending
        for line in complete:
            if event := self._line(line.decode("utf-8", "replace")):
                yield event

    def _line(self, line: str) -> Event | None:
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        match name:
            case "" if not line:
                return self._dispatch()
            case "event":
                self._name = value
            case "data":
                self._data.append(value)
            case _:
                pass  # a comment, such as the keep-alive of the service
        return None

    def _dispatch(self) -> Event | None:
        event = Event(self._name or "message", "\n".join(self._data)) if self._name or self._data else None
        self._name, self._data = "", []
        return event
