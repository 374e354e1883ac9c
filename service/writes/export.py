"""Write all that a store holds as JSON Lines, which `service.writes.load` reads.

The lines have one order, and their fields have one, so that two stores that hold the same write the same bytes.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from graph_seed.records import write_json_lines
from service.errors import AtlasError
from service.stores.base import Progress, Snapshot, Store
from service.writes.load import open_graph


async def export(store: Store[Any], write: Callable[[bytes], object], progress: Progress) -> Snapshot:
    """Write the facts; what they were read from. Raises AtlasError where the store holds no graph."""
    if not await store.version(background=True):
        raise AtlasError("The store holds no graph; fill it by seed or load.")
    await open_graph(store)  # one of an older layout is brought up to date
    async with store.snapshot() as graph:
        done = 0
        async for facts in graph.facts:
            write(write_json_lines(facts))
            done += len(facts)
            progress("facts", done, graph.count)
    return graph


@contextmanager
def replaced(path: Path) -> Iterator[BinaryIO]:
    """A file to write to, which takes the place of `path` when it is whole. Raises AtlasError where that cannot be."""
    try:
        if path.exists() and not path.is_file():  # a pipe, a device
            with path.open("wb") as opened:
                yield opened
            return
        part = path.with_name(f".{path.name}.{os.getpid()}.part")
        try:
            with part.open("xb") as opened:
                yield opened
                opened.flush()
                os.fsync(opened.fileno())
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)
    except OSError as error:
        raise AtlasError(f"{path}: cannot be written ({error.strerror}).") from error
