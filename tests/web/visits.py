"""A visit of a page in a real browser, and all that may be asked of it; for tests, and for the benchmark of the explorer."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Error, sync_playwright

from service.pages.assets import Pages

# No request of the browser's own, which would be refused on a machine without a network.
QUIET = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync"),
]


class Unavailable(Exception):  # noqa: N818 - a state of the machine, not a mistake
    """No page can be visited here; the message says for want of what."""


@contextmanager
def chromium() -> Iterator[Browser]:
    """Debian's chromium, or whatever chromium is on the PATH; none is downloaded. `Unavailable` where none starts."""
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if found is None:
        raise Unavailable("no chromium on the PATH")
    if missing := Pages().missing:
        raise Unavailable(missing)
    with sync_playwright() as playwright:
        try:
            browser = playwright.chromium.launch(executable_path=found, args=QUIET)
        except Error as error:
            raise Unavailable(f"chromium does not start: {error.message}") from error
        yield browser
        browser.close()


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

    def until_usable(self) -> tuple[int, int]:
        """Open the explorer, and use it at once; milliseconds on the page's own clock, from the start of the navigation.

        First until what is put into the editor is there, then until the service has answered it.
        """
        page, asked = self.page, "{ graph { version } }"
        page.goto("/graphql", wait_until="commit")
        page.locator(".graphiql-query-editor :is(textarea, .native-edit-context)").first.focus()
        page.keyboard.press("Control+A")
        page.keyboard.press("Delete")  # or the bracket would be put around what is there
        page.keyboard.insert_text(asked)
        page.locator(".graphiql-query-editor .view-lines").get_by_text("version").first.wait_for()
        keys = page.evaluate("performance.now()")
        with page.expect_response(lambda got: f'"query":"{asked}"' in (got.request.post_data or "")) as answer:
            page.get_by_role("button", name="Execute query").click()
        assert answer.value.status == 200, answer.value.text()
        return round(keys), round(page.evaluate("performance.now()"))
