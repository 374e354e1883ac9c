"""Take the screenshots of the documentation from a running service: `python -m tests.docs.screenshots`. It needs chromium."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import Page

from tests.commands import serving
from tests.docs.running import ROOT
from tests.web.page_session import chromium

IMAGES = ROOT / "docs" / "images"
_MILLISECONDS = 4000  # until layouts have settled


def main() -> None:
    with TemporaryDirectory() as folder, serving(Path(folder) / "atlas.db") as served, chromium() as browser:
        page = browser.new_page(viewport={"width": 1640, "height": 800})
        _explorer(page, served.base)
        _graph(page, served.base)


def _explorer(page: Page, base: str) -> None:
    """An example, its answer, and its evidence as a comparison matrix in a panel that is wide enough."""
    page.goto(f"{base}/graphql#example=12-compare")
    page.wait_for_timeout(_MILLISECONDS)
    page.get_by_role("button", name="Execute query").click()
    page.get_by_role("button", name="Show Result graph").click()
    bar = page.locator(".graphiql-horizontal-drag-bar").first.bounding_box()
    assert bar is not None
    page.mouse.move(bar["x"] + 3, bar["y"] + 200)
    page.mouse.down()
    page.mouse.move(bar["x"] + 190, bar["y"] + 200, steps=5)
    page.mouse.up()
    page.wait_for_timeout(_MILLISECONDS)
    page.screenshot(path=IMAGES / "explorer.png")


def _graph(page: Page, base: str) -> None:
    page.set_viewport_size({"width": 1280, "height": 660})
    page.goto(f"{base}/graph#show=Framework:flask")
    page.wait_for_timeout(_MILLISECONDS)
    page.screenshot(path=IMAGES / "graph.png")


if __name__ == "__main__":
    main()
