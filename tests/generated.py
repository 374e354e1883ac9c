"""Check generated operations: every response is valid JSON, conforms to the schema, and equals the reference's.

`python -m tests.generated --operations 100000` runs many of them on both stores; the tests run a seeded sample.
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
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import orjson
from graphql import (
    GraphQLError,
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
from service.execution.engine import Engine, EngineConfig
from tests import neo4j_server
from tests.drawn import TEXTS
from tests.graphs import ROOMY, Graphs, shipped
from tests.operations import TYPENAME, Operation, OperationGenerator, ValuePool, cursor_key, neighbours
from tests.reference.graph import MemoryGraph
from tests.reference.store import MemoryStore

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
        texts=[*TEXTS, *words],
        by_name={
            "slug": [*slugs, *aliases, *names],
            "text": words,
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


class Checker:
    """Runs operations on engines that hold the same facts, and on the reference; collects what is wrong."""

    def __init__(self, engines: dict[str, Engine], references: dict[str, Engine], report: Report) -> None:
        self.engines = engines
        self.references = references
        self.report = report
        self.schema = build_schema(SDL)

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
            if response != expected:
                problems.append(f"{name}: {_difference(response, expected)}")
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
            if json.dumps(completed) != json.dumps(data):
                yield f"does not conform to the schema: {_difference(data, completed)}"


def is_invalid(schema: GraphQLSchema, text: str, variables: dict[str, Any]) -> bool:
    """Whether graphql-core rejects the operation or its variables."""
    try:
        document = parse(text)
    except GraphQLError:
        return True
    if validate(schema, document):
        return True
    (operation,) = (item for item in document.definitions if isinstance(item, OperationDefinitionNode))
    return isinstance(get_variable_values(schema, operation.variable_definitions or (), variables), list)


def conform(schema: GraphQLSchema, text: str, variables: dict[str, Any], data: Any) -> Any:
    """The response that graphql-core makes of a response: equal, if that conforms to the schema; else also its errors."""

    def resolve(source: Any, info: Any, **_: Any) -> Any:
        return source[info.path.key]

    def type_of(value: Any, *_: Any) -> str:
        return value[TYPENAME]

    result = execute_sync(
        schema, parse(text), data, variable_values=variables, field_resolver=resolve, type_resolver=type_of
    )
    return result.data if not result.errors else [str(error) for error in result.errors]


async def respond(engine: Engine, text: str, variables: dict[str, Any]) -> dict[str, Any] | str:
    """The response as a client parses it; a text if there is none."""
    try:
        result = await engine.schema.execute(text, variable_values=variables)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is a defect
        return f"raises {error!r}"
    errors = {"errors": [error.formatted for error in result.errors]} if result.errors else {}
    body = orjson.dumps({**errors, "data": result.data}, default=str)
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as error:
        return f"not JSON ({error}): {body.decode()[:300]}"


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


def _difference(one: Any, other: Any, path: str = "") -> str:
    """The first place at which two JSON values differ."""
    if isinstance(one, dict) and isinstance(other, dict):
        if list(one) != list(other):
            return f"at {path or 'the root'}: keys {list(one)} instead of {list(other)}: {one} instead of {other}"[:600]
        for name in one:
            if one[name] != other[name]:
                return _difference(one[name], other[name], f"{path}.{name}")
    if isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        for place, (left, right) in enumerate(zip(one, other, strict=True)):
            if left != right:
                return _difference(left, right, f"{path}[{place}]")
    return f"at {path or 'the root'}: {json.dumps(one)[:400]} instead of {json.dumps(other)[:400]}"


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
    engines = {name: await graphs.hold(name, facts) for name in stores}
    references = {}
    for name, engine in engines.items():
        (entry,) = await engine.store.log_entries(0, 1)
        memory = MemoryStore(MemoryGraph(ONTOLOGY, facts, entry.at), name)
        references[name] = Engine(memory, ONTOLOGY, options=EngineConfig(limits=ROOMY))  # type: ignore[arg-type]
    checker = Checker(engines, references, report)
    pool, random = pool_of(facts), Random(seed)
    generator = OperationGenerator(checker.schema, pool, random, coverage=report.coverage)
    for _ in range(operations):
        operation = generator.generate()
        variants = [operation]
        if random.random() < invalid:
            variants += list(neighbours(operation, random))[:1]
        for variant in variants:
            for problem in await checker.check(variant, pool):
                report.problems.append(f"{problem}\n  {variant.text}\n  {json.dumps(variant.variables)}")
    for reference in references.values():
        await reference.close()


async def _main(arguments: argparse.Namespace) -> int:
    report, begun = Report(), time.monotonic()
    server = neo4j_server.running() if "neo4j" in arguments.stores else None
    with tempfile.TemporaryDirectory() as folder:
        settings = server.__enter__().settings if server else None
        graphs = Graphs(Path(folder), settings)  # type: ignore[arg-type]
        try:
            for number in range(0, arguments.operations, 500):
                count = min(500, arguments.operations - number)
                await run(graphs, arguments.stores, shipped(), arguments.seed + number, count, report)
                print(
                    f"{report.operations} operations, {len(report.problems)} problems, {time.monotonic() - begun:.0f} s",
                    file=sys.stderr,
                )
        finally:
            await graphs.close()
            if server:
                server.__exit__(None, None, None)
    for problem in report.problems[: arguments.show]:
        print(problem)
    print(report.text(build_schema(SDL)))
    return 1 if report.problems else 0


def main() -> int:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--operations", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--stores", nargs="+", default=["sqlite", "neo4j"])
    parser.add_argument("--show", type=int, default=50, help="how many problems to print")
    return asyncio.run(_main(parser.parse_args()))


if __name__ == "__main__":
    sys.exit(main())


__all__ = ["Checker", "Report", "conform", "coordinates", "kind_value", "pool_of", "run"]
