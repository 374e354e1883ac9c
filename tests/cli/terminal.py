"""Run a command with an output on a terminal."""

from __future__ import annotations

import os
import pty
import subprocess
from typing import Literal

from tests.commands import COMMAND

_TIMEOUT_SECONDS = 60


def run_on_terminal(
    *arguments: str, on: Literal["stdout", "stderr"] = "stdout", columns: int = 100, terminal: str = "dumb"
) -> tuple[int, str, str]:
    """Run a command with one output on a terminal; returns the exit code, that output, and the other one."""
    ours, theirs = pty.openpty()
    environment = {**os.environ, "TERM": terminal, "COLUMNS": str(columns)}
    other = "stderr" if on == "stdout" else "stdout"
    with subprocess.Popen(
        [COMMAND, *arguments], **{on: theirs, other: subprocess.PIPE}, text=True, env=environment
    ) as process:
        os.close(theirs)
        shown = b"".join(iter(lambda: _read(ours), b"")).decode()
        pipe = process.stderr if on == "stdout" else process.stdout
        assert pipe is not None
        rest = pipe.read()
        process.wait(_TIMEOUT_SECONDS)
    os.close(ours)
    return process.returncode, shown, rest


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65536)
    except OSError:  # the command has ended
        return b""
