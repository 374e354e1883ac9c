"""Mutations as a whole: idempotence, several root fields, authorization, failures of the store."""

from __future__ import annotations

from typing import Any

import pytest

from graph_seed import Reference
from service.auth.principal import ANONYMOUS, Principal
from service.errors import InvalidTokenError, StoreUnavailable
from service.execution.engine import Engine
from service.execution.request_context import TransportContext
from tests.contents import contents
from tests.queries import WRITER, execute, mutate, query
from tests.small_graph import ADMIN, DJANGO, FLASK, ORM, claim_input, id_of
from tests.writes.documents import CLAIM, DELETE, RETRACT, SOURCE, UPSERT, payload_of, sequence

pytestmark = pytest.mark.anyio


# ---------------------------------------------------------------------------------------------------------- idempotence


async def test_repeating_a_mutation_writes_and_logs_nothing(engine: Engine) -> None:
    writes: list[tuple[str, dict[str, Any]]] = [
        (UPSERT, {"input": {"slug": "new", "name": "New", "aliases": ["N"]}}),
        (
            CLAIM,
            {"input": claim_input("Framework:new", "HAS_FEATURE", ORM, "alpha", note="Yes.", term="t", locator="l")},
        ),
        (SOURCE, {"input": {"slug": "gamma", "publisher": "P"}}),
    ]
    first = [await payload_of(engine, text, **values) for text, values in writes]
    before, number = await contents(engine.store), await sequence(engine)

    again = [await payload_of(engine, text, **values) for text, values in writes]

    version = await engine.store.version()
    assert number == 4
    assert again == [{**payload, "version": version} for payload in first]
    assert (await contents(engine.store), await sequence(engine)) == (before, number)


async def test_repeating_a_removal_is_not_found_and_logs_nothing(engine: Engine) -> None:
    removals = [(RETRACT, {"input": claim_input(DJANGO, "HAS_FEATURE", ORM, "alpha")}), (DELETE, {"id": id_of(FLASK)})]
    first = [(await payload_of(engine, text, **values))["__typename"] for text, values in removals]

    again = [(await payload_of(engine, text, **values))["__typename"] for text, values in removals]

    assert (first, again) == (["Retracted", "Deleted"], ["NotFound", "NotFound"])
    assert await sequence(engine) == 3


# ------------------------------------------------------------------------------------------------------------ documents


async def test_root_fields_are_executed_in_order_each_in_its_own_transaction(engine: Engine) -> None:
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

    answers = await mutate(
        engine,
        text,
        {"feature": id_of(ORM), "source": id_of("Source:alpha"), "new": id_of("Framework:new")},
    )

    assert list(answers) == ["a", "b", "c", "__typename", "d", "e", "f"]
    assert answers == {
        "a": {"message": "Framework:new does not exist."},
        "b": {"version": f"{digest}.2"},
        "c": {"field": "name"},
        "__typename": "Mutation",
        "d": {"claim": {"subject": {"name": "New"}}, "version": f"{digest}.3"},
        "e": {"framework": {"name": "Newer", "features": {"nodes": [{"slug": "orm"}]}}},
        "f": {"version": f"{digest}.5"},
    }


async def test_a_document_can_be_executed_with_different_variables(engine: Engine) -> None:
    text = """mutation ($slug: String!, $aliases: [String!], $note: String!, $source: ID!, $on: Boolean!) {
      upsertFramework(input: {slug: $slug, name: "X", aliases: $aliases}) {
        ... on UpsertedFramework { framework { slug aliases name @include(if: $on) } } ... on Conflict { value } }
      claim(input: {subject: "RnJhbWV3b3JrOmRqYW5nbw==", relation: "EXTENDS", object: "RnJhbWV3b3JrOmZsYXNr",
        source: $source, note: $note}) { ... on Claimed { claim { evidence { note } } } } }"""
    source = id_of("Source:beta")

    answers = [
        await mutate(engine, text, {"slug": slug, "aliases": aliases, "note": slug, "source": source, "on": on})
        for slug, aliases, on in [("one", ["1"], True), ("two", ["2", "zwei"], True), ("three", ["1"], False)]
    ]

    assert [list(item.values()) for item in answers] == [
        [{"framework": {"slug": "one", "aliases": ["1"], "name": "X"}}, {"claim": {"evidence": [{"note": "one"}]}}],
        [
            {"framework": {"slug": "two", "aliases": ["2", "zwei"], "name": "X"}},
            {"claim": {"evidence": [{"note": "two"}]}},
        ],
        [{"value": "one"}, {"claim": {"evidence": [{"note": "three"}]}}],
    ]


# -------------------------------------------------------------------------------------------------------- authorization

READER = Principal("dash", frozenset({"read"}))
NO_TOKEN = "This needs a token with the scope `write`; send it as `Authorization: Bearer TOKEN`."
NO_SCOPE = "This needs the scope `write`, which the token does not have; use one that has it."
ALL = """mutation ($framework: FrameworkInput!, $claim: ClaimInput!, $retract: RetractInput!, $id: ID!) {
  upsertFramework(input: $framework) { __typename ... on NotAuthorized { message } }
  claim(input: $claim) { __typename ... on NotAuthorized { message } }
  retract(input: $retract) { __typename ... on NotAuthorized { message } }
  deleteEntity(id: $id) { __typename ... on NotAuthorized { message } } }"""


async def test_a_client_without_the_scope_cannot_write_with_new_or_cached_documents(engine: Engine) -> None:
    values = {
        "framework": {"slug": "django", "name": "Mine"},
        "claim": claim_input(DJANGO, "HAS_FEATURE", ADMIN, "alpha", note="Yes."),
        "retract": claim_input(DJANGO, "HAS_FEATURE", ADMIN, "alpha"),
        "id": id_of("Company:acme"),
    }
    before = await contents(engine.store)

    async def send(text: str, context: TransportContext | None) -> dict[str, Any]:
        result = await engine.schema.execute(text, variable_values=values, context_value=context)
        assert result.errors is None
        assert result.data is not None
        return result.data

    expired = InvalidTokenError("The token has expired; get a new one.")
    rejected = [
        (None, NO_TOKEN),
        (TransportContext(ANONYMOUS), NO_TOKEN),
        (TransportContext(READER), NO_SCOPE),
        (TransportContext(access_error=expired), str(expired)),
    ]
    fields = "upsertFramework", "claim", "retract", "deleteEntity"

    for number, (context, message) in enumerate(rejected):
        expected = {"__typename": "NotAuthorized", "message": message}
        assert await send(f"{ALL} # new {number}", context) == dict.fromkeys(fields, expected)
    assert (await contents(engine.store), await sequence(engine)) == (before, 1)

    payloads = await mutate(engine, ALL, values)  # now the document is cached
    after = await contents(engine.store)
    assert [payload["__typename"] for payload in payloads.values()] == [
        "UpsertedFramework",
        "Claimed",
        "Retracted",
        "Deleted",
    ]
    for context, message in rejected:
        expected = {"__typename": "NotAuthorized", "message": message}
        assert await send(ALL, context) == dict.fromkeys(fields, expected)
    assert (await contents(engine.store), await sequence(engine)) == (after, 5)


async def test_an_admin_can_write_and_a_client_that_may_not_read_gets_no_data(engine: Engine) -> None:
    text = 'mutation { upsertFramework(input: {slug: "new", name: "New"}) { __typename } }'

    powerless = await execute(engine, text, None, Principal(None, frozenset()))
    admin = await execute(engine, text, None, Principal("ops", frozenset({"admin"})))

    assert powerless == {
        "errors": [
            {
                "message": "This needs a token with the scope `read`; send it as `Authorization: Bearer TOKEN`.",
                "extensions": {"code": "UNAUTHENTICATED"},
            }
        ],
        "data": None,
    }
    assert admin["data"] == {"upsertFramework": {"__typename": "UpsertedFramework"}}


def test_a_global_id_can_be_decoded_to_a_reference() -> None:
    assert Reference.of_id(id_of(DJANGO)) == Reference("Framework", "django")


async def test_the_error_of_a_store_that_fails_halfway_lists_what_was_executed(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    transact, calls = engine.store.transact, []

    async def transact_once(*arguments: Any) -> Any:
        calls.append(arguments)
        if len(calls) > 1:
            raise StoreUnavailable("gone")
        return await transact(*arguments)

    monkeypatch.setattr(engine.store, "transact", transact_once)
    text = """mutation {
      first: upsertFramework(input: {slug: "first", name: "First"}) { __typename }
      second: upsertFramework(input: {slug: "second", name: "Second"}) { __typename }
    }"""
    result = await execute(engine, text, principal=WRITER)
    monkeypatch.undo()

    stored = await query(
        engine, '{ first: framework(slug: "first") { name } second: framework(slug: "second") { name } }'
    )
    (error,) = result["errors"]
    assert (result["data"], stored) == (None, {"first": {"name": "First"}, "second": None})
    assert error["extensions"] == {"code": "SERVICE_UNAVAILABLE", "done": ["first"]}
    assert error["message"].endswith("Executed root fields: first; the others were not executed.")
