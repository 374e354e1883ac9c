"""Run the command `framework-atlas` in a separate process: until it exits, or as a service."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

COMMAND = shutil.which("framework-atlas", path=str(Path(sys.executable).parent)) or ""
_WAIT_SECONDS = 60
_STOP_SECONDS = 20


def run(
    *arguments: str, cwd: Path | None = None, stdin: str | None = None, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run a command until it exits. The exit code is not checked."""
    return subprocess.run(
        [COMMAND, *arguments],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        cwd=cwd,
        input=stdin,
        env={**os.environ, **environment},
    )


@dataclass(frozen=True)
class RunningService:
    """A service that runs in separate processes. `base` is its URL without a path."""

    process: subprocess.Popen[str]
    base: str
    first_line: str

    @property
    def port(self) -> int:
        return int(self.base.rpartition(":")[2])

    def processes(self) -> set[int]:
        """The IDs of all its processes: those of the session that it leads."""
        return _processes_of(self.process.pid)


@contextmanager
def serving(store: Path | None, *options: str, **environment: str) -> Iterator[RunningService]:
    """Run `framework-atlas serve` on a free port during the block. Afterwards none of its processes is left."""
    location = ["--store", f"sqlite:///{store}"] if store else []
    process = subprocess.Popen(
        [COMMAND, "serve", "--port", "0", *location, *options],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        env={**os.environ, **environment},
    )
    assert process.stderr is not None
    try:
        first_line = process.stderr.readline()
        address = re.search(r"(http://\S+)/graphql", first_line)
        assert address, first_line + process.stderr.read()
        wait_until(lambda: responds(address[1]), "the service responds")
        yield RunningService(process, address[1], first_line)
    finally:
        if process.poll() is None:
            process.terminate()
        try:
            process.wait(_STOP_SECONDS)
        finally:
            for process_id in _processes_of(process.pid):
                os.kill(process_id, signal.SIGKILL)
        output = process.stderr.read()
        process.communicate()
    assert (process.returncode in {0, -signal.SIGTERM, -signal.SIGINT}, "Traceback" in output) == (True, False), output


def responds(base: str) -> bool:
    try:
        return httpx.get(f"{base}/healthz", timeout=5).status_code == 200
    except httpx.TransportError:
        return False


def wait_until(condition: Callable[[], object], description: str, seconds: float = _WAIT_SECONDS) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"waited {seconds} s in vain until {description}"
        time.sleep(0.05)


def _processes_of(session: int) -> set[int]:
    """The IDs of the running processes of a session."""
    running = set()
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _, _, leader = entry.read_text().rpartition(")")[2].split()[:4]
        except OSError:  # the process has exited since the folder was listed
            continue
        if int(leader) == session and state != "Z":
            running.add(int(entry.parent.name))
    return running
