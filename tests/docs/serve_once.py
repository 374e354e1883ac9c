"""Run `framework-atlas serve` until it is ready, then stop it; the arguments are those of `serve` after the program's path."""

from __future__ import annotations

import re
import subprocess
import sys
import time
import urllib.error
import urllib.request

_SECONDS = 60


def main(program: str, *arguments: str) -> int:
    with subprocess.Popen([program, "serve", *arguments, "--port", "0"], stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        line = process.stderr.readline()
        sys.stderr.write(line)
        address = re.search(r"(http://\S+)/graphql", line)
        if address and not _becomes_ready(address[1]):
            sys.stderr.write(f"{address[1]}/readyz is not 200 after {_SECONDS} s.\n")
        process.terminate()
        sys.stderr.write(process.stderr.read())
    return process.returncode


def _becomes_ready(base: str) -> bool:
    give_up = time.monotonic() + _SECONDS
    while time.monotonic() < give_up:
        try:
            with urllib.request.urlopen(f"{base}/readyz") as response:  # noqa: S310 - an address of this machine
                return response.status == 200
        except urllib.error.URLError:
            time.sleep(0.05)
    return False


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
