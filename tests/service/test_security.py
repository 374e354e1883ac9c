"""What keeps the service safe on the open internet: the OWASP GraphQL cheat sheet item by item, over HTTP, on both stores.

https://cheatsheetseries.owasp.org/cheatsheets/GraphQL_Cheat_Sheet.html. What stands here in short, other rooms test at
length; docs/security.md says where.
"""

from __future__ import annotations

import json

import pytest

from graph_seed.facts import global_id
from service.auth.static_tokens import NewToken, new_token
from tests.graphs import Graphs, answer, costing

DJANGO = '{ framework(slug: "django") { name } }'
DJANGO_ANSWER = costing(1, {"framework": {"name": "Django"}})
SITE = "https://app.example"


def bearer(token: NewToken) -> dict[str, str]:
    return {"authorization": f"Bearer {token.token}"}


# ----------------------------------------------------------------------------------------- input validation and injection

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


@pytest.mark.anyio
@pytest.mark.parametrize("text", INJECTIONS)
async def test_injection_text_is_only_ever_text(graphs: Graphs, store: str, text: str) -> None:
    engine = await graphs.hold(store)
    asked = """query ($t: String!, $i: ID!) {
      framework(slug: $t) { name } node(id: $i) { id } search(text: $t) { nodes { __typename } }
      frameworks(where: {or: [{name: {contains: $t}}, {slug: {in: [$t]}}, {features: {some: {name: {startsWith: $t}}}}]})
      { totalCount }
      claims(where: {subject: $i}) { totalCount }
    }"""

    answered = await answer(engine, asked, {"t": text, "i": text})
    counted = await answer(engine, "{ frameworks { totalCount } }")

    assert "errors" not in answered
    assert answered["data"]["framework"] is None
    assert answered["data"]["frameworks"] == {"totalCount": 0}
    assert counted["data"]["frameworks"]["totalCount"] > 0


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("body", "status", "told"),
    [
        (b"null", 400, "The body must be one JSON object with a `query`."),
        (b"5", 400, "The body must be one JSON object with a `query`."),
        (b'[{"query": "{ __typename }"}]', 400, "The body must be one JSON object with a `query`."),
        (b'"{ __typename }"', 400, "The body must be one JSON object with a `query`."),
        (b"\xff\xfe", 400, "The body is not JSON in UTF-8: "),
        (b"[" * 100_000, 400, "The body is not JSON in UTF-8: "),
        (b'{"query": "{ __typename }", "variables": {"n": ' + b"9" * 5000 + b"}}", 400, "The body is not JSON in UTF-8: "),
        (b'{"query": ' + b" " * 1_000_001, 413, "The body is longer than 1000000 bytes (ATLAS_MAX_BODY); send a shorter one."),
    ],
    ids=["null", "number", "batch", "text", "no UTF-8", "deep", "huge integer", "too long"],
)  # fmt: skip
async def test_a_body_that_is_none_is_refused_in_a_sentence(
    graphs: Graphs, store: str, body: bytes, status: int, told: str
) -> None:
    async with graphs.serve(store) as client:
        refused = await client.post("/graphql", content=body, headers={"content-type": "application/json"})

    assert (refused.status_code, refused.json()["errors"][0]["message"][: len(told)]) == (
        status,
        told,
    )


@pytest.mark.anyio
async def test_a_body_is_taken_as_it_is(graphs: Graphs, store: str) -> None:
    async with graphs.serve(store) as client:
        headers = {"content-type": "application/json", "content-encoding": "zstd"}
        refused = await client.post("/graphql", content=json.dumps({"query": DJANGO}), headers=headers)

    assert (refused.status_code, refused.json()["errors"][0]["message"]) == (
        415,
        "The content encoding 'zstd' is not supported; send the body without encoding.",
    )


# --------------------------------------------------------------------------------------------------- denial of service

TOO_MUCH = {
    "depth": "{ frameworks { nodes " + "{ features { nodes { frameworks { nodes " * 4 + "{ name }" + " } } } }" * 4 + " } }",
    "amount: rows of a page": "{ frameworks(first: 1001) { nodes { name } } }",
    "amount: rows of a page below another": "{ frameworks { nodes { features(first: 501) { nodes { name } } } } }",
    "amount: values": f"{{ frameworks(where: {{slug: {{in: {json.dumps(['x'] * 1001)}}}}}) {{ totalCount }} }}",
    "cost": "{ frameworks(first: 1000) { nodes { features(first: 500) { nodes { frameworks(first: 500) { totalCount nodes { name } } } } } } }",
    "batching by aliases": "{ " + " ".join(f'a{n}: framework(slug: "x{n}") {{ name }}' for n in range(31)) + " }",
    "batching by root fields": "{ " + '__typename framework(slug: "x") { name } ' * 11 + " }",
    "tokens": "{ " + "__typename " * 2001 + "}",
    "characters": "{ __typename } #" + "x" * 20_000,
    "directives": "{ __typename " + "@skip(if: false) " * 51 + "}",
}  # fmt: skip


@pytest.mark.anyio
@pytest.mark.parametrize("item", TOO_MUCH)
async def test_limits_of_depth_amount_cost_and_batching(graphs: Graphs, store: str, item: str) -> None:
    async with graphs.serve(
        store, max_cost=5_000
    ) as client:  # of what is shipped there is not more than may be asked for
        refused = (await client.post("/graphql", json={"query": TOO_MUCH[item]})).json()

    (told,) = refused["errors"]
    assert ("data" in refused, told["extensions"]["code"]) == (False, "LIMIT_EXCEEDED")
    assert "ATLAS_MAX_" in told["message"]


@pytest.mark.anyio
async def test_pagination(graphs: Graphs, store: str) -> None:
    """Where nothing is said, a page has twenty rows at the most."""
    asked = "{ features { nodes { frameworks { nodes { name } } } totalCount } }"
    async with graphs.serve(store) as client:
        found = (await client.post("/graphql", json={"query": asked})).json()["data"]["features"]

    assert found["totalCount"] > len(found["nodes"]) == 20
    assert max(len(one["frameworks"]["nodes"]) for one in found["nodes"]) <= 20


@pytest.mark.anyio
async def test_rate_limiting(graphs: Graphs, store: str) -> None:
    async with graphs.serve(store, rate="2/minute") as client:
        answers = [await client.post("/graphql", json={"query": DJANGO}) for _ in range(3)]

    assert [one.status_code for one in answers] == [200, 200, 429]
    assert 0 < int(answers[-1].headers["retry-after"]) <= 60


# ------------------------------------------------------------------------------------------------------ access control

READER = new_token("reader", "read")
CREATE = 'mutation { upsertFeature(input: {slug: "x", name: "X", category: QUALITY}) { __typename } }'
NODE = f'{{ node(id: "{global_id("Framework", "django")}") {{ id }} }}'


@pytest.mark.anyio
@pytest.mark.parametrize(
    "query", [DJANGO, NODE, "{ frameworks { totalCount } }", "{ __schema { queryType { name } } }"]
)
async def test_access_to_data_and_objects_by_their_ids(graphs: Graphs, store: str, query: str) -> None:
    """IDOR: an ID that somebody knows or guesses opens nothing."""
    async with graphs.serve(store, public_read=False, tokens=READER.entry) as client:
        stranger = await client.post("/graphql", json={"query": query})
        forged = await client.post("/graphql", json={"query": query}, headers={"authorization": "Bearer atlas_guessed"})
        reader = await client.post("/graphql", json={"query": query}, headers=bearer(READER))

    assert [(one.status_code, "data" in one.json()) for one in (stranger, forged)] == [(401, False)] * 2
    assert (reader.status_code, "errors" in reader.json()) == (200, False)


@pytest.mark.anyio
async def test_access_to_mutations(graphs: Graphs, store: str) -> None:
    held = '{ feature(slug: "x") { name } }'
    async with graphs.serve(store, tokens=READER.entry) as client:
        stranger = await client.post("/graphql", json={"query": CREATE})
        reader = await client.post("/graphql", json={"query": CREATE}, headers=bearer(READER))
        found = await client.post("/graphql", json={"query": held})

    told = [one.json()["data"]["upsertFeature"] for one in (stranger, reader)]
    assert [one["__typename"] for one in told] == ["NotAuthorized"] * 2
    assert found.json()["data"] == {"feature": None}


# ------------------------------------------------------------------------------------- batching, CSRF, other sites' pages


@pytest.mark.anyio
@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", ""]
)
async def test_what_a_form_of_another_site_can_send_is_refused(graphs: Graphs, store: str, content_type: str) -> None:
    """CSRF: a browser sends these without asking first."""
    async with graphs.serve(store) as client:
        headers = {"content-type": content_type, "origin": "https://evil.example"}
        refused = await client.post("/graphql", content=json.dumps({"query": DJANGO}), headers=headers)

    assert refused.status_code == 415


@pytest.mark.anyio
async def test_no_mutation_by_get(graphs: Graphs, store: str) -> None:
    async with graphs.serve(store) as client:
        refused = await client.get("/graphql", params={"query": CREATE})

    assert (refused.status_code, refused.headers["allow"]) == (405, "GET, POST")


PREFLIGHT = {"origin": SITE, "access-control-request-method": "POST", "access-control-request-headers": "content-type"}


@pytest.mark.anyio
async def test_pages_of_other_sites_are_told_nothing_unless_their_site_is_allowed(graphs: Graphs, store: str) -> None:
    async with graphs.serve(store) as closed:
        by_default = await closed.options("/graphql", headers=PREFLIGHT)
    async with graphs.serve(store, allowed_origins=f"{SITE}, https://other.example") as opened:
        asked = await opened.options("/graphql", headers=PREFLIGHT)
        answered = await opened.post("/graphql", json={"query": DJANGO}, headers={"origin": SITE})
        stranger = await opened.post("/graphql", json={"query": DJANGO}, headers={"origin": "https://evil.example"})

    allowed = "access-control-allow-origin"
    assert (by_default.status_code, allowed in by_default.headers) == (405, False)
    assert (asked.status_code, asked.headers[allowed]) == (200, SITE)
    assert (answered.headers[allowed], answered.json()) == (SITE, DJANGO_ANSWER)
    assert allowed not in stranger.headers


@pytest.mark.anyio
@pytest.mark.parametrize("written", ["https://App.Example", "HTTPS://app.example:443", f"https://x.example, {SITE}"])
async def test_a_site_is_allowed_however_it_is_written(graphs: Graphs, store: str, written: str) -> None:
    async with graphs.serve(store, allowed_origins=written) as client:
        answered = await client.post("/graphql", json={"query": DJANGO}, headers={"origin": SITE})

    assert answered.headers["access-control-allow-origin"] == SITE


@pytest.mark.anyio
async def test_every_answer_tells_the_browser_to_run_and_frame_nothing(graphs: Graphs, store: str) -> None:
    async with graphs.serve(store) as client:
        answers = [
            await client.post("/graphql", json={"query": DJANGO}),
            await client.post("/graphql", content=b"{"),
            await client.get("/nowhere"),
            await client.get("/healthz"),
        ]

    for one in answers:
        assert one.headers["x-content-type-options"] == "nosniff"
        assert one.headers["referrer-policy"] == "no-referrer"
        assert one.headers["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'"


# --------------------------------------------------------------------------------- introspection, suggestions, error detail


@pytest.mark.anyio
async def test_closed_introspection_tells_nothing_of_the_schema(graphs: Graphs, store: str) -> None:
    asked = [
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
    wrong = {
        "query": "query ($w: FrameworkFilter) { frameworks(where: $w) { totalCount } }",
        "variables": {"w": {"nmae": 1}},
    }
    async with graphs.serve(store, introspection=False) as client:
        answers = [(await client.post("/graphql", json={"query": text})).json() for text in asked]
        answers.append((await client.post("/graphql", json=wrong)).json())
        typename = (await client.post("/graphql", json={"query": "{ __typename }"})).json()
        text = await client.get("/schema.graphql")

    assert [list(one) for one in answers] == [["errors"]] * len(answers)
    assert "did you mean" not in json.dumps(answers).lower()
    assert (typename["data"], text.status_code) == ({"__typename": "Query"}, 404)


@pytest.mark.anyio
async def test_what_goes_wrong_inside_is_told_in_development_alone(
    graphs: Graphs, store: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fails(*_: object) -> None:
        raise RuntimeError("SELECT secret FROM /var/lib/atlas.db")

    told: list[str] = []
    for development in (False, True):
        async with graphs.serve(store, development=development) as client:
            monkeypatch.setattr(type((await graphs.hold(store)).store), "fetch", fails)
            answered = await client.post("/graphql", json={"query": DJANGO})
            monkeypatch.undo()
        assert answered.status_code == 500
        told.append(answered.json()["errors"][0]["message"])

    assert [("SELECT" in one, "The log of the service contains the details under" in one) for one in told] == [
        (False, True),
        (True, True),
    ]
