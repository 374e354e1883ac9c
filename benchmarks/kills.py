"""Kill what serves a graph while it is written to, again and again, and check what is left.

    uv run python -m benchmarks.kills --rounds 100
    uv run python -m benchmarks.kills --store neo4j --rounds 10      # Neo4j itself is killed, the service goes on

A round: several clients write over HTTP and a subscriber listens that resumes with the last cursor it has; at a random
moment `kill -9`; start again. Checked are: each write that was acknowledged stands in the log and in the graph; the
subscriber saw each change exactly once; and all that the store holds is what a seeding of its facts makes, so that no
claim is half-written.
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
    BEGUN,
    CLIENTS,
    CUT_OFF,
    GOOD,
    PATIENCE_SECONDS,
    REFUSED,
    UNAVAILABLE,
    Client,
    Service,
    Subscriber,
    look,
    opened,
    restart,
)
from service.settings import Settings, read_settings
from tests import neo4j_server
from tests.graphs import facts_from

_LONGEST_LOAD_SECONDS = 1.5
_EXPECTED = {GOOD, CUT_OFF, REFUSED, UNAVAILABLE}


@dataclass
class Outcome:
    """What came of all rounds."""

    rounds: int = 0
    acknowledged: int = 0
    changes: int = 0
    cuts: int = 0
    faults: list[str] = field(default_factory=list)


class Rounds:
    """Rounds on one store. Where a Neo4j is given, it is killed and not the service."""

    def __init__(
        self, settings: Settings, folder: Path, server: neo4j_server.Server | None = None, seed: int = 1
    ) -> None:
        self.outcome = Outcome()
        self._settings = settings
        self._folder = folder
        self._server = server
        self._chance = random.Random(seed)
        self._clients = [Client(name) for name in range(CLIENTS)]
        self._subscriber = Subscriber("")

    async def run(self, rounds: int) -> Outcome:
        """Fill the store, which is empty, and do so many rounds, or less where something is wrong."""
        async with opened(self._settings) as store:
            await store.seed(lambda: facts_from(self._folder / "begun", BEGUN))
            self._subscriber.after = await store.version()
        service = Service(self._settings)
        try:
            while self.outcome.rounds < rounds and not self.outcome.faults:
                await service.ready()
                await self._load(service)
                last = await self._check()
                if self._server is None:
                    service = Service(self._settings)
                    await service.ready()
                await self._catch_up(service, last)
                self.outcome.rounds += 1
        finally:
            service.kill()
        return self.outcome

    async def _load(self, service: Service) -> None:
        """Write and listen until what serves is killed at a random moment."""
        stop = asyncio.Event()
        chances = [random.Random(self._chance.random()) for _ in self._clients]
        pairs = zip(self._clients, chances, strict=True)
        writing = [asyncio.create_task(client.write(service.base, chance, stop)) for client, chance in pairs]
        listening = asyncio.create_task(self._subscriber.listen(service.base))
        some = (
            sum(client.answered for client in self._clients) + 1
        )  # what has just started may take seconds for its first
        with suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE_SECONDS):
                while sum(client.answered for client in self._clients) < some:  # noqa: ASYNC110 - nor here
                    await asyncio.sleep(0.01)
        await asyncio.sleep(self._chance.uniform(0, _LONGEST_LOAD_SECONDS))
        if self._server is None:
            service.kill()
        else:
            await asyncio.to_thread(self._server.kill)
            await asyncio.to_thread(restart, self._server)
            await asyncio.sleep(self._chance.uniform(0.5, 2))  # what was cut off is tried again
        stop.set()
        await asyncio.gather(*writing)
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)

    async def _check(self) -> int:
        """Look at what is there; the number of the last change."""
        file = self._folder / f"seeded-{self.outcome.rounds}.db"
        left = await look(self._settings, self._clients, BEGUN, file)
        words = {told.word for client in self._clients for told in client.told}
        self._tell(*left.lost, *left.half_written, *(f"a client was told {word}" for word in words - _EXPECTED))
        self.outcome.acknowledged = sum(client.answered for client in self._clients)
        self.outcome.changes = left.last - 1
        return left.last

    async def _catch_up(self, service: Service, last: int) -> None:
        """Let the subscriber hear what it has missed."""
        self._tell(*await self._subscriber.catch_up(service.base, last))
        self.outcome.cuts = self._subscriber.cuts

    def _tell(self, *faults: str) -> None:
        self.outcome.faults += faults


def main() -> int:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--store", choices=("sqlite", "neo4j"), default="sqlite")
    parser.add_argument("--rounds", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        settings, server = read_settings(store=f"sqlite:///{folder / 'atlas.db'}"), None
        if given.store == "neo4j":
            os.environ.pop("ATLAS_TEST_NEO4J_URI", None)  # one that we may kill
            server = stack.enter_context(neo4j_server.running())
            settings = server.settings()
        start = time.monotonic()
        outcome = asyncio.run(Rounds(settings, folder, server, given.seed).run(given.rounds))
    print(
        f"{given.store}: {outcome.rounds} rounds in {time.monotonic() - start:.0f} s; {outcome.acknowledged} writes "
        f"acknowledged, {outcome.changes} changes, the subscriber was cut off {outcome.cuts} times; "
        f"{len(outcome.faults)} faults"
    )
    print("".join(f"  {fault}\n" for fault in outcome.faults), end="")
    return 1 if outcome.faults else 0


if __name__ == "__main__":
    sys.exit(main())
