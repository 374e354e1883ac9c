"""oneOf input objects: exactly one field, which is not null (GraphQL September 2025, 5.6 and 5.8.5)."""

from __future__ import annotations

from typing import Any

import pytest

from schema import ONTOLOGY
from service.errors import SettingsError
from service.http.persisted_queries import read_trusted_documents
from service.settings import read_settings
from tests.graphs import Graphs, answer

pytestmark = pytest.mark.anyio

INVALID_DOCUMENTS = {
    "two fields": "{ frameworks(orderBy: [{ name: DESC, slug: ASC }]) { totalCount } }",
    "no field": "{ frameworks(orderBy: [{}]) { totalCount } }",
    "a single object without a field": "{ frameworks(orderBy: {}) { totalCount } }",
    "null": "{ frameworks(orderBy: [{ name: null }]) { totalCount } }",
    "a field and null": "{ frameworks(orderBy: [{ name: DESC, slug: null }]) { totalCount } }",
    "an undefined variable": "{ frameworks(orderBy: [{ name: $v }]) { totalCount } }",
    "a nullable variable": "query ($v: Sort) { frameworks(orderBy: [{ name: $v }]) { totalCount } }",
    "a nullable variable with a default": "query ($v: Sort = ASC) { companies(orderBy: { slug: $v }) { totalCount } }",
    "a nullable variable in a fragment": (
        "query ($v: Sort) { ...F } fragment F on Query { sources(orderBy: [{ published: $v }]) { totalCount } }"
    ),
    "two fields of a claim": (
        '{ framework(slug: "django") {'
        " features(orderBy: [{ claim: { confidence: DESC, firstSeen: ASC } }]) { totalCount } } }"
    ),
    "no field of a claim": '{ feature(slug: "orm") { frameworks(orderBy: [{ claim: {} }]) { totalCount } } }',
    "a nullable variable of a claim": (
        'query ($v: Sort) { feature(slug: "orm") { frameworks(orderBy: [{ claim: { lastSeen: $v } }]) { totalCount } } }'
    ),
    "in the payload of a mutation": (
        'mutation { upsertFramework(input: { slug: "x", name: "X" }) {'
        " ... on UpsertedFramework { framework { features(orderBy: [{}]) { totalCount } } } } }"
    ),
}
INVALID_VARIABLES: dict[str, tuple[str, Any]] = {
    "two fields": ("[FrameworkOrder!]", [{"name": "DESC", "slug": "ASC"}]),
    "no field": ("[FrameworkOrder!]", [{}]),
    "null": ("[FrameworkOrder!]", [{"name": None}]),
    "two fields of one object": ("FrameworkOrder!", {"name": "DESC", "slug": "ASC"}),
}


@pytest.mark.parametrize("case", INVALID_DOCUMENTS)
async def test_an_invalid_one_of_literal_is_a_validation_error(graphs: Graphs, store: str, case: str) -> None:
    engine = await graphs.hold(store)

    response = await answer(engine, INVALID_DOCUMENTS[case])

    assert response["data"] is None
    assert all(error["locations"] for error in response["errors"])
    assert {error["extensions"]["code"] for error in response["errors"]} == {"GRAPHQL_VALIDATION_FAILED"}


@pytest.mark.parametrize("case", INVALID_VARIABLES)
async def test_an_invalid_one_of_variable_is_an_input_error(graphs: Graphs, store: str, case: str) -> None:
    engine = await graphs.hold(store)
    type_, value = INVALID_VARIABLES[case]
    argument = "$v" if type_.startswith("[") else "[$v]"

    response = await answer(
        engine, f"query ($v: {type_}) {{ frameworks(orderBy: {argument}) {{ totalCount }} }}", {"v": value}
    )

    assert response["data"] is None
    assert all(error["locations"] for error in response["errors"])
    assert {error["extensions"]["code"] for error in response["errors"]} == {"BAD_USER_INPUT"}


@pytest.mark.parametrize("variables", [{"v": "DESC"}, {}])
async def test_a_required_variable_may_be_the_value_of_a_field(
    graphs: Graphs, store: str, variables: dict[str, str]
) -> None:
    engine = await graphs.hold(store)

    response = await answer(
        engine,
        "query ($v: Sort! = DESC) { frameworks(first: 1, orderBy: [{ name: $v }]) { nodes { slug } } }",
        variables,
    )

    assert response == {"data": {"frameworks": {"nodes": [{"slug": "tornado"}]}}}


@pytest.mark.parametrize("case", INVALID_DOCUMENTS)
def test_an_invalid_trusted_document_stops_the_start(tmp_path: Any, case: str) -> None:
    (tmp_path / "invalid.graphql").write_text(INVALID_DOCUMENTS[case])

    with pytest.raises(SettingsError, match=r"invalid\.graphql:1: "):
        read_trusted_documents(read_settings(persisted=tmp_path), ONTOLOGY)
