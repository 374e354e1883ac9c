"""The command: serve, seed, load, export, check, query, schema, token."""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from inspect import cleandoc
from pathlib import Path
from typing import Any

import orjson
from graphql import GraphQLError
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    MofNCompleteColumn,
    ProgressColumn,
    Task,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)
from rich.progress import Progress as Bar
from rich.table import Table
from rich.text import Text
from strawberry.exceptions import MissingQueryError
from strawberry.schema.exceptions import CannotGetOperationTypeError

from graph_seed import SHIPPED, group_claims, read_facts
from schema import ONTOLOGY, build
from service.auth.authenticator import Authenticator
from service.auth.principal import SCOPES
from service.auth.static_tokens import new_token
from service.compiler import RequestError, TableLayout
from service.errors import AtlasError, StoreAccessDenied, StoreUnavailable
from service.execution import tables
from service.execution.engine import Engine, EngineConfig
from service.execution.request_context import EXPLAIN
from service.http.persisted_queries import read_trusted_documents
from service.http.rate_limits import RateLimiter
from service.pages.assets import Pages
from service.server.run import listen, run
from service.service import open_seeded_store
from service.settings import Settings, default_of, read_settings
from service.stores import Progress, Snapshot, open_store
from service.writes.export import export as export_facts
from service.writes.export import replaced
from service.writes.load import FORMATS, InputFile, LoadErrors, Loading, LoadSummary, files, update


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit code: 0, 1 for what went wrong, 2 for a command line that cannot be read."""
    given = _parser().parse_args(arguments)
    try:
        return given.run(given)
    except AtlasError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:  # who read what is printed has ended; nor can the interpreter flush the rest
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


def serve(given: argparse.Namespace) -> int:
    """Open the graph (the first time: fill it) and answer over HTTP until stopped."""
    settings = _settings(given)
    Authenticator(settings)  # what is wrong with it is told before anything is filled or a worker started
    read_trusted_documents(settings, ONTOLOGY)
    RateLimiter(settings)
    with _progress() as progress:
        try:
            asyncio.run(_prepare(settings, progress))
        except StoreAccessDenied:
            raise
        except StoreUnavailable as error:
            print(f"{error}; serving all the same, until it is back.", file=sys.stderr)
    listening = listen(settings)
    os.environ.update(settings.as_environment())
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    port = listening[0].getsockname()[1]
    print(f"Framework Atlas on http://{host}:{port}/graphql, from {settings.store}", file=sys.stderr, flush=True)
    if settings.explorer and (warning := Pages().warning):
        print(warning, file=sys.stderr, flush=True)
    run(settings, listening)
    return 0


def seed(given: argparse.Namespace) -> int:
    """Fill an empty store with facts; --update brings them up to date in one that is filled.

    An update writes what the folder says anew and takes back what its sources say in the store and the folder has no
    more. What other sources say stays.
    """
    settings = _settings(given)
    with _progress() as progress:
        filled = asyncio.run(_prepare(settings, progress))
    told = "filled" if filled else "holds a graph already, left as it is"
    if given.update and not filled:
        with _progress(DownloadColumn(), TransferSpeedColumn()) as progress:
            told = _written(asyncio.run(_update(settings, progress)))
    print(f"{settings.store}: {told}.")
    return 0


async def _update(settings: Settings, progress: Progress) -> LoadSummary:
    store = await open_store(settings, ONTOLOGY)
    try:
        return await update(store, ONTOLOGY, settings.facts, progress)
    finally:
        await store.close()


def load(given: argparse.Namespace) -> int:
    """Load files of facts, JSON Lines or CSV, into a store: what it holds stays, but for what they say anew.

    All lines are checked before anything is written; with a fault among them, nothing is. What is there already is left
    as it is, so a load that was stopped is gone on with by running it again. An empty store gets these facts alone.
    """
    settings, faults = _settings(given), LoadErrors(given.max_errors)
    with files(given.file, given.format, sys.stdin.buffer) as opened:
        with _progress(DownloadColumn(), TransferSpeedColumn()) as progress:
            tally, wrote = asyncio.run(_load(settings, opened, faults, progress, given))
        for told in faults.told(opened):
            print(told, file=sys.stderr)
    if faults.found:
        print(_faulty(faults, wrote=wrote, dry_run=given.dry_run), file=sys.stderr)
    if wrote:
        print(f"{settings.store}: {_written(tally)}.")
    elif given.dry_run:
        print(f"{tally.entities} entities and {tally.evidence} pieces of evidence are right; nothing was written.")
    return 1 if faults.found else 0


async def _load(
    settings: Settings, opened: Sequence[InputFile], faults: LoadErrors, progress: Progress, given: argparse.Namespace
) -> tuple[LoadSummary, bool]:
    """How many lines did what, and whether they were written or checked alone."""
    store = await open_store(settings, ONTOLOGY)
    try:
        loading = Loading(store, ONTOLOGY, opened, faults, progress)
        checked = LoadSummary() if given.keep_going and not given.dry_run else await loading.check()
        if given.dry_run or faults.found:
            return checked, False
        return await loading.write(), True
    finally:
        await store.close()


def _faulty(faults: LoadErrors, *, wrote: bool, dry_run: bool) -> str:
    count = "1 fault" if len(faults.found) == 1 else f"{len(faults.found)} faults"
    if faults.full:
        count += " and perhaps more (--max-errors)"
    if wrote:
        return f"{count}; all lines but these were written" + (", until then." if faults.full else ".")
    return f"{count}." if dry_run else f"{count}; nothing was written. --keep-going writes all lines but these."


def _written(tally: LoadSummary) -> str:
    retracted = f", {tally.retracted} taken back" if tally.retracted else ""
    return (
        f"{tally.entities} entities and {tally.evidence} pieces of evidence written{retracted}, {tally.same} were there"
    )


def export(given: argparse.Namespace) -> int:
    """Write all that a store holds as JSON Lines, in an order of its own, as load takes them."""
    settings = _settings(given)
    with _progress(MofNCompleteColumn(), _Rate()) as progress:
        if given.file in {None, "-"}:
            graph = asyncio.run(_export(settings, sys.stdout.buffer.write, progress))
            sys.stdout.flush()
        else:
            with replaced(Path(given.file)) as opened:
                graph = asyncio.run(_export(settings, opened.write, progress))
    if graph.changed_while_read:
        print(
            f"The graph was changed while it was read ({graph.version} was its version at first), and some of the"
            " lines are of before and some of after; for those of one moment, export when nobody writes.",
            file=sys.stderr,
        )
    return 0


async def _export(settings: Settings, write: Callable[[bytes], object], progress: Progress) -> Snapshot:
    if settings.sqlite_path is not None and not settings.sqlite_path.exists():  # to open it would make it
        raise AtlasError(f"{settings.sqlite_path}: there is no such file.")
    store = await open_store(settings, ONTOLOGY)
    try:
        return await export_facts(store, write, progress)
    finally:
        await store.close()


class _Rate(ProgressColumn):
    """How many a second."""

    def render(self, task: Task) -> Text:
        return Text("" if task.speed is None else f"{task.speed:,.0f}/s")


def check(given: argparse.Namespace) -> int:
    """Check a folder of facts against the ontology and count what it holds."""
    facts = read_facts(given.folder)
    for kind in ONTOLOGY.kinds:
        print(f"{sum(item.kind == kind.name for item in facts.entities):>6} {kind.plural}")
    gathered = list(group_claims(facts))
    for name in ONTOLOGY.relation_names:
        print(f"{sum(claim.relation.name == name for claim in gathered):>6} claims {name}")
    print(f"{len(facts.evidence):>6} pieces of evidence")
    return 0


def query(given: argparse.Namespace) -> int:
    """Answer one operation; exit 1 when it has errors.

    On a terminal rows are printed as a table, and faults with the place in the operation; into a pipe goes JSON.
    """
    variables = _variables(given.variables)
    answered = asyncio.run(_answer(_settings(given), given, variables))
    answer, errors = answered.answer, answered.errors
    format_ = given.format or ("table" if sys.stdout.isatty() else "json")
    if format_ == "json" or (given.format is None and not errors and not (answered.rows and answered.rows.listed)):
        sys.stdout.buffer.write(orjson.dumps(answer, option=orjson.OPT_INDENT_2) + b"\n")
    elif errors:
        for error in errors:
            print(error, file=sys.stderr)
    elif answered.rows is None:
        raise AtlasError(answered.no_rows or "The answer has no rows.")
    elif format_ == "table":
        _print_table(answer["data"], answered.rows)
    else:
        write = tables.write_csv if format_ == "csv" else tables.write_json_lines
        sys.stdout.buffer.write(write(answer["data"], answered.rows))
    if given.explain and not errors and format_ != "json":
        _print_explanation(answer["extensions"][EXPLAIN])
    return 1 if errors else 0


def _print_table(data: dict[str, Any], rows: TableLayout) -> None:
    table = Table(box=SIMPLE_HEAD, header_style="bold", pad_edge=False)
    for name in tables.column_names(rows):
        table.add_column(Text(name), overflow="fold")
    found = tables.table_rows(data, rows)
    for row in found:
        table.add_row(*(Text(tables.cell_text(cell)) for cell in tables.cells(row, rows)))
    console = Console()
    console.print(table)
    console.print(Text("1 row" if len(found) == 1 else f"{len(found)} rows"), style="dim")


def _print_explanation(told: dict[str, Any]) -> None:
    """On standard error, since it is none of the answer."""
    for statement in told["statements"]:
        lines = told["plan"], f"{statement['language']}:", statement["text"], "Steps:", *statement["steps"]
        print(*lines, sep="\n", file=sys.stderr)
    times = told["milliseconds"]
    print(
        f"{told['rows']} rows of at most {told['cost']}; {times['total']} ms, {times['store']} of them in {told['store']}.",
        file=sys.stderr,
    )


def schema(_given: argparse.Namespace) -> int:
    """Print the GraphQL schema."""
    print(build().as_str())
    return 0


def token(given: argparse.Namespace) -> int:
    """Make a token: print it, and the entry of ATLAS_TOKENS that makes it known."""
    made = new_token(given.name, given.scope)
    for told, text in (
        ("The token, shown this once; give it to whoever asks with it:", made.token),
        ("Its entry for ATLAS_TOKENS, or a line for the file of ATLAS_TOKENS_FILE:", made.entry),
    ):
        print(told, file=sys.stderr, flush=True)
        print(text, flush=True)
    return 0


async def _prepare(settings: Settings, progress: Progress) -> bool:
    told: list[str] = []
    store = await open_seeded_store(settings, progress=lambda *step: (told.append(step[0]), progress(*step))[1])
    await store.close()
    return bool(told)


@dataclass(frozen=True, slots=True)
class _Answered:
    """An operation's answer as a client would get it, and where its rows are, or why it has none."""

    answer: dict[str, Any]
    errors: Sequence[GraphQLError]
    rows: TableLayout | None
    no_rows: str | None = None


async def _answer(settings: Settings, given: argparse.Namespace, variables: dict[str, Any] | None) -> _Answered:
    store = await open_seeded_store(settings)
    try:
        engine = Engine(store, config=replace(EngineConfig.of(settings), development=True))
        result = await engine.schema.execute(
            given.graphql,
            variable_values=variables,
            operation_name=given.operation,
            operation_extensions={EXPLAIN: given.explain},
        )
        answer = orjson.loads(
            orjson.dumps(
                {
                    **({"errors": [error.formatted for error in result.errors]} if result.errors else {}),
                    **({} if result.data is None else {"data": result.data}),
                    **({"extensions": result.extensions} if given.explain and result.extensions else {}),
                }
            )
        )
        if result.errors:
            return _Answered(answer, result.errors, None)
        try:
            return _Answered(answer, (), engine.table_layout(given.graphql, given.operation, variables))
        except RequestError as refused:
            return _Answered(answer, (), None, str(refused))
    except MissingQueryError as error:
        raise AtlasError("There is no operation; write one, such as '{ frameworks { totalCount } }'.") from error
    except CannotGetOperationTypeError as error:
        told = "has no operation" if given.operation is None else f"has no operation named '{given.operation}'"
        raise AtlasError(f"The document {told}.") from error
    finally:
        await store.close()


def _variables(text: str | None) -> dict[str, Any] | None:
    if text is None:
        return None
    try:
        variables = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise AtlasError(f"--variables is not JSON: {error}.") from error
    if not isinstance(variables, dict):
        raise AtlasError("--variables is not a JSON object.")
    return variables


@contextmanager
def _progress(*counts: ProgressColumn) -> Iterator[Progress]:
    """A bar per thing that is being done, with these counts of it, on a terminal; silence in a pipe."""
    console = Console(stderr=True)
    counts = counts or (MofNCompleteColumn(),)
    columns = TextColumn("{task.description}"), BarColumn(), *counts, TimeRemainingColumn()
    with Bar(*columns, console=console, disable=not console.is_terminal) as bar:
        tasks: dict[str, TaskID] = {}

        def tell(what: str, done: int, of: int) -> None:
            if what not in tasks:
                tasks[what] = bar.add_task(what, total=of)
            bar.update(tasks[what], completed=done)

        yield tell


def _settings(given: argparse.Namespace) -> Settings:
    return read_settings(**{name: getattr(given, name) for name in Settings.model_fields if hasattr(given, name)})


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="framework-atlas", description="A graph of frameworks, and who says so.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    serving_ = _command(commands, serve, "store", "facts", "host", "port", "workers", settings=True)
    serving_.add_argument(
        "--development", action="store_true", default=None, help=str(Settings.model_fields["development"].description)
    )
    seeding = _command(commands, seed, "store", "facts")
    seeding.add_argument("--update", action="store_true", help="bring the facts up to date in a store that is filled")
    loading = _command(commands, load, "store")
    loading.add_argument(
        "file",
        nargs="+",
        metavar="FILE",
        help=f"a file whose name ends in {', '.join(FORMATS)}; - is the standard input",
    )
    loading.add_argument("--format", choices=sorted(set(FORMATS.values())), help="what FILEs are; of stdin: jsonl")
    loading.add_argument(
        "--dry-run", action="store_true", help="check all lines, against the store as well; write none"
    )
    loading.add_argument("--keep-going", action="store_true", help="write all lines but the wrong ones")
    loading.add_argument(
        "--max-errors", type=_positive, default=100, metavar="N", help="stop at so many faults (default: 100)"
    )
    exporting = _command(commands, export, "store")
    exporting.add_argument("file", nargs="?", metavar="FILE", help="default: the standard output")
    checking = _command(commands, check)
    checking.add_argument(
        "folder", type=Path, nargs="?", default=SHIPPED, metavar="FOLDER", help="default: the shipped facts"
    )
    asking = _command(commands, query, "store", "facts")
    asking.add_argument("graphql", metavar="GRAPHQL", help="the operation's text")
    asking.add_argument("--variables", metavar="JSON", help="its variables, as a JSON object")
    asking.add_argument("--operation", metavar="NAME", help="which operation of the text, where it has several")
    asking.add_argument(
        "--format",
        choices=("table", "json", "csv", "jsonl"),
        help="default: a table on a terminal where the answer has rows, else json",
    )
    asking.add_argument("--explain", action="store_true", help="tell how it was answered as well")
    _command(commands, schema)
    making = _command(commands, token)
    making.add_argument("action", choices=["new"], help="what to do: make a new one")
    making.add_argument("--name", required=True, metavar="NAME", help="whose it is, as logs call it")
    making.add_argument("--scope", required=True, choices=SCOPES, help="each allows what those before it allow")
    return parser


def _command(
    commands: Any, run: Callable[[argparse.Namespace], int], *options: str, settings: bool = False
) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser(
        run.__name__,
        help=str(run.__doc__).partition("\n")[0],
        description=cleandoc(str(run.__doc__)),
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog=settings_table() if settings else None,
    )
    for name in options:
        told = str(Settings.model_fields[name].description).replace("%", "%%")
        parser.add_argument(f"--{name.replace('_', '-')}", metavar=name.upper(), help=told)
    parser.set_defaults(run=run)
    return parser


def _positive(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text)):
        raise argparse.ArgumentTypeError(f"'{text}' is not a number of at least 1")
    return int(text)


def settings_table() -> str:
    """Every setting, its default and what it does, a line each."""
    lines = ["settings, read from the environment (an option goes before its variable):"]
    for name, item in Settings.model_fields.items():
        lines.append(f"  {f'ATLAS_{name.upper()}':<22} {item.description} Default: {default_of(name) or 'not set'}.")
    return "\n".join(lines)
