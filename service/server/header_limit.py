"""A limit for the size of a request's URL and headers."""

from __future__ import annotations

_HEADER_OVERHEAD_BYTES = 32
"""Added to each header, as in HTTP/2 (RFC 9113, 6.5.2): many short headers cost as much as a long one."""


class HeaderLimit:
    """Counts the bytes of the URL, the headers and the trailers of a request.

    httptools reports a header only when it is complete, and buffers it until then. So the bytes that it has received since its
    last report are counted too: otherwise a header without an end would use memory without limit.
    """

    __slots__ = ("_max_bytes", "_reported", "_unreported")

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._reported = self._unreported = 0

    @property
    def exceeded(self) -> bool:
        return self._reported > self._max_bytes or self._unreported > self._max_bytes

    def start_request(self) -> None:
        self._reported = self._unreported = 0

    def receive(self, size: int) -> None:
        self._unreported += size

    def add_url(self, size: int) -> None:
        self._reported += size
        self._unreported = 0

    def add_header(self, size: int) -> None:
        self._reported += size + _HEADER_OVERHEAD_BYTES
        self._unreported = 0

    def clear_unreported(self) -> None:
        """Call this when httptools reports the end of the headers or a part of the body."""
        self._unreported = 0
