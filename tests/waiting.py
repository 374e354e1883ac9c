"""Wait for a condition in asynchronous tests."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable


async def wait_for(condition: Callable[[], object], description: str, seconds: float = 30) -> None:
    """Let other tasks run until the condition is true."""
    give_up = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < give_up, f"waited {seconds} s in vain until {description}"
        await asyncio.sleep(0.01)
