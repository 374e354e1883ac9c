"""Print the GraphQL schema."""

from __future__ import annotations

import argparse

from schema import build


def add_arguments(_parser: argparse.ArgumentParser) -> None:
    """Add nothing: the command has no arguments."""


def run(_arguments: argparse.Namespace) -> int:
    print(build().as_str())
    return 0
