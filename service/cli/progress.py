"""Progress bars on a terminal; nothing in a pipe."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    MofNCompleteColumn,
    ProgressColumn,
    Task,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)
from rich.progress import Progress as ProgressBars
from rich.text import Text

from service.stores import Progress


@contextmanager
def progress_bars(*columns: ProgressColumn) -> Iterator[Progress]:
    """Show one progress bar per step, with these columns."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), *columns, TimeRemainingColumn())
    with ProgressBars(*columns, console=console, disable=not console.is_terminal) as bars:
        tasks: dict[str, TaskID] = {}

        def update(step: str, completed: int, total: int) -> None:
            if step not in tasks:
                tasks[step] = bars.add_task(step, total=total)
            bars.update(tasks[step], completed=completed)

        yield update


def items() -> tuple[ProgressColumn, ...]:
    return (MofNCompleteColumn(),)


def items_per_second() -> tuple[ProgressColumn, ...]:
    return MofNCompleteColumn(), _Rate()


def bytes_per_second() -> tuple[ProgressColumn, ...]:
    return DownloadColumn(), TransferSpeedColumn()


class _Rate(ProgressColumn):
    def render(self, task: Task) -> Text:
        return Text("" if task.speed is None else f"{task.speed:,.0f}/s")
