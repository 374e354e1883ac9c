"""Measure how many typing mistakes are mended: every edit of one letter of every name and alias of the shipped facts.

An edit drops a letter, doubles it, swaps it with its neighbour, or replaces it by another one (drawn, the same ones each
time). Names with fewer than five letters are left out. It is mended when it becomes the name or an alias of that very
entity, whatever else would have been as near. The last table says how long mending takes beside many more names.

    uv run python -m benchmarks.typos
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

from benchmarks.generate import generate
from graph_seed import SHIPPED, read
from schema import ONTOLOGY
from schema.text import key, squash
from service.settings import read_settings
from service.stores import open_store
from service.vocabulary import Vocabulary


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


async def mended() -> None:
    """Print the share that is mended, by what the edit was, and the names that fare worst."""
    facts = read(SHIPPED)
    with TemporaryDirectory() as folder:
        store = await open_store(read_settings(store=f"sqlite:///{Path(folder) / 'typos.db'}"), ONTOLOGY)
        await store.seed(lambda: facts)
        vocabulary = Vocabulary(store)
        all_, right, worst = Counter[str](), Counter[str](), list[tuple[float, str, list[str]]]()
        for entity in facts.entities:
            own = {key(name) for name in (entity.values["name"], *entity.values["aliases"])}
            for name in sorted(own):
                if len(squash(name)) < 5:
                    continue
                failed = list[str]()
                tried = list(edits(name, random.Random(name)))
                for what, typed in tried:
                    became = await vocabulary.mend(typed, None)
                    all_[what] += 1
                    right[what] += became in own
                    if became not in own:
                        failed.append(f"{typed} > {became}")
                worst.append((len(failed) / len(tried), f"{entity.reference} {name}", failed))
        await vocabulary.close()
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
        spellings.setdefault(entity.kind, []).extend(map(key, names))
    vocabulary: Any = Vocabulary(Spelt({kind: list(dict.fromkeys(keys)) for kind, keys in spellings.items()}))  # type: ignore[arg-type]
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
    given = parser.parse_args()
    asyncio.run(mended())
    asyncio.run(timed(given.frameworks))


if __name__ == "__main__":
    main()
