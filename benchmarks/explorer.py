"""Measure when the explorer becomes usable: loads of `/graphql` with an empty cache, each in a new browser context.

Milliseconds on the page's clock from the start of the navigation until the editor accepts keys, and until a query typed
into it is answered. The service runs on SQLite with the shipped facts. Needs chromium on the PATH and the built pages.

    uv run python -m benchmarks.explorer
    uv run python -m benchmarks.explorer --loads 20
"""

from __future__ import annotations

import argparse
import statistics
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.commands import serving
from tests.web.page_session import PageSession, Unavailable, chromium

REST_SECONDS = 1.5


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--loads", type=int, default=7, help="number of loads (7)")
    loads = parser.parse_args().loads

    measured: list[tuple[int, int]] = []
    try:
        with TemporaryDirectory() as folder, serving(Path(folder) / "atlas.db") as served, chromium() as browser:
            for _ in range(loads):
                time.sleep(REST_SECONDS)
                session = PageSession(browser, served.base)
                measured.append(session.time_explorer())
                session.context.close()
    except Unavailable as error:
        raise SystemExit(f"The explorer cannot be measured on this machine: {error}.") from error

    for name, values in zip(("accepts keys", "has answered"), zip(*sorted(measured), strict=True), strict=True):
        print(
            f"{name:12} | {' | '.join(f'{value:6,}' for value in values)} | median {statistics.median(values):,.0f} ms"
        )


if __name__ == "__main__":
    main()
