"""What somebody gets who installs the client, or the service: the one has nothing of the other."""

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
PAGES = ROOT / "service" / "explorer_assets"


def wheel(folder: Path, out: Path) -> zipfile.ZipFile:
    """Build it as `uv build` would, without fetching anything."""
    program = f"from hatchling import build; build.build_wheel({str(out)!r})"
    subprocess.run([sys.executable, "-c", program], cwd=folder, check=True, capture_output=True)
    (built,) = out.glob("*.whl")
    return zipfile.ZipFile(built)


def tops(built: zipfile.ZipFile) -> set[str]:
    return {name.partition("/")[0] for name in built.namelist()}


def test_the_clients_wheel_holds_the_client_alone(tmp_path: Path) -> None:
    built = wheel(CLIENT, tmp_path)

    about = Parser().parsestr(built.read("framework_atlas_client-0.1.0.dist-info/METADATA").decode())
    assert tops(built) == {"framework_atlas", "framework_atlas_client-0.1.0.dist-info"}
    assert {"framework_atlas/py.typed", "framework_atlas_client-0.1.0.dist-info/licenses/LICENSE"} <= {
        *built.namelist()
    }
    assert about.get_all("Requires-Dist") == ["httpx<1,>=0.27"]
    assert about["Requires-Python"] == ">=3.11"


def test_what_is_installed_brings_nothing_of_the_service(tmp_path: Path) -> None:
    wheel(CLIENT, tmp_path / "out").extractall(tmp_path / "installed")
    libraries = Path(httpx.__file__).parents[1]
    program = (
        f"import sys; sys.path = [path for path in sys.path if 'python3' in path and 'site-packages' not in path]"
        f"; sys.path[:0] = [{str(tmp_path / 'installed')!r}]; sys.path.append({str(libraries)!r})"
        "; import framework_atlas.types; print(framework_atlas.__file__)"
        "; print(*sorted({'schema', 'service', 'graph_seed', 'graphql', 'strawberry'} & set(sys.modules)))"
    )

    done = subprocess.run(
        [sys.executable, "-I", "-c", program], cwd=tmp_path, check=True, capture_output=True, text=True
    )

    assert done.stdout.splitlines() == [str(tmp_path / "installed" / "framework_atlas" / "__init__.py"), ""]


@pytest.mark.skipif(not (PAGES / "built-from.txt").exists(), reason="the explorer's pages are not built here")
def test_the_services_wheel_holds_nothing_of_the_client(tmp_path: Path) -> None:
    listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    files = subprocess.run(listed, cwd=ROOT, check=True, capture_output=True, text=True).stdout.split("\0")
    for file in filter(None, files):
        if (ROOT / file).is_file() and not file.startswith("tests/"):
            (tmp_path / "clone" / file).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / file, tmp_path / "clone" / file)
    shutil.copytree(PAGES, tmp_path / "clone" / "service" / "explorer_assets")

    built = wheel(tmp_path / "clone", tmp_path / "out")

    assert tops(built) == {"service", "schema", "graph_seed", "framework_atlas-0.1.0.dist-info"}
