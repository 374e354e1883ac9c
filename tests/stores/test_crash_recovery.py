"""A service that is killed while it writes has written everything that it acknowledged, and no partial write."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.kills import KillRounds
from service.settings import read_settings


@pytest.mark.anyio
async def test_acknowledged_writes_survive_kill_9_and_a_resumed_subscription_misses_no_change(tmp_path: Path) -> None:
    rounds = KillRounds(read_settings(store=f"sqlite:///{tmp_path / 'atlas.db'}"), tmp_path)

    outcome = await rounds.run(3)

    assert (outcome.rounds, outcome.problems) == (3, [])
    assert outcome.disconnects > 0  # in some rounds the kill comes before the subscription has resumed
    assert outcome.acknowledged > 0
