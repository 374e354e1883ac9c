"""CPU of one request, compiled beside resolved: `uv run python -m benchmarks.cpu`.

A: this service's engine on SQLite. B: the same Strawberry schema without the engine, its default resolvers reading objects
that lie in memory. Both answer the same operation, 1000 rows of 5 fields, from text to JSON bytes; rounds alternate in one
process, and medians of the whole process's CPU time are compared; SQLite, which works inside the process, is told apart.
"""

from __future__ import annotations

import gc
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import orjson
import strawberry
import uvloop
from graphql import parse

from graph_seed.facts import EntityFact, Facts, global_id
from schema import ONTOLOGY, build
from service.execution.document_limits import DEFAULT_LIMITS
from service.execution.engine import Engine
from service.plan.parameters import bind
from service.settings import read_settings
from service.stores import open_store

ROWS, ROUNDS = 1000, 60
QUERY = "{ frameworks(first: 1000) { nodes { id slug name summary homepage } } }"


@dataclass
class Row:
    """A preloaded object."""

    id: str
    slug: str
    name: str
    summary: str | None
    homepage: str | None


@dataclass
class Page:
    """A preloaded page."""

    nodes: list[object]


@dataclass
class Root:
    """What the root fields read."""

    frameworks: Page


def rows() -> list[Row]:
    """What both sides answer."""
    return [
        Row(
            id=global_id("Framework", f"framework-{number:04}"),
            slug=f"framework-{number:04}",
            name=f"Framework {number} «é»",
            summary=f'The "{number}th" framework, in a sentence of a usual length.',
            homepage=None,
        )
        for number in range(ROWS)
    ]


def resolved(preloaded: list[Row]) -> tuple[strawberry.Schema, object]:
    """The same schema without the engine, and the root object from which default resolvers read it all."""
    schema = build(ONTOLOGY)
    framework = schema.get_type_by_name("Framework").origin  # type: ignore[union-attr]

    def loaded(row: Row) -> object:
        made = framework.__new__(framework)  # graphql-core asks whose instance it is
        made.__dict__.update(vars(row))
        return made

    return schema, Root(Page([loaded(row) for row in preloaded]))


async def measured(ask: Callable[[], Awaitable[bytes]]) -> tuple[float, bytes]:
    """CPU seconds of this process for one request, and its answer."""
    gc.collect()  # what the other side has left is not on this one's bill
    start = time.process_time()
    answer = await ask()
    return time.process_time() - start, answer


async def main() -> None:
    """Measure and print a table."""
    preloaded = rows()
    given = [
        {"slug": row.slug, "name": row.name, "aliases": [], "summary": row.summary, "homepage": None}
        for row in preloaded
    ]
    facts = Facts(tuple(EntityFact("Framework", one["slug"], one) for one in given), (), "cpu")
    with tempfile.TemporaryDirectory() as folder:
        store = await open_store(read_settings(store=f"sqlite:///{Path(folder) / 'cpu.db'}"), ONTOLOGY)
        await store.seed(lambda: facts)
        engine, (plain, root) = Engine(store), resolved(preloaded)

        async def compiled_bytes() -> bytes:
            return orjson.dumps((await engine.schema.execute(QUERY)).data)

        async def resolved_bytes() -> bytes:
            return orjson.dumps((await plain.execute(QUERY, root_value=root)).data)

        compiled = engine.compile(QUERY, parse(QUERY), None, None)
        values = bind(compiled.plan.parameters, {}, DEFAULT_LIMITS.bounds)

        async def statement_alone() -> bytes:
            (text,) = store._fetch(compiled.statements[0], values)  # noqa: SLF001 - without the thread, which is the service's
            return orjson.dumps(text)

        ours: list[float] = []
        alone: list[float] = []
        theirs: list[float] = []
        for _ in range(ROUNDS):
            seconds, answer = await measured(compiled_bytes)
            ours.append(seconds)
            seconds, _ = await measured(statement_alone)
            alone.append(seconds)
            seconds, same = await measured(resolved_bytes)
            theirs.append(seconds)
            assert orjson.loads(answer) == orjson.loads(same)
        await store.close()
    a, b, c = statistics.median(ours), statistics.median(theirs), statistics.median(alone)
    print(f"| {ROWS} rows x 5 fields | CPU per request | part of default resolvers |\n|---|---|---|")
    print(f"| compiled, SQLite | {a * 1e3:.2f} ms | 1/{b / a:.1f} |")
    print(f"| of it the statement, SQLite's own work | {c * 1e3:.2f} ms | 1/{b / c:.1f} |")
    print(f"| of it the service's own | {(a - c) * 1e3:.2f} ms | 1/{b / (a - c):.0f} |")
    print(f"| default resolvers over preloaded objects | {b * 1e3:.2f} ms | 1 |")


if __name__ == "__main__":
    uvloop.run(main())  # as uvicorn runs the service
