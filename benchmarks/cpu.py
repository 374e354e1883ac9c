"""CPU time of one request, compiled compared with resolved: `uv run python -m benchmarks.cpu`.

Compiled: this service's engine on SQLite. Resolved: the same Strawberry schema without the engine; its default resolvers
read objects in memory. Both answer the same operation, 1000 rows of 5 fields, from text to JSON bytes. Rounds alternate in
one process. The table has medians of the CPU time of the whole process; SQLite runs inside it and is also measured alone.
"""

from __future__ import annotations

import gc
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import orjson
import strawberry
import uvloop
from graphql import parse

from graph_seed.facts import EntityFact, Facts, global_id
from schema import ONTOLOGY, build
from service.execution.document_limits import DEFAULT_LIMITS
from service.execution.engine import Engine
from service.plan.coercion import bind
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
    """The root value of the default resolvers."""

    frameworks: Page


def rows() -> list[Row]:
    """The data of both sides."""
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
    """The same schema without the engine, and the root value for its default resolvers."""
    schema = build(ONTOLOGY)
    framework: Any = cast("Any", schema.get_type_by_name("Framework")).origin

    def instance(row: Row) -> object:
        created = framework.__new__(framework)  # graphql-core checks the type of each object
        created.__dict__.update(vars(row))
        return created

    return schema, Root(Page([instance(row) for row in preloaded]))


async def measured(request: Callable[[], Awaitable[bytes]]) -> tuple[float, bytes]:
    """CPU seconds of this process for one request, and its answer."""
    gc.collect()  # so that neither side pays for the garbage of the other
    started = time.process_time()
    answer = await request()
    return time.process_time() - started, answer


async def main() -> None:
    """Measure and print a table."""
    preloaded = rows()
    values = [
        {"slug": row.slug, "name": row.name, "aliases": [], "summary": row.summary, "homepage": None}
        for row in preloaded
    ]
    facts = Facts(tuple(EntityFact("Framework", entity["slug"], entity) for entity in values), (), "cpu")
    with tempfile.TemporaryDirectory() as folder:
        store = await open_store(read_settings(store=f"sqlite:///{Path(folder) / 'cpu.db'}"), ONTOLOGY)
        await store.seed(lambda: facts)
        engine, (plain, root) = Engine(store), resolved(preloaded)

        async def compiled_bytes() -> bytes:
            return orjson.dumps((await engine.schema.execute(QUERY)).data)

        async def resolved_bytes() -> bytes:
            return orjson.dumps((await plain.execute(QUERY, root_value=root)).data)

        compiled = engine.compile(QUERY, parse(QUERY), None, None)
        parameters = bind(compiled.plan.parameters, {}, DEFAULT_LIMITS.value_limits)

        async def statement_bytes() -> bytes:
            (text,) = cast("Any", store)._fetch(compiled.statements[0], parameters)  # noqa: SLF001 - without the reader thread, which belongs to the service
            return orjson.dumps(text)

        compiled_times: list[float] = []
        statement_times: list[float] = []
        resolved_times: list[float] = []
        for _ in range(ROUNDS):
            seconds, answer = await measured(compiled_bytes)
            compiled_times.append(seconds)
            seconds, _ = await measured(statement_bytes)
            statement_times.append(seconds)
            seconds, expected = await measured(resolved_bytes)
            resolved_times.append(seconds)
            assert orjson.loads(answer) == orjson.loads(expected)
        await store.close()
    total, baseline, statement = map(statistics.median, (compiled_times, resolved_times, statement_times))
    service = total - statement
    print(f"| {ROWS} rows x 5 fields | CPU per request | fraction of default resolvers |\n|---|---|---|")
    print(f"| compiled, SQLite, whole process | {total * 1e3:.2f} ms | 1/{baseline / total:.1f} |")
    print(f"| of which the SQL statement | {statement * 1e3:.2f} ms | 1/{baseline / statement:.1f} |")
    print(f"| of which the service | {service * 1e3:.2f} ms | 1/{baseline / service:.0f} |")
    print(f"| default resolvers over preloaded objects | {baseline * 1e3:.2f} ms | 1 |")


if __name__ == "__main__":
    uvloop.run(main())  # as uvicorn runs the service
