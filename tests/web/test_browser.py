"""The pages in a real browser, used as a person does.

A canvas has no elements, so the diagram tells the position of an entity: `canvas.networkDiagram.positionOf(id)`.
"""

from __future__ import annotations

import base64
import time
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser

from tests.commands import RunningService, serving
from tests.facts import facts_from_lines
from tests.web.conftest import WEB, WRITER
from tests.web.page_session import PageSession

pytestmark = pytest.mark.browser

DJANGO = base64.b64encode(b"Framework:django").decode()


def test_a_person_navigates_from_the_start_page_to_a_claim_and_its_evidence(
    session: PageSession, tmp_path: Path
) -> None:
    page = session.page
    page.goto("/")
    page.locator(".counts li", has_text="13 frameworks").wait_for()
    page.get_by_role("link", name="Differences between Flask, FastAPI and Django").click()
    page.locator(".graphiql-query-editor .view-line").first.wait_for()
    page.wait_for_timeout(1500)  # GraphiQL reads the editor with a delay
    page.get_by_role("button", name="Execute query").click()
    session.wait_for("document.querySelector('.result-window')?.textContent.includes('UNKNOWN')")

    page.get_by_role("button", name="Result graph").click()
    session.wait_for("!!document.querySelector('.graph-view')")
    assert "claims." in session.graph_status()
    assert not session.graph_status().startswith("0 entities")

    with session.context.expect_page() as opened:
        page.get_by_role("link", name="Open on the graph page").click()
    opened.value.close()

    page.goto("/graph#show=Framework:django")
    assert session.graph_status().startswith("80 entities")
    click_entity(session, DJANGO)
    page.get_by_role("heading", name="Django").wait_for()
    page.get_by_role("button", name="Django suits Very simple projects (denied)").click()
    page.get_by_text("Denied by its sources").wait_for()
    page.get_by_text("Denies: ").wait_for()

    with page.expect_download() as download:
        page.get_by_role("button", name="Save as PNG").click()
    download.value.save_as(tmp_path / "graph.png")

    assert (tmp_path / "graph.png").read_bytes().startswith(b"\x89PNG")
    assert (session.errors, session.external_requests) == ([], [])


def test_a_double_click_adds_neighbours_and_the_address_restores_them(session: PageSession) -> None:
    page = session.page
    page.goto("/graph#show=Application:very-simple-projects")
    initial = session.graph_status()
    click_entity(session, DJANGO, clicks_at=(0, 0.4))
    session.wait_for(f"document.querySelector('.graph-view .status').textContent !== {initial!r}")
    extended = session.graph_status()
    address = page.url

    page.goto("about:blank")
    page.goto(address)
    restored = session.graph_status()

    assert int(restored.split()[0]) > int(initial.split()[0])
    assert extended.endswith(restored)
    assert "show=Application:very-simple-projects,Framework:django" in address
    assert session.errors == []


def test_the_keyboard_searches_reads_and_adds_neighbours(session: PageSession) -> None:
    page = session.page
    page.goto("/graph#show=Framework:flask")
    session.graph_status()
    page.get_by_role("searchbox", name="Search the graph").focus()
    page.keyboard.type("djnago")
    page.locator(".graph-view .results button").first.wait_for()
    page.keyboard.press("Enter")

    page.get_by_role("heading", name="Django").wait_for()
    page.get_by_role("button", name="Add neighbours").focus()
    page.keyboard.press("Enter")
    session.graph_status()

    assert "Framework:django" in page.url
    assert session.errors == []


def test_every_example_runs_in_the_explorer(session: PageSession) -> None:
    page = session.page
    page.goto("/graphql")
    examples = page.locator(".atlas-examples li button")
    examples.first.wait_for()
    page.locator(".graphiql-query-editor .view-line").first.wait_for()
    page.wait_for_timeout(1500)  # until the introspection query, which is a POST request as well, has a response
    results: dict[str, str] = {}
    for number in range(examples.count()):
        button = examples.nth(number)
        title = button.locator("strong").inner_text()
        with page.expect_response(lambda response: response.request.method == "POST") as response:
            button.click()
        results[title] = str(response.value.json().get("errors", "data"))

    assert {title: text for title, text in results.items() if text != "data"} == {}
    assert len(results) == len(list((WEB.parent / "examples").glob("*.graphql")))
    assert (session.errors, session.external_requests) == ([], [])


def test_a_query_is_built_by_clicking(session: PageSession) -> None:
    page = session.page
    page.goto("/graphql")
    page.get_by_role("button", name="Query builder").click()
    page.locator(".graphiql-explorer-root").wait_for()
    session.wait_for("document.querySelectorAll('.graphiql-explorer-field-view').length > 5")

    page.locator(".graphiql-explorer-root [data-field-name='graph']").first.click()

    session.wait_for(
        "[...document.querySelectorAll('.view-lines')].some((text) => /\\bgraph\\b/.test(text.textContent))"
    )
    # The query builder logs arguments that it does not support, such as lists, and leaves them unchanged.
    assert [error for error in session.errors if not error.startswith("arg mismatch")] == []


def test_a_subscription_shows_a_change_when_it_is_made(session: PageSession, site: RunningService) -> None:
    page = session.page
    page.goto("/graphql")
    page.locator(".graphiql-query-editor .view-line").first.wait_for()
    page.wait_for_timeout(1500)  # GraphiQL reads the editor with a delay
    page.locator(".graphiql-query-editor .view-line").first.click()
    page.keyboard.press("Control+A")
    page.keyboard.insert_text("subscription { changes { action slug } }")
    page.wait_for_timeout(1500)
    with page.expect_websocket() as opened:
        page.get_by_role("button", name="Execute query").click()
    assert opened.value.url.endswith("/graphql")
    page.wait_for_timeout(2000)  # until the service has the subscription

    mutation = (
        'mutation { upsertFeature(input: {slug: "seen-live", name: "Seen live", category: QUALITY}) { __typename } }'
    )
    headers = {"authorization": f"Bearer {WRITER.token}"}
    written = httpx.post(f"{site.base}/graphql", json={"query": mutation}, headers=headers).json()

    assert written == {"data": {"upsertFeature": {"__typename": "UpsertedFeature"}}}
    session.wait_for("document.querySelector('.result-window')?.textContent.includes('seen-live')")
    assert session.errors == []


def test_without_public_read_the_start_page_requests_a_token_that_all_pages_use(
    browser: Browser, tmp_path: Path
) -> None:
    with serving(tmp_path / "atlas.db", ATLAS_PUBLIC_READ="false", ATLAS_TOKENS=WRITER.entry) as served:
        session = PageSession(browser, served.base)
        session.page.goto("/")
        session.page.get_by_label("Token, stored until you close this tab").fill(WRITER.token)
        session.page.get_by_role("button", name="Continue").click()
        session.page.locator(".counts").wait_for()
        session.page.goto("/graph#show=Framework:django")
        status = session.graph_status()
        session.context.close()

    assert status.startswith("80 entities")


def test_a_graph_shows_two_thousand_entities_and_counts_the_others(browser: Browser, tmp_path: Path) -> None:
    features = [{"kind": "Feature", "slug": f"f{n}", "name": f"F {n}", "category": "CAPABILITY"} for n in range(2100)]
    evidence: list[dict[str, Any]] = [
        {"subject": f"Framework:w{n % 20}", "relation": "HAS_FEATURE", "object": f"Feature:f{n}", "source": "s"}
        for n in range(2100)
    ]
    frameworks = [{"kind": "Framework", "slug": f"w{n}", "name": f"W {n}"} for n in range(20)]
    lines = [*frameworks, *features, *({**line, "supports": True, "note": "So."} for line in evidence)]
    facts_from_lines(tmp_path, [{"kind": "Source", "slug": "s", "name": "S"}, *lines])
    with serving(tmp_path / "large.db", "--facts", str(tmp_path)) as served:
        session = PageSession(browser, served.base)
        session.page.goto("/graph")
        status = session.graph_status()
        session.page.get_by_role("button", name="Zoom in").click()
        errors = session.errors
        session.context.close()

    assert status.startswith("2,000 entities")
    assert "entities beyond the limit of 2,000 are not displayed." in status
    assert errors == []


@pytest.mark.parametrize("session", [{"color_scheme": "light"}, {"color_scheme": "dark"}], indirect=True)
@pytest.mark.parametrize("path", ["/", "/graphql", "/graph#show=Framework:django&choose=Framework:django"])
def test_pages_have_no_serious_accessibility_violations(session: PageSession, packages: Path, path: str) -> None:
    session.page.goto(path)
    session.wait_for(
        "!!document.querySelector('.counts, .monaco-editor .view-line, .graph-view:not([aria-busy]) canvas')"
    )
    session.page.wait_for_timeout(500)

    assert session.accessibility_violations(packages) == []


@pytest.mark.parametrize(
    ("path", "ready", "max_bytes"),
    [
        ("/", ".counts", 200_000),
        ("/graphql", ".monaco-editor .view-line", 2_500_000),
        ("/graph", ".graph-view canvas", 400_000),
    ],
)
def test_a_page_transfers_at_most_its_limit(session: PageSession, path: str, ready: str, max_bytes: int) -> None:
    session.page.goto(path)
    session.page.locator(ready).first.wait_for()
    for _ in range(300):  # the editor loads a worker last, after the schema
        if path != "/graphql" or any("graphql.worker" in one.url for one in session.requests):
            break
        session.page.wait_for_timeout(100)
    transferred = -1
    # Not "networkidle": Chromium does not report the end of each request of a worker.
    while transferred != session.transferred_bytes:
        transferred = session.transferred_bytes
        session.page.wait_for_timeout(1500)

    print(f"{path}: {transferred} bytes in {len(session.requests)} requests")

    assert transferred <= max_bytes
    lazy = ("/answer-views-",) if path == "/graph" else ("/answer-views-", "/graph-view-", "/network-diagram-")
    assert not any(name in one.url for one in session.requests for name in lazy)


def test_the_explorer_accepts_keys_while_it_loads(session: PageSession) -> None:
    """`benchmarks.explorer` measures the times."""
    accepts_keys, has_response = session.time_explorer()

    assert 0 < accepts_keys < has_response
    session.wait_for("document.querySelector('.result-window')?.textContent.includes('version')")
    assert session.errors == []


def click_entity(session: PageSession, entity_id: str, clicks_at: tuple[float, ...] = (0,)) -> None:
    """Click an entity of a diagram at times in seconds on the browser's own clock: a busy machine delivers clicks late."""
    position = session.page.evaluate(
        f"document.querySelector('.graph-view .canvas').networkDiagram.positionOf({entity_id!r})"
    )
    canvas = session.page.locator(".graph-view .canvas").bounding_box()
    assert position
    assert canvas
    mouse, start = session.context.new_cdp_session(session.page), time.time()
    click = {"x": canvas["x"] + position["x"], "y": canvas["y"] + position["y"], "button": "left"}
    mouse.send("Input.dispatchMouseEvent", {**click, "type": "mouseMoved", "button": "none", "timestamp": start})
    for count, seconds in enumerate(clicks_at, 1):
        for event_type in ("mousePressed", "mouseReleased"):
            event = {**click, "type": event_type, "clickCount": count, "timestamp": start + seconds}
            mouse.send("Input.dispatchMouseEvent", event)
