"""The log of changes: what it tells, in which order, and from where on, on both stores."""

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
from tests.graphs import Graphs, answer, data, facts_from, write
from tests.neo4j_server import Server
from tests.small_graph import DJANGO, LINES, ORM, ends, id_of

pytestmark = pytest.mark.anyio

EVER = "9999-12-31T00:00:00.000Z"
PAGE = """query ($after: String, $first: Int) { changes(after: $after, first: $first) {
  nodes { cursor action kind slug count entity { slug } claim { id } }
  edges { cursor node { cursor } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }"""


@pytest.fixture
def facts(tmp_path: Path) -> Facts:
    return facts_from(tmp_path / "facts", LINES)


@pytest.fixture
async def engine(store: str, graphs: Graphs, facts: Facts) -> AsyncIterator[Engine]:
    async with graphs.fresh(store, facts) as engine:
        yield engine


async def name(engine: Engine, slug: str, **given: Any) -> str:
    """Make or rename a framework; the version after that."""
    text = (
        "mutation ($input: FrameworkInput!) { upsertFramework(input: $input) { ... on UpsertedFramework { version } } }"
    )
    return (await write(engine, text, {"input": {"slug": slug, "name": slug, **given}}))["upsertFramework"]["version"]


async def sequences(engine: Engine, after: int = 0) -> list[int]:
    return [entry.sequence for entry in await engine.store.log_entries(after, 100)]


async def test_every_change_is_told_with_what_it_concerns_as_that_is_now(engine: Engine) -> None:
    text = """mutation ($claim: ClaimInput!, $retract: RetractInput!, $id: ID!) {
      upsertFramework(input: {slug: "django", name: "Jazz"}) { __typename }
      upsertFeature(input: {slug: "new", name: "New", category: STATUS}) { __typename }
      claim(input: $claim) { __typename } retract(input: $retract) { __typename } deleteEntity(id: $id) { __typename } }"""
    await write(
        engine,
        text,
        {
            "claim": ends(DJANGO, "HAS_FEATURE", "Feature:new", "beta", note="Yes."),
            "retract": ends("Framework:flask", "HAS_FEATURE", ORM, "beta"),
            "id": id_of("Company:acme"),
        },
    )
    digest = (await engine.store.version()).rpartition(".")[0]
    asked = """{ changes { nodes { __typename cursor action kind slug count
      entity { __typename slug ... on Framework { name features { nodes { slug } } } }
      claim { id stance confidence object { ... on Feature { name } } } } } graph { version } }"""

    found = await data(engine, asked)

    django = {"__typename": "Framework", "slug": "django", "name": "Jazz"}
    django["features"] = {"nodes": [{"slug": "new"}, {"slug": "orm"}]}
    told = {
        "id": global_id("Claim", f"{DJANGO}/HAS_FEATURE/Feature:new"),
        "stance": "HAS",
        "confidence": 0.5,
        "object": {"name": "New"},
    }
    nothing = {"entity": None, "claim": None}
    expected: list[dict[str, Any]] = [
        {"action": "LOAD", "kind": None, "slug": "", "count": 11, **nothing},
        {"action": "UPSERT", "kind": "FRAMEWORK", "slug": "django", "count": 1, **nothing, "entity": django},
        {
            "action": "UPSERT",
            "kind": "FEATURE",
            "slug": "new",
            "count": 1,
            "entity": {"__typename": "Feature", "slug": "new"},
            "claim": None,
        },
        {"action": "CLAIM", "kind": "FRAMEWORK", "slug": "django", "count": 1, "entity": django, "claim": told},
        {
            "action": "RETRACT",
            "kind": "FRAMEWORK",
            "slug": "flask",
            "count": 1,
            "entity": {"__typename": "Framework", "slug": "flask", "name": "flask".title(), "features": {"nodes": []}},
            "claim": None,
        },
        {"action": "DELETE", "kind": "COMPANY", "slug": "acme", "count": 2, **nothing},
    ]
    assert found["changes"]["nodes"] == [
        {"__typename": "Change", "cursor": f"{digest}.{number}", **one} for number, one in enumerate(expected, start=1)
    ]
    assert found["graph"] == {"version": f"{digest}.6"}


async def test_a_change_tells_when_it_was_made(engine: Engine) -> None:
    await name(engine, "new")
    found = await data(engine, "{ changes { nodes { at } } graph { lastChange } }")
    times = [node["at"] for node in found["changes"]["nodes"]]

    assert times == sorted(times)
    assert times[-1] == found["graph"]["lastChange"]


async def test_the_log_is_paged_by_cursors_to_its_end(engine: Engine) -> None:
    digest = (await engine.store.version()).rpartition(".")[0]
    for slug in "abcd":
        await name(engine, slug)

    pages, after = [], None
    for _ in range(4):
        page = (await data(engine, PAGE, {"after": after, "first": 2}))["changes"]
        assert [edge["cursor"] for edge in page["edges"]] == [node["cursor"] for node in page["nodes"]]
        assert [edge["node"]["cursor"] for edge in page["edges"]] == [node["cursor"] for node in page["nodes"]]
        pages.append([[int(node["cursor"].rpartition(".")[2]) for node in page["nodes"]], page["pageInfo"]])
        after = page["pageInfo"]["endCursor"] or after

    def info(start: int | None, end: int | None, *, more: bool, before: bool) -> dict[str, Any]:
        cursors = {"startCursor": start and f"{digest}.{start}", "endCursor": end and f"{digest}.{end}"}
        return {"hasNextPage": more, "hasPreviousPage": before, **cursors}

    assert pages == [
        [[1, 2], info(1, 2, more=True, before=False)],
        [[3, 4], info(3, 4, more=True, before=True)],
        [[5], info(5, 5, more=False, before=True)],
        [[], info(None, None, more=False, before=pages[3][1]["hasPreviousPage"])],
    ]
    assert after == await engine.store.version()
    assert len((await data(engine, "{ changes(first: 0) { nodes { slug } } }"))["changes"]["nodes"]) == 0


async def test_a_version_that_leads_nowhere_is_told(engine: Engine) -> None:
    digest = (await engine.store.version()).rpartition(".")[0]
    foreign = "after is not a cursor of this graph's change log; start with `graph { version }`."
    malformed = "after is not a valid cursor of the change log; use the cursor of a change or a version."
    given = {
        f"{digest}.2": foreign,
        "0123456789abcdef.1": foreign,
        "": malformed,
        "1": malformed,
        f"{digest}.": malformed,
        f"{digest}.-1": malformed,
        f"{digest}.1\0": "after contains the character U+0000.",
        f"{digest}.9999999999999999999999": malformed,
    }

    found = {after: await answer(engine, PAGE, {"after": after}) for after in given}

    assert {after: one["errors"][0]["message"] for after, one in found.items()} == given
    for one in found.values():
        (error,) = one["errors"]
        assert (one["data"], error["path"], error["extensions"]) == (None, ["changes"], {"code": "BAD_USER_INPUT"})


async def test_what_is_older_than_the_log_is_told_and_what_is_as_old_is_answered(engine: Engine) -> None:
    digest = (await engine.store.version()).rpartition(".")[0]
    for slug in "abcdef":
        await name(engine, slug)  # changes 2 to 7

    removed = await engine.store.compact_log(3, EVER)
    found = [await answer(engine, PAGE, {"after": f"{digest}.{number}"}) for number in (3, 4, 7)]
    all_ = await data(engine, PAGE)

    assert (removed, await sequences(engine)) == (4, [5, 6, 7])
    assert found[0]["errors"][0]["message"] == (
        "after is older than the oldest entry of the change log; read the graph again and start with its version."
    )
    assert [len(one["data"]["changes"]["nodes"]) for one in found[1:]] == [3, 0]
    assert len(all_["changes"]["nodes"]) == 3


async def test_changes_that_are_few_or_young_are_kept(engine: Engine) -> None:
    for slug in "abc":
        await name(engine, slug)

    removed = [
        await engine.store.compact_log(*kept) for kept in ((4, EVER), (100, EVER), (1, "2000-01-01T00:00:00.000Z"))
    ]

    assert (removed, await sequences(engine)) == ([0, 0, 0], [1, 2, 3, 4])
    assert (await engine.store.compact_log(1, EVER), await sequences(engine)) == (3, [4])
    assert await name(engine, "d") == await engine.store.version()
    assert await sequences(engine) == [4, 5]


async def test_a_log_whose_writers_clocks_differ_is_cut_without_a_gap(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    times = iter(f"2100-01-01T00:00:0{second}.000Z" for second in (5, 2, 6, 3, 7))
    for module in (sqlite_transaction, neo4j_transaction):
        monkeypatch.setattr(module, "timestamp", lambda: next(times))
    for slug in "abcde":
        await name(engine, slug)

    await engine.store.compact_log(1, "2100-01-01T00:00:04.000Z")

    assert await sequences(engine) == [2, 3, 4, 5, 6]  # the first of them is young, whatever stands behind it


async def test_a_change_of_a_source_concerns_all_that_it_weighs_anew(engine: Engine) -> None:
    text = "mutation ($input: SourceInput!) { upsertSource(input: $input) { __typename } }"

    await write(engine, text, {"input": {"slug": "alpha", "name": "Another name"}})
    await write(engine, text, {"input": {"slug": "alpha", "publisher": "Another"}})
    await write(engine, "mutation ($id: ID!) { deleteEntity(id: $id) { __typename } }", {"id": id_of("Source:alpha")})

    found = [(entry.change.kinds, entry.change.count) for entry in await engine.store.log_entries(1, 10)]
    assert found == [(("Source",), 1), *[(("Company", "Feature", "Framework", "Source"), 3)] * 2]


# ----------------------------------------------------------------------------------------------------------- concurrency


@pytest.fixture
def server(store: str, request: pytest.FixtureRequest) -> Server | None:
    return request.getfixturevalue("neo4j_instance") if store == "neo4j" else None


async def test_processes_that_write_at_once_lose_nothing_and_readers_of_the_log_miss_nothing(
    graphs: Graphs, tmp_path: Path, server: Server | None
) -> None:
    settings = read_settings(store=f"sqlite:///{tmp_path / 'atlas.db'}")
    if server is not None:
        settings = server.settings()
        await (await writers.empty_store(settings)).close()
        graphs.forget()

    outcome = await writers.measure(settings, 4, 30, tmp_path / "facts")

    assert outcome.problems == []
    assert outcome.changes > 60
