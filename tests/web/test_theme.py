"""The color theme: light, dark or the system's; one choice for all pages, including GraphiQL."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.web.page_session import PageSession

pytestmark = pytest.mark.browser

BLOCK_STORAGE = (
    "Object.defineProperty(window, 'localStorage', { get() { throw new DOMException('no', 'SecurityError') } })"
)
COLORS = "[document.documentElement.dataset.theme, getComputedStyle(document.body).backgroundColor]"
LIGHT, DARK = ["light", "rgb(255, 255, 255)"], ["dark", "rgb(20, 22, 29)"]
EDITOR_READY = "!!document.querySelector('.monaco-editor .view-line')"
EDITOR_IS_DARK = "document.querySelector('.graphiql-query-editor .monaco-editor').className.includes('vs-dark')"


def test_a_theme_applies_to_all_pages_and_to_graphiql(session: PageSession, packages: Path) -> None:
    page = session.page
    select = page.get_by_label("Theme")
    page.goto("/")
    system = page.evaluate(COLORS)
    select.select_option("dark")
    page.locator(".counts").wait_for()
    chosen = [page.evaluate(COLORS)]
    violations = session.accessibility_violations(packages)
    page.goto("/graph#show=Framework:flask")
    session.graph_status()
    chosen.append(page.evaluate(COLORS))
    page.goto("/graphql")
    session.wait_for(EDITOR_READY)
    chosen.append(page.evaluate(COLORS))
    explorer = [page.evaluate("document.body.classList.contains('graphiql-dark')"), page.evaluate(EDITOR_IS_DARK)]
    violations += session.accessibility_violations(packages)

    page.get_by_role("button", name="Open settings dialog").click()
    page.get_by_role("dialog").get_by_role("button", name="Light").click()
    page.keyboard.press("Escape")
    after_settings = [page.evaluate(COLORS), select.input_value(), page.evaluate(EDITOR_IS_DARK)]
    select.select_option("system")
    page.emulate_media(color_scheme="dark")
    session.wait_for(EDITOR_IS_DARK)
    after_system = page.evaluate(COLORS)
    page.goto("/")

    assert (system, chosen, explorer) == (LIGHT, [DARK] * 3, [True, True])
    assert (after_settings, after_system) == ([LIGHT, "light", False], DARK)
    assert select.input_value() == "system"
    assert (violations, session.errors) == ([], [])


def test_without_storage_a_theme_applies_to_one_page(session: PageSession) -> None:
    page = session.page
    page.add_init_script(BLOCK_STORAGE)
    page.goto("/")
    page.get_by_label("Theme").select_option("dark")
    start = page.evaluate(COLORS)
    page.goto("/graphql")
    session.wait_for(EDITOR_READY)
    page.get_by_label("Theme").select_option("dark")

    assert (start, page.evaluate(COLORS)) == (DARK, DARK)
    assert session.errors == []
