"""Compare the latency of the compound answers with that of a look-up with four relations, in one interleaved run.

Every operation goes through the engine as a client's does, with other arguments in each round. The table shows the median,
the maximum and the ratio to the look-up; the target is at most 20. When other programs need the CPUs, a long answer waits
for them more often than a short one, so the table also shows the CPU time of this process.

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

from benchmarks.generate import Graph, Zipf, generate, seed
from benchmarks.statements import neo4j
from graph_seed.facts import global_id
from schema import ONTOLOGY
from service.execution.engine import Engine
from service.settings import Settings, read_settings
from service.stores import open_store

ROUNDS = 24
_CARD = "first: 10, orderBy: [{name: ASC}]) { nodes { slug name } }"
_RESULT = "framework { slug name } score reasons { requirement answer weight target { slug } claim { confidence } }"

Variables = Callable[[random.Random], dict[str, Any]]


def operations(graph: Graph) -> dict[str, tuple[str, Variables]]:
    """The operations by title, each with a function that chooses the variables of a round."""
    popularity = random.Random(3)
    popular = {kind: Zipf(graph.slugs[kind], popularity) for kind in ("Feature", "Application", "Technology")}
    frameworks = [item for item in graph.facts.entities if item.kind == "Framework"]
    technologies = Counter(item.object.slug for item in graph.facts.evidence if item.object.kind == "Technology")
    hub = technologies.most_common(1)[0][0]

    def framework(rng: random.Random) -> str:
        return rng.choice(graph.slugs["Framework"])

    def name(rng: random.Random) -> str:
        return rng.choice(frameworks).values["name"]

    def company(rng: random.Random) -> str:
        return global_id("Company", rng.choice(graph.slugs["Company"]))

    def misspelled(rng: random.Random) -> str:
        text = name(rng)
        index = rng.randrange(1, len(text) - 2)
        return text[:index] + text[index + 1] + text[index] + text[index + 2 :]

    def need(_rng: random.Random) -> dict[str, Any]:
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
            lambda rng: {"s": framework(rng)},
        ),
        "search, a name": (search, lambda rng: {"t": name(rng)}),
        "search, a misspelled name": (search, lambda rng: {"t": misspelled(rng)}),
        "search, five letters": (search, lambda rng: {"t": name(rng)[:5]}),
        "facets of a feature's frameworks": (
            facets,
            lambda _: {"f": popular["Feature"].one()},
        ),
        "compare five": (
            "query ($f: [String!]!) { compare(frameworks: $f) { rows { relation target { slug } cells { value } } } }",
            lambda rng: {"f": [framework(rng) for _ in range(5)]},
        ),
        "recommend": (
            f"query ($n: Need!) {{ recommend(need: $n) {{ best {{ {_RESULT} }} nearMisses {{ {_RESULT} }} }} }}",
            lambda rng: {"n": need(rng)},
        ),
        "alternatives": (
            alternatives,
            lambda rng: {"s": framework(rng)},
        ),
        "paths between companies": (paths, lambda rng: {"a": company(rng), "b": company(rng)}),
        "paths between frameworks": (
            paths,
            lambda rng: {
                "a": global_id("Framework", framework(rng)),
                "b": global_id("Framework", framework(rng)),
            },
        ),
        "paths from a company to the largest hub": (
            paths,
            lambda rng: {"a": company(rng), "b": global_id("Technology", hub)},
        ),
    }


async def measure(settings: Settings, graph: Graph) -> list[str]:
    """Returns the lines of the table for one store, which must contain the graph."""
    engine = Engine(await open_store(settings, ONTOLOGY), ONTOLOGY)
    chosen, rng = operations(graph), random.Random(11)
    times, cpu_times, errors = dict[str, list[float]](), dict[str, list[float]](), set[str]()
    try:
        for number in range(-2, ROUNDS):  # two rounds to warm up
            for title, (text, variables) in chosen.items():
                values = variables(rng)
                started, cpu_started = time.perf_counter(), time.process_time()
                result = await engine.schema.execute(text, variable_values=values)
                seconds, cpu_seconds = time.perf_counter() - started, time.process_time() - cpu_started
                if result.errors:
                    errors.add(f"{title}: {result.errors[0].message}")
                if number >= 0:
                    times.setdefault(title, []).append(seconds * 1000)
                    cpu_times.setdefault(title, []).append(cpu_seconds * 1000)
    finally:
        await engine.close()
        await engine.store.close()
    lookup, lookup_cpu = (statistics.median(next(iter(measured.values()))) for measured in (times, cpu_times))
    head = "median ms | max ms | ratio to the look-up | CPU ms | CPU ratio"
    lines = [f"| {engine.store.name} | {head} |", "|---" * 6 + "|"]
    for title, measured in times.items():
        median, cpu = statistics.median(measured), statistics.median(cpu_times[title])
        lines.append(
            f"| {title} | {median:.1f} | {max(measured):.1f} | {median / lookup:.1f} | {cpu:.1f} | {cpu / lookup_cpu:.1f} |"
        )
    return [*lines, *sorted(errors)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("frameworks", type=int)
    parser.add_argument("--neo4j", help="URI of a Neo4j that is empty or contains this graph")
    parser.add_argument("--password", default="framework-atlas")
    parser.add_argument("--stores", nargs="+", choices=("sqlite", "neo4j"), default=("sqlite", "neo4j"))
    parser.add_argument("--folder", type=Path, help="keep the SQLite file here for the next run")
    arguments = parser.parse_args()
    graph = generate(arguments.frameworks)
    with TemporaryDirectory(prefix="atlas-benchmark-") as temporary:
        if "sqlite" in arguments.stores:
            folder = (arguments.folder or Path(temporary)).resolve()
            uri = f"sqlite:///{folder}/graph-{arguments.frameworks}.db"
            asyncio.run(seed(uri, graph))
            print("\n".join(asyncio.run(measure(read_settings(store=uri), graph))), flush=True)
        if "neo4j" in arguments.stores:
            with neo4j(arguments) as (uri, password):
                asyncio.run(seed(uri, graph, neo4j_password=password))
                settings = read_settings(store=uri, neo4j_password=password, neo4j_timeout=60)
                print("\n".join(asyncio.run(measure(settings, graph))), flush=True)


if __name__ == "__main__":
    main()
