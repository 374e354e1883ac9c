"""Write, read and subscribe for hours, and check whether memory, open files and latency grow.

    uv run python -m benchmarks.soak --minutes 120

Writers, readers and subscribers share a request rate (by default proportional to the number of CPUs). Each minute the
script prints the service's private memory; its file-backed memory (the programs and SQLite's file, which is mapped up to
256 MB and grows with the log; the system reclaims these pages when it needs them); its open files; and the latency of
requests.

At the end it prints the growth of each per hour: a least-squares slope over the minutes after the warm-up, with its
standard error. Residuals of neighbouring minutes are correlated, so the true error is larger. A value counts as flat
when its slope is within two standard errors of zero or below 1 % an hour. Answers are checked as in `faults`.
"""

from __future__ import annotations

import argparse
import asyncio
import math
import os
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Coroutine
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.faults import INITIAL_FACTS, seed
from benchmarks.served import CLIENTS, OK, Reader, RequestResult, ServiceProcess, Subscriber, Writer, inspect_store
from service.settings import Settings, read_settings
from tests import neo4j_server
from tests.processes import resident_bytes

READERS, SUBSCRIBERS = 8, 10
_RATE_PER_CPU = 40.0
_WARM_UP_FRACTION = 0.25


@dataclass(frozen=True, slots=True)
class Minute:
    """The measurements of one minute, and the load average of the machine."""

    number: int
    private_megabytes: float
    file_megabytes: float
    open_files: int
    requests: int
    errors: int
    p50: float  # milliseconds
    p99: float  # milliseconds
    load: float


@dataclass(frozen=True, slots=True)
class Slope:
    """The slope of a straight line, with its standard error."""

    per_hour: float
    error: float


def slope(points: list[tuple[float, float]]) -> Slope:
    """Fit a line by least squares; x is in minutes."""
    count = len(points)
    if count < 3:
        return Slope(0.0, math.inf)
    x_mean, y_mean = (statistics.fmean(values) for values in zip(*points, strict=True))
    spread = sum((x - x_mean) ** 2 for x, _ in points)
    rise = sum((x - x_mean) * (y - y_mean) for x, y in points) / spread
    residuals = sum((y - y_mean - rise * (x - x_mean)) ** 2 for x, y in points)
    return Slope(rise * 60, math.sqrt(residuals / (count - 2) / spread) * 60)


class Soak:
    """A service under constant load, and its measurements."""

    def __init__(self, settings: Settings, folder: Path, rate: float) -> None:
        self._settings = settings
        self._folder = folder
        self._pause = (CLIENTS + READERS) / rate
        self._writers = [Writer(index) for index in range(CLIENTS)]
        self._readers = [Reader() for _ in range(READERS)]
        self.minutes: list[Minute] = []
        self.problems: list[str] = []

    async def run(self, minutes: int) -> None:
        """Apply the load, print each minute, and inspect the store at the end."""
        version = await seed(self._settings, self._folder)
        subscribers = [Subscriber(version) for _ in range(SUBSCRIBERS)]
        service = ServiceProcess(self._settings)
        try:
            await service.wait_until_ready()
            stop = asyncio.Event()
            tasks = [asyncio.create_task(client) for client in self._clients(service.base, stop)]
            subscribing = [asyncio.create_task(subscriber.run(service.base)) for subscriber in subscribers]
            started = time.monotonic()
            for number in range(1, minutes + 1):
                await asyncio.sleep(max(0.0, started + 60 * number - time.monotonic()))
                self.minutes.append(self._measure(service, number))
                print(row(self.minutes[-1]), flush=True)
            stop.set()
            await asyncio.gather(*tasks)
            for task in subscribing:
                task.cancel()
            await asyncio.gather(*subscribing, return_exceptions=True)
            inspection = await inspect_store(self._settings, self._writers, INITIAL_FACTS, self._folder / "seeded.db")
            self.problems += (*inspection.lost, *inspection.half_written)
            self.problems += (problem for reader in self._readers for problem in reader.wrong)
            for subscriber in subscribers:
                self.problems += await subscriber.catch_up(service.base, inspection.last_change)
        finally:
            service.kill()

    def _clients(self, base: str, stop: asyncio.Event) -> list[Coroutine[Any, Any, None]]:
        writing = (writer.run(base, random.Random(writer.index), stop, self._pause) for writer in self._writers)
        reading = (
            reader.run(base, self._writers, random.Random(number), stop, self._pause)
            for number, reader in enumerate(self._readers)
        )
        return [*writing, *reading]

    def _measure(self, service: ServiceProcess, number: int) -> Minute:
        """Summarise the last minute and clear its results."""
        results: list[RequestResult] = []
        for client in (*self._writers, *self._readers):
            results += client.results
            client.results.clear()
        quantiles = statistics.quantiles([result.seconds * 1000 for result in results] or [0.0, 0.0], n=100)
        processes = service.processes()
        return Minute(
            number,
            sum(resident_bytes(process, "RssAnon", "RssShmem") for process in processes) / 1e6,
            sum(resident_bytes(process, "RssFile") for process in processes) / 1e6,
            sum(len(list(Path(f"/proc/{process}/fd").iterdir())) for process in processes),
            len(results),
            sum(result.result != OK for result in results),
            quantiles[49],
            quantiles[98],
            os.getloadavg()[0],
        )


def row(minute: Minute) -> str:
    """A row of the table."""
    return (
        f"| {minute.number} | {minute.private_megabytes:.1f} | {minute.file_megabytes:.1f} | {minute.open_files} "
        f"| {minute.requests:,} | {minute.errors} | {minute.p50:.1f} | {minute.p99:.1f} | {minute.load:.1f} |"
    )


def trend(minutes: list[Minute]) -> tuple[bool, str]:
    """Whether memory, open files and latency are flat, and a sentence that says so."""
    measured = minutes[math.ceil(len(minutes) * _WARM_UP_FRACTION) :]
    parts, all_flat = [], True
    for name, unit, values, counts in (
        ("private memory", " MB", [minute.private_megabytes for minute in measured], True),
        ("file-backed memory", " MB", [minute.file_megabytes for minute in measured], False),
        ("open files", "", [float(minute.open_files) for minute in measured], True),
        ("p99", " ms", [minute.p99 for minute in measured], True),
    ):
        fitted = slope([(minute.number, value) for minute, value in zip(measured, values, strict=True)])
        mean = statistics.fmean(values)
        flat = fitted.per_hour <= 2 * fitted.error or fitted.per_hour < mean / 100
        all_flat = all_flat and (flat or not counts)
        parts.append(
            f"{name} {fitted.per_hour:+.2f}{unit} an hour, standard error {fitted.error:.2f}, at {mean:.1f}"
            + (f" ({'flat' if flat else 'NOT flat'})" if counts else "")
        )
    return all_flat, f"Trend over the last {len(measured)} of {len(minutes)} minutes: {'; '.join(parts)}."


def main() -> int:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--store", choices=("sqlite", "neo4j"), default="sqlite")
    parser.add_argument("--minutes", type=int, default=120)
    parser.add_argument(
        "--rate", type=float, default=_RATE_PER_CPU * (os.cpu_count() or 1), help="total requests a second"
    )
    arguments = parser.parse_args()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="atlas-soak-")))
        settings = read_settings(store=f"sqlite:///{folder / 'atlas.db'}")
        if arguments.store == "neo4j":
            settings = stack.enter_context(neo4j_server.running()).settings()
        soak = Soak(settings, folder, arguments.rate)
        print(
            f"{CLIENTS} writers, {READERS} readers, {SUBSCRIBERS} subscribers, at most {arguments.rate:g} requests a second\n"
        )
        print(
            "| minute | private MB | file-backed MB | open files | requests | errors | p50, ms | p99, ms | load |",
            flush=True,
        )
        print("|" + "---|" * 9, flush=True)
        asyncio.run(soak.run(arguments.minutes))
    flat, sentence = trend(soak.minutes)
    print(f"\n{sentence} {len(soak.problems)} problems.")
    print("".join(f"  {problem}\n" for problem in soak.problems[:20]), end="")
    return 0 if flat and not soak.problems else 1


if __name__ == "__main__":
    sys.exit(main())
