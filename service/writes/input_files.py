"""The files that a bulk load reads: JSON Lines or CSV, by name or from standard input."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any, BinaryIO

from graph_seed.facts import FactError
from graph_seed.records import READERS
from schema import Ontology
from service.errors import AtlasError
from service.writes.load_results import FileLocation

FORMATS = {".jsonl": "jsonl", ".ndjson": "jsonl", ".json": "jsonl", ".csv": "csv"}
"""The format of a file by its suffix."""

STDIN = "-"
_REPORT_EVERY_LINES = 256


@dataclass(frozen=True, slots=True)
class InputFile:
    """A file that can be read several times; errors call it by its name."""

    name: str
    path: Path
    format: str
    size: int


@contextmanager
def open_input_files(names: Sequence[str], format_: str | None, stdin: BinaryIO) -> Iterator[tuple[InputFile, ...]]:
    """Check that files can be read; `-` is standard input. Raises AtlasError.

    A pipe, which can be read only once, is copied to a temporary file.
    """
    with ExitStack() as stack:
        yield tuple(_input_file(name, format_, stdin, stack) for name in names)


class InputRecords:
    """The records of all files, with their locations. Each iteration reads the files from the beginning."""

    def __init__(self, files: Sequence[InputFile], ontology: Ontology) -> None:
        self.total_bytes = sum(file.size for file in files)
        self.read_bytes = 0
        self._files = files
        self._ontology = ontology

    def __iter__(self) -> Iterator[tuple[FileLocation, dict[str, Any] | FactError]]:
        before = 0
        for index, file in enumerate(self._files):
            with file.path.open("rb") as opened:
                for number, content in READERS[file.format](opened, self._ontology):
                    yield FileLocation(index, number), content
                    if number % _REPORT_EVERY_LINES == 0 and not opened.closed:
                        self.read_bytes = before + opened.tell()
            self.read_bytes = before = before + file.size


def _input_file(name: str, format_: str | None, stdin: BinaryIO, stack: ExitStack) -> InputFile:
    path = Path(name)
    format_ = format_ or ("jsonl" if name == STDIN else FORMATS.get(path.suffix.lower()))
    if format_ is None:
        raise AtlasError(f"{name}: the suffix is none of {', '.join(FORMATS)}; name the format with --format.")
    try:
        if name == STDIN:
            path, name = _copy(stdin, stack), "stdin"
        elif path.exists() and not path.is_file() and not path.is_dir():
            with path.open("rb") as pipe:
                path = _copy(pipe, stack)
        with path.open("rb"):  # fails before anything is written
            return InputFile(name, path, format_, path.stat().st_size)
    except OSError as error:
        raise AtlasError(f"{name}: cannot be read ({error.strerror}).") from error


def _copy(source: BinaryIO, stack: ExitStack) -> Path:
    copy = stack.enter_context(NamedTemporaryFile(prefix="atlas-"))  # noqa: SIM115 - the stack closes it
    shutil.copyfileobj(source, copy)
    copy.flush()
    return Path(copy.name)
