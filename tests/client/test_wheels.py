"""The wheels of the client and of the service contain only their own packages."""

from __future__ import annotations

import shutil
import subprocess
import sys
import zipfile
from email.parser import Parser
from pathlib import Path

import httpx
import pytest

ROOT = Path(__file__).parents[2]
CLIENT = ROOT / "client"
ASSETS = ROOT / "service" / "explorer_assets"


def wheel(folder: Path, out: Path) -> zipfile.ZipFile:
    """Build the wheel of a project like `uv build`, without downloads."""
    program = f"from hatchling import build; build.build_wheel({str(out)!r})"
    subprocess.run([sys.executable, "-c", program], cwd=folder, check=True, capture_output=True)
    (built,) = out.glob("*.whl")
    return zipfile.ZipFile(built)


def top_level(built: zipfile.ZipFile) -> set[str]:
    return {name.partition("/")[0] for name in built.namelist()}


def test_the_wheel_of_the_client_contains_only_the_client(tmp_path: Path) -> None:
    built = wheel(CLIENT, tmp_path)

    metadata = Parser().parsestr(built.read("framework_atlas_client-0.1.0.dist-info/METADATA").decode())
    assert top_level(built) == {"framework_atlas", "framework_atlas_client-0.1.0.dist-info"}
    assert {"framework_atlas/py.typed", "framework_atlas_client-0.1.0.dist-info/licenses/LICENSE"} <= {
        *built.namelist()
    }
    assert metadata.get_all("Requires-Dist") == ["httpx<1,>=0.27"]
    assert metadata["Requires-Python"] == ">=3.11"


def test_the_installed_client_does_not_import_the_service(tmp_path: Path) -> None:
    wheel(CLIENT, tmp_path / "out").extractall(tmp_path / "installed")
    libraries = Path(httpx.__file__).parents[1]
    program = (
        f"import sys; sys.path = [path for path in sys.path if 'python3' in path and 'site-packages' not in path]"
        f"; sys.path[:0] = [{str(tmp_path / 'installed')!r}]; sys.path.append({str(libraries)!r})"
        "; import framework_atlas.types; print(framework_atlas.__file__)"
        "; print(*sorted({'schema', 'service', 'graph_seed', 'graphql', 'strawberry'} & set(sys.modules)))"
    )

    completed = subprocess.run(
        [sys.executable, "-I", "-c", program], cwd=tmp_path, check=True, capture_output=True, text=True
    )

    assert completed.stdout.splitlines() == [str(tmp_path / "installed" / "framework_atlas" / "__init__.py"), ""]


@pytest.mark.skipif(not (ASSETS / "built-from.txt").exists(), reason="the pages of the explorer are not built")
def test_the_wheel_of_the_service_does_not_contain_the_client(tmp_path: Path) -> None:
    listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    files = subprocess.run(listed, cwd=ROOT, check=True, capture_output=True, text=True).stdout.split("\0")
    for file in filter(None, files):
        if (ROOT / file).is_file() and not file.startswith("tests/"):
            (tmp_path / "clone" / file).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / file, tmp_path / "clone" / file)
    shutil.copytree(ASSETS, tmp_path / "clone" / "service" / "explorer_assets")

    built = wheel(tmp_path / "clone", tmp_path / "out")

    assert top_level(built) == {"service", "schema", "graph_seed", "framework_atlas-0.1.0.dist-info"}
