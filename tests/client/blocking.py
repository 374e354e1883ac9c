"""Both clients with the same blocking interface, so that each test runs with both."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Generator
from typing import Any, Protocol, Self

from framework_atlas import AsyncClient, Client


class BlockingClient(Protocol):
    bookmark: str | None

    def __enter__(self) -> Self: ...
    def __exit__(self, *_: object) -> None: ...
    def execute(self, *arguments: Any, **options: Any) -> Any: ...
    def pages(self, *arguments: Any, **options: Any) -> Generator[Any]: ...
    def subscribe(self, *arguments: Any, **options: Any) -> Generator[Any]: ...


class BlockingAsyncClient:
    """An AsyncClient that runs in its own event loop."""

    def __init__(self, url: str, **options: Any) -> None:
        self._runner = asyncio.Runner()
        self._client = AsyncClient(url, **options)

    @property
    def bookmark(self) -> str | None:
        return self._client.bookmark

    @bookmark.setter
    def bookmark(self, bookmark: str | None) -> None:
        self._client.bookmark = bookmark

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with self._runner:
            self._runner.run(self._client.close())

    def execute(self, *arguments: Any, **options: Any) -> Any:
        return self._runner.run(self._client.execute(*arguments, **options))

    def pages(self, *arguments: Any, **options: Any) -> Generator[Any]:
        return self._iterate(self._client.pages(*arguments, **options))

    def subscribe(self, *arguments: Any, **options: Any) -> Generator[Any]:
        return self._iterate(self._client.subscribe(*arguments, **options))

    def _iterate(self, values: AsyncGenerator[Any]) -> Generator[Any]:
        async def next_value() -> Any:
            return await anext(values)

        try:
            while True:
                try:
                    value = self._runner.run(next_value())
                except StopAsyncIteration:
                    return
                yield value
        finally:
            self._runner.run(values.aclose())


CLIENTS: dict[str, Callable[..., BlockingClient]] = {"Client": Client, "AsyncClient": BlockingAsyncClient}
