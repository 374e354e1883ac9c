"""Compare both stores on many graphs, by hand: `uv run python -m tests.alike --graphs 1000 --operations 50`.

What `tests/service/test_stores_alike.py` does on a hundred graphs, without shrinking: operations are taken from a pool
that is drawn first, so that Neo4j, which spends most of its time on planning, plans each of them once.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests import neo4j_server
from tests.drawn import graphs as drawn_graphs
from tests.drawn import operations
from tests.graphs import Graphs, answer, facts_from


def draw(strategy: st.SearchStrategy[Any], count: int) -> list[Any]:
    """So many examples of a strategy."""
    found: list[Any] = []

    @settings(
        max_examples=count,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(strategy)
    def collect(example: Any) -> None:
        found.append(example)

    while len(found) < count:
        collect()
    return found[:count]


async def compare(server: neo4j_server.Server, given: argparse.Namespace) -> int:
    """Compare and print; returns how many answers differed."""
    differing, compared, start = 0, 0, time.monotonic()
    chance = random.Random(given.seed)
    pool = draw(operations(), given.pool)
    neo4j = server.settings(neo4j_timeout=120)
    with tempfile.TemporaryDirectory() as folder:
        graphs = Graphs(Path(folder), lambda: neo4j)
        for number, lines in enumerate(draw(drawn_graphs(), given.graphs), start=1):
            facts = facts_from(Path(folder) / "facts", lines)
            engines = [await graphs.hold(name, facts) for name in ("sqlite", "neo4j")]
            for text, variables in chance.sample(pool, given.operations):
                ours, theirs = [json.dumps(await answer(engine, text, variables)) for engine in engines]
                compared += 1
                if ours != theirs or '"errors"' in ours:
                    differing += 1
                    print(json.dumps([lines, text, variables, ours, theirs], ensure_ascii=False), flush=True)
            await graphs.drop(facts)
            if number % 25 == 0:
                seconds = time.monotonic() - start
                print(f"{number} graphs, {compared} operations, {differing} differ, {seconds:.0f} s", file=sys.stderr)
        await graphs.close()
    print(f"{given.graphs} graphs x {given.operations} operations: {compared} compared, {differing} differ")
    return differing


def main() -> int:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--graphs", type=int, default=1000)
    parser.add_argument("--operations", type=int, default=50, help="for each graph")
    parser.add_argument("--pool", type=int, default=900, help="distinct operations to choose from")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    with neo4j_server.running() as server:
        return 1 if asyncio.run(compare(server, given)) else 0


if __name__ == "__main__":
    sys.exit(main())
