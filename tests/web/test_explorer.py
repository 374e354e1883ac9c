"""What the explorer does with the operation in its editor besides running it: explain it, and save what it answers.

The service's part of both is being built: until it is there, `agreed` answers for it, as it was agreed on. All else is real.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Page, Route

from tests.service.test_cli import serving
from tests.web.conftest import WRITER, Visit

pytestmark = pytest.mark.browser

QUERY = "query Cards($first: Int! = 2) { frameworks(first: $first) { nodes { slug } } }"
EXPLAINED: dict[str, Any] = {
    "store": "sqlite",
    "plan": "frameworks\n  where kind is Framework\n  first 2",
    "statements": [{"language": "SQL", "text": "SELECT slug\nFROM framework", "steps": ["SEARCH framework", "LIMIT"]}],
    "rows": 2,
    "cost": 1300,
    "milliseconds": {"compile": 0.3, "store": 1.2, "total": 2.0},
}
FILES = {"text/csv": "slug\nariadne\n", "application/jsonl": '{"slug": "ariadne"}\n'}
REFUSED = "Only who develops sees this: start with ATLAS_DEVELOPMENT=true, or send a token with the scope admin."


class Agreed:
    """Answers in place of the service what it does not answer yet, and keeps what it was asked."""

    def __init__(self, page: Page) -> None:
        self.asked: list[tuple[str, dict[str, Any], str | None]] = []
        self.refuses = False
        page.route("**/graphql", self._answer)

    def _answer(self, route: Route) -> None:
        request = route.request
        body = json.loads(request.post_data or "{}") if request.method == "POST" else {}
        accepted = request.headers.get("accept", "")
        explains = "explain" in body.get("extensions", {})
        if not explains and accepted not in FILES:
            route.continue_()
            return
        self.asked.append((accepted, body, request.headers.get("authorization")))
        if self.refuses:
            route.fulfill(status=403, json={"errors": [{"message": REFUSED, "extensions": {"code": "FORBIDDEN"}}]})
        elif explains:
            route.fulfill(json={"data": {}, "extensions": {"explain": EXPLAINED}})
        else:
            route.fulfill(content_type=f"{accepted}; charset=utf-8", body=FILES[accepted])


def test_an_operation_is_explained_and_its_answer_saved(visit: Visit, packages: Path, tmp_path: Path) -> None:
    """The service's part is answered by `Agreed`, until it is there."""
    page, agreed = visit.page, Agreed(visit.page)
    page.goto("/graphql")
    write(visit, QUERY)
    page.get_by_role("button", name="Show Explain").click()
    explain = page.locator(".atlas-explain")
    explain.get_by_role("heading", name="Cards").wait_for()
    told = explain.inner_text()
    barriers = visit.barriers(packages)
    page.emulate_media(color_scheme="dark")
    barriers += visit.barriers(packages)
    page.emulate_media(color_scheme="light")
    saved = {name: save(page, name, tmp_path) for name in ("CSV", "JSON Lines")}

    asked = [(accepted, body["query"], body.get("operationName")) for accepted, body, _ in agreed.asked]
    assert [line for line in EXPLAINED["plan"].splitlines() if line not in told] == []
    assert [
        line for line in ("SQLite", "1,300 rows", "2 rows", "FROM framework", "SEARCH framework") if line not in told
    ] == []
    assert barriers == []
    assert saved == {
        "CSV": ("Cards.csv", FILES["text/csv"]),
        "JSON Lines": ("Cards.jsonl", FILES["application/jsonl"]),
    }
    assert asked == [(accepted, QUERY, "Cards") for accepted in ("application/json", *FILES)]
    assert agreed.asked[0][1]["extensions"] == {"explain": True}

    agreed.refuses = True
    page.get_by_role("button", name="Explain again").click()
    explain.get_by_text(REFUSED).wait_for()
    page.get_by_role("button", name="CSV", exact=True).click()
    page.locator(".atlas-saving").get_by_text(REFUSED).wait_for()
    write(visit, 'mutation { deleteEntity(id: "none") { __typename } }')
    sent = len(agreed.asked)
    page.get_by_role("button", name="JSON Lines", exact=True).click()
    page.locator(".atlas-saving").get_by_text("This is for queries; the operation here is a mutation.").wait_for()
    page.get_by_role("button", name="Explain again").click()
    explain.get_by_text("This is for queries; the operation here is a mutation.").wait_for()

    assert len(agreed.asked) == sent
    assert [fault for fault in visit.faults if "403" not in fault] == []


def test_a_token_in_the_header_editor_holds_for_all_that_the_explorer_asks(browser: Browser, tmp_path: Path) -> None:
    """What explains and saves is answered by `Agreed`, until it is there; the rest by a service that is closed."""
    with serving(tmp_path / "atlas.db", ATLAS_PUBLIC_READ="false", ATLAS_TOKENS=WRITER.entry) as served:
        visit = Visit(browser, served.base)
        page, agreed = visit.page, Agreed(visit.page)
        page.goto("/graphql")
        write(visit, 'query Two { compare(frameworks: ["flask", "django"]) { frameworks { name } } }')
        page.get_by_role("button", name="Execute query").click()
        visit.until("document.querySelector('.result-window')?.textContent.includes('UNAUTHENTICATED')")

        page.get_by_role("button", name="Headers").click()
        write(visit, json.dumps({"Authorization": f"Bearer {WRITER.token}"}), "headers")
        page.get_by_role("button", name="Execute query").click()
        visit.until("document.querySelector('.result-window')?.textContent.includes('Django')")

        page.get_by_role("button", name="Picture of the answer").click()
        page.locator(".matrix td button").first.click()
        page.get_by_text("Says so: ").first.wait_for()
        page.get_by_role("button", name="Show Explain").click()
        page.locator(".atlas-explain").get_by_role("heading", name="Two").wait_for()
        names = [save(page, name, tmp_path)[0] for name in ("CSV", "JSON Lines")]

        write(visit, "subscription { changes { action slug } }")
        page.wait_for_timeout(1000)  # the editor tells what it holds a little later
        page.get_by_role("button", name="Execute query").click()
        page.wait_for_timeout(1500)  # until the service listens
        mutation = 'mutation { upsertFeature(input: {slug: "seen", name: "Seen", category: QUALITY}) { __typename } }'
        headers = {"authorization": f"Bearer {WRITER.token}"}
        httpx.post(f"{served.base}/graphql", json={"query": mutation}, headers=headers).raise_for_status()
        visit.until("document.querySelector('.result-window')?.textContent.includes('UPSERT')")
        visit.context.close()

    assert names == ["Two.csv", "Two.jsonl"]
    assert [token for _, _, token in agreed.asked] == [f"Bearer {WRITER.token}"] * 3
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
