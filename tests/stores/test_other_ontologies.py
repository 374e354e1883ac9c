"""Other facts, kinds and scripts: the service knows frameworks only from the ontology."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from schema import Ontology
from schema.entities import KINDS, Entity
from schema.ontology import kind, relation
from schema.scalars import Date
from tests.facts import facts_from_lines
from tests.graphs import Graphs
from tests.queries import query


@kind("planets")
class Planet(Entity):
    """A planet."""

    moons: int
    found: Date | None

    suits = relation("SUITS", "Application", inverse="planets")
    orbits = relation("ORBITS", "Planet", inverse="orbited_by")


MULTILINGUAL_LINES: list[dict[str, Any]] = [
    {"kind": "Source", "slug": "用語集", "name": "用語集", "publisher": "出版社", "published": "2023-11"},
    {"kind": "Source", "slug": "قاموس", "name": "قاموس", "summary": "معجم"},
    {"kind": "Framework", "slug": "りんご", "name": "りんご枠組み", "aliases": ["リンゴ", "Apfel"]},
    {"kind": "Framework", "slug": "яблоко", "name": "Яблоко", "summary": "Ёлка и мёд"},
    {"kind": "Feature", "slug": "速い", "name": "速い", "category": "QUALITY"},
    {"kind": "Feature", "slug": "हल्का", "name": "हल्का", "category": "QUALITY"},
    {"kind": "Company", "slug": "株式会社", "name": "株式会社みかん"},
    {
        "subject": "Framework:りんご",
        "relation": "HAS_FEATURE",
        "object": "Feature:速い",
        "source": "用語集",
        "note": "とても速い。",
        "term": "高速",
    },
    {
        "subject": "Framework:りんご",
        "relation": "HAS_FEATURE",
        "object": "Feature:速い",
        "source": "قاموس",
        "supports": False,
        "note": "ليس سريعا",
    },
    {
        "subject": "Framework:яблоко",
        "relation": "HAS_FEATURE",
        "object": "Feature:हल्का",
        "source": "用語集",
        "note": "Лёгкий.",
    },
    {
        "subject": "Company:株式会社",
        "relation": "USES",
        "object": "Framework:яблоко",
        "source": "قاموس",
        "note": "يستخدم",
    },
]


@pytest.mark.anyio
async def test_facts_in_other_scripts_can_be_looked_up_and_filtered(graphs: Graphs, store: str, tmp_path: Path) -> None:
    engine = await graphs.load(store, facts_from_lines(tmp_path, MULTILINGUAL_LINES))

    response = await query(
        engine,
        """{
          framework(slug: "リンゴ") {
            name
            features { edges { node { name } claim { stance confidence firstSeen evidence { supports term note source { slug } } } } }
          }
          cyrillic: frameworks(where: { name: { startsWith: "ЯБЛ" } }) { nodes { slug usedBy { nodes { name } } } }
          accents: frameworks(where: { summary: { contains: "елка и мед" } }) { nodes { slug } }
          kana: frameworks(where: { name: { contains: "ご枠" } }) { nodes { slug } }
          hindi: features(where: { name: { eq: "हल्का" } }) { nodes { slug } }
        }""",
    )

    assert response == {
        "framework": {
            "name": "りんご枠組み",
            "features": {
                "edges": [
                    {
                        "node": {"name": "速い"},
                        "claim": {
                            "stance": "DISPUTED",
                            "confidence": 0.5,
                            "firstSeen": "2023-11",
                            "evidence": [
                                {
                                    "supports": True,
                                    "term": "高速",
                                    "note": "とても速い。",
                                    "source": {"slug": "用語集"},
                                },
                                {"supports": False, "term": None, "note": "ليس سريعا", "source": {"slug": "قاموس"}},
                            ],
                        },
                    }
                ]
            },
        },
        "cyrillic": {"nodes": [{"slug": "яблоко", "usedBy": {"nodes": [{"name": "株式会社みかん"}]}}]},
        "accents": {"nodes": [{"slug": "яблоко"}]},
        "kana": {"nodes": [{"slug": "りんご"}]},
        "hindi": {"nodes": [{"slug": "हल्का"}]},
    }


@pytest.mark.anyio
async def test_a_new_kind_needs_only_a_class_and_facts(graphs: Graphs, store: str, tmp_path: Path) -> None:
    ontology = Ontology.of(*KINDS, Planet)
    lines: list[dict[str, Any]] = [
        {"kind": "Source", "slug": "almanac", "name": "Almanac"},
        {"kind": "Application", "slug": "life", "name": "Life", "category": "USE_CASE"},
        {"kind": "Planet", "slug": "earth", "name": "Earth", "moons": 1, "aliases": ["Terra"]},
        {"kind": "Planet", "slug": "luna", "name": "Luna", "moons": 0, "found": "1610"},
        {"kind": "Planet", "slug": "mars", "name": "Mars", "moons": 2, "found": "1610-01"},
        {
            "subject": "Planet:earth",
            "relation": "SUITS",
            "object": "Application:life",
            "source": "almanac",
            "note": "We live.",
        },
        {
            "subject": "Planet:luna",
            "relation": "ORBITS",
            "object": "Planet:earth",
            "source": "almanac",
            "note": "Monthly.",
        },
    ]
    engine = await graphs.load(store, facts_from_lines(tmp_path, lines, ontology), ontology)

    response = await query(
        engine,
        """{
          planet(slug: "terra") { id name moons found orbitedBy { edges { node { slug } claim { relation evidence { note } } } } }
          planets(where: { moons: { gte: 1 }, found: { ne: "1610" } }, orderBy: [{ moons: DESC }]) { totalCount nodes { slug } }
          byDate: planets(orderBy: [{ found: DESC }]) { edges { cursor node { slug found } } }
          application(slug: "life") { planets { nodes { name } } frameworks { totalCount } }
          node(id: "UGxhbmV0Om1hcnM=") { ... on Planet { moons } }
          __type(name: "PlanetFilter") { inputFields { name } }
        }""",
    )

    cursors = [edge.pop("cursor") for edge in response["byDate"]["edges"]]
    next_page = await query(
        engine,
        "query ($after: String) { planets(orderBy: [{ found: DESC }], after: $after) { nodes { slug } } }",
        {"after": cursors[1]},
    )
    assert [field["name"] for field in response.pop("__type")["inputFields"]] == [
        *("slug", "name", "summary", "moons", "found", "suits", "orbits", "orbitedBy", "and", "or", "not"),
    ]
    assert json.dumps([response, next_page]) == json.dumps(
        [
            {
                "planet": {
                    "id": "UGxhbmV0OmVhcnRo",
                    "name": "Earth",
                    "moons": 1,
                    "found": None,
                    "orbitedBy": {
                        "edges": [
                            {
                                "node": {"slug": "luna"},
                                "claim": {"relation": "ORBITS", "evidence": [{"note": "Monthly."}]},
                            }
                        ]
                    },
                },
                "planets": {"totalCount": 2, "nodes": [{"slug": "mars"}, {"slug": "earth"}]},
                "byDate": {
                    "edges": [
                        {"node": {"slug": "mars", "found": "1610-01"}},
                        {"node": {"slug": "luna", "found": "1610"}},
                        {"node": {"slug": "earth", "found": None}},
                    ]
                },
                "application": {"planets": {"nodes": [{"name": "Earth"}]}, "frameworks": {"totalCount": 0}},
                "node": {"moons": 2},
            },
            {"planets": {"nodes": [{"slug": "earth"}]}},
        ]
    )
