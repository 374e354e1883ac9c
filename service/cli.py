"""The command: serve, seed, check, query, schema, token."""

from __future__ import annotations

import argparse
import asyncio
import os
import socket
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import orjson
import uvicorn
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TaskID, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bar
from strawberry.exceptions import MissingQueryError
from strawberry.schema.exceptions import CannotGetOperationTypeError

from graph_seed import SHIPPED, claims, read
from schema import ONTOLOGY, build
from service.app import create_app, prepare
from service.auth import SCOPES, Authenticator, new_token
from service.engine import Engine
from service.errors import AtlasError, StoreRefused, StoreUnavailable
from service.pages import Pages
from service.settings import Settings, read_settings
from service.stores import Progress


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


def serve(given: argparse.Namespace) -> int:
    """Open the graph (the first time: fill it) and answer over HTTP until stopped."""
    settings = _settings(given)
    Authenticator(settings)  # what is wrong with it is told before anything is filled or a worker started
    with _progress() as progress:
        try:
            asyncio.run(_prepare(settings, progress))
        except StoreRefused:
            raise
        except StoreUnavailable as error:
            print(f"{error}; serving all the same, until it is back.", file=sys.stderr)
    port = _port(settings.host, settings.port)
    os.environ.update(settings.as_environment())
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    print(f"Framework Atlas on http://{host}:{port}/graphql, from {settings.store}", file=sys.stderr, flush=True)
    if settings.explorer and (missing := Pages().missing):
        print(missing, file=sys.stderr, flush=True)
    options: dict[str, Any] = {
        "host": settings.host,
        "port": port,
        "timeout_worker_healthcheck": 60,  # a worker on a busy machine may take that long to import everything
        "log_level": settings.log_level,
        "access_log": False,
        "timeout_graceful_shutdown": 5,  # or a stream that is open would hold up the end for ever
    }
    if settings.workers > 1:
        uvicorn.run("service.app:create_app", factory=True, workers=settings.workers, **options)
    else:
        uvicorn.run(create_app(settings), **options)
    return 0


def seed(given: argparse.Namespace) -> int:
    """Fill an empty store with facts."""
    settings = _settings(given)
    with _progress() as progress:
        filled = asyncio.run(_prepare(settings, progress))
    print(f"{settings.store}: {'filled' if filled else 'holds a graph already, left as it is'}.")
    return 0


def check(given: argparse.Namespace) -> int:
    """Check a folder of facts against the ontology and count what it holds."""
    facts = read(given.folder)
    for kind in ONTOLOGY.kinds:
        print(f"{sum(item.kind == kind.name for item in facts.entities):>6} {kind.plural}")
    gathered = list(claims(facts))
    for name in ONTOLOGY.relation_names:
        print(f"{sum(claim.relation.name == name for claim in gathered):>6} claims {name}")
    print(f"{len(facts.evidence):>6} pieces of evidence")
    return 0


def query(given: argparse.Namespace) -> int:
    """Answer one operation and print it as JSON; exit 1 when it has errors."""
    variables = _variables(given.variables)
    answer = asyncio.run(_answer(_settings(given), given.graphql, variables, given.operation))
    sys.stdout.buffer.write(orjson.dumps(orjson.loads(orjson.dumps(answer)), option=orjson.OPT_INDENT_2) + b"\n")
    return 1 if "errors" in answer else 0


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
    store = await prepare(settings, progress=lambda *step: (told.append(step[0]), progress(*step))[1])
    await store.close()
    return bool(told)


async def _answer(
    settings: Settings, text: str, variables: dict[str, Any] | None, operation: str | None
) -> dict[str, Any]:
    store = await prepare(settings)
    try:
        result = await Engine(store).schema.execute(text, variable_values=variables, operation_name=operation)
    except MissingQueryError as error:
        raise AtlasError("There is no operation; write one, such as '{ frameworks { totalCount } }'.") from error
    except CannotGetOperationTypeError as error:
        told = "has no operation" if operation is None else f"has no operation named '{operation}'"
        raise AtlasError(f"The document {told}.") from error
    finally:
        await store.close()
    answer: dict[str, Any] = {"errors": [error.formatted for error in result.errors]} if result.errors else {}
    return answer if result.data is None else {**answer, "data": result.data}


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


def _port(host: str, port: int) -> int:
    """The port to listen on, a free one for 0; raises AtlasError where it is taken."""
    try:
        family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
            return probe.getsockname()[1]
    except OSError as error:
        raise AtlasError(f"cannot listen on {host}:{port}: {error.strerror}.") from error


@contextmanager
def _progress() -> Iterator[Progress]:
    """A bar per thing that is being written, on a terminal; silence in a pipe."""
    console = Console(stderr=True)
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
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
    _command(commands, serve, "store", "facts", "host", "port", "workers", settings=True)
    _command(commands, seed, "store", "facts")
    checking = _command(commands, check)
    checking.add_argument(
        "folder", type=Path, nargs="?", default=SHIPPED, metavar="FOLDER", help="default: the shipped facts"
    )
    asking = _command(commands, query, "store", "facts")
    asking.add_argument("graphql", metavar="GRAPHQL", help="the operation's text")
    asking.add_argument("--variables", metavar="JSON", help="its variables, as a JSON object")
    asking.add_argument("--operation", metavar="NAME", help="which operation of the text, where it has several")
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
        help=run.__doc__,
        description=run.__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog=settings_table() if settings else None,
    )
    for name in options:
        told = str(Settings.model_fields[name].description).replace("%", "%%")
        parser.add_argument(f"--{name.replace('_', '-')}", metavar=name.upper(), help=told)
    parser.set_defaults(run=run)
    return parser


def settings_table() -> str:
    """Every setting, its default and what it does, a line each."""
    lines = ["settings, read from the environment (an option goes before its variable):"]
    for name, item in Settings.model_fields.items():
        default = "the shipped facts" if item.default == SHIPPED else item.default or "not set"
        lines.append(f"  {f'ATLAS_{name.upper()}':<22} {item.description} Default: {default}.")
    return "\n".join(lines)
