"""Ask, write and listen for a long time, and see whether the service grows.

    uv run python -m benchmarks.soak --minutes 120

Some writers, readers and subscribers share a rate of requests, so many for each processor of the machine. Each minute tells
what the service's processes have in memory of their own, what they have of files (the programs, and SQLite's file, which is
mapped up to 256 MB and grows with what is written: the system takes these pages back when it needs them), how many files
they have open, and how long requests took. At the end stands by how much each grows an hour (least squares over the minutes
after the first few, in which caches fill), with the standard error of that; residuals of neighbouring minutes are alike, so
the true error is larger. It counts as flat when the slope is within two standard errors of none, or comes to less than a
hundredth in an hour. Answers are checked as in faults.
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

from benchmarks.faults import HELD, fill
from benchmarks.served import CLIENTS, GOOD, Client, PayloadField, Reader, Service, Subscriber, look
from service.settings import Settings, read_settings
from tests import neo4j_server
from tests.processes import resident

READERS, SUBSCRIBERS = 8, 10
_RATE = 40.0
_WARM_PART = 0.25


@dataclass(frozen=True, slots=True)
class Minute:
    """What was seen in a minute; the machine's load beside it."""

    at: float
    own: float  # megabytes
    mapped: float  # megabytes
    files: int
    requests: int
    others: int
    p50: float
    p99: float
    load: float


@dataclass(frozen=True, slots=True)
class Slope:
    """Of a straight line, with its standard error."""

    per_hour: float
    error: float


def slope(points: list[tuple[float, float]]) -> Slope:
    """By least squares; x is in minutes."""
    count = len(points)
    if count < 3:
        return Slope(0.0, math.inf)
    x_mean, y_mean = (statistics.fmean(one) for one in zip(*points, strict=True))
    spread = sum((x - x_mean) ** 2 for x, _ in points)
    rise = sum((x - x_mean) * (y - y_mean) for x, y in points) / spread
    rest = sum((y - y_mean - rise * (x - x_mean)) ** 2 for x, y in points)
    return Slope(rise * 60, math.sqrt(rest / (count - 2) / spread) * 60)


class Soak:
    """A service, its load, and what was seen of it."""

    def __init__(self, settings: Settings, folder: Path, rate: float) -> None:
        self._settings = settings
        self._folder = folder
        self._pause = (CLIENTS + READERS) / rate
        self._clients = [Client(name) for name in range(CLIENTS)]
        self._readers = [Reader() for _ in range(READERS)]
        self.minutes: list[Minute] = []
        self.faults: list[str] = []

    async def run(self, minutes: int) -> None:
        """Load it for so long, print each minute, and look at what is left."""
        version = await fill(self._settings, self._folder)
        subscribers = [Subscriber(version) for _ in range(SUBSCRIBERS)]
        service = Service(self._settings)
        try:
            await service.ready()
            stop = asyncio.Event()
            tasks = [asyncio.create_task(one) for one in self._load(service.base, stop)]
            listening = [asyncio.create_task(one.listen(service.base)) for one in subscribers]
            begun = time.monotonic()
            for number in range(1, minutes + 1):
                await asyncio.sleep(max(0.0, begun + 60 * number - time.monotonic()))
                self.minutes.append(self._seen(service, number))
                print(line(self.minutes[-1]), flush=True)
            stop.set()
            await asyncio.gather(*tasks)
            for one in listening:
                one.cancel()
            await asyncio.gather(*listening, return_exceptions=True)
            left = await look(self._settings, self._clients, HELD, self._folder / "seeded.db")
            self.faults += (*left.lost, *left.half_written)
            self.faults += (fault for reader in self._readers for fault in reader.wrong)
            for one in subscribers:
                self.faults += await one.catch_up(service.base, left.last)
        finally:
            service.kill()

    def _load(self, base: str, stop: asyncio.Event) -> list[Coroutine[Any, Any, None]]:
        writing = (client.write(base, random.Random(client.name), stop, self._pause) for client in self._clients)
        reading = (
            reader.read(base, self._clients, random.Random(number), stop, self._pause)
            for number, reader in enumerate(self._readers)
        )
        return [*writing, *reading]

    def _seen(self, service: Service, number: int) -> Minute:
        """Tell a minute, and forget what was told in it."""
        told: list[PayloadField] = []
        for one in (*self._clients, *self._readers):
            told += one.told
            one.told.clear()
        cuts = statistics.quantiles([one.seconds * 1000 for one in told] or [0.0, 0.0], n=100)
        processes = service.processes()
        return Minute(
            number,
            sum(resident(process, "RssAnon", "RssShmem") for process in processes) / 1e6,
            sum(resident(process, "RssFile") for process in processes) / 1e6,
            sum(len(list(Path(f"/proc/{process}/fd").iterdir())) for process in processes),
            len(told),
            sum(one.word != GOOD for one in told),
            cuts[49],
            cuts[98],
            os.getloadavg()[0],
        )


def line(minute: Minute) -> str:
    """A row of the table."""
    return (
        f"| {minute.at:.0f} | {minute.own:.1f} | {minute.mapped:.1f} | {minute.files} | {minute.requests:,} | {minute.others} "
        f"| {minute.p50:.1f} | {minute.p99:.1f} | {minute.load:.1f} |"
    )


def verdict(minutes: list[Minute]) -> tuple[bool, str]:
    """Whether memory, open files and the slowest requests stay as they are, and that in words."""
    settled = minutes[math.ceil(len(minutes) * _WARM_PART) :]
    told, flat = [], True
    for name, unit, values, judged in (
        ("memory of its own", "MB", [one.own for one in settled], True),
        ("memory of files", "MB", [one.mapped for one in settled], False),
        ("open files", "", [float(one.files) for one in settled], True),
        ("p99", "ms", [one.p99 for one in settled], True),
    ):
        found, held = (
            slope([(one.at, value) for one, value in zip(settled, values, strict=True)]),
            statistics.fmean(values),
        )
        steady = found.per_hour <= 2 * found.error or found.per_hour < held / 100
        flat = flat and (steady or not judged)
        told.append(
            f"{name} {found.per_hour:+.2f} {unit} an hour, standard error {found.error:.2f}, at {held:.1f}"
            + (f" ({'flat' if steady else 'NOT flat'})" if judged else "")
        )
    return flat, f"Over the last {len(settled)} of {len(minutes)} minutes: {'; '.join(told)}."


def main() -> int:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--store", choices=("sqlite", "neo4j"), default="sqlite")
    parser.add_argument("--minutes", type=int, default=120)
    parser.add_argument("--rate", type=float, default=_RATE * (os.cpu_count() or 1), help="requests a second, in all")
    given = parser.parse_args()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="atlas-soak-")))
        settings = read_settings(store=f"sqlite:///{folder / 'atlas.db'}")
        if given.store == "neo4j":
            settings = stack.enter_context(neo4j_server.running()).settings()
        soak = Soak(settings, folder, given.rate)
        print(
            f"{CLIENTS} writers, {READERS} readers, {SUBSCRIBERS} subscribers, {given.rate:g} requests a second at most\n"
        )
        print("| minute | own MB | of files, MB | files | requests | refused | p50, ms | p99, ms | load |", flush=True)
        print("|" + "---|" * 9, flush=True)
        asyncio.run(soak.run(given.minutes))
    flat, words = verdict(soak.minutes)
    print(f"\n{words} {len(soak.faults)} faults.")
    print("".join(f"  {fault}\n" for fault in soak.faults[:20]), end="")
    return 0 if flat and not soak.faults else 1


if __name__ == "__main__":
    sys.exit(main())
