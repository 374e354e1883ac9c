"""Mutations of entities: upsert, optimistic locking, deletion."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from graph_seed.facts import global_id
from service.execution.engine import Engine
from tests.contents import contents
from tests.facts import facts_from_lines
from tests.graphs import Graphs
from tests.queries import WRITER, execute, mutate, query
from tests.small_graph import ADMIN, DJANGO, LINES, claim_input, id_of
from tests.writes.documents import CLAIM, DELETE, UPSERT, payload_of, sequence

pytestmark = pytest.mark.anyio


# ------------------------------------------------------------------------------------------------------------- entities


async def test_an_upsert_creates_an_entity_and_returns_what_is_selected(engine: Engine) -> None:
    text = """mutation { created: upsertFramework(input: {slug: "starlette", name: "Starlette", aliases: ["Star"]}) {
      what: __typename ... F ... on UpsertedFramework { framework { claims: features { totalCount } aliases } }
      ... on Problem { message } } }
    fragment F on UpsertedFramework { it: framework { __typename key: slug ... on Node { id } name } version }"""

    answer = await mutate(engine, text)

    assert answer == {
        "created": {
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
    assert json.dumps(list(answer["created"])) == '["what", "it", "version", "framework"]'
    assert await query(engine, '{ a: framework(slug: "star") { name } b: framework(slug: "starlette") { name } }') == {
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


async def test_every_kind_can_be_upserted_with_all_its_properties(engine: Engine) -> None:
    for kind, others in KINDS.items():
        values = {
            "slug": "new",
            "name": "New",
            "aliases": ["N"],
            "summary": "S",
            "homepage": "https://n.example",
            **others,
        }
        singular, fields = kind[0].lower() + kind[1:], " ".join(values)
        text = f"""mutation ($input: {kind}Input!) {{ upsert{kind}(input: $input) {{
          ... on Upserted{kind} {{ {singular} {{ {fields} }} }} ... on Problem {{ message }} }} }}"""

        assert await payload_of(engine, text, input=values) == {singular: values}
        assert await query(engine, f'{{ {singular}(slug: "n") {{ {fields} }} }}') == {singular: values}


async def test_omitted_properties_stay_and_null_removes_them(engine: Engine) -> None:
    before = {
        "slug": "django",
        "name": "Django",
        "aliases": ["Джанго", "DJ"],
        "summary": "It comes with batteries.",
        "homepage": "https://django.example",
    }

    renamed = await payload_of(engine, UPSERT, input={"slug": "django", "name": "Django!"})
    emptied = await payload_of(
        engine, UPSERT, input={"slug": "django", "aliases": None, "summary": None, "homepage": None}
    )
    literal = await mutate(
        engine,
        'mutation { upsertFramework(input: {slug: "django", homepage: "https://d.example", summary: null}) '
        "{ ... on UpsertedFramework { framework { name homepage summary aliases } } } }",
    )

    assert renamed["framework"] == {**before, "name": "Django!"}
    assert emptied["framework"] == {**before, "name": "Django!", "aliases": [], "summary": None, "homepage": None}
    assert literal["upsertFramework"]["framework"] == {
        "name": "Django!",
        "homepage": "https://d.example",
        "summary": None,
        "aliases": [],
    }


async def test_a_renamed_entity_is_found_by_its_new_names_only(engine: Engine) -> None:
    await payload_of(
        engine, UPSERT, input={"slug": "django", "name": "Jazz", "aliases": ["Django"], "summary": "Trumpets."}
    )
    text = """{ byAlias: framework(slug: "DJANGO") { name } gone: framework(slug: "dj") { name }
      named: frameworks(where: {name: {contains: "jaz"}}) { nodes { slug } }
      old: frameworks(where: {name: {contains: "джан"}}) { nodes { slug } }
      words: search(text: "trumpet") { nodes { ... on Entity { slug } } }
      without: search(text: "batteries") { nodes { ... on Entity { slug } } } }"""

    assert await query(engine, text) == {
        "byAlias": {"name": "Jazz"},
        "gone": None,
        "named": {"nodes": [{"slug": "django"}]},
        "old": {"nodes": []},
        "words": {"nodes": [{"slug": "django"}]},
        "without": {"nodes": []},
    }


async def test_an_alias_can_move_after_its_owner_has_dropped_it(engine: Engine) -> None:
    rejected = await payload_of(engine, UPSERT, input={"slug": "flask", "aliases": ["dj"]})
    await payload_of(engine, UPSERT, input={"slug": "django", "aliases": ["Джанго"]})
    moved = await payload_of(engine, UPSERT, input={"slug": "flask", "aliases": ["dj"]})

    assert (rejected["__typename"], moved["__typename"]) == ("Conflict", "UpsertedFramework")
    assert await query(engine, '{ framework(slug: "DJ") { slug } }') == {"framework": {"slug": "flask"}}


CONFLICTS: list[tuple[dict[str, Any], dict[str, Any]]] = [
    (
        {"slug": "flask", "aliases": ["Fl", "dJ"]},
        {"message": "aliases: 'dJ' already belongs to Framework:django.", "field": "aliases", "value": "django"},
    ),
    (
        {"slug": "flask", "aliases": ["Django"]},
        {"message": "aliases: 'Django' already belongs to Framework:django.", "field": "aliases", "value": "django"},
    ),
    (
        {"slug": "джанго", "name": "Another"},
        {"message": "slug: 'джанго' is an alias of Framework:django.", "field": "slug", "value": "django"},
    ),
    (
        {"slug": "new", "name": "New", "aliases": ["FLASK"]},
        {"message": "aliases: 'FLASK' already belongs to Framework:flask.", "field": "aliases", "value": "flask"},
    ),
]


async def test_a_slug_or_alias_of_another_entity_is_a_conflict(engine: Engine) -> None:
    before = await contents(engine.store)

    payloads = [await payload_of(engine, UPSERT, input=values) for values, _ in CONFLICTS]

    assert payloads == [{"__typename": "Conflict", **expected} for _, expected in CONFLICTS]
    assert (await contents(engine.store), await sequence(engine)) == (before, 1)


async def test_an_alias_can_repeat_the_own_name_and_names_need_not_be_unique(engine: Engine) -> None:
    payload = await payload_of(engine, UPSERT, input={"slug": "django", "aliases": ["Django", "DJANGO", "django"]})
    other = await payload_of(engine, UPSERT, input={"slug": "flask", "name": "Django"})
    elsewhere = await mutate(
        engine,
        'mutation { upsertCompany(input: {slug: "django", name: "D", aliases: ["flask"]}) { __typename } }',
    )

    assert payload["framework"]["aliases"] == ["Django", "DJANGO", "django"]
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
        "expectedVersion: '17' is not a version of this graph.",
    ),
    (
        {"slug": "django", "expectedVersion": "0123456789abcdef.1"},
        "expectedVersion",
        "expectedVersion: '0123456789abcdef.1' is not a version of this graph.",
    ),
]


async def test_invalid_input_is_reported_with_its_field_and_nothing_is_written(engine: Engine) -> None:
    payloads = [await payload_of(engine, UPSERT, input=values) for values, _, _ in INVALID]

    assert payloads == [
        {"__typename": "InvalidInput", "message": expected, "field": field} for _, field, expected in INVALID
    ]
    assert await sequence(engine) == 1


async def test_a_required_property_cannot_be_missing_or_removed(engine: Engine) -> None:
    text = "mutation ($input: FeatureInput!) { upsertFeature(input: $input) { ... on InvalidInput { field message } } }"
    missing = {"field": "category", "message": "category is missing."}

    assert await payload_of(engine, text, input={"slug": "new", "name": "New"}) == missing
    assert await payload_of(engine, text, input={"slug": "orm", "category": None}) == missing
    assert await payload_of(engine, text, input={"slug": "orm", "category": "STATUS"}) == {}
    assert await query(engine, '{ feature(slug: "orm") { name category } }') == {
        "feature": {"name": "ORM", "category": "STATUS"}
    }


async def test_text_that_no_database_can_store_is_rejected_before_anything_is_written(engine: Engine) -> None:
    text = """mutation ($input: FrameworkInput!) { first: upsertFramework(input: {slug: "a", name: "A"}) { __typename }
      upsertFramework(input: $input) { __typename } }"""

    answers = [
        await execute(engine, text, {"input": {"slug": "b", "name": name}}, WRITER) for name in ("a\0b", "\ud800")
    ]

    assert [item["errors"][0]["extensions"] for item in answers] == [{"code": "BAD_USER_INPUT"}] * 2
    assert await sequence(engine) == 1


# ------------------------------------------------------------------------------------------------------------- optimistic locking


async def test_an_expected_version_rejects_an_update_only_if_the_entity_has_changed(engine: Engine) -> None:
    first = await engine.store.version()
    digest = first.rpartition(".")[0]
    values = {"slug": "django", "expectedVersion": first}

    other = await payload_of(engine, UPSERT, input={"slug": "flask", "name": "Other"})
    updated = await payload_of(engine, UPSERT, input={**values, "name": "Mine"})
    outdated = await payload_of(engine, UPSERT, input={**values, "name": "Mine too"})
    again = await payload_of(
        engine, UPSERT, input={**values, "expectedVersion": updated["version"], "name": "Mine again"}
    )
    later = await payload_of(engine, UPSERT, input={**values, "expectedVersion": f"{digest}.99", "name": "Later"})
    absent = await payload_of(engine, UPSERT, input={"slug": "new", "name": "New", "expectedVersion": first})
    unchecked = await payload_of(engine, UPSERT, input={**values, "expectedVersion": None, "name": "Any"})

    assert [item["__typename"] for item in (other, updated, again, unchecked)] == ["UpsertedFramework"] * 4
    assert outdated == {
        "__typename": "Conflict",
        "message": "Framework:django has changed since this version; read it again before you write.",
        "field": "expectedVersion",
        "value": updated["version"],
    }
    assert later["message"] == f"expectedVersion: '{digest}.99' is not a version of this graph."
    assert absent == {
        "__typename": "Conflict",
        "message": "Framework:new does not exist, or was deleted.",
        "field": "expectedVersion",
        "value": None,
    }
    assert await sequence(engine) == 5


async def test_a_new_claim_does_not_change_the_version_of_its_entities(engine: Engine) -> None:
    version = await engine.store.version()
    await payload_of(engine, CLAIM, input=claim_input(DJANGO, "HAS_FEATURE", ADMIN, "alpha", note="It does."))

    payload = await payload_of(engine, UPSERT, input={"slug": "django", "name": "New", "expectedVersion": version})

    assert payload["__typename"] == "UpsertedFramework"


# ------------------------------------------------------------------------------------------------------------- deletion


async def test_deleting_an_entity_deletes_its_claims(engine: Engine) -> None:
    payload = await payload_of(engine, DELETE, id=id_of(DJANGO))

    text = """query ($id: ID!) { node(id: $id) { id } framework(slug: "dj") { slug }
      claims { nodes { subject { slug } } } company(slug: "acme") { uses { totalCount } }
      feature(slug: "orm") { frameworks { totalCount } } search(text: "django") { nodes { __typename } } }"""
    assert payload == {"__typename": "Deleted", "id": id_of(DJANGO), "version": await engine.store.version()}
    assert await query(engine, text, {"id": id_of(DJANGO)}) == {
        "node": None,
        "framework": None,
        "claims": {"nodes": [{"subject": {"slug": "flask"}}]},
        "company": {"uses": {"totalCount": 0}},
        "feature": {"frameworks": {"totalCount": 0}},
        "search": {"nodes": []},
    }


async def test_an_entity_that_is_created_again_has_no_earlier_claims(
    engine: Engine, tmp_path: Path, graphs: Graphs, store: str
) -> None:
    await payload_of(engine, DELETE, id=id_of(DJANGO))
    await payload_of(engine, UPSERT, input={"slug": "django", "name": "Django"})
    recreated = await contents(engine.store)
    lines = [line for line in LINES if DJANGO not in line.values() and line.get("slug") != "django"]
    lines.append({"kind": "Framework", "slug": "django", "name": "Django"})

    async with graphs.load_isolated(store, facts_from_lines(tmp_path / "after", lines)) as seeded:
        assert recreated == await contents(seeded.store)


async def test_an_invalid_id_deletes_nothing(engine: Engine) -> None:
    ids = ["", "x", "Framework:django", global_id("Claim", "x"), global_id("Nothing", "x"), "é"]

    payloads = [await payload_of(engine, DELETE, id=id_) for id_ in ids]

    expected = {"__typename": "NotFound", "nearest": []}
    assert payloads == [{**expected, "message": f"There is no entity with the ID '{id_}'."} for id_ in ids]
    assert await sequence(engine) == 1


async def test_suggestions_are_slugs_of_existing_entities(engine: Engine) -> None:
    entities = [("django-rest-framework", "Django REST framework", "DRF"), ("django-ninja", "Django Ninja", "Ninja")]
    for slug, name, alias in entities:
        await payload_of(engine, UPSERT, input={"slug": slug, "name": name, "aliases": [alias]})

    async def nearest(slug: str) -> list[str]:
        return (await payload_of(engine, DELETE, id=id_of(f"Framework:{slug}")))["nearest"]

    assert await nearest("django-rest-framewrok") == ["django-rest-framework"]
    assert await nearest("django rest framewrok") == ["django-rest-framework"]
    assert await nearest("django-nnja") == ["django-ninja", "django"]
    assert await nearest("ninja") == ["django-ninja"]  # the alias matches, the suggestion is the slug
    assert await nearest("zzzzzz") == []
    await payload_of(
        engine, UPSERT, input={"slug": "quarkus", "name": "Q", "aliases": ["quarkis", "quarkas", "quarkos"]}
    )
    await payload_of(engine, UPSERT, input={"slug": "quarkxyz", "name": "R"})
    assert await nearest("quarkes") == ["quarkus", "quarkxyz"]  # each entity once, although several of its names match
