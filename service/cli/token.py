"""Create a token: print it, and the entry for ATLAS_TOKENS that makes the service accept it."""

from __future__ import annotations

import argparse
import sys

from service.auth.principal import SCOPES
from service.auth.static_tokens import new_token


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("action", choices=["new"], help="Create a token.")
    parser.add_argument("--name", required=True, metavar="NAME", help="Name of the client, for logs and rate limits.")
    parser.add_argument("--scope", required=True, choices=SCOPES, help="Each scope includes those before it.")


def run(arguments: argparse.Namespace) -> int:
    created = new_token(arguments.name, arguments.scope)
    for label, text in (
        ("The token, which is shown only now:", created.token),
        ("Its entry for ATLAS_TOKENS, or a line for the file in ATLAS_TOKENS_FILE:", created.entry),
    ):
        print(label, file=sys.stderr, flush=True)
        print(text, flush=True)
    return 0
