"""A page of the service in a real browser, with everything that it requested or logged; for tests and benchmarks."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Error, sync_playwright

from service.pages.assets import Pages

# The browser sends no requests of its own: these would fail on a machine without a network.
CHROMIUM_ARGUMENTS = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync"),
]


class Unavailable(Exception):  # noqa: N818 - a state of the machine, not an error
    """No browser or no pages are available; the message has the reason."""


@contextmanager
def chromium() -> Iterator[Browser]:
    """Start the chromium on the PATH; none is downloaded. Raises Unavailable if it cannot start."""
    executable = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if executable is None:
        raise Unavailable("no chromium on the PATH")
    if missing := Pages().warning:
        raise Unavailable(missing)
    with sync_playwright() as playwright:
        try:
            browser = playwright.chromium.launch(executable_path=executable, args=CHROMIUM_ARGUMENTS)
        except Error as error:
            raise Unavailable(f"chromium does not start: {error.message}") from error
        yield browser
        browser.close()


class PageSession:
    """A page in a browser context of its own. It records requests, and errors and warnings of any origin."""

    def __init__(self, browser: Browser, base_url: str, **options: Any) -> None:
        self.context = browser.new_context(base_url=base_url, viewport={"width": 1400, "height": 900}, **options)
        self.page = self.context.new_page()
        self.base_url = base_url
        self.errors: list[str] = []
        self.requests: list[Any] = []
        self.page.set_default_timeout(60_000)
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("requestfinished", lambda request: self.requests.append(request))  # noqa: PLW0108 - Playwright rejects builtins
        self.page.on("requestfailed", self._record_failure)
        self.page.on("console", self._record_message)

    def _record_failure(self, request: Any) -> None:
        if request.failure != "net::ERR_ABORTED":  # a navigation cancels the requests of the previous page
            self.errors.append(f"{request.url}: {request.failure}")

    def _record_message(self, message: Any) -> None:
        if message.type in {"error", "warning"}:
            self.errors.append(message.text)

    @property
    def external_requests(self) -> list[str]:
        """The addresses of requests to other hosts."""
        return [one.url for one in self.requests if not one.url.startswith((self.base_url, "data:", "blob:"))]

    @property
    def transferred_bytes(self) -> int:
        return sum(one.sizes()["responseBodySize"] + one.sizes()["responseHeadersSize"] for one in self.requests)

    def wait_for(self, expression: str) -> Any:
        """Wait until an expression is true in the page. Playwright's own method needs `eval`, which the pages forbid."""
        for _ in range(600):
            if value := self.page.evaluate(expression):
                return value
            self.page.wait_for_timeout(100)
        raise AssertionError(f"did not become true in 60 seconds: {expression}")

    def accessibility_violations(self, packages: Path) -> list[str]:
        """The serious and critical violations that axe reports for the current state of the page."""
        self.page.evaluate((packages / "axe-core" / "axe.min.js").read_text("utf-8"))
        violations = self.page.evaluate("axe.run(document).then((results) => results.violations)")
        return [
            f"{violation['id']}: {node['html'][:200]} {node['failureSummary'][:300]}"
            for violation in violations
            if violation["impact"] in {"serious", "critical"}
            for node in violation["nodes"]
            # In GraphiQL, a tab contains the button that closes it. Both are accessible by keyboard.
            if not (violation["id"] == "nested-interactive" and "graphiql-tab" in node["html"])
        ]

    def graph_status(self) -> str:
        """Wait until a graph view is loaded; the text of its status line."""
        return self.wait_for(
            "!document.querySelector('.graph-view[aria-busy]') && "
            "document.querySelector('.graph-view .status')?.textContent"
        )

    def time_explorer(self) -> tuple[int, int]:
        """Open the explorer, enter a query and execute it, each as soon as possible.

        Returns milliseconds on the page's clock from the start of the navigation until the editor shows the query, and
        until the response arrives.
        """
        page, query = self.page, "{ graph { version } }"
        page.goto("/graphql", wait_until="commit")
        page.locator(".graphiql-query-editor :is(textarea, .native-edit-context)").first.focus()
        page.keyboard.press("Control+A")
        page.keyboard.press("Delete")  # otherwise the editor would put the selected text into the brace
        page.keyboard.insert_text(query)
        page.locator(".graphiql-query-editor .view-lines").get_by_text("version").first.wait_for()
        accepts_keys = page.evaluate("performance.now()")
        with page.expect_response(
            lambda response: f'"query":"{query}"' in (response.request.post_data or "")
        ) as response:
            page.get_by_role("button", name="Execute query").click()
        assert response.value.status == 200, response.value.text()
        return round(accepts_keys), round(page.evaluate("performance.now()"))
