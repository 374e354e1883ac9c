"""Execute every example on a new SQLite store and on a Neo4j database, and report where the responses differ.

    ATLAS_NEO4J_PASSWORD=... python -m tests.compare_examples neo4j://127.0.0.1:7687

An empty database is seeded with the shipped facts; one with a graph is not changed. The exit code is 1 if a response
has errors or differs. The times are those of a second request, for which the query plan is cached.
"""

from __future__ import annotations

import asyncio
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from service.errors import AtlasError
from service.execution.engine import Engine
from service.service import open_seeded_store
from service.settings import read_settings
from tests.differences import difference
from tests.queries import execute

_FOLDER = Path(__file__).parent.parent / "examples"
EXAMPLES = {path.stem: path.read_text("utf-8") for path in sorted(_FOLDER.glob("*.graphql"))}
"""The text of every example, by the name of its file."""


async def compare(neo4j_uri: str) -> int:
    """Print a line for each example. Returns the number of examples whose responses differ."""
    differing = 0
    with TemporaryDirectory() as folder:
        stores = f"sqlite:///{folder}/compared.db", neo4j_uri
        engines = [Engine(await open_seeded_store(read_settings(store=store))) for store in stores]
        try:
            for name, text in EXAMPLES.items():
                (sqlite, sqlite_ms), (neo4j, neo4j_ms) = [await _execute_twice(engine, text) for engine in engines]
                errors = [str(response["errors"]) for response in (sqlite, neo4j) if "errors" in response]
                problem = "; ".join(errors) or difference(neo4j, sqlite)
                differing += problem is not None
                print(f"{name:<37} {sqlite_ms:8.2f} ms {neo4j_ms:8.2f} ms  {problem or 'equal'}")
        finally:
            for engine in engines:
                await engine.store.close()
    print(f"SQLite and {neo4j_uri} return equal responses to {len(EXAMPLES) - differing} of {len(EXAMPLES)} examples.")
    return differing


async def _execute_twice(engine: Engine, text: str) -> tuple[dict[str, Any], float]:
    """The response, and the milliseconds of the second execution."""
    await execute(engine, text)
    start = time.perf_counter()
    response = await execute(engine, text)
    return response, (time.perf_counter() - start) * 1000


def main(arguments: list[str]) -> int:
    if len(arguments) != 1:
        print(__doc__, file=sys.stderr)
        return 2
    try:
        return 1 if asyncio.run(compare(arguments[0])) else 0
    except AtlasError as error:
        print(error, file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
