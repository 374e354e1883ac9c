"""Features of the explorer for the operation in its editor: explain it, save its result, show its graph."""

from __future__ import annotations

import json
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Page

from service.auth.static_tokens import new_token
from tests.commands import serving
from tests.web.page_session import PageSession

pytestmark = pytest.mark.browser

ADMIN = new_token("analyst", "admin")
QUERY = "query Cards($first: Int! = 2) { frameworks(first: $first) { nodes { slug name } } }"
FORBIDDEN = "Only administrators can explain a query: "
NOT_A_QUERY = "Only queries are supported here; this operation is a mutation."


def test_a_result_is_saved_and_an_error_is_shown(session: PageSession, packages: Path, tmp_path: Path) -> None:
    page = session.page
    page.goto("/graphql")
    write(session, QUERY)
    saved = {name: save(page, name, tmp_path) for name in ("CSV", "JSON Lines")}
    page.get_by_role("button", name="Show Explain").click()
    explain = page.locator(".atlas-explain")
    explain.get_by_text(FORBIDDEN).wait_for()
    violations = session.accessibility_violations(packages)

    write(session, "query Both { a: frameworks { totalCount } b: companies { totalCount } }")
    page.wait_for_timeout(1000)  # GraphiQL reads the editor with a delay
    page.get_by_role("button", name="CSV", exact=True).click()
    page.locator(".atlas-download").get_by_text("A table needs exactly one root field").wait_for()
    write(session, 'mutation { deleteEntity(id: "none") { __typename } }')
    page.wait_for_timeout(1000)
    page.get_by_role("button", name="JSON Lines", exact=True).click()
    page.locator(".atlas-download").get_by_text(NOT_A_QUERY).wait_for()
    page.get_by_role("button", name="Explain again").click()
    explain.get_by_text(NOT_A_QUERY).wait_for()

    assert saved == {
        "CSV": ("Cards.csv", '"slug","name"\n"ariadne","Ariadne"\n"bottle","Bottle"\n'),
        "JSON Lines": (
            "Cards.jsonl",
            '{"slug":"ariadne","name":"Ariadne"}\n{"slug":"bottle","name":"Bottle"}\n',
        ),
    }
    assert violations == []
    assert [error for error in session.errors if "403" not in error and "400" not in error] == []


def test_every_request_of_the_explorer_has_the_token_of_the_header_editor(
    browser: Browser, packages: Path, tmp_path: Path
) -> None:
    """With the token of an administrator, the service also explains the operation."""
    with serving(tmp_path / "atlas.db", ATLAS_PUBLIC_READ="false", ATLAS_TOKENS=ADMIN.entry) as served:
        session = PageSession(browser, served.base)
        page = session.page
        page.goto("/graphql")
        write(session, 'query Two { compare(frameworks: ["flask", "django"]) { frameworks { name } } }')
        page.get_by_role("button", name="Execute query").click()
        session.wait_for("document.querySelector('.result-window')?.textContent.includes('UNAUTHENTICATED')")

        page.get_by_role("button", name="Headers").click()
        write(session, json.dumps({"Authorization": f"Bearer {ADMIN.token}"}), "headers")
        page.get_by_role("button", name="Execute query").click()
        session.wait_for("document.querySelector('.result-window')?.textContent.includes('Django')")

        page.get_by_role("button", name="Result graph").click()
        page.locator(".comparison td button").first.click()
        page.get_by_text("Supports: ").first.wait_for()
        page.get_by_role("button", name="Show Explain").click()
        explain = page.locator(".atlas-explain")
        explain.get_by_role("heading", name="Two").wait_for()
        explanation = explain.inner_text()
        violations = session.accessibility_violations(packages)
        page.emulate_media(color_scheme="dark")
        violations += session.accessibility_violations(packages)
        names = [save(page, name, tmp_path)[0] for name in ("CSV", "JSON Lines")]

        write(session, "subscription { changes { action slug } }")
        page.wait_for_timeout(1000)  # GraphiQL reads the editor with a delay
        page.get_by_role("button", name="Execute query").click()
        page.wait_for_timeout(1500)  # until the service has the subscription
        mutation = 'mutation { upsertFeature(input: {slug: "seen", name: "Seen", category: QUALITY}) { __typename } }'
        headers = {"authorization": f"Bearer {ADMIN.token}"}
        httpx.post(f"{served.base}/graphql", json={"query": mutation}, headers=headers).raise_for_status()
        session.wait_for("document.querySelector('.result-window')?.textContent.includes('UPSERT')")
        session.context.close()

    assert names == ["Two.csv", "Two.jsonl"]
    assert [
        part for part in ("SQLite", "Comparison compare", "SELECT", "SEARCH", "2 rows") if part not in explanation
    ] == []
    assert violations == []
    assert [error for error in session.errors if "401" not in error] == []


def write(session: PageSession, text: str, editor: str = "query") -> None:
    """Replace the text of an editor, as pasting does."""
    selectors = {"query": ".graphiql-query-editor", "headers": ".graphiql-editor-tool .graphiql-editor:not(.hidden)"}
    page = session.page
    field = page.locator(f"{selectors[editor]} :is(textarea, .native-edit-context)").first
    page.locator(f"{selectors[editor]} .view-line").first.wait_for()
    shown = ""
    for _ in range(20):  # a new editor may still receive its initial text
        field.focus()
        page.keyboard.press("Control+A")
        page.keyboard.insert_text(text)
        page.wait_for_timeout(500)
        shown = page.locator(f"{selectors[editor]} .view-lines").inner_text()
        if without_spaces(text)[:40] in without_spaces(shown):
            return
    raise AssertionError(f"the editor shows another text: {shown!r}")


def without_spaces(text: str) -> str:
    return "".join(text.split())


def save(page: Page, name: str, folder: Path) -> tuple[str, str]:
    with page.expect_download() as download:
        page.get_by_role("button", name=name, exact=True).click()
    path = folder / download.value.suggested_filename
    download.value.save_as(path)
    return path.name, path.read_text()
