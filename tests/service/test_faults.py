"""A worker that dies takes nothing along, and is replaced at once, even where its successor dies as it starts."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from pathlib import Path

import pytest

from benchmarks.faults import Fault, Scene, Trial
from benchmarks.soak import slope


async def _kill_two(scene: Scene) -> None:
    """Kill a worker, and the one that is started in its place."""
    before = set(scene.service.workers())
    os.kill(min(before), signal.SIGKILL)
    async with asyncio.timeout(20):
        while not (started := set(scene.service.workers()) - before):  # noqa: ASYNC110 - the system tells nobody
            await asyncio.sleep(0.01)
        os.kill(min(started), signal.SIGKILL)
        began = time.monotonic()
        while not set(scene.service.workers()) - before - started:  # noqa: ASYNC110 - nor here
            await asyncio.sleep(0.01)
    scene.notes.append(f"{time.monotonic() - began:.1f}")


@pytest.mark.anyio
async def test_a_worker_that_is_killed_as_it_starts_is_replaced_and_nothing_is_lost(tmp_path: Path) -> None:
    fault = Fault("workers", "two workers killed", _kill_two, given={"workers": 2})

    outcome = await Trial(fault, "sqlite", tmp_path, None).run(0.5, 0.5)

    assert outcome.faults == []
    assert outcome.acknowledged > 0
    assert set(outcome.told) <= {"200", "cut off"}
    assert float(outcome.notes[0]) < 10


def test_the_slope_of_a_line_is_told_for_an_hour_with_its_error() -> None:
    exact, noisy = (slope([(float(x), 100 + x / 60 + noise * (-1) ** x) for x in range(20)]) for noise in (0, 1))

    assert (round(exact.per_hour, 6), round(exact.error, 6)) == (1, 0)
    assert 2 < noisy.error < 3
    assert abs(noisy.per_hour - 1) < noisy.error
