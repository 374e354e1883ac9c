"""What keeps the service safe on the open internet, item by item of the OWASP GraphQL cheat sheet.

https://cheatsheetseries.owasp.org/cheatsheets/GraphQL_Cheat_Sheet.html; the items that other rooms test are listed in SECURITY.md.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.apps import fresh
from tests.graphs import Graphs, answer, costing

DJANGO = '{ framework(slug: "django") { name } }'
DJANGO_ANSWER = costing(1, {"framework": {"name": "Django"}})
SITE = "https://app.example"


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
        (b'{"query": ' + b" " * 1_000_001, 413, "The body has more than 1000000 bytes; at most so many are allowed (ATLAS_MAX_BODY)."),
    ],
    ids=["null", "number", "batch", "text", "no UTF-8", "deep", "huge integer", "too long"],
)  # fmt: skip
async def test_a_body_that_is_none_is_refused_in_a_sentence(
    tmp_path: Path, body: bytes, status: int, told: str
) -> None:
    async with fresh(tmp_path / "atlas.db") as client:
        refused = await client.post("/graphql", content=body, headers={"content-type": "application/json"})

    assert (refused.status_code, refused.json()["errors"][0]["message"][: len(told)]) == (
        status,
        told,
    )


@pytest.mark.anyio
async def test_a_body_is_taken_as_it_is(tmp_path: Path) -> None:
    async with fresh(tmp_path / "atlas.db") as client:
        headers = {"content-type": "application/json", "content-encoding": "zstd"}
        refused = await client.post("/graphql", content=json.dumps({"query": DJANGO}), headers=headers)

    assert (refused.status_code, refused.json()["errors"][0]["message"]) == (
        415,
        "Send the body as it is, not in the encoding 'zstd'.",
    )


# ------------------------------------------------------------------------------------- batching, CSRF, other sites' pages


@pytest.mark.anyio
@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", ""]
)
async def test_what_a_form_of_another_site_can_send_is_refused(tmp_path: Path, content_type: str) -> None:
    """CSRF: a browser sends these without asking first."""
    async with fresh(tmp_path / "atlas.db") as client:
        headers = {"content-type": content_type, "origin": "https://evil.example"}
        refused = await client.post("/graphql", content=json.dumps({"query": DJANGO}), headers=headers)

    assert refused.status_code == 415


@pytest.mark.anyio
async def test_no_mutation_by_get(tmp_path: Path) -> None:
    mutation = 'mutation { upsertFeature(input: {slug: "x", name: "X", category: QUALITY}) { __typename } }'
    async with fresh(tmp_path / "atlas.db") as client:
        refused = await client.get("/graphql", params={"query": mutation})

    assert (refused.status_code, refused.headers["allow"]) == (405, "GET, POST")


PREFLIGHT = {"origin": SITE, "access-control-request-method": "POST", "access-control-request-headers": "content-type"}


@pytest.mark.anyio
async def test_pages_of_other_sites_are_told_nothing_unless_their_site_is_allowed(tmp_path: Path) -> None:
    async with fresh(tmp_path / "atlas.db") as closed:
        by_default = await closed.options("/graphql", headers=PREFLIGHT)
    async with fresh(tmp_path / "atlas.db", allowed_origins=f"{SITE}, https://other.example") as opened:
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
async def test_a_site_is_allowed_however_it_is_written(tmp_path: Path, written: str) -> None:
    async with fresh(tmp_path / "atlas.db", allowed_origins=written) as client:
        answered = await client.post("/graphql", json={"query": DJANGO}, headers={"origin": SITE})

    assert answered.headers["access-control-allow-origin"] == SITE


@pytest.mark.anyio
async def test_every_answer_tells_the_browser_to_run_and_frame_nothing(tmp_path: Path) -> None:
    async with fresh(tmp_path / "atlas.db") as client:
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
async def test_closed_introspection_tells_nothing_of_the_schema(tmp_path: Path) -> None:
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
    async with fresh(tmp_path / "atlas.db", introspection=False) as client:
        answers = [(await client.post("/graphql", json={"query": text})).json() for text in asked]
        answers.append((await client.post("/graphql", json=wrong)).json())
        typename = (await client.post("/graphql", json={"query": "{ __typename }"})).json()
        text = await client.get("/schema.graphql")

    assert [list(one) for one in answers] == [["errors"]] * len(answers)
    assert "did you mean" not in json.dumps(answers).lower()
    assert (typename["data"], text.status_code) == ({"__typename": "Query"}, 404)


@pytest.mark.anyio
async def test_what_goes_wrong_inside_is_told_in_development_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fails(*_: object) -> None:
        raise RuntimeError("SELECT secret FROM /var/lib/atlas.db")

    told: list[str] = []
    for development in (False, True):
        async with fresh(tmp_path / "atlas.db", development=development) as client:
            monkeypatch.setattr("service.stores.sqlite.store.SqliteStore.fetch", fails)
            answered = await client.post("/graphql", json={"query": DJANGO})
            monkeypatch.undo()
        assert answered.status_code == 500
        told.append(answered.json()["errors"][0]["message"])

    assert [("SELECT" in one, "its log calls this" in one) for one in told] == [(False, True), (True, True)]
