"""Measure the statements that the compiler writes: db hits in Neo4j, latency in SQLite, for graphs of several sizes.

Each query runs with 16 sets of arguments; the tables show medians. "Hand-written" is Cypher for the same question on the
same graph that ignores aliases and cursors. "Target" is the best hand-written Cypher on a graph of 100,000 frameworks
without claims, measured before the compiler existed.

    uv run python -m benchmarks.statements 1000 10000 100000
    uv run python -m benchmarks.statements 100000 --neo4j neo4j://127.0.0.1:7687 --password ...
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import statistics
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, LiteralString, cast

from graphql import parse
from neo4j import Driver, GraphDatabase

from benchmarks.generate import Graph, Zipf, generate, seed
from schema import ONTOLOGY, build
from schema.text import text_key
from service.compiler import Compiler
from service.execution.document_limits import DEFAULT_LIMITS
from service.plan.coercion import bind
from service.settings import read_settings
from service.stores import open_store
from service.stores.neo4j import statement as cypher
from tests.neo4j_server import running

SETS = 16
_SCANS = ("NodeByLabelScan", "AllNodesScan", "UnionNodeByLabelsScan", "IntersectionNodeByLabelsScan")
_BY_NAME = "orderBy: [{name: ASC}]"


@dataclass(frozen=True, slots=True)
class Query:
    """A query as GraphQL and as hand-written Cypher, and its target: db hits at 100,000 frameworks."""

    name: str
    title: str
    text: str
    hand_written: str
    target: int


def _page(node: str, size: int, by: str = "name_key") -> str:
    return f"WITH {node} ORDER BY {node}.{by} LIMIT {size}"


def _related(near: str, type_: str, far: str, size: int, by: str = "name_key") -> str:
    pattern = f"({near})-[:{type_}]->({far})"
    return f"COLLECT {{ MATCH {pattern} {_page(far, size, by)} RETURN [{far}.slug, {far}.name] }}"


def _card(size: int) -> str:
    types = ("FRAMEWORK_HAS_FEATURE", "FRAMEWORK_SUITS", "FRAMEWORK_WORKS_WITH", "FRAMEWORK_OF_TYPE")
    return ", ".join(_related("f", type_, f"x{number}", size) for number, type_ in enumerate(types))


_IN_ORDER = "g.name_key IS NOT NULL AND g.slug IS NOT NULL"
_WITH_FEATURES = f"RETURN collect([f.slug, f.name, {_related('f', 'FRAMEWORK_HAS_FEATURE', 'x', 5, 'slug')}]) AS data"
_HUB = f"""CASE WHEN COUNT {{ (x)<-[:FRAMEWORK_HAS_FEATURE]-() }} ^ 2 < 25 * COUNT {{ (:Framework) }}
  THEN COLLECT {{ MATCH (x)<-[:FRAMEWORK_HAS_FEATURE]-(g) {_page("g", 5)} RETURN [g.slug, g.name] }}
  ELSE COLLECT {{ MATCH (g:Framework) USING INDEX g:Framework(name_key, slug)
                 WHERE {_IN_ORDER} AND EXISTS {{ (x)<-[:FRAMEWORK_HAS_FEATURE]-(g) }}
                 WITH g ORDER BY g.name_key, g.slug LIMIT 5 RETURN [g.slug, g.name] }} END"""
_TWO_ENDS = """CASE WHEN COUNT { (x)<-[:FRAMEWORK_HAS_FEATURE]-() } < COUNT { (a)<-[:FRAMEWORK_SUITS]-() }
  THEN COLLECT { MATCH (x)<-[:FRAMEWORK_HAS_FEATURE]-(f) WHERE EXISTS { (f)-[:FRAMEWORK_SUITS]->(a) }
                 WITH f ORDER BY f.name_key LIMIT 20 RETURN [f.slug, f.name] }
  ELSE COLLECT { MATCH (a)<-[:FRAMEWORK_SUITS]-(f) WHERE EXISTS { (f)-[:FRAMEWORK_HAS_FEATURE]->(x) }
                 WITH f ORDER BY f.name_key LIMIT 20 RETURN [f.slug, f.name] } END"""

QUERIES = (
    Query(
        "Q1",
        "look-up by slug, 5 scalars",
        "query($slug: String!) { framework(slug: $slug) { id slug name summary homepage } }",
        "MATCH (f:Framework {slug: $slug}) RETURN [f.id, f.slug, f.name, f.summary, f.homepage] AS data",
        6,
    ),
    Query(
        "Q2",
        "card: 4 relations, 10 each by name",
        f"""query($slug: String!) {{ framework(slug: $slug) {{ slug name
              features(first: 10, {_BY_NAME}) {{ nodes {{ slug name }} }}
              applications(first: 10, {_BY_NAME}) {{ nodes {{ slug name }} }}
              technologies(first: 10, {_BY_NAME}) {{ nodes {{ slug name }} }}
              types(first: 10, {_BY_NAME}) {{ nodes {{ slug name }} }} }} }}""",
        f"MATCH (f:Framework {{slug: $slug}}) RETURN [f.slug, f.name, {_card(10)}] AS data",
        298,
    ),
    Query(
        "Q3",
        "name prefix, first 20, 5 features each",
        f"""query($start: String!) {{ frameworks(where: {{name: {{startsWith: $start}}}}, {_BY_NAME}, first: 20) {{
              nodes {{ slug name features(first: 5) {{ nodes {{ slug name }} }} }} }} }}""",
        f"MATCH (f:Framework) WHERE f.name_key STARTS WITH $start {_page('f', 20)} {_WITH_FEATURES}",
        648,
    ),
    Query(
        "Q3c",
        "name contains, first 20, 5 features each",
        f"""query($word: String!) {{ frameworks(where: {{name: {{contains: $word}}}}, {_BY_NAME}, first: 20) {{
              nodes {{ slug name features(first: 5) {{ nodes {{ slug name }} }} }} }} }}""",
        f"MATCH (f:Framework) WHERE f.name_key CONTAINS $word {_page('f', 20)} {_WITH_FEATURES}",
        1727,
    ),
    Query(
        "Q4",
        "has feature F and suits application A, by name, 20",
        f"""query($feature: String!, $application: String!) {{ frameworks(
              where: {{features: {{some: {{slug: {{eq: $feature}}}}}}, applications: {{some: {{slug: {{eq: $application}}}}}}}},
              {_BY_NAME}, first: 20) {{ nodes {{ slug name }} }} }}""",
        f"MATCH (x:Feature {{slug: $feature}}) MATCH (a:Application {{slug: $application}}) RETURN {_TWO_ENDS} AS data",
        95000,
    ),
    Query(
        "Q5",
        "company, frameworks, features, frameworks, 5 by name each",
        f"""query($company: String!) {{ company(slug: $company) {{
              uses(first: 5, {_BY_NAME}) {{ nodes {{ slug name
                features(first: 5, {_BY_NAME}) {{ nodes {{ slug name
                  frameworks(first: 5, {_BY_NAME}) {{ nodes {{ slug name }} }} }} }} }} }} }} }}""",
        f"""MATCH (c:Company {{slug: $company}}) RETURN COLLECT {{
              MATCH (c)-[:COMPANY_USES]->(f) {_page("f", 5)} RETURN [f.slug, f.name, COLLECT {{
                MATCH (f)-[:FRAMEWORK_HAS_FEATURE]->(x) {_page("x", 5)} RETURN [x.slug, x.name, {_HUB}] }}] }} AS data""",
        18600,
    ),
    Query(
        "Q6",
        "first 1000 by name, 5 scalars",
        f"{{ frameworks(first: 1000, {_BY_NAME}) {{ nodes {{ id slug name summary homepage }} }} }}",
        """MATCH (f:Framework) WHERE f.name_key IS NOT NULL AND f.slug IS NOT NULL
           WITH f ORDER BY f.name_key, f.slug LIMIT 1000
           RETURN collect([f.id, f.slug, f.name, f.summary, f.homepage]) AS data""",
        5002,
    ),
)


@dataclass(frozen=True, slots=True)
class Hits:
    median: float
    max: int
    scans: bool


def value_sets(graph: Graph, random_seed: int = 7) -> list[dict[str, str]]:
    """Arguments for the queries; entities are chosen by popularity."""
    rng = random.Random(random_seed)
    features, applications = (Zipf(graph.slugs[kind], rng) for kind in ("Feature", "Application"))
    names = [item.values["name"] for item in graph.facts.entities if item.kind == "Framework"]
    sets: list[dict[str, str]] = []
    for _ in range(SETS):
        name = text_key(rng.choice(names))
        sets.append(
            {
                "slug": rng.choice(graph.slugs["Framework"]),
                "start": name[:5],
                "word": name.split(" ")[1],
                "feature": features.one(),
                "application": applications.one(),
                "company": rng.choice(graph.slugs["Company"]),
            }
        )
    return sets


class StatementCompiler:
    """Compiles queries to the statements of a store."""

    def __init__(self, write: Any) -> None:
        self._compiler: Compiler[Any] = Compiler(build(ONTOLOGY)._schema, ONTOLOGY, write, 64)  # noqa: SLF001

    def statement(self, query: Query, values: dict[str, str]) -> tuple[Any, list[Any]]:
        used = {name: value for name, value in values.items() if f"${name}:" in query.text}
        compiled = self._compiler.compile(query.text, parse(query.text), None, used)
        return compiled.statements[0], bind(
            compiled.plan.parameters, compiled.values.coerced, DEFAULT_LIMITS.value_limits
        )


def profile(driver: Driver, text: str, parameters: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    """Returns the db hits of a statement, and its profile."""
    with driver.session() as session:
        profiled = session.run(cast("LiteralString", f"PROFILE {text}"), parameters).consume().profile
    assert profiled is not None
    return sum(item.get("dbHits", 0) for item in operators(profiled)), profiled


def operators(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for child in plan.get("children", []):
        yield from operators(child)


def hits(driver: Driver, statements: Sequence[tuple[str, dict[str, Any]]]) -> Hits:
    counts, scans = [], False
    for text, parameters in statements:
        count, plan = profile(driver, text, parameters)
        counts.append(count)
        scans = scans or any(item["operatorType"].split("@")[0] in _SCANS for item in operators(plan))
    return Hits(statistics.median(counts), max(counts), scans)


def neo4j_table(driver: Driver, sets: list[dict[str, str]], queries: Sequence[Query]) -> Iterator[str]:
    compiler = StatementCompiler(cypher.write_statement)
    yield "| query | db hits | max | hand-written | ratio | target at 100k | ratio | label scan |"
    yield "|---|---|---|---|---|---|---|---|"
    for query in queries:
        statements = [
            (statement.text, statement.parameters(values))
            for statement, values in (compiler.statement(query, item) for item in sets)
        ]
        compiled, hand_written = (
            hits(driver, statements),
            hits(driver, [(query.hand_written, dict(item)) for item in sets]),
        )
        yield (
            f"| {query.name} {query.title} | {compiled.median:,.0f} | {compiled.max:,} | {hand_written.median:,.0f}"
            f" | {compiled.median / hand_written.median:.2f} | {query.target:,} | {compiled.median / query.target:.2f}"
            f" | {'yes' if compiled.scans else 'no'} |"
        )


async def sqlite_table(path: Path, sets: list[dict[str, str]], queries: Sequence[Query]) -> list[str]:
    store = await open_store(read_settings(store=f"sqlite:///{path}"), ONTOLOGY)
    compiler = StatementCompiler(store.write_statement)
    lines = ["| query | SQLite, median ms | max |", "|---|---|---|"]
    try:
        for query in queries:
            times: list[float] = []
            for item in sets:
                statement, values = compiler.statement(query, item)
                runs: list[float] = []
                for _ in range(3):
                    started = time.perf_counter()
                    await store.fetch(statement, values)
                    runs.append(time.perf_counter() - started)
                times.append(min(runs) * 1000)
            lines.append(f"| {query.name} {query.title} | {statistics.median(times):.2f} | {max(times):.2f} |")
    finally:
        await store.close()
    return lines


@contextmanager
def neo4j(arguments: argparse.Namespace) -> Iterator[tuple[str, str]]:
    """URI and password of the Neo4j of the command line, or else of one that ends with this script."""
    if arguments.neo4j:
        yield arguments.neo4j, arguments.password
        return
    os.environ.setdefault("ATLAS_TEST_NEO4J_HEAP", "2g")
    with running() as server:
        yield server.uri, server.password


def measure(arguments: argparse.Namespace, frameworks: int, folder: Path) -> None:
    graph = generate(frameworks)
    sets = value_sets(graph)
    queries = [item for item in QUERIES if not arguments.only or item.name in arguments.only]
    print(f"\n## {frameworks:,} frameworks, {len(graph.facts.evidence):,} claims\n", flush=True)
    if "neo4j" in arguments.stores:
        with neo4j(arguments) as (uri, password):
            seconds = asyncio.run(seed(uri, graph, neo4j_password=password))
            print(f"Neo4j seeded in {seconds:.0f} s\n")
            with GraphDatabase.driver(uri, auth=("neo4j", password)) as driver:
                _check_graph(driver, graph)
                for line in neo4j_table(driver, sets, queries):
                    print(line, flush=True)
    if "sqlite" in arguments.stores:
        path = folder / f"graph-{frameworks}.db"
        seconds = asyncio.run(seed(f"sqlite:///{path}", graph))
        print(f"\nSQLite seeded in {seconds:.0f} s\n")
        print("\n".join(asyncio.run(sqlite_table(path, sets, queries))), flush=True)


def _check_graph(driver: Driver, graph: Graph) -> None:
    with driver.session() as session:
        digest = session.run("MATCH (g:AtlasGraph) RETURN g.digest AS digest").single(strict=True)["digest"]
    if digest != graph.facts.digest:
        raise SystemExit(f"this Neo4j contains {digest}, not {graph.facts.digest}; empty it, or use another one.")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("frameworks", type=int, nargs="+")
    parser.add_argument("--neo4j", help="URI of a Neo4j that is empty or contains this graph")
    parser.add_argument("--password", default="framework-atlas")
    parser.add_argument("--stores", nargs="+", default=("neo4j", "sqlite"))
    parser.add_argument("--only", nargs="+", help="only these queries: Q1 Q4")
    parser.add_argument("--folder", type=Path, help="keep the SQLite files here for the next run")
    arguments = parser.parse_args()
    with TemporaryDirectory(prefix="atlas-benchmark-") as temporary:
        for frameworks in arguments.frameworks:
            measure(arguments, frameworks, (arguments.folder or Path(temporary)).resolve())


if __name__ == "__main__":
    main()
