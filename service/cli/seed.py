"""Fill an empty store with facts; --update updates a store that is not empty.

An update writes the facts of the folder, and retracts what its sources state in the store but no longer in the folder.
What other sources state stays.
"""

from __future__ import annotations

import argparse
import asyncio

from schema import ONTOLOGY
from service.cli.opened_store import opened_store
from service.cli.options import add_settings, settings_of
from service.cli.progress import bytes_per_second, items, progress_bars
from service.cli.summary import describe
from service.service import open_seeded_store
from service.settings import Settings
from service.stores import Progress
from service.writes.load import update_facts
from service.writes.load_results import LoadSummary


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_settings(parser, "store", "facts")
    parser.add_argument("--update", action="store_true", help="Update a store that is not empty.")


def run(arguments: argparse.Namespace) -> int:
    settings = settings_of(arguments)
    with progress_bars(*items()) as progress:
        filled = asyncio.run(fill_store(settings, progress))
    result = "filled" if filled else "not empty, left unchanged"
    if arguments.update and not filled:
        with progress_bars(*bytes_per_second()) as progress:
            result = describe(asyncio.run(_update(settings, progress)))
    print(f"{settings.store}: {result}.")
    return 0


async def fill_store(settings: Settings, progress: Progress) -> bool:
    """Fill the store if it is empty; return whether it was empty."""
    filled = False

    def report(step: str, completed: int, total: int) -> None:
        nonlocal filled
        filled = True
        progress(step, completed, total)

    store = await open_seeded_store(settings, progress=report)
    await store.close()
    return filled


async def _update(settings: Settings, progress: Progress) -> LoadSummary:
    async with opened_store(settings) as store:
        return await update_facts(store, ONTOLOGY, settings.facts, progress)
