"""The pages in a real browser, as a visitor goes through them.

A canvas cannot be asked where a thing is, so the drawing says so: `canvas.drawing.place(id)`.
"""

from __future__ import annotations

import base64
import subprocess
import time
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser

from tests.commands import RunningService, serving
from tests.graphs import facts_from
from tests.npm import NODE
from tests.web.conftest import WEB, WRITER
from tests.web.visits import Visit

pytestmark = pytest.mark.browser

DJANGO = base64.b64encode(b"Framework:django").decode()


def test_a_visitor_goes_from_the_start_to_a_claim_and_its_source(visit: Visit, tmp_path: Path) -> None:
    page = visit.page
    page.goto("/")
    page.locator(".counts li", has_text="13 frameworks").wait_for()
    page.get_by_role("link", name="Flask, FastAPI and Django side by side").click()
    page.locator(".graphiql-query-editor .view-line").first.wait_for()
    page.wait_for_timeout(1500)  # the editor has its own pace
    page.get_by_role("button", name="Execute query").click()
    visit.until("document.querySelector('.result-window')?.textContent.includes('UNKNOWN')")

    page.get_by_role("button", name="Picture of the answer").click()
    visit.until("!!document.querySelector('.picture')")
    assert "claims." in visit.drawn()
    assert not visit.drawn().startswith("0 things")

    with visit.context.expect_page() as opened:
        page.get_by_role("link", name="On a page of its own").click()
    opened.value.close()

    page.goto("/graph#show=Framework:django")
    assert visit.drawn().startswith("80 things")
    point_at(visit, DJANGO)
    page.get_by_role("heading", name="Django").wait_for()
    page.get_by_role("button", name="Django suits Very simple projects (denied)").click()
    page.get_by_text("Denied: its sources say the contrary").wait_for()
    page.get_by_text("Denies it: ").wait_for()

    with page.expect_download() as saved:
        page.get_by_role("button", name="Save as PNG").click()
    saved.value.save_as(tmp_path / "picture.png")

    assert (tmp_path / "picture.png").read_bytes().startswith(b"\x89PNG")
    assert (visit.faults, visit.foreign) == ([], [])


def test_a_double_click_grows_the_picture_and_the_address_remembers(visit: Visit) -> None:
    page = visit.page
    page.goto("/graph#show=Application:very-simple-projects")
    few = visit.drawn()
    point_at(visit, DJANGO, clicks_at=(0, 0.4))
    visit.until(f"document.querySelector('.picture .status').textContent !== {few!r}")
    grown = visit.drawn()
    address = page.url

    page.goto("about:blank")
    page.goto(address)
    again = visit.drawn()

    assert int(again.split()[0]) > int(few.split()[0])
    assert grown.endswith(again)
    assert "show=Application:very-simple-projects,Framework:django" in address
    assert visit.faults == []


def test_whoever_uses_no_mouse_finds_reads_and_grows(visit: Visit) -> None:
    page = visit.page
    page.goto("/graph#show=Framework:flask")
    visit.drawn()
    page.get_by_role("searchbox", name="Find in the graph").focus()
    page.keyboard.type("djnago")
    page.locator(".picture .results button").first.wait_for()
    page.keyboard.press("Enter")

    page.get_by_role("heading", name="Django").wait_for()
    page.get_by_role("button", name="Grow the picture from here").focus()
    page.keyboard.press("Enter")
    visit.drawn()

    assert "Framework:django" in page.url
    assert visit.faults == []


def test_every_example_runs_in_the_explorer(visit: Visit) -> None:
    page = visit.page
    page.goto("/graphql")
    examples = page.locator(".atlas-examples li button")
    examples.first.wait_for()
    page.locator(".graphiql-query-editor .view-line").first.wait_for()
    page.wait_for_timeout(1500)  # until the schema is there: it comes by POST as well
    told: dict[str, str] = {}
    for number in range(examples.count()):
        button = examples.nth(number)
        title = button.locator("strong").inner_text()
        with page.expect_response(lambda got: got.request.method == "POST") as answered:
            button.click()
        told[title] = str(answered.value.json().get("errors", "data"))

    assert {title: text for title, text in told.items() if text != "data"} == {}
    assert len(told) == len(list((WEB.parent / "examples").glob("*.graphql")))
    assert (visit.faults, visit.foreign) == ([], [])


def test_a_query_is_built_by_clicking(visit: Visit) -> None:
    page = visit.page
    page.goto("/graphql")
    page.get_by_role("button", name="Query builder").click()
    page.locator(".graphiql-explorer-root").wait_for()
    visit.until("document.querySelectorAll('.graphiql-explorer-field-view').length > 5")

    page.locator(".graphiql-explorer-root [data-field-name='graph']").first.click()

    visit.until("[...document.querySelectorAll('.view-lines')].some((text) => /\\bgraph\\b/.test(text.textContent))")
    # What the builder cannot show of a query, a list as an argument, it leaves as it is and says so.
    assert [fault for fault in visit.faults if not fault.startswith("arg mismatch")] == []


def test_a_subscription_tells_of_a_change_as_it_is_made(visit: Visit, site: RunningService) -> None:
    page = visit.page
    page.goto("/graphql")
    page.locator(".graphiql-query-editor .view-line").first.wait_for()
    page.wait_for_timeout(1500)  # the editor has its own pace, before and after
    page.locator(".graphiql-query-editor .view-line").first.click()
    page.keyboard.press("Control+A")
    page.keyboard.insert_text("subscription { changes { action slug } }")
    page.wait_for_timeout(1500)
    with page.expect_websocket() as opened:
        page.get_by_role("button", name="Execute query").click()
    assert opened.value.url.endswith("/graphql")
    page.wait_for_timeout(2000)  # until the service listens

    mutation = (
        'mutation { upsertFeature(input: {slug: "seen-live", name: "Seen live", category: QUALITY}) { __typename } }'
    )
    headers = {"authorization": f"Bearer {WRITER.token}"}
    written = httpx.post(f"{site.base}/graphql", json={"query": mutation}, headers=headers).json()

    assert written == {"data": {"upsertFeature": {"__typename": "UpsertedFeature"}}}
    visit.until("document.querySelector('.result-window')?.textContent.includes('seen-live')")
    assert visit.faults == []


def test_where_reading_is_closed_the_start_asks_for_a_token_and_the_pages_share_it(
    browser: Browser, tmp_path: Path
) -> None:
    with serving(tmp_path / "atlas.db", ATLAS_PUBLIC_READ="false", ATLAS_TOKENS=WRITER.entry) as served:
        closed = Visit(browser, served.base)
        closed.page.goto("/")
        closed.page.get_by_label("Your token, kept until this tab is closed").fill(WRITER.token)
        closed.page.get_by_role("button", name="Go on").click()
        closed.page.locator(".counts").wait_for()
        closed.page.goto("/graph#show=Framework:django")
        told = closed.drawn()
        closed.context.close()

    assert told.startswith("80 things")


def test_two_thousand_things_are_drawn_and_what_is_left_out_is_told(browser: Browser, tmp_path: Path) -> None:
    features = [{"kind": "Feature", "slug": f"f{n}", "name": f"F {n}", "category": "CAPABILITY"} for n in range(2100)]
    said: list[dict[str, Any]] = [
        {"subject": f"Framework:w{n % 20}", "relation": "HAS_FEATURE", "object": f"Feature:f{n}", "source": "s"}
        for n in range(2100)
    ]
    frameworks = [{"kind": "Framework", "slug": f"w{n}", "name": f"W {n}"} for n in range(20)]
    lines = [*frameworks, *features, *({**line, "supports": True, "note": "So."} for line in said)]
    facts_from(tmp_path, [{"kind": "Source", "slug": "s", "name": "S"}, *lines])
    with serving(tmp_path / "large.db", "--facts", str(tmp_path)) as served:
        large = Visit(browser, served.base)
        large.page.goto("/graph")
        told = large.drawn()
        large.page.get_by_role("button", name="Closer").click()
        faults = large.faults
        large.context.close()

    assert told.startswith("2,000 things")
    assert "Left out beyond 2,000" in told
    assert faults == []


@pytest.mark.parametrize("visit", [{"color_scheme": "light"}, {"color_scheme": "dark"}], indirect=True)
@pytest.mark.parametrize("path", ["/", "/graphql", "/graph#show=Framework:django&choose=Framework:django"])
def test_nothing_serious_keeps_anybody_out(visit: Visit, packages: Path, path: str) -> None:
    visit.page.goto(path)
    visit.until("!!document.querySelector('.counts, .monaco-editor .view-line, .picture:not([aria-busy]) canvas')")
    visit.page.wait_for_timeout(500)

    assert visit.barriers(packages) == []


@pytest.mark.parametrize(
    ("path", "ready", "most"),
    [
        ("/", ".counts", 200_000),
        ("/graphql", ".monaco-editor .view-line", 2_500_000),
        ("/graph", ".picture canvas", 400_000),
    ],
)
def test_a_page_weighs_no_more_than_was_promised(visit: Visit, path: str, ready: str, most: int) -> None:
    visit.page.goto(path)
    visit.page.locator(ready).first.wait_for()
    for _ in range(300):  # the last to come is a worker, which the editor asks for when it has read the schema
        if path != "/graphql" or any("graphql.worker" in one.url for one in visit.requests):
            break
        visit.page.wait_for_timeout(100)
    loaded = -1
    while (
        loaded != visit.transferred
    ):  # not "networkidle": Chromium does not tell of every worker's file that it has come
        loaded = visit.transferred
        visit.page.wait_for_timeout(1500)

    print(f"{path}: {loaded} bytes in {len(visit.requests)} requests")

    assert loaded <= most
    pictures = ("/panel-", "/drawing-", "/view-")  # nobody loads what draws before there is something to draw
    assert not any(name in one.url for one in visit.requests for name in pictures if path != "/graph" or "view" in name)


def test_who_comes_for_the_first_time_types_into_the_explorer_and_is_answered(visit: Visit) -> None:
    """How soon is measured by `benchmarks.explorer`."""
    typed, answered = visit.until_usable()

    assert 0 < typed < answered
    visit.until("document.querySelector('.result-window')?.textContent.includes('version')")
    assert visit.faults == []


def test_the_sources_type_check(packages: Path) -> None:
    done = subprocess.run(
        [NODE, packages / "typescript" / "bin" / "tsc", "--noEmit"],
        cwd=WEB,
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.stdout, done.returncode) == ("", 0)


def point_at(visit: Visit, thing: str, clicks_at: tuple[float, ...] = (0,)) -> None:
    """Click a thing at these seconds, by the browser's own clock: on a busy machine clicks come later than they are made."""
    place = visit.page.evaluate(f"document.querySelector('.picture .canvas').drawing.place({thing!r})")
    canvas = visit.page.locator(".picture .canvas").bounding_box()
    assert place
    assert canvas
    mouse, begun = visit.context.new_cdp_session(visit.page), time.time()
    where = {"x": canvas["x"] + place["x"], "y": canvas["y"] + place["y"], "button": "left"}
    mouse.send("Input.dispatchMouseEvent", {**where, "type": "mouseMoved", "button": "none", "timestamp": begun})
    for count, seconds in enumerate(clicks_at, 1):
        for kind in ("mousePressed", "mouseReleased"):
            event = {**where, "type": kind, "clickCount": count, "timestamp": begun + seconds}
            mouse.send("Input.dispatchMouseEvent", event)
