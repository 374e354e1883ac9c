"""Compare the results of all examples between a new SQLite database and a Neo4j database.

    ATLAS_NEO4J_PASSWORD=... python -m tests.compare_examples neo4j://127.0.0.1:7687

An empty Neo4j database is filled with the shipped facts; a filled one is not changed. The exit code is 1 if an example has
errors or the results differ. The times are those of a second request, whose plan is cached.
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
from service.service import prepare
from service.settings import read_settings
from tests.graphs import answer

_FOLDER = Path(__file__).parent.parent / "examples"
EXAMPLES = {path.stem: path.read_text("utf-8") for path in sorted(_FOLDER.glob("*.graphql"))}
"""The text of every example by its name."""


def difference(first: Any, second: Any, location: str = "") -> str | None:
    """The first difference between two results, including the order of keys; None if they are equal."""
    match first, second:
        case dict(), dict() if list(first) == list(second):
            pairs = ((f"{location}.{key}".lstrip("."), first[key], second[key]) for key in first)
        case list(), list() if len(first) == len(second):
            pairs = ((f"{location}[{index}]", *both) for index, both in enumerate(zip(first, second, strict=True)))
        case _ if type(first) is type(second) and first == second and not isinstance(first, dict):
            return None
        case _:
            return f"{location or 'the result'}: {first!r} | {second!r}"
    return next((text for where, left, right in pairs if (text := difference(left, right, where))), None)


async def compare(neo4j: str) -> int:
    """Print a line for each example, and return the number of examples that differ."""
    differing = 0
    with TemporaryDirectory() as folder:
        stores = f"sqlite:///{folder}/compared.db", neo4j
        engines = [Engine(await prepare(read_settings(store=store))) for store in stores]
        try:
            for name, text in EXAMPLES.items():
                (sqlite_result, sqlite_ms), (neo4j_result, neo4j_ms) = [
                    await _timed(engine, text) for engine in engines
                ]
                errors = [str(result["errors"]) for result in (sqlite_result, neo4j_result) if "errors" in result]
                problem = "; ".join(errors) or difference(sqlite_result, neo4j_result)
                differing += problem is not None
                print(f"{name:<37} {sqlite_ms:8.2f} ms {neo4j_ms:8.2f} ms  {problem or 'equal'}")
        finally:
            for engine in engines:
                await engine.store.close()
    print(f"{len(EXAMPLES) - differing} of {len(EXAMPLES)} examples have equal results on SQLite and {neo4j}.")
    return differing


async def _timed(engine: Engine, text: str) -> tuple[dict[str, Any], float]:
    await answer(engine, text)
    start = time.perf_counter()
    result = await answer(engine, text)
    return result, (time.perf_counter() - start) * 1000


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
