"""Measure how many typing mistakes `search` forgives: every edit of one letter of every name and alias of the shipped facts.

An edit drops a letter, doubles it, swaps it with its neighbour, or replaces it by another one (drawn, the same ones each
time). Names with fewer than five letters are left out. It is forgiven when that very entity is found first, whatever else
would have been as near. The last table says how long mending takes beside many more names.

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
SHORTEST = 5


def edits(name: str, chance: random.Random) -> Iterator[tuple[str, str]]:
    """Each edit of one letter: what it is, and what becomes of the name. Blanks and symbols stay."""
    for place, letter in enumerate(name):
        if not letter.isalnum():
            continue
        before, after = name[:place], name[place + 1 :]
        yield "drop", before + after
        yield "double", before + letter * 2 + after
        if after[:1].isalnum() and after[0] != letter:
            yield "swap", before + after[0] + letter + after[1:]
        yield "replace", before + chance.choice(string.ascii_lowercase.replace(letter, "")) + after


class Spelt:
    """A store of spellings alone, as a vocabulary reads them."""

    def __init__(self, spellings: dict[str, list[str]]) -> None:
        self._spellings = spellings

    async def version(self) -> str:
        return "1"

    async def spellings(self) -> dict[str, list[str]]:
        return self._spellings

    async def searched(self) -> dict[str, list[str]]:
        return {kind: [all_words([name]) for name in names] for kind, names in self._spellings.items()}


async def forgiven(settings: Settings) -> None:
    """Print the share that finds its entity first, by what the edit was, and the names that fare worst."""
    facts = read_facts(SHIPPED)
    store = await open_store(settings, ONTOLOGY)
    await store.seed(lambda: facts)
    engine = Engine(store, ONTOLOGY)
    all_, right, worst = Counter[str](), Counter[str](), list[tuple[float, str, list[str]]]()
    for entity in facts.entities:
        for name in sorted({text_key(name) for name in (entity.values["name"], *entity.values["aliases"])}):
            if len(squash(name)) < SHORTEST:
                continue
            failed = list[str]()
            tried = list(edits(name, random.Random(name)))
            for what, typed in tried:
                result = await engine.schema.execute(SEARCH, variable_values={"text": typed})
                (first, *_) = orjson.loads(orjson.dumps(result.data))["search"]["nodes"] or [
                    {"id": "", "name": "nothing"}
                ]
                all_[what] += 1
                right[what] += first["id"] == entity.reference.id
                if first["id"] != entity.reference.id:
                    failed.append(f"{typed} > {first['name']}")
            worst.append((len(failed) / len(tried), f"{entity.reference} {name}", failed))
    print(f"\n{store.name}")
    await engine.close()
    await store.close()
    for what, count in all_.items():
        print(f"{what:8} {right[what]:6} of {count:6}  {right[what] / count:7.2%}")
    print(f"{'all':8} {right.total():6} of {all_.total():6}  {right.total() / all_.total():7.2%}")
    for share, name, failed in sorted(worst, reverse=True)[:10]:
        print(f"{share:6.0%} not: {name}: {'; '.join(failed[:4])}")


async def timed(frameworks: int) -> None:
    """Print how long it takes to read the names of so many frameworks, and to mend a mistake in one of them."""
    graph = generate(frameworks)
    spellings: dict[str, list[str]] = {}
    for entity in graph.facts.entities:
        names = (entity.values["name"], *entity.values["aliases"])
        spellings.setdefault(entity.kind, []).extend(map(text_key, names))
    vocabulary: Any = SpellingCorrector(Spelt({kind: list(dict.fromkeys(keys)) for kind, keys in spellings.items()}))  # type: ignore[arg-type]
    chance = random.Random(1)
    print(f"{sum(map(len, spellings.values()))} names")
    started = time.perf_counter()
    await vocabulary.mend("", None)
    print(f"read in {(time.perf_counter() - started) * 1000:.0f} ms")
    names = chance.sample(spellings["Framework"], 200)
    cases = {
        "as it is": names,
        "the beginning": [name[: len(name) // 2] for name in names],
        "a letter wrong": [name[:3] + "x" + name[4:] for name in names],
        "of two words one wrong": [f"{name[:3]}x{name[4:]} {other}" for name, other in itertools.pairwise(names)],
    }
    for what, typed in cases.items():
        took = []
        for text in typed:
            started = time.perf_counter()
            await vocabulary.mend(text, None)
            took.append((time.perf_counter() - started) * 1000)
        took.sort()
        print(f"{what:24} median {statistics.median(took):6.2f} ms, slowest {took[-1]:6.2f} ms")


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--frameworks", type=int, default=100_000, help="how many names to mend beside")
    parser.add_argument("--stores", nargs="+", default=("sqlite", "neo4j"))
    given = parser.parse_args()
    if "sqlite" in given.stores:
        with TemporaryDirectory() as folder:
            asyncio.run(forgiven(read_settings(store=f"sqlite:///{Path(folder) / 'typos.db'}")))
    if "neo4j" in given.stores:
        with running() as server:
            asyncio.run(forgiven(server.settings()))
    asyncio.run(timed(given.frameworks))


if __name__ == "__main__":
    main()
