"""The entry point of the command `framework-atlas`."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from inspect import cleandoc
from types import ModuleType

from service.cli import check, export, load, query, schema, seed, serve, token
from service.errors import AtlasError

_COMMANDS: dict[str, ModuleType] = {
    "serve": serve,
    "seed": seed,
    "load": load,
    "export": export,
    "check": check,
    "query": query,
    "schema": schema,
    "token": token,
}
"""Each module has `add_arguments(parser)` and `run(arguments)`, which returns the exit code. Its docstring is the help."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code: 0, 1 after an error, 2 for an invalid command line."""
    parsed = _parser().parse_args(arguments)
    try:
        return parsed.run(parsed)
    except AtlasError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:  # the reader of the pipe has exited; the interpreter would fail to flush the rest
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="framework-atlas",
        description="A GraphQL knowledge graph of software frameworks, with evidence for every relation.",
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for name, module in _COMMANDS.items():
        description = cleandoc(str(module.__doc__))
        command = commands.add_parser(
            name,
            help=description.partition("\n")[0],
            description=description,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        module.add_arguments(command)
        command.set_defaults(run=module.run)
    return parser
