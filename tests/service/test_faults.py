"""Workers that die take nothing along, and are replaced at once."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from pathlib import Path

import pytest

from benchmarks.faults import Fault, Scene, Trial
from benchmarks.soak import slope


async def _kill_both(scene: Scene) -> None:
    """Kill a worker that has not answered for a moment, as one that starts has not, and the other as well."""
    silent, other = before = scene.service.workers()
    os.kill(silent, signal.SIGSTOP)
    await asyncio.sleep(1.5)
    for worker in (other, silent):
        os.kill(worker, signal.SIGKILL)
    began = time.monotonic()
    async with asyncio.timeout(120):
        while len(set(scene.service.workers()) - set(before)) < 2:  # noqa: ASYNC110 - the system tells nobody
            await asyncio.sleep(0.05)
    scene.notes.append(f"{time.monotonic() - began:.1f}")


@pytest.mark.anyio
async def test_workers_that_are_killed_are_replaced_at_once_and_nothing_is_lost(tmp_path: Path) -> None:
    fault = Fault("workers", "two workers killed", _kill_both, settings={"workers": 2})

    outcome = await Trial(fault, "sqlite", tmp_path, None).run(0.5, 0.5)

    assert outcome.problems == []
    assert None not in outcome.first_success.values()
    assert outcome.acknowledged > 0
    assert set(outcome.results) <= {"200", "connection lost"}
    assert float(outcome.notes[0]) < 15


def test_the_slope_of_a_line_is_told_for_an_hour_with_its_error() -> None:
    exact, noisy = (slope([(float(x), 100 + x / 60 + noise * (-1) ** x) for x in range(20)]) for noise in (0, 1))

    assert (round(exact.per_hour, 6), round(exact.error, 6)) == (1, 0)
    assert 2 < noisy.error < 3
    assert abs(noisy.per_hour - 1) < noisy.error
