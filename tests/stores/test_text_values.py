"""Text is stored, found and returned unchanged, whatever it means in a query language."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.facts import facts_from_lines
from tests.graphs import Graphs
from tests.queries import query
from tests.texts import AWKWARD_TEXTS

pytestmark = pytest.mark.anyio

QUERY = """
query ($text: String!, $part: String!) {
  eq: frameworks(where: { name: { eq: $text } }) { nodes { name summary aliases } }
  startsWith: frameworks(where: { name: { startsWith: $text } }) { nodes { name } }
  contains: frameworks(where: { summary: { contains: $part } }) { nodes { name } }
  in: frameworks(where: { name: { in: [$text, "nothing"] } }) { nodes { name } }
  alias: framework(slug: $part) { name usedBy { edges { claim { evidence { note term locator } } } } }
}
"""


async def test_awkward_text_is_stored_found_and_returned_unchanged(graphs: Graphs, store: str, tmp_path: Path) -> None:
    lines: list[dict[str, Any]] = [
        {"kind": "Source", "slug": "s", "name": AWKWARD_TEXTS[0], "publisher": AWKWARD_TEXTS[4]},
        {"kind": "Company", "slug": "c", "name": AWKWARD_TEXTS[5]},
    ]
    for number, text in enumerate(AWKWARD_TEXTS):
        slug = f"f{number}"
        lines += [
            {"kind": "Framework", "slug": slug, "name": text, "summary": f"<{text}>", "aliases": [f"[{text}]"]},
            {
                "subject": "Company:c",
                "relation": "USES",
                "object": f"Framework:{slug}",
                "source": "s",
                "note": text,
                "term": text,
                "locator": text,
            },
        ]
    engine = await graphs.load(store, facts_from_lines(tmp_path, lines))

    by_alias = [await query(engine, QUERY, {"text": text, "part": f"[{text}]"}) for text in AWKWARD_TEXTS]
    by_summary = [await query(engine, QUERY, {"text": text, "part": f"<{text}>"}) for text in AWKWARD_TEXTS]

    for text, answer, other_answer in zip(AWKWARD_TEXTS, by_alias, by_summary, strict=True):
        evidence = {"note": text, "term": text, "locator": text}
        assert answer == {
            "eq": {"nodes": [{"name": text, "summary": f"<{text}>", "aliases": [f"[{text}]"]}]},
            "startsWith": {"nodes": [{"name": text}]},
            "contains": {"nodes": []},
            "in": {"nodes": [{"name": text}]},
            "alias": {"name": text, "usedBy": {"edges": [{"claim": {"evidence": [evidence]}}]}},
        }
        assert other_answer["contains"] == {"nodes": [{"name": text}]}


async def test_a_graph_loaded_afterwards_is_complete(graphs: Graphs, store: str) -> None:
    engine = await graphs.load(store)

    counts = await query(engine, "{ graph { kinds { count } } frameworks { totalCount } claims { totalCount } }")

    assert counts["frameworks"]["totalCount"] == 13
    assert sum(item["count"] for item in counts["graph"]["kinds"]) == 269
