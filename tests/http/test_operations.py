"""Operations: selection by name, introspection, fragments, directives, merged fields, variables."""

from __future__ import annotations

import json

import httpx
import pytest
from graphql import build_client_schema, get_introspection_query, print_schema

from graph_seed.facts import global_id
from tests.http_requests import DJANGO_RESPONSE, post
from tests.queries import response_with_cost

pytestmark = pytest.mark.anyio

NO_OPERATION = {"code": "OPERATION_RESOLUTION_FAILURE"}
TWO_OPERATIONS = 'query One { framework(slug: "flask") { name } } query Two { framework(slug: "django") { name } }'


async def test_operation_name_selects_one_of_several_operations(client: httpx.AsyncClient) -> None:
    responses = [
        await post(client, TWO_OPERATIONS, operationName=name) for name in ("Two", "One", None, "Three", "")
    ] * 2

    assert (
        responses
        == [
            DJANGO_RESPONSE,
            response_with_cost(1, {"framework": {"name": "Flask"}}),
            {
                "errors": [
                    {
                        "message": "The document has several operations; select one with `operationName`.",
                        "extensions": NO_OPERATION,
                    }
                ]
            },
            {"errors": [{"message": "The document has no operation named 'Three'.", "extensions": NO_OPERATION}]},
            {"errors": [{"message": "The document has no operation named ''.", "extensions": NO_OPERATION}]},
        ]
        * 2
    )


async def test_an_operation_needs_only_its_own_variables(client: httpx.AsyncClient) -> None:
    text = 'query One { framework(slug: "flask") { name } } query Two($s: String!) { framework(slug: $s) { name } }'

    assert await post(client, text, operationName="One") == response_with_cost(1, {"framework": {"name": "Flask"}})


async def test_introspection_and_data_can_be_in_one_operation(client: httpx.AsyncClient) -> None:
    text = """query ($type: String!, $slug: String!, $deep: Boolean = false) {
      __schema { queryType { name ...Named } }
      framework(slug: $slug) { name }
      t: __type(name: $type) { kind name @skip(if: $deep) interfaces { name } }
      none: __type(name: "Nope") { name }
      __typename
    }
    fragment Named on __Type { kind }"""

    response = await post(client, text, {"type": "Framework", "slug": "django"})

    assert json.dumps(response["data"]) == json.dumps(
        {
            "__schema": {"queryType": {"name": "Query", "kind": "OBJECT"}},
            "framework": {"name": "Django"},
            "t": {"kind": "OBJECT", "name": "Framework", "interfaces": [{"name": "Entity"}, {"name": "Node"}]},
            "none": None,
            "__typename": "Query",
        }
    )


async def test_full_introspection_describes_the_schema(client: httpx.AsyncClient) -> None:
    response = await post(client, get_introspection_query(input_value_deprecation=True))

    assert "type Framework implements" in print_schema(build_client_schema(response["data"]))


async def test_fragments_apply_where_their_type_does(client: httpx.AsyncClient) -> None:
    text = """query ($ids: [ID!]!) {
      nodes(ids: $ids) {
        __typename
        ... on Node { id }
        ... on Entity { slug }
        ... on Framework { name usedBy(first: 1) { nodes { ...Short } } }
        ...Company
        ... on Claim { relation subject { slug ... on Company { ...Short } ... on Framework { id } } }
        ... { again: __typename }
      }
    }
    fragment Company on Company { ...Short uses { totalCount } }
    fragment Short on Entity { called: name }"""
    django, instagram = global_id("Framework", "django"), global_id("Company", "instagram")
    claim = global_id("Claim", "Company:instagram/USES/Framework:django")

    response = await post(client, text, {"ids": [instagram, claim, django]})

    assert json.dumps(response["data"]["nodes"]) == json.dumps(
        [
            {
                "__typename": "Company",
                "id": instagram,
                "slug": "instagram",
                "called": "Instagram",
                "uses": {"totalCount": 1},
                "again": "Company",
            },
            {
                "__typename": "Claim",
                "id": claim,
                "relation": "USES",
                "subject": {"slug": "instagram", "called": "Instagram"},
                "again": "Claim",
            },
            {
                "__typename": "Framework",
                "id": django,
                "slug": "django",
                "name": "Django",
                "usedBy": {"nodes": [{"called": "Chess.com"}]},
                "again": "Framework",
            },
        ]
    )


@pytest.mark.parametrize("skip", [True, False])
@pytest.mark.parametrize("include", [True, False])
async def test_skip_and_include_follow_the_variables_of_each_request(
    client: httpx.AsyncClient, skip: bool, include: bool
) -> None:
    text = """query ($skip: Boolean!, $include: Boolean!) {
      framework(slug: "django") {
        slug
        name @skip(if: $skip)
        id @include(if: $include)
        both: __typename @skip(if: $skip) @include(if: $include)
        ... @include(if: $include) { usedBy(first: 1) { nodes { name } } }
        ...Off @skip(if: true)
      }
      company(slug: "instagram") @skip(if: $skip) { name }
    }
    fragment Off on Framework { summary }"""

    response = await post(client, text, {"skip": skip, "include": include})

    framework = {
        "slug": "django",
        **({} if skip else {"name": "Django"}),
        **({"id": global_id("Framework", "django")} if include else {}),
        **({"both": "Framework"} if include and not skip else {}),
        **({"usedBy": {"nodes": [{"name": "Chess.com"}]}} if include else {}),
    }
    company = {} if skip else {"company": {"name": "Instagram"}}
    assert json.dumps(response["data"]) == json.dumps({"framework": framework, **company})


async def test_typename_is_available_everywhere(client: httpx.AsyncClient) -> None:
    text = """{
      __typename
      company(slug: "instagram") {
        __typename
        uses { __typename
          pageInfo { __typename }
          nodes { __typename }
          edges { __typename
            node { __typename }
            claim { __typename
              subject { __typename } object { __typename } evidence { __typename source { __typename } } } } } }
      claims(first: 1) { __typename edges { __typename node { __typename } } nodes { __typename } }
      source(slug: "foreignerds-python-backend-frameworks") { __typename claims(first: 1) { __typename } }
    }"""

    response = await post(client, text)

    claim = {
        "__typename": "Claim",
        "subject": {"__typename": "Company"},
        "object": {"__typename": "Framework"},
        "evidence": [{"__typename": "Evidence", "source": {"__typename": "Source"}}],
    }
    edge = {"__typename": "FrameworkEdge", "node": {"__typename": "Framework"}, "claim": claim}
    uses = {
        "__typename": "FrameworkConnection",
        "pageInfo": {"__typename": "PageInfo"},
        "nodes": [{"__typename": "Framework"}],
        "edges": [edge],
    }
    assert response["data"] == {
        "__typename": "Query",
        "company": {"__typename": "Company", "uses": uses},
        "claims": {
            "__typename": "ClaimConnection",
            "edges": [{"__typename": "ClaimEdge", "node": {"__typename": "Claim"}}],
            "nodes": [{"__typename": "Claim"}],
        },
        "source": {"__typename": "Source", "claims": {"__typename": "ClaimConnection"}},
    }


async def test_fields_with_the_same_response_key_are_merged(
    client: httpx.AsyncClient,
) -> None:
    text = """{
      framework(slug: "django") { usedBy(first: 2) { nodes { name } } ...More }
      framework(slug: "django") { slug usedBy(first: 2) { nodes { slug } totalCount } }
      other: framework(slug: "django") { usedBy(first: 1) { nodes { name } } }
    }
    fragment More on Framework { usedBy(first: 2) { pageInfo { hasNextPage } nodes { name } } }"""

    response = await post(client, text)

    users = [{"name": "Chess.com", "slug": "chess-com"}, {"name": "Instagram", "slug": "instagram"}]
    used_by = {"nodes": users, "pageInfo": {"hasNextPage": True}, "totalCount": 3}
    assert json.dumps(response["data"]) == json.dumps(
        {
            "framework": {"usedBy": used_by, "slug": "django"},
            "other": {"usedBy": {"nodes": [{"name": "Chess.com"}]}},
        }
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{ framework(slug: "a") { name } framework(slug: "b") { name } }', "differing arguments"),
        ('{ framework(slug: "a") { x: name x: slug } }', "'name' and 'slug' are different fields"),
    ],
)
async def test_fields_that_cannot_be_merged_are_rejected(client: httpx.AsyncClient, text: str, message: str) -> None:
    (error,) = (await post(client, text))["errors"]

    assert message in error["message"]
    assert len(error["locations"]) == 2


async def test_a_variable_without_a_value_has_its_default(client: httpx.AsyncClient) -> None:
    text = 'query ($s: String! = "flask", $f: Int = 1) { framework(slug: $s) { name } companies(first: $f) { nodes { slug } } }'

    responses = [await post(client, text, variables) for variables in ({}, {"s": "django", "f": None}, {"f": 2})]

    data = [response["data"] for response in responses]
    assert [(item["framework"]["name"], len(item["companies"]["nodes"])) for item in data] == [
        ("Flask", 1),
        ("Django", 12),
        ("Flask", 2),
    ]
