"""Answers in their own shape: a comparison as a matrix, paths as chains, a recommendation with its reasons as bars."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser

from tests.commands import RunningService, serving
from tests.graphs import facts_from
from tests.web.visits import Visit

pytestmark = pytest.mark.browser

# Nothing of what the shapes need is selected, so that they must see to it themselves.
ASKED = """
query Shapes($need: Need!, $from: ID!, $to: ID!) {
  sideBySide: compare(frameworks: ["one", "two", "three"]) { ...Compared }
  recommend(need: $need) { best { score } }
  paths(from: $from, to: $to) { length }
  nowhere: paths(from: $from, to: $to, maxLength: 1) { sentence }
}
fragment Compared on Comparison { frameworks { slug } }
"""
CELLS = """
    (kind) => [...document.querySelectorAll(`.${kind} tr`)].map((row) =>
        [...row.cells].map((cell) => cell.innerText.trim()).filter(Boolean).join(' | '))
"""
CHAINS = (
    "[...document.querySelectorAll('.chain')].map((chain) => chain.innerText.trim().split(/\\s*\\n\\s*/).join(' '))"
)
GAUGES = """
    [...document.querySelectorAll('.bars li:first-child .gauge i:not(.zero)')].map((bar) =>
        [bar.className.trim(), Math.round(parseFloat(bar.style.left)), Math.round(parseFloat(bar.style.width))])
"""


@pytest.fixture(scope="module")
def doubted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningService]:
    """A service with frameworks of which sources say everything that can be said."""
    folder = tmp_path_factory.mktemp("doubted")
    entities: list[dict[str, Any]] = [
        *({"kind": "Source", "slug": f"s{n}", "name": f"Source {n}"} for n in (1, 2)),
        *({"kind": "Framework", "slug": slug, "name": slug.title()} for slug in ("one", "two", "three")),
        *({"kind": "Feature", "slug": slug, "name": slug.title(), "category": "QUALITY"} for slug in ("fast", "small")),
        {"kind": "Company", "slug": "shop", "name": "Shop"},
    ]
    said = [
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
        {"subject": subject, "relation": relation, "object": target, "source": source, "supports": yes, "note": "So."}
        for subject, relation, target, source, yes in said
    ]
    facts_from(folder, [*entities, *claims])
    with serving(folder / "atlas.db", "--facts", str(folder)) as served:
        yield served


def test_answers_have_their_own_shape_whatever_was_selected(
    browser: Browser, doubted: RunningService, packages: Path
) -> None:
    visit = Visit(browser, doubted.base)
    page = visit.page
    need = '{"must": ["fast"], "avoid": ["small"]}'
    variables = f'{{"need": {need}, "from": "{identifier("Company:shop")}", "to": "{identifier("Framework:one")}"}}'
    page.goto(f"/graph#query={quote(ASKED)}&variables={quote(variables)}")
    visit.drawn()

    headings = page.locator(".answers h2").all_inner_texts()
    matrix = page.evaluate(CELLS, "matrix")
    scopes = page.evaluate("[...document.querySelectorAll('.matrix th')].map((head) => head.scope)")
    chains = page.evaluate(CHAINS)
    bars = page.evaluate(CELLS, "bars")
    gauges = page.evaluate(GAUGES)
    in_light = visit.barriers(packages)
    page.emulate_media(color_scheme="dark")
    in_dark = visit.barriers(packages)

    assert headings == ["sideBySide", "recommend", "paths", "nowhere"]
    assert matrix == [
        "What it is about | One | Two | Three",
        "features",
        "Fast ≠ differs | ✓ has 0.5 | ✗ lacks 0.5 | ? disputed 0.5",
        "Small | ✓ has 0.5 | ✓ has 0.5 | ✓ has 0.5",
    ]
    assert scopes == ["col", "col", "col", "col", "rowgroup", "row", "row"]
    assert bars == [
        "Asked for | Answer | Weight",
        "must have Fast | ✓ has 0.5 | +0.071",
        "better without Small ✗ missed | ✓ has 0.5 | −0.05",
        "users | · unknown | 0",
        "Score, the sum of its reasons | 0.021",
        "Asked for | Answer | Weight",
        "must have Fast | ? disputed 0.5 | +0.035",
        "better without Small ✗ missed | ✓ has 0.5 | −0.05",
        "users | ✓ has | +0.018",
        "Score, the sum of its reasons | 0.003",
    ]
    # What a reason adds begins where the sum was before; -0.015 is the least that any sum comes to, 0.071 the most.
    assert gauges == [["has", 17, 83], ["has less", 42, 58], ["unknown", 42, 0], ["score", 17, 24]]
    assert chains == [
        "Shop uses (0.5) ▶ Three ? disputed: has feature (0.5) ▶ Fast ◀ has feature (0.5) One",
        "Shop uses (0.5) ▶ Three has feature (0.5) ▶ Small ◀ has feature (0.5) One",
    ]
    assert page.get_by_text("No path leads from one to the other.").count() == 1
    assert (in_light, in_dark) == ([], [])

    page.get_by_label("Only what differs").focus()
    page.keyboard.press("Space")
    shown = page.locator(".matrix tbody tr:visible").count()
    page.locator(".matrix td button").first.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Three has feature Fast (disputed)").wait_for()
    page.get_by_text("Denies it: ").wait_for()
    drawn_before = [one.url for one in visit.requests if "drawing" in one.url]
    page.get_by_role("button", name="Network").focus()
    page.keyboard.press("Enter")
    page.locator(".picture:not([aria-busy]) canvas").first.wait_for()

    assert (shown, drawn_before) == (2, [])
    assert "as=network" in page.url
    assert "choose=" in page.url
    assert visit.drawn() == "6 things, 7 claims."
    assert visit.faults == []
    visit.context.close()


def identifier(key: str) -> str:
    return base64.b64encode(key.encode()).decode()
