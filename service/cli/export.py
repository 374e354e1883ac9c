"""Write all facts of a store as JSON Lines, in a fixed order and in the format of load."""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Callable
from pathlib import Path

from service.cli.opened_store import opened_store
from service.cli.options import add_settings, settings_of
from service.cli.progress import items_per_second, progress_bars
from service.errors import AtlasError
from service.settings import Settings
from service.stores import Progress, Snapshot
from service.writes.export import export, replaced_file


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_settings(parser, "store")
    parser.add_argument("file", nargs="?", metavar="FILE", help="Default: standard output.")


def run(arguments: argparse.Namespace) -> int:
    settings = settings_of(arguments)
    with progress_bars(*items_per_second()) as progress:
        if arguments.file in {None, "-"}:
            graph = asyncio.run(_export(settings, sys.stdout.buffer.write, progress))
            sys.stdout.flush()
        else:
            with replaced_file(Path(arguments.file)) as file:
                graph = asyncio.run(_export(settings, file.write, progress))
    if graph.changed_while_read:
        print(
            f"The graph changed during the export, which began at version {graph.version}: some lines are older than others. "
            "For a consistent export, run it while nothing writes to the store.",
            file=sys.stderr,
        )
    return 0


async def _export(settings: Settings, write: Callable[[bytes], object], progress: Progress) -> Snapshot:
    path = settings.sqlite_path
    if path is not None and not path.exists():  # opening the store would create the file
        raise AtlasError(f"{path}: no such file.")
    async with opened_store(settings) as store:
        return await export(store, write, progress)
