"""Answers with a view of their own: a comparison as a matrix, paths as a list, recommendations with their scores."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser

from tests.commands import RunningService, serving
from tests.facts import facts_from_lines
from tests.web.page_session import PageSession

pytestmark = pytest.mark.browser

# The query selects nothing that the views need: the graph view has to add it.
QUERY = """
query Answers($need: Need!, $from: ID!, $to: ID!) {
  sideBySide: compare(frameworks: ["one", "two", "three"]) { ...Frameworks }
  recommend(need: $need) { best { score } }
  paths(from: $from, to: $to) { length }
  nowhere: paths(from: $from, to: $to, maxLength: 1) { sentence }
}
fragment Frameworks on Comparison { frameworks { slug } }
"""
CELLS = """
    (view) => [...document.querySelectorAll(`.${view} tr`)].map((row) =>
        [...row.cells].map((cell) => cell.innerText.trim()).filter(Boolean).join(' | '))
"""
PATHS = "[...document.querySelectorAll('.path')].map((path) => path.innerText.trim().split(/\\s*\\n\\s*/).join(' '))"
BARS = """
    [...document.querySelectorAll('.scores li:first-child .bar-track i:not(.zero)')].map((bar) =>
        [bar.className.trim(), Math.round(parseFloat(bar.style.left)), Math.round(parseFloat(bar.style.width))])
"""


@pytest.fixture(scope="module")
def disputed_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningService]:
    """A service whose claims have every stance."""
    folder = tmp_path_factory.mktemp("disputed")
    entities: list[dict[str, Any]] = [
        *({"kind": "Source", "slug": f"s{n}", "name": f"Source {n}"} for n in (1, 2)),
        *({"kind": "Framework", "slug": slug, "name": slug.title()} for slug in ("one", "two", "three")),
        *({"kind": "Feature", "slug": slug, "name": slug.title(), "category": "QUALITY"} for slug in ("fast", "small")),
        {"kind": "Company", "slug": "shop", "name": "Shop"},
    ]
    evidence = [
        ("Framework:one", "HAS_FEATURE", "Feature:fast", "s1", True),
        ("Framework:two", "HAS_FEATURE", "Feature:fast", "s1", False),
        ("Framework:three", "HAS_FEATURE", "Feature:fast", "s1", True),
        ("Framework:three", "HAS_FEATURE", "Feature:fast", "s2", False),
        ("Framework:one", "HAS_FEATURE", "Feature:small", "s1", True),
        ("Framework:two", "HAS_FEATURE", "Feature:small", "s1", True),
        ("Framework:three", "HAS_FEATURE", "Feature:small", "s1", True),
        ("Company:shop", "USES", "Framework:three", "s1", True),
    ]
    claims = [
        {
            "subject": subject,
            "relation": relation,
            "object": target,
            "source": source,
            "supports": supports,
            "note": "So.",
        }
        for subject, relation, target, source, supports in evidence
    ]
    facts_from_lines(folder, [*entities, *claims])
    with serving(folder / "atlas.db", "--facts", str(folder)) as served:
        yield served


def test_answers_have_views_of_their_own_whatever_was_selected(
    browser: Browser, disputed_site: RunningService, packages: Path
) -> None:
    session = PageSession(browser, disputed_site.base)
    page = session.page
    need = '{"must": ["fast"], "avoid": ["small"]}'
    variables = f'{{"need": {need}, "from": "{identifier("Company:shop")}", "to": "{identifier("Framework:one")}"}}'
    page.goto(f"/graph#query={quote(QUERY)}&variables={quote(variables)}")
    session.graph_status()

    headings = page.locator(".answers h2").all_inner_texts()
    matrix = page.evaluate(CELLS, "comparison")
    scopes = page.evaluate("[...document.querySelectorAll('.comparison th')].map((head) => head.scope)")
    paths = page.evaluate(PATHS)
    scores = page.evaluate(CELLS, "scores")
    bars = page.evaluate(BARS)
    violations = session.accessibility_violations(packages)
    page.emulate_media(color_scheme="dark")
    dark_violations = session.accessibility_violations(packages)

    assert headings == ["sideBySide", "recommend", "paths", "nowhere"]
    assert matrix == [
        "Topic | One | Two | Three",
        "features",
        "Fast ≠ differs | ✓ has 0.5 | ✗ lacks 0.5 | ? disputed 0.5",
        "Small | ✓ has 0.5 | ✓ has 0.5 | ✓ has 0.5",
    ]
    assert scopes == ["col", "col", "col", "col", "rowgroup", "row", "row"]
    assert scores == [
        "Requirement | Answer | Weight",
        "must have Fast | ✓ has 0.5 | +0.071",
        "better without Small ✗ missed | ✓ has 0.5 | −0.05",
        "users | · unknown | 0",
        "Score, the sum of the weights | 0.021",
        "Requirement | Answer | Weight",
        "must have Fast | ? disputed 0.5 | +0.035",
        "better without Small ✗ missed | ✓ has 0.5 | −0.05",
        "users | ✓ has | +0.018",
        "Score, the sum of the weights | 0.003",
    ]
    # Each bar starts at the score before its reason; the scale is from -0.015 to 0.071.
    assert bars == [["has", 17, 83], ["has negative", 42, 58], ["unknown", 42, 0], ["score", 17, 24]]
    assert paths == [
        "Shop uses (0.5) ▶ Three ? disputed: has feature (0.5) ▶ Fast ◀ has feature (0.5) One",
        "Shop uses (0.5) ▶ Three has feature (0.5) ▶ Small ◀ has feature (0.5) One",
    ]
    assert page.get_by_text("No path connects the two entities.").count() == 1
    assert (violations, dark_violations) == ([], [])

    page.get_by_label("Only differences").focus()
    page.keyboard.press("Space")
    visible_rows = page.locator(".comparison tbody tr:visible").count()
    page.locator(".comparison td button").first.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Three has feature Fast (disputed)").wait_for()
    page.get_by_text("Denies: ").wait_for()
    diagram_scripts = [one.url for one in session.requests if "network-diagram" in one.url]
    page.get_by_role("button", name="Network").focus()
    page.keyboard.press("Enter")
    page.locator(".graph-view:not([aria-busy]) canvas").first.wait_for()

    assert (visible_rows, diagram_scripts) == (2, [])
    assert "as=network" in page.url
    assert "choose=" in page.url
    assert session.graph_status() == "6 entities, 7 claims."
    assert session.errors == []
    session.context.close()


def identifier(key: str) -> str:
    return base64.b64encode(key.encode()).decode()
