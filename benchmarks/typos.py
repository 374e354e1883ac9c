"""Measure how many misspelled names `search` finds: every edit of one letter of every name and alias of the shipped facts.

An edit drops a letter, doubles it, swaps it with its neighbour, or replaces it with a random one (seeded). Names with fewer
than five letters are left out. A search succeeds when that very entity is the first result, even if another one is
equally similar. The last table shows the time of the spelling correction with many more names.

    uv run python -m benchmarks.typos
    uv run python -m benchmarks.typos --stores sqlite --frameworks 10000
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import random
import statistics
import string
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import orjson

from benchmarks.generate import generate
from graph_seed import SHIPPED, read_facts
from schema import ONTOLOGY
from schema.text import all_words, squash, text_key
from service.execution.engine import Engine
from service.execution.spelling import SpellingCorrector
from service.settings import Settings, read_settings
from service.stores import open_store
from tests.neo4j_server import running

SEARCH = "query ($text: String!) { search(text: $text, first: 1) { nodes { id name } } }"
MIN_LETTERS = 5


def edits(name: str, rng: random.Random) -> Iterator[tuple[str, str]]:
    """Each edit of one letter: its type and the misspelled name. Spaces and symbols are not edited."""
    for index, letter in enumerate(name):
        if not letter.isalnum():
            continue
        before, after = name[:index], name[index + 1 :]
        yield "drop", before + after
        yield "double", before + letter * 2 + after
        if after[:1].isalnum() and after[0] != letter:
            yield "swap", before + after[0] + letter + after[1:]
        yield "replace", before + rng.choice(string.ascii_lowercase.replace(letter, "")) + after


class SpellingsOnly:
    """A store that only supplies the names that the spelling correction reads."""

    def __init__(self, spellings: dict[str, list[str]]) -> None:
        self._spellings = spellings

    async def version(self, *, background: bool = False) -> str:  # noqa: ARG002 - as the store's
        return "1"

    async def names_by_kind(self) -> dict[str, list[str]]:
        return self._spellings

    async def search_texts(self) -> dict[str, list[str]]:
        return {kind: [all_words([name]) for name in names] for kind, names in self._spellings.items()}


async def measure_searches(settings: Settings) -> None:
    """Print the share of successful searches by type of edit, and the names with the most failures."""
    facts = read_facts(SHIPPED)
    store = await open_store(settings, ONTOLOGY)
    await store.seed(lambda: facts)
    engine = Engine(store, ONTOLOGY)
    searches, successes, names = Counter[str](), Counter[str](), list[tuple[float, str, list[str]]]()
    for entity in facts.entities:
        for name in sorted({text_key(name) for name in (entity.values["name"], *entity.values["aliases"])}):
            if len(squash(name)) < MIN_LETTERS:
                continue
            failures = list[str]()
            misspelled = list(edits(name, random.Random(name)))
            for edit, text in misspelled:
                result = await engine.schema.execute(SEARCH, variable_values={"text": text})
                (first, *_) = orjson.loads(orjson.dumps(result.data))["search"]["nodes"] or [
                    {"id": "", "name": "nothing"}
                ]
                searches[edit] += 1
                successes[edit] += first["id"] == entity.reference.id
                if first["id"] != entity.reference.id:
                    failures.append(f"{text} > {first['name']}")
            names.append((len(failures) / len(misspelled), f"{entity.reference} {name}", failures))
    print(f"\n{store.name}")
    await engine.close()
    await store.close()
    for edit, count in searches.items():
        print(f"{edit:8} {successes[edit]:6} of {count:6}  {successes[edit] / count:7.2%}")
    print(f"{'all':8} {successes.total():6} of {searches.total():6}  {successes.total() / searches.total():7.2%}")
    for share, name, failures in sorted(names, reverse=True)[:10]:
        print(f"{share:6.0%} failed: {name}: {'; '.join(failures[:4])}")


async def measure_corrections(frameworks: int) -> None:
    """Print the time to read the names of a generated graph, and to correct a misspelled one."""
    graph = generate(frameworks)
    spellings: dict[str, list[str]] = {}
    for entity in graph.facts.entities:
        names = (entity.values["name"], *entity.values["aliases"])
        spellings.setdefault(entity.kind, []).extend(map(text_key, names))
    store = SpellingsOnly({kind: list(dict.fromkeys(keys)) for kind, keys in spellings.items()})
    corrector: Any = SpellingCorrector(store)  # type: ignore[arg-type]
    rng = random.Random(1)
    print(f"{sum(map(len, spellings.values()))} names")
    started = time.perf_counter()
    await corrector.correct("", None)
    print(f"read in {(time.perf_counter() - started) * 1000:.0f} ms")
    names = rng.sample(spellings["Framework"], min(200, frameworks))
    cases = {
        "correct": names,
        "the first half": [name[: len(name) // 2] for name in names],
        "one wrong letter": [name[:3] + "x" + name[4:] for name in names],
        "two names, one wrong": [f"{name[:3]}x{name[4:]} {other}" for name, other in itertools.pairwise(names)],
    }
    for case, texts in cases.items():
        times = []
        for text in texts:
            started = time.perf_counter()
            await corrector.correct(text, None)
            times.append((time.perf_counter() - started) * 1000)
        times.sort()
        print(f"{case:24} median {statistics.median(times):6.2f} ms, max {times[-1]:6.2f} ms")


def main() -> None:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--frameworks", type=int, default=100_000, help="size of the graph for the last table")
    parser.add_argument("--stores", nargs="+", choices=("sqlite", "neo4j"), default=("sqlite", "neo4j"))
    arguments = parser.parse_args()
    if "sqlite" in arguments.stores:
        with TemporaryDirectory() as folder:
            asyncio.run(measure_searches(read_settings(store=f"sqlite:///{Path(folder) / 'typos.db'}")))
    if "neo4j" in arguments.stores:
        with running() as server:
            asyncio.run(measure_searches(server.settings()))
    asyncio.run(measure_corrections(arguments.frameworks))


if __name__ == "__main__":
    main()
