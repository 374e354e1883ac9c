"""The items of the OWASP GraphQL cheat sheet, over HTTP, on both stores.

https://cheatsheetseries.owasp.org/cheatsheets/GraphQL_Cheat_Sheet.html. docs/security.md lists the tests that cover each
item in more depth.
"""

from __future__ import annotations

import json

import pytest

from graph_seed.facts import global_id
from tests.graphs import Graphs
from tests.http_requests import DJANGO_QUERY, DJANGO_RESPONSE
from tests.queries import execute
from tests.tokens import READER, bearer

pytestmark = pytest.mark.anyio

ORIGIN = "https://app.example"
ALLOW_ORIGIN = "access-control-allow-origin"

# Input validation and injection

INJECTIONS = [
    "' OR 1=1 --",
    '"; DROP TABLE entity; --',
    "') UNION SELECT sql FROM sqlite_schema --",
    "x'}) DETACH DELETE n //",
    "$v0",
    ":v0",
    "`) MATCH (n) RETURN n //",
    "%' AND 1=CAST((SELECT 1) AS int) AND '%'='",
    "{{7*7}}${7*7}<%= 7*7 %>",
    "../../../etc/passwd",
    "<script>alert(1)</script>",
    "name:* OR *",
    "NEAR(a b)",
]


@pytest.mark.parametrize("text", INJECTIONS)
async def test_a_value_never_becomes_part_of_a_statement(graphs: Graphs, store: str, text: str) -> None:
    engine = await graphs.load(store)
    document = """query ($t: String!, $i: ID!) {
      framework(slug: $t) { name } node(id: $i) { id } search(text: $t) { nodes { __typename } }
      frameworks(where: {or: [{name: {contains: $t}}, {slug: {in: [$t]}}, {features: {some: {name: {startsWith: $t}}}}]})
      { totalCount }
      claims(where: {subject: $i}) { totalCount }
    }"""

    response = await execute(engine, document, {"t": text, "i": text})
    count = await execute(engine, "{ frameworks { totalCount } }")

    assert "errors" not in response
    assert response["data"]["framework"] is None
    assert response["data"]["frameworks"] == {"totalCount": 0}
    assert count["data"]["frameworks"]["totalCount"] > 0


@pytest.mark.parametrize(
    ("body", "status", "message"),
    [
        (b"null", 400, "The body must be a single JSON object with a `query`."),
        (b"5", 400, "The body must be a single JSON object with a `query`."),
        (b'[{"query": "{ __typename }"}]', 400, "The body must be a single JSON object with a `query`."),
        (b'"{ __typename }"', 400, "The body must be a single JSON object with a `query`."),
        (b"\xff\xfe", 400, "The body is not JSON in UTF-8: "),
        (b"[" * 100_000, 400, "The body is not JSON in UTF-8: "),
        (b'{"query": "{ __typename }", "variables": {"n": ' + b"9" * 5000 + b"}}", 400, "The body is not JSON in UTF-8: "),
        (b'{"query": ' + b" " * 1_000_001, 413, "The body is longer than 1000000 bytes (ATLAS_MAX_BODY); send a shorter one."),
    ],
    ids=["null", "number", "batch", "string", "invalid UTF-8", "deep", "huge integer", "too long"],
)  # fmt: skip
async def test_an_invalid_body_is_rejected_with_a_message(
    graphs: Graphs, store: str, body: bytes, status: int, message: str
) -> None:
    async with graphs.serve(store) as client:
        response = await client.post("/graphql", content=body, headers={"content-type": "application/json"})

    error = response.json()["errors"][0]
    assert (response.status_code, error["message"][: len(message)]) == (status, message)


async def test_a_compressed_body_is_rejected(graphs: Graphs, store: str) -> None:
    headers = {"content-type": "application/json", "content-encoding": "zstd"}
    async with graphs.serve(store) as client:
        response = await client.post("/graphql", content=json.dumps({"query": DJANGO_QUERY}), headers=headers)

    assert (response.status_code, response.json()["errors"][0]["message"]) == (
        415,
        "The content encoding 'zstd' is not supported; send the body without encoding.",
    )


# Denial of service

EXCESSIVE = {
    "depth": "{ frameworks { nodes " + "{ features { nodes { frameworks { nodes " * 4 + "{ name }" + " } } } }" * 4 + " } }",
    "amount: rows of a page": "{ frameworks(first: 1001) { nodes { name } } }",
    "amount: rows of a nested page": "{ frameworks { nodes { features(first: 501) { nodes { name } } } } }",
    "amount: values": f"{{ frameworks(where: {{slug: {{in: {json.dumps(['x'] * 1001)}}}}}) {{ totalCount }} }}",
    "cost": "{ frameworks(first: 1000) { nodes { features(first: 500) { nodes { frameworks(first: 500) { totalCount nodes { name } } } } } } }",
    "batching by aliases": "{ " + " ".join(f'a{n}: framework(slug: "x{n}") {{ name }}' for n in range(31)) + " }",
    "batching by root fields": "{ " + '__typename framework(slug: "x") { name } ' * 11 + " }",
    "tokens": "{ " + "__typename " * 2001 + "}",
    "characters": "{ __typename } #" + "x" * 20_000,
    "directives": "{ __typename " + "@skip(if: false) " * 51 + "}",
}  # fmt: skip


@pytest.mark.parametrize("item", EXCESSIVE)
async def test_depth_amount_cost_and_batching_are_limited(graphs: Graphs, store: str, item: str) -> None:
    # With the default limit, the shipped facts are too few to exceed the cost.
    async with graphs.serve(store, max_cost=5_000) as client:
        response = (await client.post("/graphql", json={"query": EXCESSIVE[item]})).json()

    (error,) = response["errors"]
    assert ("data" in response, error["extensions"]["code"]) == (False, "LIMIT_EXCEEDED")
    assert "ATLAS_MAX_" in error["message"]


async def test_a_page_has_twenty_items_by_default(graphs: Graphs, store: str) -> None:
    document = "{ features { nodes { frameworks { nodes { name } } } totalCount } }"
    async with graphs.serve(store) as client:
        features = (await client.post("/graphql", json={"query": document})).json()["data"]["features"]

    assert features["totalCount"] > len(features["nodes"]) == 20
    assert max(len(node["frameworks"]["nodes"]) for node in features["nodes"]) <= 20


async def test_requests_are_rate_limited(graphs: Graphs, store: str) -> None:
    async with graphs.serve(store, rate="2/minute") as client:
        responses = [await client.post("/graphql", json={"query": DJANGO_QUERY}) for _ in range(3)]

    assert [response.status_code for response in responses] == [200, 200, 429]
    assert 0 < int(responses[-1].headers["retry-after"]) <= 60


# Access control

CREATE = 'mutation { upsertFeature(input: {slug: "x", name: "X", category: QUALITY}) { __typename } }'
NODE = f'{{ node(id: "{global_id("Framework", "django")}") {{ id }} }}'


@pytest.mark.parametrize(
    "query", [DJANGO_QUERY, NODE, "{ frameworks { totalCount } }", "{ __schema { queryType { name } } }"]
)
async def test_an_id_gives_no_access_without_a_token(graphs: Graphs, store: str, query: str) -> None:
    """Insecure direct object reference (IDOR)."""
    body = {"query": query}
    async with graphs.serve(store, public_read=False, tokens=READER.entry) as client:
        without_token = await client.post("/graphql", json=body)
        forged_token = await client.post("/graphql", json=body, headers=bearer("atlas_guessed"))
        reader = await client.post("/graphql", json=body, headers=bearer(READER.token))

    rejected = without_token, forged_token
    assert [(response.status_code, "data" in response.json()) for response in rejected] == [(401, False)] * 2
    assert (reader.status_code, "errors" in reader.json()) == (200, False)


async def test_a_mutation_needs_the_scope_write(graphs: Graphs, store: str) -> None:
    async with graphs.serve(store, tokens=READER.entry) as client:
        without_token = await client.post("/graphql", json={"query": CREATE})
        reader = await client.post("/graphql", json={"query": CREATE}, headers=bearer(READER.token))
        feature = await client.post("/graphql", json={"query": '{ feature(slug: "x") { name } }'})

    payloads = [response.json()["data"]["upsertFeature"] for response in (without_token, reader)]
    assert [payload["__typename"] for payload in payloads] == ["NotAuthorized"] * 2
    assert feature.json()["data"] == {"feature": None}


# Cross-site requests


@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", ""]
)
async def test_a_request_that_needs_no_preflight_is_rejected(graphs: Graphs, store: str, content_type: str) -> None:
    """Cross-site request forgery (CSRF)."""
    headers = {"content-type": content_type, "origin": "https://evil.example"}
    async with graphs.serve(store) as client:
        response = await client.post("/graphql", content=json.dumps({"query": DJANGO_QUERY}), headers=headers)

    assert response.status_code == 415


async def test_get_does_not_execute_a_mutation(graphs: Graphs, store: str) -> None:
    async with graphs.serve(store) as client:
        response = await client.get("/graphql", params={"query": CREATE})

    assert (response.status_code, response.headers["allow"]) == (405, "GET, POST")


PREFLIGHT = {
    "origin": ORIGIN,
    "access-control-request-method": "POST",
    "access-control-request-headers": "content-type",
}


async def test_pages_of_other_origins_have_access_only_if_their_origin_is_allowed(graphs: Graphs, store: str) -> None:
    body = {"query": DJANGO_QUERY}
    async with graphs.serve(store) as client:
        default = await client.options("/graphql", headers=PREFLIGHT)
    async with graphs.serve(store, allowed_origins=f"{ORIGIN}, https://other.example") as client:
        preflight = await client.options("/graphql", headers=PREFLIGHT)
        allowed = await client.post("/graphql", json=body, headers={"origin": ORIGIN})
        other = await client.post("/graphql", json=body, headers={"origin": "https://evil.example"})

    assert (default.status_code, ALLOW_ORIGIN in default.headers) == (405, False)
    assert (preflight.status_code, preflight.headers[ALLOW_ORIGIN]) == (200, ORIGIN)
    assert (allowed.headers[ALLOW_ORIGIN], allowed.json()) == (ORIGIN, DJANGO_RESPONSE)
    assert ALLOW_ORIGIN not in other.headers


@pytest.mark.parametrize(
    "allowed_origins", ["https://App.Example", "HTTPS://app.example:443", f"https://x.example, {ORIGIN}"]
)
async def test_allowed_origins_are_normalized(graphs: Graphs, store: str, allowed_origins: str) -> None:
    async with graphs.serve(store, allowed_origins=allowed_origins) as client:
        response = await client.post("/graphql", json={"query": DJANGO_QUERY}, headers={"origin": ORIGIN})

    assert response.headers[ALLOW_ORIGIN] == ORIGIN


async def test_every_response_has_the_security_headers(graphs: Graphs, store: str) -> None:
    async with graphs.serve(store) as client:
        responses = [
            await client.post("/graphql", json={"query": DJANGO_QUERY}),
            await client.post("/graphql", content=b"{"),
            await client.get("/nowhere"),
            await client.get("/healthz"),
        ]

    for response in responses:
        assert response.headers["x-content-type-options"] == "nosniff"
        assert response.headers["referrer-policy"] == "no-referrer"
        assert response.headers["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'"


# Introspection, suggestions, error details


async def test_without_introspection_no_response_reveals_the_schema(graphs: Graphs, store: str) -> None:
    documents = [
        "{ __schema { types { name } } }",
        '{ __type(name: "Framework") { name } }',
        '{ framework(slug: "django") { name } x: __schema { queryType { name } } }',
        "{ framewrk { name } }",
        "{ frameworks { nodes { nmae } } }",
        "{ frameworks(wher: {}) { totalCount } }",
        "{ frameworks(where: {nmae: {}}) { totalCount } }",
        "{ frameworks { nodes { ... on Framewrk { name } } } }",
        "query ($w: FrameworkFiltr) { frameworks { totalCount } }",
    ]
    invalid_variable = {
        "query": "query ($w: FrameworkFilter) { frameworks(where: $w) { totalCount } }",
        "variables": {"w": {"nmae": 1}},
    }
    async with graphs.serve(store, introspection=False) as client:
        bodies = [*({"query": document} for document in documents), invalid_variable]
        responses = [(await client.post("/graphql", json=body)).json() for body in bodies]
        typename = (await client.post("/graphql", json={"query": "{ __typename }"})).json()
        sdl = await client.get("/schema.graphql")

    assert [list(response) for response in responses] == [["errors"]] * len(responses)
    assert "did you mean" not in json.dumps(responses).lower()
    assert (typename["data"], sdl.status_code) == ({"__typename": "Query"}, 404)


async def test_details_of_internal_errors_are_visible_in_development_only(
    graphs: Graphs, store: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(*_: object) -> None:
        raise RuntimeError("SELECT secret FROM /var/lib/atlas.db")

    messages: list[str] = []
    for development in (False, True):
        async with graphs.serve(store, development=development) as client:
            monkeypatch.setattr(type((await graphs.load(store)).store), "fetch", fail)
            response = await client.post("/graphql", json={"query": DJANGO_QUERY})
            monkeypatch.undo()
        assert response.status_code == 500
        messages.append(response.json()["errors"][0]["message"])

    reference = "The log of the service contains the details under"
    assert [("SELECT" in message, reference in message) for message in messages] == [(False, True), (True, True)]
