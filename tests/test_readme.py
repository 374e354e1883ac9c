"""The README and the files next to it: their links lead somewhere, and no file names a registry or a path of one machine.

`tests/docs` runs the README's commands, queries and code.
"""

from __future__ import annotations

import re
import subprocess
from contextlib import suppress
from pathlib import Path

from graph_seed import group_claims
from tests.facts import shipped_facts

ROOT = Path(__file__).parent.parent
README = ROOT / "README.md"


def test_the_counts_are_those_of_the_shipped_facts() -> None:
    facts = shipped_facts()

    counts = f"{len(facts.entities)} entities and {len(list(group_claims(facts)))} claims"
    assert counts in " ".join(README.read_text("utf-8").split())


def test_the_readme_counts_the_examples() -> None:
    count = len(list((ROOT / "examples").glob("*.graphql")))

    for page in (README, ROOT / "docs" / "quick-start.md"):
        assert f"{count} commented queries" in page.read_text("utf-8")


def test_links_lead_to_files() -> None:
    pages = [*ROOT.glob("*.md"), ROOT / "client" / "README.md", *(ROOT / "examples").rglob("README.md")]
    pages = [page for page in pages if "node_modules" not in page.parts]
    links = [(page, link) for page in pages for link in re.findall(r"\]\(([^):#]+)[^):]*\)", page.read_text("utf-8"))]

    assert [(str(page), link) for page, link in links if not (page.parent / link).exists()] == []


def test_no_file_names_a_package_registry_or_a_path_of_one_machine() -> None:
    # Put together here, so that this file does not contain what it looks for.
    registries = [
        *("py" + "pi.org", "python" + "hosted", "npm" + "js.", "maven.apache" + ".org/maven2", "maven" + ".org"),
        *("repo.maven" + ".apache", "proxy.golang" + ".org", "static.crates" + ".io", "deb.debian" + ".org"),
    ]
    places = ["/" + folder + "/" for folder in ("work", "root")]
    wrong = re.compile("|".join([*map(re.escape, registries), *(rf"(?<![\w.*-]){place}" for place in places)]))
    listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    files = subprocess.run(listed, cwd=ROOT, check=True, capture_output=True, text=True).stdout.split("\0")

    matches: list[str] = []
    for file in filter(None, files):
        with suppress(
            UnicodeDecodeError, FileNotFoundError
        ):  # a binary file, or a file that is deleted but not yet committed
            lines = (ROOT / file).read_text("utf-8").splitlines()
            matches += [f"{file}:{number}: {line}" for number, line in enumerate(lines, 1) if wrong.search(line)]

    assert matches == []
