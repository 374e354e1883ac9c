"""Generate a graph of N frameworks as Facts, and seed a store with it.

Each framework has ten features on average, chosen with Zipf popularity, so that a few features are hubs. The same size and
seed generate the same facts.

    uv run python -m benchmarks.generate 10000 --store sqlite:///graph-10000.db
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import random
import time
from bisect import bisect
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from graph_seed import Facts, Reference
from graph_seed.facts import EntityFact, EvidenceFact
from schema import ONTOLOGY
from schema.entities import ApplicationCategory, FeatureCategory, TechnologyCategory
from schema.text import text_key
from service.settings import read_settings
from service.stores import open_store

_STARTS = [
    "a",
    "be",
    "bo",
    "ca",
    "co",
    "da",
    "dra",
    "e",
    "fa",
    "fi",
    "fla",
    "ga",
    "ha",
    "hy",
    "ja",
    "ka",
    "ki",
    "la",
    "lo",
    "lu",
    "ma",
    "mi",
    "mo",
    "na",
    "no",
    "o",
    "pe",
    "py",
    "qua",
    "ra",
    "ri",
    "ru",
    "sa",
    "so",
    "ta",
    "to",
    "tri",
    "u",
    "va",
    "ve",
    "vi",
    "wa",
    "xe",
    "ya",
    "ze",
    "zo",
]
_ENDS = [
    "bra",
    "cto",
    "dex",
    "dia",
    "ka",
    "kra",
    "lia",
    "lo",
    "lta",
    "mba",
    "mix",
    "na",
    "ndo",
    "nix",
    "nto",
    "pra",
    "psa",
    "que",
    "ra",
    "rex",
    "rio",
    "ron",
    "rta",
    "sa",
    "ska",
    "sta",
    "ta",
    "tor",
    "tta",
    "va",
    "vel",
    "x",
    "ya",
    "zen",
]
_STEMS = [
    "asset",
    "auth",
    "batch",
    "board",
    "cache",
    "cargo",
    "chart",
    "cloud",
    "code",
    "craft",
    "data",
    "deck",
    "desk",
    "dock",
    "edge",
    "field",
    "flow",
    "form",
    "forge",
    "gate",
    "graph",
    "grid",
    "guard",
    "hook",
    "host",
    "hub",
    "index",
    "job",
    "kit",
    "lab",
    "lane",
    "layer",
    "link",
    "loop",
    "mail",
    "map",
    "mesh",
    "model",
    "node",
    "page",
    "panel",
    "path",
    "peer",
    "pipe",
    "point",
    "poll",
    "port",
    "press",
    "pulse",
    "queue",
    "rail",
    "relay",
    "ring",
    "root",
    "route",
    "scope",
    "serve",
    "shard",
    "shell",
    "sign",
    "site",
    "socket",
    "space",
    "spark",
    "stack",
    "stage",
    "state",
    "store",
    "stream",
    "sync",
    "table",
    "task",
    "thread",
    "token",
    "trace",
    "track",
    "tree",
    "vault",
    "view",
    "wave",
    "web",
    "wire",
    "work",
    "yard",
]
_TAILS = ("", "", "", " JS", " Lite", " Kit", " X", " Core", " Py", " Next", " Pro", " HTTP")
_SUFFIXES = ("", "er", "ly", "base")

_LETTERS = 3


@dataclass(frozen=True, slots=True)
class Size:
    """The number of entities of each kind."""

    frameworks: int

    @property
    def features(self) -> int:
        return min(2000, max(200, self.frameworks // 50))

    @property
    def applications(self) -> int:
        return min(400, max(40, self.frameworks // 250))

    @property
    def technologies(self) -> int:
        return min(1000, max(100, self.frameworks // 100))

    @property
    def companies(self) -> int:
        return max(50, self.frameworks // 50)


TYPES = 40
SOURCES = 300


@dataclass(frozen=True, slots=True)
class Graph:
    """The facts, and the slugs of each kind, most popular first."""

    facts: Facts
    slugs: dict[str, list[str]]


def generate(frameworks: int, random_seed: int = 1) -> Graph:
    """Generate a graph; the same seed gives the same graph."""
    size, rng = Size(frameworks), random.Random(random_seed)
    generator = _Generator(rng)
    generator.entities(
        "Source", SOURCES, lambda number: {"publisher": f"Publisher {number % 120}", "published": _day(number)}
    )
    generator.entities("FrameworkType", TYPES)
    generator.entities("Feature", size.features, _category(FeatureCategory))
    generator.entities("Application", size.applications, _category(ApplicationCategory))
    generator.entities("Technology", size.technologies, _category(TechnologyCategory))
    generator.entities("Framework", frameworks, lambda number: {"homepage": f"https://framework-{number}.example/"})
    generator.entities("Company", size.companies)
    generator.claims("Framework", "HAS_FEATURE", "Feature", range(5, 16))
    generator.claims("Framework", "SUITS", "Application", range(1, 6))
    generator.claims("Framework", "WORKS_WITH", "Technology", range(4))
    generator.claims("Framework", "OF_TYPE", "FrameworkType", range(1, 3))
    generator.claims("FrameworkType", "HAS_FEATURE", "Feature", range(5, 16))
    generator.claims("Company", "USES", "Framework", range(5, 16))
    return Graph(
        Facts(tuple(generator.generated), tuple(generator.evidence), f"benchmark-{frameworks}-{random_seed}"),
        generator.slugs,
    )


@dataclass
class _Generator:
    rng: random.Random
    generated: list[EntityFact] = field(default_factory=list)
    evidence: list[EvidenceFact] = field(default_factory=list)
    slugs: dict[str, list[str]] = field(default_factory=dict)

    def entities(self, kind: str, count: int, extra: Callable[[int], dict[str, Any]] = lambda _: {}) -> None:
        slugs = self.slugs[kind] = []
        names = _names(self.rng, kind)
        for number, name in enumerate(itertools.islice(names, count)):
            slug = text_key(name).replace(" ", "-")
            slugs.append(slug)
            values = {
                "slug": slug,
                "name": name,
                "aliases": [name.replace(" ", "") + "!"] if number % 10 == 0 else [],
                "summary": f"{name} is a {kind.lower()} for {name.split()[-1].lower()} work, made by a generator.",
                "homepage": None,
                **extra(number),
            }
            self.generated.append(EntityFact(kind, slug, values))

    def claims(self, subject: str, name: str, object_: str, counts: Sequence[int]) -> None:
        relation = ONTOLOGY.relation_by_signature[subject, name, object_]
        popular = Zipf(self.slugs[object_], self.rng)
        objects = {slug: Reference(object_, slug) for slug in self.slugs[object_]}
        sources = self.slugs["Source"]
        for slug in self.slugs[subject]:
            reference = Reference(subject, slug)
            for target in popular.several(self.rng.choice(counts)):
                source = sources[int(self.rng.random() * SOURCES)]
                note = f"{slug} {target}."
                supports = self.rng.random() > 0.01
                self.evidence.append(
                    EvidenceFact(reference, relation, objects[target], source, supports, note, None, None)
                )


class Zipf:
    """Chooses random items; the n-th has the weight 1/n."""

    def __init__(self, items: Sequence[str], rng: random.Random) -> None:
        self._items = items
        self._rng = rng
        self._bounds = list(itertools.accumulate(1 / (rank + 1) for rank in range(len(items))))

    def one(self) -> str:
        return self._items[bisect(self._bounds, self._rng.random() * self._bounds[-1])]

    def several(self, count: int) -> list[str]:
        """Distinct items."""
        chosen: dict[str, None] = {}
        while len(chosen) < min(count, len(self._items)):
            chosen[self.one()] = None
        return list(chosen)


def _names(rng: random.Random, kind: str) -> Iterator[str]:
    """Names with distinct slugs, such as `Draxnix Router Lite`; several start with the same word."""
    first_words = [f"{start}{end}".capitalize() for start in _STARTS for end in _ENDS]
    second_words = [f"{stem}{suffix}".capitalize() for stem in _STEMS for suffix in _SUFFIXES]
    rng.shuffle(first_words)
    seen: set[str] = set()
    for number in itertools.count():
        name = f"{rng.choice(first_words)} {rng.choice(second_words)}{rng.choice(_TAILS)}"
        if kind == "Source":
            name = f"On {name}"
        if name in seen:
            name = f"{name} {number}"
        seen.add(name)
        yield name


def _category(choices: Any) -> Callable[[int], dict[str, Any]]:
    names = [choice.name for choice in choices]
    return lambda number: {"category": names[number % len(names)]}


def _day(number: int) -> str:
    return f"{2015 + number % 10}-{1 + number % 12:02}-{1 + number % 28:02}"


async def seed(store: str, graph: Graph, **settings: Any) -> float:
    """Seed the store with the graph unless it has one; returns the seconds it took."""
    opened = await open_store(read_settings(store=store, **settings), ONTOLOGY)
    started = time.monotonic()
    try:
        await opened.seed(lambda: graph.facts)
    finally:
        await opened.close()
    return time.monotonic() - started


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("frameworks", type=int)
    parser.add_argument("--store", required=True)
    parser.add_argument("--password")
    arguments = parser.parse_args()
    started = time.monotonic()
    graph = generate(arguments.frameworks)
    print(
        f"{len(graph.facts.entities)} entities, {len(graph.facts.evidence)} claims generated in {time.monotonic() - started:.1f} s"
    )
    print(f"seeded in {asyncio.run(seed(arguments.store, graph, neo4j_password=arguments.password)):.1f} s")


if __name__ == "__main__":
    main()
