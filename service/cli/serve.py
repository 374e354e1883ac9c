"""Serve the graph over HTTP until stopped.

An empty store is filled with facts first.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys

from schema import ONTOLOGY
from service.auth.authenticator import Authenticator
from service.cli.options import add_settings, settings_of, settings_table
from service.cli.progress import items, progress_bars
from service.cli.seed import fill_store
from service.errors import StoreAccessDenied, StoreUnavailable
from service.http.persisted_queries import read_trusted_documents
from service.http.rate_limits import RateLimiter
from service.pages.assets import Pages
from service.server.run import listen
from service.server.run import run as run_server
from service.settings import Settings


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = settings_table()
    add_settings(parser, "store", "facts", "host", "port", "workers", "development")


def run(arguments: argparse.Namespace) -> int:
    settings = settings_of(arguments)
    _check(settings)
    with progress_bars(*items()) as progress:
        try:
            asyncio.run(fill_store(settings, progress))
        except StoreAccessDenied:
            raise
        except StoreUnavailable as error:
            print(f"{error}; serving without the store until it is available.", file=sys.stderr)
    sockets = listen(settings)
    os.environ.update(settings.as_environment())  # for the workers
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    port = sockets[0].getsockname()[1]
    print(f"Framework Atlas on http://{host}:{port}/graphql, from {settings.store}", file=sys.stderr, flush=True)
    if settings.explorer and (warning := Pages().warning):
        print(warning, file=sys.stderr, flush=True)
    run_server(settings, sockets)
    return 0


def _check(settings: Settings) -> None:
    """Raise errors of settings before the store is filled and workers are started."""
    Authenticator(settings)
    read_trusted_documents(settings, ONTOLOGY)
    RateLimiter(settings)
