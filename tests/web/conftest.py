"""What the tests of the pages need: npm's packages for types and axe, chromium, and a service to visit."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Never

import pytest
from playwright.sync_api import Browser, Error, sync_playwright

from service.auth import new_token
from service.pages import Pages
from tests import npm
from tests.service.test_cli import Served, serving

WEB = Path(__file__).parent.parent.parent / "web"
REQUIRED = os.environ.get("ATLAS_REQUIRE_BROWSER") == "1"
WRITER = new_token("visitor", "write")

# No request of the browser's own, which would be refused on a machine without a network.
QUIET = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync"),
]


def _without(what: str) -> Never:
    """End a test for want of something: a failure where the run must have it, else a skip."""
    if REQUIRED:
        pytest.fail(what)
    pytest.skip(what)


@pytest.fixture(scope="session")
def packages() -> Path:
    """`web/node_modules`, those for development too, as the lock file has them."""
    try:
        return npm.install(WEB)
    except npm.Unavailable as error:
        return _without(str(error))


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Debian's chromium, or whatever chromium is on the PATH; none is downloaded.

    For a module only: as long as Playwright runs, no other event loop can in this thread.
    """
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if found is None:
        _without("no chromium on the PATH")
    if missing := Pages().missing:
        _without(missing)
    with sync_playwright() as playwright:
        try:
            browser = playwright.chromium.launch(executable_path=found, args=QUIET)
        except Error as error:
            _without(f"chromium does not start: {error.message}")
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A service with the shipped facts."""
    with serving(tmp_path_factory.mktemp("site") / "atlas.db", ATLAS_TOKENS=WRITER.entry) as served:
        yield served


class Visit:
    """A page, and all that went over the network or wrong while it was open."""

    def __init__(self, browser: Browser, base: str, **options: Any) -> None:
        self.context = browser.new_context(base_url=base, viewport={"width": 1400, "height": 900}, **options)
        self.page = self.context.new_page()
        self.base = base
        self.faults: list[str] = []
        self.requests: list[Any] = []
        self.page.set_default_timeout(60_000)
        self.page.on("pageerror", lambda error: self.faults.append(str(error)))
        self.page.on("requestfinished", lambda request: self.requests.append(request))  # noqa: PLW0108 - no builtin is taken
        self.page.on("requestfailed", self._failed)
        self.page.on("console", self._heard)

    def _failed(self, request: Any) -> None:
        if request.failure != "net::ERR_ABORTED":  # who leaves a page does not wait for its answers
            self.faults.append(f"{request.url}: {request.failure}")

    def _heard(self, message: Any) -> None:
        if message.type in {"error", "warning"}:
            self.faults.append(message.text)

    @property
    def foreign(self) -> list[str]:
        """What was asked of anybody else; what is made within the page is of no host."""
        return [one.url for one in self.requests if not one.url.startswith((self.base, "data:", "blob:"))]

    @property
    def transferred(self) -> int:
        return sum(one.sizes()["responseBodySize"] + one.sizes()["responseHeadersSize"] for one in self.requests)

    def until(self, expression: str) -> Any:
        """Wait for something to be true in the page; Playwright's own way needs `eval`, which the pages forbid."""
        for _ in range(600):
            if value := self.page.evaluate(expression):
                return value
            self.page.wait_for_timeout(100)
        raise AssertionError(f"it never came true: {expression}")

    def barriers(self, packages: Path) -> list[str]:
        """What axe finds on the page, as it is now, that seriously keeps somebody out."""
        self.page.evaluate((packages / "axe-core" / "axe.min.js").read_text("utf-8"))
        found = self.page.evaluate("axe.run(document).then((found) => found.violations)")
        return [
            f"{one['id']}: {node['html'][:200]} {node['failureSummary'][:300]}"
            for one in found
            if one["impact"] in {"serious", "critical"}
            for node in one["nodes"]
            # GraphiQL's own: a tab that holds the button that closes it. All of it is within reach of the keyboard.
            if not (one["id"] == "nested-interactive" and "graphiql-tab" in node["html"])
        ]

    def drawn(self) -> str:
        """Wait until a picture is complete; what it says of itself."""
        return self.until(
            "!document.querySelector('.picture[aria-busy]') && document.querySelector('.picture .status')?.textContent"
        )


@pytest.fixture
def visit(browser: Browser, site: Served, request: pytest.FixtureRequest) -> Iterator[Visit]:
    made = Visit(browser, site.base, **getattr(request, "param", {}))
    yield made
    made.context.close()
