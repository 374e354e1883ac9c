"""Execute one operation; the exit code is 1 if it has errors.

On a terminal, rows are printed as a table, and errors with their location in the operation; in a pipe, the output is JSON.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import orjson
from graphql import GraphQLError
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text
from strawberry.exceptions import MissingQueryError
from strawberry.schema.exceptions import CannotGetOperationTypeError

from service.cli.options import add_settings, settings_of
from service.cli.summary import count
from service.compiler import RequestError, TableLayout
from service.errors import AtlasError
from service.execution import tables
from service.execution.engine import Engine, EngineConfig
from service.execution.request_context import EXPLAIN
from service.service import open_seeded_store
from service.settings import Settings


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_settings(parser, "store", "facts")
    parser.add_argument("graphql", metavar="GRAPHQL", help="The text of the operation.")
    parser.add_argument("--variables", metavar="JSON", help="Its variables, as a JSON object.")
    parser.add_argument("--operation", metavar="NAME", help="The operation to execute, if the text has several.")
    parser.add_argument(
        "--format",
        choices=("table", "json", "csv", "jsonl"),
        help="Output format. Default: table on a terminal if the answer has rows, otherwise json.",
    )
    parser.add_argument("--explain", action="store_true", help="Also print the plan, the statement and the times.")


def run(arguments: argparse.Namespace) -> int:
    variables = _parse_variables(arguments.variables)
    executed = asyncio.run(_execute(settings_of(arguments), arguments, variables))
    answer, errors, rows = executed.answer, executed.errors, executed.rows
    format_ = arguments.format or ("table" if sys.stdout.isatty() else "json")
    if format_ == "json" or (arguments.format is None and not errors and not (rows and rows.is_list)):
        sys.stdout.buffer.write(orjson.dumps(answer, option=orjson.OPT_INDENT_2) + b"\n")
    elif errors:
        for error in errors:
            print(error, file=sys.stderr)
    elif rows is None:
        raise AtlasError(executed.no_rows or "The answer has no rows.")
    elif format_ == "table":
        _print_table(answer["data"], rows)
    else:
        write = tables.write_csv if format_ == "csv" else tables.write_json_lines
        sys.stdout.buffer.write(write(answer["data"], rows))
    if arguments.explain and not errors and format_ != "json":
        _print_explanation(answer["extensions"][EXPLAIN])
    return 1 if errors else 0


@dataclass(frozen=True, slots=True)
class _Executed:
    """The response that a client would get, with the layout of its table or the reason why it has none."""

    answer: dict[str, Any]
    errors: Sequence[GraphQLError]
    rows: TableLayout | None
    no_rows: str | None = None


async def _execute(settings: Settings, arguments: argparse.Namespace, variables: dict[str, Any] | None) -> _Executed:
    text, name = arguments.graphql, arguments.operation
    store = await open_seeded_store(settings)
    try:
        engine = Engine(store, config=replace(EngineConfig.of(settings), development=True))
        result = await engine.schema.execute(
            text,
            variable_values=variables,
            operation_name=name,
            operation_extensions={EXPLAIN: arguments.explain},
        )
        answer = orjson.loads(
            orjson.dumps(
                {
                    **({"errors": [error.formatted for error in result.errors]} if result.errors else {}),
                    **({} if result.data is None else {"data": result.data}),
                    **({"extensions": result.extensions} if arguments.explain and result.extensions else {}),
                }
            )
        )
        if result.errors:
            return _Executed(answer, result.errors, None)
        try:
            return _Executed(answer, (), engine.table_layout(text, name, variables))
        except RequestError as error:
            return _Executed(answer, (), None, str(error))
    except MissingQueryError as error:
        raise AtlasError(
            "The document is empty; write an operation such as '{ frameworks { totalCount } }'."
        ) from error
    except CannotGetOperationTypeError as error:
        problem = "has no operation" if name is None else f"has no operation named '{name}'"
        raise AtlasError(f"The document {problem}.") from error
    finally:
        await store.close()


def _parse_variables(text: str | None) -> dict[str, Any] | None:
    if text is None:
        return None
    try:
        variables = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise AtlasError(f"--variables is not valid JSON: {error}.") from error
    if not isinstance(variables, dict):
        raise AtlasError("--variables is not a JSON object.")
    return variables


def _print_table(data: dict[str, Any], layout: TableLayout) -> None:
    table = Table(box=SIMPLE_HEAD, header_style="bold", pad_edge=False)
    for name in tables.column_names(layout):
        table.add_column(Text(name), overflow="fold")
    rows = tables.table_rows(data, layout)
    for row in rows:
        table.add_row(*(Text(tables.cell_text(cell)) for cell in tables.cells(row, layout)))
    console = Console()
    console.print(table)
    console.print(Text(count(len(rows), "row")), style="dim")


def _print_explanation(explanation: dict[str, Any]) -> None:
    """Print to standard error, because standard output has the answer."""
    for statement in explanation["statements"]:
        lines = explanation["plan"], f"{statement['language']}:", statement["text"], "Steps:", *statement["steps"]
        print(*lines, sep="\n", file=sys.stderr)
    times, store = explanation["milliseconds"], explanation["store"]
    print(
        f"{explanation['rows']} rows of at most {explanation['cost']}; "
        f"{times['total']} ms, of which {times['store']} ms in {store}.",
        file=sys.stderr,
    )
