"""Killed workers are replaced at once, and no acknowledged write is lost."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from pathlib import Path

import pytest

from benchmarks.faults import Fault, Scene, Trial

_SILENT_SECONDS = 1.5
"""Longer than the supervisor waits for an answer, so that the worker counts as one that is still starting."""


async def _kill_both(scene: Scene) -> None:
    """Kill a worker that has been silent for a moment, and the other worker as well."""
    silent, other = before = scene.service.workers()
    os.kill(silent, signal.SIGSTOP)
    await asyncio.sleep(_SILENT_SECONDS)
    for worker in (other, silent):
        os.kill(worker, signal.SIGKILL)
    start = time.monotonic()
    async with asyncio.timeout(120):
        while len(set(scene.service.workers()) - set(before)) < 2:  # noqa: ASYNC110 - there is no event to wait for
            await asyncio.sleep(0.05)
    scene.notes.append(f"{time.monotonic() - start:.1f}")


@pytest.mark.anyio
async def test_killed_workers_are_replaced_at_once_and_no_acknowledged_write_is_lost(tmp_path: Path) -> None:
    fault = Fault("workers", "two workers killed", _kill_both, settings={"workers": 2})

    outcome = await Trial(fault, "sqlite", tmp_path, None).run(0.5, 0.5)

    assert outcome.problems == []
    assert None not in outcome.first_success.values()
    assert outcome.acknowledged > 0
    assert set(outcome.results) <= {"200", "connection lost"}
    assert float(outcome.notes[0]) < 15
