"""Server-sent events, out of bytes as they come.

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
class Events:
    """A stream of them. What a cut leaves half told is no event.

    Lines end with CR, LF or both and nothing else: names may well hold what Python's `splitlines` takes for an end.
    """

    _rest: bytes = b""
    _name: str = ""
    _data: list[str] = field(default_factory=list[str])

    def feed(self, chunk: bytes) -> Iterator[Event]:
        """The events that are complete with this."""
        lines = (self._rest + chunk).replace(b"\r\n", b"\n")
        held = b"\r" if lines.endswith(b"\r") else b""  # perhaps the first half of CR LF
        *complete, rest = lines.removesuffix(b"\r").replace(b"\r", b"\n").split(b"\n")
        self._rest = rest + held
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
                pass  # a comment, such as the ping by which the service shows that it is there
        return None

    def _dispatch(self) -> Event | None:
        event = Event(self._name or "message", "\n".join(self._data)) if self._name or self._data else None
        self._name, self._data = "", []
        return event
