"""What the explorer does with the operation in its editor besides running it: explain it, and save what it answers."""

from __future__ import annotations

import json
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Page

from service.auth.authenticator import new_token
from tests.commands import serving
from tests.web.visits import Visit

pytestmark = pytest.mark.browser

ADMIN = new_token("analyst", "admin")
QUERY = "query Cards($first: Int! = 2) { frameworks(first: $first) { nodes { slug name } } }"
REFUSED = "How a query is answered is shown to administrators: "
NO_QUERY = "This is for queries; the operation here is a mutation."


def test_an_answer_is_saved_and_a_refusal_shown(visit: Visit, packages: Path, tmp_path: Path) -> None:
    page = visit.page
    page.goto("/graphql")
    write(visit, QUERY)
    saved = {name: save(page, name, tmp_path) for name in ("CSV", "JSON Lines")}
    page.get_by_role("button", name="Show Explain").click()
    explain = page.locator(".atlas-explain")
    explain.get_by_text(REFUSED).wait_for()
    barriers = visit.barriers(packages)

    write(visit, "query Both { a: frameworks { totalCount } b: companies { totalCount } }")
    page.wait_for_timeout(1000)  # the editor tells what it holds a little later
    page.get_by_role("button", name="CSV", exact=True).click()
    page.locator(".atlas-saving").get_by_text("Rows are made of one root field").wait_for()
    write(visit, 'mutation { deleteEntity(id: "none") { __typename } }')
    page.wait_for_timeout(1000)
    page.get_by_role("button", name="JSON Lines", exact=True).click()
    page.locator(".atlas-saving").get_by_text(NO_QUERY).wait_for()
    page.get_by_role("button", name="Explain again").click()
    explain.get_by_text(NO_QUERY).wait_for()

    assert saved == {
        "CSV": ("Cards.csv", '"slug","name"\n"ariadne","Ariadne"\n"bottle","Bottle"\n'),
        "JSON Lines": (
            "Cards.jsonl",
            '{"slug":"ariadne","name":"Ariadne"}\n{"slug":"bottle","name":"Bottle"}\n',
        ),
    }
    assert barriers == []
    assert [fault for fault in visit.faults if "403" not in fault and "400" not in fault] == []


def test_a_token_in_the_header_editor_holds_for_all_that_the_explorer_asks(
    browser: Browser, packages: Path, tmp_path: Path
) -> None:
    """And one of an administrator has an operation explained."""
    with serving(tmp_path / "atlas.db", ATLAS_PUBLIC_READ="false", ATLAS_TOKENS=ADMIN.entry) as served:
        visit = Visit(browser, served.base)
        page = visit.page
        page.goto("/graphql")
        write(visit, 'query Two { compare(frameworks: ["flask", "django"]) { frameworks { name } } }')
        page.get_by_role("button", name="Execute query").click()
        visit.until("document.querySelector('.result-window')?.textContent.includes('UNAUTHENTICATED')")

        page.get_by_role("button", name="Headers").click()
        write(visit, json.dumps({"Authorization": f"Bearer {ADMIN.token}"}), "headers")
        page.get_by_role("button", name="Execute query").click()
        visit.until("document.querySelector('.result-window')?.textContent.includes('Django')")

        page.get_by_role("button", name="Picture of the answer").click()
        page.locator(".matrix td button").first.click()
        page.get_by_text("Says so: ").first.wait_for()
        page.get_by_role("button", name="Show Explain").click()
        explain = page.locator(".atlas-explain")
        explain.get_by_role("heading", name="Two").wait_for()
        told = explain.inner_text()
        barriers = visit.barriers(packages)
        page.emulate_media(color_scheme="dark")
        barriers += visit.barriers(packages)
        names = [save(page, name, tmp_path)[0] for name in ("CSV", "JSON Lines")]

        write(visit, "subscription { changes { action slug } }")
        page.wait_for_timeout(1000)  # the editor tells what it holds a little later
        page.get_by_role("button", name="Execute query").click()
        page.wait_for_timeout(1500)  # until the service listens
        mutation = 'mutation { upsertFeature(input: {slug: "seen", name: "Seen", category: QUALITY}) { __typename } }'
        headers = {"authorization": f"Bearer {ADMIN.token}"}
        httpx.post(f"{served.base}/graphql", json={"query": mutation}, headers=headers).raise_for_status()
        visit.until("document.querySelector('.result-window')?.textContent.includes('UPSERT')")
        visit.context.close()

    assert names == ["Two.csv", "Two.jsonl"]
    assert [part for part in ("SQLite", "Comparison compare", "SELECT", "SEARCH", "2 rows") if part not in told] == []
    assert barriers == []
    assert [fault for fault in visit.faults if "401" not in fault] == []


def write(visit: Visit, text: str, editor: str = "query") -> None:
    """Put a text into an editor in place of what it holds, as somebody would who pastes it."""
    places = {"query": ".graphiql-query-editor", "headers": ".graphiql-editor-tool .graphiql-editor:not(.hidden)"}
    place = visit.page.locator(f"{places[editor]} :is(textarea, .native-edit-context)").first
    visit.page.locator(f"{places[editor]} .view-line").first.wait_for()
    shown = ""
    for _ in range(20):  # an editor that has just come may still be given what it begins with
        place.focus()
        visit.page.keyboard.press("Control+A")
        visit.page.keyboard.insert_text(text)
        visit.page.wait_for_timeout(500)
        shown = visit.page.locator(f"{places[editor]} .view-lines").inner_text()
        if squeezed(text)[:40] in squeezed(shown):
            return
    raise AssertionError(f"the editor does not hold what was written: {shown!r}")


def squeezed(text: str) -> str:
    return "".join(text.split())


def save(page: Page, name: str, folder: Path) -> tuple[str, str]:
    with page.expect_download() as saved:
        page.get_by_role("button", name=name, exact=True).click()
    path = folder / saved.value.suggested_filename
    saved.value.save_as(path)
    return path.name, path.read_text()
