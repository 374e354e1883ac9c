"""A service that is killed while it writes has written what it acknowledged, and nothing by halves."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.kills import KillRounds
from service.settings import read_settings


@pytest.mark.anyio
async def test_what_was_acknowledged_survives_kill_9_and_a_subscriber_that_resumes_misses_nothing(
    tmp_path: Path,
) -> None:
    rounds = KillRounds(read_settings(store=f"sqlite:///{tmp_path / 'atlas.db'}"), tmp_path)

    outcome = await rounds.run(3)

    assert (outcome.rounds, outcome.problems) == (3, [])
    assert outcome.disconnects > 0  # a round may end before the subscriber has gone on
    assert outcome.acknowledged > 0
