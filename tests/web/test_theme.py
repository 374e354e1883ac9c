"""Light, dark or as the system has it: one choice for all pages, GraphiQL's included."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.web.visits import Visit

pytestmark = pytest.mark.browser

BLOCKED = "Object.defineProperty(window, 'localStorage', { get() { throw new DOMException('no', 'SecurityError') } })"
SEEN = "[document.documentElement.dataset.theme, getComputedStyle(document.body).backgroundColor]"
LIGHT, DARK = ["light", "rgb(255, 255, 255)"], ["dark", "rgb(20, 22, 29)"]
READY = "!!document.querySelector('.monaco-editor .view-line')"
EDITOR = "document.querySelector('.graphiql-query-editor .monaco-editor').className.includes('vs-dark')"


def test_a_theme_is_chosen_once_for_all_pages_and_the_explorer_agrees(visit: Visit, packages: Path) -> None:
    page = visit.page
    switch = page.get_by_label("Theme")
    page.goto("/")
    first = page.evaluate(SEEN)
    switch.select_option("dark")
    page.locator(".counts").wait_for()
    seen = [page.evaluate(SEEN)]
    barriers = visit.barriers(packages)
    page.goto("/graph#show=Framework:flask")
    visit.drawn()
    seen.append(page.evaluate(SEEN))
    page.goto("/graphql")
    visit.until(READY)
    seen.append(page.evaluate(SEEN))
    explorer = [page.evaluate("document.body.classList.contains('graphiql-dark')"), page.evaluate(EDITOR)]
    barriers += visit.barriers(packages)

    page.get_by_role("button", name="Open settings dialog").click()
    page.get_by_role("dialog").get_by_role("button", name="Light").click()
    page.keyboard.press("Escape")
    by_graphiql = [page.evaluate(SEEN), switch.input_value(), page.evaluate(EDITOR)]
    switch.select_option("system")
    page.emulate_media(color_scheme="dark")
    visit.until(EDITOR)
    by_system = page.evaluate(SEEN)
    page.goto("/")

    assert (first, seen, explorer) == (LIGHT, [DARK] * 3, [True, True])
    assert (by_graphiql, by_system) == ([LIGHT, "light", False], DARK)
    assert switch.input_value() == "system"
    assert (barriers, visit.faults) == ([], [])


def test_where_nothing_can_be_kept_a_theme_holds_for_the_page(visit: Visit) -> None:
    page = visit.page
    page.add_init_script(BLOCKED)
    page.goto("/")
    page.get_by_label("Theme").select_option("dark")
    start = page.evaluate(SEEN)
    page.goto("/graphql")
    visit.until(READY)
    page.get_by_label("Theme").select_option("dark")

    assert (start, page.evaluate(SEEN)) == (DARK, DARK)
    assert visit.faults == []
