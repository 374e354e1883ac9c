"""Kill the service, or Neo4j, while it is written to, again and again, and check what is left.

    uv run python -m benchmarks.kills --rounds 100
    uv run python -m benchmarks.kills --store neo4j --rounds 10      # kills Neo4j; the service keeps running

In each round several clients write over HTTP, a subscriber resumes with its last cursor, and `kill -9` follows at a
random moment; then everything is started again. Checked: every acknowledged write is in the log and in the graph; the
subscriber received every change exactly once; the store equals a fresh seed of its facts, so no claim is half-written.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import sys
import tempfile
import time
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.served import (
    CLIENTS,
    CONNECTION_LOST,
    CONNECTION_REFUSED,
    INITIAL_FACTS,
    OK,
    TIMEOUT_SECONDS,
    UNAVAILABLE,
    ServiceProcess,
    Subscriber,
    Writer,
    inspect_store,
    opened,
    restart,
)
from service.settings import Settings, read_settings
from tests import neo4j_server
from tests.facts import facts_from_lines

_MAX_LOAD_SECONDS = 1.5
_EXPECTED = {OK, CONNECTION_LOST, CONNECTION_REFUSED, UNAVAILABLE}


@dataclass
class Outcome:
    """The result of all rounds."""

    rounds: int = 0
    acknowledged: int = 0
    changes: int = 0
    disconnects: int = 0
    problems: list[str] = field(default_factory=list)


class KillRounds:
    """Rounds on one store. With a Neo4j server, each round kills the server instead of the service."""

    def __init__(
        self, settings: Settings, folder: Path, server: neo4j_server.Server | None = None, seed: int = 1
    ) -> None:
        self.outcome = Outcome()
        self._settings = settings
        self._folder = folder
        self._server = server
        self._rng = random.Random(seed)
        self._writers = [Writer(index) for index in range(CLIENTS)]
        self._subscriber = Subscriber("")

    async def run(self, rounds: int) -> Outcome:
        """Seed the empty store and run the rounds; stop at the first problem."""
        async with opened(self._settings) as store:
            await store.seed(lambda: facts_from_lines(self._folder / "initial", INITIAL_FACTS))
            self._subscriber.after = await store.version()
        service = ServiceProcess(self._settings)
        try:
            while self.outcome.rounds < rounds and not self.outcome.problems:
                await service.wait_until_ready()
                await self._load(service)
                last_change = await self._check()
                if self._server is None:
                    service = ServiceProcess(self._settings)
                    await service.wait_until_ready()
                await self._catch_up(service, last_change)
                self.outcome.rounds += 1
        finally:
            service.kill()
        return self.outcome

    async def _load(self, service: ServiceProcess) -> None:
        """Write and subscribe until the service or Neo4j is killed at a random moment."""
        stop = asyncio.Event()
        writing = [
            asyncio.create_task(writer.run(service.base, random.Random(self._rng.random()), stop))
            for writer in self._writers
        ]
        subscribing = asyncio.create_task(self._subscriber.run(service.base))
        await self._wait_for_a_write()
        await asyncio.sleep(self._rng.uniform(0, _MAX_LOAD_SECONDS))
        if self._server is None:
            service.kill()
        else:
            await asyncio.to_thread(self._server.kill)
            await asyncio.to_thread(restart, self._server)
            await asyncio.sleep(self._rng.uniform(0.5, 2))  # the service retries what failed
        stop.set()
        await asyncio.gather(*writing)
        subscribing.cancel()
        await asyncio.gather(subscribing, return_exceptions=True)

    async def _wait_for_a_write(self) -> None:
        """After a start, the first write may take seconds."""
        before = self._acknowledged_count
        with suppress(TimeoutError):
            async with asyncio.timeout(TIMEOUT_SECONDS):
                while self._acknowledged_count <= before:  # noqa: ASYNC110 - several writers, no common event
                    await asyncio.sleep(0.01)

    @property
    def _acknowledged_count(self) -> int:
        return sum(writer.acknowledged_count for writer in self._writers)

    async def _check(self) -> int:
        """Inspect the store; returns the number of the last change."""
        file = self._folder / f"seeded-{self.outcome.rounds}.db"
        inspection = await inspect_store(self._settings, self._writers, INITIAL_FACTS, file)
        results = {result.result for writer in self._writers for result in writer.results}
        self.outcome.problems += [
            *inspection.lost,
            *inspection.half_written,
            *(f"a client received {result}" for result in results - _EXPECTED),
        ]
        self.outcome.acknowledged = self._acknowledged_count
        self.outcome.changes = inspection.last_change - 1
        return inspection.last_change

    async def _catch_up(self, service: ServiceProcess, last_change: int) -> None:
        self.outcome.problems += await self._subscriber.catch_up(service.base, last_change)
        self.outcome.disconnects = self._subscriber.disconnects


def main() -> int:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--store", choices=("sqlite", "neo4j"), default="sqlite")
    parser.add_argument("--rounds", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1, help="of the random moments and writes")
    arguments = parser.parse_args()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        settings, server = read_settings(store=f"sqlite:///{folder / 'atlas.db'}"), None
        if arguments.store == "neo4j":
            os.environ.pop("ATLAS_TEST_NEO4J_URI", None)  # the server must be ours to kill
            server = stack.enter_context(neo4j_server.running())
            settings = server.settings()
        started = time.monotonic()
        outcome = asyncio.run(KillRounds(settings, folder, server, arguments.seed).run(arguments.rounds))
    print(
        f"{arguments.store}: {outcome.rounds} rounds in {time.monotonic() - started:.0f} s; {outcome.acknowledged} writes "
        f"acknowledged, {outcome.changes} changes, {outcome.disconnects} disconnects of the subscriber; "
        f"{len(outcome.problems)} problems"
    )
    print("".join(f"  {problem}\n" for problem in outcome.problems), end="")
    return 1 if outcome.problems else 0


if __name__ == "__main__":
    sys.exit(main())
