"""What one request may ask for, and that what is refused is refused before it costs anything."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

import orjson
import pytest
from graphql import GraphQLError, get_introspection_query

from service.compiler import LruCache
from service.errors import LimitError
from service.execution.document_limits import DEFAULT_LIMITS, DocumentLimits
from service.execution.engine import Engine, EngineConfig
from service.execution.explain import count_rows
from service.settings import Settings
from tests.graphs import Graphs, answer


def doubling(leaf: str, top: str = "...F0", of: str = "Framework") -> str:
    """A document of which 2^20 paths lead to the leaf."""
    fragments = " ".join(f"fragment F{n} on {of} {{ ...F{n + 1} ...F{n + 1} }}" for n in range(20))
    return f"{{ {top} }} {fragments} fragment F20 on {of} {{ {leaf} }}"


TOO_MUCH = {
    "characters": ("{ graph { version } }" + " " * 20_000, 20_021),
    "lines": ("{ graph { version } }" + "\r\n" * 2_000, 2_001),
    "tokens": ("{ " + "a " * 2_500 + "}", "more than 2000"),
    "depth": (
        "{ frameworks { nodes {" + "features { nodes { frameworks { nodes {" * 4 + "id" + "}" * 16 + " } } }",
        19,
    ),
    "fields": (doubling("name", "frameworks { nodes { ...F0 } }"), 2**20 + 2),
    "root_fields": (doubling("graph { version }", of="Query"), 2**20),
    "repeats": ("{ frameworks { nodes { " + "id " * 200 + "} } }", 19_900),
    "aliases": ("{ graph { " + " ".join(f"a{n}: version" for n in range(31)) + "} }", 31),
    "directives": ("{ graph { version " + "@skip(if: false) " * 51 + "} }", 51),
}


@pytest.mark.parametrize(("limit", "document", "value"), [(name, *found) for name, found in TOO_MUCH.items()])
def test_a_document_that_asks_for_too_much_is_told_by_how_much_and_how_to_change_it(
    limit: str, document: str, value: int | str
) -> None:
    with pytest.raises(LimitError) as refused:
        DEFAULT_LIMITS.parse(document)

    most = getattr(DEFAULT_LIMITS, limit)
    assert refused.value.limit == limit
    assert str(refused.value) == (
        f"{limit.replace('_', ' ')}: the request has {value}, the limit is {most}; request less at once, or ask the operator "
        f"to raise ATLAS_MAX_{limit.upper()}."
    )


@pytest.mark.parametrize(("limit", "document"), [(name, found[0]) for name, found in TOO_MUCH.items()])
def test_each_limit_can_be_raised(limit: str, document: str) -> None:
    roomy = replace(DEFAULT_LIMITS, **dict.fromkeys(TOO_MUCH, 10**7) | {limit: getattr(DEFAULT_LIMITS, limit)})

    with pytest.raises(LimitError) as refused:
        roomy.parse(document)

    assert refused.value.limit == limit
    if limit not in {"fields", "root_fields"}:  # a million of them would be visited
        replace(DEFAULT_LIMITS, **dict.fromkeys(TOO_MUCH, 10**7)).parse(document)


def test_what_is_refused_costs_next_to_nothing() -> None:
    def seconds(document: str) -> float:
        begun = time.thread_time()
        with pytest.raises(LimitError):
            DEFAULT_LIMITS.parse(document)
        return time.thread_time() - begun

    times = {name: min(seconds(document) for _ in range(5)) for name, (document, _) in TOO_MUCH.items()}

    assert max(times.values()) < 0.05, times


@pytest.mark.parametrize(
    "document",
    [
        "{ ...F } fragment F on Query { ...F }",
        "{ ...F } fragment F on Query { ...G } fragment G on Query { graph { version } ...F }",
        "{ frameworks { nodes { ...F } } } fragment F on Framework { features { nodes { frameworks { nodes { ...F } } } } }",
    ],
)
def test_a_fragment_inside_itself_ends_nowhere_and_is_refused(document: str) -> None:
    with pytest.raises(GraphQLError, match=r"Cannot spread fragment '\w' within itself."):
        DEFAULT_LIMITS.parse(document)


def test_questions_about_the_schema_have_no_depth() -> None:
    deep = '{ __type(name: "Framework") { fields { type { ' + "ofType { " * 20 + "name" + " }" * 20 + " } } } }"

    assert DEFAULT_LIMITS.parse(deep)


def test_the_settings_are_the_limits() -> None:
    assert DocumentLimits.of(Settings()) == DEFAULT_LIMITS
    assert DocumentLimits.of(Settings(max_depth=3, max_cost=7)) == replace(DEFAULT_LIMITS, depth=3, cost=7)


ONE = "query ($a: String!) { framework(slug: $a) { slug } }"
FILTERS = " ".join(f"f{n}: frameworks(where: {{name: {{notIn: $a}}}}) {{ totalCount }}" for n in range(20))
MANY = f"query ($a: [String!]!) {{ {FILTERS} }}"
KEPT = """mutation ($a: String!) {
  upsertFeature(input: {slug: "long", name: "Long", category: QUALITY, summary: $a}) { __typename }
}"""
FOUND = "at most 1000 are allowed (ATLAS_MAX_TEXT)."


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("text", "given", "message"),
    [
        (ONE, "a" + "\u0301\u0323" * 50_000, f"slug has 100001 characters; {FOUND}"),  # putting marks in order is quadratic
        ("query ($a: ID!) { node(id: $a) { id } }", "x" * 1_001, f"id has 1001 characters; {FOUND}"),
        (
            "query ($a: String!) { frameworks(where: {summary: {contains: $a}}) { totalCount } }",
            "[" * 900_000,
            f"where.summary.contains has 900000 characters; {FOUND}",
        ),
        (
            "query ($a: [String!]!) { compare(frameworks: $a) { __typename } }",
            ["django", "x" * 1_001],
            f"frameworks has 1001 characters; {FOUND}",
        ),
        (
            MANY,
            ["\ufdfa" * 900 + str(n) for n in range(25)],
            "where.name.notIn: the texts of the request have more than 20000 characters in total (20 times ATLAS_MAX_TEXT).",
        ),
        (KEPT, "é" * 10_001, "input.summary has 10001 characters; at most 10000 are allowed (10 times ATLAS_MAX_TEXT)."),
    ],
)  # fmt: skip
async def test_a_text_has_a_length_at_which_it_costs_next_to_nothing(
    graphs: Graphs, store: str, text: str, given: Any, message: str
) -> None:
    engine = await limited(graphs, store)

    assert await told(engine, text, {"a": given}) == (message, {"code": "LIMIT_EXCEEDED", "limit": "text"})


@pytest.mark.anyio
async def test_the_same_text_counts_once_and_plain_letters_do_not(graphs: Graphs, store: str) -> None:
    engine = await limited(graphs, store)

    several = await answer(engine, MANY, {"a": [f"{'é' * 900}{n}" for n in range(20)]})
    plain = await answer(engine, MANY, {"a": [f"{'e' * 900}{n}" for n in range(50)]})

    assert "errors" not in several
    assert several["data"] == plain["data"]


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("text", "variables"),
    [
        ("{ frameworks { nodes { " + " ".join(f"x{n}" for n in range(300)) + " } } }", None),
        ("{ frameworks(where: {" + ", ".join(f"key{n}: 1" for n in range(250)) + "}) { totalCount } }", None),
        (
            "query ($a: [FrameworkOrder!]) { frameworks(orderBy: $a) { totalCount } }",
            {"a": [{"x" * 900: "x" * 5_000}] * 900},
        ),
    ],
    ids=["fields", "input fields", "variables"],
)
async def test_of_many_errors_some_are_told_and_each_in_short(
    graphs: Graphs, text: str, variables: dict[str, Any] | None
) -> None:
    engine = await limited(graphs, "sqlite")

    errors = (await answer(engine, text, variables))["errors"]

    assert 20 <= len(errors) <= 21  # and that there were more
    assert max(len(error["message"]) for error in errors) <= 503


@pytest.mark.anyio
async def test_a_name_that_is_not_there_is_quoted_in_short(graphs: Graphs, store: str) -> None:
    engine = await limited(graphs, store)

    asked = f'{{ compare(frameworks: ["django", "{"ab" * 450}"]) {{ __typename }} }}'
    message, _ = await told(engine, asked)

    assert message == f"frameworks: there is no '{'ab' * 50}...'."


def test_long_documents_take_the_room_of_several_in_a_cache() -> None:
    cache = LruCache[str, int].by_text_length(5, lambda text, _: text)
    for number in range(5):
        cache.put(f"{number}" * 1_000, number)
    cache.put("long" * 500, 5)
    after_one = [cache.get(f"{number}" * 1_000) for number in range(5)]
    cache.put("longer" * 5_000, 6)

    assert after_one == [None, None, 2, 3, 4]
    assert (len(cache), cache.get("longer" * 5_000)) == (1, 6)
    cache.put("short", 7)
    assert (len(cache), cache.get("short")) == (1, 7)


async def limited(graphs: Graphs, store: str, **limits: int) -> Engine:
    held = await graphs.hold(store)
    return Engine(held.store, config=EngineConfig(limits=replace(DEFAULT_LIMITS, **limits)))


async def told(engine: Engine, text: str, variables: dict[str, Any] | None = None) -> tuple[str, dict[str, Any]]:
    """The only error of an answer that has no data."""
    answered = await answer(engine, text, variables)
    (error,) = answered["errors"]
    assert answered["data"] is None
    return error["message"], error["extensions"]


DEEP = "depth: the request has 4, the limit is 3; request less at once, or ask the operator to raise ATLAS_MAX_DEPTH."


@pytest.mark.anyio
async def test_a_limit_holds_warm_and_cold_on_both_stores(graphs: Graphs, store: str) -> None:
    engine = await limited(graphs, store, depth=3)

    refused = [await told(engine, "{ frameworks { nodes { features { totalCount } } } }") for _ in range(2)]
    allowed = await answer(engine, "{ frameworks { nodes { name } } }")

    assert (
        refused
        == [
            (
                DEEP,
                {"code": "LIMIT_EXCEEDED", "limit": "depth"},
            )
        ]
        * 2
    )
    assert "errors" not in allowed


WALK = "query ($n: Int, $m: Int) { frameworks(first: $n) { nodes { features(first: $m) { nodes { name } } } } }"


@pytest.mark.anyio
async def test_the_rows_that_pages_can_hold_are_known_and_limited(graphs: Graphs, store: str) -> None:
    engine = await limited(graphs, store, cost=100)

    async def cost(rows: int, below: int) -> Any:
        result = await engine.schema.execute(WALK, {"n": rows, "m": below})
        return (result.extensions or {}).get("cost"), result.errors

    assert await cost(9, 10) == ({"rows": 99, "limit": 100}, None)
    (refused,) = (await cost(10, 10))[1] or ()
    assert refused.message.startswith("cost: the request has pages for up to 110 rows, the limit is 100; ")
    assert refused.extensions == {"code": "LIMIT_EXCEEDED", "limit": "cost"}


@pytest.mark.anyio
async def test_no_page_holds_more_than_there_are(graphs: Graphs, store: str) -> None:
    """So that on a small graph pages may be as large as one likes."""
    engine = await limited(graphs, store, cost=10_000)
    counted = await answer(engine, "{ frameworks { totalCount } features { totalCount } }")
    frameworks, features = (counted["data"][name]["totalCount"] for name in ("frameworks", "features"))

    result = await engine.schema.execute(WALK, {"n": 1000, "m": 500})

    assert (result.errors, result.extensions) == (
        None,
        {"cost": {"rows": frameworks * (1 + features), "limit": 10_000}},
    )


EITHER = """{ search(text: "x", first: 4) { nodes {
  ... on Framework { features(first: 3) { nodes { id } } } ... on Company { uses(first: 2) { nodes { id } } }
} } }"""


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("{ frameworks { totalCount } }", 1),
        ('{ framework(slug: "django") { name } }', 1),
        ('{ nodes(ids: ["a", "b", "c"]) { id } }', 3),
        (
            '{ framework(slug: "django") { features(first: 7) { edges { claim { evidence { note } } } } } }',
            1 + 7 * (1 + 20),
        ),
        ("{ frameworks(first: 2) { nodes { name } facets { features(first: 5) { count } } } }", 2 + 5),
        (EITHER, 4 * (1 + 3)),
        ("{ graph { version } __typename }", 0),
    ],
)
async def test_what_operations_cost(graphs: Graphs, text: str, rows: int) -> None:
    engine = await limited(graphs, "sqlite")

    result = await engine.schema.execute(text)

    assert (result.errors, (result.extensions or {})["cost"]["rows"]) == (None, rows)


@pytest.mark.anyio
@pytest.mark.parametrize(
    "text",
    [
        '{ framework(slug: "django") { alternatives(first: 5) { shared { slug } missing { slug } extra { slug } } } }',
        '{ compare(frameworks: ["django", "flask", "fastapi"]) { rows { cells { value } } } }',
        (
            '{ recommend(need: {must: ["orm", "security", "admin-panel"]}) { best { reasons { weight } } nearMisses { reasons {'
            " weight } } } }"
        ),
        "{ frameworks { edges { node { features { edges { claim { evidence { note } } } } } } } }",
    ],
)
async def test_no_answer_of_the_shipped_facts_holds_more_than_was_known(graphs: Graphs, store: str, text: str) -> None:
    engine = await limited(graphs, store)

    result = await engine.schema.execute(text)

    assert result.errors is None
    assert count_rows(orjson.loads(orjson.dumps(result.data))) <= (result.extensions or {})["cost"]["rows"]


@pytest.mark.anyio
async def test_questions_about_the_schema_are_few_and_not_too_deep(graphs: Graphs) -> None:
    engine = await limited(graphs, "sqlite")
    several = (
        "{"
        + " ".join(f"a{number}: __typename q{number}: __schema {{ queryType {{ name }} }}" for number in range(4))
        + "}"
    )
    aliased = "{ __schema { types { fields { a: name b: name } } } }"
    nested = "{ __schema { types { fields { type { fields { type { fields { type { name } } } } } } } } }"

    _, extensions = await told(engine, several)
    repeated, _ = await told(engine, aliased)
    too_deep = await answer(engine, nested)
    usual = await answer(engine, get_introspection_query())
    again = await answer(engine, get_introspection_query())

    assert extensions["limit"] == "questions"
    assert repeated == "An introspection field must not contain aliases; __schema does."
    assert "introspection" in too_deep["errors"][0]["message"].lower()
    assert "errors" not in usual
    assert usual == again


FILTERED = "query ($w: FrameworkFilter) { frameworks(where: $w) { totalCount } }"


@pytest.mark.anyio
@pytest.mark.parametrize("word", ["and", "or"])
async def test_conditions_are_counted_and_as_many_as_are_allowed_are_answered(
    graphs: Graphs, store: str, word: str
) -> None:
    """A thousand of them kept Neo4j planning for minutes, and SQLite does not go so deep where they stand in a row."""
    parts = [{"name": {"contains": f"nothing {number}"}} for number in range(1000)]
    engine = await limited(graphs, store)

    message, extensions = await told(engine, FILTERED, {"w": {word: parts[:51]}})
    most = 50 if store == "sqlite" else 20  # planning goes with the square
    answered = await answer(engine, FILTERED, {"w": {word: parts[:most]}})

    assert message.startswith("conditions: the request has 51, the limit is 50; ")
    assert extensions == {"code": "LIMIT_EXCEEDED", "limit": "conditions"}
    assert answered["data"] == {"frameworks": {"totalCount": 0}}
    if store == "sqlite":
        roomy = await limited(graphs, store, conditions=1000)
        assert (await answer(roomy, FILTERED, {"w": {word: parts}}))["data"] == {"frameworks": {"totalCount": 0}}


@pytest.mark.anyio
async def test_a_mutation_whose_payload_asks_for_too_much_writes_nothing(graphs: Graphs, store: str) -> None:
    async with graphs.fresh(store) as held:
        engine = Engine(held.store, config=EngineConfig(limits=replace(DEFAULT_LIMITS, cost=10)))
        text = (
            'mutation { upsertFramework(input: {slug: "x", name: "X"}) '
            "{ ... on UpsertedFramework { framework { features(first: 11) { nodes { name } } } } } }"
        )

        message, extensions = await told(engine, text)

        assert (message.partition(":")[0], extensions["limit"]) == ("cost", "cost")
        assert (await answer(engine, '{ framework(slug: "x") { name } }'))["data"] == {"framework": None}


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("variables", "limit"),
    [
        ({"w": {"slug": {"in": ["x"] * 1001}}}, "items"),
        ({"w": {"and": [{"slug": {"in": ["x"] * 1000}}] * 11}}, "items"),
        ({"w": {"not": {"slug": {"eq": "x"}}}, "deep": 60}, "depth"),
    ],
)
async def test_variables_that_hold_too_much_are_refused(
    graphs: Graphs, store: str, variables: dict[str, Any], limit: str
) -> None:
    engine = await limited(graphs, store)
    where = variables["w"]
    for _ in range(variables.get("deep", 0)):
        where = {"not": where}

    _, extensions = await told(
        engine, "query ($w: FrameworkFilter) { frameworks(where: $w) { totalCount } }", {"w": where}
    )

    assert extensions == {"code": "LIMIT_EXCEEDED", "limit": limit}


@pytest.mark.anyio
async def test_a_list_in_the_document_is_limited_too(graphs: Graphs, store: str) -> None:
    engine = await limited(graphs, store, items=3)
    listed = '{ frameworks(where: {slug: {in: ["a", "b", "c", "d"]}}) { totalCount } }'

    message, extensions = await told(engine, listed)

    assert (message, extensions["code"]) == (
        "where.slug.in has 4 items; at most 3 are allowed (ATLAS_MAX_ITEMS).",
        "LIMIT_EXCEEDED",
    )
