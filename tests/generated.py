"""Check generated operations: every response is valid JSON, conforms to the schema, and equals the reference's.

`python -m tests.generated --operations 100000` executes many of them on both stores, over the shipped facts.
`--graphs 1000 --operations 50` generates small graphs instead, and takes the operations for each from a pool
(`--pool`), because Neo4j plans a new statement for up to two seconds. The tests run a seeded sample of both.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache, partial
from pathlib import Path
from random import Random
from typing import Any

import orjson
from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLScalarType,
    GraphQLSchema,
    OperationDefinitionNode,
    build_schema,
    execute_sync,
    get_named_type,
    is_leaf_type,
    parse,
    validate,
)
from graphql.execution.values import get_variable_values

from graph_seed import Facts
from schema import ONTOLOGY, build
from schema.graph import kind_value
from service.execution.engine import Engine
from tests import neo4j_server
from tests.differences import difference
from tests.facts import facts_from_lines, shipped_facts
from tests.generated_graphs import complete_graph_lines, generate_examples, graph_lines
from tests.graphs import Graphs, build_engine, set_store
from tests.operations import TYPENAME, Operation, OperationGenerator, ValuePool, cursor_key, neighbours
from tests.reference.graph import MemoryGraph
from tests.reference.store import MemoryStore
from tests.texts import SHORT_TEXTS

SDL = build().as_str()
INTERNAL = "INTERNAL_SERVER_ERROR"


@dataclass
class Report:
    """What a run covered, and what it found."""

    operations: int = 0
    invalid: int = 0
    with_errors: int = 0
    problems: list[str] = field(default_factory=list)
    coverage: Counter[str] = field(default_factory=Counter)

    def text(self, schema: GraphQLSchema) -> str:
        elements = set(coordinates(schema))
        covered = elements & self.coverage.keys()
        missing = ", ".join(sorted(elements - covered)) or "nothing"
        return (
            f"{self.operations} operations ({self.invalid} invalid, {self.with_errors} answered with errors), "
            f"{len(self.problems)} problems; covered {len(covered)} of {len(elements)} fields, arguments and input fields "
            f"of queries; not covered: {missing}"
        )


def coordinates(schema: GraphQLSchema) -> Iterator[str]:
    """The schema coordinates that a query can use: fields, arguments and input fields."""
    assert schema.query_type
    reachable, waiting = set[str](), [schema.query_type.name]
    while waiting:
        name = waiting.pop()
        if name in reachable or name.startswith("__"):
            continue
        reachable.add(name)
        type_: Any = schema.type_map[name]
        for item in getattr(type_, "fields", {}).values():
            waiting.append(get_named_type(item.type).name)
            waiting += [get_named_type(argument.type).name for argument in getattr(item, "args", {}).values()]
        if (
            hasattr(type_, "types")
            or getattr(type_, "is_interface", False)
            or type(type_).__name__.endswith("InterfaceType")
        ):
            waiting += [member.name for member in schema.get_possible_types(type_)]
    for name in sorted(reachable):
        type_ = schema.type_map[name]
        if is_leaf_type(type_):
            continue
        for field_name, item in getattr(type_, "fields", {}).items():
            yield f"{name}.{field_name}"
            yield from (f"{name}.{field_name}({argument}:)" for argument in getattr(item, "args", {}))


@dataclass(frozen=True, slots=True)
class GraphSample:
    """How many graphs to generate, and operations for each. They are taken from a pool that is generated once."""

    graphs: int
    operations: int
    pool: int
    seed: int = 1


def pool_of(facts: Facts) -> ValuePool:
    """Values that mean something in these facts, and some that do not."""
    names = [str(item.values["name"]) for item in facts.entities]
    aliases = [alias for item in facts.entities for alias in item.values["aliases"]]
    slugs = [item.slug for item in facts.entities]
    entity_ids = [item.reference.id for item in facts.entities]
    ids = list(entity_ids)
    from graph_seed import group_claims  # noqa: PLC0415
    from graph_seed.facts import global_id  # noqa: PLC0415

    ids += [global_id("Claim", claim.key) for claim in group_claims(facts)]
    by_kind = {kind.name: [item for item in facts.entities if item.kind == kind.name] for kind in ONTOLOGY.kinds}
    lookups = {
        kind.plural: [
            *(item.slug for item in by_kind[kind.name]),
            *(item.values["name"] for item in by_kind[kind.name]),
        ]
        for kind in ONTOLOGY.kinds
    }
    words = [word for name in names for word in (name, name[: len(name) // 2 or 1], name.upper())]
    return ValuePool(
        ids=[*ids, "Tm90aGluZzp4", "no id"],
        texts=[*SHORT_TEXTS, *words],
        by_name={
            "slug": [*slugs, *aliases, *names],
            "text": [
                *words,
                *(misspelled for name in (*names, *aliases) if len(name) > 3 for misspelled in _misspell(name)),
            ],
            "relation": ONTOLOGY.relation_names,
            "from": entity_ids,
            "to": entity_ids,
            "must": lookups["features"],
            "prefer": lookups["features"],
            "avoid": lookups["features"],
            **lookups,
            "types": lookups["frameworkTypes"],
            "first": (0, 0, 1, 2, 3, 20),
            "last": (0, 1, 2, 20),
            "usedByAtLeast": (1, 1, 2),
            "maxLength": (1, 2, 3, 4),
        },
    )


def _misspell(name: str) -> Iterator[str]:
    """Common mistakes in the middle of a name: a letter is missing, doubled, wrong, or in the wrong order."""
    place = len(name) // 2
    before, letter, after = name[:place], name[place], name[place + 1 :]
    yield from (
        before + after,
        before + letter * 2 + after,
        f"{before}x{after}",
        before + after[:1] + letter + after[1:],
    )


class Checker:
    """Executes operations on stores and on the reference, over the facts that were loaded last; reports problems."""

    def __init__(self, graphs: Graphs, stores: Sequence[str], report: Report) -> None:
        self.graphs = graphs
        self.stores = stores
        self.report = report
        self.schema = checked_schema()
        self.engines: dict[str, Engine] = {}
        self.references: dict[str, Engine] = {}

    async def load(self, facts: Facts) -> None:
        """Load facts into the stores and the reference. An engine is built once, because that takes a second."""
        for name in self.stores:
            self.engines[name] = await self.graphs.load(name, facts)
            (entry,) = await self.engines[name].store.log_entries(0, 1)
            memory: Any = MemoryStore(MemoryGraph(ONTOLOGY, facts, entry.at), name)
            if name not in self.references:
                self.references[name] = build_engine(memory)
            set_store(self.references[name], memory)

    async def close(self) -> None:
        for reference in self.references.values():
            await reference.close()

    async def run(self, operation: Operation, pool: ValuePool, context: str = "") -> None:
        """Check an operation. A problem is reported with the operation and this context."""
        for problem in await self.check(operation, pool):
            lines = [problem, operation.text, json.dumps(operation.variables), context]
            self.report.problems.append("\n  ".join(filter(None, lines)))

    async def check(self, operation: Operation, pool: ValuePool) -> list[str]:
        """What is wrong with the responses to an operation; remembers the cursors of its response."""
        text, variables = operation.text, operation.variables
        problems: list[str] = []
        invalid = is_invalid(self.schema, text, variables)
        self.report.operations += 1
        self.report.invalid += invalid
        expected: Any = None
        for name, engine in self.engines.items():
            expected = await respond(self.references[name], text, variables)
            response = await respond(engine, text, variables)
            if isinstance(response, str):
                problems.append(f"{name}: {response}")
                continue
            if found := difference(response, expected):
                problems.append(f"{name}: {found}")
            problems += [f"{name}: {problem}" for problem in self._faults(response, text, variables, invalid=invalid)]
        if isinstance(expected, dict):
            self.report.with_errors += "errors" in expected
            _remember_cursors(operation, expected.get("data"), pool)
        return problems

    def _faults(
        self, response: dict[str, Any], text: str, variables: dict[str, Any], *, invalid: bool
    ) -> Iterator[str]:
        errors = response.get("errors", [])
        for error in errors:
            code = error.get("extensions", {}).get("code")
            if code is None:
                yield f"an error has no code: {error}"
            if code == INTERNAL:
                yield f"internal error: {error}"
        if invalid and not errors:
            yield "an invalid operation has no errors"
        data = response.get("data")
        if data is not None and not errors and not invalid:
            completed = conform(self.schema, text, variables, data)
            if found := difference(data, completed):
                yield f"does not conform to the schema: {found}"


def checked_schema() -> GraphQLSchema:
    """The schema of the SDL, with a check of dates that is independent of the service."""

    def parse_date(value: Any) -> Any:
        if not isinstance(value, str) or len(value) not in {4, 7, 10}:
            raise ValueError("not a date")
        date.fromisoformat(f"{value}-01-01"[:10] if len(value) == 4 else f"{value}-01"[:10])
        return value

    schema = build_schema(SDL)
    type_ = schema.type_map["Date"]
    assert isinstance(type_, GraphQLScalarType)
    type_.parse_value = type_.coerce_input_value = parse_date
    return schema


@lru_cache(maxsize=1000)  # operations are checked over many graphs, and validation takes the most time
def valid_document(schema: GraphQLSchema, text: str) -> DocumentNode | None:
    """The parsed text; None if graphql-core rejects it."""
    try:
        document = parse(text)
    except GraphQLError:
        return None
    return None if validate(schema, document) else document


def is_invalid(schema: GraphQLSchema, text: str, variables: dict[str, Any]) -> bool:
    """Whether graphql-core rejects the operation or its variables."""
    document = valid_document(schema, text)
    if document is None:
        return True
    (operation,) = (item for item in document.definitions if isinstance(item, OperationDefinitionNode))
    return isinstance(get_variable_values(schema, operation.variable_definitions or (), variables), list)


def conform(schema: GraphQLSchema, text: str, variables: dict[str, Any], data: Any) -> Any:
    """The response that graphql-core makes of a response: equal, if that conforms to the schema; else also its errors."""

    def resolve(source: Any, info: Any, **_: Any) -> Any:
        return source[info.path.key]

    def type_of(value: Any, *_: Any) -> str:
        return value[TYPENAME]

    document = valid_document(schema, text)
    assert document
    result = execute_sync(
        schema, document, data, variable_values=variables, field_resolver=resolve, type_resolver=type_of
    )
    return result.data if not result.errors else [str(error) for error in result.errors]


async def respond(engine: Engine, text: str, variables: dict[str, Any]) -> dict[str, Any] | str:
    """The response as a client parses it; a text if there is none."""
    try:
        result = await engine.schema.execute(text, variable_values=variables)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is a defect
        return f"raises {error!r}"
    errors = {"errors": [_encodable(error.formatted) for error in result.errors]} if result.errors else {}
    body = orjson.dumps({**errors, "data": result.data}, default=str)
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as error:
        return f"not JSON ({error}): {body.decode()[:300]}"


def _encodable(error: Any) -> Any:
    """An error that quotes a value with an unpaired surrogate, which JSON over HTTP cannot hold, without it."""
    return {**error, "message": error["message"].encode("utf-8", "replace").decode()}


def _remember_cursors(operation: Operation, data: Any, pool: ValuePool) -> None:
    by_key = {selection.key: selection for selection in operation.fields()}

    def visit(value: Any, owner: str | None) -> None:
        match value:
            case dict():
                for name, item in value.items():
                    selection = by_key.get(name)
                    is_list = selection and {"edges", "pageInfo"} & {inner.name for inner in selection.selections}
                    if selection is not None and isinstance(item, str) and owner and selection.name.endswith("ursor"):
                        pool.cursors.setdefault(owner, []).append(item)
                    key = cursor_key(selection.coordinate, selection.arguments) if selection and is_list else owner
                    visit(item, key)
            case list():
                for item in value:
                    visit(item, owner)
            case _:
                pass

    visit(data, None)


async def run(
    graphs: Graphs,
    stores: Sequence[str],
    facts: Facts,
    seed: int,
    operations: int,
    report: Report,
    *,
    invalid: float = 0.25,
) -> None:
    """Check generated operations over facts on these stores."""
    checker = Checker(graphs, stores, report)
    await checker.load(facts)
    pool = pool_of(facts)
    for operation in generate(checker.schema, pool, seed, operations, report, invalid=invalid):
        await checker.run(operation, pool)
    await checker.close()


async def run_on_graphs(
    graphs: Graphs, stores: Sequence[str], folder: Path, sample: GraphSample, report: Report
) -> None:
    """Check operations over generated graphs on these stores."""
    checker = Checker(graphs, stores, report)
    complete = facts_from_lines(folder / "complete", complete_graph_lines())
    await checker.load(complete)
    pool, random = pool_of(complete), Random(sample.seed)
    operations: list[Operation] = []
    for operation in generate(checker.schema, pool, sample.seed, sample.pool, report):
        await checker.run(operation, pool)  # the cursors in its response are values for the next operations
        operations.append(operation)
    for lines in generate_examples(graph_lines(), sample.graphs, sample.seed):
        facts = facts_from_lines(folder / "generated", lines)
        await checker.load(facts)
        for operation in random.sample(operations, min(sample.operations, len(operations))):
            await checker.run(operation, pool, context=json.dumps(lines, ensure_ascii=False))
        await graphs.close_sqlite(facts)
    await checker.close()


def generate(
    schema: GraphQLSchema, pool: ValuePool, seed: int, count: int, report: Report, *, invalid: float = 0.25
) -> Iterator[Operation]:
    """Generate operations. A share of them (`invalid`) is followed by a variant that is probably invalid."""
    random = Random(seed)
    generator = OperationGenerator(schema, pool, random, coverage=report.coverage)
    for _ in range(count):
        operation = generator.generate()
        yield operation
        if random.random() < invalid:
            yield from list(neighbours(operation, random))[:1]


async def _main(arguments: argparse.Namespace) -> int:
    report, start = Report(), time.monotonic()
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        folder = Path(name)
        settings: Any = None
        if "neo4j" in arguments.stores:
            server = stack.enter_context(neo4j_server.running())
            settings = partial(server.settings, neo4j_timeout=120)
        graphs = Graphs(folder, settings)
        batch = 25 if arguments.graphs else 500
        total = arguments.graphs or arguments.operations
        try:
            for done in range(0, total, batch):
                size, seed = min(batch, total - done), arguments.seed + done
                if arguments.graphs:
                    sample = GraphSample(size, arguments.operations, arguments.pool, seed)
                    await run_on_graphs(graphs, arguments.stores, folder, sample, report)
                else:
                    await run(graphs, arguments.stores, shipped_facts(), seed, size, report)
                seconds = time.monotonic() - start
                print(
                    f"{report.operations} operations, {len(report.problems)} problems, {seconds:.0f} s", file=sys.stderr
                )
        finally:
            await graphs.close()
    for problem in report.problems[: arguments.show]:
        print(problem)
    print(report.text(build_schema(SDL)))
    return 1 if report.problems else 0


def main() -> int:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--operations", type=int, default=100_000, help="in total, or for each generated graph")
    parser.add_argument("--graphs", type=int, default=0, help="how many graphs to generate (0: use the shipped facts)")
    parser.add_argument("--pool", type=int, default=500, help="how many operations to generate for every 25 graphs")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--stores", nargs="+", default=["sqlite", "neo4j"])
    parser.add_argument("--show", type=int, default=50, help="how many problems to print")
    return asyncio.run(_main(parser.parse_args()))


if __name__ == "__main__":
    sys.exit(main())


__all__ = ["Checker", "Report", "conform", "coordinates", "kind_value", "pool_of", "run", "run_on_graphs"]
