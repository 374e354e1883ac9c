"""Answer every example from a fresh SQLite and from a Neo4j, and say where the answers differ.

    ATLAS_NEO4J_PASSWORD=... python -m tests.compare_examples neo4j://127.0.0.1:7687

An empty Neo4j is filled with the shipped facts, one that holds a graph is left as it is. Exit code 1 when an example
has errors or differs; the times are those of a second request, with its plan known.
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
"""The text of every example, by its name."""


def difference(one: Any, other: Any, place: str = "") -> str | None:
    """Where two answers differ, the order of keys included; None when they are alike."""
    match one, other:
        case dict(), dict() if list(one) == list(other):
            pairs = ((f"{place}.{key}".lstrip("."), one[key], other[key]) for key in one)
        case list(), list() if len(one) == len(other):
            pairs = ((f"{place}[{at}]", *both) for at, both in enumerate(zip(one, other, strict=True)))
        case _ if type(one) is type(other) and one == other and not isinstance(one, dict):
            return None
        case _:
            return f"{place or 'the answer'}: {one!r} | {other!r}"
    return next((found for where, left, right in pairs if (found := difference(left, right, where))), None)


async def compare(neo4j: str) -> int:
    """Print a line per example; the number of those that differ."""
    differing = 0
    with TemporaryDirectory() as folder:
        stores = f"sqlite:///{folder}/compared.db", neo4j
        engines = [Engine(await prepare(read_settings(store=store))) for store in stores]
        try:
            for name, text in EXAMPLES.items():
                (one, fast), (other, faster) = [await _timed(engine, text) for engine in engines]
                errors = [str(answered["errors"]) for answered in (one, other) if "errors" in answered]
                fault = "; ".join(errors) or difference(one, other)
                differing += fault is not None
                print(f"{name:<37} {fast:8.2f} ms {faster:8.2f} ms  {fault or 'alike'}")
        finally:
            for engine in engines:
                await engine.store.close()
    print(f"{len(EXAMPLES) - differing} of {len(EXAMPLES)} examples are answered alike by SQLite and {neo4j}.")
    return differing


async def _timed(engine: Engine, text: str) -> tuple[dict[str, Any], float]:
    await answer(engine, text)
    start = time.perf_counter()
    answered = await answer(engine, text)
    return answered, (time.perf_counter() - start) * 1000


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
