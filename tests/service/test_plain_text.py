"""What somebody typed is text: stored, found and returned as it is, whatever a query language would make of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.graphs import Graphs, data, facts_from
from tests.texts import AWKWARD_TEXTS

pytestmark = pytest.mark.anyio

ASK = """
query ($is: String!, $part: String!) {
  exact: frameworks(where: { name: { eq: $is } }) { nodes { name summary aliases } }
  start: frameworks(where: { name: { startsWith: $is } }) { nodes { name } }
  within: frameworks(where: { summary: { contains: $part } }) { nodes { name } }
  among: frameworks(where: { name: { in: [$is, "nothing"] } }) { nodes { name } }
  alias: framework(slug: $part) { name usedBy { edges { claim { evidence { note term locator } } } } }
}
"""


async def test_nasty_text_is_stored_found_and_returned_as_it_is(graphs: Graphs, store: str, tmp_path: Path) -> None:
    lines: list[dict[str, Any]] = [
        {"kind": "Source", "slug": "s", "name": AWKWARD_TEXTS[0], "publisher": AWKWARD_TEXTS[4]},
        {"kind": "Company", "slug": "c", "name": AWKWARD_TEXTS[5]},
    ]
    for number, text in enumerate(AWKWARD_TEXTS):
        slug = f"f{number}"
        lines.append(
            {"kind": "Framework", "slug": slug, "name": text, "summary": f"<{text}>", "aliases": [f"[{text}]"]}
        )
        lines.append(
            {
                "subject": "Company:c",
                "relation": "USES",
                "object": f"Framework:{slug}",
                "source": "s",
                "note": text,
                "term": text,
                "locator": text,
            }
        )
    engine = await graphs.hold(store, facts_from(tmp_path, lines))

    answers = [await data(engine, ASK, {"is": text, "part": f"[{text}]"}) for text in AWKWARD_TEXTS]
    within = [await data(engine, ASK, {"is": text, "part": f"<{text}>"}) for text in AWKWARD_TEXTS]

    for text, answered, inside in zip(AWKWARD_TEXTS, answers, within, strict=True):
        said = {"note": text, "term": text, "locator": text}
        assert answered == {
            "exact": {"nodes": [{"name": text, "summary": f"<{text}>", "aliases": [f"[{text}]"]}]},
            "start": {"nodes": [{"name": text}]},
            "within": {"nodes": []},
            "among": {"nodes": [{"name": text}]},
            "alias": {"name": text, "usedBy": {"edges": [{"claim": {"evidence": [said]}}]}},
        }
        assert inside["within"] == {"nodes": [{"name": text}]}


async def test_the_graph_is_whole_after_it(graphs: Graphs, store: str) -> None:
    engine = await graphs.hold(store)

    counted = await data(engine, "{ graph { kinds { count } } frameworks { totalCount } claims { totalCount } }")

    assert counted["frameworks"]["totalCount"] == 13
    assert sum(item["count"] for item in counted["graph"]["kinds"]) == 269
