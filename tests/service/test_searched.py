"""What search stands on is the same on both stores: words, what is found by them, how many claims speak of a thing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from graph_seed import Facts
from service.stores import Store
from service.stores.sqlite.store import SqliteStore
from tests.graphs import Graphs, facts_from, shipped

pytestmark = [pytest.mark.neo4j, pytest.mark.anyio, pytest.mark.usefixtures("neo4j_instance")]

LINES: list[dict[str, Any]] = [
    {"kind": "Source", "slug": "s", "name": "Source"},
    {"kind": "Source", "slug": "t", "name": "Another", "summary": "A source, cited once."},
    {
        "kind": "Framework",
        "slug": "f",
        "name": "C++",
        "aliases": ["++", "Ｃ－ｐｌｕｓ", "Café C"],
        "summary": "C and more.",
    },
    {"kind": "Framework", "slug": "g", "name": "りんご😀枠組み", "aliases": ["りんご", "c++ g"]},
    {"kind": "Framework", "slug": "h", "name": "Alone"},
    {"kind": "Technology", "slug": "c", "name": "C++", "category": "LANGUAGE"},
    *(
        {
            "subject": subject,
            "relation": relation,
            "object": object_,
            "source": source,
            "supports": supports,
            "note": "So.",
        }
        for subject, relation, object_, source, supports in (
            ("Framework:f", "EXTENDS", "Framework:f", "s", True),
            ("Framework:f", "EXTENDS", "Framework:g", "s", True),
            ("Framework:f", "EXTENDS", "Framework:g", "t", True),
            ("Framework:f", "WORKS_WITH", "Technology:c", "s", False),
        )
    ),
]

IN_SQLITE = """SELECT id, _names, _summary, ifnull((SELECT claims FROM degree WHERE degree.entity = entity._pk), 0),
  (SELECT json_group_array(DISTINCT key) FROM name WHERE name.entity = entity._pk) FROM entity"""
IN_NEO4J = """MATCH (n:Entity) RETURN n.id AS id, n.name_words AS names, n.summary_words AS summary,
  COUNT { (n)--() } - COUNT { (n)<-[:NAMES]-() } AS claims, n.all_names AS all"""
FOUND = "CALL db.index.fulltext.queryNodes('atlas_words', $words) YIELD node RETURN node.id AS id"


async def both(graphs: Graphs, facts: Facts) -> tuple[SqliteStore, Any]:
    sqlite, neo4j = [(await graphs.hold(name, facts)).store for name in ("sqlite", "neo4j")]
    assert isinstance(sqlite, SqliteStore)
    return sqlite, neo4j


@pytest.mark.parametrize("lines", [None, LINES], ids=["shipped", "drawn"])
async def test_words_names_and_degrees(graphs: Graphs, tmp_path: Path, lines: list[Any] | None) -> None:
    sqlite, neo4j = await both(graphs, facts_from(tmp_path, lines) if lines else shipped())

    ours = {
        id_: (names, summary, claims, sorted(json.loads(all_)))
        for id_, names, summary, claims, all_ in sqlite.database.rows(IN_SQLITE)
    }
    theirs = {
        row["id"]: (row["names"], row["summary"], row["claims"], sorted(row["all"]))
        for row in await neo4j._run(IN_NEO4J)
    }

    assert ours == theirs
    if lines:
        assert sorted(ours.values()) == [
            ("alone", "", 0, ["alone"]),
            ("another", "a source cited once", 1, ["another"]),
            ("c", "", 1, ["c++"]),
            ("c x2b2b plus cafe", "c and more", 3, ["++", "c++", "c-plus", "cafe c"]),
            ("source", "", 3, ["source"]),
            ("りんご 枠組み c g", "", 1, ["c++ g", "りんご", "りんご😀枠組み"]),
        ]


@pytest.mark.parametrize("start", ["c", "caf", "x2b2b", "りん", "枠", "plus", "more", "a", "zzz"])
async def test_both_find_the_same_by_the_beginning_of_a_word(graphs: Graphs, tmp_path: Path, start: str) -> None:
    sqlite, neo4j = await both(graphs, facts_from(tmp_path, LINES))

    ours = sqlite.database.rows(
        "SELECT id FROM entity WHERE _pk IN (SELECT rowid FROM entity_fts(?))", (f'"{start}"*',)
    )
    theirs = await neo4j._run(FOUND, words=f"{start}*")

    assert sorted(id_ for (id_,) in ours) == sorted(row["id"] for row in theirs)
    assert bool(ours) == (start != "zzz")


async def test_both_tell_the_same_version_and_spellings(graphs: Graphs) -> None:
    told = []
    for opened in await both(graphs, shipped()):
        store: Store[Any] = opened
        spelt = await store.names_by_kind()
        texts = {kind: sorted(texts) for kind, texts in (await store.search_texts()).items()}
        told.append((await store.version(), {kind: sorted(keys) for kind, keys in spelt.items()}, texts))

    assert told[0] == told[1]
    assert told[0][0] == f"{shipped().digest}.1"
    assert set(told[0][1]) == {item.kind for item in shipped().entities}
    assert all(len(set(keys)) == len(keys) for keys in told[0][1].values())
    assert {"django", "flask"} <= set(told[0][1]["Framework"])
    assert "fastapi fast api a fast asynchronous framework known for its api features" in told[0][2]["Framework"]
