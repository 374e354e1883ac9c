"""Both stores hold the same search words, names and claim counts, and find the same entities by prefixes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from graph_seed import Facts
from service.stores import Store
from service.stores.sqlite.store import SqliteStore
from tests.facts import facts_from_lines, shipped_facts
from tests.graphs import Graphs

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

SQL = """SELECT id, _names, _summary, ifnull((SELECT claims FROM degree WHERE degree.entity = entity._pk), 0),
  (SELECT json_group_array(DISTINCT key) FROM name WHERE name.entity = entity._pk) FROM entity"""
CYPHER = """MATCH (n:Entity) RETURN n.id AS id, n.name_words AS names, n.summary_words AS summary,
  COUNT { (n)--() } - COUNT { (n)<-[:NAMES]-() } AS claims, n.all_names AS keys"""
CYPHER_PREFIX = "CALL db.index.fulltext.queryNodes('atlas_words', $words) YIELD node RETURN node.id AS id"


async def both(graphs: Graphs, facts: Facts) -> tuple[SqliteStore, Any]:
    sqlite, neo4j = [(await graphs.load(name, facts)).store for name in ("sqlite", "neo4j")]
    assert isinstance(sqlite, SqliteStore)
    return sqlite, neo4j


@pytest.mark.parametrize("lines", [None, LINES], ids=["shipped", "small"])
async def test_both_stores_hold_the_same_words_names_and_claim_counts(
    graphs: Graphs, tmp_path: Path, lines: list[Any] | None
) -> None:
    sqlite, neo4j = await both(graphs, facts_from_lines(tmp_path, lines) if lines else shipped_facts())

    in_sqlite = {
        id_: (names, summary, claims, sorted(json.loads(keys)))
        for id_, names, summary, claims, keys in sqlite.database.rows(SQL)
    }
    in_neo4j = {
        row["id"]: (row["names"], row["summary"], row["claims"], sorted(row["keys"]))
        for row in await neo4j._run(CYPHER)
    }

    assert in_sqlite == in_neo4j
    if lines:
        assert sorted(in_sqlite.values()) == [
            ("alone", "", 0, ["alone"]),
            ("another", "a source cited once", 1, ["another"]),
            ("c", "", 1, ["c++"]),
            ("c x2b2b plus cafe", "c and more", 3, ["++", "c++", "c-plus", "cafe c"]),
            ("source", "", 3, ["source"]),
            ("りんご 枠組み c g", "", 1, ["c++ g", "りんご", "りんご😀枠組み"]),
        ]


@pytest.mark.parametrize("prefix", ["c", "caf", "x2b2b", "りん", "枠", "plus", "more", "a", "zzz"])
async def test_both_stores_find_the_same_entities_by_a_prefix(graphs: Graphs, tmp_path: Path, prefix: str) -> None:
    sqlite, neo4j = await both(graphs, facts_from_lines(tmp_path, LINES))

    in_sqlite = sqlite.database.rows(
        "SELECT id FROM entity WHERE _pk IN (SELECT rowid FROM entity_fts(?))", (f'"{prefix}"*',)
    )
    in_neo4j = await neo4j._run(CYPHER_PREFIX, words=f"{prefix}*")

    assert sorted(id_ for (id_,) in in_sqlite) == sorted(row["id"] for row in in_neo4j)
    assert bool(in_sqlite) == (prefix != "zzz")


async def test_both_stores_return_the_same_version_names_and_search_texts(graphs: Graphs) -> None:
    results = []
    for opened in await both(graphs, shipped_facts()):
        store: Store[Any] = opened
        names = {kind: sorted(keys) for kind, keys in (await store.names_by_kind()).items()}
        texts = {kind: sorted(texts) for kind, texts in (await store.search_texts()).items()}
        results.append((await store.version(), names, texts))
    version, names, texts = results[0]

    assert results[1] == results[0]
    assert version == f"{shipped_facts().digest}.1"
    assert set(names) == {item.kind for item in shipped_facts().entities}
    assert all(len(set(keys)) == len(keys) for keys in names.values())
    assert {"django", "flask"} <= set(names["Framework"])
    assert "fastapi fast api a fast asynchronous framework known for its api features" in texts["Framework"]
