"""The enum of relations: the same value wherever a response names a relation, next to the deprecated texts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from schema import ONTOLOGY, Ontology, build
from schema.entities import Source
from tests.facts import facts_from_lines
from tests.graphs import Graphs
from tests.queries import mutate, query
from tests.small_graph import DJANGO, LINES, ORM, ends, id_of

pytestmark = pytest.mark.anyio


async def test_a_claim_has_its_relation_type_in_every_position(graphs: Graphs, store: str) -> None:
    text = """query ($id: ID!) {
      claims(where: { subject: $id, relation: ["OF_TYPE"] }, first: 1) { nodes { ...F } }
      framework(slug: "fastapi") {
        scalars: types(first: 1) { edges { claim { ...F } } }
        evidence: types(first: 1) { edges { claim { ...F evidence { supports } } } }
        inverse: usedBy(first: 1) { edges { claim { ...F } } }
      }
    }
    fragment F on Claim { relation relationType again: relationType }"""
    engine = await graphs.load(store)

    result = await query(engine, text, {"id": id_of("Framework:fastapi")})

    of_type = {"relation": "OF_TYPE", "relationType": "OF_TYPE", "again": "OF_TYPE"}
    uses = {"relation": "USES", "relationType": "USES", "again": "USES"}
    framework = {name: connection["edges"][0]["claim"] for name, connection in result["framework"].items()}
    evidence = framework["evidence"].pop("evidence")
    assert (result["claims"]["nodes"], framework, bool(evidence)) == (
        [of_type],
        {"scalars": of_type, "evidence": of_type, "inverse": uses},
        True,
    )


async def test_a_row_of_a_comparison_has_the_relation_of_its_field(graphs: Graphs, store: str) -> None:
    engine = await graphs.load(store)

    result = await query(
        engine,
        """{ compare(frameworks: ["django", "fastapi"]) { rows {
          relation relationType cells { claim { relationType } } } } }""",
    )

    rows = result["compare"]["rows"]
    edge_by_name = ONTOLOGY.kind_by_name["Framework"].edge_by_name
    claims = {
        (row["relationType"], cell["claim"]["relationType"]) for row in rows for cell in row["cells"] if cell["claim"]
    }
    assert {(row["relation"], row["relationType"]) for row in rows} == {
        (name, edge_by_name[name].relation.name) for name in ("types", "features", "applications", "technologies")
    }
    assert all(row == claim for row, claim in claims)


async def test_the_steps_of_a_path_and_the_counts_have_relation_types(graphs: Graphs, store: str) -> None:
    text = """query ($from: ID!, $to: ID!) {
      paths(from: $from, to: $to) { steps { relation relationType claim { relationType } } }
      graph { relations { relation relationType count } }
    }"""
    engine = await graphs.load(store)

    result = await query(engine, text, {"from": id_of("Framework:fastapi"), "to": id_of("Framework:django")})

    steps = [step for path in result["paths"] for step in path["steps"]]
    assert steps
    assert all(step["relation"] == step["relationType"] == step["claim"]["relationType"] for step in steps)
    assert [(item["relation"], item["relationType"]) for item in result["graph"]["relations"]] == [
        (name, name) for name in ONTOLOGY.relation_names
    ]


async def test_a_written_claim_has_its_relation_type(graphs: Graphs, store: str, tmp_path: Path) -> None:
    text = """mutation ($input: ClaimInput!) { claim(input: $input) {
      ... on Claimed { claim { relation relationType } } } }"""

    async with graphs.load_isolated(store, facts_from_lines(tmp_path / "facts", LINES)) as engine:
        values = ends(DJANGO, "HAS_FEATURE", ORM, "alpha", note="It does.")
        result = await mutate(engine, text, {"input": values})

    assert result == {"claim": {"claim": {"relation": "HAS_FEATURE", "relationType": "HAS_FEATURE"}}}


async def test_the_enum_is_that_of_the_ontology_and_the_texts_are_deprecated() -> None:
    text = """{
      enum: __type(name: "RelationType") { enumValues { name description } }
      Claim: __type(name: "Claim") { ...F } Step: __type(name: "Step") { ...F }
      ComparisonRow: __type(name: "ComparisonRow") { ...F } RelationCount: __type(name: "RelationCount") { ...F }
    }
    fragment F on __Type { fields(includeDeprecated: true) { name isDeprecated deprecationReason } }"""

    result: Any = build().execute_sync(text).data

    values = {item["name"]: item["description"] for item in result.pop("enum")["enumValues"]}
    deprecated = {
        name: [field["name"] for field in type_["fields"] if "relationType" in (field["deprecationReason"] or "")]
        for name, type_ in result.items()
    }
    assert tuple(values) == ONTOLOGY.relation_names
    assert values["HAS_FEATURE"] == "Framework, FrameworkType or Technology has Feature."
    assert deprecated == {name: ["relation"] for name in ("Claim", "Step", "ComparisonRow", "RelationCount")}


def test_an_ontology_without_relations_has_no_enum() -> None:
    assert "relationType" not in build(Ontology.of(Source)).as_str()
