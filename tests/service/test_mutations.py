"""Mutations: what they answer, what they refuse, what they leave in the graph, on both stores."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from graph_seed import Facts, Reference
from graph_seed.facts import global_id
from service.auth.principal import ANONYMOUS, Principal
from service.errors import InvalidTokenError, StoreUnavailable
from service.execution.engine import Engine
from service.execution.request_context import TransportContext
from tests.contents import contents
from tests.graphs import WRITER, Graphs, answer, data, facts_from, write
from tests.small_graph import ADMIN, DJANGO, FLASK, LINES, ORM, ends, id_of

pytestmark = pytest.mark.anyio


@pytest.fixture
def facts(tmp_path: Path) -> Facts:
    return facts_from(tmp_path / "facts", LINES)


@pytest.fixture
async def engine(store: str, graphs: Graphs, facts: Facts) -> AsyncIterator[Engine]:
    async with graphs.fresh(store, facts) as engine:
        yield engine


async def sequence(engine: Engine) -> int:
    """The number of the last change."""
    return int((await engine.store.version()).rpartition(".")[2])


UPSERT = """mutation ($input: FrameworkInput!) { upsertFramework(input: $input) { __typename
  ... on UpsertedFramework { framework { slug name aliases summary homepage } version }
  ... on Conflict { message field value } ... on InvalidInput { message field } ... on NotAuthorized { message } } }"""
CLAIM = """mutation ($input: ClaimInput!) { claim(input: $input) { __typename
  ... on Claimed { claim { id stance confidence firstSeen lastSeen evidence { supports note term locator source { slug } } }
    version }
  ... on NotFound { message nearest } ... on InvalidInput { message field } ... on NotAuthorized { message } } }"""
RETRACT = """mutation ($input: RetractInput!) { retract(input: $input) { __typename
  ... on Retracted { claim { stance confidence evidence { source { slug } } } version }
  ... on NotFound { message nearest } ... on NotAuthorized { message } } }"""
DELETE = """mutation ($id: ID!) { deleteEntity(id: $id) { __typename
  ... on Deleted { id version } ... on NotFound { message nearest } ... on NotAuthorized { message } } }"""
SOURCE = """mutation ($input: SourceInput!) { upsertSource(input: $input) { __typename
  ... on UpsertedSource { source { slug publisher published } version } ... on InvalidInput { message field } } }"""


async def one(engine: Engine, text: str, **variables: Any) -> dict[str, Any]:
    """The payload of a mutation of one field."""
    (payload,) = (await write(engine, text, variables)).values()
    return payload


# ------------------------------------------------------------------------------------------------------------- entities


async def test_an_upsert_makes_what_is_not_there_and_answers_with_what_is_selected_of_it(engine: Engine) -> None:
    text = """mutation { made: upsertFramework(input: {slug: "starlette", name: "Starlette", aliases: ["Star"]}) {
      what: __typename ... F ... on UpsertedFramework { framework { claims: features { totalCount } aliases } }
      ... on Problem { message } } }
    fragment F on UpsertedFramework { it: framework { __typename key: slug ... on Node { id } name } version }"""

    answered = await write(engine, text)

    assert answered == {
        "made": {
            "what": "UpsertedFramework",
            "it": {
                "__typename": "Framework",
                "key": "starlette",
                "id": id_of("Framework:starlette"),
                "name": "Starlette",
            },
            "version": await engine.store.version(),
            "framework": {"claims": {"totalCount": 0}, "aliases": ["Star"]},
        }
    }
    assert json.dumps(list(answered["made"])) == '["what", "it", "version", "framework"]'
    assert await data(engine, '{ a: framework(slug: "star") { name } b: framework(slug: "starlette") { name } }') == {
        "a": {"name": "Starlette"},
        "b": {"name": "Starlette"},
    }


KINDS: dict[str, dict[str, Any]] = {
    "Framework": {},
    "FrameworkType": {},
    "Feature": {"category": "QUALITY"},
    "Application": {"category": "USE_CASE"},
    "Technology": {"category": "LANGUAGE"},
    "Company": {},
    "Source": {"title": "T", "publisher": "P", "published": "2024-03-19", "url": "https://x.example"},
}


async def test_every_kind_is_upserted_with_all_its_properties(engine: Engine) -> None:
    for kind, others in KINDS.items():
        given = {
            "slug": "new",
            "name": "New",
            "aliases": ["N"],
            "summary": "S",
            "homepage": "https://n.example",
            **others,
        }
        singular, fields = kind[0].lower() + kind[1:], " ".join(given)
        text = f"""mutation ($input: {kind}Input!) {{ upsert{kind}(input: $input) {{
          ... on Upserted{kind} {{ {singular} {{ {fields} }} }} ... on Problem {{ message }} }} }}"""

        assert await one(engine, text, input=given) == {singular: given}
        assert await data(engine, f'{{ {singular}(slug: "n") {{ {fields} }} }}') == {singular: given}


async def test_what_an_upsert_leaves_out_stays_and_null_takes_away(engine: Engine) -> None:
    before = {
        "slug": "django",
        "name": "Django",
        "aliases": ["Джанго", "DJ"],
        "summary": "It comes with batteries.",
        "homepage": "https://django.example",
    }

    renamed = await one(engine, UPSERT, input={"slug": "django", "name": "Django!"})
    bared = await one(engine, UPSERT, input={"slug": "django", "aliases": None, "summary": None, "homepage": None})
    literal = await write(
        engine,
        'mutation { upsertFramework(input: {slug: "django", homepage: "https://d.example", summary: null}) '
        "{ ... on UpsertedFramework { framework { name homepage summary aliases } } } }",
    )

    assert renamed["framework"] == {**before, "name": "Django!"}
    assert bared["framework"] == {**before, "name": "Django!", "aliases": [], "summary": None, "homepage": None}
    assert literal["upsertFramework"]["framework"] == {
        "name": "Django!",
        "homepage": "https://d.example",
        "summary": None,
        "aliases": [],
    }


async def test_a_renamed_entity_is_found_by_its_new_names_only(engine: Engine) -> None:
    await one(engine, UPSERT, input={"slug": "django", "name": "Jazz", "aliases": ["Django"], "summary": "Trumpets."})
    text = """{ byAlias: framework(slug: "DJANGO") { name } gone: framework(slug: "dj") { name }
      named: frameworks(where: {name: {contains: "jaz"}}) { nodes { slug } }
      old: frameworks(where: {name: {contains: "джан"}}) { nodes { slug } }
      words: search(text: "trumpet") { nodes { ... on Entity { slug } } }
      without: search(text: "batteries") { nodes { ... on Entity { slug } } } }"""

    assert await data(engine, text) == {
        "byAlias": {"name": "Jazz"},
        "gone": None,
        "named": {"nodes": [{"slug": "django"}]},
        "old": {"nodes": []},
        "words": {"nodes": [{"slug": "django"}]},
        "without": {"nodes": []},
    }


async def test_an_alias_may_move_once_its_first_holder_lets_go_of_it(engine: Engine) -> None:
    refused = await one(engine, UPSERT, input={"slug": "flask", "aliases": ["dj"]})
    await one(engine, UPSERT, input={"slug": "django", "aliases": ["Джанго"]})
    moved = await one(engine, UPSERT, input={"slug": "flask", "aliases": ["dj"]})

    assert (refused["__typename"], moved["__typename"]) == ("Conflict", "UpsertedFramework")
    assert await data(engine, '{ framework(slug: "DJ") { slug } }') == {"framework": {"slug": "flask"}}


CLASHES: list[tuple[dict[str, Any], dict[str, Any]]] = [
    (
        {"slug": "flask", "aliases": ["Fl", "dJ"]},
        {"message": "aliases: 'dJ' already leads to Framework:django.", "field": "aliases", "value": "django"},
    ),
    (
        {"slug": "flask", "aliases": ["Django"]},
        {"message": "aliases: 'Django' already leads to Framework:django.", "field": "aliases", "value": "django"},
    ),
    (
        {"slug": "джанго", "name": "Another"},
        {"message": "slug: 'джанго' is an alias of Framework:django.", "field": "slug", "value": "django"},
    ),
    (
        {"slug": "new", "name": "New", "aliases": ["FLASK"]},
        {"message": "aliases: 'FLASK' already leads to Framework:flask.", "field": "aliases", "value": "flask"},
    ),
]


async def test_a_slug_or_alias_that_leads_elsewhere_is_a_conflict(engine: Engine) -> None:
    before = await contents(engine.store)

    found = [await one(engine, UPSERT, input=given) for given, _ in CLASHES]

    assert found == [{"__typename": "Conflict", **told} for _, told in CLASHES]
    assert (await contents(engine.store), await sequence(engine)) == (before, 1)


async def test_an_entity_may_have_its_own_slug_and_name_as_aliases_and_others_names(engine: Engine) -> None:
    found = await one(engine, UPSERT, input={"slug": "django", "aliases": ["Django", "DJANGO", "django"]})
    other = await one(engine, UPSERT, input={"slug": "flask", "name": "Django"})
    elsewhere = await write(
        engine,
        'mutation { upsertCompany(input: {slug: "django", name: "D", aliases: ["flask"]}) { __typename } }',
    )

    assert found["framework"]["aliases"] == ["Django", "DJANGO", "django"]
    assert (other["__typename"], elsewhere) == (
        "UpsertedFramework",
        {"upsertCompany": {"__typename": "UpsertedCompany"}},
    )


INVALID: list[tuple[dict[str, Any], str, str]] = [
    ({"slug": "new"}, "name", "name is missing."),
    ({"slug": "django", "name": None}, "name", "name is missing."),
    ({"slug": "django", "name": " "}, "name", "name is blank."),
    ({"slug": "django", "name": "a\u0007"}, "name", "name contains a control character."),
    ({"slug": "Big", "name": "B"}, "slug", "slug 'Big' must be lower-case without accents; use 'big'."),
    ({"slug": "", "name": "B"}, "slug", "slug must have 1 to 200 characters, not 0."),
    (
        {"slug": "a b", "name": "B"},
        "slug",
        "slug 'a b' contains ' '; use only letters, digits, '-', '_' and '.'.",
    ),
    ({"slug": "django", "aliases": ["x", " "]}, "aliases", "aliases contains a blank text."),
    ({"slug": "django", "summary": "\u001b"}, "summary", "summary contains a control character."),
    ({"slug": "django", "homepage": "\u001b"}, "homepage", "homepage contains a control character."),
    (
        {"slug": "django", "expectedVersion": "17"},
        "expectedVersion",
        "expectedVersion: '17' is no version of this graph.",
    ),
    (
        {"slug": "django", "expectedVersion": "0123456789abcdef.1"},
        "expectedVersion",
        "expectedVersion: '0123456789abcdef.1' is no version of this graph.",
    ),
]


async def test_an_input_that_is_wrong_is_told_with_its_field_and_nothing_is_written(engine: Engine) -> None:
    found = [await one(engine, UPSERT, input=given) for given, _, _ in INVALID]

    assert found == [{"__typename": "InvalidInput", "message": told, "field": field} for _, field, told in INVALID]
    assert await sequence(engine) == 1


async def test_a_choice_is_needed_where_a_feature_is_made_and_cannot_be_taken_away(engine: Engine) -> None:
    text = "mutation ($input: FeatureInput!) { upsertFeature(input: $input) { ... on InvalidInput { field message } } }"
    missing = {"field": "category", "message": "category is missing."}

    assert await one(engine, text, input={"slug": "new", "name": "New"}) == missing
    assert await one(engine, text, input={"slug": "orm", "category": None}) == missing
    assert await one(engine, text, input={"slug": "orm", "category": "STATUS"}) == {}
    assert await data(engine, '{ feature(slug: "orm") { name category } }') == {
        "feature": {"name": "ORM", "category": "STATUS"}
    }


async def test_text_that_no_database_holds_is_refused_before_anything_is_written(engine: Engine) -> None:
    text = """mutation ($input: FrameworkInput!) { first: upsertFramework(input: {slug: "a", name: "A"}) { __typename }
      upsertFramework(input: $input) { __typename } }"""

    found = [await answer(engine, text, {"input": {"slug": "b", "name": name}}, WRITER) for name in ("a\0b", "\ud800")]

    assert [one["errors"][0]["extensions"] for one in found] == [{"code": "BAD_USER_INPUT"}] * 2
    assert await sequence(engine) == 1


# ------------------------------------------------------------------------------------------------------------- versions


async def test_an_expected_version_refuses_what_others_changed_since_and_nothing_else(engine: Engine) -> None:
    first = await engine.store.version()
    digest = first.rpartition(".")[0]
    kept = {"slug": "django", "expectedVersion": first}

    other = await one(engine, UPSERT, input={"slug": "flask", "name": "Other"})
    fits = await one(engine, UPSERT, input={**kept, "name": "Mine"})
    moved = await one(engine, UPSERT, input={**kept, "name": "Mine too"})
    again = await one(engine, UPSERT, input={**kept, "expectedVersion": fits["version"], "name": "Mine again"})
    later = await one(engine, UPSERT, input={**kept, "expectedVersion": f"{digest}.99", "name": "Later"})
    absent = await one(engine, UPSERT, input={"slug": "new", "name": "New", "expectedVersion": first})
    unchecked = await one(engine, UPSERT, input={**kept, "expectedVersion": None, "name": "Any"})

    assert [one["__typename"] for one in (other, fits, again, unchecked)] == ["UpsertedFramework"] * 4
    assert moved == {
        "__typename": "Conflict",
        "message": "Framework:django was changed since: read it again, then write.",
        "field": "expectedVersion",
        "value": fits["version"],
    }
    assert later["message"] == f"expectedVersion: '{digest}.99' is no version of this graph."
    assert absent == {
        "__typename": "Conflict",
        "message": "There is no Framework:new (any more).",
        "field": "expectedVersion",
        "value": None,
    }
    assert await sequence(engine) == 5


async def test_claims_about_an_entity_do_not_move_it(engine: Engine) -> None:
    version = await engine.store.version()
    await one(engine, CLAIM, input=ends(DJANGO, "HAS_FEATURE", ADMIN, "alpha", note="It does."))

    found = await one(engine, UPSERT, input={"slug": "django", "name": "New", "expectedVersion": version})

    assert found["__typename"] == "UpsertedFramework"


# --------------------------------------------------------------------------------------------------------------- claims


async def test_a_claim_answers_with_all_that_is_said_of_it_by_now(engine: Engine) -> None:
    given = ends(DJANGO, "HAS_FEATURE", ORM, "beta", note="None.", supports=False, term="mapper", locator="4.1")

    found = await one(engine, CLAIM, input=given)

    kept = {"supports": True, "note": "It says so.", "term": None, "locator": None}
    assert found == {
        "__typename": "Claimed",
        "claim": {
            "id": global_id("Claim", f"{DJANGO}/HAS_FEATURE/{ORM}"),
            "stance": "DISPUTED",
            "confidence": 0.667,
            "firstSeen": "2020",
            "lastSeen": "2021-05",
            "evidence": [
                {**kept, "source": {"slug": "alpha"}},
                {
                    "supports": False,
                    "note": "None.",
                    "term": "mapper",
                    "locator": "4.1",
                    "source": {"slug": "beta"},
                },
                {**kept, "source": {"slug": "gamma"}},
            ],
        },
        "version": await engine.store.version(),
    }


async def test_a_source_that_speaks_again_is_heard_once_with_its_last_word(engine: Engine) -> None:
    await one(engine, CLAIM, input=ends(FLASK, "HAS_FEATURE", ADMIN, "alpha", note="Yes.", term="t", locator="l"))
    found = await one(engine, CLAIM, input=ends(FLASK, "HAS_FEATURE", ADMIN, "alpha", note="No.", supports=False))
    supposed = await one(engine, CLAIM, input=ends(FLASK, "HAS_FEATURE", ADMIN, "beta", note="Yes.", supports=None))

    assert found["claim"]["evidence"] == [
        {"supports": False, "note": "No.", "term": None, "locator": None, "source": {"slug": "alpha"}}
    ]
    assert (found["claim"]["stance"], supposed["claim"]["stance"]) == ("LACKS", "DISPUTED")
    assert supposed["claim"]["evidence"][1]["supports"] is True


async def test_a_denied_claim_becomes_an_edge_once_it_is_disputed_and_goes_when_it_is_denied_again(
    engine: Engine,
) -> None:
    text = '{ framework(slug: "flask") { features { totalCount edges { node { slug } claim { stance } } } } }'

    async def edges() -> Any:
        found = (await data(engine, text))["framework"]["features"]
        return found["totalCount"], [edge["claim"]["stance"] for edge in found["edges"]]

    counts = [await edges()]
    await one(engine, CLAIM, input=ends(FLASK, "HAS_FEATURE", ORM, "gamma", note="Yes."))
    counts.append(await edges())
    await one(engine, RETRACT, input=ends(FLASK, "HAS_FEATURE", ORM, "beta"))
    counts.append(await edges())
    await one(engine, CLAIM, input=ends(FLASK, "HAS_FEATURE", ORM, "gamma", note="No.", supports=False))
    counts.append(await edges())

    assert counts == [(0, []), (1, ["DISPUTED"]), (1, ["HAS"]), (0, [])]


async def test_a_retracted_claim_keeps_what_others_say_and_goes_with_the_last(engine: Engine) -> None:
    given = ends(DJANGO, "HAS_FEATURE", ORM, "alpha")
    left = await one(engine, RETRACT, input=given)
    gone = await one(engine, RETRACT, input={**given, "source": id_of("Source:gamma")})
    again = await one(engine, RETRACT, input=given)

    assert left["claim"] == {"stance": "HAS", "confidence": 0.5, "evidence": [{"source": {"slug": "gamma"}}]}
    assert gone == {"__typename": "Retracted", "claim": None, "version": await engine.store.version()}
    assert again == {
        "__typename": "NotFound",
        "message": f"Source:alpha says nothing of {DJANGO} HAS_FEATURE {ORM}.",
        "nearest": [],
    }


UNCLAIMED: list[tuple[dict[str, Any], dict[str, Any]]] = [
    (
        {"subject": id_of("Framework:djnago")},
        {"__typename": "NotFound", "message": "There is no Framework:djnago.", "nearest": ["django"]},
    ),
    (
        {"object": id_of("Feature:admn")},
        {"__typename": "NotFound", "message": "There is no Feature:admn.", "nearest": ["admin"]},
    ),
    (
        {"subject": "x"},
        {"__typename": "NotFound", "message": "subject: there is no entity with the ID 'x'.", "nearest": []},
    ),
    (
        {"object": global_id("Claim", "x")},
        {
            "__typename": "NotFound",
            "message": f"object: there is no entity with the ID '{global_id('Claim', 'x')}'.",
            "nearest": [],
        },
    ),
    (
        {"relation": "EATS"},
        {
            "__typename": "InvalidInput",
            "message": "relation: there is no Framework EATS Feature; from Framework there are OF_TYPE FrameworkType, "
            "HAS_FEATURE Feature, SUITS Application, WORKS_WITH Technology, EXTENDS Framework.",
            "field": "relation",
        },
    ),
    (
        {"subject": id_of(ORM), "object": id_of(DJANGO)},
        {
            "__typename": "InvalidInput",
            "message": "relation: there is no Feature HAS_FEATURE Framework; nothing starts at Feature.",
            "field": "relation",
        },
    ),
    (
        {"source": id_of("Source:nobody")},
        {
            "__typename": "InvalidInput",
            "message": "source: there is no Source:nobody; every claim cites a source that is known.",
            "field": "source",
        },
    ),
    (
        {"source": id_of(DJANGO)},
        {
            "__typename": "InvalidInput",
            "message": f"source: '{id_of(DJANGO)}' is not the ID of a Source.",
            "field": "source",
        },
    ),
    (
        {"note": " "},
        {
            "__typename": "InvalidInput",
            "message": "note is missing; state the claim in a sentence in your own words.",
            "field": "note",
        },
    ),
    (
        {"term": "\u0007"},
        {"__typename": "InvalidInput", "message": "term contains a control character.", "field": "term"},
    ),
    (
        {"locator": "\u0007"},
        {"__typename": "InvalidInput", "message": "locator contains a control character.", "field": "locator"},
    ),
]


async def test_what_cannot_be_claimed_is_told_with_what_is_wrong(engine: Engine) -> None:
    good = ends(DJANGO, "HAS_FEATURE", ADMIN, "alpha", note="It does.")

    found = [await one(engine, CLAIM, input={**good, **given}) for given, _ in UNCLAIMED]

    assert found == [told for _, told in UNCLAIMED]
    assert await sequence(engine) == 1


async def test_what_cannot_be_retracted_is_not_there(engine: Engine) -> None:
    good = ends(DJANGO, "HAS_FEATURE", ORM, "alpha")
    wrong = [{"subject": id_of("Framework:flsk")}, {"relation": "EATS"}, {"object": "x"}, {"source": "x"}]

    found = [await one(engine, RETRACT, input={**good, **given}) for given in wrong]

    assert [one["__typename"] for one in found] == ["NotFound"] * 4
    assert found[0] == {"__typename": "NotFound", "message": "There is no Framework:flsk.", "nearest": ["flask"]}
    assert await sequence(engine) == 1


async def test_nearest_holds_slugs_that_are_there_whatever_else_is_called_so(engine: Engine) -> None:
    named = [("django-rest-framework", "Django REST framework", "DRF"), ("django-ninja", "Django Ninja", "Ninja")]
    for slug, name, alias in named:
        await one(engine, UPSERT, input={"slug": slug, "name": name, "aliases": [alias]})

    async def nearest(slug: str) -> list[str]:
        return (await one(engine, DELETE, id=id_of(f"Framework:{slug}")))["nearest"]

    assert await nearest("django-rest-framewrok") == ["django-rest-framework"]
    assert await nearest("django rest framewrok") == ["django-rest-framework"]
    assert await nearest("django-nnja") == ["django-ninja", "django"]
    assert await nearest("ninja") == ["django-ninja"]  # an alias is no slug
    assert await nearest("zzzzzz") == []
    await one(engine, UPSERT, input={"slug": "quarkus", "name": "Q", "aliases": ["quarkis", "quarkas", "quarkos"]})
    await one(engine, UPSERT, input={"slug": "quarkxyz", "name": "R"})
    assert await nearest("quarkes") == ["quarkus", "quarkxyz"]  # the many names of one do not stand before others


# ------------------------------------------------------------------------------------------------------------- deletion


async def test_a_deleted_entity_takes_its_claims_along(engine: Engine) -> None:
    found = await one(engine, DELETE, id=id_of(DJANGO))

    text = """query ($id: ID!) { node(id: $id) { id } framework(slug: "dj") { slug }
      claims { nodes { subject { slug } } } company(slug: "acme") { uses { totalCount } }
      feature(slug: "orm") { frameworks { totalCount } } search(text: "django") { nodes { __typename } } }"""
    assert found == {"__typename": "Deleted", "id": id_of(DJANGO), "version": await engine.store.version()}
    assert await data(engine, text, {"id": id_of(DJANGO)}) == {
        "node": None,
        "framework": None,
        "claims": {"nodes": [{"subject": {"slug": "flask"}}]},
        "company": {"uses": {"totalCount": 0}},
        "feature": {"frameworks": {"totalCount": 0}},
        "search": {"nodes": []},
    }


async def test_what_is_made_again_begins_anew(engine: Engine, tmp_path: Path, graphs: Graphs, store: str) -> None:
    await one(engine, DELETE, id=id_of(DJANGO))
    await one(engine, UPSERT, input={"slug": "django", "name": "Django"})
    held = await contents(engine.store)
    lines = [line for line in LINES if DJANGO not in line.values() and line.get("slug") != "django"]
    lines.append({"kind": "Framework", "slug": "django", "name": "Django"})

    async with graphs.fresh(store, facts_from(tmp_path / "after", lines)) as seeded:
        assert held == await contents(seeded.store)


async def test_an_id_that_is_none_deletes_nothing(engine: Engine) -> None:
    ids = ["", "x", "Framework:django", global_id("Claim", "x"), global_id("Nothing", "x"), "é"]

    found = [await one(engine, DELETE, id=id_) for id_ in ids]

    told = {"__typename": "NotFound", "nearest": []}
    assert found == [{**told, "message": f"There is no entity with the ID '{id_}'."} for id_ in ids]
    assert await sequence(engine) == 1


# -------------------------------------------------------------------------------------------------------------- sources


async def confidence(engine: Engine) -> Any:
    text = """{ framework(slug: "django") { features { edges { claim { stance confidence firstSeen lastSeen } } } }
      frameworks(where: {features: {some: {}, minConfidence: 0.6}}) { nodes { slug } } }"""
    found = await data(engine, text)
    claims = [tuple(edge["claim"].values()) for edge in found["framework"]["features"]["edges"]]
    return claims, len(found["frameworks"]["nodes"])


async def test_all_that_a_source_says_is_weighed_anew_when_its_publisher_or_date_changes(engine: Engine) -> None:
    found = [await confidence(engine)]
    for given in (
        {"publisher": "The Press"},  # that of another source: one voice
        {"published": "2019-01-31"},
        {"publisher": None, "published": None},
        {"name": "Another name"},
    ):
        await one(engine, SOURCE, input={"slug": "gamma", **given})
        found.append(await confidence(engine))

    assert found == [
        ([("HAS", 0.75, "2020", "2020")], 1),
        ([("HAS", 0.5, "2020", "2020")], 0),
        ([("HAS", 0.5, "2019-01-31", "2020")], 0),
        ([("HAS", 0.75, "2020", "2020")], 1),
        ([("HAS", 0.75, "2020", "2020")], 1),
    ]


async def test_a_deleted_source_takes_back_all_that_it_said(engine: Engine) -> None:
    await one(engine, DELETE, id=id_of("Source:alpha"))

    text = "{ claims { nodes { subject { slug } evidence { source { slug } } } } }"
    assert await confidence(engine) == ([("HAS", 0.5, None, None)], 0)
    assert await data(engine, text) == {
        "claims": {
            "nodes": [
                {"subject": {"slug": "django"}, "evidence": [{"source": {"slug": "gamma"}}]},
                {"subject": {"slug": "flask"}, "evidence": [{"source": {"slug": "beta"}}]},
            ]
        }
    }


# ---------------------------------------------------------------------------------------------------------- idempotence


async def test_what_is_done_again_is_neither_written_nor_logged(engine: Engine) -> None:
    writes: list[tuple[str, dict[str, Any]]] = [
        (UPSERT, {"input": {"slug": "new", "name": "New", "aliases": ["N"]}}),
        (CLAIM, {"input": ends("Framework:new", "HAS_FEATURE", ORM, "alpha", note="Yes.", term="t", locator="l")}),
        (SOURCE, {"input": {"slug": "gamma", "publisher": "P"}}),
    ]
    first = [await one(engine, text, **given) for text, given in writes]
    held, number = await contents(engine.store), await sequence(engine)

    again = [await one(engine, text, **given) for text, given in writes]

    version = await engine.store.version()
    assert number == 4
    assert again == [{**payload, "version": version} for payload in first]
    assert (await contents(engine.store), await sequence(engine)) == (held, number)


async def test_what_is_taken_away_again_is_not_there_and_not_logged(engine: Engine) -> None:
    taken = [(RETRACT, {"input": ends(DJANGO, "HAS_FEATURE", ORM, "alpha")}), (DELETE, {"id": id_of(FLASK)})]
    first = [(await one(engine, text, **given))["__typename"] for text, given in taken]

    again = [(await one(engine, text, **given))["__typename"] for text, given in taken]

    assert (first, again) == (["Retracted", "Deleted"], ["NotFound", "NotFound"])
    assert await sequence(engine) == 3


# ------------------------------------------------------------------------------------------------------------ documents


async def test_several_mutations_run_in_their_order_each_by_itself(engine: Engine) -> None:
    text = """mutation ($feature: ID!, $source: ID!, $new: ID!) {
      a: claim(input: {subject: $new, relation: "HAS_FEATURE", object: $feature, source: $source, note: "Too soon."}) {
        ... on NotFound { message } }
      b: upsertFramework(input: {slug: "new", name: "New"}) { ... on UpsertedFramework { version } }
      c: upsertFramework(input: {slug: "new", name: ""}) { ... on InvalidInput { field } }
      __typename
      d: claim(input: {subject: $new, relation: "HAS_FEATURE", object: $feature, source: $source, note: "Now."}) {
        ... on Claimed { claim { subject { ... on Framework { name } } } version } }
      e: upsertFramework(input: {slug: "new", name: "Newer"}) {
        ... on UpsertedFramework { framework { name features { nodes { slug } } } } }
      f: deleteEntity(id: $new) { ... on Deleted { version } } }"""
    digest = (await engine.store.version()).rpartition(".")[0]

    found = await write(
        engine,
        text,
        {"feature": id_of(ORM), "source": id_of("Source:alpha"), "new": id_of("Framework:new")},
    )

    assert list(found) == ["a", "b", "c", "__typename", "d", "e", "f"]
    assert found == {
        "a": {"message": "There is no Framework:new."},
        "b": {"version": f"{digest}.2"},
        "c": {"field": "name"},
        "__typename": "Mutation",
        "d": {"claim": {"subject": {"name": "New"}}, "version": f"{digest}.3"},
        "e": {"framework": {"name": "Newer", "features": {"nodes": [{"slug": "orm"}]}}},
        "f": {"version": f"{digest}.5"},
    }


async def test_a_document_is_planned_once_for_all_values(engine: Engine) -> None:
    text = """mutation ($slug: String!, $aliases: [String!], $note: String!, $source: ID!, $on: Boolean!) {
      upsertFramework(input: {slug: $slug, name: "X", aliases: $aliases}) {
        ... on UpsertedFramework { framework { slug aliases name @include(if: $on) } } ... on Conflict { value } }
      claim(input: {subject: "RnJhbWV3b3JrOmRqYW5nbw==", relation: "EXTENDS", object: "RnJhbWV3b3JrOmZsYXNr",
        source: $source, note: $note}) { ... on Claimed { claim { evidence { note } } } } }"""
    source = id_of("Source:beta")

    found = [
        await write(engine, text, {"slug": slug, "aliases": aliases, "note": slug, "source": source, "on": on})
        for slug, aliases, on in [("one", ["1"], True), ("two", ["2", "zwei"], True), ("three", ["1"], False)]
    ]

    assert [list(one.values()) for one in found] == [
        [{"framework": {"slug": "one", "aliases": ["1"], "name": "X"}}, {"claim": {"evidence": [{"note": "one"}]}}],
        [
            {"framework": {"slug": "two", "aliases": ["2", "zwei"], "name": "X"}},
            {"claim": {"evidence": [{"note": "two"}]}},
        ],
        [{"value": "one"}, {"claim": {"evidence": [{"note": "three"}]}}],
    ]


# -------------------------------------------------------------------------------------------------------- authorisation

READER = Principal("dash", frozenset({"read"}))
NO_TOKEN = "This needs a token with the scope `write`; send it as `Authorization: Bearer TOKEN`."
NO_SCOPE = "This needs the scope `write`, which the token does not have; use one that has it."
ALL = """mutation ($framework: FrameworkInput!, $claim: ClaimInput!, $retract: RetractInput!, $id: ID!) {
  upsertFramework(input: $framework) { __typename ... on NotAuthorized { message } }
  claim(input: $claim) { __typename ... on NotAuthorized { message } }
  retract(input: $retract) { __typename ... on NotAuthorized { message } }
  deleteEntity(id: $id) { __typename ... on NotAuthorized { message } } }"""


async def test_who_may_not_write_is_told_so_and_nothing_is_written_warm_or_cold(engine: Engine) -> None:
    given = {
        "framework": {"slug": "django", "name": "Mine"},
        "claim": ends(DJANGO, "HAS_FEATURE", ADMIN, "alpha", note="Yes."),
        "retract": ends(DJANGO, "HAS_FEATURE", ADMIN, "alpha"),
        "id": id_of("Company:acme"),
    }
    before = await contents(engine.store)
    refused = TransportContext(access_error=InvalidTokenError("The token has expired; get a new one."))

    async def ask(text: str, context: TransportContext | None) -> dict[str, Any]:
        result = await engine.schema.execute(text, variable_values=given, context_value=context)
        assert result.errors is None
        assert result.data is not None
        return result.data

    asked = [(None, NO_TOKEN), (TransportContext(ANONYMOUS), NO_TOKEN), (TransportContext(READER), NO_SCOPE)]
    asked.append((refused, "The token has expired; get a new one."))
    fields = "upsertFramework", "claim", "retract", "deleteEntity"

    for number, (context, message) in enumerate(asked):
        told = {"__typename": "NotAuthorized", "message": message}
        assert await ask(f"{ALL} # cold {number}", context) == dict.fromkeys(fields, told)
    assert (await contents(engine.store), await sequence(engine)) == (before, 1)

    done = await write(engine, ALL, given)  # warms the document
    after = await contents(engine.store)
    assert [payload["__typename"] for payload in done.values()] == [
        "UpsertedFramework",
        "Claimed",
        "Retracted",
        "Deleted",
    ]
    for context, message in asked:
        told = {"__typename": "NotAuthorized", "message": message}
        assert await ask(ALL, context) == dict.fromkeys(fields, told)
    assert (await contents(engine.store), await sequence(engine)) == (after, 5)


async def test_an_admin_may_write_and_who_may_not_even_read_learns_nothing(engine: Engine) -> None:
    text = 'mutation { upsertFramework(input: {slug: "new", name: "New"}) { __typename } }'

    nobody = await answer(engine, text, None, Principal(None, frozenset()))
    admin = await answer(engine, text, None, Principal("ops", frozenset({"admin"})))

    assert nobody == {
        "errors": [
            {
                "message": "This needs a token with the scope `read`; send it as `Authorization: Bearer TOKEN`.",
                "extensions": {"code": "UNAUTHENTICATED"},
            }
        ],
        "data": None,
    }
    assert admin["data"] == {"upsertFramework": {"__typename": "UpsertedFramework"}}


def test_the_id_of_a_fact_is_what_clients_name_it_by() -> None:
    assert Reference.of_id(id_of(DJANGO)) == Reference("Framework", "django")


async def test_where_the_store_goes_away_half_way_it_is_told_what_was_done(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    transact, tried = engine.store.transact, []

    async def once(*given: Any) -> Any:
        tried.append(given)
        if len(tried) > 1:
            raise StoreUnavailable("gone")
        return await transact(*given)

    monkeypatch.setattr(engine.store, "transact", once)
    two = """mutation {
      first: upsertFramework(input: {slug: "first", name: "First"}) { __typename }
      second: upsertFramework(input: {slug: "second", name: "Second"}) { __typename }
    }"""
    told = await answer(engine, two, principal=WRITER)
    monkeypatch.undo()

    held = await data(engine, '{ first: framework(slug: "first") { name } second: framework(slug: "second") { name } }')
    (error,) = told["errors"]
    assert (told["data"], held) == (None, {"first": {"name": "First"}, "second": None})
    assert error["extensions"] == {"code": "SERVICE_UNAVAILABLE", "done": ["first"]}
    assert error["message"].endswith("Root fields executed before: first; the others were not executed.")
