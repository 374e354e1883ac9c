"""Time the answers that are more than rows beside a look-up with four relations, in one interleaved run.

Everything is asked of the engine as a client would, with values that differ from round to round; what is printed is the
median, and how many times that of the look-up it is. The aim is 20. Where other programs want the processors too, a long
answer waits for them more often than a short one; so the same is printed of this process's own processor time.

    uv run python -m benchmarks.answers 100000
    uv run python -m benchmarks.answers 100000 --neo4j neo4j://127.0.0.1:7687 --password ... --folder /somewhere
"""

from __future__ import annotations

import argparse
import asyncio
import random
import statistics
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.generate import Graph, Zipf, fill, generate
from benchmarks.statements import neo4j
from graph_seed.facts import global_id
from schema import ONTOLOGY
from service.execution.engine import Engine
from service.settings import Settings, read_settings
from service.stores import open_store

ROUNDS = 24
_CARD = "first: 10, orderBy: [{name: ASC}]) { nodes { slug name } }"
_WHY = "framework { slug name } score reasons { requirement answer weight target { slug } claim { confidence } }"

Ask = Callable[[random.Random], dict[str, Any]]


def questions(graph: Graph) -> dict[str, tuple[str, Ask]]:
    """The operations by what they are called, and what makes the variables of a round."""
    chance = random.Random(3)
    popular = {kind: Zipf(graph.slugs[kind], chance) for kind in ("Feature", "Application", "Technology")}
    frameworks = [item for item in graph.facts.entities if item.kind == "Framework"]
    named = Counter(item.object.slug for item in graph.facts.evidence if item.object.kind == "Technology")
    hub = named.most_common(1)[0][0]

    def framework(chance: random.Random) -> str:
        return chance.choice(graph.slugs["Framework"])

    def name(chance: random.Random) -> str:
        return chance.choice(frameworks).values["name"]

    def company(chance: random.Random) -> str:
        return global_id("Company", chance.choice(graph.slugs["Company"]))

    def mistyped(chance: random.Random) -> str:
        text = name(chance)
        place = chance.randrange(1, len(text) - 2)
        return text[:place] + text[place + 1] + text[place] + text[place + 2 :]

    def need(_chance: random.Random) -> dict[str, Any]:
        return {
            "applications": [popular["Application"].one()],
            "must": [popular["Feature"].one(), popular["Feature"].one()],
            "prefer": [popular["Feature"].one()],
            "usedByAtLeast": 1,
        }

    search = "query ($t: String!) { search(text: $t) { totalCount edges { score highlights node { slug name } } } }"
    card = (
        f"query ($s: String!) {{ framework(slug: $s) {{ slug name features({_CARD} applications({_CARD}"
        f" technologies({_CARD} types({_CARD} }} }}"
    )
    facets = (
        "query ($f: String!) { frameworks(first: 5, where: {features: {some: {slug: {eq: $f}}}}) { nodes { slug }"
        " facets { types(first: 5) { count target { slug } } applications(first: 5) { count target { slug } } } } }"
    )
    alternatives = (
        "query ($s: String!) { framework(slug: $s) { alternatives { framework { slug name } score"
        " shared { slug } missing { slug } extra { slug } } } }"
    )
    paths = "query ($a: ID!, $b: ID!) { paths(from: $a, to: $b) { length confidence sentence } }"
    return {
        "look-up with four relations": (
            card,
            lambda chance: {"s": framework(chance)},
        ),
        "search, a name": (search, lambda chance: {"t": name(chance)}),
        "search, a mistyped name": (search, lambda chance: {"t": mistyped(chance)}),
        "search, five letters": (search, lambda chance: {"t": name(chance)[:5]}),
        "facets of a feature's frameworks": (
            facets,
            lambda _: {"f": popular["Feature"].one()},
        ),
        "compare five": (
            "query ($f: [String!]!) { compare(frameworks: $f) { rows { relation target { slug } cells { value } } } }",
            lambda chance: {"f": [framework(chance) for _ in range(5)]},
        ),
        "recommend": (
            f"query ($n: Need!) {{ recommend(need: $n) {{ best {{ {_WHY} }} nearMisses {{ {_WHY} }} }} }}",
            lambda chance: {"n": need(chance)},
        ),
        "alternatives": (
            alternatives,
            lambda chance: {"s": framework(chance)},
        ),
        "paths between companies": (paths, lambda chance: {"a": company(chance), "b": company(chance)}),
        "paths between frameworks": (
            paths,
            lambda chance: {
                "a": global_id("Framework", framework(chance)),
                "b": global_id("Framework", framework(chance)),
            },
        ),
        "paths from a company to the largest hub": (
            paths,
            lambda chance: {"a": company(chance), "b": global_id("Technology", hub)},
        ),
    }


async def measure(settings: Settings, graph: Graph) -> list[str]:
    """The lines of the table for one store, which holds the graph."""
    engine = Engine(await open_store(settings, ONTOLOGY), ONTOLOGY)
    asked, took, worked, failed = questions(graph), dict[str, list[float]](), dict[str, list[float]](), set[str]()
    chance = random.Random(11)
    try:
        for number in range(-2, ROUNDS):  # two rounds to warm up
            for called, (text, ask) in asked.items():
                variables = ask(chance)
                started, before = time.perf_counter(), time.process_time()
                result = await engine.schema.execute(text, variable_values=variables)
                seconds, own = time.perf_counter() - started, time.process_time() - before
                if result.errors:
                    failed.add(f"{called}: {result.errors[0].message}")
                if number >= 0:
                    took.setdefault(called, []).append(seconds * 1000)
                    worked.setdefault(called, []).append(own * 1000)
    finally:
        await engine.close()
        await engine.store.close()
    first, least = (statistics.median(next(iter(times.values()))) for times in (took, worked))
    lines = [f"| {engine.store.name} | median ms | most | times the look-up | processor ms | times |", "|---" * 6 + "|"]
    for called, times in took.items():
        median, own = statistics.median(times), statistics.median(worked[called])
        lines.append(
            f"| {called} | {median:.1f} | {max(times):.1f} | {median / first:.1f} | {own:.1f} | {own / least:.1f} |"
        )
    return [*lines, *sorted(failed)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("frameworks", type=int)
    parser.add_argument("--neo4j", help="the URI of a Neo4j that is empty or holds this graph")
    parser.add_argument("--password", default="framework-atlas")
    parser.add_argument("--stores", nargs="+", default=("sqlite", "neo4j"))
    parser.add_argument("--folder", type=Path, help="where the SQLite file is kept for the next run")
    asked = parser.parse_args()
    graph = generate(asked.frameworks)
    with TemporaryDirectory(prefix="atlas-benchmark-") as temporary:
        if "sqlite" in asked.stores:
            uri = f"sqlite:///{(asked.folder or Path(temporary)).resolve()}/graph-{asked.frameworks}.db"
            asyncio.run(fill(uri, graph))
            print("\n".join(asyncio.run(measure(read_settings(store=uri), graph))), flush=True)
        if "neo4j" in asked.stores:
            with neo4j(asked) as (uri, password):
                asyncio.run(fill(uri, graph, neo4j_password=password))
                settings = read_settings(store=uri, neo4j_password=password, neo4j_timeout=60)
                print("\n".join(asyncio.run(measure(settings, graph))), flush=True)


if __name__ == "__main__":
    main()
