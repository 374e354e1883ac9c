"""Write all facts of a store as JSON Lines, in the format that `service.writes.load` reads.

The order of lines and fields is fixed: two stores with equal graphs write equal bytes.
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
    """Write all facts; return the snapshot that they were read from. Raises AtlasError if the store is empty."""
    if not await store.version(background=True):
        raise AtlasError("The store is empty; fill it with `seed` or `load`.")
    await open_graph(store)  # migrates an older layout
    async with store.snapshot() as graph:
        done = 0
        async for facts in graph.facts:
            write(write_json_lines(facts))
            done += len(facts)
            progress("facts", done, graph.count)
    return graph


@contextmanager
def replaced_file(path: Path) -> Iterator[BinaryIO]:
    """Open a file for writing that replaces `path` when it is complete. Raises AtlasError."""
    try:
        if path.exists() and not path.is_file():  # a pipe or a device
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
