"""The log of changes, on both stores: its entries, their order, cursors, and compaction."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from benchmarks import writers
from graph_seed import Facts
from graph_seed.facts import global_id
from service.execution.engine import Engine
from service.settings import read_settings
from service.stores.neo4j import transaction as neo4j_transaction
from service.stores.sqlite import transaction as sqlite_transaction
from tests.facts import facts_from_lines
from tests.graphs import Graphs
from tests.neo4j_server import Server
from tests.queries import execute, mutate, query
from tests.small_graph import DJANGO, LINES, ORM, claim_input, id_of

pytestmark = pytest.mark.anyio

FUTURE = "9999-12-31T00:00:00.000Z"
PAGE = """query ($after: String, $first: Int) { changes(after: $after, first: $first) {
  nodes { cursor action kind slug count entity { slug } claim { id } }
  edges { cursor node { cursor } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }"""


@pytest.fixture
def facts(tmp_path: Path) -> Facts:
    return facts_from_lines(tmp_path / "facts", LINES)


@pytest.fixture
async def engine(store: str, graphs: Graphs, facts: Facts) -> AsyncIterator[Engine]:
    async with graphs.load_isolated(store, facts) as engine:
        yield engine


async def upsert(engine: Engine, slug: str) -> str:
    """Insert a framework; return the new version."""
    text = (
        "mutation ($input: FrameworkInput!) { upsertFramework(input: $input) { ... on UpsertedFramework { version } } }"
    )
    return (await mutate(engine, text, {"input": {"slug": slug, "name": slug}}))["upsertFramework"]["version"]


async def digest_of(engine: Engine) -> str:
    return (await engine.store.version()).rpartition(".")[0]


async def sequences(engine: Engine, after: int = 0) -> list[int]:
    return [entry.sequence for entry in await engine.store.log_entries(after, 100)]


async def test_every_change_has_the_current_state_of_its_entity_and_claim(engine: Engine) -> None:
    text = """mutation ($claim: ClaimInput!, $retract: RetractInput!, $id: ID!) {
      upsertFramework(input: {slug: "django", name: "Jazz"}) { __typename }
      upsertFeature(input: {slug: "new", name: "New", category: STATUS}) { __typename }
      claim(input: $claim) { __typename } retract(input: $retract) { __typename } deleteEntity(id: $id) { __typename } }"""
    await mutate(
        engine,
        text,
        {
            "claim": claim_input(DJANGO, "HAS_FEATURE", "Feature:new", "beta", note="Yes."),
            "retract": claim_input("Framework:flask", "HAS_FEATURE", ORM, "beta"),
            "id": id_of("Company:acme"),
        },
    )
    digest = await digest_of(engine)
    text = """{ changes { nodes { __typename cursor action kind slug count
      entity { __typename slug ... on Framework { name features { nodes { slug } } } }
      claim { id stance confidence object { ... on Feature { name } } } } } graph { version } }"""

    result = await query(engine, text)

    django = {"__typename": "Framework", "slug": "django", "name": "Jazz"}
    django["features"] = {"nodes": [{"slug": "new"}, {"slug": "orm"}]}
    flask = {"__typename": "Framework", "slug": "flask", "name": "Flask", "features": {"nodes": []}}
    new = {"__typename": "Feature", "slug": "new"}
    claim = {
        "id": global_id("Claim", f"{DJANGO}/HAS_FEATURE/Feature:new"),
        "stance": "HAS",
        "confidence": 0.5,
        "object": {"name": "New"},
    }

    def change(action: str, kind: str | None, slug: str, count: int, **nodes: Any) -> dict[str, Any]:
        return {"action": action, "kind": kind, "slug": slug, "count": count, "entity": None, "claim": None, **nodes}

    changes = [
        change("LOAD", None, "", 11),
        change("UPSERT", "FRAMEWORK", "django", 1, entity=django),
        change("UPSERT", "FEATURE", "new", 1, entity=new),
        change("CLAIM", "FRAMEWORK", "django", 1, entity=django, claim=claim),
        change("RETRACT", "FRAMEWORK", "flask", 1, entity=flask),
        change("DELETE", "COMPANY", "acme", 2),
    ]
    assert result["changes"]["nodes"] == [
        {"__typename": "Change", "cursor": f"{digest}.{number}", **item} for number, item in enumerate(changes, start=1)
    ]
    assert result["graph"] == {"version": f"{digest}.6"}


async def test_changes_are_in_the_order_of_their_times(engine: Engine) -> None:
    await upsert(engine, "new")

    result = await query(engine, "{ changes { nodes { at } } graph { lastChange } }")

    times = [node["at"] for node in result["changes"]["nodes"]]
    assert times == sorted(times)
    assert times[-1] == result["graph"]["lastChange"]


async def test_the_log_is_paged_by_cursors_to_its_end(engine: Engine) -> None:
    digest = await digest_of(engine)
    for slug in "abcd":
        await upsert(engine, slug)

    pages, after = [], None
    for _ in range(4):
        page = (await query(engine, PAGE, {"after": after, "first": 2}))["changes"]
        assert [edge["cursor"] for edge in page["edges"]] == [node["cursor"] for node in page["nodes"]]
        assert [edge["node"]["cursor"] for edge in page["edges"]] == [node["cursor"] for node in page["nodes"]]
        pages.append([[int(node["cursor"].rpartition(".")[2]) for node in page["nodes"]], page["pageInfo"]])
        after = page["pageInfo"]["endCursor"] or after

    def page_info(start: int | None, end: int | None, *, has_next: bool, has_previous: bool) -> dict[str, Any]:
        cursors = {"startCursor": start and f"{digest}.{start}", "endCursor": end and f"{digest}.{end}"}
        return {"hasNextPage": has_next, "hasPreviousPage": has_previous, **cursors}

    assert pages == [
        [[1, 2], page_info(1, 2, has_next=True, has_previous=False)],
        [[3, 4], page_info(3, 4, has_next=True, has_previous=True)],
        [[5], page_info(5, 5, has_next=False, has_previous=True)],
        [[], page_info(None, None, has_next=False, has_previous=pages[3][1]["hasPreviousPage"])],
    ]
    assert after == await engine.store.version()
    assert len((await query(engine, "{ changes(first: 0) { nodes { slug } } }"))["changes"]["nodes"]) == 0


async def test_an_invalid_cursor_is_an_error(engine: Engine) -> None:
    digest = await digest_of(engine)
    foreign = "after is not a cursor of this graph's change log; start with `graph { version }`."
    malformed = "after is not a valid cursor of the change log; use the cursor of a change or a version."
    messages = {
        f"{digest}.2": foreign,
        "0123456789abcdef.1": foreign,
        "": malformed,
        "1": malformed,
        f"{digest}.": malformed,
        f"{digest}.-1": malformed,
        f"{digest}.1\0": "after contains the character U+0000.",
        f"{digest}.9999999999999999999999": malformed,
    }

    answers = {after: await execute(engine, PAGE, {"after": after}) for after in messages}

    assert {after: item["errors"][0]["message"] for after, item in answers.items()} == messages
    for item in answers.values():
        (error,) = item["errors"]
        assert (item["data"], "path" in error, error["extensions"]) == (None, False, {"code": "BAD_USER_INPUT"})


async def test_a_cursor_whose_next_change_was_deleted_is_an_error(engine: Engine) -> None:
    digest = await digest_of(engine)
    for slug in "abcdef":
        await upsert(engine, slug)  # changes 2 to 7

    deleted = await engine.store.compact_log(3, FUTURE)
    answers = [await execute(engine, PAGE, {"after": f"{digest}.{number}"}) for number in (3, 4, 7)]
    from_start = await query(engine, PAGE)

    assert (deleted, await sequences(engine)) == (4, [5, 6, 7])
    assert answers[0]["errors"][0]["message"] == (
        "after is older than the oldest entry of the change log; read the graph again and start with its version."
    )
    assert [len(item["data"]["changes"]["nodes"]) for item in answers[1:]] == [3, 0]
    assert len(from_start["changes"]["nodes"]) == 3


async def test_compaction_keeps_the_last_entries_and_recent_entries(engine: Engine) -> None:
    for slug in "abc":
        await upsert(engine, slug)

    deleted = [
        await engine.store.compact_log(keep, before)
        for keep, before in ((4, FUTURE), (100, FUTURE), (1, "2000-01-01T00:00:00.000Z"))
    ]

    assert (deleted, await sequences(engine)) == ([0, 0, 0], [1, 2, 3, 4])
    assert (await engine.store.compact_log(1, FUTURE), await sequences(engine)) == (3, [4])
    assert await upsert(engine, "d") == await engine.store.version()
    assert await sequences(engine) == [4, 5]


async def test_compaction_leaves_no_gap_if_the_clocks_of_writers_differ(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    times = iter(f"2100-01-01T00:00:0{second}.000Z" for second in (5, 2, 6, 3, 7))
    for module in (sqlite_transaction, neo4j_transaction):
        monkeypatch.setattr(module, "timestamp", lambda: next(times))
    for slug in "abcde":
        await upsert(engine, slug)

    await engine.store.compact_log(1, "2100-01-01T00:00:04.000Z")

    assert await sequences(engine) == [2, 3, 4, 5, 6]  # entry 2 is recent, so older entries after it are kept


async def test_a_change_of_a_source_affects_all_entities_of_its_claims(engine: Engine) -> None:
    text = "mutation ($input: SourceInput!) { upsertSource(input: $input) { __typename } }"

    await mutate(engine, text, {"input": {"slug": "alpha", "name": "Another name"}})
    await mutate(engine, text, {"input": {"slug": "alpha", "publisher": "Another"}})
    await mutate(engine, "mutation ($id: ID!) { deleteEntity(id: $id) { __typename } }", {"id": id_of("Source:alpha")})

    entries = [(entry.change.kinds, entry.change.count) for entry in await engine.store.log_entries(1, 10)]
    assert entries == [(("Source",), 1), *[(("Company", "Feature", "Framework", "Source"), 3)] * 2]


# ----------------------------------------------------------------------------------------------------------- concurrency


@pytest.fixture
def server(store: str, request: pytest.FixtureRequest) -> Server | None:
    return request.getfixturevalue("neo4j_instance") if store == "neo4j" else None


async def test_concurrent_writers_lose_no_write_and_readers_of_the_log_miss_no_change(
    graphs: Graphs, tmp_path: Path, server: Server | None
) -> None:
    settings = read_settings(store=f"sqlite:///{tmp_path / 'atlas.db'}")
    if server is not None:
        settings = server.settings()
        await (await writers.empty_store(settings)).close()
        graphs.invalidate_neo4j()

    outcome = await writers.measure(settings, 4, 30, tmp_path / "facts")

    assert outcome.problems == []
    assert outcome.changes > 60
