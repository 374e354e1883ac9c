"""The documentation site: what the tool does not check, and that its pages load nothing from another host."""

from __future__ import annotations

import os
import re
import threading
import tomllib
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.web.page_session import Unavailable, chromium

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
SITE = ROOT / "site"
CONFIGURATION = tomllib.loads((ROOT / "zensical.toml").read_text("utf-8"))["project"]
PAGES = [str(page.relative_to(DOCS)) for page in sorted(DOCS.rglob("*.md"))]


def test_the_navigation_has_every_page_once() -> None:
    index = (DOCS / "decisions" / "index.md").read_text("utf-8")
    decisions = [f"decisions/{link}" for link in re.findall(r"\]\(([\w-]+\.md)\)", index)]

    assert sorted([*navigated(CONFIGURATION["nav"]), *decisions]) == PAGES


@pytest.mark.parametrize("page", PAGES)
def test_images_are_files_of_the_documentation(page: str) -> None:
    images = re.findall(r"!\[[^\]]*\]\(([^)]+)\)", (DOCS / page).read_text("utf-8"))

    assert [image for image in images if not ((DOCS / page).parent / image).is_file()] == []


def test_an_image_is_smaller_than_200_kb() -> None:
    assert [str(image) for image in (DOCS / "images").iterdir() if image.stat().st_size >= 200_000] == []


@pytest.mark.browser
def test_no_page_of_the_built_site_refers_to_a_file_of_another_host(site: Path) -> None:
    loads = re.compile(r"<(?:script|img|link|iframe)\b[^>]*?(?:src|href)=[\"']?((?:https?:)?//[^\s\"'>]+)")
    files = {str(page.relative_to(site)): loads.findall(page.read_text("utf-8")) for page in site.rglob("*.html")}

    assert "index.html" in files
    assert {file: urls for file, urls in files.items() if urls} == {}


@pytest.mark.browser
def test_the_built_site_works_without_another_host(served: str) -> None:
    requests: list[str] = []
    problems: list[str] = []
    try:
        with chromium() as browser:
            page = browser.new_page()
            page.on("request", lambda request: requests.append(request.url))
            page.on("response", lambda response: problems.append(response.url) if response.status >= 400 else None)
            page.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
            for name in ("index", "answers", "reference/settings"):
                page.goto(f"{served}/{name}.html", wait_until="networkidle")
                assert page.title()
    except Unavailable as error:
        unavailable(str(error))

    assert [url for url in requests if not url.startswith((f"{served}/", "data:", "blob:"))] == []
    assert problems == []


@pytest.fixture
def site() -> Path:
    """The folder of the built site."""
    if not (SITE / "index.html").exists():
        unavailable("no site: uv run --group docs zensical build --strict")
    return SITE


@pytest.fixture
def served(site: Path) -> Iterator[str]:
    """The address of the built site."""

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(site))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def unavailable(reason: str) -> None:
    """Skip the test, or fail where ATLAS_REQUIRE_BROWSER=1 requires it."""
    if os.environ.get("ATLAS_REQUIRE_BROWSER") == "1":
        pytest.fail(reason)
    pytest.skip(reason)


def navigated(items: list[Any]) -> Iterator[str]:
    """The pages of a part of the navigation."""
    for item in items:
        for target in item.values():
            if isinstance(target, str):
                yield target
            else:
                yield from navigated(target)
