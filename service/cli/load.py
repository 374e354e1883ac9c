"""Load facts from files, JSON Lines or CSV, into a store.

All lines are checked first; if one is invalid, nothing is written. Facts that are already in the store stay, unless a line
changes them. After an interruption, run the same command again. An empty store gets only the facts of the files.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Sequence

from schema import ONTOLOGY
from service.cli.opened_store import opened_store
from service.cli.options import add_settings, settings_of
from service.cli.progress import bytes_per_second, progress_bars
from service.cli.summary import count, counts, describe
from service.settings import Settings
from service.stores import Progress
from service.writes.input_files import FORMATS, InputFile, open_input_files
from service.writes.load import BulkLoad
from service.writes.load_results import LoadErrors, LoadSummary


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_settings(parser, "store")
    parser.add_argument(
        "file", nargs="+", metavar="FILE", help=f"A file ({', '.join(FORMATS)}), or - for standard input."
    )
    parser.add_argument(
        "--format",
        choices=sorted(set(FORMATS.values())),
        help="Format of the files. Default: by suffix; jsonl for standard input.",
    )
    parser.add_argument(
        "--dry-run", action="store_true", help="Check all lines, also against the store, and write nothing."
    )
    parser.add_argument("--keep-going", action="store_true", help="Write the valid lines even if others are invalid.")
    parser.add_argument(
        "--max-errors", type=_positive_integer, default=100, metavar="N", help="Stop after N errors. Default: 100."
    )


def run(arguments: argparse.Namespace) -> int:
    settings, errors = settings_of(arguments), LoadErrors(arguments.max_errors)
    with open_input_files(arguments.file, arguments.format, sys.stdin.buffer) as files:
        with progress_bars(*bytes_per_second()) as progress:
            summary, written = asyncio.run(_load(settings, files, errors, progress, arguments))
        for message in errors.messages(files):
            print(message, file=sys.stderr)
    if errors.items:
        print(_describe_errors(errors, written=written, dry_run=arguments.dry_run), file=sys.stderr)
    if written:
        print(f"{settings.store}: {describe(summary)}.")
    elif arguments.dry_run:
        print(f"Valid: {counts(summary)}. Nothing was written.")
    return 1 if errors.items else 0


async def _load(
    settings: Settings,
    files: Sequence[InputFile],
    errors: LoadErrors,
    progress: Progress,
    arguments: argparse.Namespace,
) -> tuple[LoadSummary, bool]:
    """Check and write the files; return the summary, and whether the files were written or only checked."""
    async with opened_store(settings) as store:
        load = BulkLoad(store, ONTOLOGY, files, errors, progress)
        checked = LoadSummary() if arguments.keep_going and not arguments.dry_run else await load.check()
        if arguments.dry_run or errors.items:
            return checked, False
        return await load.write(), True


def _describe_errors(errors: LoadErrors, *, written: bool, dry_run: bool) -> str:
    number = count(len(errors.items), "error")
    if errors.full:
        number += ", perhaps more (--max-errors)"
    if written:
        return f"{number}; {'the load stopped there' if errors.full else 'all other lines were written'}."
    return f"{number}." if dry_run else f"{number}; nothing was written. --keep-going writes all other lines."


def _positive_integer(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text)):
        raise argparse.ArgumentTypeError(f"'{text}' is not a positive integer")
    return int(text)
