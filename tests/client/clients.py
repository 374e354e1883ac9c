"""Both clients under one interface, so that each test says once what both do."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Generator
from typing import Any, Protocol, Self

from framework_atlas import AsyncClient, Client


class Asking(Protocol):
    bookmark: str | None

    def __enter__(self) -> Self: ...
    def __exit__(self, *_: object) -> None: ...
    def execute(self, *arguments: Any, **options: Any) -> Any: ...
    def pages(self, *arguments: Any, **options: Any) -> Generator[Any]: ...
    def subscribe(self, *arguments: Any, **options: Any) -> Generator[Any]: ...


class Waiting:
    """An AsyncClient, waited for on a loop of its own."""

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
        return self._each(self._client.pages(*arguments, **options))

    def subscribe(self, *arguments: Any, **options: Any) -> Generator[Any]:
        return self._each(self._client.subscribe(*arguments, **options))

    def _each(self, told: AsyncGenerator[Any]) -> Generator[Any]:
        async def following() -> Any:
            return await anext(told)

        try:
            while True:
                try:
                    value = self._runner.run(following())
                except StopAsyncIteration:
                    return
                yield value
        finally:
            self._runner.run(told.aclose())


CLIENTS: dict[str, Callable[..., Asking]] = {"Client": Client, "AsyncClient": Waiting}
